"""The moment at which a coupled run begins: an empty mail with first values, and a ledger just opened."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from shanhai.core.clock import Instant
from shanhai.core.component import Values
from shanhai.core.errors import InputError
from shanhai.coupling.books import open_ledger
from shanhai.coupling.coupler import Coupled, Coupler
from shanhai.coupling.links import Link, halves
from shanhai.coupling.mail import Amount, Box, Frozen, Latest, Mean


def start(coupler: Coupler, states: Mapping[str, Any], time: Instant, first: Values | None = None) -> Coupled:
    """The moment at which a run begins.

    Args:
        coupler: components and links.
        states: of each component.
        time: when it begins.
        first: "component.port" -> value on the giver's cells, of states and responses that are looked at before
            their giver has had its turn, and of fractions by which amounts are shared.

    Raises:
        InputError: for a state or first value that is missing or of another shape, or an inventory that lacks what the
            ports carry.
    """
    if set(states) != {m.name for m in coupler.members}:
        names = ", ".join(m.name for m in coupler.members)
        raise InputError(f"states are given for {', '.join(states)}", where="coupler", do=f"give those of {names}")
    first = first or {}
    components = {m.name: jax.tree.map(_strong, states[m.name]) for m in coupler.members}
    boxes = {link.name: _box(coupler, link, first) for link in coupler.links}
    shares: dict[str, Box] = {name: _fraction(coupler, name, first) for link in coupler.links for name in link.shares}
    mail = boxes | shares
    return Coupled(components, mail, open_ledger(coupler, components, mail), jnp.asarray(0), time)


def _strong(x: Any) -> Any:
    """Strongly typed arrays, so that a run that starts and one that is resumed compile to the same code."""
    if isinstance(x, Array) and jax.dtypes.issubdtype(x.dtype, jax.dtypes.prng_key):
        return x
    return jax.lax.convert_element_type(x, jnp.asarray(x).dtype)


def _box(coupler: Coupler, link: Link, first: Values) -> Box:
    port = coupler.given(link.source)
    if port.counted:
        arrived = jax.eval_shape(link.crossing.amounts, jax.ShapeDtypeStruct(port.shape, float))
        return Amount.empty(arrived.shape, coupler.dtype)
    seen = jnp.asarray(_first(coupler, link.source, first, needed=_looks_back(coupler, link)), coupler.dtype)
    passed = link.passed(port, seen, {}).astype(coupler.dtype)
    return Latest(passed) if port.kind == "response" else Mean.starting(passed)


def _fraction(coupler: Coupler, name: str, first: Values) -> Frozen:
    x = jnp.asarray(_first(coupler, name, first, needed=True), float)
    return Frozen(x, x)


def _first(coupler: Coupler, name: str, first: Values, needed: bool) -> Array:
    shape = coupler.given(name).shape
    if name not in first:
        if needed:
            what = f"{name} is looked at before its giver has had its turn"
            raise InputError(what, where="coupler", do=f'give its first value, first = {{"{name}": ...}}')
        return jnp.zeros(shape)
    if jnp.shape(first[name]) != shape:
        raise InputError(f"its first value has the shape {jnp.shape(first[name])}, not {shape}", where=name)
    return jnp.asarray(first[name])


def _looks_back(coupler: Coupler, link: Link) -> bool:
    """Whether the first look at a state comes before anything was given."""
    giver, taker = (coupler.member(halves(end)[0]) for end in (link.source, link.target))
    eliminated = coupler.given(link.source).kind == "response" and giver.eliminates
    given_at = coupler.order.index(f"{giver.name}.eliminate" if eliminated else giver.name)
    looked_at = coupler.order.index(f"{taker.name}.eliminate" if taker.eliminates else taker.name)
    return looked_at < given_at or giver.dt > max(coupler.window, taker.dt)
