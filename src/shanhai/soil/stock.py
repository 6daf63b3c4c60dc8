r"""What a soil begins with: amounts of every pool from what a laboratory tells of a soil.

The organic carbon is shared out between the pools; what the shares leave is recalcitrant. Dead matter has the ratios of
the soil, microbes and enzymes their own. Water holds to the pores by

$$\psi = \psi_e\,W^{-b}, \qquad W = \theta/\varphi$$

Source: for the retention Campbell (1974), Soil Sci. 117, 311, with numbers that are choices.
"""

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import ATOMIC_MASS
from shanhai.core.params import par
from shanhai.soil.layer import Conditions, Layer, stocked
from shanhai.soil.layer_oxygen import equilibrium


class Soil(eqx.Module):
    """A soil as a laboratory tells of it."""

    carbon: Array = par(
        20.0, "g kg-1", source="choice: a temperate topsoil", bounds=(0.1, 580.0), meaning="organic carbon of dry soil"
    )
    bulk_density: Array = par(1200.0, "kg m-3", source="choice", bounds=(50.0, 2000.0), meaning="of the dry soil")
    porosity: Array = par(0.5, "1", source="choice", bounds=(0.1, 0.98), meaning="pores over volume")
    ph: Array = par(6.5, "1", source="choice", bounds=(2.0, 11.0), meaning="pH in water")
    mineral_nitrogen: Array = par(
        10.0, "mg kg-1", source="choice", bounds=(0.0, 1000.0), meaning="ammonium nitrogen at the start"
    )
    nitrate: Array = par(0.0, "mg kg-1", source="choice", bounds=(0.0, 1000.0), meaning="nitrate nitrogen at the start")
    entry: Array = par(
        -1e4, "Pa", source="choice: a loam; unverified", bounds=(-1e5, -10.0), meaning="potential where water fills all"
    )
    retention: Array = par(
        6.0, "1", source="choice: a loam; unverified", bounds=(1.0, 20.0), meaning="exponent of the retention of water"
    )

    def of_mass(self, grams: ArrayLike, element: str = "C") -> Array:
        """Amount in a volume [mol m-3] from a content of dry soil [g kg-1]."""
        return jnp.asarray(grams) * self.bulk_density / ATOMIC_MASS[element]

    def potential(self, filled: ArrayLike) -> Array:
        """Matric potential [Pa] where water fills a part of the pores [1]."""
        return self.entry * jnp.asarray(filled) ** -self.retention


class Shares(eqx.Module):
    """How the organic carbon is shared out at the start; what is left is recalcitrant."""

    labile: Array = par(0.03, "1", source="choice; to be fitted", bounds=(1e-5, 0.6), meaning="labile")
    dissolved: Array = par(1e-3, "1", source="choice; to be fitted", bounds=(1e-7, 0.1), meaning="dissolved")
    microbes: Array = par(
        0.012, "1", source="Xu et al. (2013), Glob. Ecol. Biogeogr. 22, 737: 1.2 % of soil carbon",
        bounds=(1e-5, 0.2), meaning="microbes",
    )  # fmt: skip
    asleep: Array = par(0.7, "1", source="choice; unverified", bounds=(0.0, 0.999), meaning="dormant part of microbes")
    mineral: Array = par(0.4, "1", source="choice", bounds=(0.0, 0.95), meaning="on minerals")
    aggregates: Array = par(0.0, "1", source="choice: sieved soil", bounds=(0.0, 0.95), meaning="in aggregates")
    enzymes: Array = par(
        0.01, "1", source="0.01 of active carbon, production over turnover as in the namelist of MEND of May 2019",
        bounds=(1e-5, 1.0), meaning="each kind of enzyme over active carbon",
    )  # fmt: skip
    organic_ratio: Array = par(
        17.0, "1", source="287:17 molar, Xu et al. (2013), as 16.9", bounds=(5.0, 80.0), meaning="C:N of dead matter"
    )


