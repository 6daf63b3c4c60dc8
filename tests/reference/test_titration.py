"""Titrations in print: the simulated one of Dickson (1981), Table 1, and the example of SOP 3b."""

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.seawater import Conditions, ConstantOptions, Solutes
from shanhai.seawater.co2system.acids import Water
from shanhai.seawater.co2system.given import solve_in
from shanhai.seawater.co2system.system import water
from shanhai.seawater.constants import Totals
from shanhai.seawater.titration import alkalinity_from_titration, nernst_slope, titration_curve

AT = Conditions(jnp.array(25.0), jnp.array(35.0))
ACID_MASS = np.arange(51) * 5e-5
PH_FREE = np.array(
    [
        *(8.065650, 7.925895, 7.752062, 7.539922, 7.312923, 7.111723, 6.948715, 6.816116, 6.704825, 6.608421),
        *(6.522665, 6.444704, 6.372551, 6.304758, 6.240231, 6.178101, 6.117655, 6.058275, 5.999403, 5.940504),
        *(5.881044, 5.820455, 5.758107, 5.693259, 5.625006, 5.552183, 5.473224, 5.385920, 5.286975, 5.171175),
        *(5.029724, 4.847252, 4.601818, 4.304988, 4.046597, 3.860034, 3.722943, 3.616542, 3.530163, 3.457664),
        *(3.395285, 3.340587, 3.291906, 3.248062, 3.208187, 3.171626, 3.137874, 3.106531, 3.077278, 3.049854),
        3.024045,
    ]
)  # Dickson (1981), Table 1, without phosphate, as another code quotes it


@pytest.fixture(scope="module")
def dickson1981():
    """Its water: constants on the free scale."""
    usual = water(AT, Solutes(), ConstantOptions())
    to_total = 1.0 + 0.02824 * 12.3
    free = {"k1": 1e-6, "k2": 8.2e-10, "kb": 1.78e-9, "kw": 4.32e-14}
    moved = {name: jnp.array(k * to_total) for name, k in free.items()}
    constants = usual.constants._replace(**moved, ks=jnp.array(1 / 12.3), kf=jnp.array(1 / 408.0))
    return Water(constants, Totals(*(jnp.array(x) for x in (0.00042, 0.02824, 0.00007, 0.01))))


def test_curve_of_dickson_1981(dickson1981):
    sample = solve_in(dickson1981, {"dic": jnp.array(0.0022), "alkalinity": jnp.array(0.00245)}, AT)
    curve = titration_curve(sample, ACID_MASS, 0.2, 0.3)
    np.testing.assert_allclose(curve.ph + np.log10(dickson1981.total_to_free), PH_FREE, atol=6e-7)


def test_alkalinity_of_the_printed_curve_of_dickson_1981(dickson1981):
    emf = 0.4 - nernst_slope(25.0) * np.log(10.0) * PH_FREE
    found = alkalinity_from_titration(ACID_MASS, emf, 0.2, 0.3, dickson1981, 25.0, "closed")
    np.testing.assert_allclose([found.alkalinity, found.dic], [0.00245, 0.0022], rtol=1e-6)


def test_example_of_sop_3b():
    """Printed 2260.06 umol/kg and 0.394401 V, by its own K_S and K_F; acid of density 1.02393 g/ml."""
    volume = np.arange(3.5, 4.501, 0.05) * 1e-3
    emf = 1e-3 * np.array(
        [
            *(186.07, 188.93, 191.50, 193.84, 196.01, 198.00, 199.86, 201.59, 203.21, 204.73, 206.17),
            *(207.53, 208.80, 210.02, 211.20, 212.33, 213.41, 214.46, 215.45, 216.41, 217.32),
        ]
    )
    sea = water(Conditions(jnp.array(24.25), jnp.array(33.923)), Solutes(), ConstantOptions())
    found = alkalinity_from_titration(volume * 1.02393, emf, 0.14032, 0.10046, sea, 24.25, "open", ph_range=(0.0, 14.0))
    np.testing.assert_allclose(found.alkalinity * 1e6, 2260.06, atol=0.2)
    np.testing.assert_allclose(found.standard_emf, 0.394401, atol=2e-6)
    assert found.misfit < 1e-6
