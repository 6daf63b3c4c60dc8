"""Observed order of the vertical column against exact solutions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import erf, erfc

from shanhai.numerics.column import column_step, two_stage_step
from shanhai.numerics.column_balance import Levels
from shanhai.numerics.column_laws import AdvectionConduction, Conduction, Line, LinearStore


def slope(sizes, errors):
    return np.polyfit(np.log(sizes), np.log(errors), 1)[0]


def centres(n, depth=1.0):
    return (np.arange(n) + 0.5) * depth / n


def march(step, amount, closure, faces, dt, steps, **given):
    """Many steps of equal length."""

    def one(a, _):
        return step(a, closure, faces, dt, **given).amount, None

    return jax.jit(lambda a: jax.lax.scan(one, a, None, length=steps)[0])(jnp.asarray(amount))


@pytest.mark.parametrize(("step", "order"), [(column_step, 1), (two_stage_step, 2)], ids=["euler", "two stages"])
def test_order_in_time_against_the_exact_decay_of_the_discrete_wave(step, order):
    """cos(pi z) between closed ends is an eigenvector of the levels, with a known eigenvalue."""
    n, time = 16, 0.2
    rate = 4.0 * n**2 * np.sin(np.pi / (2 * n)) ** 2
    wave, counts = np.cos(np.pi * centres(n)), np.array([8, 16, 32])
    store, faces = LinearStore(jnp.full(n, 1.0 / n)), Conduction(jnp.full(n - 1, float(n)))
    found = [march(step, wave / n, store, faces, time / k, int(k), iterations=1) for k in counts]
    errors = [np.abs(f * n - wave * np.exp(-rate * time)).max() for f in found]
    assert slope(counts, errors) == pytest.approx(-order, abs=0.12)


def test_order_in_space_is_two():
    sizes, time, steps = np.array([8, 16, 32]), 0.1, 400
    errors = []
    for n in sizes:
        wave = np.cos(np.pi * centres(n))
        store, faces = LinearStore(jnp.full(int(n), 1.0 / n)), Conduction(jnp.full(int(n) - 1, float(n)))
        found = march(two_stage_step, wave / n, store, faces, time / steps, steps, iterations=1) * n
        errors.append(np.sqrt(np.mean((found - wave * np.exp(-(np.pi**2) * time)) ** 2)))
    assert slope(sizes, errors) == pytest.approx(-2, abs=0.1)


def test_heat_entering_a_cold_half_space_converges_to_erfc():
    """A surface held at 1: T = erfc(z / sqrt(4 k t)), refined in space and time together."""
    time, errors, sizes = 0.01, [], np.array([20, 40, 80])
    for n in sizes:
        store, faces = LinearStore(jnp.full(int(n), 1.0 / n)), Conduction(jnp.full(int(n) - 1, float(n)))
        top = Line(2.0 * n, -2.0 * n)
        steps = int(n) * 4
        found = march(two_stage_step, np.zeros(n), store, faces, time / steps, steps, top=top, iterations=1) * n
        errors.append(np.abs(found - erfc(centres(n) / np.sqrt(4 * time))).max())
    assert slope(sizes, errors) < -1.8


N = 12


@jax.jit
def steady(velocity):
    """Levels between c = 0 above and c = 1 below, half a level away, after steps much longer than they need."""
    ends = AdvectionConduction(jnp.array(2.0 * N), velocity)
    return march(
        column_step,
        jnp.zeros(N),
        LinearStore(jnp.full(N, 1 / N)),
        AdvectionConduction(jnp.full(N - 1, 1.0 * N), jnp.full(N - 1, velocity)),
        1e3,
        4,
        top=lambda level: ends(Levels(0.0, 0.0), level),
        bottom=lambda level: ends(level, Levels(0.0, 1.0)),
        iterations=1,
    )


@pytest.mark.parametrize("peclet", [-3000.0, -30.0, -1.0, 0.0, 1e-6, 5.0, 3000.0])
def test_steady_advection_with_diffusion_is_the_exact_exponential_profile(peclet):
    """At every centre, whatever the cell Peclet number."""
    z = centres(N)
    if peclet > 0:
        exact = np.exp(peclet * (z - 1)) * np.expm1(-peclet * z) / np.expm1(-peclet)
    else:
        exact = np.expm1(peclet * z) / np.expm1(peclet) if peclet < 0 else z
    np.testing.assert_allclose(steady(peclet) * N, exact, atol=1e-6 if abs(peclet) < 1e-5 else 1e-9)


def stefan_front(n, steps, time, iterations=12):
    """Depth of frozen ground below a surface at -10 K, from latent heat spent; and where it should be."""
    conductivity, latent, capacity, cold, depth = 2.0, 3e8, 2e6, 10.0, 1.0
    dz = depth / n

    def closure(heat):
        dense = heat / dz
        return Levels(heat, jnp.where(dense > 0, dense, jnp.minimum(dense + latent, 0.0)) / capacity)

    faces = Conduction(jnp.full(n - 1, conductivity / dz))
    top = Line(-cold * 2 * conductivity / dz, -2 * conductivity / dz)
    heat = march(column_step, np.zeros(n), closure, faces, time / steps, steps, top=top, iterations=iterations)
    front = np.clip(-heat / dz / latent, 0, 1).sum() * dz
    number = capacity * cold / latent
    root = brentq(lambda x: x * np.exp(x * x) * erf(x) - number / np.sqrt(np.pi), 1e-6, 3)
    return front, 2 * root * np.sqrt(conductivity / capacity * time)


def test_a_freezing_front_converges_to_stefan():
    sizes, time = np.array([10, 20, 40, 80]), 20 * 86400.0
    errors = []
    for n in sizes:
        front, exact = stefan_front(int(n), int(n) ** 2 // 4, time)
        errors.append(abs(front - exact) / exact)
    assert slope(sizes, errors) < -0.9
    assert errors[-1] < 1e-3


def test_a_freezing_front_needs_no_small_step():
    """A step in which the front crosses several levels is solved, not limited."""
    front, exact = stefan_front(50, 10, 20 * 86400.0, iterations=25)
    assert front == pytest.approx(exact, rel=5e-3)


def test_a_degenerate_diffusion_spreads_as_barenblatt_says():
    """u_t = (u^2)_xx: a hill with a sharp edge beyond which nothing moves, mass in L1."""
    sizes, begin, end = np.array([20, 40, 80]), 1.0, 3.0

    def exact(x, t):
        return t ** (-1 / 3) * np.maximum(1.0 - x**2 * t ** (-2 / 3) / 12.0, 0.0)

    errors = []
    for n in sizes:
        dx, steps = 8.0 / n, int(n)
        edges = np.linspace(0.0, 8.0, 8 * int(n) + 1)
        fine = 0.5 * (edges[1:] + edges[:-1])
        mass = [exact(fine, t).reshape(int(n), 8).mean(axis=1) * dx for t in (begin, end)]
        faces = Conduction(jnp.full(int(n) - 1, 1 / dx))

        def closure(amount, dx=dx):
            return Levels(amount, (amount / dx) ** 2)

        found = march(column_step, mass[0], closure, faces, (end - begin) / steps, steps, iterations=8)
        found = np.asarray(found)
        assert np.all(found >= 0)
        assert found.sum() == pytest.approx(mass[0].sum(), rel=1e-13)
        errors.append(np.abs(found - mass[1]).sum())
    assert slope(sizes, errors) < -0.9
