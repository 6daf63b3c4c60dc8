"""The carbonate system against published states, another code, and an independent solve in 50 digits."""

import itertools
from decimal import Decimal, localcontext

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq
from tests.waters import random_known, rounding, system_of

from shanhai.core.notation import quantity
from shanhai.seawater import carbonate
from shanhai.seawater.co2system import pairs, solver
from shanhai.seawater.co2system.acids import Solutes
from shanhai.seawater.co2system.quantities import BUFFERS
from shanhai.seawater.co2system.solver import Problem
from shanhai.seawater.co2system.system import Conditions, water
from shanhai.seawater.constants import PRESETS, ConstantOptions
from shanhai.seawater.constants.carbonic import CO2SYS_NUMBERS

WANTED = ("pH", "pCO2", "bicarbonate", "carbonate", "omega_calcite", "omega_aragonite", "revelle_factor")
GOLDEN = {  # temperature, phosphate, silicate -> as WANTED; DIC 2000, TA 2300, S 35, another code
    (18.0, 2.0, 60.0): (8.145041, 303.785753, 1782.26587, 207.35426, 4.95083, 3.20149, 9.67917),
    (0.0, 0.0, 0.0): (8.441395, 134.866766, 1789.37969, 202.17848, 4.84605, 3.04532, 9.85794),
}
TOLERANCE = (1e-6, 1e-4, 1e-4, 1e-4, 6e-6, 6e-6, 6e-6)


@pytest.mark.parametrize("state", GOLDEN)
def test_golden_states(state):
    temperature, phosphate, silicate = state
    acids = {"phosphate": phosphate, "silicate": silicate}
    found = carbonate(dic=2000, alkalinity=2300, temperature=temperature, salinity=35, outputs=WANTED, **acids)
    for name, value, tolerance in zip(WANTED, GOLDEN[state], TOLERANCE):
        assert abs(float(getattr(found, name)) - value) <= tolerance, name


def test_guide_convention_shifts_pH_by_its_water_phosphate_and_silicate():
    """K_W, K_P and K_Si lie 0.8 % higher in the guide, which makes the sea a little more acid."""
    state = {"dic": 2000, "alkalinity": 2300, "temperature": 18, "salinity": 35, "phosphate": 2, "silicate": 60}
    guide = ConstantOptions(convention="guide")
    exact, guided = (carbonate(**state, options=o, outputs=("pH",)).pH for o in (ConstantOptions(), guide))
    assert 1e-5 < exact - guided < 2e-4


def options_of(number):
    whole = {6: PRESETS["geosecs"], 7: PRESETS["peng"], 8: PRESETS["pure_water"]}
    return whole.get(number, ConstantOptions(carbonic=CO2SYS_NUMBERS[number]))


TYPES = {"alkalinity": 1, "dic": 2, "h": 3, "carbonate": 6, "bicarbonate": 7, "co2": 8}
SOLVE = jax.jit(pairs.solve, static_argnames="root")
N = 24


def theirs_and_ours(number, seed=0):
    """States of ordinary pH: what the other code makes of every pair of them, and our water and system."""
    rng = np.random.default_rng(seed)
    options, bare = options_of(number), number in (6, 7, 8)
    salinity = np.zeros(N) if number == 8 else rng.uniform(1.0, 45.0, N)
    conditions = Conditions(rng.uniform(-1.0, 40.0, N), salinity, rng.uniform(0.0, 8e7, N))
    micro = {name: np.zeros(N) if bare else rng.uniform(0.0, 50.0, N) for name in Solutes._fields[:4]}
    solutes = Solutes(**{name: jnp.asarray(x * 1e-6) for name, x in micro.items()})
    of = jax.jit(lambda at, acids: water(at, acids, options))(conditions, solutes)
    h, dic = jnp.asarray(10.0 ** -rng.uniform(7.2, 8.8, N)), jnp.asarray(rng.uniform(5e-4, 5e-3, N))
    return conditions, micro, system_of(h, dic, of, conditions, options)


def given_to_them(system, name):
    value = getattr(system, name)
    return np.asarray(-jnp.log10(value) if name == "h" else value * 1e6)


