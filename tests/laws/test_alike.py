"""Laws of one form are computed at once, and give what each gives alone."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from shanhai.core.alike import LONG, Job, compute
from shanhai.core.errors import InputError
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.numerics.jacobian import linearised, pattern


class Uptake(eqx.Module):
    """Michaelis–Menten with a memory of nothing: many operations where `steps` is large."""

    box: str = eqx.field(static=True)
    most: Array
    half: Array
    steps: int = eqx.field(static=True, default=1)

    def __call__(self, x, environment):
        rate = self.most * x[self.box] / (self.half + x[self.box])
        for _ in range(self.steps):
            rate = rate * jnp.exp(-0.01 * rate)
        return environment * rate


def boxes(count: int, steps: int = 1) -> Network:
    species = tuple(Species(f"s{k}", {"C": 1.0}) for k in range(count))
    reactions = tuple(
        Reaction(f"r{k}", Uptake(f"s{k}", jnp.array(1.0 + k), jnp.array(0.5 + k), steps), {f"s{k}": -1.0, "out": 1.0})
        for k in range(count)
    )
    return Network((*species, Species("out", {"C": 1.0}, external=True)), reactions, sample=1.0)


@pytest.mark.parametrize("cells", [(), (3,), (20,)])
@pytest.mark.parametrize("steps", [1, LONG])
def test_rates_and_slopes_are_those_of_each_law_alone(cells, steps):
    network = boxes(5, steps)
    x = jnp.asarray(np.random.default_rng(1).uniform(0.1, 3.0, (6, *cells)))
    rates, slopes = linearised(network, x, 2.0)
    for j, reaction in enumerate(network.reactions):

        def alone(amount, law=reaction.law):
            return law({law.box: amount}, 2.0)

        np.testing.assert_allclose(rates[j], alone(x[j]), rtol=4e-15)
        one = jnp.vectorize(jax.grad(alone))(x[j])
        np.testing.assert_allclose(slopes[pattern(network).slopes.index((j, j))], one, rtol=1e-13)
    np.testing.assert_allclose(network.rates(x, 2.0), rates, rtol=4e-15)


def operations(network: Network, cells: tuple[int, ...]) -> int:
    x = jnp.ones((len(network.species), *cells))
    return str(jax.make_jaxpr(lambda x: network.rates(x, 1.0))(x)).count(" exp ")


@pytest.mark.parametrize(("cells", "steps"), [((), 1), ((1000,), LONG)])
def test_many_boxes_are_as_many_operations_as_one(cells, steps):
    assert operations(boxes(9, steps), cells) == operations(boxes(1, steps), cells) == steps


def test_short_laws_over_many_cells_are_not_copied_together():
    assert operations(boxes(9), (1000,)) == 9


def test_numbers_in_the_code_and_closures_keep_functions_apart():
    def twice(_, x):
        return 2.0 * x

    def thrice(_, x):
        return 3.0 * x

    def closed(k):
        return lambda _, x: k * x

    x, ks = jnp.array([1.0, 2.0]), jnp.array([5.0, 7.0])
    jobs = [Job(f, None, x) for f in (twice, thrice, twice, *map(closed, ks))]
    assert [float(v[1]) for v in compute(jobs)] == [4.0, 6.0, 4.0, 10.0, 14.0]

    def inside(ks):
        return sum(jnp.sum(v) for v in compute([Job(closed(k), None, x) for k in ks]))

    np.testing.assert_allclose(jax.jit(jax.grad(inside))(ks), [3.0, 3.0])


def test_coefficients_may_differ_by_cell_and_each_cell_must_balance():
    share = jnp.array([0.2, 0.6, 0.9])

    def network(rest):
        moves = {"a": -1.0, "b": lambda x, e: share, "c": lambda x, e: rest}
        species = tuple(Species(name, {"C": 1.0}) for name in "abc")
        return Network(species, (Reaction("split", lambda x, e: x["a"], moves),))

    x = jnp.array([[1.0], [0.0], [0.0]]) * jnp.ones(3)
    np.testing.assert_allclose(network(1.0 - share).tendency(x)[2], 1.0 - share)
    with pytest.raises(InputError, match="reaction split: C does not balance"):
        network(jnp.array([0.8, 0.4, 0.2]))
