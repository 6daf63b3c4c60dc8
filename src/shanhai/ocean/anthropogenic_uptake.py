r"""Anthropogenic carbon of the sea surface, and what the transit times carry of it into the interior.

Water that leaves the surface in the year t holds, beyond what it would have held before industry,

$$C_{ant}^0(t) = \epsilon\left[C_{eq}(\theta, S, A_T^0, x(t)) - C_{eq}(\theta, S, A_T^0, x_{pre})\right]$$

with ε the share of the rise of the air that the surface has followed; its natural disequilibrium cancels if it does
not change. The rest is `ventilation.interior_value`.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.ocean.ventilation import History, interior_value
from shanhai.seawater import Conditions, ConstantOptions, Solutes, solve_system


@partial(jax.jit, static_argnames="options")
def equilibrium_dic(
    temperature: ArrayLike,
    salinity: ArrayLike,
    alkalinity: ArrayLike,
    mole_fraction: ArrayLike,
    solutes: Solutes | None = None,
    options: ConstantOptions | None = None,
) -> Array:
    r"""DIC of surface water in equilibrium with air, $C_{eq}(\theta, S, A_T, x)$.

    Source: equilibria of `solve_system`; water vapour and fugacity by Weiss & Price (1980) and Weiss (1974).

    Args:
        temperature: potential temperature θ [degC], any shape.
        salinity: practical salinity [1], broadcastable.
        alkalinity: preformed [mol kg-1], broadcastable.
        mole_fraction: CO2 in dry air [mol mol-1], broadcastable.
        solutes: preformed nutrients, where they count.
        options: names of the fits; the usual ones when absent.

    Returns:
        DIC [mol kg-1].

    >>> round(float(equilibrium_dic(10.0, 35.0, 2300e-6, 280e-6)) * 1e6, 1)
    2052.5
    """
    t, s, a, x = jnp.broadcast_arrays(
        *(jnp.asarray(v, dtype=float) for v in (temperature, salinity, alkalinity, mole_fraction))
    )
    used = ConstantOptions() if options is None else options
    return solve_system(
        {"alkalinity": a, "xco2": x}, Conditions(t, s), Solutes() if solutes is None else solutes, used
    ).dic


def surface_history(
    co2: History,
    temperature: ArrayLike,
    salinity: ArrayLike,
    alkalinity: ArrayLike,
    followed: ArrayLike = 1.0,
    options: ConstantOptions | None = None,
) -> History:
    r"""Anthropogenic carbon of surface water over the years of the air.

    $$C_{ant}^0(t) = \epsilon\left[C_{eq}(x(t)) - C_{eq}(x_{pre})\right]$$

    with the air before industry that of the first year.

    Source: Hall, Haine & Waugh (2002), Glob. Biogeochem. Cycles 16, 1131; Waugh et al. (2006), Tellus 58B, 376, who
    take ε = 1.

    Args:
        co2: mole fraction in dry air [mol mol-1], (year,).
        temperature: potential temperature [degC], (...).
        salinity: practical salinity [1], broadcastable.
        alkalinity: preformed [mol kg-1], broadcastable.
        followed: ε, broadcastable.
        options: names of the fits; the usual ones when absent.

    Returns:
        `History` of values [mol kg-1], (..., year).

    >>> from shanhai.ocean.atmospheric_histories import atmospheric_co2
    >>> rise = surface_history(atmospheric_co2(), 10.0, 35.0, 2300e-6)
    >>> round(float(rise.values[-2]) * 1e6, 1)  # 2020
    71.3
    """
    t, s, a, e = (jnp.asarray(v, dtype=float)[..., None] for v in (temperature, salinity, alkalinity, followed))
    held = equilibrium_dic(t, s, a, co2.values, options=options)
    return History(co2.years, e * (held - held[..., :1]))


def anthropogenic_carbon(
    year: ArrayLike,
    mean_age: ArrayLike,
    width: ArrayLike,
    co2: History,
    temperature: ArrayLike,
    salinity: ArrayLike,
    alkalinity: ArrayLike,
    followed: ArrayLike = 1.0,
    options: ConstantOptions | None = None,
) -> Array:
    r"""Anthropogenic carbon of a sample in the interior.

    $$C_{ant}(t) = \int_0^\infty C_{ant}^0(t - \tau)\,G(\tau; \Gamma, \Delta)\,d\tau$$

    Source: Hall, Haine & Waugh (2002), Glob. Biogeochem. Cycles 16, 1131; Waugh et al. (2006), Tellus 58B, 376.

    Args:
        year: of the sample, decimal, (...).
        mean_age: Γ [yr], broadcastable.
        width: Δ [yr], broadcastable.
        co2: mole fraction in dry air [mol mol-1], (year,).
        temperature: potential temperature [degC], broadcastable.
        salinity: practical salinity [1], broadcastable.
        alkalinity: preformed [mol kg-1], broadcastable.
        followed: see `surface_history`.
        options: names of the fits; the usual ones when absent.

    Returns:
        C_ant [mol kg-1], (...).

    >>> from shanhai.ocean.atmospheric_histories import atmospheric_co2
    >>> c = anthropogenic_carbon(2000.0, 50.0, 50.0, atmospheric_co2(), 10.0, 35.0, 2300e-6)
    >>> round(float(c) * 1e6, 1)
    30.4
    """
    surface = surface_history(co2, temperature, salinity, alkalinity, followed, options)
    return interior_value(surface, year, mean_age, width)
