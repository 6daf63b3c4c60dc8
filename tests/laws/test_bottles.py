"""Laws of bottle tables: what the file calls a thing changes nothing, conditions are kept apart, cells are kept."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shanhai import data
from shanhai.io.bottle_carbonate import COLUMNS, solve_bottles
from shanhai.io.bottle_output import added, write_bottles
from shanhai.io.bottles import read_bottles
from shanhai.plot.bottles import bottle_profiles
from shanhai.seawater import carbonate

SAMPLE = data.path("samples/bottles_2007.csv")
SHARED = Path(__file__).parents[2].parent / "shared/data/seawater_chemistry/WCOA2007_32WC20070511.exc.csv"
WATER = {
    "temperature": np.array([4.0, 12.0, 25.0]),
    "salinity": np.array([34.6, 33.0, 35.5]),
    "pressure": np.array([3000.0, 200.0, 5.0]),
}
DIC, TA = np.array([2330.0, 2150.0, 1990.0]), np.array([2400.0, 2260.0, 2340.0])


def table(tmp_path: Path, columns: dict, name: str = "t.csv", separator: str = ",") -> Path:
    path = tmp_path / name
    pd.DataFrame(columns).to_csv(path, index=False, sep=separator, float_format="%.12g")
    return path


OUTPUTS = ("pH", "dic", "alkalinity", "fCO2")  # everywhere the same: compiled once


def solved(path: Path, pair=None, **reading):
    return solve_bottles(read_bottles(path, **reading), pair=pair, outputs=OUTPUTS)


def sea(dic=DIC, alkalinity=TA, **other):
    water = WATER | {name: np.broadcast_to(x, dic.shape) for name, x in other.items()}
    every = (*OUTPUTS, "reason", "validity_flag")
    return carbonate(dic=dic, alkalinity=alkalinity, **water, outputs=every, check=False)


def laboratory(at):
    return sea(temperature=np.asarray(at, dtype=float), pressure=np.zeros(()))


PLAIN = {"Temp (°C)": WATER["temperature"], "Salinity": WATER["salinity"], "Pressure [dbar]": WATER["pressure"]}


def test_result_is_that_of_carbonate(tmp_path):
    result = solved(table(tmp_path, PLAIN | {"DIC (umol/kg)": DIC, "TA (umol/kg)": TA}))
    expected = sea()
    assert result.pair == ("dic", "alkalinity")
    for name in OUTPUTS:
        np.testing.assert_allclose(result.values[name], getattr(expected, name), rtol=1e-13)


NAMES = {
    "woce": ("CTDTMP", "CTDSAL", "CTDPRS", "TCARBN", "ALKALI"),
    "glodap": ("G2temperature", "G2salinity", "G2pressure", "G2tco2", "G2talk"),
    "laboratory": ("Temperature [degC]", "Practical Salinity", "pressure (dbar)", "DIC µmol/kg", "Total Alkalinity"),
    "with units at the end": ("temp_C", "sal_psu", "pres_dbar", "DIC_umol_kg", "TA_umolkg"),
}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("names", NAMES)
def test_the_names_of_columns_change_nothing(tmp_path, names, separator):
    columns = dict(zip(NAMES[names], (*WATER.values(), DIC, TA), strict=True))
    expected = sea()
    result = solved(table(tmp_path, columns, separator=separator))
    np.testing.assert_allclose(result.values["pH"], expected.pH, rtol=1e-13)


def test_units_of_headers_are_converted(tmp_path):
    columns = {"t [K]": WATER["temperature"] + 273.15, "S": WATER["salinity"], "p [MPa]": WATER["pressure"] / 100}
    columns |= {"DIC [mmol/kg]": DIC / 1e3, "TA [mol kg-1]": TA / 1e6}
    told = {"temperature": "t [K]", "pressure": "p [MPa]"}
    expected = sea()
    np.testing.assert_allclose(solved(table(tmp_path, columns), columns=told).values["pH"], expected.pH, rtol=1e-10)


def test_old_temperature_scale_is_converted(tmp_path):
    columns = PLAIN | {"Temp (°C)": 0, "DIC": DIC, "TA": TA}
    columns = {"T (IPTS-68)": WATER["temperature"] * 1.00024, **columns}
    del columns["Temp (°C)"]
    np.testing.assert_allclose(read_bottles(table(tmp_path, columns)).values["temperature"], WATER["temperature"])


def test_amounts_per_volume_take_the_density_of_the_laboratory(tmp_path):
    from shanhai.seawater import density_surface_eos80

    weight = np.asarray(density_surface_eos80(22.0, WATER["salinity"])) / 1e3
    columns = PLAIN | {"DIC (mmol/m3)": DIC * weight, "TA (umol/L)": TA * weight}
    values = read_bottles(table(tmp_path, columns), measured_at=22.0).values
    np.testing.assert_allclose(values["dic"], DIC, rtol=1e-10)
    np.testing.assert_allclose(values["alkalinity"], TA, rtol=1e-10)


@pytest.mark.parametrize(
    ("columns", "reading"),
    [
        ({"pH_total (25 °C)": 25.0}, {}),
        ({"pH [total scale, 20 degC]": 20.0}, {}),
        ({"G2phts25p0": 25.0}, {}),
        ({"PH_TOT": 20.0, "PH_TMP": None}, {}),
        ({"pH_T": 21.5}, {"measured_at": 21.5}),
    ],
)
def test_ph_of_the_laboratory_gives_the_water_in_situ(tmp_path, columns, reading):
    """pH is solved at its own temperature and no pressure, and the water then goes to the sea."""
    (label, at), *others = columns.items()
    more = {label: laboratory(at).pH} | {name: np.full(3, at) for name, _ in others}
    result = solved(table(tmp_path, PLAIN | {"TA": TA} | more), **reading)
    assert result.pair == ("alkalinity", "pH")
    np.testing.assert_allclose(result.values["dic"], DIC, rtol=1e-9)
    np.testing.assert_allclose(result.values["pH"], sea().pH, rtol=1e-10)


def test_ph_in_situ_is_under_pressure(tmp_path):
    ph = sea().pH
    result = solved(table(tmp_path, PLAIN | {"TA": TA, "pH_T_insitu": ph}))
    np.testing.assert_allclose(result.values["dic"], DIC, rtol=1e-9)


def test_measurements_left_over_are_compared_at_their_own_conditions(tmp_path):
    deviation = np.array([0.004, -0.002, 0.001])
    columns = PLAIN | {"DIC": DIC, "TA": TA, "pH_T_25": laboratory(25.0).pH + deviation}
    columns["fCO2 (20 degC)"] = laboratory(20.0).fCO2
    result = solved(table(tmp_path, columns))
    found = {c.name: c for c in result.comparisons}
    np.testing.assert_allclose(found["pH"].difference, -deviation, atol=1e-9)
    assert found["pH"].n == 3
    np.testing.assert_allclose(
        [found["pH"].mean, found["pH"].sd], [-deviation.mean(), deviation.std(ddof=1)], atol=1e-9
    )
    np.testing.assert_allclose(found["fCO2"].difference, 0, atol=1e-6)
    names = list(added(result).columns)
    assert names[-4:] == [
        "pH_computed_minus_measured",
        "fCO2_computed_minus_measured [uatm]",
        "reason",
        "validity",
    ]


def test_sidecar_tells_where_ph_was_measured_and_how_it_agrees(tmp_path):
    more = {"pH_T": laboratory(22.0).pH, "fCO2 [uatm, in situ]": sea().fCO2}
    result = solved(table(tmp_path, PLAIN | {"DIC": DIC, "TA": TA} | more), measured_at=22.0)
    write_bottles(result, tmp_path / "r.tsv")
    about = json.loads((tmp_path / "r.json").read_text())
    assert about["measured_at"] == {"pH": [22.0], "fCO2": "in_situ"}
    assert [c["quantity"] for c in about["comparisons"]] == ["pH", "fCO2"]
    frame = pd.read_csv(tmp_path / "r.tsv", sep="\t")
    np.testing.assert_allclose(frame["pH_computed_minus_measured"], 0, atol=1e-9)
    np.testing.assert_allclose(frame["fCO2_computed_minus_measured [uatm]"], 0, atol=1e-6)


def test_told_pair_is_the_one_that_is_used(tmp_path):
    path = table(tmp_path, PLAIN | {"DIC": DIC, "TA": TA, "pH_T_25": laboratory(25.0).pH})
    result = solved(path, pair=("dic", "pH"))
    assert [c.name for c in result.comparisons] == ["alkalinity"]
    np.testing.assert_allclose(result.values["alkalinity"], TA, rtol=1e-9)


def test_output_conditions_come_beside_those_in_situ(tmp_path):
    path = table(tmp_path, PLAIN | {"DIC": DIC, "TA": TA})
    result = solve_bottles(read_bottles(path), outputs=OUTPUTS, output_temperature=25.0, output_pressure=0.0)
    np.testing.assert_allclose(result.output["pH"], laboratory(25.0).pH, rtol=1e-13)
    np.testing.assert_allclose(result.values["pH"], sea().pH, rtol=1e-13)


def test_only_good_flags_count_and_the_ctd_fills_gaps_of_bottle_salinity(tmp_path):
    columns = {
        "CTDPRS": [10.0, 10, 10, 10],
        "CTDTMP": [10.0, 10, 10, 10],
        "CTDSAL": [33.0, 33, 12623.22, 33],
        "CTDSAL_FLAG_W": [2, 2, 4, 2],
        "SALNTY": [34.0, -999, 34.0, 34.0],
        "SALNTY_FLAG_W": [2, 9, 2, 3],
        "TCARBN": [2000.0] * 4,
        "TCARBN_FLAG_W": [2, 6, 2, 3],
        "ALKALI": [2300.0] * 4,
        "ALKALI_FLAG_W": [2, 2, 4, 2],
    }
    result = solved(table(tmp_path, columns))
    assert result.bottles.values["salinity"].tolist() == [34.0, 33.0, 34.0, 33.0]
    assert result.reason.tolist() == ["", "", "missing: alkalinity", "missing: dic"]
    assert np.isfinite(result.values["pH"]).tolist() == [True, True, False, False]
    assert result.bottles.flags["TCARBN"] == {"2": 2, "3": 1, "6": 1}


def test_interpolated_values_of_glodap_count_but_for_carbon(tmp_path):
    names = ("G2pressure", "G2temperature", "G2salinity", "G2silicate", "G2tco2", "G2talk")
    columns = dict(zip(names, ([10.0] * 2, [10.0] * 2, [34.0] * 2, [7.0, 8.0], [2000.0] * 2, [2300.0] * 2)))
    columns |= {"G2salinityf": [0, 2], "G2silicatef": [0, 9], "G2tco2f": [0, 2], "G2talkf": [2, 2]}
    values = read_bottles(table(tmp_path, columns)).values
    assert values["salinity"].tolist() == [34.0, 34.0]
    assert values["silicate"].tolist()[0] == 7.0
    assert np.isnan(values["silicate"].iloc[1])
    assert np.isnan(values["dic"].iloc[0])


def test_missing_nutrients_count_as_zero_and_that_is_said(tmp_path):
    path = table(tmp_path, PLAIN | {"DIC": DIC, "TA": TA, "PO4": [2.0, np.nan, -0.01], "SiO4": [60.0, 5.0, np.nan]})
    result = solved(path)
    expected = sea(phosphate=np.array([2.0, 0, 0]), silicate=np.array([60.0, 5, 0]))
    np.testing.assert_allclose(result.values["pH"], expected.pH, rtol=1e-13)
    assert "phosphate is missing in 1 rows and counts as zero there." in result.notes
    assert "1 rows have phosphate slightly below zero, which counts as zero." in result.bottles.notes


def test_depth_becomes_pressure(tmp_path):
    columns = {
        "Temp": [2.0],
        "Salinity": [34.7],
        "Depth (m)": [7321.45],
        "Latitude": [30.0],
        "DIC": [2300],
        "TA": [2400],
    }
    assert read_bottles(table(tmp_path, columns)).values["pressure"].iloc[0] == pytest.approx(7500.0, abs=0.01)


def test_every_cell_of_the_table_is_kept_as_it_is_written(tmp_path):
    result = solve_bottles(read_bottles(SAMPLE))
    write_bottles(result, tmp_path / "r.csv")
    lines = [line for line in SAMPLE.read_text().splitlines() if line.startswith(("EXPOCODE", "32WC"))]
    written = (tmp_path / "r.csv").read_text().splitlines()
    assert len(written) == 31
    assert all(ours.startswith(theirs + ",") for ours, theirs in zip(written, lines, strict=True))


def test_result_can_be_read_again_and_gives_itself(tmp_path):
    first = solve_bottles(read_bottles(SAMPLE))
    write_bottles(first, tmp_path / "r.csv")
    again = solve_bottles(read_bottles(tmp_path / "r.csv"))
    pd.testing.assert_frame_equal(
        first.values.reset_index(drop=True), again.values.reset_index(drop=True), check_exact=True
    )
    frame = pd.read_csv(tmp_path / "r.csv")
    np.testing.assert_allclose(frame["pH_computed"], first.values["pH"], rtol=1e-7)


def test_sidecar_tells_where_the_result_comes_from(tmp_path):
    write_bottles(solve_bottles(read_bottles(SAMPLE)), tmp_path / "r.csv", settings={"preset": "default"})
    about = json.loads((tmp_path / "r.json").read_text())
    assert about["pair"] == ["dic", "alkalinity"]
    assert about["constants"]["carbonic"] == "lueker_2000"
    assert "Lueker" in about["sources"]["lueker_2000"]
    assert about["columns"]["salinity"] == ["SALNTY", "CTDSAL"]
    assert len(about["sha256"]) == 64
    assert about["versions"]["shanhai"]
    assert about["added_columns"] == list(pd.read_csv(tmp_path / "r.csv").columns)[35:]


def test_failing_figure_leaves_nothing_behind(tmp_path):
    def fails(path: Path) -> None:
        path.write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_bottles(solve_bottles(read_bottles(SAMPLE)), tmp_path / "r.csv", figure=tmp_path / "r.png", draw=fails)
    assert not list(tmp_path.iterdir())


def test_figure_has_a_panel_for_every_quantity_and_difference():
    values = {"pH": [8.0, 7.7], "omega_aragonite": [2.0, 0.7]}
    surroundings = {"pressure": [5.0, 4000.0], "salinity": [34.0, 35.0]}
    figure = bottle_profiles(values, **surroundings, differences={"alkalinity": [1.0, -2.0]}, title="two samples")
    assert len(figure.axes) == 3
    assert "Computed − measured" in figure.axes[2].get_title(loc="left")
    at_surface = bottle_profiles(values, [0.0, 0.0], salinity=[34.0, 35.0], title="surface")
    assert "S" in at_surface.axes[0].get_xlabel()


@pytest.mark.skipif(not SHARED.is_file(), reason="shared data are not here")
def test_bottles_of_the_west_coast_show_what_was_published():
    """Feely et al. (2008), Science 320, 1490: water that dissolves aragonite reached the surface on one transect only.

    That is line 5 off northern California, with what lies beside it; offshore the horizon was at 100 m and deeper.
    """
    result = solve_bottles(read_bottles(SHARED), outputs=COLUMNS[2:])
    raw = pd.read_csv(SHARED, comment="#", skiprows=1)
    assert (len(raw), result.solved) == (2348, 2007)
    omega, shallow = result.values["omega_aragonite"].to_numpy(), raw["CTDPRS"].to_numpy() < 10
    corrosive = raw["LATITUDE"][shallow & (omega < 1)]
    assert len(corrosive) > 2
    assert corrosive.between(40.0, 42.5).all()
    deep = raw["CTDPRS"].to_numpy() > 300
    assert np.nanmax(omega[deep]) < 1
    assert np.nanmax(result.bottles.values["salinity"]) < 35.0  # 12623.22 is flagged


@pytest.mark.skipif(not SHARED.is_file(), reason="shared data are not here")
def test_bottles_of_the_west_coast_agree_with_another_code():
    oracle = pytest.importorskip("PyCO2SYS")
    result = solve_bottles(read_bottles(SHARED), outputs=COLUMNS[2:])
    good = result.reason == ""
    water = result.bottles.values[good].fillna(0.0)
    other = oracle.sys(
        par1=water["alkalinity"], par2=water["dic"], par1_type=1, par2_type=2,
        temperature=water["temperature"], salinity=water["salinity"], pressure=water["pressure"],
        total_phosphate=water["phosphate"], total_silicate=water["silicate"],
        opt_k_carbonic=10, opt_k_fluoride=2, opt_total_borate=1,
    )  # fmt: skip
    ours = result.values[good]
    assert np.abs(ours["pH"] - other["pH_total"]).max() < 1e-10
    assert np.abs(ours["pCO2"] / other["pCO2"] - 1).max() < 1e-10
    assert np.abs(ours["omega_aragonite"] / other["saturation_aragonite"] - 1).max() < 1e-10
    assert np.abs(ours["revelle_factor"] - other["revelle_factor"]).max() < 1e-8
