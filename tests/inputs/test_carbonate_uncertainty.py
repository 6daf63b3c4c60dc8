"""What cannot be propagated is refused with a sentence."""

import pytest

from shanhai.core.errors import InputError
from shanhai.seawater.co2system.uncertainty import carbonate_uncertainty

BOTTLE = {"dic": 2000.0, "alkalinity": 2300.0, "temperature": 18.0, "salinity": 35.0}
TWO = {"dic": 2.0, "alkalinity": 2.0}


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        ({"uncertainty": {"pk_1": 0.1}}, "did you mean 'pk1'"),
        ({"uncertainty": {"silicate": 1.0}}, "give its value too"),
        ({"uncertainty": {"dic": -1.0}}, "not negative"),
        ({"uncertainty": {"dic": float("nan")}}, "is a number"),
        ({"uncertainty": TWO, "correlation": {("dic", "alkalinity"): 1.5}}, "no errors have these correlations"),
        ({"uncertainty": TWO, "correlation": {("dic", "pH"): 0.5}}, "'pH' is not uncertain"),
        ({"uncertainty": TWO, "correlation": {("dic", "dic"): 0.5}}, "said twice, or are one"),
        ({"uncertainty": TWO, "outputs": ("reason",)}, "is a code"),
        ({"uncertainty": TWO, "outputs": ("ph",)}, "no output"),
        ({"uncertainty": TWO, "method": "bootstrap"}, "there is no method 'bootstrap'"),
        ({"uncertainty": TWO, "method": "monte_carlo", "samples": 1}, "two draws"),
        ({"uncertainty": TWO, "method": "monte_carlo", "share": True}, "does not tell sources apart"),
        ({"uncertainty": TWO, "pCO2": 400.0}, "two quantities"),
    ],
)
def test_refused(options, fragment):
    with pytest.raises(InputError, match=fragment):
        carbonate_uncertainty(**options, **BOTTLE)
