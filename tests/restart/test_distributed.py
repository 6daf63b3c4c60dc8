"""Where a job computes does not change what it computes: threads, one thread, a cluster of processes."""

from pathlib import Path

import dask
import pytest
from tests.jobs import write_job

from shanhai.cli import running
from shanhai.core.errors import InputError
from shanhai.monitoring import assess

EXTRA = '[output]\nfigures = false\nformat = "{}"\n'
MONTHS = 2


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Address of a scheduler with two worker processes of one thread each, on this machine."""
    distributed = pytest.importorskip("distributed")
    scratch = str(tmp_path_factory.mktemp("scratch"))
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=scratch
    ) as local:
        yield local.scheduler_address


def files(folder: Path) -> dict[str, bytes]:
    """All that a job has written."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize("format", ["zarr", "netcdf"])
def test_cluster_and_one_thread_write_the_bytes_of_two_threads(tmp_path, cluster, format):
    """Fields, tables, report and provenance."""
    config = write_job(tmp_path, EXTRA.format(format), months=MONTHS)
    with running.on(2, None):
        assess(config, out=tmp_path / "threads")
    with dask.config.set(scheduler="synchronous"):
        assess(config, out=tmp_path / "one")
    with running.on(None, cluster):
        assess(config, out=tmp_path / "cluster")
    expected = files(tmp_path / "threads")
    assert len(expected) > 5
    assert files(tmp_path / "one") == expected
    assert files(tmp_path / "cluster") == expected


def test_bad_value_found_by_a_worker_is_named_as_at_home_and_nothing_is_written(tmp_path, cluster):
    config = write_job(tmp_path, EXTRA.format("zarr"), months=MONTHS)
    salinity = 'variable = "sea_surface_salinity"'
    config.write_text(config.read_text().replace(salinity, salinity + "\nvalid_range = [33.0, 50.0]"))
    said = []
    for address in (None, cluster):
        with pytest.raises(InputError) as error, running.on(None, address):
            assess(config, out=tmp_path / "out")
        said.append(str(error.value))
    assert said[0] == said[1]
    assert "sea_surface_salinity" in said[0]
    assert not (tmp_path / "out").exists()


def test_connection_is_given_back_after_a_failure(cluster):
    from distributed import default_client

    with pytest.raises(ZeroDivisionError), running.on(None, cluster):
        1 / 0  # noqa: B018
    with pytest.raises(ValueError, match="No clients"):
        default_client()


def test_silent_address_is_refused_in_a_sentence():
    with pytest.raises(InputError, match="no Dask scheduler answers"), running.on(None, "nowhere://x"):
        pass
    with pytest.raises(InputError, match="both given"), running.on(2, "tcp://127.0.0.1:1"):
        pass
