"""Gradients of the equilibrium constants: finite without salt, and equal to finite differences."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.seawater.constants import PRESETS, ConstantOptions, Constants, equilibrium_constants, totals

SETS = {
    **{name: PRESETS[name] for name in ("default", "peng", "pure_water")},
    "others": ConstantOptions(
        sulfate="waters_millero_2013",
        fluoride="dickson_riley_1979",
        boron="kulinski_2018",
        ammonia="yao_millero_1995",
        nitrite="borer_2024_fresh",
        co2_pressure="weiss_1974",
    ),
    "guide": ConstantOptions(sulfate="khoo_1977", fluoride="perez_fraga_1987", convention="guide"),
}


STEPS = np.array([1e-4, 1e-4, 1e2])
PLACES = np.array([(20.0, 35.0, 1e7), (-1.9, 33.0, 1e8), (44.0, 48.0, 1e4), (10.0, 0.0, 2e7)])  # the last without salt


def logarithms(at, options):
    """ln of all constants at (t, S, P); acids left out count as one."""
    k = jnp.stack(equilibrium_constants(*at, options))
    return jnp.log(jnp.where(k == 0.0, 1.0, k))


@functools.partial(jax.jit, static_argnums=1)
def values_and_gradients(at, options):
    """The logarithms at many places, and their forward derivatives."""
    return jax.vmap(lambda one: (logarithms(one, options), jax.jacfwd(logarithms)(one, options)))(at)


@pytest.mark.parametrize("name", SETS)
def test_gradients_are_finite_and_equal_finite_differences(name):
    """Where there is no salt the gradient to salinity is finite only; its true value is infinite."""
    places = PLACES[:3] if name == "peng" else PLACES  # the GEOSECS solubility has no value without salt
    shifts = np.concatenate([np.zeros((1, 3)), np.diag(STEPS), -np.diag(STEPS)])
    found, exact = values_and_gradients((places + shifts[:, None, :]).reshape(-1, 3), SETS[name])
    found = found.reshape(7, len(places), -1)
    exact = exact[: len(places)] * STEPS
    numerical = np.moveaxis((found[1:4] - found[4:]) / 2.0, 0, -1)
    assert np.all(np.isfinite(exact))
    salty = np.broadcast_to((places[:, 1:2] > 0.0) | (np.arange(3) != 1), places.shape)[:, None, :]
    np.testing.assert_allclose(np.where(salty, exact, 0.0), np.where(salty, numerical, 0.0), rtol=1e-5, atol=1e-12)


def test_reverse_gradient_and_second_derivative_are_finite_without_salt():
    chosen = np.array([Constants._fields.index(name) for name in ("kb", "kw", "knh3", "ksp_calcite")])

    def total(at):
        k = equilibrium_constants(*at)
        return sum(jnp.log(k[i]) for i in chosen)

    gradient, second = jax.jit(lambda at: jax.jvp(jax.grad(total), (at,), (STEPS,)))(PLACES[3])
    forward = values_and_gradients(np.tile(PLACES, (7, 1)), ConstantOptions())[1][3][chosen].sum(axis=0)
    np.testing.assert_allclose(gradient, forward, rtol=1e-10)
    assert np.all(np.isfinite(second))


def test_acids_left_out_have_zero_gradient():
    def everything(at):
        k = equilibrium_constants(*at, PRESETS["geosecs"])
        return k.kw + k.kp1 + k.ksi

    assert np.all(jax.grad(everything)(np.array([10.0, 35.0, 2e7])) == 0.0)


def test_totals_have_constant_slope():
    slopes = jax.jacfwd(lambda s: jnp.stack(totals(s)))
    np.testing.assert_allclose(slopes(0.0), slopes(35.0), rtol=1e-15)
