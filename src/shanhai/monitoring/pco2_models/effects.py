"""Effects of single factors on pCO2, the terms of the semi-analytic sum: HY/T 0343.5 formula (B.3)."""

import abc
from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.errors import InputError
from shanhai.core.params import par
from shanhai.monitoring.pco2_models.model import log10_positive

REGIONAL = "regional coefficient of HY/T 0343.5 (B.3), to be calibrated; the default is unverified"
SURFACE_DENSITY = 1025.0  # kg m-3, typical; its spread of 1 % is far below that of the residence time


class Effect(eqx.Module):
    """One term of the sum: the change of pCO2 that one factor causes, from the mean state of the sea area."""

    @property
    @abc.abstractmethod
    def predictors(self) -> tuple[str, ...]:
        """Names of the predictors in the notation table."""

    @abc.abstractmethod
    def change(self, background: Array, given: Mapping[str, Array]) -> Array:
        """Change of pCO2 [Pa] against the background [Pa]."""

    @abc.abstractmethod
    def centred(self, columns: Mapping[str, Any]) -> "Effect":
        """Same effect with its reference values at the mean of training data."""


class Thermal(Effect):
    r"""Warming at constant composition, $\Delta p = \bar p\,(e^{\gamma (T - T_0)} - 1)$.

    Source: thermal term of HY/T 0343.5 (B.3); the sensitivity is of Takahashi et al. (1993), Global
    Biogeochem. Cycles 7, 843. The exponential is exact for a constant sensitivity; the first-order term of
    (B.3) is its tangent and the rest belongs to the residual.

    Valid: the measurements behind it span 2.1-24.5 degC at salinity 35.4 in one North Atlantic water.

    >>> round(float(Thermal().change(jnp.array(36.0), {"sea_surface_temperature": jnp.array(21.0)})), 3)
    1.555
    """

    sensitivity: Array = par(
        0.0423,
        "K-1",
        source="Takahashi et al. 1993; regression of the eight points of their Table A1 gives 0.0422",
        meaning="relative change of pCO2 with temperature",
        bounds=(0.0, 0.1),
    )
    reference: Array = par(
        20.0,
        "degC",
        source="mean of the sea area, set by the fit; without a fit give the mean of your own sea",
        meaning="sea surface temperature of the background",
    )

    @property
    def predictors(self) -> tuple[str, ...]:
        """Sea surface temperature."""
        return ("sea_surface_temperature",)

    def change(self, background: Array, given: Mapping[str, Array]) -> Array:
        """Change of pCO2 [Pa]."""
        return background * jnp.expm1(self.sensitivity * (given["sea_surface_temperature"] - self.reference))

    def centred(self, columns: Mapping[str, Any]) -> "Thermal":
        """Refer to the mean temperature."""
        return Thermal(self.sensitivity, jnp.mean(columns["sea_surface_temperature"]))


class Mixing(Effect):
    r"""Mixing of two waters along salinity, $\Delta p = m_1 (S - S_0) + m_2 (S - S_0)^2$.

    Source: mixing term of HY/T 0343.5 (B.3). DIC and alkalinity mix in proportion to salinity while pCO2 does
    not (Bai et al. 2015, J. Geophys. Res. Oceans 120), hence the curvature; `mixing_between` takes both
    coefficients from the end members' carbonate system tabulated against salinity at the reference
    temperature.
    """

    slope: Array = par(
        0.0, "Pa", source=REGIONAL, meaning="change of pCO2 per unit of salinity", bounds=(-100.0, 100.0)
    )
    curvature: Array = par(
        0.0, "Pa", source=REGIONAL, meaning="change of pCO2 per square of salinity", bounds=(-20.0, 20.0)
    )
    reference: Array = par(
        35.0,
        "1",
        source="mean of the sea area, set by the fit; without a fit give the mean of your own sea",
        meaning="sea surface salinity of the background",
    )

    @property
    def predictors(self) -> tuple[str, ...]:
        """Sea surface salinity."""
        return ("sea_surface_salinity",)

    def change(self, background: Array, given: Mapping[str, Array]) -> Array:
        """Change of pCO2 [Pa]."""
        s = given["sea_surface_salinity"] - self.reference
        return (self.slope + self.curvature * s) * s

    def centred(self, columns: Mapping[str, Any]) -> "Mixing":
        """Refer to the mean salinity; the curve itself stays where it is, up to a constant."""
        reference = jnp.mean(columns["sea_surface_salinity"])
        shift = 2 * self.curvature * (reference - self.reference)
        return Mixing(self.slope + shift, self.curvature, reference)


def mixing_between(salinity: ArrayLike, pco2: ArrayLike, reference: float) -> Mixing:
    """Quadratic through tabulated pCO2 of a mixing line, by least squares.

    Args:
        salinity: of the mixtures [1], at least three.
        pco2: of the mixtures at the reference temperature [Pa].
        reference: salinity of the background [1].

    >>> curve = mixing_between([20.0, 27.0, 34.0], [80.0, 51.0, 36.0], 34.0)
    >>> round(float(curve.slope), 3), round(float(curve.curvature), 3)
    (-1.143, 0.143)
    """
    s, p = np.asarray(salinity, dtype=float), np.asarray(pco2, dtype=float)
    if s.shape != p.shape or np.unique(s).size < 3:
        raise InputError("a mixing curve needs three salinities or more, and a pCO2 for each", where="mixing")
    curvature, slope, _ = np.polyfit(s - reference, p, 2)
    return Mixing(jnp.asarray(slope), jnp.asarray(curvature), jnp.asarray(reference))


