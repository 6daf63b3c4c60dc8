"""Long arrays through a compiled function in tiles of fixed length.

Two lengths serve every array, so that no new array length recompiles; tiles that fit the cache run several times
faster than one long array, and need no memory but that of the result.
"""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax import Array
from numpy.typing import NDArray

TILE = 4096
"""Points computed together."""

PER_CALL = 16 * TILE
"""Points of one call on long arrays."""

Arrays = dict[str, Array]


def mapped(function: Callable[[Arrays], Arrays]) -> Callable[[Arrays], Arrays]:
    """Apply a function tile after tile to arrays of a multiple of `TILE` points; scalars go to every tile.

    To be compiled together with `function`.
    """

    def over_tiles(arguments: Arrays) -> Arrays:
        long = {k: x.reshape(-1, TILE) for k, x in arguments.items() if x.ndim}
        scalars = {k: x for k, x in arguments.items() if not x.ndim}
        if not long or next(iter(long.values())).shape[0] == 1:
            return function(arguments)
        out = jax.lax.map(lambda tile: function(tile | scalars), long)
        return {k: x.reshape(-1) for k, x in out.items()}

    return over_tiles


def in_tiles(
    compiled: Callable[[dict[str, Any]], Arrays], arguments: dict[str, NDArray[Any]], per_call: int = PER_CALL
) -> dict[str, NDArray[Any]]:
    """Call a compiled function, such as one of `mapped`, on arrays of any one shape and length.

    Args:
        compiled: from arrays by name to arrays by name; each point on its own.
        arguments: arrays of one shape, and scalars.
        per_call: points of one call, where there are more than `TILE`.

    Returns:
        arrays of that shape.

    >>> square = jax.jit(mapped(lambda a: {"y": a["x"] ** 2 + a["c"]}))
    >>> in_tiles(square, {"x": np.arange(3.0), "c": np.array(1.0)})["y"].tolist()
    [1.0, 2.0, 5.0]
    """
    shape = next((x.shape for x in arguments.values() if x.ndim), ())
    size = int(np.prod(shape))
    flat = {k: np.ascontiguousarray(x).reshape(-1) if x.ndim else x for k, x in arguments.items()}
    length = TILE if size <= TILE else per_call
    out: dict[str, NDArray[Any]] = {}
    for start in range(0, max(size, 1), length):
        stop = min(start + length, size)
        piece = {k: _padded(x[start:stop], length) if x.ndim else x for k, x in flat.items()}
        for name, result in compiled(piece).items():
            whole = out.setdefault(name, np.empty(size, result.dtype))
            whole[start:stop] = np.asarray(result)[: stop - start] if result.ndim else result
    return {name: x.reshape(shape) for name, x in out.items()}


def _padded(x: NDArray[Any], length: int) -> Any:
    """Repeat the last value, so that what is added is as easy to solve as the rest."""
    return (
        x if len(x) == length else np.concatenate([x, np.full(length - len(x), x[-1] if len(x) else 0, dtype=x.dtype)])
    )
