"""Laws of oxygen in soil: exact solutions of diffusion and consumption, limits, sizes, and measured respiration."""

import csv

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import norm
from tests.conftest import SHARED

from shanhai.core.errors import InputError
from shanhai.core.reactions import Network, Species
from shanhai.soil import gas_diffusivity as gas
from shanhai.soil import oxygen_in_aggregates as oxygen
from shanhai.soil.anoxic_fraction import Partition, SphereSizes, water_filled_pores

D, C0, Q = 5e-10, 0.27, 2.5e-5
SIERRA = SHARED / "soil/sidb/Sierra2017BG/timeSeries.csv"


def test_critical_radius_of_the_example():
    assert float(oxygen.critical_radius(D, C0, Q)) * 1e3 == pytest.approx(5.69, abs=5e-3)
    assert float(oxygen.slab_depth(D, C0, Q)) == pytest.approx(np.sqrt(2 * D * C0 / Q), rel=1e-15)


@pytest.mark.parametrize(("times", "volume"), [(1.0, 0.0), (2.0, 0.3057), (3.0, 0.4981)])
def test_anoxic_volume_of_spheres_of_two_and_three_critical_radii(times, volume):
    radius = times * oxygen.critical_radius(D, C0, Q)
    assert float(oxygen.anoxic_volume(radius, D, C0, Q)) == pytest.approx(volume, abs=5e-5)


def test_closed_form_solves_the_cubic_to_rounding_at_both_ends():
    wanting = 10.0 ** np.arange(-14.0, 0.0)
    u = np.concatenate([1.0 - wanting, wanting, [0.0, 0.3, 0.5, 1.0]])
    x = np.asarray(oxygen.anoxic_core(u, 1.0))
    assert np.all((x >= 0) & (x <= 1))
    assert np.allclose(1 - 3 * x**2 + 2 * x**3, u, atol=4e-16, rtol=0)
    small = np.asarray(oxygen.anoxic_core(wanting, 1.0))  # 1 - x, in its own digits: (1 - x)^2 (1 + 2 x) = u
    assert np.allclose((1 - small) ** 2 * (1 + 2 * small), wanting, rtol=1e-8, atol=3e-16)
    roots = [brentq(lambda y, v=v: 1 - 3 * y**2 + 2 * y**3 - v, 0.0, 1.0, xtol=1e-15) for v in (0.1, 0.5, 0.9)]
    assert np.allclose(oxygen.anoxic_core(jnp.array([0.1, 0.5, 0.9]), 1.0), roots, atol=1e-14)


def test_no_demand_no_core_and_no_oxygen_all_core():
    assert oxygen.anoxic_volume(jnp.array([0.0, 1.0]), D, C0, 0.0).tolist() == [0.0, 0.0]
    assert float(oxygen.anoxic_volume(1e-3, D, 0.0, Q)) == pytest.approx(1.0, abs=1e-15)
    assert float(oxygen.anoxic_volume(1e3, D, C0, Q)) == pytest.approx(1.0, abs=1e-4)


def test_profile_in_a_sphere_satisfies_diffusion_and_joins_the_core_without_a_flux():
    radius, step = 0.01, 1e-5
    core = radius * float(oxygen.anoxic_core(6 * D * C0, Q * radius**2))
    r = jnp.linspace(core * 1.05, radius - 2 * step, 7)

    def profile(r):
        return oxygen.sphere_oxygen(r, radius, D, C0, Q)

    slope = jax.vmap(jax.grad(profile))
    laplacian = jax.vmap(jax.grad(lambda r: r**2 * jax.grad(profile)(r)))(r) / r**2
    assert np.allclose(D * laplacian, Q, rtol=1e-9)
    assert float(slope(jnp.array([core * (1 + 1e-9)]))[0]) == pytest.approx(0.0, abs=1e-3)
    assert float(profile(core * (1 + 1e-9))) == pytest.approx(0.0, abs=1e-12)
    assert float(profile(radius)) == C0
    flux = 4 * np.pi * radius**2 * D * float(slope(jnp.array([radius * (1 - 1e-12)]))[0])
    assert flux == pytest.approx(Q * 4 / 3 * np.pi * (radius**3 - core**3), rel=1e-9)


