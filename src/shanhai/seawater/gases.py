"""Solubility and Schmidt number of the gases that ventilation ages, nitrogen fluxes and gas exchange need.

Two kinds of solubility are published. The *moist-air function* F of Weiss & Price (1980) gives the content of water
in equilibrium with moist air of one atmosphere, C = x F, x being the mole fraction in dry air; vapour and
non-ideality are in F. *Henry's* K0 = F/(1 - pH2O/p0) multiplies the partial pressure instead. Gases of constant
abundance (N2, Ar, Ne) are published as C itself, which divided by x makes their F.
"""

from dataclasses import dataclass
from typing import Literal

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import STANDARD_ATMOSPHERE, ZERO_CELSIUS
from shanhai.core.errors import InputError, nearest
from shanhai.numerics.horner import horner
from shanhai.seawater.gas import SCHMIDT_CO2_2014, water_vapour_pressure_weiss1980

Range = tuple[float, float]
Water = Literal["sea", "fresh"]

MOLE_FRACTION = {"N2": 0.78084, "O2": 0.20946, "Ar": 9.34e-3, "Ne": 1.818e-5}
"""Abundance in dry air [mol mol-1], as Hamme & Emerson (2004) and Garcia & Gordon (1992) take it."""


@dataclass(frozen=True)
class MoistAirFit:
    """Coefficients of ln F = a1 + a2 (100/T) + a3 ln(T/100) + a4 (T/100)^n + S [b1 + b2 (T/100) + b3 (T/100)²].

    Args:
        source: the publication.
        a: a1 to a4.
        b: b1 to b3.
        power: n of the last term.
        unit: factor to mol kg-1 atm-1.
        temperature: range of validity [degC].
        salinity: range of validity [1].
    """

    source: str
    a: tuple[float, float, float, float]
    b: tuple[float, float, float]
    power: int = 2
    unit: float = 1.0
    temperature: Range = (-1.0, 40.0)
    salinity: Range = (0.0, 40.0)


MOIST_AIR_FITS = {
    "CO2": MoistAirFit(
        "Weiss & Price (1980), Mar. Chem. 8, 347",
        (-162.8301, 218.2968, 90.9241, -1.47696),
        (0.025695, -0.025225, 0.0049867),
    ),
    "N2O": MoistAirFit(
        "Weiss & Price (1980), Mar. Chem. 8, 347, Table 2",
        (-168.2459, 226.0894, 93.2817, -1.48693),
        (-0.060361, 0.033765, -0.0051862),
    ),
    "CH4": MoistAirFit(
        "Wiesenburg & Guinasso (1979), J. Chem. Eng. Data 24, 356, eq. 7, in nmol kg-1",
        (-417.5053, 599.8626, 380.3636, -62.0764),
        (-0.064236, 0.034980, -0.0052732),
        power=1,
        unit=1e-9,
        temperature=(-2.0, 30.0),
    ),
    "CFC-11": MoistAirFit(
        "Warner & Weiss (1985), Deep-Sea Res. 32, 1485",
        (-232.0411, 322.5546, 120.4956, -1.39165),
        (-0.146531, 0.093621, -0.0160693),
    ),
    "CFC-12": MoistAirFit(
        "Warner & Weiss (1985), Deep-Sea Res. 32, 1485",
        (-220.2120, 301.8695, 114.8533, -1.39165),
        (-0.147718, 0.093175, -0.0157340),
    ),
    "SF6": MoistAirFit(
        "Bullister et al. (2002), Deep-Sea Res. I 49, 175",
        (-82.1639, 120.152, 30.6372, 0.0),
        (0.0293201, -0.0351974, 0.00740056),
        temperature=(-0.5, 40.0),
    ),
}
"""Gases whose abundance in air changes."""


