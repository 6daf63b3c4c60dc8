"""Tables of the RCMIP protocol: read as they are laid out, fetched with their checksum, refused where wrong."""

import csv
import hashlib

import numpy as np
import pytest

from shanhai.carbon import protocol
from shanhai.core.errors import InputError, NetworkNeededError
from shanhai.io.downloads import Remote, fetch

YEARS = ["1750", "1850", "2014", "2100", "2500"]


def table(path, rows):
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["Model", "Scenario", "Region", "Variable", "Unit", "Activity_Id", "Mip_Era", *YEARS])
        writer.writerows(rows)


def row(scenario, variable, unit, *values, region="World"):
    return ["m", scenario, region, variable, unit, "none", "CMIP6", *values]


@pytest.fixture
def folder(tmp_path):
    fossil = row("ssp245", protocol.FOSSIL, "Mt CO2/yr", "0", "", "3664.2", "0", "0")
    rows = [fossil, row("ssp245", protocol.FOSSIL, "Mt CO2/yr", "9", "9", "9", "9", "9", region="Asia")]
    history = row("historical", protocol.LAND_USE, "Mt CO2/yr", "366.42", "", "3664.2", "", "")
    rows += [history, row("ssp245", protocol.LAND_USE, "Mt CO2/yr", "", "", "3664.2", "0", "0")]
    table(tmp_path / protocol.EMISSIONS.name, rows)
    table(
        tmp_path / protocol.CONCENTRATIONS.name, [row("ssp245", protocol.CO2, "ppm", "277", "285", "397", "600", "600")]
    )
    return tmp_path


def test_units_gaps_and_history_are_read(folder):
    found = protocol.read_protocol(folder, "ssp245")
    assert (found.years[0], found.years[-1]) == (1750, 2300)
    at = {int(y): n for n, y in enumerate(found.years)}
    assert found.fossil[at[2014]] == pytest.approx(1.0, rel=1e-4)  # PgC
    assert found.fossil[at[1882]] == pytest.approx(0.5, rel=1e-4)  # halfway between 1750 and 2014
    assert found.land_use[at[1750]] == pytest.approx(0.1, rel=1e-4)
    assert found.land_use[at[2100]] == 0.0
    assert found.ppm[at[2100]] == 600.0
    assert np.all(np.isfinite(found.forcing))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Mt CO2/yr", "Gt C/yr", "is in 'Gt C/yr'"),
        ("3664.2", "much", "no number"),
        ("AFOLU", "AFLU", "does not reach"),
        (",2500", ",2200", "does not reach"),
    ],
)
def test_wrong_tables_are_refused(folder, old, new, words):
    path = folder / protocol.EMISSIONS.name
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError, match=words):
        protocol.read_protocol(folder, "ssp245")


def test_absent_tables_and_scenarios_are_refused(folder, tmp_path):
    with pytest.raises(InputError, match="no scenario"):
        protocol.read_protocol(folder, "ssp2")
    (folder / protocol.CONCENTRATIONS.name).unlink()
    with pytest.raises(InputError, match="no such table"):
        protocol.read_protocol(folder, "ssp245")


def test_a_file_is_kept_only_with_its_checksum(tmp_path):
    source = tmp_path / "there" / "a.csv"
    source.parent.mkdir()
    source.write_text("1,2")
    right = hashlib.md5(b"1,2").hexdigest()
    kept = fetch(Remote(source.as_uri(), right, "CC0", ""), tmp_path / "here")
    assert kept.read_text() == "1,2"
    assert fetch(Remote(source.as_uri(), right, "CC0", ""), tmp_path / "here") == kept
    with pytest.raises(InputError, match="its checksum is"):
        fetch(Remote(source.as_uri(), "0" * 32, "CC0", ""), tmp_path / "other")
    assert list((tmp_path / "other").iterdir()) == []
    with pytest.raises(NetworkNeededError, match="cannot be reached"):
        fetch(Remote((tmp_path / "none.csv").as_uri(), right, "CC0", ""), tmp_path / "more")
