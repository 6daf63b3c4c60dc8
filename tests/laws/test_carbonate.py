"""Laws of the carbonate system: round trips, roots, independence of steps and neighbours, limits, buffers."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.waters import EPS, random_known, rounding, size_of_alkalinity, system_of

from shanhai.seawater import carbonate
from shanhai.seawater.co2system import buffers, pairs, solver
from shanhai.seawater.co2system.acids import OrganicAcid, Solutes, terms
from shanhai.seawater.co2system.given import KINDS, reduced
from shanhai.seawater.co2system.quantities import BUFFERS, OUTPUTS, PAIR
from shanhai.seawater.co2system.solver import Problem
from shanhai.seawater.co2system.system import Conditions, water
from shanhai.seawater.constants import PRESETS, ConstantOptions

SEA = {"temperature": 18.0, "salinity": 35.0}
PAIRS = list(itertools.combinations(pairs.AMOUNTS, 2))
TWO_ROOTS = [p for p in PAIRS if frozenset(p) in pairs.USUAL_ROOT]
SOLVE = jax.jit(pairs.solve, static_argnames=("root", "steps"))


@pytest.fixture(scope="module")
def chosen():
    return random_known(7000)  # 15 pairs of 7000 are 1e5 states


def solved(system, pair, root=None, steps=solver.FAST_STEPS):
    given = {name: getattr(system, name) for name in pair}
    found = SOLVE(given, system.water, root=root, steps=steps)
    return found, system_of(found.h, found.dic, system.water, system.conditions)


def assert_pair_returns(system, again, pair):
    """Alkalinity is compared with the sum of the magnitudes of its terms, as these may cancel to nothing."""
    for name in pair:
        one, other = getattr(system, name), getattr(again, name)
        size = one if name != "alkalinity" else size_of_alkalinity(again.h, again.dic, again.water)
        assert np.nanmax(np.abs(one - other) / size) < 1e-10, name


@pytest.mark.parametrize("pair", [p for p in PAIRS if p not in TWO_ROOTS], ids="-".join)
def test_every_pair_returns_its_water(chosen, pair):
    system = chosen.system
    found, again = solved(system, pair)
    assert not np.any(found.reason)
    assert_pair_returns(system, again, pair)
    if "alkalinity" in pair and "h" not in pair:
        (other,) = set(pair) - {"alkalinity"}
        assert np.all(np.abs(np.log(again.h / system.h)) <= 64.0 * rounding(system, other))
    if "h" in pair:
        assert np.array_equal(found.h, system.h)


@pytest.mark.parametrize("pair", TWO_ROOTS, ids="-".join)
def test_one_of_two_roots_is_the_water_and_both_have_the_pair(chosen, pair):
    system = chosen.system
    both = [solved(system, pair, root) for root in ("low_pH", "high_pH")]
    error = np.min([np.abs(np.log(again.h / system.h)) for _, again in both], axis=0)
    share = rounding(system, "carbonate") if "alkalinity" in pair else 4.0 * EPS * spread_of_bicarbonate(system)
    assert np.all(error <= 64.0 * share)
    for _, again in both:
        assert_pair_returns(system, again, pair)
    exists = np.any([found.reason == 0 for found, _ in both], axis=0)
    assert np.all(exists)


def spread_of_bicarbonate(system):
    """DIC over the derivative of HCO3 by ln [H]: large near the top of HCO3, where two roots meet."""
    return 1.0 + system.dic / abs(system.co2 - system.carbonate)


@pytest.mark.parametrize("pair", TWO_ROOTS, ids="-".join)
def test_two_roots_are_counted_and_the_lower_pH_is_that_of_more_protons(chosen, pair):
    system = chosen.system
    given = {name: getattr(system, name) for name in pair}
    two = np.asarray(jax.jit(pairs.has_two_roots)(given, system.water))
    (low, _), (high, _) = (solved(system, pair, root) for root in ("low_pH", "high_pH"))
    both = np.asarray((low.reason == 0) & (high.reason == 0))
    apart = np.asarray(low.h > high.h * (1.0 + 1e-9))
    assert np.array_equal(two, both & apart)  # a pair with one root has it under both names
    assert 0.05 < two.mean() <= 1.0


def test_every_kind_stands_for_its_amount(chosen):
    system, options = chosen.system, chosen.system.options

    @jax.jit
    def there_and_back(s):
        return {kind: reduced(kind, getattr(s, kind), s.water, s.conditions, options) for kind in KINDS}

    for kind, value in there_and_back(system).items():
        expected = getattr(system, KINDS[kind])
        size = chosen.size if kind == "alkalinity" else expected
        salty = np.asarray(system.conditions.salinity) > (0.0 if kind.startswith("omega") else -1.0)
        assert np.max(np.abs(value - expected)[salty] / size[salty]) < 2e-14, kind


@pytest.mark.slow
@pytest.mark.parametrize(
    "pair", [p for p in itertools.combinations(PAIR, 2) if KINDS[PAIR[p[0]]] != KINDS[PAIR[p[1]]]], ids="-".join
)
def test_every_two_quantities_of_the_laboratory_return(pair):
    rng = np.random.default_rng(len("".join(pair)))
    n = 1400  # 76 pairs of 1400 are 1e5 states
    where = {
        "temperature": rng.uniform(-2.0, 45.0, n),
        "salinity": rng.uniform(0.01, 50.0, n),
        "pressure": rng.uniform(0.0, 1e4, n),
        **{name: 10.0 ** rng.uniform(-3.0, 2.0, n) for name in ("phosphate", "silicate", "nitrite")},
        "check": False,
    }
    start = carbonate(dic=10.0 ** rng.uniform(-3.0, 5.0, n), pH=rng.uniform(2.0, 12.0, n), outputs=tuple(PAIR), **where)
    outputs = (*pair, "reason", *(f"alkalinity_{x}" for x in ("carbonate", "hydroxide", "hydrogen", "bisulfate")))
    roots = ("low_pH", "high_pH") if frozenset(KINDS[PAIR[p]] for p in pair) in pairs.USUAL_ROOT else (None,)
    found = [carbonate(**{p: getattr(start, p) for p in pair}, outputs=outputs, root=r, **where) for r in roots]
    assert not np.any(np.min([x.reason for x in found], axis=0))
    for again in found:
        size = sum(np.abs(getattr(again, name)) for name in outputs if name.startswith("alkalinity_"))
        for p in pair:
            error = np.abs(getattr(again, p) - getattr(start, p)) / (
                size if p == "alkalinity" else abs(getattr(start, p))
            )
            assert np.nanmax(error) < 1e-10


@pytest.mark.parametrize(
    ("pair", "root"),
    [
        (("dic", "alkalinity"), None),
        (("alkalinity", "co2"), None),
        (("alkalinity", "bicarbonate"), None),
        (("alkalinity", "carbonate"), "low_pH"),
        (("alkalinity", "carbonate"), "high_pH"),
    ],
)
def test_result_does_not_depend_on_the_number_of_steps(chosen, pair, root):
    """Also where a plain Newton step flies to where slopes overflow and then seems to stand still."""
    all_steps = (0, 1, 2, 4, 8) if pair[0] == "dic" else (0, 4)
    first, *others = (solved(chosen.system, pair, root, steps) for steps in all_steps)
    bound = 64.0 * rounding(first[1], pair[1] if pair[0] == "alkalinity" else "dic")
    for found, _ in others:
        assert np.array_equal(found.reason, first[0].reason)
        there = np.asarray(found.reason == 0)
        assert np.all(np.abs(np.log(found.h / first[0].h))[there] <= bound[there])


ASKED = ("pH", "pCO2", "omega_calcite", "revelle_factor", "reason")


@pytest.fixture(scope="module")
def samples():
    rng = np.random.default_rng(5)
    n = 9000
    return {
        "dic": rng.uniform(1000.0, 3000.0, n),
        "alkalinity": rng.uniform(900.0, 3300.0, n),
        "temperature": rng.uniform(-2.0, 40.0, n),
        "salinity": rng.uniform(0.0, 45.0, n),
    }


@pytest.fixture(scope="module")
def answers(samples):
    return carbonate(**samples, outputs=ASKED)


def assert_bitwise(found, expected, where=slice(None)):
    for name in ASKED:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name)[where], err_msg=name)


def test_order_does_not_matter(samples, answers):
    shuffled = np.random.default_rng(6).permutation(9000)
    assert_bitwise(carbonate(**{k: x[shuffled] for k, x in samples.items()}, outputs=ASKED), answers, shuffled)


@pytest.mark.parametrize("where", [slice(7, 8), slice(0, 100), slice(4096, 8192), slice(4095, 4097)], ids=str)
def test_a_few_points_are_as_in_the_whole(samples, answers, where):
    assert_bitwise(carbonate(**{k: x[where] for k, x in samples.items()}, outputs=ASKED), answers, where)


def test_one_sample_as_numbers_is_as_in_an_array(samples, answers):
    one = carbonate(**{k: x[7] for k, x in samples.items()}, outputs=ASKED)
    for name in ASKED:
        np.testing.assert_allclose(getattr(one, name), getattr(answers, name)[7], rtol=1e-14)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300, -1e300, 0.0, 5e-324])
def test_hostile_neighbours_change_no_bit(samples, answers, bad):
    spoiled = {k: x.copy() for k, x in samples.items()}
    for place, values in enumerate(spoiled.values()):
        values[5 + 2000 * place] = bad
    others = np.ones(9000, bool)
    others[[5, 2005, 4005, 6005]] = False
    found = carbonate(**spoiled, outputs=ASKED, check=False)
    for name in ASKED:
        assert np.array_equal(getattr(found, name)[others], getattr(answers, name)[others])
    ill = found.reason[~others] != 0
    assert np.all(ill == np.isnan(found.pH[~others]))
    assert np.all(ill) or bad in (0.0, 5e-324)


def test_layouts_and_numbers_of_every_kind_give_the_same(samples, answers):
    block = {k: x.reshape(90, 100) for k, x in samples.items()}
    for layout in (
        np.asfortranarray,
        lambda x: x[::-1][::-1],
        jnp.asarray,
        lambda x: x.astype(">f8"),
        np.ndarray.tolist,
    ):
        found = carbonate(**{k: layout(x) for k, x in block.items()}, outputs=ASKED)
        assert found.pH.shape == (90, 100)
        assert np.array_equal(found.pH.ravel(), answers.pH)
    assert_bitwise(carbonate(**{k: x[::3] for k, x in samples.items()}, outputs=ASKED), answers, slice(None, None, 3))
    whole = {k: np.round(x) for k, x in samples.items()}
    expected = carbonate(**whole, outputs=ASKED)
    for dtype in (np.int16, np.int64, object, np.longdouble):
        assert_bitwise(carbonate(**{k: x.astype(dtype) for k, x in whole.items()}, outputs=ASKED), expected)


def test_arguments_broadcast(samples):
    shapes = {"dic": (2, 1), "alkalinity": (3,), "temperature": (1, 1), "salinity": (1,)}
    some = {k: samples[k][: int(np.prod(shape))].reshape(shape) for k, shape in shapes.items()}
    found = carbonate(**some, outputs=ASKED)
    full = carbonate(**{k: np.broadcast_to(x, (2, 3)) for k, x in some.items()}, outputs=ASKED)
    for name in ASKED:
        assert getattr(found, name).shape == (2, 3)
        assert np.array_equal(getattr(found, name), getattr(full, name))


def test_every_output_has_the_joint_shape_beyond_one_tile():
    """Also what depends on numbers only, such as the flag of a temperature and salinity given once."""
    found = carbonate(dic=np.full(5000, 2000.0), alkalinity=2300, outputs=tuple(OUTPUTS), **SEA)
    for name in OUTPUTS:
        value = getattr(found, name)
        assert value.shape == (5000,), name
        assert np.all(value == value[0]), name


def test_nothing_comes_of_nothing(samples):
    for shape in ((0,), (0, 3), (3, 0)):
        found = carbonate(**{k: x[:0].reshape(shape) for k, x in samples.items()}, outputs=ASKED)
        assert found.pH.shape == found.reason.shape == shape
    assert carbonate(**{k: x[0] for k, x in samples.items()}, outputs=ASKED).pH.shape == ()
    assert carbonate(**{k: x[:1] for k, x in samples.items()}, outputs=ASKED).pH.shape == (1,)


@pytest.mark.parametrize("pair", [("dic", "alkalinity"), ("alkalinity", "carbonate")], ids="-".join)
def test_single_precision_stays_single_and_is_right_to_its_digits(chosen, pair):
    salty = np.asarray(chosen.system.conditions.salinity > 5.0) & np.asarray(abs(8.0 - chosen.system.ph_total) < 0.5)
    ordinary = salty & np.asarray((chosen.system.dic > 1e-4) & (chosen.system.dic < 1e-2))
    system = jax.tree.map(lambda x: x[ordinary] if np.ndim(x) else x, chosen.system)
    of, given = jax.tree.map(
        lambda x: jnp.asarray(x, jnp.float32), (system.water, {name: getattr(system, name) for name in pair})
    )
    found = SOLVE(given, of)
    assert found.h.dtype == found.dic.dtype == np.float32
    assert not np.any(found.reason)
    exact = SOLVE(*jax.tree.map(lambda x: x.astype(float), (given, of)))
    again = system_of(exact.h, exact.dic, of, system.conditions)
    bound = rounding(again, pair[1] if pair[0] == "alkalinity" else "dic") / EPS * np.finfo(np.float32).eps
    assert np.all((np.abs(np.log(found.h / exact.h)) < 64.0 * bound)[bound < 1e-3])


def test_single_precision_in_the_laboratory(samples, answers):
    some = carbonate(**{k: x[:50].astype(np.float32) for k, x in samples.items()}, outputs=ASKED)
    assert some.pH.dtype == some.pCO2.dtype == np.float32
    np.testing.assert_allclose(some.pH, answers.pH[:50], atol=2e-4)


def no_water(found):
    return np.isnan(found.pH) & np.isnan(found.co2) & np.isnan(found.pCO2) & np.isnan(found.dic)


@pytest.fixture(scope="module")
def sea(chosen):
    """As many equal sea waters as there are random ones, so that nothing is compiled anew."""
    one = solver_water(18.0, 35.0)
    return jax.tree.map(lambda x, y: jnp.full(jnp.shape(y), x), one, chosen.system.water)


def solver_water(temperature, salinity):
    acid = OrganicAcid(0.0, 1e-6)
    return water(Conditions(temperature, salinity, 0.0), Solutes(*[0.0] * 5, (acid,)), ConstantOptions())


def edge(sea, root=None, **pair):
    """First of many equal solutions."""
    given = {name: jnp.full(sea.constants.k1.shape, value) for name, value in pair.items()}
    found = SOLVE(given, sea, root=root, steps=solver.FAST_STEPS)
    return jax.tree.map(lambda x: np.asarray(x)[0], found)


@pytest.mark.parametrize("root", ["low_pH", "high_pH"])
def test_too_much_carbonate_for_the_alkalinity_has_no_root(sea, root):
    found = edge(sea, alkalinity=2300e-6, carbonate=800e-6, root=root)
    assert np.isnan(found.h)
    assert np.isnan(found.dic)
    assert found.reason == 3


def test_no_root_counts_as_none_and_leaves_no_number():
    asked = (*PAIR, "reason", "root_count")
    pair = {"alkalinity": 2300.0, "carbonate": [800.0, 200.0, np.nan, 0.0]}
    found = carbonate(**pair, outputs=asked, **SEA)
    assert found.root_count.tolist() == [0, 2, -1, 1]
    assert found.reason.tolist() == [3, 0, 1, 0]
    for name in PAIR:
        assert np.isnan(getattr(found, name)).tolist() == [True, False, True, False], name


def test_roots_meet_at_the_least_alkalinity(chosen):
    """At a carbonate and the least alkalinity that water can have with it."""
    of = chosen.system.water
    n = of.constants.k1.size
    amount = jnp.asarray(10.0 ** np.random.default_rng(8).uniform(-5.0, -2.0, n))
    problem = Problem(jnp.zeros(n), amount, of)
    lowest, valley = jax.jit(solver.least_alkalinity)(problem, jnp.ones(n, bool))
    assert np.all(valley)
    size = size_of_alkalinity(lowest, amount * (1.0 + lowest / of.constants.k2), of)
    least = jax.jit(solver.residual, static_argnums=0)("carbonate", lowest, problem).value
    for shift, exist in ((1e-6, True), (1e-10, True), (-1e-10, False)):
        given = {"alkalinity": least + shift * size, "carbonate": amount}
        low, high = (SOLVE(given, of, root=root, steps=4) for root in ("low_pH", "high_pH"))
        assert np.all((low.reason == 0) == exist)
        assert np.all((high.reason == 0) == exist)
        if exist:
            assert np.all(low.h >= lowest * (1.0 - 1e-7))
            assert np.all(high.h <= lowest * (1.0 + 1e-7))
    touching = SOLVE({"alkalinity": least, "carbonate": amount}, of, root="low_pH", steps=4)
    found = np.asarray(touching.reason == 0)
    assert np.all(np.abs(np.log(touching.h / lowest))[found] < 1e-5)  # rounding decides whether; never elsewhere


def test_very_high_pH_gives_a_value_or_a_flag_and_no_negative_amount():
    found = carbonate(alkalinity=2300, pH=np.linspace(10.0, 12.0, 41), outputs=(*PAIR, "reason"), **SEA)
    good = found.reason == 0
    assert 0 < good.sum() < 41
    assert np.all(found.reason[~good] == 3)
    for name in PAIR:
        assert np.all(np.isnan(getattr(found, name)) == ~good)
    for name in ("dic", "co2", "bicarbonate", "carbonate", "pCO2"):
        assert np.all(getattr(found, name)[good] >= 0.0)


MICRO = 1e-6
EDGES = [
    ({"dic": 0.0, "alkalinity": 2300.0}, 0),
    ({"dic": 0.0, "alkalinity": 0.0}, 0),
    ({"dic": 2000.0, "alkalinity": 0.0}, 0),
    ({"dic": 2000.0, "alkalinity": -5000.0}, 0),
    ({"dic": 2000.0, "alkalinity": -30000.0}, 0),
    ({"dic": 2000.0, "alkalinity": 1e6}, 0),
    ({"dic": 1e7, "alkalinity": 1e6}, 0),
    ({"co2": 0.0, "alkalinity": 2300.0}, 0),
    ({"co2": 2000.0, "alkalinity": -5000.0}, 0),
    ({"bicarbonate": 0.0, "alkalinity": 2300.0}, 0),
    ({"bicarbonate": 2000.0, "alkalinity": -5000.0}, 0),
    ({"carbonate": 0.0, "alkalinity": 2300.0}, 0),
    ({"carbonate": 0.0, "alkalinity": -5000.0}, 0),
    ({"dic": 0.0, "h": 1e-2}, 0),
    ({"dic": 10.0, "co2": 11.0}, 3),
    ({"dic": 10.0, "carbonate": 11.0}, 3),
    ({"dic": 10.0, "bicarbonate": 11.0}, 3),
    ({"dic": 2000.0, "bicarbonate": 2000.0}, 3),
    ({"alkalinity": -100.0, "h": 1e-3}, 3),
    ({"dic": 2000.0, "h": 0.0}, 3),
    ({"dic": np.inf, "alkalinity": 2300.0}, 3),
    ({"dic": -1.0, "alkalinity": 2300.0}, 2),
    ({"co2": -1.0, "alkalinity": 2300.0}, 2),
    ({"carbonate": -1.0, "alkalinity": 2300.0}, 2),
    ({"bicarbonate": -1.0, "carbonate": 1.0}, 2),
    ({"dic": np.nan, "alkalinity": 2300.0}, 1),
    ({"dic": np.nan, "h": 0.0}, 1),
    ({"co2": np.nan, "carbonate": 100.0}, 1),
    ({"co2": np.nan, "carbonate": -1.0}, 1),
]


@pytest.mark.parametrize(("pair", "reason"), EDGES, ids=str)
def test_edges_have_a_value_or_their_reason(sea, pair, reason):
    ordered = {name: pair[name] * MICRO for name in pairs.AMOUNTS if name in pair}
    found = edge(sea, **ordered, root=None if frozenset(pair) not in pairs.USUAL_ROOT else "low_pH")
    assert found.reason == reason
    assert np.isnan(found.h) == np.isnan(found.dic) == (reason != 0)
    if not reason:
        h, dic = jnp.asarray([found.h]), jnp.asarray([found.dic])
        one = jax.tree.map(lambda x: x[:1], sea)
        again = system_of(h, dic, one, Conditions(18.0, 35.0))
        for name, value in ordered.items():
            assert float(getattr(again, name)[0]) == pytest.approx(value, rel=1e-12, abs=1e-14)


def test_pure_water_without_anything_is_neutral():
    found = carbonate(dic=0.0, alkalinity=0.0, temperature=25.0, salinity=0.0, outputs=("pH", "alkalinity_hydroxide"))
    assert found.pH == pytest.approx(7.0, abs=0.05)
    assert found.alkalinity_hydroxide == pytest.approx(10.0 ** (6.0 - found.pH), rel=1e-12)


def test_a_missing_input_is_said():
    """Calcium plays no part in the solution: only the saturation states are missing without it."""
    arguments = {"dic": 2000.0, "alkalinity": 2300.0, "pressure": 100.0, "phosphate": 1.0, "silicate": 5.0, **SEA}
    arguments |= {"ammonia": 1.0, "sulfide": 1.0, "nitrite": 1.0, "borate": 400.0, "organic": 10.0, "calcium": 10000.0}
    table = {name: np.full(len(arguments) + 1, x) for name, x in arguments.items()}
    for place, values in enumerate(table.values()):
        values[place] = np.nan
    acid = (table.pop("organic"), 6.0)
    found = carbonate(**table, organic=[acid], outputs=("pH", "omega_calcite", "reason"))
    assert found.reason.tolist() == [1] * (len(arguments) - 1) + [0, 0]
    assert np.all(np.isnan(found.pH) == (found.reason == 1))
    assert np.isnan(found.omega_calcite).tolist() == [True] * len(arguments) + [False]


def test_what_is_masked_is_missing(samples, answers):
    hidden = {k: np.ma.array(x[:4], mask=[k == "dic", k == "salinity", False, False]) for k, x in samples.items()}
    found = carbonate(**hidden, outputs=ASKED)
    assert found.reason.tolist() == [1, 1, 0, 0]
    assert np.array_equal(found.pH[2:], answers.pH[2:4])


def test_output_conditions_keep_dic_alkalinity_and_reason():
    pair = {
        "alkalinity": np.array([2300.0, 2300.0, np.nan, 2300.0]),
        "carbonate": np.array([200.0, 800.0, 200.0, 250.0]),
    }
    asked = ("dic", "alkalinity", "pH", "reason")
    there = {"output_temperature": [4.0, 4.0, 4.0, 18.0], "output_pressure": [3000.0, 0.0, 0.0, 0.0]}
    found = carbonate(**pair, **there, outputs=asked, **SEA)
    assert found.reason.tolist() == found.output.reason.tolist() == [0, 3, 1, 0]
    np.testing.assert_allclose(found.output.dic, found.dic, rtol=1e-14)
    np.testing.assert_allclose(found.output.alkalinity, found.alkalinity, rtol=1e-14)
    assert found.output.pH[3] == pytest.approx(found.pH[3], rel=1e-14)
    direct = carbonate(dic=found.dic[0], alkalinity=2300, temperature=4, salinity=35, pressure=3000, outputs=asked)
    assert found.output.pH[0] == pytest.approx(float(direct.pH), rel=1e-14)


def test_species_and_terms_close(chosen):
    s = chosen.system
    np.testing.assert_allclose(s.co2 + s.bicarbonate + s.carbonate, s.dic, rtol=1e-14)
    k = s.water.constants
    np.testing.assert_allclose(s.bicarbonate * s.h, k.k1 * s.co2, rtol=1e-14)
    np.testing.assert_allclose(s.carbonate * s.h, k.k2 * s.bicarbonate, rtol=1e-14)
    assert np.all(abs(sum(s.alkalinity_terms.values()) - s.alkalinity) <= 1e-15 * chosen.size)


def test_slope_of_every_acid_is_its_derivative(chosen):
    s = chosen.system

    x = jnp.log(s.h)
    exact = terms(s.h, s.water)
    _, slopes = jax.jvp(
        lambda x: {k: t.value for k, t in terms(jnp.exp(x), s.water).items()}, (x,), (jnp.ones_like(x),)
    )
    totals = chosen.size
    for name, term in exact.items():
        assert np.all(np.abs(term.slope - slopes[name]) <= 1e-13 * np.maximum(totals, 1e-2)), name
        assert np.all(term.slope <= 0.0), name


@pytest.fixture(scope="module")
def buffered(chosen):
    return chosen.system


def test_buffer_factors_are_derivatives_of_the_solver(buffered):
    s = buffered
    k = s.water.constants

    def logs(dic, alkalinity):
        h = solver.proton("dic", "low_pH", 4, Problem(alkalinity, dic, s.water))
        co2 = dic * h * h / (h * (h + k.k1) + k.k1 * k.k2)
        return jnp.log(co2), jnp.log(h), jnp.log(co2 / (h * h))

    point, one, none = (s.dic, s.alkalinity), jnp.ones_like(s.dic), jnp.zeros_like(s.dic)
    slopes = jax.jit(lambda change: jax.jvp(logs, point, change)[1])
    by_dic, by_alkalinity = slopes((one, none)), slopes((none, one))
    r = s.response
    expected = {
        "revelle_factor": s.dic * by_dic[0],
        "gamma_dic": 1.0 / by_dic[0],
        "beta_dic": 1.0 / by_dic[1],
        "omega_dic": 1.0 / by_dic[2],
        "gamma_alkalinity": 1.0 / by_alkalinity[0],
        "beta_alkalinity": 1.0 / by_alkalinity[1],
        "omega_alkalinity": 1.0 / by_alkalinity[2],
        "isocapnic_quotient": -by_dic[0] / by_alkalinity[0],
    }
    assert set(expected) == set(BUFFERS)
    for name, value in expected.items():
        np.testing.assert_allclose(getattr(buffers, name)(r), value, rtol=1e-7, err_msg=name)


def test_buffers_keep_their_signs(chosen):
    r = chosen.system.response
    assert np.all(buffers.revelle_factor(r) >= 1.0)
    assert np.all(buffers.gamma_dic(r) > 0.0)
    assert np.all(buffers.beta_dic(r) > 0.0)
    assert np.all(buffers.gamma_alkalinity(r) < 0.0)
    assert np.all(buffers.beta_alkalinity(r) < 0.0)
    assert np.all(buffers.omega_alkalinity(r) > 0.0)
    assert np.all(buffers.isocapnic_quotient(r) > 0.0)


def test_without_carbon_a_little_more_raises_co2_in_proportion():
    asked = ("revelle_factor", "gamma_dic", "omega_dic", "isocapnic_quotient")
    found = carbonate(dic=[0.0, 1e-6], alkalinity=2300, outputs=asked, **SEA)
    np.testing.assert_allclose(found.revelle_factor, 1.0, atol=1e-8)
    np.testing.assert_allclose(found.gamma_dic, [0.0, 1e-6], rtol=1e-8)
    np.testing.assert_allclose(found.omega_dic, [0.0, 1e-6], rtol=1e-8)
    assert np.isposinf(found.isocapnic_quotient[0])
    assert found.isocapnic_quotient[1] > 1e6


natural = st.fixed_dictionaries(
    {
        "dic": st.floats(1.0, 5000.0),
        "alkalinity": st.floats(-2000.0, 6000.0),
        "temperature": st.floats(-2.0, 45.0),
        "salinity": st.floats(0.0, 50.0),
        "phosphate": st.floats(0.0, 100.0),
    }
)


@given(natural, st.floats(1e-3, 100.0))
@settings(max_examples=60, deadline=None)
def test_carbon_acidifies_and_alkalinity_raises_pH(sample, more):
    asked = ("pH", "reason")
    base = carbonate(**sample, outputs=asked, check=False)
    with_carbon = carbonate(**sample | {"dic": sample["dic"] + more}, outputs=asked, check=False)
    with_base = carbonate(**sample | {"alkalinity": sample["alkalinity"] + more}, outputs=asked, check=False)
    assert base.reason == with_carbon.reason == with_base.reason == 0
    assert with_carbon.pH <= base.pH + 1e-13 <= with_base.pH + 2e-13


@pytest.mark.parametrize("preset", ["geosecs", "pure_water"])
def test_an_acid_that_the_options_leave_out_takes_no_part(preset):
    water = {"dic": 2000, "alkalinity": 2300, "temperature": 18, "salinity": 0 if preset == "pure_water" else 35}
    asked = {"options": PRESETS[preset], "outputs": ("pH", "alkalinity_phosphate")}
    with_nutrients = carbonate(**water, phosphate=2, silicate=60, nitrite=1, **asked)
    assert with_nutrients.alkalinity_phosphate == 0
    assert with_nutrients.pH == carbonate(**water, **asked).pH
