"""The carbonate system of water samples in the units of the laboratory: any pair in, everything out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import STANDARD_ATMOSPHERE
from shanhai.core.errors import InputError, nearest
from shanhai.core.notation import SI, quantity
from shanhai.numerics.tiles import in_tiles, mapped
from shanhai.seawater.co2system.acids import OrganicAcid, Solutes
from shanhai.seawater.co2system.believable import check_believable
from shanhai.seawater.co2system.given import check_pair, moved, solve_system
from shanhai.seawater.co2system.quantities import DEFAULT, OUTPUTS, PAIR, SOLUTES, TOTALS, factor, output
from shanhai.seawater.co2system.solver import Root
from shanhai.seawater.co2system.system import CarbonateSystem, Conditions
from shanhai.seawater.constants import ConstantOptions, Totals, totals

WHERE = ("temperature", "salinity", "pressure", "air_pressure", "output_temperature", "output_pressure")


class Carbonate(eqx.Module):
    """Quantities of the carbonate system, as attributes by their names in the notation table and in its units.

    Args:
        values: array by name.
        output: the same at the output temperature and pressure, where these were given.
    """

    values: dict[str, Any]
    output: "Carbonate | None" = None

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("values", {})
        if name in values:
            return values[name]
        if name in OUTPUTS:
            raise AttributeError(f"{name} was not asked for; say outputs=({name!r}, ...)")
        raise AttributeError(f"there is no {name!r} among {', '.join(values)}")

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *self.values])


@dataclass(frozen=True)
class Request:
    """What is asked for: all that is fixed when compiled.

    Args:
        outputs: of `quantities.OUTPUTS`.
        options: names of the fits.
        root: which of two solutions.
    """

    outputs: tuple[str, ...]
    options: ConstantOptions
    root: Root | None


def carbonate(
    par1: ArrayLike | None = None,
    par2: ArrayLike | None = None,
    kind1: str | None = None,
    kind2: str | None = None,
    *,
    temperature: ArrayLike,
    salinity: ArrayLike,
    pressure: ArrayLike | None = None,
    air_pressure: ArrayLike | None = None,
    output_temperature: ArrayLike | None = None,
    output_pressure: ArrayLike | None = None,
    organic: Sequence[tuple[ArrayLike, ArrayLike]] = (),
    outputs: Iterable[str] = DEFAULT,
    options: ConstantOptions = ConstantOptions(),
    root: Root | None = None,
    check: bool = True,
    **amounts: ArrayLike | None,
) -> Carbonate:
    """Solve the carbonate system of sea water from any two of its quantities.

    Arrays of any length run in compiled tiles, without recompiling for a new length. Inside `jit`, `vmap`, `grad` or
    `scan` the same call is a pure function of its arrays; there, values are not checked.

    Args:
        par1: first quantity, its name in `kind1`; the keywords below say the same more clearly.
        par2: second quantity, its name in `kind2`.
        kind1: name of the first.
        kind2: name of the second.
        temperature: [degC].
        salinity: practical [1].
        pressure: sea pressure [dbar]; the surface when absent.
        air_pressure: total pressure of the gas phase [Pa]; one atmosphere when absent.
        output_temperature: also report at this temperature [degC], DIC and alkalinity kept.
        output_pressure: also report at this sea pressure [dbar].
        organic: (total [umol kg-1], pK on the total scale) of each monoprotic acid besides.
        outputs: names of `quantities.OUTPUTS`; fewer cost less.
        options: names of the fits.
        root: "low_pH" or "high_pH" where two waters have the pair; near pH 8 when absent.
        check: refuse values that look like another unit.
        amounts: two of `dic`, `alkalinity`, `co2`, `bicarbonate`, `carbonate` [umol kg-1], `pH`, `pH_free`,
            `pH_seawater`, `pH_nbs`, `pCO2`, `fCO2` [uatm], `xCO2` [umol mol-1], `omega_calcite`, `omega_aragonite`;
            and, where they matter, total `phosphate`, `silicate`, `ammonia`, `sulfide`, `nitrite` [umol kg-1], and
            `borate`, `sulfate`, `fluoride`, `calcium` [umol kg-1] where they do not follow from salinity.

    Returns:
        `Carbonate` with an array for each output. NaN where there is no solution, and why in `reason`
        (`pairs.REASONS`); bits of `validity_flag` name the constants used outside their range
        (`constants.validity_meanings`).

    Raises:
        InputError: for anything but two quantities that fix the system, unknown names, shapes that do not fit, and
            unbelievable values.

    Valid: salinity 0-50, -2-45 degC, 0-10 000 dbar with fits that reach there; see `validity_flag`.

    >>> water = carbonate(dic=2000, alkalinity=2300, temperature=18, salinity=35, phosphate=2, silicate=60)
    >>> round(float(water.pH), 6), round(float(water.pCO2), 4), round(float(water.revelle_factor), 4)
    (8.145041, 303.7858, 9.6792)
    """
    named = {k: v for k, v in amounts.items() if v is not None}
    for kind, value in ((kind1, par1), (kind2, par2)):
        named |= _parameter(kind, value, named)
    check_names(named)
    request = Request(asked(outputs), options, root)
    where = (temperature, salinity, pressure, air_pressure, output_temperature, output_pressure)
    arguments = {k: v for k, v in zip(WHERE, where) if v is not None} | named
    for i, (total, pk) in enumerate(organic):
        arguments |= {f"organic_{i}": total, f"organic_{i}_pk": pk}
    if any(isinstance(x, jax.core.Tracer) for x in jax.tree.leaves(arguments)):
        return packed(_compiled(request)({k: jnp.asarray(x, _dtype(x)) for k, x in arguments.items()}))
    return packed(in_tiles(_tiled(request), numbers(arguments, check)))


def _parameter(kind: str | None, value: ArrayLike | None, named: dict[str, Any]) -> dict[str, ArrayLike]:
    if kind is None and value is None:
        return {}
    if kind is None or value is None:
        raise InputError("par1 goes with kind1 and par2 with kind2", where="carbonate")
    if kind in named:
        raise InputError(f"{kind} is given twice", where="carbonate")
    return {kind: value}


def check_names(named: dict[str, Any]) -> None:
    """Refuse inputs that are unknown or do not fix a carbonate system."""
    known = (*PAIR, *SOLUTES, *TOTALS)
    for name in named:
        if name not in known:
            raise InputError(f"{name!r} is no input of carbonate; {nearest(name, known)}", where="carbonate")
    try:
        check_pair([PAIR[name] for name in named if name in PAIR])
    except InputError as error:
        raise InputError(error.what, where="carbonate", do=f"give two of {', '.join(PAIR)}") from None


def asked(outputs: Iterable[str]) -> tuple[str, ...]:
    """Outputs by name, refused when unknown."""
    wanted = (outputs,) if isinstance(outputs, str) else tuple(outputs)
    for name in wanted:
        if name not in OUTPUTS:
            raise InputError(f"{name!r} is no output of carbonate; {nearest(name, OUTPUTS)}", where="outputs")
    return wanted


def numbers(arguments: dict[str, Any], check: bool) -> dict[str, Any]:
    """Arrays of one shape; what is one number stays one number."""
    arrays = {k: _floats(k, x) for k, x in arguments.items()}
    try:
        shape = np.broadcast_shapes(*(x.shape for x in arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{k} {x.shape}" for k, x in arrays.items() if x.ndim)
        raise InputError(f"these shapes do not fit each other: {shapes}", where="carbonate") from None
    if check:
        for name, x in arrays.items():
            check_believable(name, x, arrays)
    return {k: np.broadcast_to(x, shape) if x.ndim else x for k, x in arrays.items()}


def _dtype(values: Any) -> Any:
    """Single precision stays single; every other number is double."""
    return jnp.float32 if getattr(values, "dtype", None) == np.float32 else float


def _floats(name: str, values: Any) -> np.ndarray[Any, Any]:
    """An array of floats; what is masked is missing."""
    if len(getattr(values, "dims", ())) > 1:
        raise InputError(
            f"{name} has named dimensions, which would be taken by their order",
            where="carbonate",
            do="import shanhai.xarray and call dataset.shanhai.carbonate(...), or give .values",
        )
    try:
        array = np.ma.asarray(values) if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
        if array.dtype.kind not in "iufO":
            raise TypeError
        array = array.astype(_dtype(array), copy=False)
    except (TypeError, ValueError):
        raise InputError(f"{name} is not an array of numbers", where="carbonate") from None
    return array.filled(np.nan) if isinstance(array, np.ma.MaskedArray) else array


def packed(flat: dict[str, Any]) -> Carbonate:
    """Outputs by name, those at output conditions in their own place."""
    here = {k: x for k, x in flat.items() if not k.startswith("output.")}
    there = {k.removeprefix("output."): x for k, x in flat.items() if k.startswith("output.")}
    return Carbonate(here, Carbonate(there) if there else None)


@cache
def _compiled(request: Request) -> Any:
    return jax.jit(lambda arguments: _evaluated(arguments, request))


@cache
def _tiled(request: Request) -> Any:
    return jax.jit(mapped(lambda arguments: _evaluated(arguments, request)))


def _evaluated(arguments: dict[str, Array], request: Request) -> dict[str, Array]:
    """Outputs by name, those at output conditions as `output.name`, all of the joint shape of the arguments."""
    system = solved(arguments, request)
    found = {name: output(name, system) for name in request.outputs}
    if {"output_temperature", "output_pressure"} & set(arguments):
        deep = arguments.get("output_pressure")
        there = moved(system, arguments.get("output_temperature"), None if deep is None else deep * SI["dbar"])
        found |= {f"output.{name}": output(name, there) for name in request.outputs}
    shape = jnp.broadcast_shapes(*(jnp.shape(x) for x in arguments.values()))
    return {name: jnp.broadcast_to(x, shape) for name, x in found.items()}


def solved(arguments: dict[str, Array], request: Request) -> CarbonateSystem:
    """The system of arguments in the units of the laboratory."""
    si = {k: x * factor(k) if k in PAIR or k in SOLUTES else x for k, x in arguments.items()}
    pressure = si.get("pressure")
    conditions = Conditions(
        si["temperature"],
        si["salinity"],
        None if pressure is None else pressure * SI[quantity("pressure").unit],
        si.get("air_pressure", STANDARD_ATMOSPHERE),
    )
    acids = tuple(
        OrganicAcid(si[k] * SI["umol kg-1"], 10.0 ** -si[f"{k}_pk"])
        for k in si
        if k.startswith("organic_") and not k.endswith("_pk")
    )
    solutes = Solutes(**{name: si.get(name) for name in SOLUTES}, organic=acids)  # type: ignore[arg-type]
    pair = {PAIR[k]: si[k] for k in si if k in PAIR}
    given = {k: si[k] * SI["umol kg-1"] for k in TOTALS if k in si}
    amounts: Totals = totals(conditions.salinity, request.options)._replace(**given)
    return solve_system(pair, conditions, solutes, request.options, request.root, amounts)
