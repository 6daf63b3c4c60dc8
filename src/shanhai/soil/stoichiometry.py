r"""Mineralisation and immobilisation: microbes of fixed composition eat food of any.

Microbes take up carbon at a rate $U_C$ from a source with ratio θ_S of carbon to nitrogen (or phosphorus), grow with
efficiency ε and keep their own ratio θ_B. What they take of the element and do not need is mineralised,

$$M = U_C\left(\frac{1}{\theta_S} - \frac{\varepsilon}{\theta_B}\right),$$

negative where they need more and immobilise; it vanishes at $\theta_S = \theta_B/\varepsilon$. Growth per carbon taken
up is held to what food and the soil supply,

$$g = \min\left(\varepsilon,\; \theta_N\Bigl(\frac{1}{\theta_{S,N}} + \frac{I_N}{U_C}\Bigr),\;
\theta_P\Bigl(\frac{1}{\theta_{S,P}} + \frac{I_P}{U_C}\Bigr)\right)$$

with I the most that can be immobilised; the carbon that is left, $(\varepsilon - g)\,U_C$, overflows to CO2.

Source: Manzoni & Porporato (2009), Soil Biol. Biochem. 41, 1355, for the balance and its threshold; held growth with
overflow after Schimel & Weintraub (2003), Soil Biol. Biochem. 35, 549.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import ATOMIC_MASS
from shanhai.core.errors import InputError
from shanhai.core.params import _strong_float, par
from shanhai.core.reactions import Coefficient, Law, Reaction, Species, proportion
from shanhai.core.routing import Pool, routed
from shanhai.soil.carbon_use import limited_growth


def molar_ratio(by_mass: ArrayLike, element: str) -> Array:
    r"""Molar ratio of carbon to an element from the ratio by mass.

    $$\theta = \theta_m\,\frac{M_X}{M_C}$$

    Args:
        by_mass: g of carbon per g of the element.
        element: "N" or "P".

    >>> round(float(molar_ratio(8.0, "N")), 4)
    9.3294
    """
    return jnp.asarray(by_mass) * (ATOMIC_MASS[element] / ATOMIC_MASS["C"])


def net_mineralisation(
    uptake: ArrayLike, efficiency: ArrayLike, source_ratio: ArrayLike, microbe_ratio: ArrayLike
) -> Array:
    r"""Mineral nitrogen or phosphorus made by microbes, negative where they immobilise.

    $$M = U_C\left(\frac{1}{\theta_S} - \frac{\varepsilon}{\theta_B}\right)$$

    Source: Manzoni & Porporato (2009), Soil Biol. Biochem. 41, 1355.

    Args:
        uptake: U_C [mol m-3 s-1], any shape.
        efficiency: ε, growth over uptake [1].
        source_ratio: θ_S, carbon over the element in the food, molar [1].
        microbe_ratio: θ_B, the same in microbes.

    Returns:
        net mineralisation [mol m-3 s-1]. Valid where growth is not short of the element; see `growth_per_uptake`.

    >>> [float(net_mineralisation(1.0, 0.5, ratio, 8.0)) for ratio in (10.0, 16.0, 40.0)]
    [0.037500000000000006, 0.0, -0.0375]
    """
    return jnp.asarray(uptake) * (1.0 / jnp.asarray(source_ratio) - jnp.asarray(efficiency) / microbe_ratio)


def critical_ratio(efficiency: ArrayLike, microbe_ratio: ArrayLike) -> Array:
    r"""Ratio of the food at which microbes neither mineralise nor immobilise.

    $$\theta_S^* = \theta_B/\varepsilon$$

    Source: Manzoni & Porporato (2009), Soil Biol. Biochem. 41, 1355.

    Args:
        efficiency: ε [1].
        microbe_ratio: θ_B [1], molar or by mass; the result is of the same kind.

    >>> [round(float(critical_ratio(e, 8.0)), 2) for e in (0.3, 0.5)]
    [26.67, 16.0]
    """
    return jnp.asarray(microbe_ratio) / efficiency


def nutrient_remaining(
    carbon: ArrayLike, initial_ratio: ArrayLike, efficiency: ArrayLike, microbe_ratio: ArrayLike
) -> Array:
    r"""Nutrient left in litter and the microbes on it, over that of the start, as carbon is respired.

    $$n = \frac{\theta_0}{\theta_B}\,c + \left(1 - \frac{\theta_0}{\theta_B}\right) c^{\,1/(1 - \varepsilon)}$$

    the solution of $dN/dC = (N/C - \varepsilon/\theta_B)/(1 - \varepsilon)$ where mineral nutrients abound. It is
    largest where the ratio has come down to θ_B/ε; from there on litter releases the nutrient.

    Source: Manzoni et al. (2008), Science 321, 684.

    Args:
        carbon: c, carbon over that of the start [1], from 0 to 1, any shape.
        initial_ratio: θ_0, carbon over nutrient at the start [1], molar or by mass as `microbe_ratio`.
        efficiency: ε [1], from 0 to below 1.
        microbe_ratio: θ_B [1].

    >>> [round(float(nutrient_remaining(c, 52.0, 0.25, 8.0)), 3) for c in (1.0, 0.62, 0.42)]
    [1.0, 1.122, 1.0]
    """
    excess = jnp.asarray(initial_ratio) / microbe_ratio
    c = jnp.asarray(carbon)
    return excess * c + (1.0 - excess) * c ** (1.0 / (1.0 - jnp.asarray(efficiency)))


class Composition(eqx.Module):
    """Molar ratios of carbon to nitrogen and to phosphorus that microbes keep."""

    nitrogen: Array = par(
        42.0 / 6.0,
        "1",
        source="Xu et al. (2013), Glob. Ecol. Biogeogr. 22, 737: C:N:P 42:6:1 of soil microbes; molar: unverified",
        bounds=(3.0, 30.0),
        meaning="C:N of microbes, molar",
    )
    phosphorus: Array = par(
        42.0,
        "1",
        source="Xu et al. (2013), Glob. Ecol. Biogeogr. 22, 737: C:N:P 42:6:1 of soil microbes; molar: unverified",
        bounds=(5.0, 500.0),
        meaning="C:P of microbes, molar",
    )

    @property
    def ratios(self) -> dict[str, Array]:
        """Ratios by element."""
        return {"N": self.nitrogen, "P": self.phosphorus}


class Immobilisation(eqx.Module):
    r"""Most that microbes can take of a mineral nutrient, $I = k\,X$ [mol m-3 s-1].

    A first-order loss cannot overdraw the pool, and so growth that is held to it cannot either.

    Args:
        mineral: name of the species X.
        rate: k.
    """

    mineral: str = eqx.field(static=True)
    rate: Array = par(
        1.0 / 86400.0,
        "s-1",
        source="choice: a mineral pool that is wanted turns over in a day; unverified",
        bounds=(0.0, 1e-2),
        meaning="fastest immobilisation over the mineral pool",
    )

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        """Most that can be immobilised at a state."""
        return self.rate * x[self.mineral]


def growth_per_uptake(
    efficiency: ArrayLike, ratios: Mapping[str, ArrayLike], supplies: Mapping[str, ArrayLike], width: ArrayLike = 0.0
) -> Array:
    r"""Growth per carbon taken up, held to the supply of nutrients.

    $$g = \min_X\bigl(\varepsilon,\; \theta_X\,s_X\bigr)$$

    Source: Schimel & Weintraub (2003), Soil Biol. Biochem. 35, 549, for one nutrient.

    Args:
        efficiency: ε, where nutrients abound [1].
        ratios: θ, molar carbon over element of microbes [1], by element.
        supplies: s, element from food and soil per carbon taken up [mol mol-1], by element.
        width: of `limited_growth` [1], 0 for the exact minimum.

    >>> float(growth_per_uptake(0.5, {"N": 8.0}, {"N": 0.05}))
    0.4
    """
    return limited_growth(efficiency, [jnp.asarray(r) * supplies[e] for e, r in ratios.items()], width)


class HeldGrowth(eqx.Module):
    """Growth per carbon taken up at a state, of carbon or of another element: a coefficient of `uptake`."""

    law: Law
    source: Pool = eqx.field(static=True)
    efficiency: Coefficient | Array = eqx.field(converter=_strong_float)
    ratios: dict[str, Array]
    most: dict[str, Law]
    width: Array
    element: str = eqx.field(static=True, default="C")

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        """Growth of carbon, or of what goes with it of another element, per carbon taken up."""
        efficiency = self.efficiency(x, environment) if callable(self.efficiency) else self.efficiency
        # counted in the element itself, so that growth that takes all of a supply leaves nothing of it to rounding
        unit = self.ratios.get(self.element, jnp.ones(()))
        ratios = {other: ratio / unit for other, ratio in self.ratios.items()}
        return growth_per_uptake(efficiency / unit, ratios, self.supplies(x, environment), self.width)

    def supplies(self, x: Mapping[str, Array], environment: Any) -> dict[str, Array]:
        """Element from food and soil per carbon taken up; without uptake, from food alone."""
        carbon, names = x[self.source[0].name], {next(iter(s.content)): s.name for s in self.source}
        taken = jnp.asarray(self.law(x, environment))
        supplies = {}
        for element in self.ratios:
            food = proportion(x[names[element]], carbon) if element in names else jnp.zeros_like(carbon)
            mineral = self.most[element](x, environment) if element in self.most else jnp.zeros_like(carbon)
            supplies[element] = food + proportion(*jnp.broadcast_arrays(mineral, taken))
        return supplies


def uptake(
    name: str,
    law: Law,
    source: Pool,
    microbes: Pool,
    *,
    efficiency: Coefficient | Array,
    ratios: Mapping[str, Array],
    slots: Mapping[str, Species],
    most: Mapping[str, Law] | None = None,
    width: ArrayLike = 0.0,
    meaning: str = "",
) -> Reaction:
    r"""Reaction in which microbes of fixed composition take up food of any composition.

    One unit of extent takes one mole of carbon with what goes with it of the other elements, and makes g of microbial
    carbon and g/θ of the others; CO2 takes the carbon that is left, maintenance and overflow alike, and the mineral
    pools take the surplus of their element or give the deficit. As g is held to what food and the soil supply, the
    deficit is at most I, and it is nothing where the mineral pool is empty. Coefficients are those of the start of a
    step.

    Args:
        name: of the reaction.
        law: uptake of carbon U_C [mol m-3 s-1].
        source: species of the food, carbon first.
        microbes: species of the microbes, carbon first, one for each element of `ratios`.
        efficiency: ε [1], a number or a function of (amounts, environment), such as one of temperature.
        ratios: θ_B, molar carbon over element of microbes, by element.
        slots: "C" -> CO2, and element -> mineral species, for all elements of food and microbes.
        most: element -> law of the most that can be immobilised [mol m-3 s-1], such as `Immobilisation`; nothing where
            not given.
        width: δ of the smooth minimum [1], 0 for the exact one.
        meaning: one phrase.

    Raises:
        InputError: for a microbial element without ratio, or the other way round, and as `routed`.

    >>> from shanhai.core.reactions import Network
    >>> food = (Species("food_c", {"C": 1.0}), Species("food_n", {"N": 1.0}))
    >>> bugs = (Species("bug_c", {"C": 1.0}), Species("bug_n", {"N": 1.0}))
    >>> co2, ammonium = Species("co2", {"C": 1.0}, external=True), Species("ammonium", {"N": 1.0})
    >>> eat = uptake(
    ...     "eat", lambda x, e: 0.1 * x["food_c"], food, bugs, efficiency=0.5, ratios={"N": 8.0},
    ...     slots={"C": co2, "N": ammonium}, most={"N": Immobilisation("ammonium", 1.0)},
    ... )
    >>> network = Network((*food, *bugs, co2, ammonium), (eat,))
    >>> network.stoichiometry(jnp.array([40.0, 1.0, 8.0, 1.0, 0.0, 1.0]))[:, 0].tolist()  # plenty of ammonium
    [-1.0, -0.025, 0.5, 0.0625, 0.5, -0.0375]
    >>> network.stoichiometry(jnp.array([40.0, 1.0, 8.0, 1.0, 0.0, 0.0]))[:, 0].tolist()  # none: overflow
    [-1.0, -0.025, 0.2, 0.025, 0.8, 0.0]
    """
    held = {next(iter(s.content)): s for s in microbes[1:]}
    if set(held) != set(ratios):
        raise InputError(
            f"microbes hold {', '.join(held) or 'carbon alone'} beside carbon, and there are ratios of "
            f"{', '.join(ratios) or 'nothing'}",
            where=f"reaction {name}",
            do="give one species and one ratio for each element",
        )
    given = {e: _strong_float(r) for e, r in ratios.items()}
    growth = partial(HeldGrowth, law, tuple(source), efficiency, given, dict(most or {}), jnp.asarray(width, float))
    amounts: dict[Species, Coefficient] = {s: growth(element=element) for element, s in held.items()}
    return routed(name, law, source, {microbes[:1]: growth()}, slots, amounts=amounts, meaning=meaning)
