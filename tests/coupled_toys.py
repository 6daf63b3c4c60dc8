"""Small coupled systems: stores of water, enthalpy and carbon on different cells, with steps of different length."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from shanhai.core.clock import instant
from shanhai.core.component import Port
from shanhai.coupling.coupler import Coupler
from shanhai.coupling.fractions import moved_between_tiles
from shanhai.coupling.links import Link, Member
from shanhai.coupling.start import start

CONTENT = {"water": ("kg", {"water": 1.0}), "heat": ("J", {"enthalpy": 1.0}), "carbon": ("mol", {"C": 1.0})}
HEAT_CAPACITY = 4000.0  # J kg-1 K-1
traces = []  # one entry each time that a component is traced


class Overlap(eqx.Module):
    """Areas common to the cells of two grids; the giver's cells may have other targets too."""

    area: jax.Array  # (source, target)
    source_area: jax.Array

    def amounts(self, x):
        return (self.area / self.source_area[:, None]).T @ x

    def means(self, x):
        return self.area.T @ x / jnp.sum(self.area, axis=0)


def overlaps(seed, n, *targets):
    """Random overlaps of n cells with several sets of cells that together cover them, and the way back."""
    parts = [np.random.default_rng(seed + i).uniform(0.1, 1.0, (n, m)) for i, m in enumerate(targets)]
    area = sum(p.sum(axis=1) for p in parts)
    there = [Overlap(jnp.asarray(p), jnp.asarray(area)) for p in parts]
    back = [Overlap(jnp.asarray(p.T), jnp.asarray(p.sum(axis=0))) for p in parts]
    return there, back


def trio(prefix, cells, account=""):
    """Ports of water with its enthalpy, and carbon."""
    ports = []
    for name, (unit, content) in CONTENT.items():
        enthalpy = f"{prefix}heat" if name == "water" else ""
        ports.append(Port(f"{prefix}{name}", "amount", unit, (cells,), content, enthalpy, account))
    return tuple(ports)


class Store(eqx.Module):
    """A store that gives a part of what it has to each neighbour and takes what they give."""

    name: str = eqx.field(static=True)
    cells: int = eqx.field(static=True)
    neighbours: tuple[str, ...] = eqx.field(static=True)
    sees: tuple[str, ...] = eqx.field(static=True, default=())
    rate: jax.Array = eqx.field(default=1e-5, converter=jnp.asarray)  # s-1
    sun: jax.Array = eqx.field(default=0.0, converter=jnp.asarray)  # W per cell

    @property
    def takes(self):
        amounts = sum((trio(f"from_{x}_", self.cells) for x in self.neighbours), ())
        return amounts + tuple(Port(f"{x}_temperature", "state", "degC", (self.cells,)) for x in self.sees)

    @property
    def gives(self):
        amounts = sum((trio(f"to_{x}_", self.cells) for x in self.neighbours), ())
        sun = Port("sun", "amount", "J", (self.cells,), {"enthalpy": 1.0}, account="sun")
        return (*amounts, sun, Port("temperature", "state", "degC", (self.cells,)))

    def step(self, state, inbox, t, dt):
        traces.append(self.name)
        seen = sum((inbox[f"{x}_temperature"] for x in self.sees), 0.0)
        hour = t.second / 86400.0
        outbox = {"sun": self.sun * dt * (1 + jnp.sin(2 * jnp.pi * hour)) * jnp.ones(self.cells)}
        new = dict(state)
        for x in self.neighbours:
            part = self.rate * dt * (1 + 0.1 * jnp.tanh(0.1 * seen))
            for what in CONTENT:
                outbox[f"to_{x}_{what}"] = part * state[what]
                new[what] = new[what] - part * state[what] + inbox[f"from_{x}_{what}"]
        new["heat"] = new["heat"] + outbox["sun"]
        outbox["temperature"] = new["heat"] / new["water"] / HEAT_CAPACITY
        return new, outbox

    def inventory(self, state):
        return {"water": state["water"], "enthalpy": state["heat"], "C": state["carbon"]}


