"""What cannot be meant is refused by `carbonate`, with a sentence that names it."""

import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.seawater import carbonate

SEA = {"temperature": 18.0, "salinity": 35.0}
PAIR = {"dic": 2000.0, "alkalinity": 2300.0}
GOOD = SEA | PAIR


@pytest.mark.parametrize(
    ("arguments", "fragments"),
    [
        (SEA, ("needs two quantities", "there are 0", "give two of dic")),
        (SEA | {"dic": 2000}, ("needs two quantities", "there are 1", "dic")),
        (GOOD | {"pH": 8}, ("needs two quantities", "there are 3")),
        (SEA | {"pH": 8, "pH_free": 8.1}, ("pH", "fix the same amount")),
        (SEA | {"pCO2": 400, "xCO2": 410}, ("fix the same amount",)),
        (SEA | {"carbonate": 200, "omega_calcite": 5}, ("fix the same amount",)),
        (GOOD | {"phosphat": 1}, ("'phosphat' is no input", "did you mean 'phosphate'?")),
        (SEA | {"DIC": 2000, "alkalinity": 2300}, ("'DIC' is no input",)),
        (GOOD | {"outputs": ("pH", "pco")}, ("'pco' is no output",)),
        (GOOD | {"root": "low"}, ("root is 'low'", "low_pH", "high_pH")),
        (GOOD | {"root": "low_pH"}, ("one solution", "leave root out")),
        (SEA | {"par1": 2000, "kind1": "dic"}, ("needs two quantities",)),
        (SEA | {"par1": 2000, "par2": 2300, "kind1": "dic"}, ("par1 goes with kind1",)),
        (GOOD | {"par1": 2000, "kind1": "dic"}, ("dic is given twice",)),
        (GOOD | {"dic": [1900.0, 2000.0], "salinity": [35.0, 35.0, 35.0]}, ("shapes do not fit", "dic (2,)", "(3,)")),
        (GOOD | {"dic": 2.0}, ("dic", "look like mmol kg-1", "multiply by 1e3")),
        (GOOD | {"dic": 2000e-6}, ("dic", "look like mol kg-1", "multiply by 1e6")),
        (GOOD | {"alkalinity": [2.3, 2.4]}, ("alkalinity", "look like mmol kg-1")),
        (GOOD | {"alkalinity": 2.3e6}, ("alkalinity", "nmol kg-1")),
        (SEA | {"dic": 2000, "pCO2": 400e-6}, ("pCO2", "look like atm")),
        (SEA | {"dic": 2000, "pH": 1e-8}, ("pH", "[H]")),
        (GOOD | {"phosphate": 1e-6}, ("phosphate", "mol kg-1")),
        (GOOD | {"temperature": 291.15}, ("temperature", "kelvin")),
        (GOOD | {"output_temperature": 277.0}, ("output_temperature", "kelvin")),
        (GOOD | {"pressure": 1e7}, ("pressure", "Pa; one dbar is 1e4 Pa")),
        (GOOD | {"output_pressure": 1e7}, ("output_pressure", "looks like Pa")),
        (GOOD | {"air_pressure": 1013.25}, ("air_pressure", "hPa")),
        (GOOD | {"air_pressure": 1.0}, ("air_pressure", "atm")),
        (GOOD | {"salinity": 0.035}, ("salinity", "kg kg-1")),
        (GOOD | {"salinity": -1.0}, ("salinity", "not believable")),
        (GOOD | {"dic": [2000.0, -999.0]}, ("dic: -999", "not believable", "1 of 2 values")),
        (GOOD | {"dic": np.inf}, ("dic: inf", "not believable")),
        (GOOD | {"silicate": -1.0}, ("silicate", "not believable")),
        (SEA | {"dic": 2000, "pH": 81}, ("pH: 81", "not believable")),
        (GOOD | {"calcium": -1.0}, ("calcium", "not believable")),
        (GOOD | {"organic": [(-5.0, 6.0)]}, ("organic", "not believable")),
        (GOOD | {"organic": [(5.0, 60.0)]}, ("organic", "not believable")),
        (GOOD | {"dic": "2000"}, ("dic is not an array of numbers",)),
        (GOOD | {"dic": ["2000", "1900"]}, ("dic is not an array of numbers",)),
        (GOOD | {"dic": 2000 + 1j}, ("dic is not an array of numbers",)),
        (GOOD | {"temperature": True}, ("temperature is not an array of numbers",)),
        (GOOD | {"temperature": np.array(["2010-01-01"], "M8[ns]")}, ("temperature is not an array of numbers",)),
        (GOOD | {"temperature": np.array([18], "m8[s]")}, ("temperature is not an array of numbers",)),
        (GOOD | {"dic": [[2000.0], [1.0, 2.0]]}, ("dic is not an array of numbers",)),
        (GOOD | {"dic": {"a": 1}}, ("dic is not an array of numbers",)),
    ],
    ids=lambda x: x[0] if isinstance(x, tuple) else "",
)
def test_refused_with_a_sentence(arguments, fragments):
    with pytest.raises(InputError) as error:
        carbonate(**arguments)
    missing = [text for text in fragments if text not in str(error.value)]
    assert not missing, f"{missing} not in: {error.value}"


def test_check_false_lets_odd_values_pass():
    found = carbonate(dic=2.0, alkalinity=2.3, check=False, outputs="reason", **SEA)
    assert found.reason == 0


def test_small_amounts_pass_in_fresh_water():
    assert carbonate(dic=2.0, alkalinity=2.3, temperature=18, salinity=0.1, outputs="reason").reason == 0


def test_none_in_a_list_is_missing():
    found = carbonate(**GOOD | {"dic": [2000.0, None]}, outputs="reason")
    assert found.reason.tolist() == [0, 1]


def test_what_was_not_asked_for_is_named():
    found = carbonate(**GOOD, outputs="pH")
    with pytest.raises(AttributeError, match="pCO2 was not asked for"):
        _ = found.pCO2
    with pytest.raises(AttributeError, match="there is no 'ph'"):
        _ = found.ph
    assert found.output is None
    assert "pH" in dir(found)


def test_par_and_kind_are_the_keywords():
    kinds = carbonate(2000, 2300, "dic", "alkalinity", outputs="pH", **SEA)
    assert kinds.pH == carbonate(**GOOD, outputs="pH").pH


def test_labelled_arrays_of_one_order_are_arrays():
    pandas, xarray = pytest.importorskip("pandas"), pytest.importorskip("xarray")
    dic = np.array([2000.0, 1900.0])
    expected = carbonate(**GOOD | {"dic": dic}, outputs="pH").pH
    for labelled in (pandas.Series(dic, index=[5, 7]), xarray.DataArray(dic, dims="bottle")):
        assert np.array_equal(carbonate(**GOOD | {"dic": labelled}, outputs="pH").pH, expected)


def test_labelled_grids_are_sent_to_the_accessor():
    xarray = pytest.importorskip("xarray")
    dic = xarray.DataArray(np.full((2, 3), 2000.0), dims=("y", "x"))
    with pytest.raises(InputError, match=r"dataset\.shanhai\.carbonate"):
        carbonate(**GOOD | {"dic": dic}, outputs="pH")
