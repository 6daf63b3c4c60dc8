"""Gradients of oxygen and nitrogen in soil equal finite differences, and are finite where something is not there."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.reactions import Network, Species
from shanhai.numerics.explicit import RungeKutta
from shanhai.soil import (
    ammonia,
    denitrification,
    gas_diffusivity,
    losses,
    nitrification,
    nitrogen_fixation,
    oxygen_in_aggregates,
)
from shanhai.soil.anoxic_fraction import Partition, SphereSizes

SIZES = SphereSizes()
CASES = {
    "anoxic volume": (oxygen_in_aggregates.anoxic_volume, (0.01, 5e-10, 0.27, 2.5e-5)),
    "oxygen in a sphere": (oxygen_in_aggregates.sphere_oxygen, (0.008, 0.01, 5e-10, 0.27, 2.5e-5)),
    "oxygen in a slab": (oxygen_in_aggregates.slab_oxygen, (1e-3, 5e-10, 0.27, 2.5e-5)),
    "effectiveness": (oxygen_in_aggregates.effectiveness, (3.0,)),
    "effectiveness of small spheres": (oxygen_in_aggregates.effectiveness, (0.02,)),
    "centre": (oxygen_in_aggregates.centre_concentration, (3.0,)),
    "limitation": (oxygen_in_aggregates.oxygen_limitation, (0.2, 1e-4, 2.5e-5, 0.01)),
    "limitation under high demand": (oxygen_in_aggregates.oxygen_limitation, (0.2, 1e-4, 2.5e-3, 0.01)),
    "anoxic fraction": (SIZES.anoxic, (5e-10, 0.27, 2.5e-5)),
    "partition": (Partition().anoxic, (0.7,)),
    "diffusivity": (gas_diffusivity.oxygen_in_soil, (0.3, 0.5, 288.0)),
    "Moldrup": (gas_diffusivity.relative_diffusivity_moldrup2003, (0.2, 0.5, 5.0)),
    "capacity": (gas_diffusivity.oxygen_capacity, (0.3, 0.5, 288.0)),
    "pH factor": (nitrification.ph_factor, (5.5,)),
    "denitrification": (denitrification.potential_del_grosso2000, (1.0, 3e-6, 1300.0, 0.1)),
    "ratio of gases": (denitrification.dinitrogen_per_nitrous_oxide, (1.0, 1e-5, 1300.0, 0.8, 0.02, 0.1)),
    "ammonia": (ammonia.ammonia_gas, (1.0, 290.0, 7.0, 0.25, 0.5, 3.0)),
    "losses": (lambda n, a, b, dt: losses.competing_losses(n, (a, b), dt)[0], (2.0, 1e-6, 3e-6, 1e5)),
    "leaching": (losses.leaching_rate, (1e-8, 0.3, 0.1, 1200.0, 1e-3)),
    "cost of fixation": (nitrogen_fixation.FixationCost().molar, (285.0,)),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients_equal_finite_differences(name):
    function, arguments = CASES[name]
    slopes = jax.grad(lambda a: function(*a))(arguments)
    for k, (value, slope) in enumerate(zip(arguments, slopes)):
        if name in ("denitrification", "ratio of gases") and k == len(arguments) - 1:
            continue  # the width is a choice
        high, low = (
            float(function(*(v * (1 + s) if i == k else v for i, v in enumerate(arguments)))) for s in (1e-5, -1e-5)
        )
        scale = max(abs(high), abs(low))
        assert float(slope) * value == pytest.approx((high - low) / 2e-5, rel=1e-6, abs=1e-9 * scale), k


EDGES = {
    "no oxygen": (oxygen_in_aggregates.anoxic_volume, (0.01, 5e-10, 0.0, 2.5e-5)),
    "no sink": (oxygen_in_aggregates.anoxic_volume, (0.01, 5e-10, 0.27, 0.0)),
    "no sphere": (oxygen_in_aggregates.anoxic_volume, (0.0, 5e-10, 0.27, 2.5e-5)),
    "critical sphere": (oxygen_in_aggregates.anoxic_volume, (1.0, 1.0, 1.0, 6.0)),
    "centre of a sphere": (oxygen_in_aggregates.sphere_oxygen, (0.0, 2e-3, 5e-10, 0.27, 2.5e-5)),
    "core": (oxygen_in_aggregates.sphere_oxygen, (0.0, 0.01, 5e-10, 0.27, 2.5e-5)),
    "slab without oxygen": (oxygen_in_aggregates.slab_oxygen, (1e-3, 5e-10, 0.0, 2.5e-5)),
    "no consumption": (oxygen_in_aggregates.effectiveness, (0.0,)),
    "all consumed": (oxygen_in_aggregates.centre_concentration, (1e200,)),
    "microsite without oxygen": (oxygen_in_aggregates.oxygen_limitation, (0.0, 1e-4, 2.5e-5, 0.01)),
    "microsite without demand": (oxygen_in_aggregates.oxygen_limitation, (0.2, 1e-4, 0.0, 0.01)),
    "microsite cut off": (oxygen_in_aggregates.oxygen_limitation, (0.2, 0.0, 2.5e-5, 0.01)),
    "sizes without oxygen": (SIZES.anoxic, (5e-10, 0.0, 2.5e-5)),
    "sizes without sink": (SIZES.anoxic, (5e-10, 0.27, 0.0)),
    "saturated": (gas_diffusivity.oxygen_in_soil, (0.5, 0.5, 288.0)),
    "dry": (gas_diffusivity.oxygen_in_soil, (0.0, 0.5, 288.0)),
    "frozen": (gas_diffusivity.oxygen_in_soil, (0.02, 0.3, 253.0)),
    "saturated, Moldrup": (gas_diffusivity.relative_diffusivity_moldrup2003, (0.0, 0.5, 5.0)),
    "no nitrate": (denitrification.potential_del_grosso2000, (0.0, 3e-6, 1300.0)),
    "no respiration": (denitrification.potential_del_grosso2000, (1.0, 0.0, 1300.0)),
    "neither": (denitrification.potential_del_grosso2000, (0.0, 0.0, 1300.0)),
    "gases without nitrate": (denitrification.dinitrogen_per_nitrous_oxide, (0.0, 1e-5, 1300.0, 0.8, 0.02)),
    "gases without respiration": (denitrification.dinitrogen_per_nitrous_oxide, (1.0, 0.0, 1300.0, 0.8, 0.02)),
    "gases of nothing": (denitrification.dinitrogen_per_nitrous_oxide, (0.0, 0.0, 1300.0, 0.0, 0.2)),
    "dry ammonia": (ammonia.ammonia_gas, (1.0, 290.0, 7.0, 0.0, 0.5)),
    "saturated ammonia": (ammonia.ammonia_gas, (1.0, 290.0, 7.0, 0.5, 0.5)),
    "frozen ammonia": (ammonia.ammonia_gas, (0.0, 255.0, 7.0, 0.02, 0.3)),
    "no loss": (lambda n, a, b, dt: losses.competing_losses(n, (a, b), dt)[0], (2.0, 0.0, 0.0, 1e5)),
    "leaching of dry soil": (losses.leaching_rate, (0.0, 0.0, 0.1, 1200.0, 0.0)),
    "dissolved in dry soil": (losses.dissolved_share, (0.0, 1200.0, 1e-3)),
    "frozen fixation": (nitrogen_fixation.FixationCost().molar, (240.0,)),
}


@pytest.mark.parametrize("name", EDGES)
def test_gradients_are_finite_where_something_is_not_there(name):
    function, arguments = EDGES[name]
    assert np.isfinite(float(function(*arguments)))
    assert np.all(np.isfinite(jax.grad(lambda a: function(*a))(arguments)))


def test_slopes_at_nothing_are_those_of_the_first_little():
    assert float(jax.grad(lambda r: losses.competing_losses(2.0, (r, 0.0), 1e5)[0])(0.0)) == pytest.approx(2e5)
    limited = jax.grad(oxygen_in_aggregates.oxygen_limitation)(0.0, 1e-4, 2.5e-5, 0.01)
    little = oxygen_in_aggregates.oxygen_limitation(1e-9, 1e-4, 2.5e-5, 0.01) / 1e-9
    assert float(limited) == pytest.approx(float(little), rel=1e-6)


def test_fit_of_the_partition_has_derivatives_by_the_fractions():
    w = jnp.linspace(0.3, 1.0, 12)
    base = Partition(0.7, 15.0).anoxic(w) + 0.03 * jnp.sin(9.0 * w)

    def critical(change):
        return Partition.fitted(w, base + change * w**2).critical

    run = jax.jit(critical)
    by_difference = (run(1e-4) - run(-1e-4)) / 2e-4
    assert float(jax.jit(jax.grad(critical))(0.0)) == pytest.approx(float(by_difference), rel=1e-6)


def test_gradient_of_nitrous_oxide_through_a_run_by_speed_and_by_empty_pools():
    names = denitrification.CHAIN
    species = (
        *nitrification.mineral_nitrogen(*names, external=("dinitrogen",)),
        Species("sugar", {"C": 1.0}),
        Species("co2", {"C": 1.0}, external=True),
    )
    speeds = tuple(lambda x, v, k=k: v[k] for k in range(4))
    steps = denitrification.chain(speeds, donor="sugar", oxygen=None)
    v = jnp.array([2e-5, 3e-5, 3e-5, 1e-5])
    network = Network(species, steps, sample=v)

    def left(x, v):
        def advance(x, _):
            return RungeKutta(3)(network, x, v, 2e3).x, None

        return jax.lax.scan(advance, x, length=10)[0][3]

    x = jnp.array([1.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0])
    run, slopes = jax.jit(left), jax.jit(jax.grad(left, (0, 1)))
    by_x, by_v = slopes(x, v)
    assert np.all(np.isfinite(by_x))
    assert float(by_x[3]) > 0.1
    for k in range(4):
        h = v[k] * 1e-5
        difference = (run(x, v.at[k].add(h)) - run(x, v.at[k].add(-h))) / (2 * h)
        assert float(by_v[k]) == pytest.approx(float(difference), rel=1e-6), k
