r"""Enzymes where they pay: the part that works on recalcitrant matter for its nutrients, and the priming that follows.

Of the enzymes a part f works on recalcitrant matter R and 1 - f on labile matter L. With the rates of all enzymes on
either, $a = v_L L/(K_L + L)$ and $b = v_R R/(K_R + R)$, microbes take up

$$U_C = a\,(1 - f) + b\,f, \qquad U_X = \frac{a\,(1 - f)}{\theta_{L,X}} + \frac{b\,f}{\theta_{R,X}} + X_i$$

and grow by $G(f) = \min(Y U_C, r_N U_N, r_P U_P)$. They are taken to choose the f that makes them grow fastest. Where
nitrogen alone limits, with $\theta_L > r/Y > \theta_R$, $a \ge b$ and $b/\theta_R > a/\theta_L$, so that more f costs
carbon and brings nitrogen, that is

$$f^* = \mathrm{clip}\left(\frac{A - r N_i}{A + B}, 0, 1\right), \qquad
A = a\left(Y - \frac{r}{\theta_L}\right), \quad B = b\left(\frac{r}{\theta_R} - Y\right).$$

More labile matter raises f* and with it the decay of R, positive priming; mineral nitrogen lowers both. In general G is
concave and piecewise linear in f, and its largest value lies at an end or where two of its lines meet. A declared width
makes G smooth, f* unique, and its derivative that of the implicit function.

Source: derived here from the balance; the idea of nutrient mining after Moorhead & Sinsabaugh (2006), Ecol. Monogr. 76,
151, and of allocation that maximises growth after Averill (2014), Ecol. Lett. 17, 1202.
"""

from collections.abc import Mapping
from itertools import combinations
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import ATOMIC_MASS, SECONDS_PER_HOUR
from shanhai.core.first_order import FirstOrder
from shanhai.core.params import par
from shanhai.core.reactions import Law, Reaction, proportion
from shanhai.core.routing import Pool, routed
from shanhai.numerics import safe
from shanhai.soil.carbon_use import limited_growth

BISECTIONS = 52  # halvings of 0 to 1 down to rounding
_MEND = "initial value in the namelist of MEND of May 2019"
_PER_MILLIGRAM = 1e3 / ATOMIC_MASS["C"]  # mol m-3 in 1 mg cm-3 of carbon


def enzymatic_rate(fastest: ArrayLike, amount: ArrayLike, half_saturation: ArrayLike) -> Array:
    r"""Decay of a substrate with all enzymes at work on it, $v\,S/(K + S)$.

    Source: Michaelis & Menten (1913), Biochem. Z. 49, 333.

    Args:
        fastest: v [mol m-3 s-1], any shape.
        amount: S [mol m-3], not negative.
        half_saturation: K [mol m-3], positive.

    >>> float(enzymatic_rate(2.0, 1.0, 3.0))
    0.5
    """
    return jnp.asarray(fastest) * amount / (jnp.asarray(half_saturation) + amount)


