"""What a coupler refuses to be built from, each with the sentence that says what to do."""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
import pytest
from tests import coupled_toys as toys

from shanhai.core.clock import instant
from shanhai.core.component import Port
from shanhai.core.errors import InputError
from shanhai.coupling.coupler import Coupler
from shanhai.coupling.driver import advance
from shanhai.coupling.links import Link, Member
from shanhai.coupling.start import start

CARBON = Port("carbon", "amount", "mol", (2,), {"C": 1.0})
SEEN = Port("warmth", "state", "K", (2,))


class Part(eqx.Module):
    """A component of any ports that moves nothing."""

    takes: tuple[Port, ...] = eqx.field(static=True, default=())
    gives: tuple[Port, ...] = eqx.field(static=True, default=())
    returns: tuple[Port, ...] | None = eqx.field(static=True, default=None)
    has: tuple[str, ...] = eqx.field(static=True, default=("C", "water", "enthalpy"))

    def step(self, state, inbox, t, dt):
        ports = self.gives if self.returns is None else self.returns
        return state, {p.name: jnp.zeros(p.shape) for p in ports}

    def inventory(self, state):
        return dict.fromkeys(self.has, state)


class Implicit(Part):
    """The same with an implicit surface."""

    def eliminate(self, state, inbox, t, dt):
        return state, {}


def member(name, dt=60, **ports):
    return Member(name, Part(**ports), dt)


GIVER, TAKER = member("a", gives=(CARBON,)), member("b", takes=(CARBON,))
PLAIN = (Link("a.carbon", "b.carbon"),)


class Half(eqx.Module):
    """A crossing that loses half of the second cell."""

    def amounts(self, x):
        return x * jnp.array([1.0, 0.5])

    def means(self, x):
        return x


def changed(port, **what):
    return dataclasses.replace(port, **what)


def water(name="rain", **more):
    return Port(name, "amount", "kg", (2,), {"water": 1.0}, enthalpy="heat", **more)


HEAT = Port("heat", "amount", "J", (2,), {"enthalpy": 1.0})
ICE = member("ice", takes=(CARBON,), gives=(Port("fraction", "state", "1", (2,)),))

