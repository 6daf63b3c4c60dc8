"""What can be measured of the carbonate system, reduced to the amounts that pairs are solved from."""

import math
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from shanhai.core.constants import STANDARD_ATMOSPHERE
from shanhai.core.errors import InputError, nearest
from shanhai.seawater import gas
from shanhai.seawater.co2system.acids import Solutes, Water
from shanhai.seawater.co2system.pairs import solve
from shanhai.seawater.co2system.solver import FAST_STEPS, Root
from shanhai.seawater.co2system.system import CarbonateSystem, Conditions, dry_air_pressure, factors, water
from shanhai.seawater.constants import ConstantOptions, Totals

LN_10 = math.log(10.0)

KINDS = {  # quantity -> the amount of `pairs.AMOUNTS` that it fixes
    "alkalinity": "alkalinity",
    "dic": "dic",
    "ph_total": "h",
    "ph_free": "h",
    "ph_seawater": "h",
    "ph_nbs": "h",
    "pco2": "co2",
    "fco2": "co2",
    "xco2": "co2",
    "co2": "co2",
    "bicarbonate": "bicarbonate",
    "carbonate": "carbonate",
    "omega_calcite": "carbonate",
    "omega_aragonite": "carbonate",
}


def check_pair(kinds: list[str]) -> None:
    """Refuse what does not fix a carbonate system.

    Raises:
        InputError: unless there are two known quantities that fix different amounts.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise InputError(f"{kind!r} is no quantity of the carbonate system; {nearest(kind, KINDS)}")
    if len(kinds) != 2:
        raise InputError(
            f"the carbonate system needs two quantities and there are {len(kinds)}: {', '.join(kinds) or 'none'}",
            do=f"give two of {', '.join(KINDS)}",
        )
    if len({KINDS[kind] for kind in kinds}) == 1:
        raise InputError(
            f"{kinds[0]} and {kinds[1]} fix the same amount, so that the system stays open", do="give another"
        )


def reduced(kind: str, value: Array, of: Water, conditions: Conditions, options: ConstantOptions) -> Array:
    """The amount that a quantity fixes [mol kg-1].

    Args:
        kind: of `KINDS`.
        value: in mol kg-1, Pa or as pH.
        of: constants and totals.
        conditions: temperature, salinity, pressures.
        options: names of the fits.
    """
    k = of.constants
    if kind.startswith("ph_"):
        h = jnp.exp(-LN_10 * value)
        scale = kind.removeprefix("ph_")
        return h if scale == "total" else h / getattr(factors(of, conditions, options), scale)
    if kind in ("pco2", "fco2", "xco2"):
        return k.k0 / STANDARD_ATMOSPHERE * _fugacity[kind](value, conditions)
    if kind.startswith("omega_"):
        return value * (k.ksp_calcite if kind == "omega_calcite" else k.ksp_aragonite) / of.totals.calcium
    return value


def _from_pco2(pco2: Array, conditions: Conditions) -> Array:
    return pco2 * gas.co2_fugacity_factor(conditions.temperature, conditions.air_pressure)


_fugacity: dict[str, Callable[[Array, Conditions], Array]] = {
    "fco2": lambda value, conditions: value,
    "pco2": _from_pco2,
    "xco2": lambda value, conditions: _from_pco2(value * dry_air_pressure(conditions), conditions),
}


def solve_system(
    pair: dict[str, Array],
    conditions: Conditions,
    solutes: Solutes = Solutes(),
    options: ConstantOptions = ConstantOptions(),
    root: Root | None = None,
    concentrations: Totals | None = None,
    steps: int = FAST_STEPS,
) -> CarbonateSystem:
    """Solve the carbonate system of sea water from two of its quantities.

    A pure function of arrays for `jit`, `vmap`, `grad` and `scan`, in SI units; `carbonate` is the same in the units of
    the laboratory.

    Args:
        pair: two of `KINDS` by name: amounts [mol kg-1], pressures [Pa], mole fraction [1], pH, saturation state.
        conditions: temperature, salinity, pressures.
        solutes: acids that salinity does not give.
        options: names of the fits.
        root: which of two solutions, see `pairs.USUAL_ROOT`.
        concentrations: borate, sulfate, fluoride and calcium if they do not follow from salinity [mol kg-1].
        steps: see `solver.proton`.

    Returns:
        `CarbonateSystem`; NaN with a reason code where there is no solution.

    Raises:
        InputError: for two quantities that fix the same amount, or unknown names.

    >>> system = solve_system({"dic": jnp.array(2000e-6), "alkalinity": jnp.array(2300e-6)},
    ...                       Conditions(jnp.array(18.0), jnp.array(35.0)),
    ...                       Solutes(phosphate=jnp.array(2e-6), silicate=jnp.array(60e-6)))
    >>> round(float(system.ph_total), 6), round(float(system.omega_aragonite), 4)
    (8.145041, 3.2015)
    """
    return solve_in(water(conditions, solutes, options, concentrations), pair, conditions, options, root, steps)


def solve_in(
    of: Water,
    pair: dict[str, Array],
    conditions: Conditions,
    options: ConstantOptions = ConstantOptions(),
    root: Root | None = None,
    steps: int = FAST_STEPS,
) -> CarbonateSystem:
    """Solve the carbonate system of a water whose constants and totals are the caller's own.

    Args:
        of: constants and totals, as `system.water` makes them, or altered.
        pair: as in `solve_system`.
        conditions: temperature, salinity, pressures: for fugacity, vapour pressure and the NBS scale.
        options: names of the fits.
        root: see `solve_system`.
        steps: see `solver.proton`.

    Raises:
        InputError: as `solve_system`.

    >>> at = Conditions(jnp.array(18.0), jnp.array(35.0))
    >>> of = water(at, Solutes(), ConstantOptions())
    >>> weaker = of._replace(constants=of.constants._replace(k2=1.01 * of.constants.k2))
    >>> pair = {"dic": jnp.array(2000e-6), "alkalinity": jnp.array(2300e-6)}
    >>> round(float(solve_in(weaker, pair, at).ph_total - solve_in(of, pair, at).ph_total), 6)
    -0.002942
    """
    check_pair(list(pair))
    amounts = {KINDS[kind]: reduced(kind, jnp.asarray(value), of, conditions, options) for kind, value in pair.items()}
    found = solve(amounts, of, root, steps)
    return CarbonateSystem(found.h, found.dic, found.reason, of, conditions, options, tuple(sorted(amounts)))


def moved(system: CarbonateSystem, temperature: Array | None = None, pressure: Array | None = None) -> CarbonateSystem:
    """The same water, its DIC and alkalinity kept, at another temperature or pressure.

    Args:
        system: a solved system.
        temperature: [degC]; as it is when absent.
        pressure: sea pressure [Pa]; as it is when absent.
    """
    c = system.conditions
    there = c._replace(
        temperature=c.temperature if temperature is None else temperature,
        pressure=c.pressure if pressure is None else pressure,
    )
    pair = {"dic": system.dic, "alkalinity": system.alkalinity}
    water_, options = system.water, system.options
    found = solve_system(pair, there, water_.solutes, options, concentrations=water_.totals)
    reason = jnp.where(system.reason == 0, found.reason, system.reason)
    return CarbonateSystem(found.h, found.dic, reason, found.water, there, options, found.given)
