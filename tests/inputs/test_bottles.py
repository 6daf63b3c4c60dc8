"""Hostile bottle tables: each is refused with a sentence that names file, column and line; nothing is written."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shanhai import data

SAMPLE = data.path("samples/bottles_2007.csv")
GOOD = "CTDPRS,CTDTMP,CTDSAL,CTDSAL_FLAG_W,TCARBN,TCARBN_FLAG_W,ALKALI,ALKALI_FLAG_W\n"
ROWS = ("10,12,33.5,2,2050,2,2250,2", "400,6,34,2,2290,2,2290,2", "2000,2,34.6,2,2370,2,2420,2")
PLAIN = "Temp,Salinity,Pressure,DIC,TA\n"
ROW = "12,33.5,10,2050,2250\n"


def rows(*changed: tuple[int, int, str]) -> str:
    """The good table with cells of rows exchanged."""
    cells = [row.split(",") for row in ROWS]
    for row, column, text in changed:
        cells[row][column] = text
    return GOOD + "\n".join(",".join(row) for row in cells) + "\n"


KINDS: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "no file at all": (b"", ("the file has no rows",)),
    "not a table": ("Dear colleague,\nthe bottles broke.\n", ("no header of a bottle table", "Dear colleague")),
    "workbook": (b"PK\x03\x04" + bytes(200), ("this is not a text table", "save it as CSV")),
    "netcdf": (b"\x89HDF\r\n\x1a\n" + bytes(200), ("this is not a text table", "ds.shanhai.carbonate")),
    "header without rows": (GOOD, ("a header and no rows",)),
    "row cut short": (rows()[:-9], ("bad.csv, line 4", "the row has 6 cells and the header 8")),
    "row too long": (rows() + "1,2,3,4,5,6,7,8,9\n", ("line 5", "9 cells")),
    "text among numbers": (rows((1, 4, "about 2290")), ("TCARBN, line 3: 'about 2290' is not a number",)),
    "decimal comma": (
        "Temp;Salinity;DIC;TA\n12,5;33,5;2050;2250\n",
        ("Temp, line 2: '12,5' is not", "decimal point"),
    ),
    "infinity": (rows((0, 6, "inf")), ("ALKALI, line 2: 'inf' is not a number",)),
    "no carbon": ("Temp,Salinity,Oxygen\n12,33,200\n", ("no quantity of the carbonate system is recognised", "Oxygen")),
    "only one of carbon": ("Temp,Salinity,DIC\n12,33,2000\n", ("only dic is recognised", "--columns.alkalinity NAME")),
    "no salinity": ("Temp,DIC,TA\n12,2000,2200\n", ("no column is recognised as salinity",)),
    "twice the same quantity": ("Temp,Salinity,DIC,TCO2,TA\n12,33,1,2,3\n", ("2 columns can be dic: 'DIC', 'TCO2'",)),
    "same header twice": ("Temp,Salinity,DIC,DIC,TA\n12,33,1,2,3\n", ("2 columns can be dic",)),
    "kelvin": (PLAIN + "285,33.5,10,2050,2250\n", ("Temp, line 2: temperature is 285 degC", "looks like kelvin")),
    "pascal": (PLAIN + "12,33.5,4e6,2050,2250\n", ("Pressure, line 2: pressure is 4e+06 dbar", "looks like Pa")),
    "dic in mmol": (PLAIN + "12,33.5,10,2.05,2250\n", ("bad.csv: DIC", "look like mmol kg-1", "--units.dic")),
    "alkalinity in mol": (PLAIN + "12,33.5,10,2050,0.00225\n", ("bad.csv: TA", "look like mol kg-1")),
    "salinity as fraction": (PLAIN + "12,0.0335,10,2050,2250\n", ("bad.csv: Salinity", "look like kg kg-1")),
    "absolute salinity": ("Temp,Salinity (g/kg),DIC,TA\n12,33,2000,2200\n", ("Salinity", "absolute salinity")),
    "unit of another thing": (
        "Temp,Salinity,DIC (dbar),TA\n12,33,2000,2200\n",
        ("DIC (dbar)", "'dbar' does not measure"),
    ),
    "unit that is none": ("Temp,Salinity,DIC (furlong),TA\n12,33,2000,2200\n", ("'furlong' does not measure dic",)),
    "per volume of unknown water": (
        "Temp,Salinity,DIC (umol/L),TA\n12,33,2000,2200\n",
        ("DIC (umol/L)", "dic is given per volume", "--measured-at"),
    ),
    "unflagged salinity out of range": (
        rows((1, 2, "12623.22")),
        ("CTDSAL, line 3: salinity is 12623.2 1", "correct or flag it"),
    ),
    "temperature and salinity swapped": (
        PLAIN + "34.1,12,10,2050,2250\n34.5,4,800,2050,2250\n",
        ("line 3", "temperature and salinity look swapped"),
    ),
    "every carbon flag bad": (
        rows(*((i, 5, "4") for i in range(3))),
        ("no row has two good quantities", "TCARBN has no row with a good flag; it has 4 (3 rows)"),
    ),
    "pH of unknown temperature": (
        "Temp,Salinity,pH_total,TA\n12,33,8.0,2200\n",
        ("pH_total: the temperature at which pH was measured is not told", "--measured-at", "pH_total (25 degC)"),
    ),
    "pH of unknown scale": (
        "Temp,Salinity,pH,TA\n12,33,8.0,2200\n",
        ("only alkalinity", "'pH' does not tell its scale"),
    ),
    "two places of measurement": (
        "Temp,Salinity,pH_T_25,fCO2 (20 degC)\n12,33,8.0,400\n",
        ("pH and fCO2 were measured at different temperatures",),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_table_that_cannot_be_used_is_refused(tmp_path, command_line, kind):
    content, saying = KINDS[kind]
    path = tmp_path / "bad.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    command_line.refuses("carbonate", path, "--out", tmp_path / "r.csv", within=tmp_path, saying=("bad.csv", *saying))


OPTIONS: dict[str, tuple[tuple[object, ...], tuple[str, ...]]] = {
    "pair of one amount": (("--pair", "alkalinity,alkalinity"), ("--pair", "does not fix the system")),
    "pair that is not there": (("--pair", "dic,pH"), ("the table has no pH; it has dic, alkalinity",)),
    "pair that is none": (("--pair", "dic,alkalinty"), ("did you mean 'alkalinity'?",)),
    "one of a pair": (("--pair", "dic"), ("dic does not fix the system",)),
    "output that is none": (("--outputs", "pH,omega_aragonit"), ("--outputs", "did you mean 'omega_aragonite'?")),
    "fit that is none": (("--carbonic", "lueker_2001"), ("carbonic", "did you mean 'lueker_2000'?")),
    "option that is none": (("--carbonik", "lueker_2000"), ("--carbonik: there is no such option", "'carbonic'")),
    "slip in an option": (("--output-temprature", "25"), ("there is no such option", "'output_temperature'")),
    "preset that is none": (("--preset", "geosec"), ("--preset", "did you mean 'geosecs'?")),
    "column that is none": (("--columns.dic", "TCARB"), ("there is no column 'TCARB'; did you mean 'TCARBN'?",)),
    "column of no quantity": (("--columns.dicc", "TCARBN"), ("'dicc' is not a quantity that is read",)),
    "unit of no column": (("--units.pH", "1"), ("a unit is given for 'pH'",)),
    "laboratory in kelvin": (("--measured-at", "298.15"), ("--measured-at: '298.15' is no temperature",)),
    "laboratory that is none": (("--measured-at", "warm"), ("'warm' is no temperature",)),
    "output in kelvin": (("--output-temperature", "298.15"), ("--output-temperature: 298.15 is not believable",)),
    "figure of another kind": (("--plot", "r.pdf"), ("--plot r.pdf: the figure is a PNG",)),
}


@pytest.mark.parametrize("kind", OPTIONS)
def test_option_that_cannot_be_used_is_refused(tmp_path, command_line, kind):
    words, saying = OPTIONS[kind]
    (tmp_path / "good.csv").write_text(rows())
    command_line.refuses(
        "carbonate", tmp_path / "good.csv", "--out", tmp_path / "r.csv", *words, within=tmp_path, saying=saying
    )


def test_missing_file_is_refused(tmp_path, command_line):
    command_line.refuses(
        "carbonate",
        tmp_path / "no.csv",
        "--out",
        tmp_path / "r.csv",
        within=tmp_path,
        saying=("no.csv: there is no such",),
    )


TARGETS = {
    "already there": ("r.csv", "r.csv: it is there already"),
    "sidecar already there": ("s.csv", "s.json: it is there already"),
    "the table itself": ("good.csv", "this is the table itself"),
    "another kind of file": ("r.xlsx", "give a name that ends in .csv or .tsv"),
    "inside a file": ("r.csv/r.csv", "this is a file, where a folder is meant"),
}


@pytest.mark.parametrize("kind", TARGETS)
def test_target_that_cannot_be_written_is_refused(tmp_path, command_line, kind):
    out, saying = TARGETS[kind]
    for name, text in {"good.csv": rows(), "r.csv": "mine", "s.json": "{}"}.items():
        (tmp_path / name).write_text(text)
    command_line.refuses("carbonate", tmp_path / "good.csv", "--out", tmp_path / out, within=tmp_path, saying=(saying,))


def test_good_table_is_written_whole_and_printed_for_machines(tmp_path, command_line, capsys):
    words = ("carbonate", SAMPLE, "--out", tmp_path / "r.csv", "--plot", tmp_path / "r.png", "--json")
    command_line.monkeypatch.setattr(sys, "argv", ["shanhai", *map(str, words)])
    from shanhai.cli import main

    with pytest.raises(SystemExit):
        main()
    said = json.loads(capsys.readouterr().out)
    assert said["solved"] == 26
    assert {r["quantity"] for r in said["ranges"]} >= {"pH", "omega_aragonite"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r.csv", "r.json", "r.png"]
    code, _ = command_line.run("carbonate", SAMPLE, "--out", tmp_path / "r.csv", "--overwrite")
    assert code == 0


def test_latin_letters_and_byte_order_marks_are_read(tmp_path):
    from shanhai.io.bottles import read_bottles

    text = "Temp (°C),Salinity,DIC (µmol/kg),TA (µmol/kg)\n12,33.5,2050,2250\n"
    for encoding in ("latin-1", "utf-8", "utf-8-sig"):
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes(text.encode(encoding).replace(b"\n", b"\r\n"))
        assert read_bottles(path).values["dic"].tolist() == [2050.0]


def test_rows_below_the_end_and_blank_lines_are_no_data(tmp_path):
    from shanhai.io.bottles import read_bottles

    path = tmp_path / "t.csv"
    path.write_text("BOTTLE,20200101ABC\n# a comment, with temperature,salinity\n" + rows() + "\nEND_DATA\nrubbish\n")
    bottles = read_bottles(path)
    assert bottles.values.index.tolist() == [4, 5, 6]
    assert not bottles.notes
    path.write_text(path.read_text().replace("END_DATA\nrubbish\n", ""))
    assert "does not end with END_DATA" in read_bottles(path).notes[0]


def test_help_names_every_option_and_is_quick():
    words = [sys.executable, "-X", "importtime", "-m", "shanhai", "carbonate", "--help"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert not re.search(r"\| +(jax|pandas|xarray|numpy)$", done.stderr, re.MULTILINE)
    assert "--measured-at" in done.stdout


def test_package_does_not_load_xarray():
    words = [sys.executable, "-c", "import shanhai, sys; assert not {'xarray', 'jax', 'pandas'} & set(sys.modules)"]
    subprocess.run(words, check=True, cwd=Path(__file__).parent)