REFUSED = {
    "twice the name": ((GIVER, GIVER), PLAIN, "the component 'a' is there twice"),
    "port twice": ((member("a", gives=(CARBON, CARBON)), TAKER), PLAIN, "the port 'a.carbon' is there twice"),
    "link twice": ((GIVER, TAKER), PLAIN * 2, "the link 'a.carbon_to_b.carbon' is there twice"),
    "step": (
        (member("a", 50, gives=(CARBON,)), TAKER),
        PLAIN,
        "component a: its step of 50 s neither divides the coupling window of 60 s nor is a multiple of it",
    ),
    "dotted": ((member("a.b"),), (), "its name has '.' or '_to_' in it"),
    "nobody gives": (
        (GIVER, TAKER),
        (Link("a.crabon", "b.carbon"),),
        "nobody gives 'a.crabon'; did you mean 'a.carbon'",
    ),
    "nobody takes": ((GIVER, TAKER), (Link("a.carbon", "b.crabon"),), "nobody takes 'b.crabon'"),
    "given in vain": ((GIVER,), (), "a.carbon is given and nobody takes it. To mend: link it, or name an account"),
    "taken in vain": ((TAKER,), (), "b.carbon is taken and nobody gives it. To mend: link it"),
    "unit": (
        (GIVER, member("b", takes=(changed(CARBON, unit="kg"),))),
        PLAIN,
        "link a.carbon to b.carbon: the unit given is 'mol' and the unit taken is 'kg'",
    ),
    "kind": (
        (GIVER, member("b", takes=(Port("carbon", "state", "mol", (2,)),))),
        PLAIN,
        "the kind given is 'amount' and the kind taken is 'state'",
    ),
    "content": (
        (GIVER, member("b", takes=(changed(CARBON, content={"N": 1.0}),))),
        PLAIN,
        "the content given is {'C': 1.0} and the content taken is {'N': 1.0}",
    ),
    "cells": (
        (GIVER, member("b", takes=(changed(CARBON, shape=(3,)),))),
        PLAIN,
        "values of shape (2,) arrive as (2,), and (3,) is taken. To mend: give the crossing",
    ),
    "crossing": (
        (GIVER, member("b", takes=(changed(CARBON, shape=(3,)),))),
        (Link("a.carbon", "b.carbon", toys.overlaps(0, 4, 3)[0][0]),),
        "its crossing cannot take values of shape (2,)",
    ),
    "itself": (
        (member("a", gives=(CARBON,), takes=(CARBON,)),),
        (Link("a.carbon", "a.carbon"),),
        "it leads back to where it came from",
    ),
    "two givers of a state": (
        (member("a", gives=(SEEN,)), member("c", gives=(SEEN,)), member("b", takes=(SEEN,))),
        (Link("a.warmth", "b.warmth"), Link("c.warmth", "b.warmth")),
        "the state b.warmth comes from 2 components. To mend: take it through one port for each",
    ),
    "water without enthalpy": (
        (member("a", gives=(water(),)), member("b", takes=(water(),))),
        (Link("a.rain", "b.rain"),),
        "component a: it gives the water of 'rain' without the enthalpy 'heat'. To mend: add that port",
    ),
    "enthalpy elsewhere": (
        (member("a", gives=(water(), HEAT)), member("b", takes=(water(),)), member("c", takes=(HEAT,))),
        (Link("a.rain", "b.rain"), Link("a.heat", "c.heat")),
        "the water of a.rain goes to 'b' and its enthalpy a.heat does not go the same way. To mend: link both alike",
    ),
    "enthalpy of another account": (
        (member("a", gives=(water(account="river"), HEAT)),),
        (),
        "'rain' and its enthalpy 'heat' go to different accounts",
    ),
    "account linked": (
        (member("a", gives=(changed(CARBON, account="harvest"),)), TAKER),
        PLAIN,
        "a.carbon belongs to the account 'harvest'. To mend: remove the link",
    ),
    "account taken": (
        (member("b", takes=(changed(CARBON, account="harvest"),)),),
        (),
        "it takes 'carbon' from an account. To mend: list accounts among its gives",
    ),
    "orphan cell": (
        (GIVER, TAKER),
        (Link("a.carbon", "b.carbon", Half()),),
        "a.carbon: of what cell (1,) gives, the fraction 0.5 arrives, not 1",
    ),
    "all to two": (
        (GIVER, TAKER, member("c", takes=(CARBON,))),
        (*PLAIN, Link("a.carbon", "c.carbon")),
        "of what cell (0,) gives, the fraction 2 arrives, not 1. To mend: let the shares of its links sum to one",
    ),
    "share of nothing": (
        (GIVER, ICE),
        (Link("a.carbon", "ice.carbon", share="ice.fractoin"),),
        "no component gives the state 'ice.fractoin'; did you mean 'ice.fraction'",
    ),
    "share that is none": (
        (GIVER, member("ice", takes=(CARBON,), gives=(SEEN,))),
        (Link("a.carbon", "ice.carbon", share="ice.warmth"),),
        "'ice.warmth' is no fraction (unit '1') on the cells of the taker",
    ),
    "share and rest": (
        (GIVER, ICE),
        (Link("a.carbon", "ice.carbon", share="ice.fraction", rest_of=("ice.fraction",)),),
        "it has a share and is the rest as well",
    ),
    "share of a state": (
        (member("a", gives=(SEEN,)), member("b", takes=(SEEN,)), ICE),
        (Link("a.warmth", "b.warmth", share="ice.fraction"),),
        "only amounts are shared. To mend: remove share and rest_of",
    ),
    "shares that leave some": (
        (GIVER, ICE),
        (Link("a.carbon", "ice.carbon", share="ice.fraction"),),
        "of what cell (0,) gives, the fraction 0",
    ),
    "response elsewhere": (
        (
            member("a", gives=(Port("r", "response", "1", (2,)),)),
            member("b", takes=(Port("r", "response", "1", (2,)),)),
        ),
        (Link("a.r", "b.r", Half()),),
        "a response belongs to its column. To mend: link it between the same cells",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_when_built(case):
    members, links, words = REFUSED[case]
    with pytest.raises(InputError) as refusal:
        Coupler(members, links, 60)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (("a", "bb"), "the order names 'bb'; did you mean 'b'?"),
        (("a", "a", "b"), "the turn 'a' is there twice"),
        (("a.eliminate", "a"), "'b' has no turn in the order. To mend: add it"),
        (("a", "b"), "'a.eliminate' has no turn in the order"),
        (("a", "a.eliminate", "b"), "'a' comes before its own elimination"),
    ],
)
def test_orders_refused(order, words):
    members = (Member("a", Implicit(gives=(CARBON,)), 60), TAKER)
    with pytest.raises(InputError) as refusal:
        Coupler(members, PLAIN, 60, order)
    assert words in str(refusal.value)


