"""What reactions take and make at one state: the non-zeros of ν, and sums over them.

A network of thirty species and thirty reactions has a hundred non-zeros. Written as a matrix for every cell it is
mostly zeros that are fetched from memory, which then takes ten times as long as the rate laws themselves.
"""

from functools import reduce
from operator import add
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

Entry = tuple[int, int]
"""Row of the species, and number of the reaction."""

FEW = 8
"""Cells up to which sums are not written out, as compiling them takes longer than computing them."""


class Stoichiometry(eqx.Module):
    """Non-zeros of ν at a state; each is a number, or was computed from the state.

    Args:
        size: species and reactions.
        entries: (species, reaction) of each non-zero.
        numbers: coefficient of each entry, none where it depends on the state.
        frozen: those others in their order, each of the shape of the cells.

    >>> nu = Stoichiometry((2, 1), ((0, 0), (1, 0)), (-1.0, None), (jnp.array([0.5, 0.25]),))
    >>> nu.moved(jnp.array([[2.0, 4.0]])).tolist()
    [[-2.0, -4.0], [1.0, 1.0]]
    """

    size: tuple[int, int] = eqx.field(static=True)
    entries: tuple[Entry, ...] = eqx.field(static=True)
    numbers: tuple[float | None, ...] = eqx.field(static=True)
    frozen: tuple[Array, ...]

    @property
    def columns(self) -> NDArray[np.intp]:
        """Reactions of the entries that depend on the state."""
        return np.array([j for (_, j), c in zip(self.entries, self.numbers) if c is None], dtype=np.intp)

    @property
    def values(self) -> list[float | Array]:
        """Coefficient of each entry."""
        computed = iter(self.frozen)
        return [next(computed) if c is None else c for c in self.numbers]

    @property
    def sizes(self) -> "Stoichiometry":
        """Without signs."""
        numbers = tuple(None if c is None else abs(c) for c in self.numbers)
        return Stoichiometry(self.size, self.entries, numbers, tuple(map(jnp.abs, self.frozen)))

    @property
    def fixed(self) -> NDArray[np.float64]:
        """ν as a matrix of numbers, (species, reaction), zero where it depends on the state."""
        numbers = np.zeros(self.size)
        for (i, j), c in zip(self.entries, self.numbers):
            numbers[i, j] = 0.0 if c is None else c
        return numbers

    def with_frozen(self, frozen: tuple[Array, ...]) -> "Stoichiometry":
        """With other coefficients where they depend on the state."""
        return Stoichiometry(self.size, self.entries, self.numbers, frozen)

    def moved(self, extents: Array) -> Array:
        """Change of the amounts by extents, ν ξ, (species, ...).

        Args:
            extents: (reaction, ...).
        """
        if np.prod(extents.shape[1:]) <= FEW:
            return moved(self.dense(extents.dtype), extents)
        terms: list[list[Array]] = [[] for _ in range(self.size[0])]
        for (i, j), c in zip(self.entries, self.values):
            terms[i].append(c * extents[j])
        nothing = jnp.zeros(extents.shape[1:], extents.dtype)
        return jnp.stack([reduce(add, row) if row else nothing for row in terms])

    def dense(self, dtype: Any = float) -> Array:
        """ν as a matrix, (species, reaction, ...); without trailing axes where every coefficient is a number."""
        numbers = self.fixed.astype(dtype)
        if not self.frozen:
            return jnp.asarray(numbers)
        cells = self.frozen[0].shape
        nu = jnp.broadcast_to(numbers.reshape(*self.size, *(1,) * len(cells)), (*self.size, *cells))
        rows, columns = np.array([e for e, c in zip(self.entries, self.numbers) if c is None]).T
        return nu.at[rows, columns].set(jnp.stack(self.frozen).astype(dtype))


def moved(nu: Array, extents: Array) -> Array:
    """Change of the amounts by extents, ν ξ.

    Args:
        nu: (species, reaction) or (species, reaction, ...).
        extents: (reaction, ...).
    """
    if nu.ndim == 2:
        return jnp.tensordot(nu, extents, axes=1, precision="highest")
    return jnp.sum(nu * extents[None], axis=1)
