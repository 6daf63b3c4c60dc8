r"""Denitrification: respiration with nitrate and its products where oxygen is short.

$$\mathrm{NO_3^- \xrightarrow{2e} NO_2^- \xrightarrow{e} NO \xrightarrow{e} \tfrac12 N_2O \xrightarrow{e} \tfrac12 N_2},
  \qquad \mathrm{5\,CH_2O + 4\,NO_3^- \to 5\,CO_2 + 2\,N_2} + \dots$$

Each step takes its electrons from organic carbon, four of each, so that carbon and nitrogen close together. The
empirical form gives the rate to N2O and N2 from respiration and nitrate alone.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.coefficients import evaluated
from shanhai.core.constants import ATOMIC_MASS, SECONDS_PER_DAY
from shanhai.core.errors import InputError
from shanhai.core.params import par
from shanhai.core.reactions import Coefficient, Law, Reaction
from shanhai.numerics.smooth import smooth_minimum
from shanhai.soil.nitrification import ELECTRONS, Monod

CHAIN = ("nitrate", "nitrite", "nitric_oxide", "nitrous_oxide", "dinitrogen")
CARBON_ELECTRONS = 4.0  # of CH2O above CO2
_MUCH = 100.0  # nitrate per daily respiration, e^-80 from the limit; also where nothing is respired
_NEAR_NOTHING = 1e-3  # ug g-1 of nitrate N below which the power of nitrate is made linear


class PerGram(NamedTuple):
    """Nitrate and respiration in the units of the empirical forms.

    Args:
        nitrate: [ugN g-1 of dry soil].
        respiration: [ugC g-1 d-1].
        unit: what one ugN g-1 d-1 is [mol m-3 s-1].
    """

    nitrate: Array
    respiration: Array
    unit: Array


def per_gram(nitrate: ArrayLike, respiration: ArrayLike, bulk_density: ArrayLike) -> PerGram:
    """Amounts by volume as amounts by mass of soil.

    Args:
        nitrate: [mol m-3], any shape.
        respiration: carbon respired [mol m-3 s-1].
        bulk_density: dry soil [kg m-3], positive.

    >>> per_gram(1.0, 1e-6, 1300.0).nitrate.round(3).tolist()
    10.775
    """
    grams = 1e3 / jnp.asarray(bulk_density, float)
    return PerGram(
        jnp.asarray(nitrate) * (ATOMIC_MASS["N"] * grams),
        jnp.asarray(respiration) * (ATOMIC_MASS["C"] * grams * SECONDS_PER_DAY),
        1.0 / (ATOMIC_MASS["N"] * grams * SECONDS_PER_DAY),
    )


def potential_del_grosso2000(
    nitrate: ArrayLike,
    respiration: ArrayLike,
    bulk_density: ArrayLike,
    width: ArrayLike = 0.0,
    linear_below: ArrayLike = _NEAR_NOTHING,
) -> Array:
    r"""Denitrification of soil without oxygen, limited by respiration or by nitrate.

    $$\min\bigl(0.1\,R^{1.3},\ 1.15\,N^{0.57}\bigr) \quad [\mathrm{\mu g\,g^{-1}\,d^{-1}}]$$

    with R [µgC g-1 d-1] and N [µgN g-1]. The power of N has no slope at zero: it would empty the pool in a finite time.
    $N\,(N + \epsilon)^{-0.43}$ takes its place, lower by 0.04 % at 1 µg g-1.

    Source: Del Grosso et al. (2000), Global Biogeochem. Cycles 14, 1045, as in CTSM.

    Args:
        nitrate: [mol m-3], any shape.
        respiration: carbon respired [mol m-3 s-1].
        bulk_density: dry soil [kg m-3].
        width: of the corner of the minimum [1], see `smooth_minimum`.
        linear_below: ε [µg g-1]; with 0 the published power, with slope zero where there is no nitrate.

    Returns:
        rate [mol m-3 s-1].

    >>> rate = potential_del_grosso2000(1.0, 1e-6, 1300.0)
    >>> f"{float(rate):.3e}"
    '8.015e-08'
    """
    soil = per_gram(nitrate, respiration, bulk_density)
    by_carbon = 0.1 * _power(soil.respiration, 1.3)
    shifted = jnp.where(soil.nitrate > 0, soil.nitrate, 0.0) + linear_below
    there = shifted > 0
    by_nitrate = 1.15 * soil.nitrate * jnp.where(there, jnp.where(there, shifted, 1.0) ** -0.43, 0.0)
    return soil.unit * smooth_minimum(by_carbon, by_nitrate, width)


def dinitrogen_per_nitrous_oxide(
    nitrate: ArrayLike,
    respiration: ArrayLike,
    bulk_density: ArrayLike,
    filled: ArrayLike,
    diffusivity: ArrayLike,
    width: ArrayLike = 0.0,
) -> Array:
    r"""N2 over N2O of denitrification, in nitrogen.

    $$\max\bigl(0.16,\ e^{-0.8\,N/R}\bigr)\,k_1\,\max(0.1,\ 1.5\,W - 0.32), \qquad
      k_1 = \max(1.7,\ 38.4 - 350\,D_{FC})$$

    Source: Del Grosso et al. (2000), Global Biogeochem. Cycles 14, 1045, as in CTSM. D_FC has no unit;
    earlier code of CLM has it in m2 s-1, which leaves k1 at 38.4 in every soil.

    Args:
        nitrate: [mol m-3], any shape.
        respiration: carbon respired [mol m-3 s-1]; at none, the ratio is as for much nitrate.
        bulk_density: dry soil [kg m-3].
        filled: W, water-filled pores [1].
        diffusivity: D_FC, of gas at field capacity over that in air [1].
        width: of the corners of the maxima [1], see `smooth_minimum`.

    Returns:
        ratio [1].

    >>> [round(float(dinitrogen_per_nitrous_oxide(n, 1e-5, 1300.0, 0.8, 0.02)), 3) for n in (0.0, 1.0, 10.0)]
    [27.632, 9.386, 4.421]
    """
    soil = per_gram(nitrate, respiration, bulk_density)
    much = soil.nitrate >= _MUCH * soil.respiration
    starved = jnp.exp(-0.8 * jnp.where(much, _MUCH, soil.nitrate / jnp.where(much, 1.0, soil.respiration)))
    open_pores = _larger(1.7, 38.4 - 350.0 * jnp.asarray(diffusivity, float), width)
    wet = _larger(0.1, 1.5 * jnp.asarray(filled, float) - 0.32, width)
    return _larger(0.16, starved, width) * open_pores * wet


class Empirical(eqx.Module):
    """Rate of denitrification after Del Grosso et al. (2000), a law of "nitrate".

    Args:
        respiration: carbon respired [mol m-3 s-1], a number or a function of (amounts, environment).
        bulk_density: dry soil [kg m-3], likewise.
        anoxic: part of the soil without oxygen [1], likewise.
        width: of the corner of the minimum [1].
    """

    respiration: Coefficient
    bulk_density: Coefficient
    anoxic: Coefficient
    width: float = eqx.field(static=True, default=0.1)

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        """Rate at a state [mol m-3 s-1]."""
        given = (self.respiration, self.bulk_density, self.anoxic)
        r, b, f = (evaluated(c, x, environment) for c in given)
        return f * potential_del_grosso2000(x["nitrate"], r, b, self.width)


def empirical(law: Law, ratio: Coefficient, *, donor: str | None = None, to: str = "co2") -> tuple[Reaction, ...]:
    r"""Denitrification of nitrate to N2 and N2O in a given ratio.

    Args:
        law: rate of nitrate [mol m-3 s-1], such as `Empirical`.
        ratio: N2 over N2O, in nitrogen; a number or a function of (amounts, environment), frozen during a step.
        donor: species of organic carbon that is respired with it; None where its respiration is counted elsewhere.
        to: species of CO2 that it becomes.

    >>> from shanhai.core.first_order import FirstOrder
    >>> [sorted(r.stoichiometry) for r in empirical(FirstOrder("nitrate", 1e-6), 9.0)]
    [['dinitrogen', 'nitrate', 'nitrous_oxide']]
    """
    makes: dict[str, Coefficient] = {
        "nitrate": -1.0,
        "nitrous_oxide": _Of(ratio, 1.0, 0.0),
        "dinitrogen": _Of(ratio, 0.0, 1.0),
    }
    if donor is not None:
        electrons = ELECTRONS["nitrous_oxide"] / CARBON_ELECTRONS, ELECTRONS["dinitrogen"] / CARBON_ELECTRONS
        makes |= {donor: _Of(ratio, -electrons[0], -electrons[1]), to: _Of(ratio, *electrons)}
    return (Reaction("denitrification", law, makes, "nitrate to N2 and N2O, Del Grosso et al. (2000)"),)


class _Of(eqx.Module):
    """A coefficient that is one number for what becomes N2O and another for what becomes N2."""

    ratio: Coefficient
    nitrous_oxide: float = eqx.field(static=True)
    dinitrogen: float = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        q = self.ratio(x, environment) if callable(self.ratio) else jnp.asarray(self.ratio, float)
        return (self.nitrous_oxide + self.dinitrogen * q) / (1.0 + q)


class Denitrification(eqx.Module):
    """Numbers of the four steps."""

    nitrogen: Array = par(
        1.8 / 14.007,
        "mol m-3",
        source="MEND, half-saturation 0.0018 mgN cm-3 of its published set-up",
        bounds=(1e-5, 10.0),
        meaning="half-saturation of what a step reduces",
    )
    carbon: Array = par(
        0.1, "mol m-3", source="unverified", bounds=(1e-5, 100.0), meaning="half-saturation of the donor"
    )
    oxygen: Array = par(
        0.005, "mol m-3", source="unverified", bounds=(1e-6, 1.0), meaning="oxygen that halves the first three steps"
    )
    oxygen_of_last: Array = par(
        0.001,
        "mol m-3",
        source="unverified; the reduction of N2O is the step most hindered by oxygen",
        bounds=(1e-6, 1.0),
        meaning="oxygen that halves the last step",
    )

    def laws(self, speeds: tuple[Coefficient, ...], donor: str, oxygen: str | None) -> tuple[Monod, ...]:
        """Rates of the steps, each limited by its nitrogen and the donor and hindered by oxygen.

        Args:
            speeds: V of the four steps [mol m-3 s-1], enzyme or biomass included, of N.
            donor: species of organic carbon.
            oxygen: species; None where there is none.

        Raises:
            InputError: for another number of speeds than four.
        """
        if len(speeds) != len(CHAIN) - 1:
            raise InputError(f"{len(speeds)} speeds were given for four steps", where="denitrification")
        halves = (self.oxygen, self.oxygen, self.oxygen, self.oxygen_of_last)
        return tuple(
            Monod(v, {name: self.nitrogen, donor: self.carbon}, {} if oxygen is None else {oxygen: half})
            for v, name, half in zip(speeds, CHAIN, halves)
        )


def chain(
    speeds: tuple[Coefficient, ...],
    numbers: Denitrification | None = None,
    *,
    donor: str,
    to: str = "co2",
    oxygen: str | None = "oxygen",
) -> tuple[Reaction, ...]:
    r"""The four steps as reactions; a step of e electrons respires e/4 of organic carbon per nitrogen.

    Source: the chain of MEND (Wang et al. 2021); the balance of electrons with carbon is here.

    Args:
        speeds: V of the four steps [mol m-3 s-1], numbers or functions of (amounts, environment).
        numbers: half-saturations; default ones if not given.
        donor: species of organic carbon as CH2O.
        to: species of CO2 that it becomes.
        oxygen: species that hinders; None where there is none.

    >>> for r in chain((1.0, 1.0, 1.0, 1.0), donor="dissolved_c"):
    ...     print(r.name, dict(r.moves)["dissolved_c"])
    nitrate to nitrite -0.5
    nitrite to nitric_oxide -0.25
    nitric_oxide to nitrous_oxide -0.25
    nitrous_oxide to dinitrogen -0.25
    """
    laws = (numbers or Denitrification()).laws(speeds, donor, oxygen)
    steps = zip(CHAIN, CHAIN[1:], laws)
    return tuple(
        Reaction(f"{a} to {b}", law, {a: -1.0, b: 1.0, **_respired(ELECTRONS[b] - ELECTRONS[a], donor, to)})
        for a, b, law in steps
    )


def _respired(electrons: float, donor: str, to: str) -> dict[str, Coefficient]:
    carbon = electrons / CARBON_ELECTRONS
    return {donor: -carbon, to: carbon}


def aerobic_respiration(law: Law, *, donor: str, to: str = "co2", oxygen: str = "oxygen") -> tuple[Reaction, ...]:
    r"""Respiration with oxygen, $\mathrm{CH_2O + O_2 \to CO_2 + H_2O}$.

    Args:
        law: rate of carbon [mol m-3 s-1], such as `Monod(speed, {donor: ..., oxygen: ...})`.
        donor: species of organic carbon.
        to: species of CO2.
        oxygen: species.

    >>> dict(aerobic_respiration(Monod(1.0, {"sugar": 1.0, "oxygen": 0.01}), donor="sugar")[0].moves)
    {'co2': 1.0, 'oxygen': -1.0, 'sugar': -1.0}
    """
    moves: dict[str, Coefficient] = {donor: -1.0, oxygen: -1.0, to: 1.0}
    return (Reaction(f"{donor} respired", law, moves, "aerobic respiration"),)


def _larger(low: float, x: Array, width: ArrayLike) -> Array:
    """Larger of a positive number and x, as a + b - min(a, b)."""
    inside = jnp.where(x > 0, x, 0.0)
    return low + inside - smooth_minimum(low, inside, width)


def _power(x: Array, exponent: float) -> Array:
    """Raise to a power above one; zero with zero slope at and below zero."""
    there = x > 0
    return jnp.where(there, jnp.where(there, x, 1.0) ** exponent, 0.0)
