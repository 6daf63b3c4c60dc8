"""Gradients through a titration and back: the alkalinity found follows the alkalinity put in, and nothing else."""

import jax
import jax.numpy as jnp
import numpy as np

from shanhai.seawater import Conditions, solve_system
from shanhai.seawater.titration import alkalinity_from_titration, titration_curve

AT = Conditions(jnp.array(25.0), jnp.array(35.0))
ADDED = jnp.linspace(0.0, 4.2e-3, 25)


def there_and_back(values):
    dic, alkalinity, standard = values
    sample = solve_system({"dic": dic, "alkalinity": alkalinity}, AT)
    curve = titration_curve(sample, ADDED, 0.14, 0.1, "closed", standard)
    return alkalinity_from_titration(ADDED, curve.emf, 0.14, 0.1, sample.water, 25.0, "closed").alkalinity


def test_alkalinity_found_follows_alkalinity_put_in():
    at = jnp.array([2000e-6, 2300e-6, 0.4])
    np.testing.assert_allclose(jax.jit(jax.grad(there_and_back))(at), [0.0, 1.0, 0.0], atol=1e-7)


def test_effect_of_the_acids_strength_equals_finite_differences():
    sample = solve_system({"dic": jnp.array(2000e-6), "alkalinity": jnp.array(2300e-6)}, AT)
    emf = titration_curve(sample, ADDED, 0.14, 0.1).emf

    @jax.jit
    def found(acid):
        return alkalinity_from_titration(ADDED, emf, 0.14, acid, sample.water, 25.0, "closed").alkalinity

    slope = (found(0.10001) - found(0.09999)) / 2e-5
    np.testing.assert_allclose(jax.jit(jax.jacfwd(found))(0.1), slope, rtol=1e-6)
    np.testing.assert_allclose(slope, 2300e-6 / 0.1, rtol=0.05)


def test_slope_of_a_curve_is_finite_at_both_ends():
    sample = solve_system({"dic": jnp.array(2000e-6), "alkalinity": jnp.array(2300e-6)}, AT)
    for cell in ("closed", "open"):
        by_acid = jax.vmap(jax.grad(lambda m, cell=cell: titration_curve(sample, m, 0.14, 0.1, cell).ph))
        slope = jax.jit(by_acid)(ADDED)
        assert np.all(np.isfinite(slope))
        assert np.all(slope < 0)
