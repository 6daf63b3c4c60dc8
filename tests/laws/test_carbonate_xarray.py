"""Laws of `ds.shanhai.carbonate`: numbers are those of the arrays, units and labels are kept, lazy stays lazy."""

import numpy as np
import pytest
import xarray as xr

import shanhai.xarray
from shanhai.core.errors import InputError
from shanhai.seawater import ConstantOptions, carbonate
from shanhai.seawater.eos import potential_temperature_eos80

OUTPUTS = ("pH", "pCO2", "omega_aragonite", "reason", "validity_flag")
SHAPE = (2, 4, 6)  # lev, lat, lon


@pytest.fixture(scope="module")
def sea() -> xr.Dataset:
    rng = np.random.default_rng(1)
    dims = ("lev", "lat", "lon")

    def field(low: float, high: float, units: str, **attrs: str) -> tuple:
        return dims, rng.uniform(low, high, SHAPE), {"units": units, **attrs}

    return xr.Dataset(
        {
            "TCO2": field(1950, 2300, "umol kg-1"),
            "TALK": field(2200, 2450, "umol kg-1"),
            "T": field(0, 28, "degC", standard_name="sea_water_temperature"),
            "so": field(32, 36, "1", standard_name="sea_water_practical_salinity"),
        },
        coords={"lat": [10.0, 20, 30, 40], "lon": 120.0 + np.arange(6), "lev": [5.0, 500.0], "region": "East"},
    )


def solved(ds: xr.Dataset, **other) -> xr.Dataset:
    given = {"dic": "TCO2", "alkalinity": "TALK", "outputs": OUTPUTS} | other
    return ds.shanhai.carbonate(**given)


@pytest.fixture(scope="module")
def expected(sea):
    return carbonate(
        dic=sea.TCO2.values,
        alkalinity=sea.TALK.values,
        temperature=sea["T"].values,
        salinity=sea.so.values,
        outputs=OUTPUTS,
    )


def test_numbers_are_those_of_the_arrays(sea, expected):
    found = solved(sea)
    assert list(found) == list(OUTPUTS)
    for name in OUTPUTS:
        np.testing.assert_array_equal(found[name], getattr(expected, name))


def test_coordinates_are_kept_and_attributes_are_those_of_the_notation(sea):
    found = solved(sea)
    xr.testing.assert_identical(found.coords.to_dataset().drop_attrs(), sea.coords.to_dataset())
    assert found.pH.attrs["standard_name"] == "sea_water_ph_reported_on_total_scale"
    assert found.pCO2.attrs["units"] == "uatm"
    assert found.reason.attrs["flag_values"].tolist() == [0, 1, 2, 3]
    assert len(found.reason.attrs["flag_meanings"].split()) == 4
    masks = found.validity_flag.attrs
    assert len(masks["flag_masks"]) == len(masks["flag_meanings"].split())
    assert "lueker_2000" in found.attrs["constants"]


def test_result_goes_to_a_file_and_back(sea, tmp_path):
    found = solved(sea)
    found.to_netcdf(tmp_path / "a.nc")
    with xr.open_dataset(tmp_path / "a.nc") as back:
        np.testing.assert_array_equal(back.pH, found.pH)
        assert back.pH.attrs["long_name"] == found.pH.attrs["long_name"]


def test_units_of_attributes_are_converted(sea, expected):
    other = sea.copy(deep=True)
    other["TCO2"] = (sea.TCO2 / 1e6).assign_attrs(units="mol kg-1")
    other["TALK"] = (sea.TALK / 1e3).assign_attrs(units="mmol kg-1")
    other["T"] = (sea["T"] + 273.15).assign_attrs(sea["T"].attrs, units="K")
    np.testing.assert_allclose(solved(other).pH, expected.pH, rtol=1e-12)


def test_amounts_per_volume_take_the_density_that_is_told(sea, expected):
    other = sea.copy(deep=True)
    other["TCO2"] = (sea.TCO2 * 1.026e-3).assign_attrs(units="mol m-3")
    np.testing.assert_allclose(solved(other, density=1026.0).pH, expected.pH, rtol=1e-12)
    with pytest.raises(InputError, match=r"'TCO2' is per volume \(mol m-3\). To mend: say density"):
        solved(other)


def test_variables_are_recognised_by_our_names_and_by_standard_names(sea, expected):
    other = sea.rename(TCO2="dic", TALK="alkalinity")
    found = other.shanhai.carbonate(outputs=OUTPUTS)
    np.testing.assert_array_equal(found.pH, expected.pH)


def test_numbers_and_fields_stand_in_for_variables(sea):
    found = solved(sea, salinity=35.0, temperature=sea["T"].isel(lev=0), silicate=20.0)
    expected = carbonate(
        dic=sea.TCO2.values, alkalinity=sea.TALK.values, temperature=sea["T"].values[0], salinity=35.0, silicate=20.0
    )
    np.testing.assert_allclose(found.pH.transpose("lev", "lat", "lon"), expected.pH, rtol=1e-12)