@pytest.mark.parametrize("number", [n for n in CO2SYS_NUMBERS if n != 19])  # 19 is not in the version compared with
def test_pH_of_every_pair_is_that_of_the_co2sys_family(number):
    code = pytest.importorskip("PyCO2SYS")
    conditions, micro, system = theirs_and_ours(number)
    both = list(itertools.combinations(TYPES, 2))
    columns = [[np.concatenate([given_to_them(system, p[i]) for p in both]) for i in (0, 1)]]
    kinds = [np.repeat([TYPES[p[i]] for p in both], N) for i in (0, 1)]
    where = {
        "temperature": conditions.temperature,
        "salinity": conditions.salinity,
        "pressure": conditions.pressure / 1e4,
    }
    rest = where | {f"total_{name}": x for name, x in micro.items()}
    rest = {name: np.tile(x, len(both)) for name, x in rest.items()}
    fixed = {"opt_gas_constant": 3, "opt_pH_scale": 1, "opt_k_fluoride": 2, "opt_k_carbonic": number}
    expected = code.sys(*columns[0], *kinds, **rest, **fixed)["pH_total"].reshape(len(both), N)
    for pair, theirs in zip(both, expected):
        given = {name: getattr(system, name) for name in pairs.AMOUNTS if name in pair}
        found = SOLVE(given, system.water)
        converged = np.isfinite(theirs)
        assert np.all((found.reason == 0)[converged]), pair
        difference = np.abs(-np.log10(found.h) - theirs)[converged]
        if pair == ("dic", "bicarbonate"):  # near the top of HCO3 its value hardly tells pH
            s = system
            difference = difference / (1.0 + s.dic / abs(s.co2 - s.carbonate))[converged] * 10.0
        assert converged.mean() > 0.9, pair
        assert difference.max() < 1e-8, pair


LABORATORY = {  # ours -> theirs
    "dic": "dic",
    "alkalinity": "alkalinity",
    "pH": "pH_total",
    "pH_free": "pH_free",
    "pH_seawater": "pH_sws",
    "pH_nbs": "pH_nbs",
    "pCO2": "pCO2",
    "fCO2": "fCO2",
    "xCO2": "xCO2",
    "co2": "aqueous_CO2",
    "bicarbonate": "bicarbonate",
    "carbonate": "carbonate",
    "omega_calcite": "saturation_calcite",
    "omega_aragonite": "saturation_aragonite",
    "alkalinity_borate": "alkalinity_borate",
    "alkalinity_hydroxide": "hydroxide",
    "alkalinity_phosphate": "alkalinity_phosphate",
    "alkalinity_silicate": "alkalinity_silicate",
    "alkalinity_ammonia": "alkalinity_ammonia",
    "alkalinity_sulfide": "alkalinity_sulfide",
    "revelle_factor": "revelle_factor",
    "gamma_dic": "gamma_dic",
    "beta_dic": "beta_dic",
    "omega_dic": "omega_dic",
    "gamma_alkalinity": "gamma_alk",
    "beta_alkalinity": "beta_alk",
    "omega_alkalinity": "omega_alk",
    "isocapnic_quotient": "isocapnic_quotient",
}


def test_every_output_here_and_elsewhere_is_that_of_the_co2sys_family():
    code = pytest.importorskip("PyCO2SYS")
    rng = np.random.default_rng(2)
    n = 100
    acids = {name: rng.uniform(0.0, 50.0, n) for name in ("phosphate", "silicate", "ammonia", "sulfide")}
    t, s, p = rng.uniform(0.0, 35.0, n), rng.uniform(5.0, 40.0, n), rng.uniform(0.0, 6000.0, n)
    dic, alkalinity = rng.uniform(1500.0, 2500.0, n), rng.uniform(1600.0, 2900.0, n)
    t_out, p_out = rng.uniform(0.0, 35.0, n), rng.uniform(0.0, 6000.0, n)
    expected = code.sys(
        *(alkalinity, dic, 1, 2),
        temperature=t,
        salinity=s,
        pressure=p,
        temperature_out=t_out,
        pressure_out=p_out,
        opt_gas_constant=3,
        opt_pH_scale=1,
        opt_k_fluoride=2,
        opt_k_carbonic=10,
        **{f"total_{name}": x for name, x in acids.items()},
    )
    where = {"temperature": t, "salinity": s, "pressure": p, "output_temperature": t_out, "output_pressure": p_out}
    found = carbonate(dic=dic, alkalinity=alkalinity, **where, **acids, outputs=tuple(LABORATORY))
    for ours, theirs in LABORATORY.items():
        for end, here in (("", found), ("_out", found.output)):
            name = theirs + end if theirs + end in expected else theirs
            times = 1e6 if quantity(ours).unit == "umol kg-1" and ours in BUFFERS else 1.0  # theirs in mol kg-1
            np.testing.assert_allclose(getattr(here, ours), times * expected[name], rtol=1e-11, err_msg=name)


