"""Isotopes of a layer of soil: 13C, 14C and 15N that its own course carries along, all with one integration.

Labels are not in the network. What a day of the layer moves of carbon and nitrogen moves them, in the ratio of what is
taken; see `isotopes` for what a ratio is, and for factors of fractionation.
"""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.errors import InputError, nearest
from shanhai.core.reactions import Network
from shanhai.numerics.integrate import Integrated, Tolerance
from shanhai.numerics.tracers import Carried, carry
from shanhai.soil.isotopes import Isotope
from shanhai.soil.layer import Conditions, Layer, Rooted, advanced, check, first_step, network, species, through


class Label(eqx.Module):
    """An isotope and where it is.

    Args:
        isotope: which; its element is carbon or nitrogen.
        amounts: at the start [mol m-3], (species, ...), see `labelled`.
        fractionation: factors α of the reactions, see `isotopes.fractionation_of`; None where none fractionates.
        boundary: ratio of what comes from accounts, see `isotopes.boundary_of`: of plants and, for fixation, of the
            air. A layer without plants takes neither carbon nor nitrogen from one unless reactions are added to it.
    """

    isotope: Isotope = eqx.field(static=True)
    amounts: Array
    fractionation: Array | None = None
    boundary: ArrayLike = 0.0


class Labelled(NamedTuple):
    """A layer and its labels.

    Args:
        end: amounts, extents and status after every step, (time, ...).
        labels: name of the isotope -> amounts, ratios in the pools and what decayed, (time, species, ...).
    """

    end: Integrated
    labels: dict[str, Carried]


def labelled(layer: Layer, x: Array, isotope: Isotope, ratios: ArrayLike | Mapping[str, ArrayLike]) -> Label:
    """Label of a layer whose pools have given ratios.

    Args:
        layer: processes.
        x: amounts [mol m-3], (species, ...).
        isotope: which.
        ratios: isotope over element in all pools, or species -> ratio, with none in those that are not named.

    Raises:
        InputError: for a species that has none of the element.

    >>> from shanhai.soil.isotopes import CARBON_13
    >>> from shanhai.soil.layer import stocked
    >>> x = stocked(Layer(), {"labile_c": 500.0, "labile_n": 10.0})
    >>> labelled(Layer(), x, CARBON_13, 0.011).amounts[:2].tolist()
    [5.5, 0.0]
    """
    here = species(layer)
    holders = [s.name for s in here if s.content.get(isotope.element, 0.0) and not s.external]
    given = ratios if isinstance(ratios, Mapping) else dict.fromkeys(holders, ratios)
    for name in given:
        if name not in holders:
            raise InputError(
                f"there is no pool {name!r} of {isotope.element} to carry {isotope.name}; {nearest(name, holders)}",
                where="labelled",
            )
    rows = [x[k] * jnp.asarray(given.get(s.name, 0.0)) for k, s in enumerate(here)]
    return Label(isotope, jnp.stack(jnp.broadcast_arrays(*rows)))


def course_with_tracers(
    layer: Layer,
    x: Array,
    conditions: Conditions | Rooted,
    dt: Array | float,
    tolerance: Tolerance,
    labels: tuple[Label, ...],
) -> Labelled:
    """A layer through conditions that change from step to step, and isotopes carried by what each step moves.

    A ratio that is the same everywhere stays so to rounding, whatever happens. What decays is given apart, to be
    booked. Isotopes have first order in the step of the conditions: what turns over within one is well mixed in it.

    Args:
        layer: processes and numbers.
        x: amounts at the start [mol m-3], (species, ...).
        conditions: as of `course`.
        dt: length of a step of the conditions [s].
        tolerance: errors allowed within a step.
        labels: isotopes, each with its amounts at the start, see `labelled`.

    Returns:
        the course of the layer as that of `course`, and of its labels.

    Raises:
        InputError: as `course`.
    """
    check(conditions)
    return _course(layer, x, through(conditions), dt, tolerance, labels)


@eqx.filter_jit
def _course(
    layer: Layer,
    x: Array,
    conditions: Conditions | Rooted,
    dt: Array | float,
    tolerance: Tolerance,
    labels: tuple[Label, ...],
) -> Labelled:
    made = network(layer)
    advance = partial(advanced, made, dt, tolerance)

    def step(carried: tuple[tuple[Array, Array], list[Array]], at: Conditions | Rooted) -> tuple[object, Labelled]:
        state, amounts = carried
        after, end = advance(state, at)
        moved = [moved_label(made, label, held, state[0], end, dt) for label, held in zip(labels, amounts)]
        named = {label.isotope.name: there for label, there in zip(labels, moved)}
        return (after, [there.amounts for there in moved]), Labelled(end, named)

    begin = ((x, first_step(x)), [label.amounts for label in labels])
    return jax.lax.scan(step, begin, conditions)[1]  # type: ignore[arg-type]


def moved_label(made: Network, label: Label, held: Array, x: Array, end: Integrated, dt: Array | float) -> Carried:
    """A label after a step of the conditions, without the axis of several labels.

    Pools hold their ratio times what the network says they hold, and not times x + ν ξ: of what turns over a thousand
    times in a step that sum is rounding in its last three digits, which would stay in the ratio.
    """
    isotope = label.isotope
    there = carry(
        made, isotope.element, x, end.nu, end.extents, held[None],
        boundary=label.boundary, fractionation=label.fractionation, decay=isotope.decay, dt=dt,
    )  # fmt: skip
    amounts, ratios, decayed = (part[0] for part in there)
    pools = np.array(made.pools)
    holds = made.contents[made.quantities.index(isotope.element), pools]
    content = holds.reshape(-1, *(1,) * (x.ndim - 1)) * end.x[pools]
    return Carried(amounts.at[pools].set(ratios[pools] * content), ratios, decayed)
