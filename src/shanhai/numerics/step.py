"""What every stepper of a network returns."""

from typing import NamedTuple

from jax import Array


class Step(NamedTuple):
    r"""One step of a reaction network, for every cell.

    A stepper is called as ``step(network, x, environment, dt)``, where dt [s] broadcasts against the cells. It returns

    $$x^+ = x + \nu\,\xi$$

    to the rounding of that sum, with the stoichiometry ν frozen at the start of the step, so that every conserved
    quantity closes whatever the error of the step.

    Args:
        x: amounts at the end, (species, ...).
        extents: ξ, how far each reaction has gone, (reaction, ...).
        error: embedded estimate of the error of `x`, in its units, (species, ...); a driver takes its norm.
        rates: of all extents at the start, (reaction, ...).
    """

    x: Array
    extents: Array
    error: Array
    rates: Array