def exact_terms(known, h, k, totals, solutes, amount):
    """Terms of alkalinity in decimal numbers, written anew from Dickson (1981)."""
    free = h / (1 + totals["sulfate"] / k["ks"])
    carbon = {
        "dic": amount * k["k1"] * (h + 2 * k["k2"]) / (h * h + k["k1"] * h + k["k1"] * k["k2"]),
        "co2": amount * k["k1"] / h * (1 + 2 * k["k2"] / h),
        "bicarbonate": amount * (1 + 2 * k["k2"] / h),
        "carbonate": amount * (2 + h / k["k2"]),
    }
    p1, p2, p3 = k["kp1"], k["kp1"] * k["kp2"], k["kp1"] * k["kp2"] * k["kp3"]
    phosphate = solutes["phosphate"] / (h**3 + p1 * h**2 + p2 * h + p3)
    yield from (carbon[known], k["kw"] / h, -free, p2 * h * phosphate, 2 * p3 * phosphate, -(h**3) * phosphate)
    for amount_, constant in (("silicate", "ksi"), ("ammonia", "knh3"), ("sulfide", "kh2s")):
        yield solutes[amount_] * k[constant] / (k[constant] + h)
    yield from (totals["borate"] * k["kb"] / (k["kb"] + h), -totals["sulfate"] * free / (k["ks"] + free))
    yield from (-totals["fluoride"] * free / (k["kf"] + free), -solutes["nitrite"] * h / (k["kno2"] + h))
    yield (
        (-h if solutes["organic"].k > 10.0**-4.5 else solutes["organic"].k)
        * solutes["organic"].total
        / (h + solutes["organic"].k)
    )


def in_digits(known, of, amount, i, number):
    """The function [H] -> terms of one water, in numbers of a kind."""
    k, totals = ({f: number(float(x[i])) for f, x in part._asdict().items()} for part in (of.constants, of.totals))
    solutes = {f: number(float(x[i])) for f, x in zip(Solutes._fields[:5], of.solutes[:5])}
    solutes["organic"] = type(of.solutes.organic[0])(*(number(float(x[i])) for x in of.solutes.organic[0]))
    given = number(float(amount[i]))
    return lambda h: list(exact_terms(known, h, k, totals, solutes, given))


@pytest.fixture(scope="module")
def extreme():
    return random_known(7000, seed=0).system


PROTON = jax.jit(solver.proton, static_argnums=(0, 1, 2))


@pytest.mark.parametrize("known", ["dic", "co2", "bicarbonate", "carbonate"])
def test_solution_is_the_root_in_fifty_digits(extreme, known):
    """The residual changes sign within 1e-12 of pH, or within what rounding of its terms amounts to."""
    of, amount = extreme.water, getattr(extreme, known)
    h = PROTON(known, "low_pH", 4, Problem(extreme.alkalinity, amount, of))
    dic = amount / (1.0 if known == "dic" else share_of(known, h, of))
    bound = np.maximum(2.3e-12, 8.0 * rounding(system_of(h, dic, of, extreme.conditions), known))
    assert np.quantile(bound, 0.99) < 3e-12
    with localcontext() as context:
        context.prec = 50
        for i in range(0, 7000, 70):
            terms, target = in_digits(known, of, amount, i, Decimal), Decimal(float(extreme.alkalinity[i]))
            here, width = Decimal(float(h[i])), Decimal(float(bound[i]))
            left, right = (sum(terms(here * (1 + side * width))) - target for side in (-1, 1))
            assert left * right <= 0, i


def share_of(known, h, of):
    return getattr(system_of(h, jnp.ones_like(h), of, None), known)


def test_solution_is_that_of_a_bisection_code(extreme):
    of = extreme.water
    h = PROTON("dic", "low_pH", 4, Problem(extreme.alkalinity, extreme.dic, of))
    bound = np.maximum(2.3e-12, 8.0 * rounding(extreme))
    for i in range(35, 7000, 70):
        terms, target = in_digits("dic", of, extreme.dic, i, float), float(extreme.alkalinity[i])
        x = brentq(lambda x, f, a: sum(f(np.exp(x))) - a, *np.log([1e-14, 1.0]), (terms, target), 1e-15, 1e-15)
        assert abs(x - np.log(float(h[i]))) <= bound[i]
