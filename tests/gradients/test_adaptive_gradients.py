"""Derivatives along adaptive steps: those of what is integrated, and not those of the choice of steps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.reactions import Network, Reaction, Species
from shanhai.numerics.integrate import Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock

NAMES = ("freed", "fastest", "half", "kept", "death")
NUMBERS = jnp.array([0.3, 0.6, 6e-4, 0.03, 0.01])  # per day; microbes that leave hardly any of what is freed
DAYS = 60


def eaters() -> Network:
    """Matter is freed in proportion to microbes, which eat what is dissolved down to a tiny half-saturation."""
    matter, dissolved, microbes, air = (
        Species(n, {"C": 1.0}, external=n == "air") for n in ("matter", "dissolved", "microbes", "air")
    )
    reactions = (
        Reaction("freed", lambda x, p: p[0] * x["microbes"] * x["matter"] / (500.0 + x["matter"]),
                 {"matter": -1.0, "dissolved": 1.0}),
        Reaction("eaten", lambda x, p: p[1] * x["microbes"] * x["dissolved"] / (p[2] + x["dissolved"]),
                 {"dissolved": -1.0, "microbes": 0.5, "air": 0.5}),
        Reaction("kept", lambda x, p: p[3] * x["microbes"], {"microbes": -1.0, "air": 1.0}),
        Reaction("death", lambda x, p: p[4] * x["microbes"], {"microbes": -1.0, "dissolved": 1.0}),
    )  # fmt: skip
    return Network((matter, dissolved, microbes, air), reactions, NUMBERS)


def respired(relative: float):
    """Function of logarithms -> carbon in the air after every day, with the steps of the day before to begin with."""
    network, tolerance = eaters(), Tolerance(relative=relative, absolute=1e-3 * relative)

    def run(logarithms):
        def day(carry, _):
            end = integrate(Rosenbrock("ros3"), network, carry[0], jnp.exp(logarithms), 1.0, tolerance, carry[1])
            return (end.x, end.next_step), end.x[3]

        return jax.lax.scan(day, (jnp.array([2000.0, 5.0, 20.0, 0.0]), jnp.asarray(1e-3)), None, length=DAYS)[1]

    return jax.jit(run)


@pytest.mark.parametrize("relative", [1e-4, 1e-6])
def test_derivatives_of_many_days_are_those_of_differences(relative):
    run, at = respired(relative), jnp.log(NUMBERS)
    slope = jax.jit(jax.vmap(lambda d: jax.jvp(run, (at,), (d,))[1]))(jnp.eye(len(NAMES)))
    for name, along, step in zip(NAMES, slope, 1e-3 * jnp.eye(len(NAMES))):
        difference = (run(at + step) - run(at - step)) / 2e-3
        allowed = relative * (20.0 * float(jnp.max(jnp.abs(difference))) + float(run(at)[-1]))
        np.testing.assert_allclose(along, difference, atol=allowed, err_msg=name)


def test_lengths_of_steps_have_no_derivative():
    """With one, each length depends on the one before: in a jar of soil that grew to 1e94 within 48 days."""
    network, x = eaters(), jnp.array([2000.0, 5.0, 20.0, 0.0])

    def following(logarithms):
        numbers = jnp.exp(logarithms)
        return integrate(Rosenbrock("ros3"), network, x, numbers, 1.0, Tolerance(), jnp.asarray(1e-3)).next_step

    at = jnp.log(NUMBERS)
    assert float(following(at)) > 0.0
    np.testing.assert_array_equal(jax.jacfwd(following)(at), 0.0)