def test_an_implicit_surface_steps_with_the_window():
    with pytest.raises(
        InputError, match="its surface is implicit, and its step of 30 s is not the coupling window of 60"
    ):
        Coupler((Member("a", Implicit(gives=(CARBON,)), 30), TAKER), PLAIN, 60, ("a.eliminate", "a", "b"))


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({"kind": "flux"}, "port p: there is no kind 'flux'; known: amount, response, state"),
        ({"unit": "m3"}, "an amount in 'm3' cannot be counted. To mend: give it in kg, mol or J"),
        ({"content": {}}, "the amount counts for nothing"),
        ({"content": {"water": 1.0}, "unit": "kg"}, "the water crosses without its enthalpy"),
        ({"kind": "state"}, "a state is never counted. To mend: give content to amounts only"),
    ],
)
def test_ports_refused(what, words):
    with pytest.raises(InputError) as refusal:
        Port(**({"name": "p", "kind": "amount", "unit": "mol", "content": {"C": 1.0}} | what))
    assert words in str(refusal.value)


def begun(members=(GIVER, TAKER), links=PLAIN, states=None, first=None):
    coupler = Coupler(members, links, 60)
    states = states or {m.name: jnp.zeros(2) for m in members}
    return coupler, start(coupler, states, instant("2000-01-01"), first)


LOOKS_BACK = ((member("b", takes=(SEEN,)), member("a", gives=(SEEN,))), (Link("a.warmth", "b.warmth"),))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"states": {"a": jnp.zeros(2)}}, "states are given for a. To mend: give those of a, b"),
        (
            {"members": (member("a", gives=(CARBON,), has=("N",)), TAKER)},
            "component a: it moves C through 'carbon' and has none in its inventory",
        ),
        (
            {"members": (Member("a", Part(gives=(CARBON,)), 60, True), TAKER), "states": {"a": jnp.zeros(5), "b": 0.0}},
            "'carbon' has the shape (2,), the inventory (5,)",
        ),
        (
            {"members": LOOKS_BACK[0], "links": LOOKS_BACK[1]},
            "a.warmth is looked at before its giver has had its turn. To mend: give its first value, first =",
        ),
        (
            {"members": LOOKS_BACK[0], "links": LOOKS_BACK[1], "first": {"a.warmth": jnp.zeros(3)}},
            "a.warmth: its first value has the shape (3,), not (2,)",
        ),
    ],
)
def test_starts_refused(how, words):
    with pytest.raises(InputError) as refusal:
        begun(**how)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("returns", "words"),
    [
        ((), "component a: what it gives differs from its ports by carbon"),
        ((changed(CARBON, shape=(3,)),), "'carbon' has the shape (3,), its port (2,)"),
    ],
)
def test_an_outbox_unlike_the_ports_is_refused_while_it_is_traced(returns, words):
    coupler, begin = begun((member("a", gives=(CARBON,), returns=returns), TAKER))
    with pytest.raises(InputError) as refusal:
        advance(coupler, begin, jnp.asarray(1))
    assert words in str(refusal.value)