def test_profile_in_a_small_sphere_and_in_a_slab():
    assert float(oxygen.sphere_oxygen(0.0, 2e-3, D, C0, Q)) == pytest.approx(C0 - Q * 4e-6 / (6 * D))
    reach = float(oxygen.slab_depth(D, C0, Q))
    c = oxygen.slab_oxygen(jnp.array([0.0, reach / 2, reach, 2 * reach]), D, C0, Q)
    assert c.tolist() == pytest.approx([C0, C0 / 4, 0.0, 0.0], abs=1e-15)


@pytest.mark.parametrize(("phi", "eta"), [(1.0, 0.93911), (3.0, 0.67164), (10.0, 0.27000)])
def test_effectiveness_and_centre_of_first_order_consumption(phi, eta):
    assert float(oxygen.effectiveness(phi**2)) == pytest.approx(eta, abs=5e-6)
    assert float(oxygen.centre_concentration(phi**2)) == pytest.approx(phi / np.sinh(phi), rel=1e-14)


def test_series_and_closed_form_meet_and_large_moduli_do_not_overflow():
    edge = 0.04
    for f in (oxygen.effectiveness, oxygen.centre_concentration):
        below, above = f(edge * (1 - 1e-12)), f(edge)
        assert float(below) == pytest.approx(float(above), rel=2e-13)
        slopes = [float(jax.grad(f)(m)) for m in (0.0, edge * (1 - 1e-9), edge)]
        assert slopes[1] == pytest.approx(slopes[2], rel=1e-9)
    assert float(jax.grad(oxygen.effectiveness)(0.0)) == pytest.approx(-1 / 15)
    assert float(jax.grad(oxygen.centre_concentration)(0.0)) == pytest.approx(-1 / 6)
    huge = jnp.array([1e6, 1e12, 1e200])
    assert np.allclose(oxygen.effectiveness(huge), 3 / np.sqrt(huge) - 3 / huge, rtol=1e-12)
    assert np.all(np.isfinite(jax.vmap(jax.grad(oxygen.centre_concentration))(huge)))


@pytest.mark.parametrize(("median", "spread", "error"), [(4e-3, 0.7, 1e-10), (0.1, 0.5, 1e-10), (8e-3, 0.3, 1e-6)])
def test_fraction_of_a_distribution_of_sizes_equals_its_integral(median, spread, error):
    volume = jax.jit(lambda log_radius: oxygen.anoxic_volume(jnp.exp(log_radius), D, C0, Q))
    start = float(jnp.log(oxygen.critical_radius(D, C0, Q)))
    end = max(start, np.log(median)) + 8 * spread
    direct = quad(
        lambda y: float(volume(y)) * norm.pdf(y, np.log(median), spread), start, end, epsabs=1e-12, limit=200
    )[0]
    assert float(SphereSizes(median, spread).anoxic(D, C0, Q)) == pytest.approx(direct, abs=error)


def test_fraction_of_almost_one_size_is_that_of_one():
    narrow = SphereSizes(0.0114, 0.1).anoxic(D, C0, Q)
    assert float(narrow) == pytest.approx(float(oxygen.anoxic_volume(0.0114, D, C0, Q)), abs=5e-3)


def test_fraction_of_a_distribution_grows_with_demand_from_none_to_all():
    sinks = jnp.array([0.0, 1e-7, 1e-6, 1e-5, 1e-4, 1e-2, 1e3])
    f = np.asarray(SphereSizes().anoxic(D, C0, sinks))
    assert f[0] == 0.0
    assert np.all(np.diff(f) > 0)
    assert f[-1] == pytest.approx(1.0, abs=1e-3)
    assert float(SphereSizes().anoxic(D, 0.0, Q)) == 1.0


def test_a_partition_is_found_even_for_a_step():
    filled = jnp.linspace(0.3, 1.0, 71)
    step = Partition.fitted(filled, jnp.where(filled > 0.645, 1.0, 0.0))
    assert float(step.critical) == pytest.approx(0.645, abs=0.01)
    assert float(step.steepness) > 300