@dataclass(frozen=True)
class AirFit:
    """Coefficients of ln C = Σ a_i Ts^i + S Σ b_i Ts^i, Ts = ln((298.15 - t)/(273.15 + t)).

    Args:
        source: the publication.
        a: powers of Ts.
        b: powers of Ts that multiply salinity.
        unit: factor to mol kg-1.
        temperature: range of validity [degC].
        salinity: range of validity [1].
    """

    source: str
    a: tuple[float, ...]
    b: tuple[float, ...]
    unit: float = 1e-6
    temperature: Range = (-2.0, 30.0)
    salinity: Range = (0.0, 35.0)


_HAMME = "Hamme & Emerson (2004), Deep-Sea Res. I 51, 1517, eq. 1 and Table 4"
AIR_FITS = {
    "N2": AirFit(_HAMME, (6.42931, 2.92704, 4.32531, 4.69149), (-7.44129e-3, -8.02566e-3, -1.46775e-2)),
    "Ar": AirFit(_HAMME, (2.79150, 3.17609, 4.13116, 4.90379), (-6.96233e-3, -7.66670e-3, -1.16888e-2)),
    "Ne": AirFit(_HAMME, (2.18156, 1.29108, 2.12504), (-5.94737e-3, -5.13896e-3), unit=1e-9),
}
"""Gases of constant abundance in air."""


