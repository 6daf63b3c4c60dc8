r"""The carbon of the whole land in three pools: vegetation V, detritus D and soil S, of which a share a is intact.

$$P = P_0\,a\,f(C), \qquad R = \bigl((1 - h)\,k_D D + k_S S\bigr)\,Q_{10}^{\,r T/10}$$

$$\dot V = w P - k_V V - L\frac{V}{\Sigma}, \quad
  \dot D = (1 - w) P + k_V V - k_D D\,Q_{10}^{\,rT/10} - L\frac{D}{\Sigma}, \quad
  \dot S = h\,k_D D\,Q_{10}^{\,rT/10} - k_S S\,Q_{10}^{\,rT/10} - L\frac{S}{\Sigma}$$

with Σ = V + D + S. The net emission of land-use change L takes the same part of every pool and of the intact land,
$\dot a = -L\,a/\Sigma$, so that what is cleared neither grows back by itself nor goes on losing carbon: the emission is
the whole of it, as the bookkeeping that it comes from counts it. A negative L is regrowth and gives land back. The
sink of the land is what growth takes less what respiration gives, $S_{land} = P - R$, without L.

Source: pools and their turnover are those of Hector (Hartin et al. 2015, Geosci. Model Dev. 8, 939; Dorheim et al.
2024, Geosci. Model Dev. 17, 4855), the treatment of land-use change is this model's own.
"""

from typing import Any, Literal

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.ledger import JULIAN_YEAR, PETAGRAM
from shanhai.core.params import par
from shanhai.core.reactions import Law, Reaction, Species

POOLS = ("vegetation", "detritus", "soil")
INTACT = "intact land"
PGC_PER_YEAR = PETAGRAM / JULIAN_YEAR  # mol s-1
REFERENCE_CO2 = 277.15  # ppm, that production is given at
COMPENSATION = 31.0  # ppm below which nothing grows

Form = Literal["hyperbolic", "logarithmic"]
_CALIBRATED = "calibrated on 1850-1990 by shanhai.carbon.hindcast"
_HECTOR = "Hector 3 (Dorheim et al. 2024, Geosci. Model Dev. 17, 4855), default configuration"


def fertilisation(ppm: ArrayLike, strength: ArrayLike, form: Form = "hyperbolic") -> Array:
    r"""Production over that before industry.

    $$f = 1 + \beta\,\ln\frac{C}{C_0} \qquad\text{or}\qquad
      f = \frac{C - C_b}{C - C_b + K}\,\frac{g + K}{g}, \quad g = C_0 - C_b, \quad K = \frac{\beta g^2}{C_0 - \beta g}$$

    Both have the slope β/C0 at C0; the second saturates at 1 + K/g.

    Source: Bacastow & Keeling (1973) for the logarithm; the rectangular hyperbola of Gifford (1993) with Cb = 31 ppm,
    as in Meinshausen et al. (2011), Atmos. Chem. Phys. 11, 1417; unverified.

    Args:
        ppm: mole fraction of CO2 [umol mol-1], any shape.
        strength: β [1]; for the hyperbola below C0/g, about 1.126.
        form: "hyperbolic" or "logarithmic".

    >>> [round(float(fertilisation(2 * 277.15, 0.5, form)), 3) for form in ("hyperbolic", "logarithmic")]
    [1.308, 1.347]
    """
    c = jnp.asarray(ppm)
    if form == "logarithmic":
        return 1.0 + jnp.asarray(strength) * jnp.log(c / REFERENCE_CO2)
    g = REFERENCE_CO2 - COMPENSATION
    beta = jnp.asarray(strength)
    half = beta * g**2 / (REFERENCE_CO2 - beta * g)
    return (c - COMPENSATION) / (c - COMPENSATION + half) * (g + half) / g


class LandCarbon(eqx.Module):
    """Numbers of the land.

    Args:
        production: P0.
        fertilisation: β.
        wood: w.
        litterfall: k_V.
        decay: k_D.
        humified: h.
        soil_decay: k_S.
        q10: Q10.
        warming: r, of the land over that of the globe.
        form: of `fertilisation`.
    """

    production: Array = par(
        56.2,
        "PgC yr-1",
        source=f"Ito (2011), Glob. Change Biol. 17, 3161, in {_HECTOR}",
        bounds=(30.0, 90.0),
        meaning="net primary production before industry",
    )
    fertilisation: Array = par(
        0.883,
        "1",
        source=f"{_CALIBRATED}; before: 0.53, {_HECTOR}",
        bounds=(0.0, 1.1),
        meaning="growth of production with CO2",
    )
    wood: Array = par(0.35, "1", source=_HECTOR, bounds=(0.05, 0.95), meaning="production that goes to vegetation")
    litterfall: Array = par(
        0.036,
        "yr-1",
        source=f"makes 546 PgC of vegetation; 550 in {_HECTOR}",
        bounds=(0.005, 0.5),
        meaning="turnover of vegetation",
    )
    decay: Array = par(
        1.0,
        "yr-1",
        source=f"makes 56 PgC of detritus; 55 in {_HECTOR}",
        bounds=(0.1, 10.0),
        meaning="turnover of detritus",
    )
    humified: Array = par(
        0.33,
        "1",
        source=f"makes 927 PgC of soil; 917 in {_HECTOR}",
        bounds=(0.02, 0.9),
        meaning="decayed detritus that becomes soil",
    )
    soil_decay: Array = par(
        0.02,
        "yr-1",
        source="Hartin et al. (2015), Geosci. Model Dev. 8, 939; unverified",
        bounds=(0.001, 0.2),
        meaning="turnover of soil",
    )
    q10: Array = par(
        1.81,
        "1",
        source=f"{_CALIBRATED}; before: 1.76, {_HECTOR}",
        bounds=(1.0, 4.0),
        meaning="decay over that 10 K cooler",
    )
    warming: Array = par(
        1.46,
        "1",
        source="IPCC AR6 WGI, A.1.2: land 1.59 K, globe 1.09 K",
        bounds=(0.5, 3.0),
        meaning="warming of the land over that of the globe",
    )
    form: Form = eqx.field(static=True, default="hyperbolic")

    def grown(self, ppm: ArrayLike) -> Array:
        """Net primary production of wholly intact land [mol s-1]."""
        return self.production * PGC_PER_YEAR * fertilisation(ppm, self.fertilisation, self.form)

    def faster(self, warming: ArrayLike) -> Array:
        """Decay over that before industry at a warming of the globe [K]."""
        return self.q10 ** (self.warming * jnp.asarray(warming) / 10.0)

    def preindustrial(self) -> Array:
        r"""Amounts at which nothing changes with the CO2 of 1750, in the order of `land_species`.

        $$V = \frac{w P_0}{k_V}, \qquad D = \frac{P_0}{k_D}, \qquad S = \frac{h P_0}{k_S}, \qquad a = 1$$

        as all that grows passes through detritus.

        >>> [round(float(v) * 12.011e-15) for v in LandCarbon().preindustrial()[:3]]  # PgC
        [546, 56, 927]
        """
        grown = self.production * PGC_PER_YEAR * JULIAN_YEAR  # mol yr-1
        pools = (self.wood / self.litterfall, 1.0 / self.decay, self.humified / self.soil_decay)
        return jnp.stack([*(grown * p for p in pools), jnp.ones(())])


