r"""Isotopes of soil: 13C, 14C and 15N that ride on the transfers of any network.

Nothing is modelled twice. A network of carbon or nitrogen is advanced as ever, and the isotopes are carried by the
transfers of its steps (`numerics.tracers`): what leaves a pool has its ratio, times α where a reaction fractionates. So
overflow respiration has the ratio of the substrate, as it is a part of what is taken up, and not that of the microbes.

*Ratio* is always isotope over element in the network. For stable isotopes that is the atom fraction,

$$x = \frac{R}{1 + R}, \qquad R = R_{std}\left(1 + \frac{\delta}{1000}\right)$$

for radiocarbon it is normalised and relative to the absolute standard, so that $\Delta^{14}C = 1000(x - 1)$, and δ13C
takes no part in it, see `seawater.radiocarbon`.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.errors import InputError, nearest
from shanhai.core.reactions import Network
from shanhai.numerics.tracers import carry
from shanhai.seawater.isotopes import VPDB_RATIO
from shanhai.seawater.radiocarbon import HalfLife, decay_constant


class Isotope(NamedTuple):
    """A heavy isotope.

    Args:
        name: such as "13C".
        element: that it is carried with.
        standard: ratio of heavy to light in the standard; 1 for radiocarbon, which is relative to it.
        decay: λ [s-1].
    """

    name: str
    element: str
    standard: float
    decay: float = 0.0


CARBON_13 = Isotope("13C", "C", VPDB_RATIO)
NITROGEN_15 = Isotope("15N", "N", 0.0036765)
"""Nitrogen of the air; Mariotti (1983), Nature 303, 685: 0.3663 atoms in a hundred."""


def carbon_14(half_life: HalfLife = "be_2013") -> Isotope:
    """Radiocarbon with one of the half-lives in use, see `seawater.radiocarbon.HALF_LIVES`.

    Soil models commonly decay with 5730 yr (`godwin_1962`, 1.209681e-4 per year).

    >>> from shanhai.core.ledger import JULIAN_YEAR
    >>> f"{carbon_14('godwin_1962').decay * JULIAN_YEAR:.6e}"
    '1.209681e-04'
    """
    return Isotope("14C", "C", 1.0, decay_constant(half_life))


def atom_fraction(delta: ArrayLike, isotope: Isotope) -> Array:
    """Heavy atoms over all atoms [1] of a δ [per mil]; stable isotopes.

    >>> f"{float(atom_fraction(-25.0, CARBON_13)):.7f}"
    '0.0107830'
    """
    ratio = isotope.standard * (1.0 + 1e-3 * jnp.asarray(delta))
    return ratio / (1.0 + ratio)


def delta_of_atom_fraction(fraction: ArrayLike, isotope: Isotope) -> Array:
    """δ [per mil] of heavy atoms over all atoms [1], the inverse of `atom_fraction`.

    >>> round(float(delta_of_atom_fraction(atom_fraction(5.0, NITROGEN_15), NITROGEN_15)), 9)
    5.0
    """
    x = jnp.asarray(fraction)
    return 1e3 * (x / ((1.0 - x) * isotope.standard) - 1.0)


def fractionation_of(network: Network, factors: Mapping[str, ArrayLike]) -> Array:
    """Factors α of all reactions for `follow` and `carry`, one where none is given, (1, reaction).

    Args:
        network: the network.
        factors: reaction -> α, ratio of what it moves over that of its reactants; 0.98 leaves the heavy behind by 20 ‰.

    Raises:
        InputError: for a reaction that the network does not have.

    >>> from shanhai.core.reactions import Reaction, Species
    >>> decay = Reaction("decay", lambda x, k: k * x["a"], {"a": -1.0, "b": 1.0})
    >>> network = Network((Species("a", {"C": 1.0}), Species("b", {"C": 1.0})), (decay,), sample=1.0)
    >>> fractionation_of(network, {"decay": 0.98}).tolist()
    [[0.98]]
    """
    names = tuple(r.name for r in network.reactions)
    _check(factors, names, "reaction")
    return jnp.stack([jnp.asarray(factors.get(name, 1.0), float) for name in names])[None]


def boundary_of(network: Network, ratios: Mapping[str, ArrayLike], axes: int = 0) -> Array:
    """Ratios of what comes from external accounts for `follow` and `carry`, (1, species, ...).

    Args:
        network: the network.
        ratios: account -> ratio of isotope to element, a number or (...).
        axes: how many axes of level and cells the amounts have.

    Raises:
        InputError: for an account that the network does not have, or a pool, whose ratio is carried.

    >>> from shanhai.core.reactions import Reaction, Species
    >>> fall = Reaction("fall", lambda x, k: k, {"air": -1.0, "soil": 1.0})
    >>> network = Network((Species("air", {"C": 1.0}, external=True), Species("soil", {"C": 1.0})), (fall,), sample=1.0)
    >>> boundary_of(network, {"air": 1.05}).tolist(), boundary_of(network, {"air": 1.05}, 2).shape
    ([[1.05, 0.0]], (1, 2, 1, 1))
    """
    _check(ratios, tuple(s.name for s in network.species if s.external), "external account")
    given = [jnp.asarray(ratios.get(name, 0.0), float) for name in network.names]
    shaped = [r.reshape(*(1,) * (axes - r.ndim), *r.shape) for r in given]
    return jnp.stack(jnp.broadcast_arrays(*shaped))[None]


def _check(given: Mapping[str, ArrayLike], known: tuple[str, ...], kind: str) -> None:
    for name in given:
        if name not in known:
            raise InputError(f"there is no {kind} {name!r}; {nearest(name, known)}", where="isotopes")


class Course(NamedTuple):
    """A network and an isotope through intervals.

    Args:
        x: amounts of the network at the ends of the intervals, (interval, species, ...).
        amounts: of the isotope, accounts included, (interval, species, ...).
        ratios: isotope over element in the pools, (interval, species, ...).
        decayed: amounts lost by decay in each interval, to be booked, (interval, species, ...).
    """

    x: Array
    amounts: Array
    ratios: Array
    decayed: Array


Advance = Callable[[Array, Any, Any], Any]
"""(x, environment, dt) -> a `Step` of a stepper, or what `integrate` returns."""


def follow(
    advance: Advance,
    network: Network,
    isotope: Isotope,
    x: Array,
    tracer: Array,
    environments: Any,
    dt: ArrayLike,
    *,
    boundary: ArrayLike = 0.0,
    fractionation: Array | None = None,
) -> Course:
    """Advance a network through intervals and carry an isotope with it.

    The isotope has first order in the interval: pools that turn over within one are well mixed in it. A ratio that is
    the same everywhere stays so to rounding at any length.

    Args:
        advance: makes one interval of the network.
        network: species and reactions.
        isotope: which, with its decay.
        x: amounts at the start, (species, ...).
        tracer: amounts of the isotope at the start, (species, ...).
        environments: pytree of what the laws take, interval on the first axis of every leaf.
        dt: length of each interval [s], (interval,).
        boundary: ratio of what comes from accounts, broadcast to (interval, 1, species, ...), see `boundary_of`; for a
            history, `jax.vmap` of it.
        fractionation: α, see `fractionation_of`.

    Returns:
        the course.

    >>> from shanhai.core.first_order import FirstOrder
    >>> from shanhai.core.reactions import Reaction, Species
    >>> from shanhai.numerics.explicit import RungeKutta
    >>> fall = Reaction("fall", FirstOrder("a", 0.1), {"a": -1.0, "b": 1.0})
    >>> network = Network((Species("a", {"C": 1.0}), Species("b", {"C": 1.0})), (fall,))
    >>> x, step = jnp.array([1.0, 1.0]), lambda x, environment, dt: RungeKutta(4)(network, x, environment, dt)
    >>> course = follow(step, network, CARBON_13, x, 0.011 * x, None, jnp.ones(5))
    >>> course.ratios[-1].tolist()
    [0.011, 0.011]
    """
    spans = jnp.asarray(dt, x.dtype)
    edges = jnp.broadcast_to(jnp.asarray(boundary, x.dtype), (len(spans), 1, *x.shape))

    def one(state: tuple[Array, Array], given: tuple[Any, Array, Array]) -> tuple[tuple[Array, Array], Course]:
        (now, label), (environment, span, edge) = state, given
        end = advance(now, environment, span)
        nu = end.nu if hasattr(end, "nu") else network.stoichiometry(now, environment)
        after = carry(
            network,
            isotope.element,
            now,
            nu,
            end.extents,
            label[None],
            boundary=edge,
            fractionation=fractionation,
            decay=isotope.decay,
            dt=span,
        )
        lot = Course(end.x, after.amounts[0], after.ratios[0], after.decayed[0])
        return (end.x, lot.amounts), lot

    return jax.lax.scan(one, (x, tracer), (environments, spans, edges))[1]


def steady_ratios(
    network: Network,
    isotope: Isotope,
    x: Array,
    environment: Any = None,
    *,
    boundary: ArrayLike = 0.0,
    fractionation: Array | None = None,
) -> Array:
    r"""Ratios that an isotope comes to in a network at its steady state, by one linear solve.

    $$(L_s + \lambda X_s)\,R_s = \sum_p T_{sp} R_p + \sum_b T_{sb} R_b$$

    With the transfers per time T and losses L at the steady amounts X these are the equations of a step of tracers that
    starts without any in pools of λX, so that the same elimination solves them. One pool of rate k under a constant
    atmosphere has $R = k/(k + \lambda)$.

    Source: one linear solve once the flows of the element are known, as semi-analytic spin-up does for pools (Xia et
    al. 2012, Geosci. Model Dev. 5, 1259).

    Args:
        network: species and reactions.
        isotope: which, with its decay; a stable one needs every pool to be fed from an account.
        x: amounts at a steady state, (species, ...).
        environment: what the laws take.
        boundary: ratio of what comes from accounts, see `boundary_of`.
        fractionation: α, see `fractionation_of`.

    Returns:
        ratios, zero in pools that hold nothing, (species, ...).

    >>> from shanhai.core.first_order import FirstOrder
    >>> from shanhai.core.ledger import JULIAN_YEAR
    >>> from shanhai.core.reactions import Reaction, Species
    >>> k = 0.01 / JULIAN_YEAR
    >>> air, soil = Species("air", {"C": 1.0}, external=True), Species("soil", {"C": 1.0})
    >>> fall = Reaction("fall", lambda x, _: jnp.asarray(k), {"air": -1.0, "soil": 1.0})
    >>> decay = Reaction("decay", FirstOrder("soil", k), {"soil": -1.0, "air": 1.0})
    >>> network = Network((air, soil), (fall, decay))
    >>> c14 = carbon_14("godwin_1962")
    >>> ratios = steady_ratios(network, c14, jnp.array([0.0, 1.0]), boundary=boundary_of(network, {"air": 1.0}))
    >>> f"{float(ratios[1]):.6f}, {1e3 * (float(ratios[1]) - 1.0):.2f} per mil"
    '0.988048, -11.95 per mil'
    """
    return carry(
        network,
        isotope.element,
        isotope.decay * x,
        network.stoichiometry(x, environment),
        network.rates(x, environment),
        jnp.zeros((1, *x.shape), x.dtype),
        boundary=boundary,
        fractionation=fractionation,
    ).ratios[0]


def rayleigh_ratio(left: ArrayLike, factor: ArrayLike, start: ArrayLike) -> Array:
    r"""Ratio of what is left in a pool that a fractionating reaction drains.

    $$R = R_0\,f^{\alpha - 1}$$

    Source: Rayleigh (1902), Phil. Mag. 4, 521; as in Mariotti et al. (1981), Plant Soil 62, 413.

    Args:
        left: f, what is left over what was there, positive [1], any shape.
        factor: α [1], broadcastable.
        start: R_0, broadcastable.

    >>> round(float(rayleigh_ratio(0.5, 0.98, 1.0)), 6)
    1.013959
    """
    return jnp.asarray(start) * jnp.asarray(left) ** (jnp.asarray(factor) - 1.0)
