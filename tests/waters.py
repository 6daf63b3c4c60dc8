"""Random waters far beyond any sea, whose whole carbonate system is known because [H] and DIC are chosen."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from shanhai.seawater.co2system.acids import OrganicAcid, Solutes, Water, terms
from shanhai.seawater.co2system.solver import Known, Problem, residual
from shanhai.seawater.co2system.system import CarbonateSystem, Conditions, water
from shanhai.seawater.constants import ConstantOptions

EPS = np.finfo(float).eps


class Chosen(NamedTuple):
    """A system, and the sum of the magnitudes of the terms of its alkalinity [mol kg-1]."""

    system: CarbonateSystem
    size: jax.Array


def system_of(h, dic, of: Water, conditions: Conditions, options=ConstantOptions()) -> CarbonateSystem:
    return CarbonateSystem(h, dic, jnp.zeros(h.shape, jnp.int8), of, conditions, options, ("dic", "h"))


@jax.jit
def size_of_alkalinity(h, dic, of: Water):
    """Sum of the magnitudes of the terms of alkalinity: one part in 1e16 of it is rounding."""
    k = of.constants
    carbonate = dic * k.k1 * (h + 2.0 * k.k2) / (h * (h + k.k1) + k.k1 * k.k2)
    return carbonate + sum(abs(term.value) for term in terms(h, of).values())


def random_known(n: int, seed: int = 0, options=ConstantOptions()) -> Chosen:
    """S 0-50, -2 to 45 degC, 0-10 000 dbar, DIC 1e-3 to 1e5 umol/kg, pH 2-12; some saltless."""
    rng = np.random.default_rng(seed)

    def solute(most: float):
        return np.where(rng.random(n) < 0.3, 0.0, 10.0 ** rng.uniform(-9.0, np.log10(most), n))

    salinity, pressure = rng.uniform(0.0, 50.0, n), rng.uniform(0.0, 1e8, n)
    salinity[::20], pressure[::2] = 0.0, 0.0
    acid = OrganicAcid(solute(1e-3), 10.0 ** -rng.uniform(2.5, 10.0, n))
    solutes = Solutes(solute(1e-3), solute(1e-3), solute(1e-2), solute(1e-2), solute(1e-3), (acid,))
    conditions = Conditions(rng.uniform(-2.0, 45.0, n), salinity, pressure)
    of = jax.jit(lambda at, acids: water(at, acids, options))(conditions, solutes)
    h, dic = jnp.asarray(10.0 ** -rng.uniform(2.0, 12.0, n)), jnp.asarray(10.0 ** rng.uniform(-9.0, -1.0, n))
    return Chosen(system_of(h, dic, of, conditions, options), size_of_alkalinity(h, dic, of))


def rounding(system: CarbonateSystem, known: Known = "dic"):
    """What rounding of the terms of alkalinity alone does to ln [H]: eps (1 + sum of |terms| / |slope|)."""
    size = size_of_alkalinity(system.h, system.dic, system.water)
    problem = Problem(system.alkalinity, getattr(system, known), system.water)
    return EPS * (1.0 + size / abs(residual(known, system.h, problem).slope))
