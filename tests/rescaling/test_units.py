"""Units are labels: other units in the files give the same job, other base units in the physics the same sea.

Exempt from rescaling, because numbers in fixed units are built into them: the empirical fits of temperature and
salinity (Schmidt number, K0, density, vapour pressure, fugacity factor), the cool skin, and the regime limits of
Liss & Merlivat, whose winds may not be rescaled. The polynomial laws rescale with their coefficients.
"""

from pathlib import Path

import equinox as eqx
import numpy as np
import pytest
import xarray as xr
from tests.jobs import FIELDS, config_text, field, write_job

from shanhai.airsea import LAWS, FluxOptions, co2_flux
from shanhai.airsea.transfer import PolynomialLaw
from shanhai.monitoring import assess
from shanhai.seawater import water_vapour_pressure_weiss1980

ATMOSPHERE = 101325.0
OTHER_UNITS = {  # input -> unit -> from the number in the unit of tests.jobs
    "sea_surface_temperature": {"degC": lambda x: x - 273.15, "degF": lambda x: (x - 273.15) * 1.8 + 32},
    "pco2_sea": {"Pa": lambda x: x * ATMOSPHERE * 1e-6, "hPa": lambda x: x * ATMOSPHERE * 1e-8},
    "xco2": {"mol mol-1": lambda x: x * 1e-6, "1e-6": lambda x: x, "umol mol-1": lambda x: x},
    "air_pressure": {"Pa": lambda x: x * 100, "kPa": lambda x: x / 10, "mbar": lambda x: x},
    "wind_speed": {"km h-1": lambda x: x * 3.6, "knot": lambda x: x * 3600 / 1852, "cm s-1": lambda x: x * 100},
    "sea_surface_salinity": {"psu": lambda x: x, "1e-3": lambda x: x},
}


def double(folder: Path) -> None:
    """Inputs of the job in double precision, so that only round-off differs."""
    latitude, longitude = 25.5 + np.arange(8), 120.5 + np.arange(10)
    months = np.array(["2010-01-01", "2010-02-01"], "datetime64[ns]")
    days = np.arange("2010-01-01", "2010-03-01", dtype="M8[D]").astype("datetime64[ns]")
    for name in FIELDS:
        one = field(name, days if name == "wind_speed" else months, latitude, longitude)
        one.astype(float).to_netcdf(folder / f"{name}.nc")


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> tuple[Path, xr.Dataset]:
    """Folder of the inputs and the flux dataset of the job on them."""
    folder = tmp_path_factory.mktemp("base")
    double(folder)
    return folder, run(folder)


def run(folder: Path, extra: str = "") -> xr.Dataset:
    path = folder / "flux.toml"
    path.write_text(config_text(extra, months=2))
    return assess(path)[0]


def changed(base: Path, folder: Path, change) -> Path:
    """Copy of the inputs with a change to each (name, array) -> array or dataset."""
    for name in FIELDS:
        with xr.open_dataarray(base / f"{name}.nc") as one:
            change(name, one.load()).to_netcdf(folder / f"{name}.nc")
    return folder


def assert_same(got: xr.Dataset, expected: xr.Dataset, rtol: float = 1e-12) -> None:
    assert set(got.data_vars) == set(expected.data_vars)
    for name in got.data_vars:
        if got[name].dtype.kind == "f":
            scale = float(np.abs(expected[name]).max())  # a difference of pressures may vanish
            xr.testing.assert_allclose(got[name], expected[name], rtol=rtol, atol=rtol * scale)


@pytest.mark.parametrize("turn", range(3))
def test_units_of_the_files_do_not_matter(base, tmp_path, turn):
    def change(name: str, one: xr.DataArray) -> xr.DataArray:
        units = list(OTHER_UNITS[name])
        unit = units[turn % len(units)]
        return OTHER_UNITS[name][unit](one).assign_attrs(units=unit)

    assert_same(run(changed(base[0], tmp_path, change)), base[1])


