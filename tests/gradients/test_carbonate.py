"""Gradients of the carbonate system: finite differences, every transformation, implicit as unrolled."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.waters import random_known

from shanhai.seawater import carbonate
from shanhai.seawater.co2system import solver
from shanhai.seawater.co2system.acids import OrganicAcid, Solutes
from shanhai.seawater.co2system.carbonate import Request, _tiled
from shanhai.seawater.co2system.given import KINDS, reduced, solve_system
from shanhai.seawater.co2system.pairs import AMOUNTS, solve
from shanhai.seawater.co2system.solver import Problem
from shanhai.seawater.co2system.system import CarbonateSystem, Conditions, water
from shanhai.seawater.constants import ConstantOptions

NAMES = ("first", "second", "temperature", "salinity", "pressure", *Solutes._fields[:5], "organic", "pk")
STEPS = np.array([1e-3, 1e-3, 1e-2, 1e-2, 1e5, *[1e-2] * 5, 1e-2, 1e-3])  # of DIC and alkalinity: relative
MICRO = 1e-6


def system(pair, x):
    """A system from a vector of inputs in the order of `NAMES`; amounts of acids in umol kg-1."""
    acids = Solutes(*(x[5:10] * MICRO), (OrganicAcid(x[10] * MICRO, 10.0 ** -x[11]),))
    return solve_system(dict(zip(pair, x[:2])), Conditions(x[2], x[3], x[4]), acids)


def logs(pair, x):
    s = system(pair, x)
    return jnp.stack([s.ph_total, jnp.log(s.dic), s.alkalinity * 1e3, jnp.log(s.pco2)])


FORWARD = jax.jit(logs, static_argnums=0)
MANY = jax.jit(jax.vmap(logs, (None, 0)), static_argnums=0)
EXACT = jax.jit(jax.jacfwd(logs, argnums=1), static_argnums=0)
PLACES = np.array([-4.0, -3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 4.0])
WEIGHTS = np.array([1 / 280, -4 / 105, 1 / 5, -4 / 5, 4 / 5, -1 / 5, 4 / 105, -1 / 280])


def differences(pair, x, steps):
    """Central differences of eighth order by every input, in units of the step."""
    shifts = PLACES[None, :, None] * np.diag(steps)[:, None, :]
    values = MANY(pair, (x + shifts).reshape(-1, len(x))).reshape(len(x), len(PLACES), -1)
    return np.einsum("p,xpo->ox", WEIGHTS, values)


ACIDS = (1.0, 20.0, 3.0, 2.0, 1.0, 30.0, 5.5)
STATES = {
    "ordinary": (2.0e-3, 2.3e-3, 18.0, 35.0, 0.0, *ACIDS),
    "deepest": (2.2e-3, 2.4e-3, 2.0, 34.7, 1e8, *ACIDS),
    "freezing": (2.1e-3, 2.3e-3, -2.0, 33.0, 1e6, *ACIDS),
    "hot": (2.0e-3, 2.3e-3, 45.0, 48.0, 1e6, *ACIDS),
    "nearly no carbon": (1e-9, 1.0e-3, 18.0, 35.0, 0.0, *ACIDS),
    "acid": (2.0e-3, -1.0e-3, 18.0, 35.0, 0.0, *ACIDS),
    "nearly fresh": (1.0e-3, 1.05e-3, 10.0, 0.01, 0.0, *ACIDS),
    "fresh": (1.0e-3, 1.05e-3, 10.0, 0.0, 0.0, *ACIDS),
}
DIC_ALKALINITY = ("dic", "alkalinity")


def steps_of(x):
    steps = STEPS.copy()
    steps[:2] *= np.abs(x[:2])
    if x[3] < 1.0:
        steps[3] = x[3] / 100.0
    return steps


def assert_gradients_are_differences(pair, x, inputs=slice(None)):
    steps = steps_of(x)
    exact, other = np.asarray(EXACT(pair, x)) * steps, differences(pair, x, steps)
    size = np.maximum(np.abs(other), 1e-6 * np.max(np.abs(other), axis=1, keepdims=True))
    assert np.all(np.isfinite(exact))
    error = (np.abs(exact - other) - 3e-14 * (1.0 + np.abs(FORWARD(pair, x))[:, None])) / size
    assert np.max(error[:, inputs]) < 1e-6, np.argwhere(error > 1e-6)


@pytest.mark.parametrize("state", STATES)
def test_every_input_has_its_slope(state):
    """At S = 0 for every input but salinity, where the slope of its square root is infinite."""
    without = [i for i, name in enumerate(NAMES) if name != "salinity" or state != "fresh"]
    assert_gradients_are_differences(DIC_ALKALINITY, np.array(STATES[state]), without)


COVER = [p for p in itertools.combinations(AMOUNTS, 2) if p != DIC_ALKALINITY]
LN_KS = ("k1", "k2", "kb", "kw", "ks", "kf", "kp2", "ksi", "knh3")
SEA = jax.jit(lambda: water(Conditions(18.0, 35.0, 2e7), Solutes(*(np.array(ACIDS[:5]) * MICRO)), ConstantOptions()))()


def solved(pair, x):
    """ln [H] and ln DIC from the logarithms of two amounts, some constants and every solute."""
    k = {name: getattr(SEA.constants, name) * jnp.exp(x[2 + i]) for i, name in enumerate(LN_KS)}
    solutes = Solutes(*(y * jnp.exp(x[2 + len(LN_KS) + i]) for i, y in enumerate(SEA.solutes[:5])))
    of = SEA._replace(constants=SEA.constants._replace(**k), solutes=solutes)
    found = solve(dict(zip(pair, jnp.exp(x[:2]))), of)
    return jnp.stack([jnp.log(found.h), jnp.log(found.dic)])


@pytest.mark.parametrize("pair", COVER, ids="-".join)
def test_every_pair_has_its_slopes(pair):
    h, dic = jnp.asarray(1e-8), jnp.asarray(2e-3)
    s = CarbonateSystem(h, dic, jnp.zeros((), jnp.int8), SEA, Conditions(18.0, 35.0), ConstantOptions(), ())
    x = jnp.zeros(2 + len(LN_KS) + 5).at[:2].set(jnp.log(jnp.stack([getattr(s, name) for name in pair])))
    both = jax.jit(lambda y: (jax.jacfwd(solved, argnums=1)(pair, y), solved(pair, y)))
    many = jax.jit(jax.vmap(lambda y: solved(pair, y)))
    step = 1e-3
    shifts = PLACES[None, :, None] * step * np.eye(x.size)[:, None, :]
    values = many((x + shifts).reshape(-1, x.size)).reshape(x.size, len(PLACES), 2)
    exact, here = both(x)
    np.testing.assert_allclose(here, jnp.log(jnp.stack([h, dic])), rtol=1e-12)
    np.testing.assert_allclose(exact, np.einsum("p,xpo->ox", WEIGHTS, values) / step, rtol=1e-6, atol=1e-9)


def test_every_quantity_stands_for_its_amount_with_its_slopes():
    """Through the constants, scales and gas laws that make an amount of what is measured."""

    def amounts(x):
        at = Conditions(x[0], x[1], x[2], x[3])
        of = water(at, Solutes(), ConstantOptions())
        values = {"ph": 8.0, "pc": 40.0, "fc": 40.0, "xc": 4e-4, "om": 3.0}
        kinds = [kind for kind in KINDS if kind[:2] in values]
        return jnp.stack([jnp.log(reduced(k, values[k[:2]] * (1.0 + x[4]), of, at, ConstantOptions())) for k in kinds])

    x, steps = np.array([18.0, 35.0, 2e7, 1e5, 0.0]), np.array([1e-2, 1e-2, 1e5, 1e3, 1e-3])
    shifts = PLACES[None, :, None] * np.diag(steps)[:, None, :]
    values = jax.jit(jax.vmap(amounts))((x + shifts).reshape(-1, 5)).reshape(5, len(PLACES), -1)
    exact = jax.jit(jax.jacfwd(amounts))(x) * steps
    np.testing.assert_allclose(exact, np.einsum("p,xpo->ox", WEIGHTS, values), rtol=1e-6, atol=1e-13)


def test_without_any_carbon_gradients_are_finite_and_the_limit():
    def values(dic):
        s = solve_system({"dic": dic, "alkalinity": 2.3e-3}, Conditions(18.0, 35.0))
        return jnp.stack([s.ph_total, s.alkalinity, s.pco2, s.carbonate])

    slope = jax.jit(jax.jacfwd(values))
    none, little = slope(0.0), slope(1e-12)
    np.testing.assert_allclose(none, little, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(jax.jit(jax.jacrev(values))(0.0), none, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("known", ["dic", "co2", "bicarbonate", "carbonate"])
def test_implicit_derivative_is_that_of_unrolled_newton(known):
    """Twelve plain Newton steps from the solution, differentiated step by step."""
    s = random_known(300, seed=3).system
    amount = getattr(s, known)

    def problem(shift):
        k = s.water.constants._replace(
            k1=s.water.constants.k1 * jnp.exp(shift[2]), kb=s.water.constants.kb * jnp.exp(shift[3])
        )
        of = s.water._replace(constants=k)
        return Problem(s.alkalinity + shift[0] * amount, amount * jnp.exp(shift[1]), of)

    def implicit(shift):
        return jnp.log(solver.proton(known, "low_pH", 4, problem(shift)))

    def unrolled(shift, start):
        x = start
        for _ in range(3):
            value, slope = solver.residual(known, jnp.exp(x), problem(shift))
            x = x - value / slope
        return x

    at = jnp.zeros(4)
    start = jax.jit(implicit)(at)
    one = np.asarray(jax.jit(jax.jacfwd(implicit))(at))
    other = np.asarray(jax.jit(jax.jacfwd(unrolled))(at, start))
    there = np.isfinite(start)
    scale = np.abs(one).max(axis=1, keepdims=True)
    assert there.mean() > 0.9
    assert np.quantile((np.abs(one - other) / scale)[there], 0.99) < 1e-12
    assert np.max((np.abs(one - other) / scale)[there]) < 1e-10  # where two roots nearly meet


POINT = jnp.array([2000.0, 2300.0, 18.0, 35.0])
KEYS = ("dic", "alkalinity", "temperature", "salinity")
ASKED = ("pH", "pCO2")


def scalar(x):
    found = carbonate(**dict(zip(KEYS, x)), outputs=ASKED)
    return found.pH + jnp.log(found.pCO2)


def test_forward_reverse_and_all_transformations_agree():
    value, slope = jax.jit(jax.value_and_grad(scalar))(POINT)
    outside = carbonate(**{k: np.array([float(v)]) for k, v in zip(KEYS, POINT)}, outputs=ASKED)
    assert float(value) == pytest.approx(outside.pH[0] + np.log(outside.pCO2[0]), rel=1e-13)
    many = jax.vmap(jax.grad(jax.checkpoint(scalar)))
    for same in (jax.jacfwd(scalar), lambda x: many(jnp.stack([x, x]))[1]):
        np.testing.assert_allclose(jax.jit(same)(POINT), slope, rtol=1e-11)


def in_water(x):
    """pH and ln CO2 of ln DIC, alkalinity, ln K1 and ln KB: what buffers and covariances are derived from."""
    k = SEA.constants
    of = SEA._replace(constants=k._replace(k1=k.k1 * jnp.exp(x[2]), kb=k.kb * jnp.exp(x[3])), solutes=Solutes())
    found = solve({"dic": 2e-3 * jnp.exp(x[0]), "alkalinity": 2.3e-3 + 1e-3 * x[1]}, of)
    return jnp.log(found.h) ** 2 + jnp.log(found.dic) * jnp.log(found.h)


ZERO = jnp.zeros(4)


def test_higher_derivatives_are_differences_of_lower_ones():
    def along(x):
        return in_water(x * jnp.array([1.0, -0.5, 0.3, 0.2]))

    first = jax.grad(along)
    second = jax.grad(first)
    both = jax.jit(jax.vmap(lambda x: jnp.stack([first(x), second(x)])))
    e = 0.002
    exact = jax.jit(lambda x: jnp.stack([second(x), jax.jvp(second, (x,), (1.0,))[1]]))(0.0)
    np.testing.assert_allclose(exact, WEIGHTS @ both(jnp.asarray(PLACES * e)) / e, rtol=1e-7)


def test_hessian_is_symmetric_and_the_same_in_both_orders():
    hessian = jax.jit(jax.hessian(in_water))(ZERO)
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(jax.jit(jax.jacrev(jax.jacrev(in_water)))(ZERO), hessian, rtol=1e-9, atol=1e-12)


def test_hundred_steps_of_a_scan_differentiate():
    """A box that takes up CO2 from the air: its DIC after 100 steps, by its alkalinity."""

    def run(alkalinity):
        def step(dic, _):
            found = carbonate(dic=dic, alkalinity=alkalinity, temperature=18.0, salinity=35.0, outputs=("pCO2",))
            return dic + 0.01 * (420.0 - found.pCO2), found.pCO2

        return jax.lax.scan(step, 1950.0, None, length=100)[0]

    exact = jax.jit(jax.value_and_grad(run))(2300.0)
    ahead, back = (jax.jit(run)(2300.0 + e) for e in (0.5, -0.5))
    assert exact[1] == pytest.approx(float(ahead - back), rel=1e-5)
    assert 0.5 < exact[1] < 1.0


def test_missing_neighbours_leave_gradients_by_their_own_inputs():
    def total(dic):
        found = carbonate(
            alkalinity=dic + 300.0, dic=dic, temperature=18.0, salinity=35.0, outputs=("pH", "root_count")
        )
        return jnp.sum(jnp.where(found.root_count == 1, found.pH, 0.0))

    gradient = jax.jit(jax.grad(total))(jnp.array([2000.0, jnp.nan, 2100.0]))
    alone = jax.jit(jax.grad(total))(jnp.array([2000.0, 2050.0, 2100.0]))
    np.testing.assert_allclose(gradient[jnp.array([0, 2])], alone[jnp.array([0, 2])], rtol=1e-13)


def test_counting_roots_does_not_stand_in_the_way_of_gradients():
    def value(x):
        found = carbonate(carbonate=x, alkalinity=2300.0, temperature=18.0, salinity=35.0, outputs=("pH", "root_count"))
        return found.pH + found.root_count

    slope = jax.jit(jax.grad(value))(200.0)
    assert slope == pytest.approx(float(value(200.5) - value(199.5)), rel=1e-3)


def test_new_values_and_lengths_do_not_compile_again():
    traces = []

    @jax.jit
    def inside(x):
        traces.append(x.shape)
        return scalar(x)

    for step in range(3):
        inside(POINT + 0.1 * step)
    assert len(traces) == 1
    request = Request(ASKED, ConstantOptions(), None)
    for n in (1, 2, 500, 4096, 5000, 70000):
        carbonate(**{k: np.full(n, float(v) + 0.1) for k, v in zip(KEYS, POINT)}, outputs=ASKED)
    assert _tiled(request)._cache_size() <= 2
