r"""RothC-26.3: carbon of the plough layer in four pools that decay and one that does not, in t ha-1 and years.

Decomposable and resistant plant material (DPM, RPM), microbial biomass (BIO) and humus (HUM) decay at
$k\,a\,b\,c$ with factors of temperature a, moisture b and plant cover c. Of what decays, with

$$x = 1.67\,\bigl(1.85 + 1.60\,e^{-0.0786\,\mathrm{clay}}\bigr),$$

$x/(1+x)$ becomes CO2, $0.46/(1+x)$ biomass and $0.54/(1+x)$ humus. What a pool would return to itself does not leave.

The published program lets all pools decay for a month and then adds what they made, so that its results depend a
little on the length of the month. Here the flows go on at the same time; `numerics.exponential` integrates them
exactly.

Source: Coleman & Jenkinson (1996), in Evaluation of Soil Organic Matter Models, NATO ASI I 38, 237; and the model
description of 2014.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.first_order import FirstOrder
from shanhai.core.params import par
from shanhai.core.reactions import Network, Reaction, Species

PAPER = "Coleman & Jenkinson (2014), RothC-26.3, a model for the turnover of carbon in soil"
POOLS = ("dpm", "rpm", "bio", "hum")


class RothcMonth(NamedTuple):
    """Forcing of RothC.

    Args:
        temperature: mean of the air [degC].
        deficit: accumulated of the topsoil [mm], zero or negative; see `accumulated_deficit`.
        cover: share of the time with plants [1].
        litter: plant carbon [t ha-1 yr-1].
        manure: farmyard manure carbon [t ha-1 yr-1].
    """

    temperature: ArrayLike
    deficit: ArrayLike
    cover: ArrayLike
    litter: ArrayLike
    manure: ArrayLike


class Rothc(eqx.Module):
    """Numbers of RothC-26.3, in published units."""

    dpm_decay: Array = par(10.0, "yr-1", source=PAPER, bounds=(0.1, 50.0), meaning="decay of DPM")
    rpm_decay: Array = par(0.3, "yr-1", source=PAPER, bounds=(0.01, 5.0), meaning="decay of RPM")
    bio_decay: Array = par(0.66, "yr-1", source=PAPER, bounds=(0.01, 5.0), meaning="decay of biomass")
    hum_decay: Array = par(0.02, "yr-1", source=PAPER, bounds=(1e-4, 0.5), meaning="decay of humus")
    dpm_over_rpm: Array = par(
        1.44, "1", source=f"{PAPER}; 0.67 for scrub and poor grass, 0.25 for forest", bounds=(0.01, 10.0),
        meaning="DPM over RPM of crop litter",
    )  # fmt: skip
    manure_plant: Array = par(0.49, "1", source=PAPER, bounds=(0.0, 0.5), meaning="manure that is DPM, and RPM")
    biomass_share: Array = par(0.46, "1", source=PAPER, bounds=(0.0, 1.0), meaning="biomass in what is not respired")
    covered: Array = par(0.6, "1", source=PAPER, bounds=(0.0, 1.0), meaning="decay under plants over that of bare soil")
    clay: Array = par(23.4, "%", source=f"{PAPER}; Rothamsted", bounds=(0.0, 100.0), meaning="clay by mass")
    depth: Array = par(23.0, "cm", source=PAPER, bounds=(5.0, 100.0), meaning="thickness of the layer")

    @property
    def respired(self) -> Array:
        """Share of what decays that becomes CO2.

        >>> round(float(Rothc(clay=23.4).respired), 3)
        0.778
        """
        x = 1.67 * (1.85 + 1.60 * jnp.exp(-0.0786 * self.clay))
        return x / (1.0 + x)


def temperature_factor(temperature: ArrayLike) -> Array:
    r"""Decay over that at 9.4 degC, near the mean of Rothamsted.

    $$a = \frac{47.91}{1 + e^{106.06/(T + 18.27)}}$$

    and none below -18.27 degC, where the form ends. The program of 2021 stops at -5 degC already, with a jump of 0.016.

    Source: Coleman & Jenkinson (2014); 47.9, 106 and 18.3 in the paper of 1996, which are 1.000 at 9.25 degC.

    Args:
        temperature: mean of the air [degC], any shape.

    >>> [round(float(temperature_factor(t)), 3) for t in (-30.0, 9.25, 20.0)]
    [0.0, 0.994, 2.821]
    """
    above = jnp.asarray(temperature) + 18.27
    there = above > 0.1  # exp(-1060) is zero
    return jnp.where(there, 47.91 * jax.nn.sigmoid(-106.06 / jnp.where(there, above, 1.0)), 0.0)


def greatest_deficit(model: Rothc) -> Array:
    r"""Moisture deficit of a topsoil as dry as plants can make it, $-(20 + 1.3\,c - 0.01\,c^2)$ of clay c.

    Args:
        model: numbers; the result scales with its depth.

    Returns:
        deficit [mm], negative.

    >>> round(float(greatest_deficit(Rothc(clay=23.4))), 2)
    -44.94
    """
    return -(20.0 + 1.3 * model.clay - 0.01 * model.clay**2) * model.depth / 23.0


def accumulated_deficit(model: Rothc, rain: Array, evaporation: Array, cover: Array, start: ArrayLike = 0.0) -> Array:
    """Moisture deficit after each month; evaporation from a pan counts three quarters.

    Bare soil dries to 0.556 of what plants do only, and one that is drier already stays so.

    Args:
        model: numbers.
        rain: (month, ...) [mm].
        evaporation: from an open pan, (month, ...) [mm].
        cover: 1 with plants, 0 without, (month, ...).
        start: deficit before the first month [mm].

    Returns:
        deficit, (month, ...) [mm], zero or negative.

    >>> dry = accumulated_deficit(Rothc(), jnp.array([34.0, 75.0]), jnp.array([103.0, 0.0]), jnp.ones(2))
    >>> [round(float(d), 2) for d in dry]
    [-43.25, 0.0]
    """
    driest = greatest_deficit(model)

    def month(deficit: Array, given: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        rain, evaporation, cover = given
        filled = jnp.minimum(0.0, deficit + rain - 0.75 * evaporation)
        bare = jnp.maximum(jnp.minimum(0.556 * driest, deficit), filled)
        after = jnp.where(cover > 0, jnp.maximum(driest, filled), bare)
        return after, after

    first = jnp.broadcast_to(jnp.asarray(start, rain.dtype), rain.shape[1:])
    return jax.lax.scan(month, first, (rain, evaporation, jnp.asarray(cover, rain.dtype)))[1]


def moisture_factor(model: Rothc, deficit: ArrayLike) -> Array:
    r"""Decay over that of moist soil: 1 up to 0.444 of the greatest deficit, then linear to 0.2.

    Args:
        model: numbers.
        deficit: accumulated [mm], any shape.

    >>> [round(float(moisture_factor(Rothc(), d)), 3) for d in (0.0, -19.0, -44.94)]
    [1.0, 1.0, 0.2]
    """
    driest = greatest_deficit(model)
    dry = jnp.clip((driest - jnp.asarray(deficit)) / (0.556 * driest), 0.0, 1.0)
    return 0.2 + 0.8 * dry


def decay_factor(model: Rothc, month: RothcMonth) -> Array:
    """Decay of a month over that of moist bare soil at 9.4 degC.

    Args:
        model: numbers.
        month: forcing.

    >>> round(float(decay_factor(Rothc(), RothcMonth(9.25, 0.0, 1.0, 0.0, 0.0))), 3)
    0.597
    """
    cover = 1.0 - (1.0 - model.covered) * jnp.asarray(month.cover)
    return temperature_factor(month.temperature) * moisture_factor(model, month.deficit) * cover


def inert_carbon(total: ArrayLike) -> Array:
    r"""Inert organic matter of a soil whose radiocarbon is not known, $0.049\,C^{1.139}$.

    Source: Falloon et al. (1998), Soil Biol. Biochem. 30, 1207.

    Args:
        total: organic carbon of the soil [t ha-1].

    >>> round(float(inert_carbon(33.6)), 2)
    2.68
    """
    return 0.049 * jnp.asarray(total) ** 1.139


class _Rate(eqx.Module):
    """Rate constant of a flow under the forcing of the month."""

    model: Rothc
    constant: Array

    def __call__(self, x: Any, month: RothcMonth) -> Array:
        return self.constant * decay_factor(self.model, month)


class _Given(eqx.Module):
    share: Array
    of: str = eqx.field(static=True)

    def __call__(self, x: Any, month: RothcMonth) -> Array:
        return self.share * jnp.asarray(getattr(month, self.of))


def rothc_species() -> tuple[Species, ...]:
    """Four pools that decay; inert organic matter, which no reaction touches; accounts of inputs and CO2 [t ha-1]."""
    accounts = ("iom", "litter", "manure", "co2")
    pools = (Species(name, {"C": 1.0}, unit="t ha-1") for name in POOLS)
    return (*pools, *(Species(name, {"C": 1.0}, external=True, unit="t ha-1") for name in accounts))


def rothc_reactions(model: Rothc) -> tuple[Reaction, ...]:
    """Inputs, and decay to CO2, biomass and humus [t ha-1 yr-1].

    Args:
        model: numbers.

    >>> [r.name for r in rothc_reactions(Rothc())][:3]
    ['dpm to co2', 'dpm to bio', 'dpm to hum']
    """
    kept = 1.0 - model.respired
    shares = (("co2", model.respired), ("bio", kept * model.biomass_share), ("hum", kept * (1.0 - model.biomass_share)))
    constants = (model.dpm_decay, model.rpm_decay, model.bio_decay, model.hum_decay)
    decays = tuple(
        Reaction(f"{pool} to {to}", FirstOrder(pool, _Rate(model, k * share)), {pool: -1.0, to: 1.0}, PAPER)
        for pool, k in zip(POOLS, constants)
        for to, share in shares
        if to != pool
    )
    return (*decays, *_inputs(model))


def _inputs(model: Rothc) -> tuple[Reaction, ...]:
    dpm, half = model.dpm_over_rpm / (1.0 + model.dpm_over_rpm), model.manure_plant
    shares = (
        ("litter", "dpm", dpm),
        ("litter", "rpm", 1.0 - dpm),
        ("manure", "dpm", half),
        ("manure", "rpm", half),
        ("manure", "hum", 1.0 - 2.0 * half),
    )
    return tuple(Reaction(f"{of} to {to}", _Given(s, of), {of: -1.0, to: 1.0}, PAPER) for of, to, s in shares)


def rothc_network(model: Rothc) -> Network:
    """RothC-26.3 as a network; its environment is a `RothcMonth`, its time in years.

    Args:
        model: numbers.

    >>> from shanhai.numerics.exponential import Exponential
    >>> x = jnp.array([0.2, 5.0, 0.7, 26.0, 2.7, 0.0, 0.0, 0.0])
    >>> month = RothcMonth(9.25, 0.0, 1.0, 1.7, 0.0)
    >>> after = Exponential()(rothc_network(Rothc()), x, month, 1.0 / 12.0)
    >>> round(float(after.x.sum()), 9), round(float(after.x[0]), 3)
    (34.6, 0.188)
    """
    return Network(rothc_species(), rothc_reactions(model), RothcMonth(10.0, 0.0, 1.0, 1.0, 1.0))