def test_orientation_and_longitude_convention_do_not_matter(base, tmp_path):
    """North first; and the same cells in a globe from 0 to 360 degrees."""

    def change(name: str, one: xr.DataArray) -> xr.DataArray:
        globe = one.reindex(lon=np.arange(0.5, 360.0)) if name in ("pco2_sea", "wind_speed") else one
        globe.lon.attrs["units"] = "degrees_east"
        return globe.isel(lat=slice(None, None, -1))

    assert_same(run(changed(base[0], tmp_path, change)), base[1], 0.0)


def test_region_may_be_named_in_either_longitude_convention(base, tmp_path):
    """The same cells at 170 W: fields from 180 W, the region counted to 360."""

    def west(name: str, one: xr.DataArray) -> xr.DataArray:
        return one.assign_coords(lon=one.lon - 360 + 70)  # 170 W to 160 W

    folder = changed(base[0], tmp_path, west)
    got = []
    for turn in (0, 360):
        path = folder / "flux.toml"
        text = config_text(months=2).replace("west = 120.0", f"west = {-170.0 + turn}")
        path.write_text(text.replace("east = 130.0", f"east = {-160.0 + turn}"))
        got.append(assess(path)[0])
    assert_same(got[0], got[1], 0.0)
    np.testing.assert_array_equal(got[0].co2_flux, base[1].co2_flux)


def test_packed_integers_give_the_flux_to_their_resolution(base, tmp_path):
    steps = {"pco2_sea": 0.01, "xco2": 0.001, "sea_surface_temperature": 1e-3, "sea_surface_salinity": 1e-3}
    steps |= {"air_pressure": 0.01, "wind_speed": 1e-3}

    def change(name: str, one: xr.DataArray) -> xr.DataArray:
        one.encoding = {"dtype": "int32", "scale_factor": steps[name], "add_offset": 100.0, "_FillValue": -(2**31)}
        return one

    got = run(changed(base[0], tmp_path, change))
    np.testing.assert_allclose(got.co2_flux, base[1].co2_flux, atol=5e-3)
    assert np.array_equal(np.isnan(got.co2_flux), np.isnan(base[1].co2_flux))
    assert not np.array_equal(got.co2_flux, base[1].co2_flux)


def test_single_precision_and_float_packing_give_the_flux_to_single_precision(base, tmp_path):
    def change(name: str, one: xr.DataArray) -> xr.DataArray:
        one.encoding = {"dtype": "float32", "scale_factor": 0.5, "add_offset": 0.0}
        return one

    got = run(changed(base[0], tmp_path, change))
    np.testing.assert_allclose(got.co2_flux, base[1].co2_flux, atol=1e-4)


def test_units_told_in_the_configuration_serve_as_those_of_the_file(base, tmp_path):
    def change(name: str, one: xr.DataArray) -> xr.DataArray:
        return one.assign_attrs(units="furlong")

    folder = changed(base[0], tmp_path, change)
    text = config_text(months=2)
    for name, (_, _, unit) in FIELDS.items():
        text = text.replace(f'variable = "{name}"', f'variable = "{name}"\nunits = "{unit}"')
    (folder / "flux.toml").write_text(text)
    assert_same(assess(folder / "flux.toml")[0], base[1], 0.0)


# --- the physics ----------------------------------------------------------------------------------------------

STATE = {
    "pco2_sea": np.array([30.0, 45.0, 38.0]),
    "xco2": np.array([390e-6, 400e-6, 410e-6]),
    "temperature": np.array([12.0, 22.0, 28.0]),
    "salinity": np.array([30.0, 34.0, 35.0]),
    "wind": np.array([4.0, 7.0, 11.0]),
    "air_pressure": np.array([101900.0, 101300.0, 100700.0]),
    "mean_square_wind": np.array([20.0, 56.0, 140.0]),
    "mean_cube_wind": np.array([110.0, 480.0, 1950.0]),
}
FACTORS = (1e-3, 7.0, 1e3)


