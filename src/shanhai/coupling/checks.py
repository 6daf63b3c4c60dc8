"""What a coupler refuses to be built from; each refusal is a sentence that says what to do."""

from collections.abc import Iterable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.core.component import ENTHALPY, WATER, Port
from shanhai.core.errors import InputError, nearest
from shanhai.coupling.links import Link, Member, SameCells, halves

WHOLE = 1e-12
"""How far the shares of an amount may be from one."""

Ports = Mapping[str, Port]
"""Ports by "component.port"."""


def check(members: tuple[Member, ...], links: tuple[Link, ...], window: int, order: tuple[str, ...]) -> None:
    """Refuse whatever cannot close or cannot run.

    Raises:
        InputError: naming the component, port or link.
    """
    _once("component", [m.name for m in members])
    for member in members:
        _check_member(member, window)
    _check_order(members, order)
    gives = {f"{m.name}.{p.name}": p for m in members for p in m.component.gives}
    takes = {f"{m.name}.{p.name}": p for m in members for p in m.component.takes}
    for link in links:
        _check_ends(link, gives, takes)
        _check_shares(link, gives, takes)
    _once("link", [link.name for link in links])
    _check_opposites(links, gives, takes)
    _check_water(links, gives)
    _check_whole(links, gives)


def _once(kind: str, names: Iterable[str]) -> None:
    names = list(names)
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"the {kind} {name!r} is there twice", where="coupler", do="remove or rename one of them")


def _check_member(member: Member, window: int) -> None:
    where = f"component {member.name}"
    if not isinstance(member.dt, int) or member.dt <= 0 or (window % member.dt and member.dt % window):
        what = f"its step of {member.dt} s neither divides the coupling window of {window} s nor is a multiple of it"
        raise InputError(what, where=where, do="choose whole seconds that fit")
    if member.eliminates and member.dt != window:
        what = f"its surface is implicit, and its step of {member.dt} s is not the coupling window of {window} s"
        raise InputError(what, where=where, do="make both equal")
    if "." in member.name or "_to_" in member.name:
        raise InputError("its name has '.' or '_to_' in it", where=where, do="rename it")
    for side in (member.component.takes, member.component.gives):
        _once("port", [f"{member.name}.{p.name}" for p in side])
    ports = {p.name: p for p in member.component.gives}
    for port in ports.values():
        if WATER in port.content:
            _check_companion(port, ports.get(port.enthalpy), where)
    for port in member.component.takes:
        if port.account:
            raise InputError(f"it takes {port.name!r} from an account", where=where, do="list accounts among its gives")


def _check_companion(water: Port, heat: Port | None, where: str) -> None:
    """A water amount needs a port with its enthalpy that goes the same way."""
    if heat is None or ENTHALPY not in heat.content:
        what = f"it gives the water of {water.name!r} without the enthalpy {water.enthalpy!r}"
        raise InputError(what, where=where, do='add that port, an amount in J with content {"enthalpy": 1.0}')
    if heat.account != water.account:
        what = f"{water.name!r} and its enthalpy {heat.name!r} go to different accounts"
        raise InputError(what, where=where, do="name the same account")


def _check_order(members: tuple[Member, ...], order: tuple[str, ...]) -> None:
    wanted = [m.name for m in members] + [f"{m.name}.eliminate" for m in members if m.eliminates]
    for name in order:
        if name not in wanted:
            raise InputError(f"the order names {name!r}; {nearest(name, wanted)}", where="coupler")
    _once("turn", order)
    for name in wanted:
        if name not in order:
            raise InputError(f"{name!r} has no turn in the order", where="coupler", do="add it to order = (...)")
    for member in members:
        if member.eliminates and order.index(f"{member.name}.eliminate") > order.index(member.name):
            what = f"{member.name!r} comes before its own elimination"
            raise InputError(what, where="coupler", do="put the elimination first")


def _check_ends(link: Link, gives: Ports, takes: Ports) -> None:
    where = f"link {link.source} to {link.target}"
    for name, ports, verb in ((link.source, gives, "gives"), (link.target, takes, "takes")):
        if name not in ports:
            raise InputError(f"nobody {verb} {name!r}; {nearest(name, ports)}", where=where)
    given, taken = gives[link.source], takes[link.target]
    if halves(link.source)[0] == halves(link.target)[0]:
        raise InputError(
            "it leads back to where it came from", where=where, do="keep what a component owns in its state"
        )
    if given.account:
        raise InputError(f"{link.source} belongs to the account {given.account!r}", where=where, do="remove the link")
    for what in ("kind", "unit", "content"):
        one, other = getattr(given, what), getattr(taken, what)
        if one != other:
            said = f"the {what} given is {one!r} and the {what} taken is {other!r}"
            raise InputError(said, where=where, do="declare both ports alike")
    if given.kind == "response" and not isinstance(link.crossing, SameCells):
        raise InputError("a response belongs to its column", where=where, do="link it between the same cells")
    arrived = _shape_after(link, given)
    if arrived != taken.shape:
        said = f"values of shape {given.shape} arrive as {arrived}, and {taken.shape} is taken"
        raise InputError(said, where=where, do="give the crossing between these two sets of cells")


