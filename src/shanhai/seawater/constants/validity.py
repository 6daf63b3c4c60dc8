"""Where a temperature and salinity lie outside the range of a fit: one bit for each constant."""

from collections.abc import Iterable

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.errors import InputError, nearest
from shanhai.seawater.constants.assemble import Constants
from shanhai.seawater.constants.fit import Fit
from shanhai.seawater.constants.options import DEFAULT, ConstantOptions, fits

VALIDITY_BITS: dict[str, int] = {name: 1 << place for place, name in enumerate(Constants._fields)}
"""Constant -> its bit in the flag."""


def validity(
    temperature: ArrayLike,
    salinity: ArrayLike,
    options: ConstantOptions = DEFAULT,
    which: Iterable[str] = Constants._fields,
) -> Array:
    """Flag of the constants whose fit is used outside its range; zero where all is well.

    Args:
        temperature: temperature [degC], any shape; NaN is outside every range.
        salinity: practical salinity [1], broadcastable.
        options: the fits in use.
        which: constants that matter for the result, fields of `Constants`.

    Returns:
        sum of the bits in `VALIDITY_BITS`, int32; read it with `validity_meanings`.

    Raises:
        InputError: `which` names something that is no constant.

    >>> int(validity(25.0, 35.0)), int(validity(25.0, 10.0, which=("k1",))) == VALIDITY_BITS["k1"]
    (0, True)
    """
    t, s = jnp.broadcast_arrays(jnp.asarray(temperature), jnp.asarray(salinity))
    flag = jnp.zeros(t.shape, jnp.int32)
    for name in which:
        _known(name)
        bit = jnp.int32(VALIDITY_BITS[name])  # typed: jaxlib 0.10.2 can crash on int32 | the cast of an int64
        flag = flag | jnp.where(_inside(fits(options)[name], t, s), jnp.int32(0), bit)
    return flag


def validity_meanings(options: ConstantOptions = DEFAULT) -> dict[int, str]:
    """Say what each bit of the flag means under the options.

    >>> validity_meanings()[2]
    'k1 by lueker_2000 outside t 2 to 35 degC, S 19 to 43'
    """
    return {VALIDITY_BITS[name]: f"{name} by {fit.name} outside {_range(fit)}" for name, fit in fits(options).items()}


def _inside(fit: Fit, t: Array, s: Array) -> Array:
    cold, hot = fit.temperature
    fresh, salt = fit.salinity
    return (t >= cold) & (t <= hot) & (s >= fresh) & (s <= salt)


def _range(fit: Fit) -> str:
    (cold, hot), (fresh, salt) = fit.temperature, fit.salinity
    return f"t {cold:g} to {hot:g} degC, S {fresh:g} to {salt:g}"


def _known(name: str) -> None:
    if name not in VALIDITY_BITS:
        raise InputError(f"there is no constant named {name!r}", where="which", do=nearest(name, VALIDITY_BITS))