class Phosphates(eqx.Module):
    """Phosphorus of a soil; of no effect on a layer that does not follow it."""

    organic_ratio: Array = par(
        287.0, "1", source="287:1 molar, Xu et al. (2013), Glob. Ecol. Biogeogr. 22, 737", bounds=(30.0, 3000.0),
        meaning="C:P of dead matter",
    )  # fmt: skip
    exchangeable: Array = par(50.0, "mg kg-1", source="choice", bounds=(0.0, 1e4), meaning="dissolved and sorbed")
    primary: Array = par(250.0, "mg kg-1", source="choice", bounds=(0.0, 1e4), meaning="in minerals that weather")
    secondary: Array = par(100.0, "mg kg-1", source="choice", bounds=(0.0, 1e4), meaning="held more firmly")
    occluded: Array = par(100.0, "mg kg-1", source="choice", bounds=(0.0, 1e5), meaning="out of reach")


def stock(
    layer: Layer,
    soil: Soil,
    shares: Shares,
    at: Conditions,
    added: ArrayLike = 0.0,
    phosphates: Phosphates | None = None,
) -> Array:
    """Amounts of all species of a layer at the start.

    Args:
        layer: processes.
        soil: contents of the soil, numbers or (...).
        shares: of its carbon.
        at: conditions, whose air the oxygen is in equilibrium with, (...).
        added: labile carbon put in [mol m-3], (...).
        phosphates: of it; the choices of `Phosphates` where the layer follows phosphorus and none are given.

    Returns:
        amounts [mol m-3], (species, ...).

    Raises:
        InputError: for shares of more than there is.

    >>> x = stock(Layer(), Soil(), Shares(), Conditions())
    >>> x.shape, f"{float(x[0]):.2f}"  # labile carbon first
    ((30,), '59.95')
    """
    amounts = {
        f"{name}_{e}": value
        for name, pool in _organic(layer, soil, shares, added, phosphates or Phosphates()).items()
        for e, value in zip("cnp" if layer.phosphorus else "cn", pool)
    }
    amounts["ammonium"] = soil.of_mass(1e-3 * soil.mineral_nitrogen, "N")
    amounts["nitrate"] = soil.of_mass(1e-3 * soil.nitrate, "N")
    if layer.phosphorus:
        p = phosphates or Phosphates()
        for name in ("primary", "exchangeable", "secondary", "occluded"):
            amounts[f"{name}_p"] = soil.of_mass(1e-3 * getattr(p, name), "P")
    if layer.oxygen:
        amounts["oxygen"] = equilibrium(at)
    shape = jnp.broadcast_shapes(*(jnp.shape(v) for v in (*at, *amounts.values())))
    return stocked(layer, {name: jnp.broadcast_to(value, shape) for name, value in amounts.items()})


def _organic(
    layer: Layer, soil: Soil, s: Shares, added: ArrayLike, phosphates: Phosphates
) -> dict[str, tuple[Array, Array, Array]]:
    """Carbon, nitrogen and phosphorus of every pool [mol m-3]."""
    carbon, living = soil.of_mass(soil.carbon), layer.composition
    active = s.microbes * carbon * (1.0 - s.asleep if layer.dormancy else 1.0)

    def dead(c: Array) -> tuple[Array, Array, Array]:
        return c, c / s.organic_ratio, c / phosphates.organic_ratio

    def alive(c: Array) -> tuple[Array, Array, Array]:
        return c, c / living.nitrogen, c / living.phosphorus

    pools = {"labile": dead(s.labile * carbon), "dissolved": dead(s.dissolved * carbon), "active": alive(active)}
    pools |= {f"{kind}_enzyme": alive(s.enzymes * active) for kind in ("labile", "recalcitrant")}
    if layer.dormancy:
        pools["dormant"] = alive(s.microbes * s.asleep * carbon)
    if layer.minerals:
        pools |= {"mineral": dead(s.mineral * carbon), "aggregates": dead(s.aggregates * carbon)}
    pools["recalcitrant"] = dead(carbon - sum(pool[0] for pool in pools.values()))
    labile, *others = pools["labile"]
    pools["labile"] = (labile + jnp.asarray(added), *others)  # type: ignore[assignment]
    return pools
