"""What has been given and not yet taken: boxes that are part of the state, inventoried and restarted like any other.

A giver posts into a box at its own step; the taker empties it at its own. An amount is handed over rounded to the
digits of its dtype, and what rounding leaves stays in the box, so that everything given is taken, to the last bit,
sooner or later.
"""

from abc import abstractmethod
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from shanhai.numerics.sums import Carried


class Box(eqx.Module):
    """What lies between one giver and one taker."""

    @abstractmethod
    def posted(self, x: Array) -> "Box":
        """The box after the giver has put something in."""

    @abstractmethod
    def delivered(self, parts: Array) -> tuple[Array, "Box"]:
        """What the taker gets, and the box after it.

        Args:
            parts: steps over which the content is to be spread, this one included.
        """


class Amount(Box):
    """A running sum of amounts, kept in the widest float and handed over in that of the run.

    Args:
        held: amount on its way.
        dtype: of what is delivered.

    >>> box = Amount.empty((1,)).posted(jnp.array([1.0])).posted(jnp.array([1e-17]))
    >>> thirds = []
    >>> for parts in (3, 2, 1):
    ...     x, box = box.delivered(parts)
    ...     thirds.append(float(x[0]))
    >>> sum(thirds), f"{float(box.held.value[0]):.3g}"
    (1.0, '1e-17')
    """

    held: Carried
    dtype: str = eqx.field(static=True)

    @classmethod
    def empty(cls, shape: tuple[int, ...], dtype: Any = float) -> "Amount":
        """A box with nothing in it."""
        return cls(Carried.of(jnp.zeros(shape)), jnp.dtype(dtype).name)

    def posted(self, x: Array) -> "Amount":
        """Add an amount."""
        return Amount(self.held.plus(x), self.dtype)

    def delivered(self, parts: Array) -> tuple[Array, "Amount"]:
        """One part of what is held."""
        part = (self.held.value / parts).astype(self.dtype)
        return part, Amount(self.held.less(part), self.dtype)


class Mean(Box):
    """A running mean of a state; the giver's steps are equally long, so each counts once.

    Args:
        total: sum since it was last delivered.
        count: how many states are in it.
        mean: what was delivered last, and is again as long as nothing new has come.
    """

    total: Array
    count: Array
    mean: Array

    @classmethod
    def starting(cls, mean: Array) -> "Mean":
        """A box whose taker sees this until something comes."""
        return cls(jnp.zeros_like(mean), jnp.asarray(0), mean)

    def posted(self, x: Array) -> "Mean":
        """Add a state to the mean."""
        return Mean(self.total + jnp.asarray(x, self.total.dtype), self.count + 1, self.mean)

    def delivered(self, parts: Array) -> tuple[Array, "Mean"]:
        """The mean, the same for all parts of an interval."""
        new = self.count > 0
        mean = jnp.where(new, self.total / jnp.where(new, self.count, 1).astype(self.total.dtype), self.mean)
        return mean, Mean(jnp.zeros_like(self.total), jnp.zeros_like(self.count), mean)


class Latest(Box):
    """A response: what was given last, untouched."""

    value: Array

    def posted(self, x: Array) -> "Latest":
        """Replace it."""
        return Latest(jnp.asarray(x, self.value.dtype))

    def delivered(self, parts: Array) -> tuple[Array, "Latest"]:
        """Look at it."""
        return self.value, self


class Frozen(Box):
    """A fraction by which amounts are shared: what is given during a coupling window holds from the next one on.

    Args:
        now: fraction of this window.
        next: what was given last.
    """

    now: Array
    next: Array

    def posted(self, x: Array) -> "Frozen":
        """Keep it for the next window."""
        return Frozen(self.now, jnp.asarray(x, self.next.dtype))

    def delivered(self, parts: Array) -> tuple[Array, "Frozen"]:
        """The fraction of this window."""
        return self.now, self

    def turned(self) -> "Frozen":
        """The same at the start of the next window."""
        return Frozen(self.next, self.next)
