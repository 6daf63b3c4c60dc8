"""Restart files: the whole state of a run, array by array, in one Zarr store that holds data only.

Each leaf of the state is an array under its own name ("components.sea.temperature"), with a hash of its bytes; the
store carries a schema version, the hashes of configuration and grid, and the time. It is written whole or not at all,
and refused if it is of another run, another version, or damaged.
"""

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import zarr
from jax import Array
from numpy.typing import NDArray

import shanhai
from shanhai.core.errors import InputError
from shanhai.io.output import whole_or_nothing

SCHEMA = 1
"""Version of the layout; a store of another version is refused."""

KEPT = 2
"""Restarts that `Keeper` leaves, so that one is whole at any moment."""


def save(path: Path, state: Any, identity: Mapping[str, str], time: str = "") -> None:
    """Write a state.

    Args:
        path: store, ending in .zarr.
        state: any pytree of arrays; typed random keys are kept as such.
        identity: what it belongs to, such as hashes of configuration and grid, and the calendar.
        time: moment of the state, for the reader.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "restart.zarr"
    >>> save(path, {"key": jax.random.key(7), "stock": jnp.array([1.0, 2.0])}, {"configuration": "abc"})
    >>> load(path, {"key": jax.random.key(0), "stock": jnp.zeros(2)}, {"configuration": "abc"})["stock"].tolist()
    [1.0, 2.0]
    """
    leaves = _leaves(state)
    about: dict[str, Any] = {"schema": SCHEMA, "identity": dict(identity), "time": time, "shanhai": shanhai.__version__}
    with whole_or_nothing(path) as temporary:
        group = zarr.open_group(temporary, mode="w", attributes=about | {"leaves": sorted(leaves)})
        for name, leaf in leaves.items():
            data = _plain(leaf)
            dimensions = [f"n{length}" for length in data.shape]
            array = group.create_array(name, shape=data.shape, dtype=data.dtype, dimension_names=dimensions)
            array[...] = data
            array.attrs.update({"sha256": _hash(data), "random_key": _key_kind(leaf)})


def load(path: Path, like: Any, identity: Mapping[str, str]) -> Any:
    """Read a state back.

    Args:
        path: store that `save` wrote.
        like: a state of the same run, such as the one it would start with.
        identity: what the run is; see `save`.

    Returns:
        the state, every bit as it was saved.

    Raises:
        InputError: naming what does not fit or is damaged.
    """
    try:
        group = zarr.open_group(path, mode="r")
        attributes: dict[str, Any] = dict(group.attrs)
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"this is no restart that can be read ({type(error).__name__})"
        raise InputError(what, where=str(path), do="give a folder that `shanhai run` wrote, or start anew") from None
    _check_identity(attributes, identity, str(path))
    wanted = _leaves(like)
    _check_names(set(attributes["leaves"]), set(wanted), str(path))
    found = [_read(group, name, leaf, str(path)) for name, leaf in wanted.items()]
    return jax.tree.unflatten(jax.tree.structure(like), found)


def latest(folder: Path) -> Path:
    """The newest restart of a folder.

    Raises:
        InputError: if there is none.
    """
    found = sorted(folder.glob("restart_*.zarr"))
    if not found:
        raise InputError("there is no restart in this folder", where=str(folder), do="start the run with `shanhai run`")
    return found[-1]


class Keeper:
    """Writes a restart at every call and leaves the last two.

    Args:
        folder: where.
        identity: see `save`.
    """

    def __init__(self, folder: Path, identity: Mapping[str, str]) -> None:
        self.folder, self.identity = folder, identity

    def __call__(self, state: Any, number: int, time: str) -> Path:
        """Save a state.

        Args:
            state: see `save`.
            number: count of windows, for the name.
            time: see `save`.
        """
        path = self.folder / f"restart_{number:010d}.zarr"
        save(path, state, self.identity, time)
        for old in sorted(self.folder.glob("restart_*.zarr"))[:-KEPT]:
            shutil.rmtree(old)
        return path


def _leaves(state: Any) -> dict[str, Any]:
    paths = jax.tree_util.tree_leaves_with_path(state)
    return {jax.tree_util.keystr(path, simple=True, separator="."): leaf for path, leaf in paths}


def _is_key(leaf: Any) -> bool:
    return isinstance(leaf, Array) and jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _key_kind(leaf: Any) -> str:
    return str(jax.random.key_impl(leaf)) if _is_key(leaf) else ""


def _plain(leaf: Any) -> NDArray[Any]:
    return np.asarray(jax.random.key_data(leaf) if _is_key(leaf) else leaf)


def _hash(data: NDArray[Any]) -> str:
    return hashlib.sha256(np.ascontiguousarray(data).tobytes()).hexdigest()


def _check_identity(attributes: Mapping[str, Any], identity: Mapping[str, str], where: str) -> None:
    version = attributes.get("schema")
    if version != SCHEMA or not isinstance(attributes.get("leaves"), list):
        what = f"its schema version is {version}, and this shanhai reads version {SCHEMA}"
        raise InputError(what, where=where, do="go on with the shanhai that wrote it, or start anew")
    written = attributes.get("identity", {})
    for name in sorted({*identity, *written}):
        if written.get(name) != identity.get(name):
            what = f"it is of another run: its {name} is {written.get(name)}, and here it is {identity.get(name)}"
            raise InputError(what, where=where, do="resume with what it was written with, or start anew")


def _check_names(found: set[str], wanted: set[str], where: str) -> None:
    for names, words in ((wanted - found, "it lacks"), (found - wanted, "this run knows nothing of")):
        if names:
            what = f"{words} {', '.join(sorted(names)[:3])}{' ...' if len(names) > 3 else ''}"
            raise InputError(what, where=where, do="resume with the same components, or start anew")


def _read(group: Any, name: str, like: Any, where: str) -> Any:
    expected = _plain(like)
    try:
        array = group[name]
        data = np.asarray(array[...])
        kind, digest = array.attrs.get("random_key", ""), array.attrs.get("sha256")
    except Exception as error:  # codecs of Zarr raise many kinds; all mean the same here
        what = f"{name} cannot be read ({type(error).__name__}): the store is damaged or was cut off"
        raise InputError(what, where=where, do="resume from the restart before it") from None
    if (data.shape, data.dtype, kind) != (expected.shape, expected.dtype, _key_kind(like)):
        what = f"{name} is {data.dtype}{list(data.shape)}, and this run has {expected.dtype}{list(expected.shape)}"
        raise InputError(what, where=where, do="resume with the same grid and precision, or start anew")
    if _hash(data) != digest:
        what = f"{name} is not what was written: the store is damaged or was cut off"
        raise InputError(what, where=where, do="resume from the restart before it")
    return jax.random.wrap_key_data(jnp.asarray(data), impl=kind) if kind else jnp.asarray(data)
