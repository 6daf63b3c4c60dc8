"""Every number of the presets of remineralised and anthropogenic carbon moves what they give."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from shanhai.carbon.anthropogenic import estimate
from shanhai.carbon.anthropogenic.phi_ct import Growth
from shanhai.carbon.anthropogenic.troca import Coefficients
from shanhai.carbon.presets import anthropogenic_carbon as preset
from shanhai.core.params import describe
from shanhai.seawater.remineralisation import Stoichiometry, c_star, remineralised

pytestmark = pytest.mark.slow  # compiling takes long

SETTINGS = preset.Settings()
NUMBERS = [row.name for row in describe(SETTINGS)]


def nudged(module, position, by=0.05):
    leaves, tree = jax.tree.flatten(eqx.filter(module, eqx.is_inexact_array))
    leaves[position] = leaves[position] + by * jnp.maximum(jnp.abs(leaves[position]), 1.0)
    return eqx.combine(jax.tree.unflatten(tree, leaves), module)


@pytest.fixture(scope="module")
def usual():
    return {name: s.values for name, s in preset.run(SETTINGS).series.items()}


@pytest.mark.parametrize("name", NUMBERS)
def test_every_setting_moves_the_result(name, usual):
    moved = nudged(SETTINGS, NUMBERS.index(name), by=0.004 if name.endswith("year") else 0.05)
    found = {key: s.values for key, s in preset.run(moved).series.items()}
    assert any(not np.array_equal(found[key], usual[key], equal_nan=True) for key in usual), name


@pytest.mark.parametrize("position", range(4))
def test_every_ratio_and_coefficient_moves_its_result(position):
    ratios, other = Stoichiometry(), nudged(Stoichiometry(), position)
    before, after = (np.array([*remineralised(1e-4, s), c_star(2e-3, 2.3e-3, 1e-6, s)]) for s in (ratios, other))
    assert np.any(before != after)
    water = pd.DataFrame({"dic": [2150.0], "alkalinity": [2300.0], "oxygen": [250.0], "potential_temperature": [5.0]})
    usual, moved = (
        estimate(water, "troca", coefficients=k).c_ant[0] for k in (Coefficients(), nudged(Coefficients(), position))
    )
    assert usual != moved


def test_the_growth_of_the_disequilibrium_moves_its_method():
    table = preset.section(SETTINGS.later, seed=2)
    usual, moved = (estimate(table, "phi_ct", growth=g).c_ant for g in (Growth(), nudged(Growth(), 0)))
    assert np.nanmax(np.abs(usual - moved)) > 0
