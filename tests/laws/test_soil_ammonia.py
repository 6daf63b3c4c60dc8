"""Laws of ammonia: equilibria, shares that add up to the total, and a loss that takes no more than there is."""

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.reactions import Network, Species
from shanhai.numerics.exponential import Exponential
from shanhai.soil import ammonia

PLACE = (298.15, 7.5, 0.25, 0.5, 3.0)  # temperature, pH, water, porosity, sorption


def test_dissociation_at_25_degrees_and_its_slope():
    assert float(ammonia.ammonium_pk(298.15)) == pytest.approx(9.246, abs=5e-4)
    assert float(ammonia.ammonium_pk(283.15) - ammonia.ammonium_pk(298.15)) > 0.4


def test_gas_water_and_solid_add_up_to_the_total():
    t, ph, water, porosity, held = PLACE
    gas = float(ammonia.ammonia_gas(2.0, *PLACE))
    dissolved = gas * float(ammonia.ammonia_solubility(t))
    ammonium = dissolved * 10 ** (float(ammonia.ammonium_pk(t)) - ph)
    total = gas * (porosity - water) + dissolved * water + ammonium * (water + held)
    assert total == pytest.approx(2.0, rel=1e-13)


def test_gas_grows_with_ph_and_warmth_and_shrinks_with_water_and_sorption():
    t, ph, water, porosity, held = PLACE
    base = ammonia.ammonia_gas(1.0, *PLACE)
    assert float(ammonia.ammonia_gas(1.0, t, ph + 1, water, porosity, held) / base) == pytest.approx(10.0, rel=0.02)
    assert ammonia.ammonia_gas(1.0, t + 10, ph, water, porosity, held) > 1.5 * base
    assert ammonia.ammonia_gas(1.0, t, ph, water + 0.1, porosity, held) < base
    assert ammonia.ammonia_gas(1.0, t, ph, water, porosity, 2 * held) < base


def test_edges_dry_saturated_very_acid_and_very_alkaline():
    t, ph, _, porosity, _ = PLACE
    assert float(ammonia.ammonia_gas(1.0, t, ph, 0.0, porosity)) == pytest.approx(1.0 / porosity)
    assert float(ammonia.ammonia_gas(0.0, *PLACE)) == 0.0
    assert np.isfinite(float(ammonia.ammonia_gas(1.0, t, ph, porosity, porosity)))
    alkaline = float(ammonia.ammonia_gas(1.0, t, 14.0, 0.25, porosity))
    assert alkaline == pytest.approx(1.0 / (0.25 + 0.25 * float(ammonia.ammonia_solubility(t))), rel=1e-4)
    assert float(ammonia.ammonia_gas(1.0, t, 0.0, 0.25, porosity)) < 1e-11


def test_volatilisation_is_exact_and_never_takes_more_than_there_is():
    rate = ammonia.volatilisation_rate(1e-2, 0.02, 308.15, 9.0, 0.2, 0.5)
    nitrogen = {"N": 1.0}
    species = (Species("ammonium", nitrogen), Species("ammonia of the air", nitrogen, external=True))
    network = Network(species, ammonia.volatilisation(rate))
    step = Exponential()(network, jnp.array([1.0, 0.0]), None, 30 * 86400.0)
    left = float(np.exp(-float(rate) * 30 * 86400.0))
    assert 0 <= float(step.x[0]) == pytest.approx(left, abs=1e-14)
    assert float(step.x[0] + step.x[1]) == pytest.approx(1.0, abs=1e-15)
