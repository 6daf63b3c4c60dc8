"""Laws of the uncertainty of the carbonate system: quadrature, correlation, shares, round trips, Monte Carlo."""

import jax
import numpy as np
import pytest

from shanhai.seawater import carbonate
from shanhai.seawater.co2system.uncertainty import CONSTANTS, ORR_2018, carbonate_uncertainty

BOTTLE = {"dic": 2000.0, "alkalinity": 2300.0, "temperature": 18.0, "salinity": 35.0}
RICH = BOTTLE | {"phosphate": 2.0, "silicate": 60.0}
MEASURED = {"dic": 2.0, "alkalinity": 2.0, "temperature": 0.01, "salinity": 0.01, "phosphate": 0.1, "silicate": 3.0}
ALL = MEASURED | dict(ORR_2018)
NONE = dict.fromkeys(ALL, 1e-30)  # next to nothing, so that every test runs what is compiled once
OUTPUTS = ("pH", "pCO2", "omega_aragonite", "carbonate", "dic", "alkalinity")


def linear(uncertainty, correlation=(0.0, 0.0)):
    tied = dict(zip([("dic", "alkalinity"), ("pk1", "pk2")], correlation, strict=True))
    return carbonate_uncertainty(
        uncertainty=NONE | uncertainty, correlation=tied, outputs=OUTPUTS, share=True, covariance=True, **RICH
    )


def drawn(uncertainty, correlation=0.0, seed=0):
    return carbonate_uncertainty(
        uncertainty=NONE | uncertainty,
        correlation={("dic", "alkalinity"): correlation},
        outputs=OUTPUTS,
        covariance=True,
        method="monte_carlo",
        samples=4000,
        seed=seed,
        **RICH,
    )


@pytest.fixture(scope="module")
def rich():
    return linear(ALL)


def test_independent_sources_add_in_quadrature(rich):
    alone = [linear({k: u}).uncertainty.values for k, u in ALL.items()]
    for name in OUTPUTS:
        together = np.sqrt(sum(one[name] ** 2 for one in alone))
        np.testing.assert_allclose(rich.uncertainty.values[name], together, rtol=1e-12)


def test_shares_of_a_variance_sum_to_one_also_when_sources_are_correlated(rich):
    for found in (rich, linear(ALL, (-0.4, 0.7))):
        for name in OUTPUTS:
            np.testing.assert_allclose(sum(x.values[name] for x in found.share.values()), 1.0, rtol=1e-12)


def test_covariance_is_symmetric_positive_and_has_the_variances_on_its_diagonal(rich):
    matrix = np.zeros((len(OUTPUTS), len(OUTPUTS)))
    for (a, b), x in rich.covariance.items():
        i, j = OUTPUTS.index(a), OUTPUTS.index(b)
        matrix[i, j] = matrix[j, i] = x
    np.testing.assert_allclose(np.sqrt(np.diag(matrix)), [rich.uncertainty.values[k] for k in OUTPUTS], rtol=1e-12)
    scale = np.sqrt(np.diag(matrix))
    assert np.linalg.eigvalsh(matrix / np.outer(scale, scale)).min() > -1e-9


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_fully_correlated_errors_add_and_opposite_ones_cancel(sign):
    """Carbon lowers pH and alkalinity raises it."""
    one, other = (linear({k: 2.0}).uncertainty.pH for k in ("dic", "alkalinity"))
    both = linear({"dic": 2.0, "alkalinity": 2.0}, (sign, 0.0))
    np.testing.assert_allclose(both.uncertainty.pH, abs(one - sign * other), rtol=1e-10)


def test_an_input_comes_back_with_its_own_uncertainty_whatever_the_constants(rich):
    np.testing.assert_allclose([rich.uncertainty.dic, rich.uncertainty.alkalinity], 2.0, rtol=1e-10)


def test_constants_shared_by_both_conditions_cancel_when_nothing_moves():
    at = {"pH": 8.1, "alkalinity": 2300.0, "temperature": 18.0, "salinity": 35.0, "output_temperature": 18.0}
    found = carbonate_uncertainty(uncertainty={"pH": 0.003}, outputs=("pH", "fCO2"), **at)
    np.testing.assert_allclose(found.uncertainty.output.pH, 0.003, rtol=1e-9)
    np.testing.assert_allclose(found.uncertainty.output.fCO2, found.uncertainty.fCO2, rtol=1e-9)


