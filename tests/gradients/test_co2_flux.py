"""Gradients of the flux: finite, and equal to finite differences, at ordinary and degenerate states."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.airsea import LAWS, FluxOptions, co2_flux

ORDINARY = {
    "pco2_sea": 35.0,
    "xco2": 390e-6,
    "temperature": 18.0,
    "salinity": 34.0,
    "wind": 7.0,
    "air_pressure": 101325.0,
    "mean_square_wind": 60.0,
    "mean_cube_wind": 600.0,
    "ice_fraction": 0.2,
}
STATES = {
    "ordinary": {},
    "calm": {"wind": 0.0, "mean_square_wind": 0.0, "mean_cube_wind": 0.0},
    "fresh": {"salinity": 0.0},
    "freezing": {"temperature": -1.8},
    "all ice": {"ice_fraction": 1.0},
    "equilibrium": {"pco2_sea": 38.6},
}
OPTIONS = {
    "standard": {},
    "skin and fugacity": {"cool_skin": "donlon_2002", "salty_skin": 0.1, "fugacity": True},
    "hybrid law": {"law": LAWS["wanninkhof_2009"]()},
    "Liss-Merlivat": {"law": LAWS["liss_merlivat_1986"]()},
}


SMALLEST = dict.fromkeys(ORDINARY, 1.0) | {"xco2": 1e-4, "ice_fraction": 0.1}


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("state", STATES)
def test_gradient_equals_finite_difference(state, options):
    at = {k: jnp.asarray(v) for k, v in (ORDINARY | STATES[state]).items()}
    opt = FluxOptions(**OPTIONS[options])

    @jax.jit
    def flux(x):
        return 86400e3 * co2_flux(**x, options=opt).flux

    gradient = jax.jit(jax.grad(flux))(at)
    for name, x in at.items():
        size = max(abs(float(x)), SMALLEST[name])
        h = 1e-4 * size
        if float(x) == 0.0:  # the end of the range: differences from one side
            steps, weights = (0, 1, 2, 3, 4), (-25 / 12, 4, -3, 4 / 3, -1 / 4)
            tolerance = 1e-3 if name == "salinity" else 1e-6  # S^(3/2) has no second derivative at zero
        else:
            steps, weights = (-2, -1, 1, 2), (1 / 12, -2 / 3, 2 / 3, -1 / 12)
            tolerance = 1e-6
        difference = sum(w * float(flux(at | {name: x + i * h})) for i, w in zip(steps, weights, strict=True)) / h
        scale = max(abs(difference), abs(float(flux(ORDINARY))) / size)
        assert np.isfinite(gradient[name]), name
        assert abs(float(gradient[name]) - difference) <= tolerance * scale, name


def test_calm_mean_wind_needs_no_moment():
    still = co2_flux(**(ORDINARY | STATES["calm"]))
    assert float(still.flux) == 0.0
    assert float(still.wind_compensation) == 1.0


def test_parameters_of_the_law_have_gradients():
    def flux(law):
        return co2_flux(**ORDINARY, options=FluxOptions(law=law)).flux

    gradient = jax.grad(flux)(LAWS["ho_2006"]())
    exact = float(flux(LAWS["ho_2006"]())) / 0.266
    assert float(gradient.a2) == pytest.approx(exact, rel=1e-12)
