"""Laws of carbon isotopes: balance, limits, order of the species."""

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.seawater import isotopes

T = np.linspace(5.0, 25.0, 5)
WATER = (11e-6, 1780e-6, 209e-6)


def abundance(delta):
    ratio = isotopes.VPDB_RATIO * (1 + np.asarray(delta) / 1000)
    return ratio / (1 + ratio)


@pytest.mark.parametrize("name", isotopes.FRACTIONATIONS)
@pytest.mark.parametrize("water", [WATER, (1e-3, 1e-6, 1e-9), (0.0, 1e-5, 4e-3)])
def test_species_hold_together_the_13c_of_the_whole(name, water):
    deltas = isotopes.delta_of_species(1.7, T, *water, fractionation=name)
    held = sum(content * abundance(delta) for content, delta in zip(water, deltas[:3], strict=True))
    assert np.allclose(held, sum(water) * abundance(1.7), rtol=4e-16)


@pytest.mark.parametrize("name", isotopes.FRACTIONATIONS)
def test_species_and_gas_are_apart_by_the_fractionation_factors(name):
    deltas = isotopes.delta_of_species(1.7, T, *WATER, fractionation=name)
    for alpha, delta in zip(isotopes.FRACTIONATIONS[name](T), deltas[:3], strict=True):
        assert np.allclose((1000 + delta) / (1000 + deltas.gas), alpha, rtol=1e-14)


def test_one_species_alone_has_the_delta_of_the_whole():
    for index in range(3):
        water = [1e-3 if i == index else 0.0 for i in range(3)]
        assert np.allclose(isotopes.delta_of_species(-3.0, T, *water)[index], -3.0, rtol=0, atol=1e-12)


def test_water_in_equilibrium_with_air_has_air_above_it():
    alpha = isotopes.dic_fractionation(T, *WATER)
    dic = alpha * (1000 - 8.4) - 1000
    assert np.allclose(isotopes.delta_of_species(dic, T, *WATER).gas, -8.4, atol=2e-3)


def test_scale_of_the_contents_does_not_matter():
    one = isotopes.delta_of_species(1.0, T, *WATER)
    thousand = isotopes.delta_of_species(1.0, T, *(1000 * c for c in WATER))
    assert np.allclose(one, thousand, rtol=1e-13)


@pytest.mark.parametrize("name", isotopes.FRACTIONATIONS)
def test_bicarbonate_is_heaviest_and_dissolved_co2_lightest(name):
    alphas = isotopes.FRACTIONATIONS[name](T)
    assert np.all(alphas.dissolved_co2 < 1)
    assert np.all(alphas.carbonate > 1)
    assert np.all(alphas.bicarbonate > alphas.carbonate)


def test_exchange_stops_at_isotopic_equilibrium():
    alpha = isotopes.dic_fractionation_zhang1995(T, 0.1)
    flux = isotopes.exchange_fractionation(T, alpha)
    air = isotopes.VPDB_RATIO * (1 - 8.4e-3)
    assert np.allclose(flux.invasion * air, flux.evasion * alpha * air, rtol=1e-15)


def test_radiocarbon_fractionates_by_the_square():
    alpha = jnp.array([0.99, 1.0, 1.008])
    assert np.allclose(isotopes.radiocarbon_fractionation(alpha), alpha * alpha)


def test_no_carbon_has_no_isotopes():
    assert np.all(np.isnan(isotopes.delta_of_species(1.0, T, 0.0, 0.0, 0.0)))


def test_unknown_fractionation_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'zhang_1995'"):
        isotopes.dic_fractionation(10.0, *WATER, fractionation="zhang1995")
