"""Feedbacks of the global carbon model by the protocol of CO2 that grows by 1 % a year."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from shanhai.atmosphere.global_mean import PREINDUSTRIAL_CO2
from shanhai.carbon.budget import Feedback, feedback
from shanhai.core.ledger import PETAGRAM
from shanhai.land.global_carbon import POOLS
from shanhai.models.box.global_carbon import BOXES, Drivers, GlobalCarbon, network, preindustrial, simulate

YEARS = 140


class Feedbacks(NamedTuple):
    """Feedbacks of land and sea at four times the CO2 of 1750, and the warming then [K]."""

    land: Feedback
    ocean: Feedback
    warming: float


def one_percent_feedbacks(model: GlobalCarbon) -> Feedbacks:
    """Carbon-concentration and carbon-climate feedbacks of a model.

    CO2 grows by 1 % a year for 140 years, once with carbon that feels the warming and once with carbon that does not.

    Source: Arora et al. (2020), Biogeosciences 17, 4173.

    Args:
        model: its numbers.
    """
    land, ocean, warming = _stored(model, jnp.array([1.0, 0.0]))
    rise, felt = PREINDUSTRIAL_CO2 * (1.01**YEARS - 1.0), float(warming[0])
    of_land, of_ocean = (feedback(float(v[0]), float(v[1]), rise, felt, 0.0) for v in (land, ocean))
    return Feedbacks(of_land, of_ocean, felt)


@jax.jit
def _stored(model: GlobalCarbon, shares: Array) -> tuple[Array, Array, Array]:
    """Carbon gained by land and sea [PgC] and the warming [K], for shares of the warming that carbon feels."""
    none = jnp.zeros(YEARS)
    drivers = Drivers(none, none, none, PREINDUSTRIAL_CO2 * 1.01 ** jnp.arange(1.0, YEARS + 1))
    chain, start = network(model, "concentrations"), preindustrial(model)

    def one(share: Array) -> tuple[Array, Array, Array]:
        changed = eqx.tree_at(lambda m: m.carbon_feels_climate, model, share)
        run = simulate(changed, drivers, start, "concentrations")
        gained = (run.amounts[-1] - run.amounts[0]) / PETAGRAM
        land, ocean = (
            sum((gained[chain.index(n)] for n in names), jnp.zeros(()))
            for names in (POOLS, [f"dic.{box}" for box in BOXES])
        )
        return land, ocean, run.warming[-1, 0]

    return jax.vmap(one)(shares)
