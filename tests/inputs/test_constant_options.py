"""Options of the equilibrium constants that do not exist are refused, with the nearest that does."""

import pytest

from shanhai.core.errors import InputError
from shanhai.seawater.constants import CHOICES, ConstantOptions, validity


@pytest.mark.parametrize("field", CHOICES)
def test_unknown_name_is_refused_in_every_field(field):
    with pytest.raises(InputError, match=rf"^{field}: there is no fit named 'nonsense_1900'. To mend: "):
        ConstantOptions(**{field: "nonsense_1900"})


def test_misspelt_name_is_answered_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'khoo_1977'"):
        ConstantOptions(sulfate="koo_1977")


def test_guide_convention_is_refused_for_what_the_guide_does_not_have():
    with pytest.raises(InputError, match="water: convention = 'guide' is a step on 'millero_1995' only"):
        ConstantOptions(convention="guide", water="millero_1979")


def test_unknown_constant_is_refused_by_the_flag():
    with pytest.raises(InputError, match=r"there is no constant named 'k11'\. To mend: did you mean 'k1'"):
        validity(10.0, 35.0, which=("k11",))
