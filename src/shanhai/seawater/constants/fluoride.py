r"""Dissociation of hydrogen fluoride, $K_F = [H^+][F^-]/[HF]$.

K_F makes the difference between the total and the seawater pH scale. **One fit, two readings**: Perez & Fraga (1987)
report K_F on the *total* scale (so does the guide of Dickson et al. 2007), yet the CO2SYS family takes the very
same numbers as if on the *free* scale, and all that was computed with it does. Both are offered:

- `perez_fraga_1987_free`: the number taken as free; the default, because published products rest on it;
- `perez_fraga_1987`: the number taken as total, divided by 1 + S_T/K_S at one atmosphere.

At S = 35 and 25 degC the second K_F is 22 % smaller (ln K_F -6.3399 against -6.0919). pH on the seawater scale then
lies 0.0129 instead of 0.0101 below the total one, and constants measured on the seawater scale (K_W, K_P, K_Si) fall by
0.64 % on the total one. With alkalinity 2300 and dissolved carbon 2000 µmol kg-1 that moves total-scale pH by 7e-5 and
pCO2 by -0.07 µatm; by at most 3e-4 in pH over -2 to 40 degC and S = 5 to 45.
"""

from jax import Array
from jax.typing import ArrayLike

from shanhai.numerics import safe
from shanhai.seawater.constants.fit import Fit
from shanhai.seawater.constants.medium import haline, ionic_strength, ln_water_fraction, thermal


def ln_fluoride_perez1987(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Dissociation constant of hydrogen fluoride in sea water.

    $$\ln K_F = \frac{874}{T} - 9.68 + 0.111\sqrt S$$

    Source: Perez & Fraga (1987), Mar. Chem. 21, 161; as in Dickson et al. (2007), chapter 5.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K_F, K_F in mol kg-1 on the total scale as published (see the top of this file).

    Valid: 9 <= t <= 33 degC, 10 <= S <= 40.

    >>> round(float(ln_fluoride_perez1987(25.0, 35.0)), 4)
    -6.0919
    """
    _, inverse, _ = thermal(temperature)
    _, root = haline(salinity)
    return 874.0 * inverse - 9.68 + 0.111 * root


def ln_fluoride_dickson1979(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Dissociation constant of hydrogen fluoride, from three salinities.

    $$\ln K_F = \frac{1590.2}{T} - 12.641 + 1.525\sqrt I + \ln(1 - 0.001005\,S)$$

    Source: Dickson & Riley (1979), Mar. Chem. 7, 89.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K_F, K_F in mol kg-1 on the free scale.

    Valid: 5 <= t <= 35 degC, 10.4 <= S <= 47.8, where its authors used it.

    >>> round(float(ln_fluoride_dickson1979(25.0, 35.0)), 4)
    -6.0468
    """
    _, inverse, _ = thermal(temperature)
    root = safe.square_root(ionic_strength(salinity))
    return 1590.2 * inverse - 12.641 + 1.525 * root + ln_water_fraction(salinity)


_PEREZ = "Perez & Fraga (1987), Mar. Chem. 21, 161"

FLUORIDE = {
    "perez_fraga_1987_free": Fit(
        "perez_fraga_1987_free",
        f"{_PEREZ}, taken as if on the free scale",
        ln_fluoride_perez1987,
        (9.0, 33.0),
        (10.0, 40.0),
        "free",
    ),
    "perez_fraga_1987": Fit("perez_fraga_1987", _PEREZ, ln_fluoride_perez1987, (9.0, 33.0), (10.0, 40.0), "total"),
    "dickson_riley_1979": Fit(
        "dickson_riley_1979",
        "Dickson & Riley (1979), Mar. Chem. 7, 89",
        ln_fluoride_dickson1979,
        (5.0, 35.0),
        (10.43, 47.78),
        "free",
    ),
}
