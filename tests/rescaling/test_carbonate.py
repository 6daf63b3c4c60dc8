"""Units are labels: the laboratory's and SI give the same water, and so does another unit of amount.

Exempt: the fits of temperature and salinity, and the zero level of protons of an acid of the user's, 10**-4.5 mol/kg.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.waters import random_known, rounding, system_of

from shanhai.seawater import carbonate
from shanhai.seawater.co2system import pairs
from shanhai.seawater.co2system.acids import Solutes
from shanhai.seawater.co2system.given import solve_system
from shanhai.seawater.co2system.quantities import OUTPUTS, factor, output
from shanhai.seawater.co2system.system import Conditions

SQUARED = ("kw", "ksp_calcite", "ksp_aragonite")
SOLVE = jax.jit(pairs.solve, static_argnames="root")


def in_other_amounts(of, times):
    """The same water with amounts counted in another unit: constants scale with their powers of it."""
    k = {name: value * times ** (2 if name in SQUARED else 1) for name, value in of.constants._asdict().items()}
    totals = type(of.totals)(*(x * times for x in of.totals))
    solutes = Solutes(*(x * times for x in of.solutes[:5]))
    return of._replace(constants=type(of.constants)(**k), totals=totals, solutes=solutes)


@pytest.mark.parametrize(
    "pair", [("dic", "alkalinity"), ("alkalinity", "co2"), ("alkalinity", "carbonate")], ids="-".join
)
def test_protons_follow_the_unit_of_amount(pair):
    chosen = random_known(500, seed=4).system
    of = chosen.water._replace(solutes=chosen.water.solutes._replace(organic=()))
    system = system_of(chosen.h, chosen.dic, of, chosen.conditions)
    given = {name: getattr(system, name) for name in pair}
    expected = SOLVE(given, of)
    times = 1000.0
    found = SOLVE({name: x * times for name, x in given.items()}, in_other_amounts(of, times))
    bound = 64.0 * rounding(system_of(expected.h, expected.dic, of, chosen.conditions), pair[pair[0] == "alkalinity"])
    assert np.array_equal(found.reason, expected.reason)
    assert np.all(np.abs(np.log(found.h / (times * expected.h))) <= bound)


def test_laboratory_and_si_are_one():
    sample = {"dic": 2010.0, "alkalinity": 2320.0, "temperature": 12.0, "salinity": 34.0, "pressure": 1500.0}
    acids = {"phosphate": 1.5, "silicate": 40.0, "ammonia": 2.0, "sulfide": 1.0, "nitrite": 0.5}
    found = carbonate(**sample, **acids, outputs=tuple(OUTPUTS))

    @jax.jit
    def si():
        where = Conditions(jnp.asarray(12.0), jnp.asarray(34.0), jnp.asarray(1.5e7))
        solutes = Solutes(**{name: jnp.asarray(value * 1e-6) for name, value in acids.items()})
        pair = {"dic": jnp.asarray(2.01e-3), "alkalinity": jnp.asarray(2.32e-3)}
        return {name: output(name, solve_system(pair, where, solutes)) for name in OUTPUTS}

    for name, value in si().items():
        np.testing.assert_allclose(getattr(found, name), value, rtol=1e-12, err_msg=name)


def test_factors_of_the_laboratory_are_those_of_their_units():
    assert factor("dic") == factor("phosphate") == factor("gamma_dic") == 1e-6
    assert factor("pCO2") == 101325e-6
    assert factor("xCO2") == 1e-6
    assert factor("pH") == factor("omega_calcite") == factor("revelle_factor") == 1.0
