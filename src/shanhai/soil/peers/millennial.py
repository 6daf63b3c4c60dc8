r"""Millennial version 2: soil carbon in pools that can be measured, in its published units, g m-2 and days.

Low molecular weight carbon L, particulate P, microbial M, mineral-associated O and aggregates A exchange

$$\begin{aligned}
PL &= V_p w_d P \frac{M}{K_p + M}, & LB &= V_l w_b M \frac{L}{K_l + L}, & RE &= LB\,(1 - CUE), & BT &= r_b M^2, \\
LM &= w_d k_l L \Bigl(1 - \frac{O}{Q}\Bigr), & ML &= k_d \frac{O}{Q}, & LL &= r_l w_d L, \\
PA &= r_p w_d P, & MA &= r_m w_d O, & AB &= r_a w_d A
\end{aligned}$$

with $V = \alpha e^{-E/(R T)}$, $k_l = k_d e^{-p_1 \mathrm{pH} - p_2}$ and

$$w_d = \sqrt{\theta/\phi}, \qquad
  w_b = e^{-\lambda\psi}\bigl(k_a + (1 - k_a)\sqrt{(\phi - \theta)/\phi}\bigr)\,w_d, \qquad
  CUE = c_0 - c_T (T - T_0)$$

Source: Abramoff et al. (2022), Soil Biol. Biochem. 164, 108466, and the Fortran of its authors, whose numbers are kept.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.tree_util import Partial
from jax.typing import ArrayLike

from shanhai.core.constants import ZERO_CELSIUS
from shanhai.core.params import par
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.numerics import safe

PAPER = "Abramoff et al. (2022), Soil Biol. Biochem. 164, 108466"
_FITTED = f"{PAPER}, fitted parameters of the public Fortran"
_SITE = f"{PAPER}, site of the public Fortran"
POOLS = ("lmwc", "pom", "mic", "maom", "agg")


class MillennialDay(NamedTuple):
    """Forcing of Millennial.

    Args:
        temperature: of the soil [degC], as published.
        water: volumetric [m3 m-3], up to the porosity.
        litter: carbon that falls [g m-2 d-1].
    """

    temperature: ArrayLike
    water: ArrayLike
    litter: ArrayLike


class Millennial(eqx.Module):
    """Numbers of Millennial version 2, in published units; `describe` lists meaning and source of each."""

    litter_to_pom: Array = par(0.66, "1", source=_FITTED, bounds=(0.0, 1.0), meaning="litter that is particulate, p_i")
    aggregate_to_pom: Array = par(
        0.33, "1", source=_FITTED, bounds=(0.0, 1.0), meaning="broken aggregates that become particulate, p_a"
    )
    necromass_to_maom: Array = par(
        0.5, "1", source=_FITTED, bounds=(0.0, 1.0), meaning="dead microbes that go to minerals, p_b"
    )
    pom_half_saturation: Array = par(
        6443.0, "g m-2", source=_FITTED, bounds=(1.0, 1e5), meaning="microbes that break down half as fast, K_p"
    )
    pom_prefactor: Array = par(
        1.8e12, "d-1", source=_FITTED, bounds=(1e9, 1e15), meaning="prefactor of depolymerisation, alpha_p"
    )
    pom_activation: Array = par(
        63909.0, "J mol-1", source=_FITTED, bounds=(1e4, 2e5), meaning="activation energy of depolymerisation, E_p"
    )
    uptake_half_saturation: Array = par(
        774.6, "g m-2", source=_FITTED, bounds=(1.0, 1e5), meaning="LMWC that microbes take half as fast, K_l"
    )
    uptake_prefactor: Array = par(
        2.3e12, "d-1", source=_FITTED, bounds=(1e9, 1e15), meaning="prefactor of uptake, alpha_l"
    )
    uptake_activation: Array = par(
        57865.0, "J mol-1", source=_FITTED, bounds=(1e4, 2e5), meaning="activation energy of uptake, E_l"
    )
    pom_aggregation: Array = par(
        0.018, "d-1", source=_FITTED, bounds=(0.0, 1.0), meaning="particulate carbon into aggregates, r_p"
    )
    maom_aggregation: Array = par(
        0.0048, "d-1", source=_FITTED, bounds=(0.0, 1.0), meaning="mineral-associated carbon into aggregates, r_m"
    )
    breakage: Array = par(0.02, "d-1", source=_FITTED, bounds=(0.0, 1.0), meaning="aggregates that break, r_a")
    leaching: Array = par(0.0015, "d-1", source=_FITTED, bounds=(0.0, 1.0), meaning="LMWC that leaches, r_l")
    death: Array = par(0.0045, "m2 g-1 d-1", source=_FITTED, bounds=(0.0, 1.0), meaning="death of microbes, r_b")
    desorption: Array = par(
        1.0, "g m-2 d-1", source=_FITTED, bounds=(0.0, 1e3), meaning="desorption of full minerals, k_d; scales k_l too"
    )
    affinity_ph: Array = par(0.12, "1", source=_FITTED, bounds=(0.0, 2.0), meaning="sorption with pH, p1")
    affinity: Array = par(0.216, "1", source=_FITTED, bounds=(-5.0, 5.0), meaning="sorption at pH 0, p2")
    efficiency: Array = par(0.19, "1", source=_FITTED, bounds=(0.0, 1.0), meaning="carbon use efficiency, c_0")
    efficiency_slope: Array = par(0.012, "K-1", source=_FITTED, bounds=(-0.1, 0.1), meaning="its fall, c_T")
    efficiency_temperature: Array = par(15.0, "degC", source=_FITTED, bounds=(-10.0, 40.0), meaning="where it is, T_0")
    suction: Array = par(15.0, "kPa", source=_FITTED, bounds=(0.0, 1e4), meaning="matric potential, psi")
    suction_sensitivity: Array = par(
        2.1e-4, "kPa-1", source=_FITTED, bounds=(0.0, 0.1), meaning="microbes slower with suction, lambda"
    )
    anoxic_activity: Array = par(
        0.2, "1", source=_FITTED, bounds=(0.0, 1.0), meaning="activity of microbes without air, k_a"
    )
    porosity: Array = par(0.6, "m3 m-3", source=_SITE, bounds=(0.1, 0.95), meaning="pores, phi")
    ph: Array = par(7.0, "1", source=_SITE, bounds=(3.0, 10.0), meaning="pH")
    bulk_density: Array = par(1000.0, "kg m-3", source=_SITE, bounds=(100.0, 2000.0), meaning="bulk density")
    clay_silt: Array = par(80.0, "%", source=_SITE, bounds=(0.0, 100.0), meaning="clay and silt by mass")
    capacity: Array = par(
        0.86, "g kg-1 per %", source=PAPER, bounds=(0.0, 5.0), meaning="carbon that clay and silt can hold, in 1 m"
    )
    # the Fortran's gas constant, 8e-6 of V away from the CODATA value
    gas_constant: Array = par(8.31446, "J mol-1 K-1", source=_SITE, bounds=(8.3, 8.33), meaning="gas constant, R")

    @property
    def saturated(self) -> Array:
        """Mineral-associated carbon that the soil can hold, Q [g m-2].

        >>> float(Millennial().saturated)
        68800.0
        """
        return self.bulk_density * self.clay_silt * self.capacity


def diffusion_limit(model: Millennial, water: ArrayLike) -> Array:
    r"""Rates over those in saturated soil, $w_d = \sqrt{\theta/\phi}$.

    Args:
        model: numbers.
        water: volumetric [m3 m-3], any shape.

    >>> round(float(diffusion_limit(Millennial(), 0.15)), 3)
    0.5
    """
    return safe.square_root(jnp.asarray(water) / model.porosity)


def microbial_limit(model: Millennial, water: ArrayLike) -> Array:
    r"""Activity of microbes by water and air, $w_b$; it keeps the share k_a of itself at saturation.

    Args:
        model: numbers.
        water: volumetric [m3 m-3], any shape; above porosity there is no air.

    >>> round(float(microbial_limit(Millennial(), 0.6)), 4)
    0.1994
    """
    air = safe.square_root((model.porosity - jnp.asarray(water)) / model.porosity)
    aerobic = model.anoxic_activity + (1.0 - model.anoxic_activity) * air
    return jnp.exp(-model.suction_sensitivity * model.suction) * aerobic * diffusion_limit(model, water)


def carbon_use_efficiency(model: Millennial, temperature: ArrayLike) -> Array:
    """Uptake that is not respired at once; negative above 30.8 degC, where microbes respire more than they eat.

    Args:
        model: numbers.
        temperature: of the soil [degC].

    >>> round(float(carbon_use_efficiency(Millennial(), 25.0)), 12)
    0.07
    """
    return model.efficiency - model.efficiency_slope * (jnp.asarray(temperature) - model.efficiency_temperature)


def _arrhenius(model: Millennial, prefactor: Array, activation: Array, day: MillennialDay) -> Array:
    return prefactor * jnp.exp(-activation / (model.gas_constant * (jnp.asarray(day.temperature) + ZERO_CELSIUS)))


def _depolymerised(model: Millennial, x: Any, day: MillennialDay) -> Array:
    fastest = _arrhenius(model, model.pom_prefactor, model.pom_activation, day)
    return fastest * diffusion_limit(model, day.water) * x["pom"] * x["mic"] / (model.pom_half_saturation + x["mic"])


def _taken_up(model: Millennial, x: Any, day: MillennialDay) -> Array:
    fastest = _arrhenius(model, model.uptake_prefactor, model.uptake_activation, day)
    food = x["lmwc"] / (model.uptake_half_saturation + x["lmwc"])
    return fastest * microbial_limit(model, day.water) * x["mic"] * food


def _respired(model: Millennial, x: Any, day: MillennialDay) -> Array:
    return _taken_up(model, x, day) * (1.0 - carbon_use_efficiency(model, day.temperature))


def _sorbed(model: Millennial, x: Any, day: MillennialDay) -> Array:
    affinity = jnp.exp(-model.affinity_ph * model.ph - model.affinity) * model.desorption
    return diffusion_limit(model, day.water) * affinity * x["lmwc"] * (1.0 - x["maom"] / model.saturated)


def _desorbed(model: Millennial, x: Any, day: MillennialDay) -> Array:
    return model.desorption * x["maom"] / model.saturated


class _Wet(eqx.Module):
    """A flow in proportion to a pool, slower in dry soil."""

    model: Millennial
    of: str = eqx.field(static=True)
    rate: Array

    def __call__(self, x: Any, day: MillennialDay) -> Array:
        return self.rate * diffusion_limit(self.model, day.water) * x[self.of]


class _Fallen(eqx.Module):
    share: Array

    def __call__(self, x: Any, day: MillennialDay) -> Array:
        return self.share * jnp.asarray(day.litter)


class _Dying(eqx.Module):
    rate: Array

    def __call__(self, x: Any, day: MillennialDay) -> Array:
        return self.rate * x["mic"] ** 2


def millennial_species() -> tuple[Species, ...]:
    """Five pools, and accounts of litter, respired and leached carbon [g m-2]."""
    meanings = ("low molecular weight", "particulate", "microbial", "mineral-associated", "in aggregates")
    pools = (Species(name, {"C": 1.0}, unit="g m-2", meaning=f"carbon, {m}") for name, m in zip(POOLS, meanings))
    accounts = ("litter", "co2", "leached")
    return (*pools, *(Species(name, {"C": 1.0}, external=True, unit="g m-2") for name in accounts))


def millennial_reactions(model: Millennial) -> tuple[Reaction, ...]:
    """Flows of Millennial version 2 [g m-2 d-1].

    Args:
        model: numbers.

    >>> len(millennial_reactions(Millennial()))
    14
    """
    m = model
    flows = (
        ("litter to POM", _Fallen(m.litter_to_pom), "litter", "pom"),
        ("litter to LMWC", _Fallen(1.0 - m.litter_to_pom), "litter", "lmwc"),
        ("depolymerisation", Partial(_depolymerised, m), "pom", "lmwc"),
        ("uptake", Partial(_taken_up, m), "lmwc", "mic"),
        ("respiration", Partial(_respired, m), "mic", "co2"),
        ("death to MAOM", _Dying(m.death * m.necromass_to_maom), "mic", "maom"),
        ("death to LMWC", _Dying(m.death * (1.0 - m.necromass_to_maom)), "mic", "lmwc"),
        ("sorption", Partial(_sorbed, m), "lmwc", "maom"),
        ("desorption", Partial(_desorbed, m), "maom", "lmwc"),
        ("aggregation of POM", _Wet(m, "pom", m.pom_aggregation), "pom", "agg"),
        ("aggregation of MAOM", _Wet(m, "maom", m.maom_aggregation), "maom", "agg"),
        ("breakage to POM", _Wet(m, "agg", m.breakage * m.aggregate_to_pom), "agg", "pom"),
        ("breakage to MAOM", _Wet(m, "agg", m.breakage * (1.0 - m.aggregate_to_pom)), "agg", "maom"),
        ("leaching", _Wet(m, "lmwc", m.leaching), "lmwc", "leached"),
    )
    return tuple(Reaction(name, law, {source: -1.0, to: 1.0}, PAPER) for name, law, source, to in flows)


def millennial_network(model: Millennial) -> Network:
    """Millennial version 2 as a network; its environment is a `MillennialDay`, its time in days.

    Args:
        model: numbers.

    >>> from shanhai.numerics.explicit import RungeKutta
    >>> network = millennial_network(Millennial())
    >>> x = jnp.array([1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    >>> day = RungeKutta(1)(network, x, MillennialDay(5.4, 0.25, 0.01), 1.0)
    >>> round(float(day.x.sum()), 12)
    5.0
    """
    return Network(millennial_species(), millennial_reactions(model), MillennialDay(10.0, 0.3, 1.0))