def _shape_after(link: Link, given: Port) -> tuple[int, ...]:
    passing = link.crossing.amounts if given.counted else link.crossing.means
    try:
        return tuple(jax.eval_shape(passing, jax.ShapeDtypeStruct(given.shape, float)).shape)
    except (TypeError, ValueError, IndexError) as error:
        where = f"link {link.source} to {link.target}"
        what = f"its crossing cannot take values of shape {given.shape} ({error})"
        raise InputError(what, where=where, do="give the crossing between these two sets of cells") from None


def _check_shares(link: Link, gives: Ports, takes: Ports) -> None:
    where = f"link {link.source} to {link.target}"
    if link.share and link.rest_of:
        raise InputError("it has a share and is the rest as well", where=where, do="say one of them")
    if link.shares and not gives[link.source].counted:
        raise InputError("only amounts are shared", where=where, do="remove share and rest_of")
    for name in link.shares:
        if name not in gives or gives[name].kind != "state":
            states = [n for n, p in gives.items() if p.kind == "state"]
            raise InputError(f"no component gives the state {name!r}; {nearest(name, states)}", where=where)
        if gives[name].unit != "1" or gives[name].shape != takes[link.target].shape:
            what = f"{name!r} is no fraction (unit '1') on the cells of the taker"
            raise InputError(what, where=where, do="let a component on these cells give the share")


def _check_opposites(links: tuple[Link, ...], gives: Ports, takes: Ports) -> None:
    sources, targets = [link.source for link in links], [link.target for link in links]
    for name, port in gives.items():
        if port.counted and not port.account and name not in sources:
            what = f"{name} is given and nobody takes it"
            raise InputError(what, where="coupler", do="link it, or name an account for it")
    for name, port in takes.items():
        if name not in targets:
            raise InputError(f"{name} is taken and nobody gives it", where="coupler", do="link it")
        if not port.counted and targets.count(name) > 1:
            what = f"the {port.kind} {name} comes from {targets.count(name)} components"
            raise InputError(what, where="coupler", do="take it through one port for each")


def _check_water(links: tuple[Link, ...], gives: Ports) -> None:
    ways = {(link.source, halves(link.target)[0], link.share, link.rest_of) for link in links}
    for source, target, share, rest_of in ways:
        component, _ = halves(source)
        heat = f"{component}.{gives[source].enthalpy}"
        if gives[source].enthalpy and (heat, target, share, rest_of) not in ways:
            what = f"the water of {source} goes to {target!r} and its enthalpy {heat} does not go the same way"
            raise InputError(what, where="coupler", do="link both alike")


def _check_whole(links: tuple[Link, ...], gives: Ports) -> None:
    """Every cell of a giver must give all of its amount, whatever the shares are."""
    seen = set()
    for source, port in gives.items():
        ways = [link for link in links if link.source == source]
        alike = tuple((id(link.crossing), link.share, link.rest_of) for link in ways)
        if not port.counted or not ways or alike in seen:
            continue
        seen.add(alike)
        arriving = sum(_arriving(link, port) for link in ways)
        off = np.abs(np.asarray(arriving) - 1.0)
        if off.max(initial=0.0) > WHOLE:
            cell = tuple(int(i) for i in np.unravel_index(off.argmax(), off.shape))
            said = f"of what cell {cell} gives, the fraction {np.asarray(arriving)[cell]:.12g} arrives, not 1"
            raise InputError(said, where=source, do="let the shares of its links sum to one, and cover every cell")


def _arriving(link: Link, port: Port) -> Array:
    """Fraction of the amount of each source cell that a link carries, with fractions of no particular number."""
    names = sorted(link.shares)
    made_up: dict[str, Any] = {name: jnp.asarray(_made_up(name)) for name in names}
    out, pull = jax.vjp(lambda x: link.passed(port, x, made_up), jnp.zeros(port.shape))
    return pull(jnp.ones_like(out))[0]


def _made_up(name: str) -> float:
    """A fraction that differs from name to name, the same in every run."""
    return (sum(ord(c) * (i + 1) for i, c in enumerate(name)) % 97 + 1) / 499
