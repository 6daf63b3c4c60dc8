"""Parameters that know themselves: unit, source, bounds and meaning beside the number.

A parameter is an array leaf of its module, so a new value never recompiles and can be differentiated.
"""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp


def _strong_float(value: Any) -> Any:
    """Make a strongly typed float array; leave tracers and placeholders of transformations alone."""
    if isinstance(value, bool | int | float):
        return jnp.asarray(value, dtype=float)
    return value


def par(
    default: float, unit: str, *, source: str, meaning: str, bounds: tuple[float, float] = (-jnp.inf, jnp.inf)
) -> Any:
    """Declare a tunable number of a scheme as a field of its module.

    Args:
        default: the value of the source, in `unit`.
        unit: UDUNITS string; "1" when dimensionless.
        source: publication and table or equation; contains the word ``unverified`` where it was not checked.
        meaning: one phrase.
        bounds: physically possible values, used by calibration.

    Raises:
        ValueError: if unit, source or meaning is empty, or the default lies outside its bounds.

    >>> class Decay(eqx.Module):
    ...     k: jax.Array = par(0.3, "yr-1", source="Parton 1987, Table 2", bounds=(0.01, 10.0),
    ...                        meaning="decay rate")
    >>> float(Decay().k), float(Decay(k=0.4).k)
    (0.3, 0.4)
    >>> describe(Decay())
    [Described(name='k', value=0.3, unit='yr-1', bounds=(0.01, 10.0), meaning='decay rate', \
source='Parton 1987, Table 2')]
    """
    if not (unit and source and meaning):
        raise ValueError("a parameter needs a unit, a source and a meaning")
    low, high = (float(b) for b in bounds)
    if not low <= default <= high:
        raise ValueError(f"default {default} lies outside the bounds ({low}, {high})")
    about = {"unit": unit, "source": source, "bounds": (low, high), "meaning": meaning, "parameter": True}
    return eqx.field(default=float(default), converter=_strong_float, metadata=about)


@dataclasses.dataclass(frozen=True)
class Described:
    """A parameter as `describe` lists it; `value` is an array where it differs by cell."""

    name: str
    value: Any
    unit: str
    bounds: tuple[float, float]
    meaning: str
    source: str


def describe(module: eqx.Module, prefix: str = "") -> list[Described]:
    """List every parameter of a module and of the modules inside it.

    A module with an attribute `source` (a named fit of a common form) is the source of its own numbers.
    """
    rows: list[Described] = []
    for field in dataclasses.fields(module):  # type: ignore[arg-type]
        value = getattr(module, field.name)
        about = field.metadata
        if about.get("parameter"):
            rows.append(
                Described(
                    prefix + field.name,
                    float(value) if jnp.ndim(value) == 0 else value,
                    about["unit"],
                    about["bounds"],
                    about["meaning"],
                    getattr(module, "source", about["source"]),
                )
            )
        elif isinstance(value, eqx.Module):
            rows += describe(value, f"{prefix}{field.name}.")
    return rows


def cast(module: Any, dtype: Any) -> Any:
    """Cast the floating-point leaves of parameters or state to the run's dtype."""

    def leaf(x: Any) -> Any:
        return x.astype(dtype) if eqx.is_inexact_array(x) else x

    return jax.tree.map(leaf, module)