def mining_fraction(
    labile_rate: ArrayLike,
    recalcitrant_rate: ArrayLike,
    labile_ratio: ArrayLike,
    recalcitrant_ratio: ArrayLike,
    mineral: ArrayLike,
    efficiency: ArrayLike,
    ratio: ArrayLike,
) -> Array:
    r"""Part of the enzymes on recalcitrant matter that makes microbes grow fastest, where one nutrient limits.

    $$f^* = \mathrm{clip}\left(\frac{A - r N_i}{A + B}, 0, 1\right), \quad
      A = a\left(Y - \frac{r}{\theta_L}\right), \quad B = b\left(\frac{r}{\theta_R} - Y\right)$$

    Source: derived in the head of this file; the f where carbon and nutrient allow the same growth.

    Args:
        labile_rate: a [mol m-3 s-1], any shape.
        recalcitrant_rate: b [mol m-3 s-1].
        labile_ratio: θ_L, molar carbon over nutrient of labile matter [1].
        recalcitrant_ratio: θ_R, the same of recalcitrant matter.
        mineral: N_i, most mineral nutrient that can be taken up [mol m-3 s-1].
        efficiency: Y [1].
        ratio: r, molar carbon over nutrient of microbes [1].

    Returns:
        f* [1]. Valid where θ_L > r/Y > θ_R, a >= b and b/θ_R > a/θ_L; without the last, mining brings less nitrogen
        than it costs and the best f is 0. `optimal_fraction` holds everywhere.

    >>> [round(float(mining_fraction(1.0, 0.2, 60.0, 10.0, n, 0.4, 8.0)), 4) for n in (0.0, 0.01, 0.1)]
    [0.7692, 0.5385, 0.0]
    """
    a, b, y, r = jnp.asarray(labile_rate), jnp.asarray(recalcitrant_rate), jnp.asarray(efficiency), jnp.asarray(ratio)
    surplus, gain = a * (y - r / labile_ratio), b * (r / recalcitrant_ratio - y)
    return jnp.clip(safe.ratio(surplus - r * mineral, surplus + gain, 0.0), 0.0, 1.0)


class Choice(NamedTuple):
    """What enzymes can work on.

    Args:
        labile: a, rate of all enzymes on labile matter [mol m-3 s-1], any shape.
        recalcitrant: b, rate of all enzymes on recalcitrant matter [mol m-3 s-1].
        efficiency: Y [1].
        ratios: r, molar carbon over nutrient of microbes [1], by element.
        labile_contents: nutrient over carbon of labile matter, 1/θ_L [1], by element.
        recalcitrant_contents: the same of recalcitrant matter.
        mineral: most mineral nutrient that can be taken up [mol m-3 s-1], by element.
    """

    labile: ArrayLike
    recalcitrant: ArrayLike
    efficiency: ArrayLike
    ratios: Mapping[str, ArrayLike]
    labile_contents: Mapping[str, ArrayLike]
    recalcitrant_contents: Mapping[str, ArrayLike]
    mineral: Mapping[str, ArrayLike]


def _ends(choice: Choice) -> list[tuple[Array, Array]]:
    """Growth that carbon and each nutrient allow at f = 0 and at f = 1; all are linear between."""
    a, b, y = jnp.asarray(choice.labile), jnp.asarray(choice.recalcitrant), jnp.asarray(choice.efficiency)
    lines = [(y * a, y * b)]
    for element, r in choice.ratios.items():
        given = jnp.asarray(choice.mineral[element])
        none, all_ = (a * choice.labile_contents[element], b * choice.recalcitrant_contents[element])
        lines.append((jnp.asarray(r) * (none + given), jnp.asarray(r) * (all_ + given)))
    shape = jnp.broadcast_shapes(*(end.shape for line in lines for end in line))
    return [(jnp.broadcast_to(start, shape), jnp.broadcast_to(end, shape)) for start, end in lines]


def _growth(lines: list[tuple[Array, Array]], fraction: Array, width: ArrayLike) -> Array:
    first, *others = [start * (1.0 - fraction) + end * fraction for start, end in lines]
    return limited_growth(first, others, width)


def growth_with(choice: Choice, fraction: ArrayLike, width: ArrayLike = 0.0) -> Array:
    r"""Growth of microbes that put a part f of their enzymes on recalcitrant matter.

    $$G(f) = \min\bigl(Y U_C, r_N U_N, r_P U_P\bigr)$$

    Args:
        choice: rates, ratios and mineral nutrients.
        fraction: f [1].
        width: of `limited_growth` [1].

    Returns:
        growth [mol m-3 s-1].

    >>> choice = Choice(1.0, 0.2, 0.4, {"N": 8.0}, {"N": 1 / 60}, {"N": 0.1}, {"N": 0.01})
    >>> [round(float(growth_with(choice, f)), 4) for f in (0.0, 0.5385, 1.0)]
    [0.2133, 0.2277, 0.08]
    """
    lines = _ends(choice)
    return _growth(lines, jnp.broadcast_to(jnp.asarray(fraction, float), lines[0][0].shape), width)


