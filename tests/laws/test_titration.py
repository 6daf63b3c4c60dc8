"""Laws of titration: balances of what is in the cell, its limits, and that the alkalinity put in comes back."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.seawater import Conditions, OrganicAcid, Solutes, solve_system
from shanhai.seawater.titration import alkalinity_from_titration, diluted, nernst_slope, titration_curve

MASS, ACID, E0 = 0.14, 0.1, 0.3944
ADDED = jnp.linspace(0.0, 4.2e-3, 43)
AT = Conditions(jnp.array(24.25), jnp.array(33.9))
PAIR = {"dic": jnp.array(2020e-6), "alkalinity": jnp.array(2260e-6)}
SAMPLES = {
    "plain": solve_system(PAIR, AT),
    "rich": solve_system(
        PAIR,
        AT,
        Solutes(
            phosphate=jnp.array(2e-6),
            silicate=jnp.array(80e-6),
            organic=(OrganicAcid(jnp.array(10e-6), jnp.array(1e-6)),),
        ),
    ),
}


def recovered(sample, cell, added=ADDED):
    curve = titration_curve(sample, added, MASS, ACID, cell, E0)
    return alkalinity_from_titration(curve.acid_mass, curve.emf, MASS, ACID, sample.water, 24.25, cell)


@pytest.mark.parametrize("cell", ["closed", "open"])
@pytest.mark.parametrize("name", SAMPLES)
def test_the_alkalinity_put_in_comes_back(name, cell):
    found = recovered(SAMPLES[name], cell, ADDED if cell == "closed" else jnp.linspace(3.4e-3, 4.2e-3, 21))
    np.testing.assert_allclose(found.alkalinity, 2260e-6, rtol=1e-10)
    np.testing.assert_allclose(found.standard_emf, E0, rtol=1e-10)
    np.testing.assert_allclose(found.dic, 2020e-6 if cell == "closed" else 0.0, rtol=1e-9)
    assert found.misfit < 1e-14


def test_grans_line_is_near():
    np.testing.assert_allclose(recovered(SAMPLES["plain"], "open").gran_alkalinity, 2260e-6, rtol=5e-3)


def test_carbon_left_in_an_open_cell_is_not_alkalinity_but_biases_a_fit_that_denies_it():
    sample = SAMPLES["plain"]
    curve = titration_curve(sample, ADDED, MASS, ACID, "closed", E0)
    found = alkalinity_from_titration(curve.acid_mass, curve.emf, MASS, ACID, sample.water, 24.25, "open")
    assert 1e-6 < abs(found.alkalinity - 2260e-6) < 30e-6


@pytest.mark.parametrize("name", SAMPLES)
def test_carbon_and_alkalinity_balance_at_every_point(name):
    sample = SAMPLES[name]
    curve = titration_curve(sample, ADDED, MASS, ACID)
    np.testing.assert_allclose((MASS + ADDED) * curve.dic, MASS * sample.dic, rtol=1e-14)
    balance = (MASS + ADDED) * curve.alkalinity + ADDED * ACID
    np.testing.assert_allclose(balance, MASS * sample.alkalinity, rtol=1e-13)


def test_without_acid_the_cell_holds_the_sample():
    for sample in SAMPLES.values():
        curve = titration_curve(sample, 0.0, MASS, ACID, "closed", E0)
        np.testing.assert_allclose(curve.ph, sample.ph_total, rtol=1e-12)
        np.testing.assert_allclose(curve.emf, E0 - nernst_slope(24.25) * np.log(10.0) * curve.ph, rtol=1e-12)


def test_acid_lowers_ph_and_raises_emf_all_the_way():
    for cell in ("closed", "open"):
        curve = titration_curve(SAMPLES["rich"], ADDED, MASS, ACID, cell)
        assert np.all(np.diff(curve.ph) < 0)
        assert np.all(np.diff(curve.emf) > 0)


def test_an_open_cell_has_no_carbon_and_the_alkalinity_of_a_closed_one():
    both = [titration_curve(SAMPLES["plain"], ADDED, MASS, ACID, cell) for cell in ("open", "closed")]
    assert np.all(both[0].dic == 0.0)
    np.testing.assert_array_equal(both[0].alkalinity, both[1].alkalinity)


def test_acid_without_acid_dilutes_and_nothing_else():
    """Salt solution alone: constants of the free scale stay, and so does what the water holds per sample."""
    sample = SAMPLES["rich"]
    half = diluted(sample.water, 0.5)
    np.testing.assert_allclose(half.totals.borate, 0.5 * sample.water.totals.borate, rtol=1e-15)
    np.testing.assert_allclose(half.solutes.phosphate, 1e-6, rtol=1e-15)
    np.testing.assert_allclose(half.solutes.organic[0].total, 5e-6, rtol=1e-15)
    for name in ("k1", "k2", "kb", "kw", "kp2"):
        free = [getattr(w.constants, name) / w.total_to_free for w in (sample.water, half)]
        np.testing.assert_allclose(free[1], free[0], rtol=1e-14)
    np.testing.assert_array_equal(half.constants.ks, sample.water.constants.ks)


def test_a_smaller_sample_and_its_share_of_acid_give_the_same_curve():
    one = titration_curve(SAMPLES["plain"], ADDED, MASS, ACID)
    tenth = titration_curve(SAMPLES["plain"], ADDED / 10, MASS / 10, ACID)
    np.testing.assert_allclose(tenth.ph, one.ph, rtol=1e-12)


def test_noise_of_the_electrode_leaves_the_alkalinity_within_its_reach():
    """A twentieth of a millivolt on 43 points."""
    sample = SAMPLES["plain"]
    curve = titration_curve(sample, ADDED, MASS, ACID, "closed", E0)
    noise = 5e-5 * jax.random.normal(jax.random.key(3), (16, ADDED.size))

    def fitted(emf):
        return alkalinity_from_titration(ADDED, emf, MASS, ACID, sample.water, 24.25, "closed").alkalinity

    found = jax.jit(jax.vmap(fitted))(curve.emf + noise)
    assert abs(found.mean() - 2260e-6) < 2e-6
    assert 0.0 < found.std() < 4e-6


def test_what_is_no_titration_is_refused():
    with pytest.raises(InputError, match="no 'half' cell"):
        titration_curve(SAMPLES["plain"], ADDED, MASS, ACID, "half")
    with pytest.raises(InputError, match=r"use jax\.vmap"):
        alkalinity_from_titration(ADDED, ADDED[:3], MASS, ACID, SAMPLES["plain"].water, 25.0)