def test_partition_is_monotone_tends_to_one_and_is_fitted_to_the_sizes():
    filled = jnp.linspace(0.05, 1.0, 40)
    assert np.all(np.diff(Partition().anoxic(filled)) > 0)
    assert float(Partition().anoxic(1.0)) > 0.999
    porosity, temperature, depth = 0.5, 288.15, 0.1
    diffusivity = gas.oxygen_in_soil(filled * porosity, porosity, temperature)
    air = oxygen.slab_oxygen(depth, diffusivity, gas.oxygen_in_air(temperature), 2e-5)
    water = air * gas.oxygen_solubility(temperature)
    fraction = SphereSizes().anoxic(D, water, Q)
    assert np.all(np.diff(fraction) >= 0)
    fitted = Partition.fitted(filled, fraction)
    assert 0.6 < float(fitted.critical) < 0.95

    def misfit(critical, steepness):
        return float(jnp.sum((Partition(critical, steepness).anoxic(filled) - fraction) ** 2))

    least = misfit(fitted.critical, fitted.steepness)
    for c, s in ((1.01, 1.0), (0.99, 1.0), (1.0, 1.05), (1.0, 0.95)):
        assert misfit(fitted.critical * c, fitted.steepness * s) > least
    with pytest.raises(InputError, match="make no fit"):
        Partition.fitted(jnp.ones(3), jnp.ones(2))


def test_diffusivities_vanish_without_air_and_through_air_they_dominate():
    assert float(gas.relative_diffusivity_millington1961(0.0, 0.5)) == 0.0
    assert float(gas.relative_diffusivity_moldrup2003(0.0, 0.5, 5.0)) == 0.0
    assert float(gas.relative_diffusivity_millington1961(0.5, 0.5)) == pytest.approx(0.5 ** (4 / 3))
    assert float(gas.relative_diffusivity_moldrup2003(0.2, 0.5, 5.0)) == pytest.approx(0.2**2 * 0.4**0.6)
    d = gas.oxygen_in_soil(jnp.array([0.0, 0.25, 0.5]), 0.5, 298.15)
    assert float(d[0] / d[2]) > 1e4
    assert float(water_filled_pores(0.25, 0.5)) == 0.5


def test_microsite_balances_diffusion_and_consumption_at_every_demand():
    demand = jnp.array([0.0, 1e-9, 1e-6, 2.6e-5, 1e-3, 1e3])
    c = oxygen.microsite_oxygen(C0, 1e-4, demand, 0.01)
    assert float(c[0]) == C0
    assert np.allclose(1e-4 * (C0 - c), demand * c / (0.01 + c), rtol=1e-9, atol=1e-18)
    assert float(oxygen.microsite_oxygen(C0, 0.0, Q, 0.01)) == 0.0
    assert float(oxygen.microsite_oxygen(0.0, 1e-4, Q, 0.01)) == 0.0


def test_half_saturation_outside_is_larger_by_what_diffusion_takes():
    apparent = oxygen.apparent_half_saturation(1e-4, Q, 0.003)
    assert float(oxygen.oxygen_limitation(apparent, 1e-4, Q, 0.003)) == pytest.approx(0.5, abs=1e-14)
    assert float(apparent) > 40 * 0.003
    ratio = (1.0 / (0.8 + 1.0)) / (20.0 / (0.8 + 20.0))
    assert float(oxygen.half_saturation_of_ratio(ratio, 1.0, 20.0)) == pytest.approx(0.8)


def test_gas_exchange_goes_to_equilibrium_with_the_air():
    carriers = (Species("oxygen", {"O2": 1.0}), Species("air", {"O2": 1.0}, external=True))
    network = Network(carriers, gas.exchange("oxygen", "air", 0.5, 1.8))
    assert network.tendency(jnp.array([1.8, 0.0])).tolist() == [0.0, 0.0]
    assert network.tendency(jnp.array([0.0, 0.0])).tolist() == pytest.approx([0.9, -0.9])
    assert len(gas.exchange("oxygen", "air", 0.5)) == 1


@pytest.mark.skipif(not SIERRA.is_file(), reason="shared data are not here")
def test_measured_respiration_at_low_oxygen_shows_a_half_saturation_of_half_to_one_percent():
    with SIERRA.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    total = {name: sum(float(r[name]) for r in rows) for name in rows[0] if name.startswith("TMO")}
    ratios = {name: total[name] / total[name[:-1] + "20"] for name in total if name.endswith("_1")}
    assert len(ratios) == 8
    assert all(0.50 < q < 0.68 for q in ratios.values()), ratios
    k = oxygen.half_saturation_of_ratio(jnp.array(list(ratios.values())), 1.0, 20.0)  # % O2
    assert np.all((k > 0.5) & (k < 1.12))
    literal = (1 / 13.1) / (20 / 32.1)  # a half-saturation of 12.1 % put into the headspace
    assert literal == pytest.approx(0.12, abs=5e-3)
    assert max(ratios.values()) > 4 * literal