class IcySea(eqx.Module):
    """Water and ice as tiles of a cell, whose fractions jump at every step; stocks are (tile, cells)."""

    cells: int = eqx.field(static=True)
    neighbours: tuple[str, ...] = eqx.field(static=True)
    rate: jax.Array = eqx.field(default=3e-6, converter=jnp.asarray)

    @property
    def takes(self):
        return sum((trio(f"from_{x}_", self.cells) for x in self.neighbours), ())

    @property
    def gives(self):
        amounts = sum((trio(f"to_{x}_", self.cells) for x in self.neighbours), ())
        return (*amounts, Port("temperature", "state", "degC", (self.cells,)))

    def step(self, state, inbox, t, dt):
        traces.append("sea")
        ice = jnp.clip(3.9 * state["ice"] * (1 - state["ice"]), 0.0, 1.0)
        old, new = (jnp.stack([1 - f, f]) for f in (state["ice"], ice))
        after, outbox = {"ice": ice}, {}
        speed = self.rate * dt * jnp.array([[1.0], [0.2]])
        for what in CONTENT:
            stock = moved_between_tiles(state[what], old, new)
            for x in self.neighbours:
                given = speed * stock
                outbox[f"to_{x}_{what}"] = jnp.sum(given, axis=0)
                stock = stock - given + new * inbox[f"from_{x}_{what}"]
            after[what] = stock
        outbox["temperature"] = jnp.sum(after["heat"], axis=0) / jnp.sum(after["water"], axis=0) / HEAT_CAPACITY
        return after, outbox

    def inventory(self, state):
        names = {"water": "water", "heat": "enthalpy", "carbon": "C"}
        return {q: jnp.sum(state[what], axis=0) for what, q in names.items()}


class Tile(eqx.Module):
    """A store on a part of its cells, whose fraction it gives; ice that comes and goes."""

    store: Store
    moving: bool = eqx.field(static=True, default=True)

    @property
    def takes(self):
        return self.store.takes

    @property
    def gives(self):
        fraction = Port("fraction", "state", "1", (self.store.cells,))
        return (*self.store.gives, fraction) if self.moving else self.store.gives

    def step(self, state, inbox, t, dt):
        store, outbox = self.store.step(state["store"], inbox, t, dt)
        ice = 3.9 * state["fraction"] * (1 - state["fraction"])
        return {"store": store, "fraction": ice}, outbox | {"fraction": ice}

    def inventory(self, state):
        return self.store.inventory(state["store"])


def stocks(seed, *shape):
    random = np.random.default_rng(seed)
    water = jnp.asarray(random.uniform(1e3, 2e3, shape))
    return {"water": water, "heat": water * HEAT_CAPACITY * 10.0, "carbon": jnp.asarray(random.uniform(1, 2, shape))}


def ways(one, other, there=None, back=None, **shared):
    """Links of water, enthalpy and carbon between two components, both ways."""
    links = []
    for what in CONTENT:
        out = {"crossing": there} if there is not None else {}
        home = {"crossing": back} if back is not None else {}
        links.append(Link(f"{one}.to_{other}_{what}", f"{other}.from_{one}_{what}", **out, **shared))
        links.append(Link(f"{other}.to_{one}_{what}", f"{one}.from_{other}_{what}", **home))
    return tuple(links)


def two(window=3600, sea_step=3600, rate=1e-5, dtype=float):
    """Air of 3 cells and 10-minute steps over an icy sea of 4 cells and hourly steps."""
    (there,), (back,) = overlaps(0, 3, 4)
    air = Store("air", 3, ("sea",), ("sea",), rate=rate, sun=100.0)
    members = (Member("air", air, 600), Member("sea", IcySea(4, ("air",)), sea_step))
    seen = Link("sea.temperature", "air.sea_temperature", back)
    coupler = Coupler(members, (*ways("air", "sea", there, back), seen), window, dtype=dtype)
    states = {"air": stocks(1, 3), "sea": stocks(2, 2, 4) | {"ice": jnp.array([0.0, 0.3, 0.55, 0.8])}}
    return coupler, start(coupler, states, instant("1999-12-31"), {"sea.temperature": jnp.full(4, 10.0)})


