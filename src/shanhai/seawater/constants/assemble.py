"""All equilibrium constants at a temperature, salinity and pressure, on one scale."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.seawater.constants.composition import BORON, CALCIUM, Totals, fluoride_riley1965, sulfate_morris1966
from shanhai.seawater.constants.fit import Scale
from shanhai.seawater.constants.options import DEFAULT, ConstantOptions, fits, volume_changes
from shanhai.seawater.constants.pressure import ln_pressure_factor
from shanhai.seawater.constants.scales import HYDROGEN_ACTIVITY, FreeTo, ScaleFactors, free_to

Shift = Callable[[Scale], ArrayLike]
"""Scale of a fit -> factor that carries its constant to the total scale at the pressure in question."""


class Constants(NamedTuple):
    """Equilibrium constants at pressure, in powers of mol kg-1, on the total scale unless said.

    Args:
        k0: solubility of CO2 [mol kg-1 atm-1].
        k1, k2: carbonic acid.
        kb: boric acid.
        kw: water [mol2 kg-2].
        ks: bisulfate, on the free scale.
        kf: hydrogen fluoride, on the free scale.
        kp1, kp2, kp3: phosphoric acid.
        ksi: silicic acid.
        knh3: ammonium.
        kh2s: hydrogen sulfide.
        kno2: nitrous acid.
        ksp_calcite, ksp_aragonite: solubility products [mol2 kg-2].
    """

    k0: Array
    k1: Array
    k2: Array
    kb: Array
    kw: Array
    ks: Array
    kf: Array
    kp1: Array
    kp2: Array
    kp3: Array
    ksi: Array
    knh3: Array
    kh2s: Array
    kno2: Array
    ksp_calcite: Array
    ksp_aragonite: Array


WITHOUT_PROTON = ("k0", "ksp_calcite", "ksp_aragonite")


def totals(salinity: ArrayLike, options: ConstantOptions = DEFAULT) -> Totals:
    r"""Total borate, sulfate, fluoride and calcium of sea water.

    $$S_T = \frac{0.14}{96.062}\frac{S}{1.80655}, \qquad F_T = \frac{0.000067}{18.998}\frac{S}{1.80655}$$

    Source: sulfate Morris & Riley (1966), Deep-Sea Res. 13, 699; fluoride Riley (1965), Deep-Sea Res. 12, 219;
    borate and calcium by `options.boron` and `options.calcium`, listed in `composition`.

    Args:
        salinity: practical salinity [1], any shape.
        options: the fits to use.

    Returns:
        the four concentrations [mol kg-1], same shape.

    Valid: waters of oceanic proportions; a river needs its own calcium and sulfate.

    >>> [round(float(x) * 1e6, 2) for x in totals(35.0)]
    [415.7, 28235.43, 68.33, 10284.57]
    """
    s = jnp.asarray(salinity)
    return Totals(
        borate=BORON[options.boron](s),
        sulfate=sulfate_morris1966(s),
        fluoride=fluoride_riley1965(s),
        calcium=CALCIUM[options.calcium](s),
    )


def equilibrium_constants(
    temperature: ArrayLike,
    salinity: ArrayLike,
    pressure: ArrayLike | None = None,
    options: ConstantOptions = DEFAULT,
    concentrations: Totals | None = None,
) -> Constants:
    r"""All equilibrium constants on the total scale.

    A fit on the total scale is used as it is at the surface. Under pressure its effect is known on the seawater scale:

    $$K_T(P) = K_T(0)\;\frac{b_0}{a_0}\;e^{\Delta}\;\frac{a_P}{b_P}, \qquad
      K_T(P) = K_{SWS}(0)\;e^{\Delta}\;\frac{a_P}{b_P}, \qquad K_{SWS} = K_{NBS}/f_H$$

    with a and b of `scales`, at the surface and at pressure, and Δ of `pressure`.

    Source: each constant's fit (`fits_used`); the order of steps is that of Lewis & Wallace (1998), ORNL/CDIAC-105.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.
        pressure: sea pressure [Pa], broadcastable; None is the surface and costs nothing.
        options: the fits to use.
        concentrations: sulfate and fluoride of the water if they do not follow from its salinity [mol kg-1].

    Returns:
        the constants, all of the joint shape; those that are not used cost nothing under `jit`.

    Valid: see `validity`.

    >>> k = equilibrium_constants(25.0, 35.0)
    >>> [round(float(jnp.log10(x)), 4) for x in (k.k1, k.k2, k.kb)]
    [-5.8472, -8.966, -8.5975]
    """
    t, s = jnp.asarray(temperature), jnp.asarray(salinity)
    amounts = totals(s, options) if concentrations is None else concentrations
    compress = _compression(t, pressure, options)
    ks, kf, surface, deep = _free_scale(t, s, amounts, options, compress)
    shift = _shift_to_total(t, s, options, surface, deep)
    values = {"ks": ks, "kf": kf}
    for name, fit in fits(options).items():
        if name not in values:
            k = jnp.exp(compress(name, fit.function(t, s)))
            as_it_is = name in WITHOUT_PROTON or (pressure is None and fit.scale == "total")
            values[name] = k if as_it_is else k * shift(fit.scale)
    return Constants(*jnp.broadcast_arrays(*(values[name] for name in Constants._fields)))


def scale_factors(
    temperature: ArrayLike,
    salinity: ArrayLike,
    constants: Constants,
    concentrations: Totals,
    options: ConstantOptions = DEFAULT,
) -> ScaleFactors:
    r"""Factors from the total scale to the three others, at the pressure of the constants.

    $$\frac{[H]_F}{[H]_T} = \frac1a, \qquad \frac{[H]_{SWS}}{[H]_T} = \frac ba, \qquad
      \frac{a_{H,NBS}}{[H]_T} = f_H\frac ba$$

    Source: Dickson et al. (2007), chapter 2; f_H by `options.nbs`, taken as independent of pressure.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.
        constants: at the pressure in question, of which K_S and K_F are used.
        concentrations: of the same water.
        options: the fits in use.

    Returns:
        the factors; pH on another scale is pH_total - log10(factor).

    >>> factors = scale_factors(25.0, 35.0, equilibrium_constants(25.0, 35.0), totals(35.0))
    >>> [round(-float(jnp.log10(x)), 4) for x in factors]
    [0.1077, -0.0101, 0.1365]
    """
    total, seawater = free_to(concentrations, constants.ks, constants.kf)
    activity = HYDROGEN_ACTIVITY[options.nbs](temperature, salinity)
    return ScaleFactors(1.0 / total, seawater / total, activity * (seawater / total))


Compression = Callable[[str, Array], Array]
"""Name of a constant, its ln K at the surface -> its ln K at pressure."""


def _compression(t: Array, pressure: ArrayLike | None, options: ConstantOptions) -> Compression:
    changes = volume_changes(options)

    def compress(name: str, ln_k: Array) -> Array:
        if pressure is None or name not in changes:
            return ln_k
        return ln_k + ln_pressure_factor(changes[name], t, pressure)

    return compress


def _free_scale(
    t: Array, s: Array, amounts: Totals, options: ConstantOptions, compress: Compression
) -> tuple[Array, Array, FreeTo, FreeTo]:
    """K_S and K_F at pressure on the free scale, and the factors a and b at the surface and at pressure."""
    ln_ks, fluoride = fits(options)["ks"].function(t, s), fits(options)["kf"]
    ln_kf = fluoride.function(t, s)
    if fluoride.scale == "total":
        ln_kf = ln_kf - jnp.log1p(amounts.sulfate / jnp.exp(ln_ks))
    surface = free_to(amounts, jnp.exp(ln_ks), jnp.exp(ln_kf))
    ks, kf = jnp.exp(compress("ks", ln_ks)), jnp.exp(compress("kf", ln_kf))
    return ks, kf, surface, free_to(amounts, ks, kf)


def _shift_to_total(t: Array, s: Array, options: ConstantOptions, surface: FreeTo, deep: FreeTo) -> Shift:
    """Make the function that gives the factor of a scale; the pressure effect lives on the seawater scale."""
    ratio = deep.total / deep.seawater

    def shift(scale: Scale) -> ArrayLike:
        if scale == "seawater":
            return ratio
        if scale == "nbs":
            return ratio / HYDROGEN_ACTIVITY[options.nbs](t, s)
        return surface.seawater * ratio if scale == "free" else surface.seawater / surface.total * ratio

    return shift
