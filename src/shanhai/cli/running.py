"""Where a job computes: threads of this machine or a running Dask cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shanhai.core.errors import InputError


@contextmanager
def on(workers: int | None, scheduler: str | None) -> Iterator[None]:
    """Compute with so many threads, or on the cluster at an address.

    Raises:
        InputError: if both are given, or the cluster does not answer.
    """
    if workers and scheduler:
        raise InputError("workers and scheduler are both given", do="give one of them")
    if scheduler is None:
        import dask

        with dask.config.set(scheduler="threads", num_workers=workers):
            yield
        return
    client = _connect(scheduler)
    with client.as_current():
        yield
    client.close()


def _connect(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "Dask's distributed scheduler is not installed", do="pip install 'shanhai[distributed]'"
        ) from None
    try:
        return Client(address, timeout=10)
    except (OSError, ValueError) as error:
        raise InputError(f"no Dask scheduler answers: {error}", where=address, do="check the address") from None
