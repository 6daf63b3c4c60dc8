"""Laws of mixing: what is conserved, ends, symmetry, and what is not linear."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.seawater import OrganicAcid, Solutes
from shanhai.seawater.constants import ConstantOptions, Totals
from shanhai.seawater.mixing import WaterMass, departure, mixed
from shanhai.seawater.mixing import mixture as traced_mixture
from shanhai.seawater.teos10 import absolute_salinity, conservative_temperature

mixture = jax.jit(traced_mixture, static_argnames="options")
X = jnp.array([0.0, 0.1, 0.35, 0.8, 1.0])
RIVER = WaterMass(
    24.0,
    0.2,
    1750e-6,
    1700e-6,
    Solutes(phosphate=jnp.array(1.5e-6), silicate=jnp.array(120e-6), organic=(OrganicAcid(40e-6, 10.0**-4.5),)),
    Totals(jnp.array(3e-6), jnp.array(200e-6), jnp.array(5e-6), jnp.array(800e-6)),
)
SEA = WaterMass(8.0, 34.5, 2080e-6, 2290e-6, Solutes(phosphate=jnp.array(0.5e-6), nitrite=jnp.array(0.2e-6)))


def conserved(water: WaterMass) -> dict[str, object]:
    """Everything that goes by mass."""
    s = jnp.asarray(water.salinity)
    totals = {} if water.concentrations is None else water.concentrations._asdict()
    return {
        "salinity": s,
        "dic": water.dic,
        "alkalinity": water.alkalinity,
        "enthalpy": conservative_temperature(water.temperature, absolute_salinity(s)),
        **totals,
        **{k: 0.0 if x is None else x for k, x in water.solutes._asdict().items() if k != "organic"},
    }


def test_every_conserved_quantity_goes_by_mass():
    found = conserved(mixed(RIVER, SEA, X))
    ends = [conserved(mixed(RIVER, SEA, x)) for x in (0.0, 1.0)]
    for name, values in found.items():
        line = (1 - X) * ends[0][name] + X * ends[1][name]
        np.testing.assert_allclose(values, line, rtol=3e-14, atol=1e-20, err_msg=name)


def test_the_ends_are_the_waters_themselves():
    for x, water in ((0.0, RIVER), (1.0, SEA)):
        at_end = mixed(RIVER, SEA, x)
        np.testing.assert_allclose(
            [at_end.temperature, at_end.salinity, at_end.dic, at_end.alkalinity],
            [water.temperature, water.salinity, water.dic, water.alkalinity],
            rtol=1e-13,
        )


@pytest.mark.parametrize("water", [RIVER, SEA])
def test_a_water_mixed_with_itself_stays_as_it_is(water):
    found = mixture(water, water, X)
    np.testing.assert_allclose(found.ph_total, found.ph_total[0], rtol=1e-13)
    np.testing.assert_allclose(found.conditions.temperature, water.temperature, rtol=1e-13)


def test_order_of_the_waters_does_not_matter():
    one, other = mixture(RIVER, SEA, X), mixture(SEA, RIVER, 1.0 - X)
    for name in ("ph_total", "pco2", "omega_aragonite", "dic", "alkalinity"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-11, err_msg=name)


def test_mixing_in_two_steps_is_mixing_at_once():
    third = mixed(mixed(RIVER, SEA, 0.4), SEA, 0.5)
    once = mixed(RIVER, SEA, 0.7)
    for name, x in conserved(once).items():
        np.testing.assert_allclose(conserved(third)[name], x, rtol=1e-13, atol=1e-20, err_msg=name)
    np.testing.assert_allclose(third.temperature, once.temperature, rtol=1e-12)


def test_organic_acids_of_both_waters_are_kept_and_diluted():
    acids = mixed(RIVER, SEA._replace(solutes=Solutes(organic=(OrganicAcid(10e-6, 1e-8),))), 0.25).solutes.organic
    np.testing.assert_allclose([a.total for a in acids], [30e-6, 2.5e-6], rtol=1e-14)
    with_acid = mixture(RIVER, SEA, 0.2).ph_total
    bare = RIVER._replace(solutes=RIVER.solutes._replace(organic=()))
    assert abs(with_acid - mixture(bare, SEA, 0.2).ph_total) > 1e-3


def test_departure_is_zero_for_what_is_conserved_and_not_for_pco2():
    for name in ("dic", "alkalinity"):
        off = jax.jit(lambda x, name=name: departure(lambda system: getattr(system, name), RIVER, SEA, x))(X)
        np.testing.assert_allclose(off, 0.0, atol=1e-15)
    off = jax.jit(lambda x: departure(lambda system: system.pco2, RIVER, SEA, x))(X)
    np.testing.assert_allclose(off[jnp.array([0, 4])], 0.0, atol=1e-9)
    assert np.all(off[1:4] < -1.0)  # Pa: an acid river and the sea


def test_heat_of_mixing_warms_an_estuary_by_a_tenth_of_a_kelvin():
    linear = (1 - X) * 24.0 + X * 8.0
    excess = mixed(RIVER, SEA, X).temperature - linear
    assert np.all(excess[1:4] > 0.02)
    assert np.all(excess < 0.3)


def test_constants_of_the_options_are_used():
    default = mixture(RIVER, SEA, 0.5).ph_total
    assert default != mixture(RIVER, SEA, 0.5, options=ConstantOptions(carbonic="millero_2010")).ph_total
    assert default != mixture(RIVER, SEA, 0.5, pressure=1e7).ph_total