@pytest.mark.parametrize("factor", FACTORS)
def test_flux_follows_all_pressures(factor):
    """pCO2 of the sea, and the pressure of dry air (air pressure less vapour): F is of degree one in them."""
    vapour = water_vapour_pressure_weiss1980(STATE["temperature"], STATE["salinity"])
    scaled = STATE | {
        "pco2_sea": factor * STATE["pco2_sea"],
        "air_pressure": vapour + factor * (STATE["air_pressure"] - vapour),
    }
    one, other = co2_flux(**STATE), co2_flux(**scaled)
    np.testing.assert_allclose(other.pco2_air, factor * one.pco2_air, rtol=1e-12)
    np.testing.assert_allclose(other.flux, factor * one.flux, rtol=1e-10)


@pytest.mark.parametrize("factor", FACTORS)
def test_flux_follows_the_amount_of_co2(factor):
    """Sea and air hold more CO2: pCO2 and mole fraction together; also with fugacities and skins."""
    options = FluxOptions(fugacity=True, cool_skin="fixed", salty_skin=0.1)
    scaled = STATE | {"pco2_sea": factor * STATE["pco2_sea"], "xco2": factor * STATE["xco2"]}
    for opt in (None, options):
        one, other = co2_flux(**STATE, options=opt), co2_flux(**scaled, options=opt)
        np.testing.assert_allclose(other.flux, factor * one.flux, rtol=1e-10)


@pytest.mark.parametrize("name", [n for n, make in LAWS.items() if isinstance(make(), PolynomialLaw)])
def test_unit_of_the_wind_does_not_matter_where_the_law_is_in_it(name):
    """Winds in another unit, coefficients by their declared units: k, C and F stay."""
    law, factor = LAWS[name](), 3.6
    degrees = {"a1": 1, "a2": 2, "a3": 3}
    for coefficient, power in degrees.items():
        law = eqx.tree_at(lambda m, c=coefficient: getattr(m, c), law, getattr(law, coefficient) / factor**power)
    winds = {"wind": 1, "mean_square_wind": 2, "mean_cube_wind": 3}
    scaled = STATE | {n: STATE[n] * factor**power for n, power in winds.items()}
    one = co2_flux(**STATE, options=FluxOptions(law=LAWS[name]()))
    other = co2_flux(**scaled, options=FluxOptions(law=law))
    for field_name in ("transfer_velocity", "wind_compensation", "flux"):
        np.testing.assert_allclose(getattr(other, field_name), getattr(one, field_name), rtol=1e-12)


@pytest.mark.parametrize("name", ["ho_2006", "wanninkhof_mcgillis_1999"])
def test_power_laws_follow_the_wind(name):
    """A law of one power n: twice the winds transfer 2^n times as much, and the compensation stays."""
    power = {"ho_2006": 2, "wanninkhof_mcgillis_1999": 3}[name]
    options = FluxOptions(law=LAWS[name]())
    scaled = STATE | {n: STATE[n] * 2.0**p for n, p in (("wind", 1), ("mean_square_wind", 2), ("mean_cube_wind", 3))}
    one, other = co2_flux(**STATE, options=options), co2_flux(**scaled, options=options)
    np.testing.assert_allclose(other.flux, 2.0**power * one.flux, rtol=1e-12)
    np.testing.assert_allclose(other.wind_compensation, one.wind_compensation, rtol=1e-12)


def test_written_job_states_the_units_that_its_numbers_have(tmp_path):
    """Round trip: the intermediate fields of a job, read by their labels, give its flux again."""
    fields = assess(write_job(tmp_path, months=2))[0].astype(float)
    si = fields.transfer_velocity / 3.6e5 * fields.wind_compensation * fields.sea_water_density
    flux = si * fields.co2_solubility / ATMOSPHERE * fields.delta_pco2  # mol m-2 s-1
    np.testing.assert_allclose(flux * 1e3 * 86400, fields.co2_flux, rtol=1e-12)
    dry = fields.air_pressure - fields.water_vapour_pressure
    np.testing.assert_allclose(fields.xco2 * 1e-6 * dry, fields.pco2_air, rtol=1e-12)