def three(window=3600, steps=(600, 1800, 3600)):
    """Air of 3 cells, land of 2 and icy sea of 4, each with its own step; land drains to the sea."""
    (to_land, to_sea), (from_land, from_sea) = overlaps(5, 3, 2, 4)
    whole = [Overlap(o.area, jnp.sum(o.area, axis=1)) for o in (to_land, to_sea)]
    rivers = Overlap(jnp.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]]), jnp.ones(2))
    air = Store("air", 3, ("land", "sea"), ("land", "sea"), sun=100.0)
    land = Store("land", 2, ("air", "sea"), rate=2e-6)
    members = (
        Member("air", air, steps[0]),
        Member("land", land, steps[1]),
        Member("sea", IcySea(4, ("air", "land")), steps[2]),
    )
    tides = Overlap(jnp.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [0.0, 1.0]]), jnp.ones(4))
    links = (
        *ways("air", "land", whole[0], from_land),
        *ways("air", "sea", whole[1], from_sea),
        *ways("land", "sea", rivers, tides),
        Link("land.temperature", "air.land_temperature", from_land),
        Link("sea.temperature", "air.sea_temperature", from_sea),
    )
    coupler = Coupler(members, links, window)
    sea = stocks(3, 2, 4) | {"ice": jnp.array([0.0, 0.3, 0.55, 0.8])}
    states = {"air": stocks(1, 3), "land": stocks(2, 2), "sea": sea}
    first = {"land.temperature": jnp.full(2, 10.0), "sea.temperature": jnp.full(4, 10.0)}
    return coupler, start(coupler, states, instant("1999-12-31"), first)


def rain(shared_alike=True):
    """Air that rains on water and ice of the same cells, by a fraction that the ice gives."""
    (there,), (back,) = overlaps(7, 3, 4)
    air = Rain(3)
    water, ice = Store("water", 4, ("air",)), Tile(Store("ice", 4, ("air",)))
    links = []
    for what in CONTENT:
        links.append(Link(f"air.rain_{what}", f"ice.from_air_{what}", there, share="ice.fraction"))
        rest = ("ice.fraction",) if shared_alike or what == "carbon" else ()
        links.append(Link(f"air.rain_{what}", f"water.from_air_{what}", there, rest_of=rest))
        links += [Link(f"{x}.to_air_{what}", f"air.up_{what}", back) for x in ("water", "ice")]
    members = (Member("air", air, 600), Member("water", water, 1800), Member("ice", ice, 3600))
    coupler = Coupler(members, tuple(links), 3600)
    ice_state = {"store": stocks(3, 4), "fraction": jnp.array([0.0, 0.3, 0.55, 0.8])}
    states = {"air": stocks(1, 3), "water": stocks(2, 4), "ice": ice_state}
    return coupler, start(coupler, states, instant("1999-12-31"), {"ice.fraction": ice_state["fraction"]})


class Rain(eqx.Module):
    """Air with one rain for all, and one port for whatever comes up."""

    cells: int = eqx.field(static=True)

    @property
    def takes(self):
        return trio("up_", self.cells)

    @property
    def gives(self):
        return trio("rain_", self.cells)

    def step(self, state, inbox, t, dt):
        outbox = {f"rain_{what}": 1e-5 * dt * state[what] for what in CONTENT}
        return {what: state[what] - outbox[f"rain_{what}"] + inbox[f"up_{what}"] for what in CONTENT}, outbox

    def inventory(self, state):
        return {"water": state["water"], "enthalpy": state["heat"], "C": state["carbon"]}
