r"""Matter moves between the levels of a soil: solids are mixed, solutes flow and diffuse in water, gases in pores.

Every kind has a potential in which its flux through a face is linear,

$$F = -D_s\frac{\partial x}{\partial z} \ \text{(solid)}, \qquad
  F = q\,c - \theta D_\theta\frac{\partial c}{\partial z},\ c = \frac{s\,x}{\theta} \ \text{(solute)}, \qquad
  F = -D_g\frac{\partial g}{\partial z},\ g = \frac{x}{\phi - \theta + \alpha\theta} \ \text{(gas)}$$

with x the amount per volume of soil. Solutes are taken upstream where the water flows faster than they diffuse. All
species of a kind go through the implicit column (`numerics.column`) at once. What passes the top and the bottom is
booked in an external species of the network, in the first and last level, so that with thickness Δz

$$\sum_{levels} \Delta z \sum_{species} n_q\,x$$

stays as it is for every conserved quantity q, accounts counted in.

Source: Koven et al. (2013), Biogeosciences 10, 7109, for mixed solids; face fluxes after Scharfetter & Gummel (1969),
see `numerics.column_laws.AdvectionConduction`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import ZERO_CELSIUS
from shanhai.core.errors import InputError, nearest
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.params import _strong_float, par
from shanhai.core.reactions import Species, places
from shanhai.numerics.column import column_step, two_stage_step
from shanhai.numerics.column_balance import ColumnStep, Levels
from shanhai.numerics.column_laws import AdvectionConduction, Line, LinearStore
from shanhai.numerics.safe import ratio
from shanhai.soil.gas_diffusivity import (
    oxygen_in_free_air,
    oxygen_in_free_water,
    oxygen_solubility,
    relative_diffusivity_millington1961,
)

DRY = 1e-9
"""Volume of a phase [m3 m-3] below which it is not there."""

KOVEN = "Koven et al. (2013), Biogeosciences 10, 7109, as in the soil carbon of CLM 4.5"


class Mixing(eqx.Module):
    r"""Diffusivity of solids: animals stir without permafrost, freezing stirs above and a little below its table.

    $$D = D_b\,e^{-z/L} \ \text{without permafrost}, \qquad
      D = D_c\,\min\Bigl(1, \max\Bigl(0, \frac{z_m - z}{z_m - a}\Bigr)\Bigr) \ \text{with thaw down to } a \le a_m$$

    Source: Koven et al. (2013), where bioturbation does not decrease with depth (L infinite).
    """

    bioturbation: Array = par(1e-4, "m2 yr-1", source=KOVEN, bounds=(0.0, 0.1), meaning="by animals, at the surface")
    scale: Array = par(
        0.5, "m", source="choice; unverified", bounds=(0.01, 1e9), meaning="depth over which it fades e-fold"
    )
    cryoturbation: Array = par(5e-4, "m2 yr-1", source=KOVEN, bounds=(0.0, 0.1), meaning="by freezing, where it thaws")
    deepest_thaw: Array = par(2.0, "m", source=KOVEN, bounds=(0.1, 10.0), meaning="deepest thaw with cryoturbation")
    deepest: Array = par(3.0, "m", source=KOVEN, bounds=(0.1, 20.0), meaning="depth where it has faded")

    def __call__(self, depth: ArrayLike, thaw: ArrayLike = np.inf) -> Array:
        """Diffusivity of solids [m2 s-1].

        Args:
            depth: of a face [m], any shape.
            thaw: deepest thaw of the year [m], broadcastable; infinite without permafrost, zero where nothing thaws.

        >>> thawed = ((0.0, jnp.inf), (0.5, 1.0), (2.0, 1.0), (3.0, 1.0))
        >>> [f"{float(Mixing()(z, a)) * JULIAN_YEAR:.1e}" for z, a in thawed]
        ['1.0e-04', '5.0e-04', '2.5e-04', '0.0e+00']
        """
        z, a = jnp.asarray(depth, float), jnp.asarray(thaw, float)
        frozen_below = a <= self.deepest_thaw
        table = jnp.where(frozen_below, a, 0.0)
        fades = jnp.clip((self.deepest - z) / (self.deepest - table), 0.0, 1.0)
        by_freezing = jnp.where(a > 0.0, self.cryoturbation * fades, 0.0)
        return jnp.where(frozen_below, by_freezing, self.bioturbation * jnp.exp(-z / self.scale)) / JULIAN_YEAR


class Solid(eqx.Module):
    """What is mixed with the soil and crosses neither top nor bottom."""


class Solute(eqx.Module):
    """What water carries.

    Args:
        account: external species that gives and takes what passes the top and the bottom.
        dissolved: part in the water, the rest is held by surfaces [1], see `losses.dissolved_share`.
        entering: concentration in the water that comes in from above [mol m-3 of water].
        below: concentration in water that rises through the bottom, likewise.
    """

    account: str = eqx.field(static=True)
    diffusivity: Array = par(
        1e-9, "m2 s-1", source="order of small ions and molecules in water; unverified", bounds=(0.0, 1e-8),
        meaning="in free water",
    )  # fmt: skip
    dissolved: Array = eqx.field(default=1.0, converter=_strong_float)
    entering: Array = eqx.field(default=0.0, converter=_strong_float)
    below: Array = eqx.field(default=0.0, converter=_strong_float)


class Gas(eqx.Module):
    """What diffuses in the pores, with water in equilibrium, and meets the air above.

    Args:
        account: external species of the air.
        air: concentration in the air above [mol m-3].
        diffusivity: in free air and water over that of oxygen [1].
        solubility: over that of oxygen [1].
    """

    account: str = eqx.field(static=True)
    air: Array = eqx.field(default=0.0, converter=_strong_float)
    diffusivity: Array = eqx.field(default=1.0, converter=_strong_float)
    solubility: Array = eqx.field(default=1.0, converter=_strong_float)


Kind = Solid | Solute | Gas
Kinds = Mapping[str, Kind]
"""Species -> how it moves; those not named stay where they are."""


class Medium(NamedTuple):
    """What matter moves through; each a number, (level, ...) or (face, ...).

    Args:
        temperature: [K].
        water: liquid [m3 m-3].
        porosity: without ice [m3 m-3].
        mixing: diffusivity of solids at the faces between levels [m2 s-1], (level - 1, ...).
        water_flux: through all faces, positive downward [m s-1], (level + 1, ...).
    """

    temperature: ArrayLike = ZERO_CELSIUS + 10.0
    water: ArrayLike = 0.25
    porosity: ArrayLike = 0.5
    mixing: ArrayLike = 0.0
    water_flux: ArrayLike = 0.0


class Moved(NamedTuple):
    """A profile after a step of transport.

    Args:
        x: amounts with the accounts, (species, level, ...).
        faces: what passed each face in the step, positive downward [mol m-2], (species, level + 1, ...).
        limited: faces held back so that no level falls below zero, (...).
    """

    x: Array
    faces: Array
    limited: Array


class _Way(NamedTuple):
    """The column of species of one kind, all arrays (level or face, species, ...)."""

    store: LinearStore
    inner: AdvectionConduction
    top: Line
    bottom: Line


def transported(
    species: tuple[Species, ...],
    kinds: Kinds,
    x: Array,
    thickness: Array,
    medium: Medium,
    dt: ArrayLike,
    *,
    stages: int = 1,
    outside: ArrayLike = 1.0,
) -> Moved:
    """Move all species of a profile by one implicit step.

    An isotope moves as its element does: give its amounts for x, and for `outside` the ratio of what comes from above
    and below and from the air. A ratio that is the same everywhere stays so.

    Args:
        species: of the network.
        kinds: how each moves.
        x: amounts per volume of soil [mol m-3], (species, level, ...).
        thickness: of the levels [m], (level, ...), broadcastable.
        medium: temperature, water, pores, mixing and water flux during the step.
        dt: step [s].
        stages: 1, positive at any step, or 2, of second order in time and held positive by limits that are counted.
        outside: factor of the concentrations outside.

    Returns:
        amounts, what passed the faces, and how many were held back.

    Raises:
        InputError: for a species that is not there or an account that does not fit it.

    >>> soil = Species("nitrate", {"N": 1.0}), Species("river", {"N": 1.0}, external=True)
    >>> medium = Medium(water=0.25, water_flux=1e-7)
    >>> after = transported(soil, {"nitrate": Solute("river")}, jnp.array([[1.0, 1.0], [0.0, 0.0]]),
    ...                     jnp.array([0.1, 0.1]), medium, 86400.0)
    >>> after.x.round(3).tolist(), round(float(after.x.sum()), 12)
    ([[0.743, 0.934], [0.0, 0.323]], 2.0)
    """
    check(species, kinds)
    row = _rows(species)
    deep = _per_level(thickness, x.shape[1:])
    passed: dict[int, Array] = {}
    limited = jnp.zeros(x.shape[2:], int)
    for names, way in _ways(kinds, deep, medium, outside):
        step = _stepped(way, jnp.stack([x[row[name]] * deep for name in names], axis=1), dt, stages)
        passed |= {row[name]: dt * step.face_fluxes[:, k] for k, name in enumerate(names)}
        limited = limited + jnp.sum(step.limited, axis=0)
    faces = _stacked(passed, x)
    return Moved(_booked(species, kinds, x, faces, deep), faces, limited)


def transport_rate(
    species: tuple[Species, ...],
    kinds: Kinds,
    x: Array,
    thickness: Array,
    medium: Medium,
    *,
    outside: ArrayLike = 1.0,
) -> Array:
    """Rate of change of the amounts by transport, accounts included [mol m-3 s-1], (species, level, ...).

    Args: as `transported`.

    >>> litter = (Species("litter", {"C": 1.0}),)
    >>> transport_rate(litter, {"litter": Solid()}, jnp.array([[2.0, 0.0]]), jnp.ones(2), Medium(mixing=0.5)).tolist()
    [[-1.0, 1.0]]
    """
    deep = _per_level(thickness, x.shape[1:])
    passed: dict[int, Array] = {}
    row = _rows(species)
    for names, way in _ways(kinds, deep, medium, outside):
        potential = way.store(jnp.stack([x[row[name]] * deep for name in names], axis=1)).potential
        inner = way.inner(Levels(potential[:-1], potential[:-1]), Levels(potential[1:], potential[1:]))
        top, bottom = (edge(Levels(p, p)) for edge, p in ((way.top, potential[0]), (way.bottom, potential[-1])))
        first, last = (jnp.broadcast_to(e, potential.shape[1:])[None] for e in (top, bottom))
        fluxes = jnp.concatenate([first, inner, last])
        passed |= {row[name]: fluxes[:, k] for k, name in enumerate(names)}
    faces = _stacked(passed, x)
    return _booked(species, kinds, jnp.zeros_like(x), faces, deep)


def _rows(species: tuple[Species, ...]) -> dict[str, int]:
    return places(tuple(s.name for s in species))


def check(species: tuple[Species, ...], kinds: Kinds) -> None:
    """Refuse kinds that do not fit the species.

    Raises:
        InputError: for a species that is not there, or an account that is no external species of the same content.
    """
    known = {s.name: s for s in species}
    for name, kind in kinds.items():
        for asked in (name, getattr(kind, "account", name)):
            if asked not in known:
                raise InputError(f"there is no species {asked!r}; {nearest(asked, known)}", where="transport")
        if known[name].external:
            raise InputError(f"{name!r} is an account and does not move", where="transport")
        if isinstance(kind, Solid):
            continue
        account = known[kind.account]
        if not account.external or account.content != known[name].content:
            raise InputError(
                f"{kind.account!r} cannot take what leaves of {name!r}",
                where="transport",
                do="name an external species of the same content",
            )


def _stepped(way: _Way, amount: Array, dt: ArrayLike, stages: int) -> ColumnStep:
    if stages not in (1, 2):
        raise InputError(f"a step has 1 or 2 stages, not {stages}", where="stages")
    advance = column_step if stages == 1 else two_stage_step
    return advance(amount, way.store, way.inner, dt, way.top, way.bottom, 0.0, (0.0, jnp.inf), iterations=1)


def _booked(species: tuple[Species, ...], kinds: Kinds, x: Array, faces: Array, deep: Array) -> Array:
    """Amounts after what passed the faces, with what passed top and bottom in the accounts."""
    row = _rows(species)
    gains: dict[int, list[Array]] = {}
    for name, kind in kinds.items():
        if not isinstance(kind, Solid):
            gains.setdefault(row[kind.account], []).append(faces[row[name]])
    end = x + (faces[:, :-1] - faces[:, 1:]) / deep
    return jnp.stack([end[i] + _left(gains[i], deep) if i in gains else end[i] for i in range(len(x))])


def _left(faces: list[Array], deep: Array) -> Array:
    """What passed the top and the bottom outward, per volume of the outermost levels."""
    passed = sum(faces[1:], faces[0])
    up, down = -passed[:1] / deep[:1], passed[-1:] / deep[-1:]
    if len(deep) == 1:
        return up + down
    return jnp.concatenate([up, jnp.zeros_like(deep[1:-1]), down])


def _stacked(faces: dict[int, Array], x: Array) -> Array:
    """What passes the faces, of all species, from that of those that move."""
    none = jnp.zeros((x.shape[1] + 1, *x.shape[2:]), x.dtype)
    return jnp.stack([faces.get(i, none) for i in range(len(x))])


def _ways(kinds: Kinds, deep: Array, medium: Medium, outside: ArrayLike) -> list[tuple[list[str], _Way]]:
    """Species of each kind with their column."""
    at = _spread(medium, deep.shape)
    made = []
    for kind, way in ((Solid, _solid), (Solute, _solute), (Gas, _gas)):
        names = [name for name, k in kinds.items() if isinstance(k, kind)]
        if names:
            made.append((names, way([kinds[n] for n in names], deep[:, None], at, outside)))
    return made


def _solid(kinds: list[Any], deep: Array, at: Medium, outside: ArrayLike) -> _Way:
    conductance = jnp.asarray(at.mixing) / (0.5 * (deep[:-1] + deep[1:]))
    none = jnp.zeros((len(kinds), *deep.shape[2:]), deep.dtype)
    closed = Line(none, none)
    return _Way(LinearStore(deep), AdvectionConduction(conductance, jnp.zeros_like(conductance)), closed, closed)


def _solute(kinds: list[Any], deep: Array, at: Medium, outside: ArrayLike) -> _Way:
    water, porosity, flux = (jnp.asarray(v) for v in (at.water, at.porosity, at.water_flux))
    share, free, above, below = (
        _of_each(kinds, name, deep.ndim) for name in ("dissolved", "diffusivity", "entering", "below")
    )
    there = water > DRY
    capacity = jnp.where(there & (share > 0.0), deep * water / jnp.where(share > 0.0, share, 1.0), jnp.inf)
    diffusivity = free * jnp.where(there, relative_diffusivity_millington1961(water, _pores(porosity)), 0.0)
    inner = AdvectionConduction(_between(diffusivity, deep), flux[1:-1])
    down, up = jnp.maximum(flux, 0.0), jnp.minimum(flux, 0.0)
    none = jnp.zeros((len(kinds), *deep.shape[2:]), deep.dtype)
    top = Line(none + down[0] * above[0] * outside, none)
    bottom = Line(none + up[-1] * below[0] * outside, none + down[-1])
    return _Way(LinearStore(capacity), inner, top, bottom)


def _gas(kinds: list[Any], deep: Array, at: Medium, outside: ArrayLike) -> _Way:
    water, temperature = jnp.asarray(at.water), jnp.asarray(at.temperature)
    pores, air = _pores(jnp.asarray(at.porosity)), jnp.asarray(at.porosity) - water
    speed, soluble, above = (_of_each(kinds, name, deep.ndim) for name in ("diffusivity", "solubility", "air"))
    in_water = soluble * oxygen_solubility(temperature)
    volume = air + in_water * water
    capacity = jnp.where(volume > DRY, deep * volume, jnp.inf)
    through_air = oxygen_in_free_air(temperature) * relative_diffusivity_millington1961(air, pores)
    through_water = oxygen_in_free_water(temperature) * relative_diffusivity_millington1961(water, pores)
    diffusivity = jnp.where(volume > DRY, speed * (through_air + in_water * through_water), 0.0)
    inner = _between(diffusivity, deep)
    none = jnp.zeros((len(kinds), *deep.shape[2:]), deep.dtype)
    open_top = none + 2.0 * diffusivity[0] / deep[0]
    closed = Line(none, none)
    top = Line(open_top * above[0] * outside, -open_top)
    return _Way(LinearStore(capacity), AdvectionConduction(inner, jnp.zeros_like(inner)), top, closed)


def _pores(porosity: Array) -> Array:
    """Porosity, one where ice fills all pores and nothing is there to be divided by it."""
    return jnp.where(porosity > DRY, porosity, 1.0)


def _between(diffusivity: Array, deep: Array) -> Array:
    """Conductance of two half levels in a row; none where one lets nothing through."""
    one, two = diffusivity[:-1], diffusivity[1:]
    return ratio(2.0 * one * two, deep[:-1] * two + deep[1:] * one, 0.0)


def _of_each(kinds: list[Any], name: str, axes: int) -> Array:
    """A number of each species, (1, species, 1...)."""
    return jnp.stack([getattr(kind, name) for kind in kinds]).reshape(1, len(kinds), *(1,) * (axes - 2))


def _per_level(value: ArrayLike, shape: tuple[int, ...]) -> Array:
    """A field with one axis for each of (level, ...), of full shape."""
    v = jnp.asarray(value, float)
    return jnp.broadcast_to(v.reshape(*v.shape, *(1,) * (len(shape) - v.ndim)), shape)


def _spread(medium: Medium, shape: tuple[int, ...]) -> Medium:
    """Fields of full shape with an axis for the species after that of the levels or faces."""
    more = {"mixing": -1, "water_flux": 1}
    return Medium(
        *(
            _per_level(value, (shape[0] + more.get(name, 0), *shape[1:]))[:, None]
            for name, value in medium._asdict().items()
        )
    )
