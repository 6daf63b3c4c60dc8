"""Laws of warming and stratification: books, parts that add up, signs, and a separation of factors that is exact."""

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.models.box import warming
from shanhai.numerics.factorial import effects, subsets


@pytest.fixture(scope="module")
def result():
    return warming.run(warming.Settings())


def test_books_close_and_alkalinity_stays(result):
    assert {row.quantity for row in result.ledger} == {"water", "C", "Alk"}
    assert all(row.closes for row in result.ledger)
    assert next(row for row in result.ledger if row.quantity == "water").change == pytest.approx(0.0, abs=1e-3)


def test_gas_exchange_leaves_alkalinity_alone():
    net = warming.network(warming.Settings())
    moving = [r.name for r in net.reactions if any(n.startswith("alkalinity") for n in r.stoichiometry)]
    assert set(moving) == {"alkalinity entrained", "alkalinity detrained"}


def test_effects_add_up_to_the_change_in_every_year(result):
    change = result.series["uptake_all"].values - result.series["uptake"].values
    assert np.allclose(result.series["effects"].values.sum(axis=1), change, atol=1e-9)
    names = [str(n) for n in result.coordinates["effect"].values]
    assert len(names) == 7
    assert result.number("change") == pytest.approx(change[-1])
    pairs = sum(result.number(f"effect of {n}") for n in names if " x " in n)
    assert result.number("interactions") == pytest.approx(pairs)


def test_each_cause_takes_from_the_uptake(result):
    for cause in warming.CAUSES:
        assert result.number(f"effect of {cause}") < 0
    assert abs(result.number("interactions")) < abs(result.number("change"))


def test_without_a_rise_of_co2_only_warming_moves_carbon(result):
    names = [str(n) for n in result.coordinates["effect"].values]
    natural = dict(zip(names, result.series["natural"].values[-1]))
    assert natural["warming"] < -10
    for name in ("mixing", "mixed layer", "mixing x mixed layer"):
        assert abs(natural[name]) < 1e-6


def test_separation_is_exact_for_products_and_sums():
    value = {"a": 2.0, "b": 3.0, "c": 5.0}
    runs = {s: 1.0 + sum(value[c] for c in s) + (7.0 if s >= {"a", "c"} else 0.0) for s in subsets(("a", "b", "c"))}
    found = effects(runs)
    expected = {frozenset(): 1.0, **{frozenset(c): v for c, v in value.items()}, frozenset("ac"): 7.0}
    assert all(found[s] == pytest.approx(expected.get(s, 0.0)) for s in subsets(("a", "b", "c")))
    with pytest.raises(InputError, match="no run with a and b"):
        effects({s: jnp.asarray(0.0) for s in subsets(("a", "b")) if len(s) < 2})
