r"""The global mean air: CO2 as mole fraction and amount, its radiative forcing, and the warming that it makes.

Two layers hold the heat, the upper one with the surface air:

$$C\,\dot T = F - \lambda T - \varepsilon\gamma\,(T - T_0), \qquad C_0\,\dot T_0 = \gamma\,(T - T_0)$$

Source: Geoffroy et al. (2013a, b), J. Climate 26, 1841 and 1859.
"""

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.ledger import JULIAN_YEAR, PETAGRAM
from shanhai.core.params import par

PGC_PER_PPM = 2.124  # Ballantyne et al. (2012), Nature 488, 70; as the Global Carbon Budget
DRY_AIR = 1.773e20  # mol, of box models whose air is no more than its CO2
MOLES_PER_PPM = PGC_PER_PPM * PETAGRAM
PGC_PER_YEAR = PETAGRAM / JULIAN_YEAR  # mol s-1

PREINDUSTRIAL_CO2 = 277.15  # ppm, 1750, that the forcing is counted from
PREINDUSTRIAL_N2O = 273.87  # ppb


def ppm_of_amount(amount: ArrayLike) -> Array:
    """Mole fraction of CO2 in dry air [umol mol-1] of an amount [mol] in the whole air, well mixed.

    >>> round(float(ppm_of_amount(amount_of_ppm(277.15))), 9)
    277.15
    """
    return jnp.asarray(amount) / MOLES_PER_PPM


def amount_of_ppm(ppm: ArrayLike) -> Array:
    """Amount of CO2 in the whole air [mol] at a mole fraction in dry air [umol mol-1].

    >>> f"{float(amount_of_ppm(277.15)) / PETAGRAM:.1f} PgC"
    '588.7 PgC'
    """
    return jnp.asarray(ppm) * MOLES_PER_PPM


def co2_forcing(ppm: ArrayLike, n2o: ArrayLike = PREINDUSTRIAL_N2O) -> Array:
    r"""Stratosphere-adjusted radiative forcing of CO2 since 1750.

    $$F = \bigl(\alpha' + c_1\sqrt{N}\bigr)\,\ln\frac{C}{C_0}, \qquad
      \alpha' = d_1 + b_1\,\Delta + a_1\,\Delta^2, \quad \Delta = \min(\max(C - C_0, 0), -b_1/2a_1)$$

    Source: Meinshausen et al. (2020), Geosci. Model Dev. 13, 3571, Table 3, after Etminan et al. (2016), Geophys. Res.
    Lett. 43, 12614.

    Args:
        ppm: mole fraction of CO2, C [umol mol-1], any shape.
        n2o: mole fraction of N2O, N [nmol mol-1], broadcastable.

    Returns:
        forcing [W m-2]. The effective forcing is 5 % larger: AR6 WGI, section 7.3.2.1.

    Valid: 180 to 2000 ppm and beyond; α' stays at its largest above 1808 ppm.

    >>> round(float(co2_forcing(2 * 277.15)), 2)
    3.75
    """
    a1, b1, c1, d1 = -2.4785e-7, 7.5906e-4, -2.1492e-3, 5.2488
    c = jnp.asarray(ppm)
    above = jnp.clip(c - PREINDUSTRIAL_CO2, 0.0, -b1 / (2 * a1))
    return (d1 + b1 * above + a1 * above**2 + c1 * jnp.sqrt(n2o)) * jnp.log(c / PREINDUSTRIAL_CO2)


_MEAN = "Geoffroy et al. (2013a), J. Climate 26, 1841, mean of 16 CMIP5 models"


class TwoLayer(eqx.Module):
    """Energy balance of two layers.

    Args:
        feedback: λ; the warming in balance with a forcing F is F/λ.
        upper: C.
        lower: C0.
        exchange: γ.
        efficacy: ε of the heat that goes down.
        adjustment: effective over stratosphere-adjusted forcing of CO2.

    >>> climate = TwoLayer()
    >>> t = jnp.zeros(2)
    >>> for year in range(70):  # CO2 that grows by 1 % a year
    ...     t = climate.advanced(t, climate.co2_forcing(277.15 * 1.01 ** (year + 0.5)), JULIAN_YEAR)
    >>> [round(float(v), 1) for v in t]
    [2.0, 0.4]
    """

    feedback: Array = par(
        1.31,
        "W m-2 K-1",
        source="IPCC AR6 WGI, 7.3.2.1 and 7.5.5: 3.93 W m-2 of doubled CO2 over 3.0 K; 1.13 in Geoffroy et al. (2013a)",
        bounds=(0.3, 4.0),
        meaning="radiation per warming",
    )
    upper: Array = par(7.3, "W yr m-2 K-1", source=_MEAN, bounds=(1.0, 30.0), meaning="heat capacity, upper layer")
    lower: Array = par(106.0, "W yr m-2 K-1", source=_MEAN, bounds=(10.0, 1000.0), meaning="heat capacity, lower layer")
    exchange: Array = par(0.73, "W m-2 K-1", source=_MEAN, bounds=(0.05, 3.0), meaning="heat flux between the layers")
    efficacy: Array = par(
        1.0,
        "1",
        source="definition: none, as in Geoffroy et al. (2013a)",
        bounds=(0.5, 2.5),
        meaning="weight of heat uptake",
    )
    adjustment: Array = par(
        1.05,
        "1",
        source="IPCC AR6 WGI, section 7.3.2.1",
        bounds=(0.7, 1.4),
        meaning="effective over stratosphere-adjusted forcing of CO2",
    )

    def co2_forcing(self, ppm: ArrayLike) -> Array:
        """Effective radiative forcing of CO2 [W m-2]."""
        return self.adjustment * co2_forcing(ppm)

    def advanced(self, warming: Array, forcing: ArrayLike, dt: ArrayLike) -> Array:
        r"""Warming of both layers after a time of constant forcing, exactly.

        $$x^+ = x_\infty + e^{A\Delta t}(x - x_\infty), \qquad
          e^{A\Delta t} = \frac{e^{p\Delta t}(A - qI) - e^{q\Delta t}(A - pI)}{p - q}$$

        with the eigenvalues p and q of A, real and different as heat flows both ways.

        Args:
            warming: of the upper and the lower layer [K], (2, ...).
            forcing: F [W m-2], (...).
            dt: length of the step [s].
        """
        end = jnp.asarray(forcing) / self.feedback
        departure = warming - end
        years = dt / JULIAN_YEAR
        down = self.efficacy * self.exchange
        a = -(self.feedback + down) / self.upper, down / self.upper
        b = self.exchange / self.lower, -self.exchange / self.lower
        half, root = 0.5 * (a[0] + b[1]), jnp.sqrt(0.25 * (a[0] - b[1]) ** 2 + a[1] * b[0])
        slow, fast = half + root, half - root
        turned = jnp.stack([a[0] * departure[0] + a[1] * departure[1], b[0] * departure[0] + b[1] * departure[1]])
        first, second = jnp.exp(slow * years), jnp.exp(fast * years)
        return end + (first * (turned - fast * departure) - second * (turned - slow * departure)) / (slow - fast)
