r"""TrOCA: a tracer of oxygen, carbon and alkalinity with fixed numbers.

$$C_{ant} = \frac{[O_2] + a\left(DIC - \tfrac12 A_T\right) - e^{\,b + c\,\theta + d/A_T^2}}{a}$$

in umol kg-1, with a = 1.279, b = 7.511, c = -1.087e-2 degC-1, d = -7.81e5 (umol kg-1)².

The numbers were compared with one independent open code, not with print. They were fitted to one set of waters and
carry over badly to others: Yool, Oschlies & Nurser (2010), Biogeosciences 7, 723, find it of little use beyond where it
was calibrated. It is here to be compared.

Source: Touratier, Azouzi & Goyet (2007), Tellus 59B, 318.
"""

from collections.abc import Mapping

import equinox as eqx
import numpy as np
import pandas as pd
from jax import Array

from shanhai.carbon.anthropogenic.estimates import Estimate, errors_of, made
from shanhai.carbon.samples import columns, potential_temperature
from shanhai.core.params import par

METHOD = "TrOCA"
_SOURCE = "Touratier, Azouzi & Goyet (2007), Tellus 59B, 318; from one open code, unverified in print"


class Coefficients(eqx.Module):
    """Numbers of the published fit, for umol kg-1 and degC."""

    a: Array = par(1.279, "1", source=_SOURCE, bounds=(0.5, 3.0), meaning="oxygen per carbon of the tracer")
    b: Array = par(7.511, "1", source=_SOURCE, bounds=(5.0, 10.0), meaning="logarithm of the tracer before industry")
    c: Array = par(-1.087e-2, "degC-1", source=_SOURCE, bounds=(-0.1, 0.1), meaning="its slope with temperature")
    d: Array = par(
        -7.81e5, "umol2 kg-2", source=_SOURCE, bounds=(-5e6, 5e6), meaning="its slope with inverse square alkalinity"
    )


def estimate(
    table: pd.DataFrame, *, coefficients: Coefficients | None = None, errors: Mapping[str, float] | None = None
) -> Estimate:
    """Anthropogenic carbon by TrOCA.

    Source: Touratier, Azouzi & Goyet (2007), Tellus 59B, 318.

    Args:
        table: columns dic, alkalinity, oxygen, salinity, and a temperature.
        coefficients: published ones when absent.
        errors: see `errors_of`.

    Returns:
        `Estimate`, counted from before industry.

    Raises:
        InputError: for columns that are missing or in another unit.

    >>> water = {"dic": [2150.0], "alkalinity": [2300.0], "oxygen": [250.0], "potential_temperature": [5.0]}
    >>> round(float(estimate(pd.DataFrame(water)).c_ant[0]), 1)
    27.6
    """
    k = Coefficients() if coefficients is None else coefficients
    a, b, slope, d = (float(x) for x in (k.a, k.b, k.c, k.d))
    c = columns(table, ["dic", "alkalinity", "oxygen"])
    before = np.exp(b + slope * potential_temperature(table) + d / c["alkalinity"] ** 2)
    value = (c["oxygen"] + a * (c["dic"] - 0.5 * c["alkalinity"]) - before) / a
    known = errors_of(errors)
    by_alkalinity = -0.5 + 2.0 * d * before / (a * c["alkalinity"] ** 3)
    parts = (known["dic"], by_alkalinity * known["alkalinity"], known["oxygen"] * c["oxygen"] / a)
    error = np.sqrt(sum(np.square(p) for p in parts))
    notes = ["The numbers of TrOCA are used outside of where they were fitted, unless this is there."]
    return made(table, value, error, METHOD, 1750.0, notes, {"before": before})
