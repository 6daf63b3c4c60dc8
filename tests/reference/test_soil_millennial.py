"""Millennial v2 beside ten years of its authors' Fortran, and its periodic year."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.conftest import SHARED

from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.forced import forced
from shanhai.numerics.periodic import network_cycle, periodic_anderson, periodic_newton
from shanhai.numerics.steady import CONVERGED
from shanhai.soil.peers.millennial import (
    POOLS,
    Millennial,
    MillennialDay,
    diffusion_limit,
    microbial_limit,
    millennial_network,
)

START = jnp.array([1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
SINGLE = float(np.float32(0.86))  # the Fortran's literal has no exponent letter
FLOWS = {
    "f_AG_break": ("breakage to POM", "breakage to MAOM"),
    "f_PO_AG": ("aggregation of POM",),
    "f_MA_AG": ("aggregation of MAOM",),
    "f_PO_LM": ("depolymerisation",),
    "f_LM_leach": ("leaching",),
    "f_LM_MA": ("sorption",),
    "f_LM_MB": ("uptake",),
    "f_MB_turn": ("death to MAOM", "death to LMWC"),
    "f_MA_LM": ("desorption",),
    "f_MB_atm": ("respiration",),
}


@pytest.fixture(scope="module")
def year():
    file = SHARED / "soil" / "ref_millennialv2_forcing_globalaverage.txt"
    if not file.exists():
        pytest.skip("shared/data/soil is not here")
    rows = [line.split() for line in file.read_text().splitlines() if line.strip()]
    return MillennialDay(*jnp.asarray(np.array(rows, float).T))


@pytest.fixture(scope="module")
def printed(year):
    return np.genfromtxt(SHARED / "soil" / "ref_millennialv2_fortran_10yr.csv", delimiter=",", names=True)


def ten_years(model, year):
    days = MillennialDay(*(jnp.tile(series, 10) for series in year))
    run = jax.jit(lambda x: forced(RungeKutta(1), millennial_network(model), x, days, 1.0))
    return run(START)


@pytest.fixture(scope="module")
def single(year):
    return ten_years(Millennial(capacity=SINGLE), year)


def test_every_stored_pool_is_that_of_the_fortran_to_rounding(single, printed):
    day = printed["day"].astype(int) - 1
    for row, name in enumerate(POOLS):
        np.testing.assert_allclose(single.x[day, row], printed[name.upper()], rtol=1e-12)


def test_every_stored_flow_and_factor_is_that_of_the_fortran_to_rounding(single, printed, year):
    model = Millennial(capacity=SINGLE)
    names = [r.name for r in millennial_network(model).reactions]
    day = printed["day"].astype(int) - 1
    for column, flows in FLOWS.items():
        found = sum(single.extents[day, names.index(flow)] for flow in flows)
        np.testing.assert_allclose(found, printed[column], rtol=1e-12)
    water = year.water[day % 365]
    np.testing.assert_allclose(diffusion_limit(model, water), printed["scalar_wd"], rtol=1e-12)
    np.testing.assert_allclose(microbial_limit(model, water), printed["scalar_wb"], rtol=1e-12)
    np.testing.assert_allclose(model.saturated, printed["qmax"], rtol=1e-14)


def test_with_the_capacity_in_double_precision_ten_years_differ_by_less_than_2e_8(printed, year):
    day = printed["day"].astype(int) - 1
    found = ten_years(Millennial(), year).x[day, :5]
    np.testing.assert_allclose(found, np.stack([printed[p.upper()] for p in POOLS], 1), rtol=2e-8)


def test_ten_years_close_carbon(single):
    moved = jnp.sum(jnp.abs(single.end))
    assert abs(float(jnp.sum(single.end) - jnp.sum(START))) < 1e-13 * float(moved)


@pytest.fixture(scope="module")
def cycle(year):
    return network_cycle(RungeKutta(1), millennial_network(Millennial()), jnp.zeros(8), year, 1.0)


def test_newton_finds_the_periodic_year_to_1e_12_whatever_the_start(cycle):
    find = jax.jit(lambda x: periodic_newton(cycle, x))
    ends = [find(x) for x in (jnp.ones(5), jnp.array([10.0, 500.0, 50.0, 2000.0, 500.0]), jnp.full(5, 1e-3))]
    for end in ends:
        assert int(end.status) == CONVERGED
        assert float(end.residual) < 1e-12
        assert int(end.cycles) <= 100
        np.testing.assert_allclose(end.x, ends[0].x, rtol=1e-10)
    np.testing.assert_allclose(cycle(ends[0].x), ends[0].x, rtol=1e-12)


def test_anderson_finds_it_to_1e_6_in_twenty_years(cycle):
    end = jax.jit(lambda x: periodic_anderson(cycle, x))(jnp.ones(5))
    assert int(end.status) == CONVERGED
    assert int(end.cycles) <= 20
    np.testing.assert_allclose(end.x, periodic_newton(cycle, jnp.ones(5)).x, rtol=1e-5)


def test_the_periodic_year_has_the_derivatives_of_differences(year):
    def end(rate):
        network = millennial_network(Millennial(breakage=rate))
        return periodic_newton(network_cycle(RungeKutta(1), network, jnp.zeros(8), year, 1.0), jnp.ones(5)).x

    found = jax.jit(end)
    difference = (found(0.02 * 1.0001) - found(0.02 * 0.9999)) / (2e-4 * 0.02)
    np.testing.assert_allclose(jax.jit(jax.jacfwd(end))(0.02), difference, rtol=1e-6)