class _Growth(eqx.Module):
    land: LandCarbon
    ppm: Law
    share: Array

    def __call__(self, x: Any, environment: Any) -> Array:
        return self.share * self.land.grown(self.ppm(x, environment)) * x[INTACT]


class _Decay(eqx.Module):
    land: LandCarbon
    pool: str = eqx.field(static=True)
    rate: Array  # yr-1 at no warming

    def __call__(self, x: Any, environment: Any) -> Array:
        return self.rate / JULIAN_YEAR * self.land.faster(environment.warming) * x[self.pool]


class _LandUse(eqx.Module):
    """Part of the net emission, or of the regrowth, that one pool or the intact land has."""

    of: str = eqx.field(static=True)
    sign: float = eqx.field(static=True)

    def __call__(self, x: Any, environment: Any) -> Array:
        emitted = jnp.maximum(self.sign * environment.land_use, 0.0)
        return emitted * x[self.of] / (x["vegetation"] + x["detritus"] + x["soil"])


def land_species() -> tuple[Species, ...]:
    """The pools, and the share of the land that is intact, which holds no matter."""
    pools = tuple(Species(pool, {"C": 1.0}, meaning=f"carbon of {pool}") for pool in POOLS)
    return (*pools, Species(INTACT, {}, unit="1", meaning="share of the land that was not cleared"))


def land_reactions(land: LandCarbon, ppm: Law, air: str = "co2.air") -> tuple[Reaction, ...]:
    """Growth, decay and land-use change.

    Args:
        land: numbers.
        ppm: mole fraction of CO2 as a function of amounts and environment [umol mol-1].
        air: species of the CO2 of the air.

    The environment has `warming` [K] of the globe and `land_use`, the net emission [mol s-1].

    >>> from collections import namedtuple
    >>> from shanhai.core.reactions import Network
    >>> calm = namedtuple("Year", "warming land_use")(0.0, 0.0)
    >>> species = (*land_species(), Species("co2.air", {"C": 1.0}, external=True))
    >>> network = Network(species, land_reactions(LandCarbon(), lambda x, e: 277.15), calm)
    >>> len(network.reactions)
    14
    """
    return (*_growth(land, ppm, air), *_decay(land, air), *_land_use(air))


def _growth(land: LandCarbon, ppm: Law, air: str) -> tuple[Reaction, ...]:
    shares = (("vegetation", land.wood), ("detritus", 1.0 - land.wood))
    return tuple(
        Reaction(f"growth: {pool}", _Growth(land, ppm, share), {air: -1.0, pool: 1.0}, "net primary production")
        for pool, share in shares
    )


def _decay(land: LandCarbon, air: str) -> tuple[Reaction, ...]:
    moves = (
        ("respiration: detritus", "detritus", (1.0 - land.humified) * land.decay, air, "decay to CO2"),
        ("humification", "detritus", land.humified * land.decay, "soil", "decay to soil"),
        ("respiration: soil", "soil", land.soil_decay, air, "decay to CO2"),
    )
    litter = _Fall(land.litterfall)
    return (
        Reaction("litterfall", litter, {"vegetation": -1.0, "detritus": 1.0}, "first order"),
        *(Reaction(n, _Decay(land, pool, k), {pool: -1.0, to: 1.0}, why) for n, pool, k, to, why in moves),
    )


class _Fall(eqx.Module):
    rate: Array

    def __call__(self, x: Any, environment: Any) -> Array:
        return self.rate / JULIAN_YEAR * x["vegetation"]


def _land_use(air: str) -> tuple[Reaction, ...]:
    reactions: list[Reaction] = []
    for name, sign in (("clearing", 1.0), ("regrowth", -1.0)):
        for pool in POOLS:
            moves = {pool: -sign, air: sign}
            reactions.append(Reaction(f"{name}: {pool}", _LandUse(pool, sign), moves, "land-use change"))
        reactions.append(Reaction(f"{name}: land", _LandUse(INTACT, sign), {INTACT: -sign}, "land-use change"))
    return tuple(reactions)