def test_solubility_does_not_matter_for_a_pco2_that_is_measured():
    at = {"pCO2": 380.0, "alkalinity": 2300.0, "temperature": 18.0, "salinity": 35.0}
    found = carbonate_uncertainty(uncertainty={"pk0": 0.1}, constants={}, outputs=("pCO2", "co2"), **at).uncertainty
    assert found.pCO2 < 1e-10
    assert found.co2 > 1.0


def test_doubling_every_uncertainty_doubles_the_result(rich):
    twice = linear({k: 2 * u for k, u in ALL.items()})
    for name in OUTPUTS:
        np.testing.assert_allclose(twice.uncertainty.values[name], 2 * rich.uncertainty.values[name], rtol=1e-12)


def test_every_constant_of_an_acid_present_moves_something():
    at = RICH | {"ammonia": 5.0, "sulfide": 5.0, "nitrite": 1.0}
    outputs = ("pH", "pCO2", "omega_calcite", "omega_aragonite")
    found = carbonate_uncertainty(
        uncertainty=dict.fromkeys(CONSTANTS, 0.01), constants={}, outputs=outputs, share=True, **at
    )
    for name in CONSTANTS:
        assert any(found.share[name].values[k] > 0 for k in outputs), name


def test_monte_carlo_agrees_with_the_derivatives_for_small_uncertainties(rich):
    found = drawn({k: u / 10 for k, u in ALL.items()})
    for name in OUTPUTS:  # relative sampling error 1/sqrt(8000) = 0.011
        np.testing.assert_allclose(10 * found.uncertainty.values[name], rich.uncertainty.values[name], rtol=0.045)
    for (a, b), x in rich.covariance.items():
        scale = rich.uncertainty.values[a] * rich.uncertainty.values[b]
        np.testing.assert_allclose(100 * found.covariance[a, b] / scale, x / scale, atol=0.07)


def test_monte_carlo_agrees_with_the_derivatives_for_correlated_errors():
    measured = {"dic": 0.2, "alkalinity": 0.2}
    exact = linear(measured, (0.95, 0.0)).uncertainty.pCO2
    np.testing.assert_allclose(drawn(measured, 0.95).uncertainty.pCO2, exact, rtol=0.045)


def test_monte_carlo_sees_the_bend_that_first_order_misses():
    """pCO2 at constant alkalinity is convex in DIC: its mean lies above the value by half the curvature times u²."""
    down, here, up = carbonate(outputs=("pCO2",), **RICH | {"dic": np.array([1990.0, 2000.0, 2010.0])}).pCO2
    bend = 0.5 * 40.0**2 * (up - 2 * here + down) / 10.0**2
    found = drawn({"dic": 40.0})
    assert bend > 5.0
    np.testing.assert_allclose(found.mean.pCO2 - found.value.pCO2, bend, rtol=0.35)
    assert found.uncertainty.pCO2 > 1.01 * linear({"dic": 40.0}).uncertainty.pCO2


def test_the_same_seed_gives_the_same_draws():
    one, again, other = (drawn({"dic": 2.0}, seed=seed).uncertainty.pH for seed in (1, 1, 2))
    assert one == again != other


def test_arrays_give_what_each_point_gives_also_under_jit_and_vmap():
    dic, u = np.linspace(1900.0, 2100.0, 7), np.linspace(0.5, 4.0, 7)

    def of(dic, u):
        return carbonate_uncertainty(uncertainty={"dic": u}, constants={}, **BOTTLE | {"dic": dic}).uncertainty.pH

    whole = of(dic, u)
    assert whole.shape == (7,)
    np.testing.assert_allclose(whole[3], of(dic[3], u[3]), rtol=1e-12)
    np.testing.assert_allclose(whole, jax.vmap(jax.jit(of))(dic, u), rtol=1e-12)


@pytest.mark.parametrize("options", [{}, {"method": "monte_carlo", "samples": 3}])
def test_nothing_uncertain_gives_zero(options):
    found = carbonate_uncertainty(uncertainty={}, constants={}, **options, **BOTTLE).uncertainty
    assert (found.pH, found.pCO2) == (0.0, 0.0)
