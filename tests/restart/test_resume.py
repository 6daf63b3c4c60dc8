"""An interrupted job goes on where it stopped, and ends in the same bytes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.jobs import write_job

from shanhai.core.errors import InputError
from shanhai.monitoring import assess

pytestmark = pytest.mark.slow  # compiling takes long

EXTRA = '[uncertainty]\npco2_sea = 2.0\n[output]\nformat = "{}"\n'


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


class Stopped(Exception):
    """Stands for whatever ends a run."""


def stop_after(parts: int):
    def watch(label, number, total, computed):
        if number == parts:
            raise Stopped

    return watch


@pytest.mark.parametrize("format", ["netcdf", "zarr"])
def test_resumed_equals_uninterrupted_byte_for_byte(tmp_path, format):
    config = write_job(tmp_path, EXTRA.format(format))
    assess(config, out=tmp_path / "whole")
    with pytest.raises(Stopped):
        assess(config, out=tmp_path / "cut", watch=stop_after(2))
    computed = []
    assess(config, out=tmp_path / "cut", watch=lambda label, n, total, now: computed.append(now))
    assert computed == [False, False, True]
    assert contents(tmp_path / "whole") == contents(tmp_path / "cut")


def test_killed_process_resumes_to_the_same_bytes(tmp_path):
    config = write_job(tmp_path, months=6)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    command = [sys.executable, "-m", "shanhai", "flux", str(config), "--json", "--out"]
    subprocess.run([*command, str(whole)], check=True, capture_output=True)
    running = subprocess.Popen([*command, str(cut)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    state = cut / "progress.json"
    while running.poll() is None and not state.exists():
        time.sleep(0.005)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    assert 1 <= len(json.loads(state.read_text())["parts"]) <= 6
    subprocess.run([*command, str(cut)], check=True, capture_output=True)
    assert contents(whole) == contents(cut)


def test_damaged_part_is_computed_again(tmp_path):
    config = write_job(tmp_path, "[output]\nfigures = false\n")
    assess(config, out=tmp_path / "out")
    before = contents(tmp_path / "out")
    part = tmp_path / "out/fields/2010-02.nc"
    part.write_bytes(part.read_bytes()[:1000])
    computed = {}
    assess(config, out=tmp_path / "out", watch=lambda label, n, total, now: computed.update({label: now}))
    assert computed == {"2010-01": False, "2010-02": True, "2010-03": False}
    assert contents(tmp_path / "out") == before


def test_changed_configuration_or_input_is_not_mixed_with_old_results(tmp_path):
    config = write_job(tmp_path, "[output]\nfigures = false\n")
    assess(config, out=tmp_path / "out")
    before = contents(tmp_path / "out")
    config.write_text(config.read_text().replace("resolution = 1.0", "resolution = 2.0"))
    with pytest.raises(InputError, match="another configuration"):
        assess(config, out=tmp_path / "out")
    assert contents(tmp_path / "out") == before
    assess(config, out=tmp_path / "out", overwrite=True)
    assert contents(tmp_path / "out") != before


def test_foreign_folder_is_left_alone(tmp_path):
    config = write_job(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.txt").write_text("ten years of work")
    for overwrite in (False, True):
        with pytest.raises(InputError, match="holds no job of ours"):
            assess(config, out=tmp_path / "out", overwrite=overwrite)
    assert (tmp_path / "out/thesis.txt").read_text() == "ten years of work"