def optimal_fraction(choice: Choice) -> Array:
    r"""Part of the enzymes on recalcitrant matter with the fastest growth, for any nutrients and any conditions.

    $$f^* = \arg\max_{0 \le f \le 1} \min_k \bigl(p_k (1 - f) + q_k f\bigr)$$

    The largest of the smallest of lines lies at f = 0, at f = 1, or where two lines meet; all are tried. Where growth
    is the same over a range, the smallest f of it is taken.

    Source: derived here, the vertices of a linear programme in two variables.

    Args:
        choice: rates, ratios and mineral nutrients.

    Returns:
        f* [1]; its derivative is that of the vertex, one-sided where two are equally good.

    >>> choice = Choice(1.0, 0.2, 0.4, {"N": 8.0}, {"N": 1 / 60}, {"N": 0.1}, {"N": 0.01})
    >>> round(float(optimal_fraction(choice)), 4)
    0.5385
    """
    lines = _ends(choice)
    zero = jnp.zeros_like(lines[0][0])
    meets = []
    for (p, q), (r, s) in combinations(lines, 2):
        meets.append(jnp.clip(safe.ratio(p - r, (p - r) + (s - q), 0.0), 0.0, 1.0))
    fractions = jnp.stack([zero, *meets, zero + 1.0])
    growth = jnp.stack([_growth(lines, f, 0.0) for f in fractions])
    # rounding must not choose between vertices that are equally good
    good = growth >= jnp.max(growth, axis=0) * (1.0 - 8.0 * jnp.finfo(growth.dtype).eps)
    best = jnp.argmin(jnp.where(good, fractions, 2.0), axis=0)
    return jnp.take_along_axis(fractions, best[None], axis=0)[0]


def smooth_fraction(choice: Choice, width: ArrayLike) -> Array:
    r"""Part of the enzymes on recalcitrant matter with the fastest growth where limitation is smooth.

    $$\frac{dG}{df}(f^*) = 0, \qquad
      \frac{df^*}{dp} = -\Bigl(\frac{\partial^2 G}{\partial f^2}\Bigr)^{-1}\frac{\partial^2 G}{\partial f\,\partial p}$$

    or f* at an end. A fixed number of bisections finds the zero without derivatives, G being concave, and one Newton
    step gives it those of the implicit function.

    Source: derived here.

    Args:
        choice: rates, ratios and mineral nutrients.
        width: δ of `limited_growth`, greater than 0 [1]; f* differs from `optimal_fraction` in proportion to δ.

    Returns:
        f* [1].

    >>> choice = Choice(1.0, 0.2, 0.4, {"N": 8.0}, {"N": 1 / 60}, {"N": 0.1}, {"N": 0.01})
    >>> [round(float(smooth_fraction(choice, width)), 4) for width in (0.1, 0.01, 0.001)]
    [0.3752, 0.5221, 0.5368]
    """
    lines, width = _ends(choice), jnp.asarray(width)
    fixed = jax.lax.stop_gradient((lines, width))
    found = jax.lax.stop_gradient(_bisected(*fixed))
    slope, curvature = jax.jvp(lambda f: _slope(*fixed, f), (found,), (jnp.ones_like(found),))
    inside = (found > 0) & (found < 1) & (curvature < 0)
    newton = -safe.ratio(_slope(lines, width, found) - slope, jnp.where(inside, curvature, 0.0), 0.0)
    return found + newton


def _slope(lines: list[tuple[Array, Array]], width: Array, fraction: Array) -> Array:
    """dG/df; elementwise, as no cell knows of another."""
    return jax.jvp(lambda f: _growth(lines, f, width), (fraction,), (jnp.ones_like(fraction),))[1]


