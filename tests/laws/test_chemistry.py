"""A flux job that is given DIC, alkalinity or pH computes the pCO2 that it is not given."""

import numpy as np
import pytest
import xarray as xr
from tests.jobs import config_text, write_job

from shanhai.core.errors import ConfigError, InputError
from shanhai.monitoring import assess
from shanhai.monitoring.config import load
from shanhai.seawater import ConstantOptions, carbonate, density_surface_eos80

ALKALINITY = 2250.0
SOURCES = {
    "dic": '[inputs.dic]\nfiles = "chemistry.nc"\nvariable = "dic"\n',
    "pH": '[inputs.pH]\nfiles = "chemistry.nc"\nvariable = "pH"\n',
    "alkalinity": f"[inputs.alkalinity]\nvalue = {ALKALINITY}\n",
    "dic_concentration": '[inputs.dic_concentration]\nfiles = "chemistry.nc"\nvariable = "dissic"\n',
    "alkalinity_concentration": '[inputs.alkalinity_concentration]\nfiles = "chemistry.nc"\nvariable = "talk"\n',
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A job on pCO2 fields, and the chemistry of the same waters in a file."""
    folder = tmp_path_factory.mktemp("chemistry")
    water = assess(write_job(folder))[0].load().astype(float)
    where = {"temperature": water.sea_surface_temperature.values, "salinity": water.sea_surface_salinity.values}
    found = carbonate(pCO2=water.pco2_sea.values / 0.101325, alkalinity=ALKALINITY, **where, outputs=("dic", "pH"))
    density = np.asarray(density_surface_eos80(**where))
    like = water.pco2_sea.drop_attrs()
    units = {"dic": "umol kg-1", "pH": "1", "dissic": "mol m-3", "talk": "mol m-3"}
    values = (found.dic, found.pH, found.dic * density * 1e-6, ALKALINITY * density * 1e-6)
    fields = {n: like.copy(data=v).assign_attrs(units=units[n]) for n, v in zip(units, values, strict=True)}
    xr.Dataset(fields).to_netcdf(folder / "chemistry.nc")
    return folder


def written(folder, extra, name="chemistry.toml", skip=("pco2_sea",)):
    path = folder / name
    path.write_text(config_text(extra, skip=skip), encoding="utf8")
    return path


@pytest.mark.parametrize(
    "pair",
    [("dic", "alkalinity"), ("alkalinity", "pH"), ("dic", "pH"), ("dic_concentration", "alkalinity_concentration")],
)
def test_chemistry_of_the_same_water_gives_the_same_flux(folder, pair):
    direct, _ = assess(folder / "flux.toml")
    computed, report = assess(written(folder, "".join(SOURCES[name] for name in pair)))
    np.testing.assert_allclose(computed.co2_flux, direct.co2_flux, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(computed.pco2_sea, direct.pco2_sea, rtol=1e-11)
    assert any("computed from" in note.en and pair[0] in note.en for note in report.notes)


def test_constants_of_the_configuration_are_used(folder):
    pair = SOURCES["dic"] + SOURCES["alkalinity"]
    usual, _ = assess(written(folder, pair))
    other, _ = assess(written(folder, pair + '[carbonate]\ncarbonic = "sulpis_2020"\n'))
    t, s = (usual[n].values.astype(float) for n in ("sea_surface_temperature", "sea_surface_salinity"))
    options = ConstantOptions(carbonic="sulpis_2020")
    expected = carbonate(
        dic=usual.dic.values.astype(float),
        alkalinity=ALKALINITY,
        temperature=t,
        salinity=s,
        options=options,
        outputs="pCO2",
    )
    np.testing.assert_allclose(other.pco2_sea, expected.pCO2 * 0.101325, rtol=1e-12)
    assert float(abs(other.pco2_sea - usual.pco2_sea).max()) > 0.1


def test_nutrients_take_part(folder):
    pair = SOURCES["dic"] + SOURCES["alkalinity"]
    without, _ = assess(written(folder, pair))
    rich, _ = assess(written(folder, pair + "[inputs.silicate]\nvalue = 100.0\n[inputs.phosphate]\nvalue = 3.0\n"))
    assert float((rich.pco2_sea - without.pco2_sea).min()) > 0.1


def test_a_dataset_in_memory_may_hold_chemistry(folder):
    fields, _ = assess(folder / "flux.toml")
    names = ("xco2", "sea_surface_temperature", "sea_surface_salinity", "wind_speed", "air_pressure", "time_bounds")
    inputs = fields[list(names)].load().assign(alkalinity=xr.full_like(fields.pco2_sea, ALKALINITY).drop_attrs())
    inputs["dic"] = xr.open_dataset(folder / "chemistry.nc")["dic"]
    computed, _ = assess(inputs)
    alone, _ = assess(inputs.drop_vars(["dic", "alkalinity"]).assign(pco2_sea=fields.pco2_sea))
    np.testing.assert_allclose(computed.co2_flux, alone.co2_flux, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("given", "skip", "says"),
    [
        (("dic",), ("pco2_sea",), "needs two of dic, alkalinity and pH, not dic"),
        (("dic", "dic_concentration"), ("pco2_sea",), "needs two of dic, alkalinity and pH"),
        (("dic", "alkalinity", "pH"), ("pco2_sea",), "needs two of dic, alkalinity and pH"),
        (("dic", "alkalinity"), (), "leave out one"),
    ],
)
def test_what_does_not_fix_pco2_is_refused(folder, given, skip, says):
    with pytest.raises(ConfigError, match=says):
        load(written(folder, "".join(SOURCES[name] for name in given), "refused.toml", skip))


def test_unknown_constants_are_refused_with_the_nearest_name(folder):
    extra = SOURCES["dic"] + SOURCES["alkalinity"] + '[carbonate]\ncarbonic = "lueker"\n'
    with pytest.raises(InputError, match="lueker_2000"):
        load(written(folder, extra, "refused.toml"))
