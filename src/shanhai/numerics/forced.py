"""A network under forcing that changes with time: steps of fixed length, and cycles repeated until they close.

Steppers hold the environment still over a step. Given at the middle of each step, it leaves them second order in time.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from shanhai.core.reactions import Network
from shanhai.numerics.integrate import Stepper


class Course(NamedTuple):
    """What a network went through.

    Args:
        start: amounts before the first step, (species, ...).
        x: amounts after each step, (step, species, ...).
        extents: of each step, (step, reaction, ...).
    """

    start: Array
    x: Array
    extents: Array

    @property
    def end(self) -> Array:
        """Amounts after the last step."""
        return self.x[-1]

    @property
    def throughput(self) -> Array:
        """Sum of the sizes of the extents, (reaction, ...)."""
        return jnp.sum(jnp.abs(self.extents), axis=0)


def forced(step: Stepper, network: Network, x: Array, environments: Any, dt: Array | float) -> Course:
    """Advance a network through environments, a step in each.

    Args:
        step: stepper.
        network: species and reactions.
        x: amounts at the start, (species, ...).
        environments: pytree of what the laws take, time on the first axis of every leaf.
        dt: length of a step, in the unit of time of the laws.

    >>> from shanhai.core.reactions import Reaction, Species
    >>> from shanhai.numerics.explicit import RungeKutta
    >>> decay = Reaction("decay", lambda x, k: k * x["a"], {"a": -1.0, "b": 1.0})
    >>> network = Network((Species("a", {"C": 1.0}), Species("b", {"C": 1.0})), (decay,), sample=1.0)
    >>> course = forced(RungeKutta(3), network, jnp.array([1.0, 0.0]), jnp.array([0.1, 0.2]), 1.0)
    >>> round(float(course.end[0]), 3), round(float(course.end.sum()), 12)
    (0.741, 1.0)
    """
    xs, extents = jax.lax.scan(partial(_one, step, network, dt), x, environments)[1]
    return Course(x, xs, extents)


def _one(step: Stepper, network: Network, dt: Any, x: Array, environment: Any) -> tuple[Array, tuple[Array, Array]]:
    made = step(network, x, environment, dt)
    return made.x, (made.x, made.extents)


def cycled(step: Stepper, network: Network, x: Array, environments: Any, dt: Array | float, repeats: int) -> Course:
    """Go through the same environments again and again, and give the last time.

    Args:
        step: stepper.
        network: species and reactions.
        x: amounts at the start, (species, ...).
        environments: one cycle, as `forced`.
        dt: length of a step.
        repeats: cycles before the one that is given.

    Returns:
        the last cycle; where its start and end agree, pools that are not accounts, the cycle has closed.
    """

    def once(x: Array, _: None) -> tuple[Array, None]:
        return jax.lax.scan(lambda y, e: (step(network, y, e, dt).x, None), x, environments)[0], None

    return forced(step, network, jax.lax.scan(once, x, None, length=repeats)[0], environments, dt)


def unclosed(network: Network, course: Course) -> Array:
    """Largest change of a pool over a cycle, relative to it; how far a course is from repeating itself."""
    rows = jnp.asarray(network.pools)
    start, end = course.start[rows], course.end[rows]
    return jnp.max(jnp.abs(end - start) / jnp.maximum(jnp.abs(start), jnp.abs(end)))