def _bisected(lines: list[tuple[Array, Array]], width: Array) -> Array:
    zero = jnp.zeros_like(lines[0][0])

    def halve(_: int, bounds: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bounds
        middle = 0.5 * (low + high)
        rises = _slope(lines, width, middle) > 0
        return jnp.where(rises, middle, low), jnp.where(rises, high, middle)

    low, high = jax.lax.fori_loop(0, BISECTIONS, halve, (zero, zero + 1.0))
    at_zero, at_one = _slope(lines, width, zero) <= 0, _slope(lines, width, zero + 1.0) >= 0
    return jnp.where(at_zero, 0.0, jnp.where(at_one, 1.0, 0.5 * (low + high)))


class Enzymes(eqx.Module):
    """Numbers of two enzymes, one for labile and one for recalcitrant matter."""

    production: Array = par(
        2e-4,
        "h-1",
        source="soil carbon of fourteen LTER sites, validation/soil_lter.py, within a factor of 1.7; 2.5e-5 in MEND",
        bounds=(0.0, 1e-2),
        meaning="enzymes made over microbes, carbon",
    )
    turnover: Array = par(0.003, "h-1", source=_MEND, bounds=(1e-5, 0.1), meaning="loss of enzymes to dissolved matter")
    labile_speed: Array = par(
        2.0, "h-1", source=_MEND, bounds=(0.01, 1e3), meaning="labile carbon freed per carbon of its enzyme"
    )
    recalcitrant_speed: Array = par(
        2.0, "h-1", source=_MEND, bounds=(0.01, 1e3), meaning="recalcitrant carbon freed per carbon of its enzyme"
    )
    labile_half: Array = par(
        5.0 * _PER_MILLIGRAM,
        "mol m-3",
        source=f"5 mg cm-3, a tenth of that of recalcitrant matter, {_MEND}, whose program divides by ten",
        bounds=(1.0, 1e5),
        meaning="labile carbon at half of the speed",
    )
    recalcitrant_half: Array = par(
        50.0 * _PER_MILLIGRAM,
        "mol m-3",
        source=f"50 mg cm-3, {_MEND}",
        bounds=(1.0, 1e6),
        meaning="recalcitrant carbon at half of the speed",
    )


class EnzymePools(NamedTuple):
    """Pools that enzymes join, each of its species, carbon first.

    Args:
        microbes: that make enzymes of their own composition.
        labile: L.
        recalcitrant: R.
        labile_enzyme: E_L.
        recalcitrant_enzyme: E_R.
        dissolved: what enzymes free, and become.
    """

    microbes: Pool
    labile: Pool
    recalcitrant: Pool
    labile_enzyme: Pool
    recalcitrant_enzyme: Pool
    dissolved: Pool


class Allocation(eqx.Module):
    """The best f at a state: of what is there to decay with all the enzymes there are.

    Args:
        enzymes: numbers.
        pools: where matter is.
        efficiency: Y [1].
        ratios: r, molar carbon over nutrient of microbes [1], by element.
        most: law of the most mineral nutrient that can be taken up [mol m-3 s-1], by element of `ratios`.
        width: of `smooth_fraction` [1]; 0 for `optimal_fraction`.
    """

    enzymes: Enzymes
    pools: EnzymePools = eqx.field(static=True)
    efficiency: Array | float
    ratios: Mapping[str, Array | float]
    most: Mapping[str, Law]
    width: float = eqx.field(static=True, default=0.0)

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        """Part of the new enzymes that are for recalcitrant matter."""
        choice = self.choice(x, environment)
        return smooth_fraction(choice, self.width) if self.width > 0 else optimal_fraction(choice)

    def choice(self, x: Mapping[str, Array], environment: Any) -> Choice:
        """What enzymes can work on at a state."""
        e, p = self.enzymes, self.pools
        there = (x[p.labile_enzyme[0].name] + x[p.recalcitrant_enzyme[0].name]) / SECONDS_PER_HOUR
        return Choice(
            enzymatic_rate(e.labile_speed * there, x[p.labile[0].name], e.labile_half),
            enzymatic_rate(e.recalcitrant_speed * there, x[p.recalcitrant[0].name], e.recalcitrant_half),
            self.efficiency,
            self.ratios,
            _contents(p.labile, x),
            _contents(p.recalcitrant, x),
            {element: law(x, environment) for element, law in self.most.items()},
        )


def _contents(pool: Pool, x: Mapping[str, Array]) -> dict[str, Array]:
    """Elements over carbon of a pool, [mol mol-1]."""
    return {next(iter(s.content)): proportion(x[s.name], x[pool[0].name]) for s in pool[1:]}


class _Freed(eqx.Module):
    """Decay of a substrate by its enzyme [mol m-3 s-1]."""

    speed: Array
    half: Array
    substrate: str = eqx.field(static=True)
    enzyme: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        return enzymatic_rate(self.speed / SECONDS_PER_HOUR * x[self.enzyme], x[self.substrate], self.half)


def enzyme_reactions(enzymes: Enzymes, pools: EnzymePools, allocation: Law) -> tuple[Reaction, ...]:
    r"""Enzymes made, lost and at work, with all elements.

    $$\dot E_R = f^* p B - \lambda E_R, \qquad \dot E_L = (1 - f^*)\,p B - \lambda E_L, \qquad
      \dot R = -v_R E_R \frac{R}{K_R + R}, \qquad \dot L = -v_L E_L \frac{L}{K_L + L}$$

    Source: kinetics of MEND (Wang, Post & Mayes 2013, Ecol. Appl. 23, 255), allocation of this file.

    Args:
        enzymes: numbers.
        pools: microbes, substrates, enzymes and dissolved matter, all with the same elements.
        allocation: part of new enzymes for R, such as `Allocation`, or a function of (amounts, environment).

    >>> from shanhai.core.reactions import Network, Species
    >>> names = ("microbes", "labile", "recalcitrant", "enzyme_l", "enzyme_r", "dissolved")
    >>> pools = EnzymePools(*(tuple(Species(f"{n}_{e}", {e: 1.0}) for e in "CN") for n in names))
    >>> reactions = enzyme_reactions(Enzymes(), pools, lambda x, e: 0.3)
    >>> network = Network([s for pool in pools for s in pool], reactions)
    >>> [r.name for r in network.reactions]
    ['enzymes made', 'enzyme_l_C lost', 'enzyme_r_C lost', 'labile_C freed', 'recalcitrant_C freed']
    """
    p, e = pools, enzymes
    rest = {
        next(iter(s.content)): s for s in p.labile_enzyme
    }  # takes what is left, so that nothing is lost to rounding
    made = FirstOrder(p.microbes[0].name, e.production / SECONDS_PER_HOUR)
    works = (
        (p.labile, p.labile_enzyme, e.labile_speed, e.labile_half),
        (p.recalcitrant, p.recalcitrant_enzyme, e.recalcitrant_speed, e.recalcitrant_half),
    )
    return (
        routed("enzymes made", made, p.microbes, {p.recalcitrant_enzyme: allocation}, rest, meaning="best allocation"),
        *(
            routed(f"{pool[0].name} lost", _lost(pool, e), pool, {p.dissolved: 1.0}, {}, meaning="first order")
            for pool in (p.labile_enzyme, p.recalcitrant_enzyme)
        ),
        *(
            routed(
                f"{pool[0].name} freed",
                _Freed(speed, half, pool[0].name, enzyme[0].name),
                pool,
                {p.dissolved: 1.0},
                {},
                meaning="Michaelis-Menten",
            )
            for pool, enzyme, speed, half in works
        ),
    )


def _lost(pool: Pool, enzymes: Enzymes) -> FirstOrder:
    return FirstOrder(pool[0].name, enzymes.turnover / SECONDS_PER_HOUR)