def test_potential_temperature_goes_to_the_temperature_in_situ(sea):
    pressure = np.array([[[5.0]], [[500.0]]]) * np.ones(SHAPE)
    other = sea.assign(
        pressure=(("lev", "lat", "lon"), pressure, {"units": "dbar"}),
        thetao=sea["T"].copy(
            data=np.asarray(potential_temperature_eos80(sea["T"].values, sea.so.values, pressure * 1e4))
        ),
    )
    other["thetao"].attrs = {"units": "degC", "standard_name": "sea_water_potential_temperature"}
    in_situ, potential = solved(other), solved(other, temperature="thetao")
    np.testing.assert_allclose(potential.pH, in_situ.pH, atol=1e-7)
    assert abs(other.thetao - other["T"]).max() > 0.01


def test_output_conditions_come_beside_those_in_situ(sea):
    found = solved(sea, output_temperature=25.0)
    assert "pH_output" in found
    assert "reason_output" not in found
    expected = carbonate(dic=sea.TCO2.values, alkalinity=sea.TALK.values, temperature=25.0, salinity=sea.so.values)
    np.testing.assert_allclose(found.pH_output, expected.pH, rtol=1e-10)


class Counted:
    """An array that counts how often it is read, and how much at once."""

    def __init__(self, values):
        self.values, self.read = values, []
        self.shape, self.dtype, self.ndim = values.shape, values.dtype, values.ndim

    def __getitem__(self, key):
        part = self.values[key]
        self.read.append(part.size)
        return part


def lazy(ds: xr.Dataset) -> tuple[xr.Dataset, Counted]:
    import dask.array as da

    counted = Counted(ds.TCO2.values)
    chunked = ds.chunk(lev=1, lat=2)
    blocks = da.from_array(counted, chunks=(1, 2, 6), meta=np.empty((0, 0, 0)))
    return chunked.assign(TCO2=(ds.TCO2.dims, blocks, ds.TCO2.attrs)), counted


def test_lazy_fields_stay_lazy_and_are_read_block_by_block(sea, expected):
    chunked, counted = lazy(sea)
    found = solved(chunked)
    assert counted.read == []
    assert all(found[name].chunks for name in OUTPUTS)
    assert found.pH.data.numblocks == (2, 2, 1)
    computed = found.compute()
    assert max(counted.read) == 12
    assert len(counted.read) == 4  # once, for all outputs together
    for name in OUTPUTS:
        np.testing.assert_array_equal(computed[name], getattr(expected, name))
        assert computed[name].dtype == found[name].dtype


def test_lazy_values_are_checked_when_their_block_is_computed(sea):
    wrong = sea.copy(deep=True)
    wrong["TCO2"] = (sea.TCO2 / 1e3).assign_attrs(units="umol kg-1")
    with pytest.raises(InputError, match=r"dic: values from .* look like mmol kg-1"):
        solved(wrong)
    found = solved(wrong.chunk(lev=1))
    with pytest.raises(InputError, match=r"dic: values from .* look like mmol kg-1"):
        found.pH.compute()


def test_single_precision_stays_single(sea, expected):
    found = solved(sea.astype(np.float32))
    assert found.pH.dtype == np.float32
    assert found.reason.dtype == np.int8
    np.testing.assert_allclose(found.pH, expected.pH, rtol=1e-6)


def test_land_is_missing_and_says_so(sea):
    masked = sea.where(sea.lon != 122.0)
    for name in sea:
        masked[name].attrs = sea[name].attrs
    found = solved(masked)
    assert (found.reason.sel(lon=122.0) == 1).all()
    assert found.pH.sel(lon=122.0).isnull().all()
    assert (found.reason.sel(lon=121.0) == 0).all()


def test_constants_are_chosen(sea, expected):
    found = solved(sea, options=ConstantOptions(carbonic="mehrbach_dickson_1987"))
    assert 1e-4 < abs(found.pH - expected.pH).max() < 0.05


REFUSED = {
    "variable that is none": ({"dic": "TC02"}, r"dic: the dataset has no variable 'TC02'; did you mean 'TCO2'\?"),
    "input that is none": ({"dics": "TCO2"}, "'dics' is no input of carbonate"),
    "one of a pair": ({"dic": None}, "two quantities fix the carbonate system, and here are alkalinity"),
    "output that is none": ({"outputs": ("ph",)}, "'ph' is no output of carbonate"),
    "no salinity": ({"salinity": None}, "no variable is recognised as salinity"),
    "variable without units": ({"silicate": "bare"}, "silicate: the variable 'bare' has no units"),
    "unit of another thing": ({"pressure": "T"}, "does not measure pressure"),
    "another grid": ({"silicate": "shifted"}, "the fields do not lie on one grid"),
    "conservative temperature": ({"temperature": "conservative"}, "this is conservative temperature"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_understood_is_refused(sea, kind):
    names, saying = REFUSED[kind]
    other = sea.assign(
        bare=("lat", np.ones(4)),
        conservative=sea["T"].assign_attrs(standard_name="sea_water_conservative_temperature"),
    )
    if names.get("silicate") == "shifted":
        moved = sea.so.assign_coords(lat=sea.lat + 0.5).assign_attrs(units="umol kg-1")
        names = {"silicate": moved}
    with pytest.raises(InputError, match=saying):
        solved(other, **names)


def test_accessor_has_its_name():
    assert xr.Dataset.shanhai is shanhai.xarray.ShanhaiAccessor