def moist_air_solubility(gas: str, temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Content of a gas in water per mole fraction in dry air, at equilibrium with moist air of one atmosphere.

    $$\ln F = a_1 + a_2\frac{100}{T} + a_3\ln\frac{T}{100} + a_4\left(\frac{T}{100}\right)^n
      + S\left[b_1 + b_2\frac{T}{100} + b_3\left(\frac{T}{100}\right)^2\right]$$

    Source: the `source` of each of `MOIST_AIR_FITS`, and Hamme & Emerson (2004) over the abundance for N2, Ar and Ne.

    Args:
        gas: one of "CO2", "N2O", "CH4", "CFC-11", "CFC-12", "SF6", "N2", "Ar", "Ne".
        temperature: potential temperature [degC], any shape.
        salinity: practical salinity S [1], broadcastable.

    Returns:
        moist-air solubility function F [mol kg-1 atm-1].

    Raises:
        InputError: the gas has no fit.

    Valid: `temperature` and `salinity` of the fit.

    >>> round(float(moist_air_solubility("N2O", 20.0, 35.0)), 5)
    0.02277
    """
    if gas in AIR_FITS:
        return air_equilibrium(gas, temperature, salinity) / MOLE_FRACTION[gas]
    known = {**MOIST_AIR_FITS, **AIR_FITS}
    if gas not in known:
        raise InputError(f"there is no solubility of {gas!r}", where="gas", do=nearest(gas, known))
    fit = MOIST_AIR_FITS[gas]
    a1, a2, a3, a4 = fit.a
    b1, b2, b3 = fit.b
    h = (jnp.asarray(temperature) + ZERO_CELSIUS) / 100.0
    salt = b1 + h * (b2 + h * b3)
    return fit.unit * jnp.exp(a1 + a2 / h + a3 * jnp.log(h) + a4 * h**fit.power + salinity * salt)


def air_equilibrium(gas: str, temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Content of N2, Ar or Ne in water in equilibrium with moist air of one atmosphere.

    $$\ln C = \sum_i A_i T_s^i + S\sum_i B_i T_s^i, \qquad T_s = \ln\frac{298.15 - t}{273.15 + t}$$

    Source: Hamme & Emerson (2004), Deep-Sea Res. I 51, 1517, eq. 1 and Table 4. Oxygen is in `oxygen`.

    Args:
        gas: "N2", "Ar" or "Ne".
        temperature: potential temperature t [degC], any shape.
        salinity: practical salinity S [1], broadcastable.

    Returns:
        content at saturation [mol kg-1].

    Raises:
        InputError: the gas has no fit.

    Valid: -2 <= t <= 30 degC, 0 <= S <= 35.

    >>> [round(float(air_equilibrium(g, 10.0, 35.0)) * 1e6, 3) for g in ("N2", "Ar")]
    [500.885, 13.462]
    """
    if gas not in AIR_FITS:
        raise InputError(f"there is no equilibrium content of {gas!r}", where="gas", do=nearest(gas, AIR_FITS))
    fit = AIR_FITS[gas]
    t = jnp.asarray(temperature)
    scaled = jnp.log((ZERO_CELSIUS + 25.0 - t) / (ZERO_CELSIUS + t))
    return fit.unit * jnp.exp(horner(scaled, fit.a) + salinity * horner(scaled, fit.b))


def henry_solubility(gas: str, temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Content of a gas in water per partial pressure, from the moist-air function.

    $$K_0 = \frac{F}{1 - p_{H_2O}/p_0}$$

    The non-ideality at one atmosphere stays in K0: 0.4 % for N2O and CO2, whose published K0 are per fugacity; less
    for the gases that are nearly ideal.

    Source: Weiss & Price (1980), Mar. Chem. 8, 347, who define F.

    Args:
        gas: as in `moist_air_solubility`.
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        solubility K0 [mol kg-1 atm-1].

    Raises:
        InputError: the gas has no fit.

    >>> round(float(henry_solubility("N2", 10.0, 35.0)) * 1e6, 1)
    649.2
    """
    vapour = water_vapour_pressure_weiss1980(temperature, salinity)
    return moist_air_solubility(gas, temperature, salinity) / (1.0 - vapour / STANDARD_ATMOSPHERE)


def equilibrium_content(
    gas: str,
    temperature: ArrayLike,
    salinity: ArrayLike,
    mole_fraction: ArrayLike,
    air_pressure: ArrayLike = STANDARD_ATMOSPHERE,
) -> Array:
    r"""Content of a gas in water in equilibrium with moist air of any pressure.

    $$C = x\,F\,\frac{P - p_{H_2O}}{p_0 - p_{H_2O}}$$

    Source: Weiss & Price (1980); Orr et al. (2017), Geosci. Model Dev. 10, 2169.

    Args:
        gas: as in `moist_air_solubility`.
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.
        mole_fraction: mole fraction x in dry air [mol mol-1], broadcastable.
        air_pressure: total pressure P of the moist air [Pa], broadcastable.

    Returns:
        content at saturation [mol kg-1].

    Raises:
        InputError: the gas has no fit.

    >>> c = equilibrium_content("CFC-12", 10.0, 35.0, 540e-12)
    >>> round(float(c) * 1e12, 2)  # pmol kg-1
    2.06
    """
    vapour = water_vapour_pressure_weiss1980(temperature, salinity)
    pressure = (air_pressure - vapour) / (STANDARD_ATMOSPHERE - vapour)
    return jnp.asarray(mole_fraction) * moist_air_solubility(gas, temperature, salinity) * pressure


def n2o_solubility_weiss1980(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Solubility of nitrous oxide in sea water, per fugacity.

    $$\ln K_0 = A_1 + A_2\frac{100}{T} + A_3\ln\frac{T}{100}
      + S\left[B_1 + B_2\frac{T}{100} + B_3\left(\frac{T}{100}\right)^2\right]$$

    Source: Weiss & Price (1980), Mar. Chem. 8, 347, Table 2.

    Args:
        temperature: sea-water temperature [degC], any shape.
        salinity: practical salinity S [1], broadcastable.

    Returns:
        solubility K0 [mol kg-1 atm-1].

    Valid: -1 <= t <= 40 degC, 0 <= S <= 40.

    >>> round(float(n2o_solubility_weiss1980(20.0, 35.0)), 5)
    0.02338
    """
    h = (jnp.asarray(temperature) + ZERO_CELSIUS) / 100.0
    salt = -0.062544 + h * (0.035337 - h * 0.0054699)
    return jnp.exp(-64.8539 + 100.2520 / h + 25.2049 * jnp.log(h) + salinity * salt)


@dataclass(frozen=True)
class SchmidtFit:
    """Schmidt number as a polynomial in degC, lowest power first.

    Args:
        source: the publication.
        coefficients: of the powers of t.
        temperature: range of validity [degC].
    """

    source: str
    coefficients: tuple[float, ...]
    temperature: Range = (-2.0, 40.0)


_W14 = "Wanninkhof (2014), Limnol. Oceanogr. Methods 12, 351, Table 1"
_W92 = "Wanninkhof (1992), J. Geophys. Res. 97, 7373, Table A1"
# O2, N2, Ar and N2O share one diffusion law (Wilke & Chang), so their fits are in fixed ratios; the fresh-water
# fits of N2 and Ar are made from that of O2 by the ratios in sea water, 1.2002 and 1.0821.
_W14_RATIO = f"{_W14}; made from O2 by the ratio in sea water, unverified in print"
_W14_ONE = f"{_W14}; from one later code, unverified in print"
_W92_ONE = f"{_W92}; from one later code, unverified in print"

SCHMIDT_FITS: dict[tuple[str, Water], SchmidtFit] = {
    ("CO2", "sea"): SchmidtFit(_W14, SCHMIDT_CO2_2014),
    ("CO2", "fresh"): SchmidtFit(_W14, (1923.6, -125.06, 4.3773, -0.085681, 7.0284e-4)),
    ("O2", "sea"): SchmidtFit(_W14, (1920.4, -135.6, 5.2122, -0.10939, 9.3777e-4)),
    ("O2", "fresh"): SchmidtFit(_W14, (1745.1, -124.34, 4.8055, -0.10115, 8.6842e-4)),
    ("N2", "sea"): SchmidtFit(_W14, (2304.8, -162.75, 6.2557, -0.13129, 1.1255e-3)),
    ("N2", "fresh"): SchmidtFit(_W14_RATIO, (2094.5, -149.23, 5.7676, -0.12140, 1.0423e-3)),
    ("Ar", "sea"): SchmidtFit(_W14, (2078.1, -146.74, 5.6403, -0.11838, 1.0148e-3)),
    ("Ar", "fresh"): SchmidtFit(_W14_RATIO, (1888.4, -134.55, 5.2001, -0.10946, 9.3976e-4)),
    ("N2O", "sea"): SchmidtFit(_W14, (2356.2, -166.38, 6.3952, -0.13422, 1.1506e-3)),
    ("N2O", "fresh"): SchmidtFit(_W14, (2141.2, -152.56, 5.8963, -0.12411, 1.0655e-3)),
    ("CH4", "sea"): SchmidtFit(_W14_ONE, (2101.2, -131.54, 4.4931, -0.08676, 7.0663e-4)),
    ("CH4", "fresh"): SchmidtFit(_W14_ONE, (1909.4, -120.78, 4.1555, -0.080578, 6.5777e-4)),
    ("SF6", "sea"): SchmidtFit(_W14, (3177.5, -200.57, 6.8865, -0.13335, 1.0877e-3)),
    ("SF6", "fresh"): SchmidtFit(_W14_ONE, (3035.0, -196.35, 6.8510, -0.13387, 1.0972e-3)),
    ("DMS", "sea"): SchmidtFit(_W14_ONE, (2855.7, -177.63, 6.0438, -0.11645, 9.4743e-4)),
    ("DMS", "fresh"): SchmidtFit(_W14_ONE, (2595.0, -163.12, 5.5902, -0.10817, 8.8204e-4)),
    ("CFC-11", "sea"): SchmidtFit(_W14_ONE, (3579.2, -222.63, 7.5749, -0.14595, 1.1874e-3)),
    ("CFC-11", "fresh"): SchmidtFit(_W14_ONE, (3460.0, -217.49, 7.4537, -0.14423, 1.1761e-3)),
    ("CFC-12", "sea"): SchmidtFit(_W14, (3828.1, -249.86, 8.7603, -0.17160, 1.4080e-3)),
    ("CFC-12", "fresh"): SchmidtFit(_W14_ONE, (3478.6, -229.32, 8.0961, -0.15923, 1.3095e-3)),
    ("CCl4", "sea"): SchmidtFit(_W14_ONE, (4398.7, -308.25, 11.798, -0.24709, 2.1159e-3)),
    ("CCl4", "fresh"): SchmidtFit(_W14_ONE, (3997.2, -282.69, 10.880, -0.22855, 1.9605e-3)),
    ("CH3Br", "sea"): SchmidtFit(_W14_ONE, (2181.8, -138.40, 4.7663, -0.092448, 7.5470e-4)),
    ("CH3Br", "fresh"): SchmidtFit(_W14_ONE, (2109.2, -135.17, 4.6884, -0.091317, 7.4715e-4)),
    ("Rn", "sea"): SchmidtFit(_W14_ONE, (3489.6, -244.56, 8.9713, -0.18022, 1.4985e-3)),
    ("Rn", "fresh"): SchmidtFit(_W14_ONE, (3171.0, -224.28, 8.2809, -0.16699, 1.3915e-3)),
    ("He", "sea"): SchmidtFit(_W92, (410.14, -20.503, 0.53175, -6.0111e-3), (0.0, 30.0)),
    ("He", "fresh"): SchmidtFit(_W92, (377.09, -19.154, 0.50137, -5.669e-3), (0.0, 30.0)),
    ("Ne", "sea"): SchmidtFit(_W92, (855.1, -46.299, 1.2540, -0.01449), (0.0, 30.0)),
    ("Ne", "fresh"): SchmidtFit(_W92_ONE, (764.0, -42.234, 1.1581, -0.013405), (0.0, 30.0)),
    ("Kr", "sea"): SchmidtFit(_W92, (2205.0, -135.71, 3.9549, -0.047339), (0.0, 30.0)),
    ("Kr", "fresh"): SchmidtFit(_W92_ONE, (2032.7, -127.55, 3.7621, -0.045236), (0.0, 30.0)),
}
"""Gas and water -> fit; sea water is of salinity 35."""


def schmidt_number(gas: str, temperature: ArrayLike, water: Water = "sea") -> Array:
    r"""Schmidt number of a gas, kinematic viscosity of water over molecular diffusivity of the gas.

    $$Sc = A + B\,t + C\,t^2 + D\,t^3 + E\,t^4$$

    Source: Wanninkhof (2014), Limnol. Oceanogr. Methods 12, 351, Table 1; for He, Ne and Kr the third-degree fits of
    Wanninkhof (1992), J. Geophys. Res. 97, 7373, Table A1. CO2 of 1992 is in `gas`.

    Args:
        gas: chemical formula as in `SCHMIDT_FITS`: CO2, O2, N2, Ar, N2O, CH4, SF6, DMS, CFC-11, CFC-12, CCl4,
            CH3Br, Rn, He, Ne or Kr.
        temperature: water temperature t [degC], any shape.
        water: "sea" (salinity 35) or "fresh".

    Returns:
        Schmidt number [1].

    Raises:
        InputError: there is no fit of the gas in this water.

    Valid: -2 <= t <= 40 degC; 0 <= t <= 30 degC for the fits of 1992.

    >>> [round(float(schmidt_number(g, 20.0)), 1) for g in ("CO2", "O2", "N2O")]
    [668.3, 568.2, 697.0]
    """
    if (gas, water) not in SCHMIDT_FITS:
        known = {g for g, w in SCHMIDT_FITS if w == water} or {w for _, w in SCHMIDT_FITS}
        word = gas if water in {w for _, w in SCHMIDT_FITS} else water
        raise InputError(f"there is no Schmidt number of {gas!r} in {water!r} water", do=nearest(word, known))
    return horner(jnp.asarray(temperature), SCHMIDT_FITS[gas, water].coefficients)
