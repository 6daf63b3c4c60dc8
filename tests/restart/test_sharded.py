"""Cells on two devices give what they give on one: networks whose cells have steps of their own, and columns."""

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import json
import shanhai, jax, jax.numpy as jnp, numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from tests.networks import soil, state
from shanhai.numerics.column import column_step
from shanhai.numerics.column_balance import Levels
from shanhai.numerics.column_laws import Conduction
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.integrate import Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock

mesh = Mesh(np.array(jax.devices()), ("cells",))

def spread(x):
    return jax.device_put(x, NamedSharding(mesh, PartitionSpec(None, "cells")))

def compared(function, x):
    one, two = jax.jit(function)(x), jax.jit(function)(spread(x))
    pairs = [(np.asarray(a, float), np.asarray(b, float)) for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(two))]
    worst = max(float(np.max(np.abs(a - b)) / (np.max(np.abs(a)) + 1e-300)) for a, b in pairs)
    return {"devices": max(len(b.sharding.device_set) for b in jax.tree.leaves(two)), "worst": worst}

network = soil(5)
def reacting(stepper):
    def run(x):
        end = integrate(stepper, network, x, jnp.asarray(1.0), 5.0, Tolerance(relative=1e-5))
        return end.x, end.extents, end.counts
    return run

def freezing(enthalpy):
    melt = jnp.where(enthalpy < 1.0, enthalpy, jnp.where(enthalpy > 2.0, enthalpy - 1.0, 1.0))
    return Levels(enthalpy, melt)

def diffusing(x):
    step = column_step(x, freezing, Conduction(0.3 * jnp.ones((x.shape[0] - 1, 1))), 0.5, top=0.1, iterations=4)
    return step.amount, step.face_fluxes

amounts = state(7, network, (16,))
heat = jnp.asarray(np.random.default_rng(1).uniform(0.0, 3.0, (9, 16)))
print(json.dumps({
    "explicit": compared(reacting(RungeKutta(3)), amounts),
    "rosenbrock": compared(reacting(Rosenbrock()), amounts),
    "column": compared(diffusing, heat),
}))
"""


@pytest.fixture(scope="module")
def found():
    two = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    run = subprocess.run([sys.executable, "-c", PROGRAM], env=two, check=True, capture_output=True, text=True)
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.parametrize("what", ["explicit", "rosenbrock", "column"])
def test_cells_on_two_devices_give_what_they_give_on_one(found, what):
    assert found[what]["devices"] == 2
    assert found[what]["worst"] <= 1e-12
