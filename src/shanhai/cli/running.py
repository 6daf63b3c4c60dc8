"""Where a job computes: threads of this machine or a running Dask cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shanhai.core.errors import InputError

PATIENCE = 10.0  # s, until a scheduler must have answered


@contextmanager
def on(workers: int | None, scheduler: str | None) -> Iterator[None]:
    """Compute with so many threads, or on the cluster at an address.

    Raises:
        InputError: if both are given, or the cluster does not answer.
    """
    if workers is not None and scheduler is not None:
        raise InputError("workers and scheduler are both given", do="give one of them")
    if workers is not None and workers < 1:
        do = "leave it out to use all cores"
        raise InputError(f"workers is {workers}, where 1 or more is meant", where="--workers", do=do)
    if scheduler is None:
        import dask

        with dask.config.set(scheduler="threads", num_workers=workers):
            yield
        return
    with _connect(scheduler) as client, client.as_current():
        yield


def _connect(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "Dask's distributed scheduler is not installed", do="pip install 'shanhai[distributed]'"
        ) from None
    try:
        return Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"no Dask scheduler answers: {error}", where=address, do="check the address") from None