class Biology(Effect):
    r"""Drawdown where phytoplankton grows, $\Delta p = -\beta \log_{10}(Chl / Chl_0)$.

    Source: biological term of HY/T 0343.5 (B.3); the logarithm is the integral of a drawdown per relative
    increase of chlorophyll, after the integral form of Bai et al. (2015), whose own coefficients are
    unverified here.
    """

    drawdown: Array = par(
        3.0, "Pa", source=REGIONAL, meaning="drop of pCO2 per decade of chlorophyll", bounds=(-50.0, 200.0)
    )
    reference: Array = par(
        0.3,
        "mg m-3",
        source="geometric mean of the sea area, set by the fit; without a fit give the mean of your own sea",
        meaning="chlorophyll of the background",
        bounds=(1e-4, 1e3),
    )

    @property
    def predictors(self) -> tuple[str, ...]:
        """Chlorophyll."""
        return ("chlorophyll",)

    def change(self, background: Array, given: Mapping[str, Array]) -> Array:
        """Change of pCO2 [Pa]."""
        return -self.drawdown * (log10_positive(given["chlorophyll"]) - jnp.log10(self.reference))

    def centred(self, columns: Mapping[str, Any]) -> "Biology":
        """Refer to the geometric mean of chlorophyll."""
        return Biology(self.drawdown, 10 ** jnp.mean(log10_positive(columns["chlorophyll"])))


class Exchange(Effect):
    r"""Loss of carbon to the air over a residence time.

    $$\Delta p = -\frac{R\,\bar p}{DIC}\,\frac{F\,\tau}{\rho\,h}$$

    Source: exchange term of HY/T 0343.5 (B.3), where it is printed with the subscript *bio*, a misprint; the
    factor is the definition of the Revelle factor, R = (dp/p) / (dDIC/DIC). The flux F, positive to the air,
    must come from elsewhere (a climatology or the month before), or the model would feed on its own result.
    """

    residence_time: Array = par(
        30.0,
        "d",
        source=REGIONAL,
        meaning="time over which the flux acts on the mixed layer",
        bounds=(0.0, 3650.0),
    )
    revelle_factor: Array = par(
        10.0,
        "1",
        source="typical of warm surface water, 9.7 at DIC 2000, alkalinity 2300 umol/kg and 18 degC",
        meaning="relative change of pCO2 per relative change of dissolved inorganic carbon",
        bounds=(5.0, 25.0),
    )
    dissolved_carbon: Array = par(
        2.0e-3,
        "mol kg-1",
        source="typical of surface water; regional",
        meaning="dissolved inorganic carbon",
        bounds=(1e-4, 5e-3),
    )

    @property
    def predictors(self) -> tuple[str, ...]:
        """Flux and mixed layer depth."""
        return ("co2_flux", "mixed_layer_depth")

    def change(self, background: Array, given: Mapping[str, Array]) -> Array:
        """Change of pCO2 [Pa]; an absent mixed layer (depth of zero or less) is NaN."""
        depth = given["mixed_layer_depth"]
        good = depth > 0
        lost = 1e-3 * given["co2_flux"] * self.residence_time  # mol m-2
        per_mass = lost / (SURFACE_DENSITY * jnp.where(good, depth, 1.0))
        change = -self.revelle_factor * background / self.dissolved_carbon * per_mass
        return jnp.where(good, change, jnp.nan)

    def centred(self, columns: Mapping[str, Any]) -> "Exchange":
        """Return itself: no exchange is its reference."""
        return self


class Factor(Effect):
    r"""Any further factor to first order, $\Delta p = s\,(V - V_0)$: *factor-n* of HY/T 0343.5 (B.3)."""

    quantity: str = eqx.field(static=True)
    slope: Array = par(0.0, "Pa", source=REGIONAL, meaning="change of pCO2 per unit of the factor")
    reference: Array = par(
        0.0,
        "1",
        source="mean of the sea area, set by the fit",
        meaning="factor of the background, in its unit",
    )

    @property
    def predictors(self) -> tuple[str, ...]:
        """Name of the factor."""
        return (self.quantity,)

    def change(self, background: Array, given: Mapping[str, Array]) -> Array:
        """Change of pCO2 [Pa]."""
        return self.slope * (given[self.quantity] - self.reference)

    def centred(self, columns: Mapping[str, Any]) -> "Factor":
        """Refer to the mean."""
        return Factor(self.quantity, self.slope, jnp.mean(columns[self.quantity]))


EFFECTS: dict[str, type[Effect]] = {  # names of configurations and files
    "thermal": Thermal,
    "mixing": Mixing,
    "biology": Biology,
    "exchange": Exchange,
}
