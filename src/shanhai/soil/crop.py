r"""A crop on a layer of soil: growth that season and nitrogen allow, roots that take up nitrogen, litter, grain.

Potential growth is prescribed: a logistic curve of degree days since sowing, s = D/D_ripe,

$$P = W\,\frac{d}{dt}\,\frac{1}{1 + e^{-k (s - s_0)}}, \qquad G = P\,\min\Bigl(1, \frac{n}{n_c}\Bigr), \qquad
  n_c = a\,W_s^{-b}$$

with the nitrogen that the crop has above ground over carbon, n, against the critical content n_c, which falls as the
crop's biomass W_s grows. Roots take up nitrate and ammonium where the crop has less than it can hold,

$$U = V R\,\frac{c}{K + c}\,\Bigl(1 - \frac{n}{\lambda\,n_c}\Bigr)_{\!+}.$$

Where the layer has phosphorus, its need is in proportion to that of nitrogen and the scarcer of both limits. Carbon
comes from the account of the air; growth is net of the crop's own respiration. One set of pools serves crops that
follow one another; what differs between them is in the environment of a day, see `Growing`.

Sources: the critical content after Justes et al. (1994), Ann. Bot. 74, 397, and its use as nutrition index after
Lemaire & Gastal (1997); uptake as Michaelis & Menten (1913). The logistic curve is a choice of this project.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.coefficients import Fixed
from shanhai.core.constants import ATOMIC_MASS, SECONDS_PER_DAY, SECONDS_PER_HOUR, ZERO_CELSIUS
from shanhai.core.first_order import FirstOrder
from shanhai.core.params import par
from shanhai.core.reactions import Network, Reaction, Species, proportion
from shanhai.core.routing import Pool, routed
from shanhai.numerics import safe
from shanhai.numerics.smooth import smooth_minimum, smooth_positive
from shanhai.soil.layer import Conditions, Layer
from shanhai.soil.layer_phosphorus import exchangeable
from shanhai.soil.layer_pools import OXYGEN_ABOVE, Elements, carbon_dioxide, nitrogen_of, pools_of
from shanhai.soil.phosphorus import PlantUptake

TONNES = 1e-2  # t ha-1 in 1 g m-2
_JUSTES = "Justes et al. (1994), Ann. Bot. 74, 397: N 5.35 % W^-0.44 from 1.55 t ha-1 on"
_PLENET = "Plenet & Lemaire (2000), Plant Soil 216, 65: N 3.40 % W^-0.37 from 1 t ha-1 on"
_CHOICE = "choice; unverified"


class Wheat(eqx.Module):
    """Winter wheat of the North China Plain; days count from 1 October."""

    sown: Array = par(9.0, "d", source=_CHOICE, bounds=(0, 364), meaning="day of sowing")
    reaped: Array = par(250.0, "d", source=_CHOICE, bounds=(0, 364), meaning="day of harvest")
    potential: Array = par(17.0, "t ha-1", source=_CHOICE, bounds=(1, 60), meaning="dry matter with ample nitrogen")
    base: Array = par(0.0, "degC", source=_CHOICE, bounds=(-5, 15), meaning="temperature below which nothing develops")
    flowering: Array = par(0.6, "1", source=_CHOICE, bounds=(0.1, 0.95), meaning="part of the degree days to flowering")
    critical: Array = par(5.35, "%", source=_JUSTES, bounds=(1, 10), meaning="critical N of dry matter at 1 t ha-1")
    dilution: Array = par(0.44, "1", source=_JUSTES, bounds=(0, 1), meaning="fall of critical N with biomass")
    closed: Array = par(1.55, "t ha-1", source=_JUSTES, bounds=(0.1, 5), meaning="biomass where dilution begins")


class Maize(eqx.Module):
    """Summer maize of the North China Plain; days count from 1 October."""

    sown: Array = par(255.0, "d", source=_CHOICE, bounds=(0, 364), meaning="day of sowing")
    reaped: Array = par(360.0, "d", source=_CHOICE, bounds=(0, 364), meaning="day of harvest")
    potential: Array = par(20.0, "t ha-1", source=_CHOICE, bounds=(1, 60), meaning="dry matter with ample nitrogen")
    base: Array = par(8.0, "degC", source=_CHOICE, bounds=(-5, 15), meaning="temperature below which nothing develops")
    flowering: Array = par(
        0.55, "1", source=_CHOICE, bounds=(0.1, 0.95), meaning="part of the degree days to flowering"
    )
    critical: Array = par(3.40, "%", source=_PLENET, bounds=(1, 10), meaning="critical N of dry matter at 1 t ha-1")
    dilution: Array = par(0.37, "1", source=_PLENET, bounds=(0, 1), meaning="fall of critical N with biomass")
    closed: Array = par(1.0, "t ha-1", source=_PLENET, bounds=(0.1, 5), meaning="biomass where dilution begins")


class Plant(eqx.Module):
    """What the crops of a field have in common."""

    uptake: Array = par(
        0.0018e-6 * 1e4 * ATOMIC_MASS["C"] / 0.45, "mol mol-1 h-1",
        source="STICS, high affinity: 0.0018 umol cm-1 h-1, with 100 m of root in a gram; the length: unverified",
        bounds=(0.0, 0.1), meaning="fastest uptake of nitrogen over carbon of roots",
    )  # fmt: skip
    half_saturation: Array = par(
        0.05, "mol m-3", source="STICS, high affinity: 50 umol dm-3", bounds=(1e-4, 10.0),
        meaning="nitrate or ammonium of soil water at half of the fastest uptake",
    )  # fmt: skip
    luxury: Array = par(1.2, "1", source=_CHOICE, bounds=(1, 3), meaning="nitrogen that a crop holds over the critical")
    phosphorus: Array = par(
        1.0 / 18.0, "1", source="choice: N:P of 8 by mass; unverified", bounds=(0.001, 1.0),
        meaning="phosphorus that crops need over nitrogen, molar",
    )  # fmt: skip
    phosphorus_uptake: Array = par(
        1e-4,
        "mol mol-1 h-1",
        source=_CHOICE,
        bounds=(0.0, 0.1),
        meaning="fastest uptake of phosphorus over root carbon",
    )
    phosphorus_half: Array = par(
        0.001,
        "mol m-3",
        source=_CHOICE,
        bounds=(1e-6, 1.0),
        meaning="dissolved phosphorus at half of the fastest uptake",
    )
    carbon: Array = par(0.45, "1", source="choice", bounds=(0.3, 0.6), meaning="carbon of dry matter, by mass")
    steepness: Array = par(10.0, "1", source=_CHOICE, bounds=(2, 30), meaning="k of the logistic curve")
    middle: Array = par(
        0.55, "1", source=_CHOICE, bounds=(0.1, 0.9), meaning="part of the degree days at fastest growth"
    )
    roots: Array = par(0.2, "1", source=_CHOICE, bounds=(0, 0.8), meaning="part of growth for roots before flowering")
    exuded: Array = par(0.05, "1", source=_CHOICE, bounds=(0, 0.3), meaning="part of growth that roots exude")
    root_nutrients: Array = par(
        0.12, "1", source=_CHOICE, bounds=(0, 0.5), meaning="part of nutrients that stays in roots"
    )
    moved: Array = par(
        1.4, "1", source="choice: three quarters of the nitrogen of shoots goes to grain; unverified", bounds=(0, 10),
        meaning="turnovers of the nutrients of shoots while grain fills",
    )  # fmt: skip
    living: Array = par(0.005, "d-1", source=_CHOICE, bounds=(0, 0.1), meaning="loss of roots of a living crop")
    dead: Array = par(0.05, "d-1", source=_CHOICE, bounds=(0, 1), meaning="decay of roots after the harvest")
    labile: Array = par(0.6, "1", source=_CHOICE, bounds=(0, 1), meaning="labile part of litter of roots and straw")
    width: Array = par(0.1, "1", source="choice", bounds=(0, 1), meaning="rounding of the limit by nitrogen")


class Growing(NamedTuple):
    """What the season asks of a crop on a day, each (...).

    Args:
        potential: growth with ample nitrogen [mol m-2 s-1].
        filling: part of growth above ground that is grain [1].
        moving: rate constant at which nutrients of shoots go to grain [s-1].
        critical: nitrogen over carbon, molar, that a crop of 1 t ha-1 needs [1].
        dilution: exponent of its fall with biomass [1].
        closed: biomass where the fall begins [t ha-1].
        alive: 1 from sowing to harvest, 0 otherwise.
    """

    potential: ArrayLike = 0.0
    filling: ArrayLike = 0.0
    moving: ArrayLike = 0.0
    critical: ArrayLike = 0.1
    dilution: ArrayLike = 0.4
    closed: ArrayLike = 1.0
    alive: ArrayLike = 1.0


class Field(NamedTuple):
    """Conditions of a layer with a crop on it: what laws of the soil read, and `crop`."""

    temperature: ArrayLike
    potential: ArrayLike
    water: ArrayLike
    porosity: ArrayLike
    potential_rate: ArrayLike
    water_rate: ArrayLike
    ph: ArrayLike
    drainage: ArrayLike
    oxygen: ArrayLike
    crop: Growing


def field(at: Conditions, crop: Growing | None = None) -> Field:
    """Conditions of a soil with what its crop is asked.

    >>> float(field(Conditions()).crop.alive)
    1.0
    """
    return Field(*at, Growing() if crop is None else crop)


def season(crop: Wheat | Maize, plant: Plant, temperature: ArrayLike) -> Growing:
    """What a year asks of one crop, from its degree days; nothing outside sowing and harvest.

    Args:
        crop: dates and numbers.
        plant: what crops have in common.
        temperature: of every day of the year [K], (day,).

    Returns:
        for every day, (day,).

    >>> year = season(Maize(), Plant(), jnp.full(365, 298.15))
    >>> grown = float(jnp.sum(year.potential)) * 86400.0 * 12.011 / 0.45 / 100  # t ha-1 of dry matter
    >>> round(grown, 6)
    20.0
    """
    kelvin = jnp.asarray(temperature, float)
    day = jnp.arange(kelvin.shape[-1], dtype=float)
    alive = jnp.where((day >= crop.sown) & (day < crop.reaped), 1.0, 0.0)
    warmth = smooth_positive(kelvin - ZERO_CELSIUS - crop.base, 1.0) * alive
    total = jnp.sum(warmth, axis=-1, keepdims=True)
    after = safe.ratio(jnp.cumsum(warmth, axis=-1), total, 0.0)
    step = safe.ratio(warmth, total, 0.0)
    grown = jax.nn.sigmoid(plant.steepness * (after - plant.middle))
    before = jax.nn.sigmoid(plant.steepness * (after - step - plant.middle))
    shares = safe.ratio(grown - before, jnp.sum(grown - before, axis=-1, keepdims=True), 0.0)
    whole = crop.potential / TONNES * plant.carbon / ATOMIC_MASS["C"]
    filling = jax.nn.sigmoid(40.0 * (after - crop.flowering)) * alive
    moving = plant.moved * filling * step / (1.0 - crop.flowering) / SECONDS_PER_DAY
    critical = crop.critical / 100.0 / ATOMIC_MASS["N"] / (plant.carbon / ATOMIC_MASS["C"])
    return Growing(shares * whole / SECONDS_PER_DAY, filling, moving, critical, crop.dilution, crop.closed, alive)


def rotation(first: Growing, second: Growing) -> Growing:
    """What a year with two crops asks that do not overlap.

    >>> at = rotation(Growing(potential=1.0), Growing(potential=2.0, alive=0.0))
    >>> float(at.potential), float(at.alive)
    (1.0, 1.0)
    """
    here = jnp.asarray(second.alive) > 0
    return Growing(*(jnp.where(here, b, a) for a, b in zip(first, second)))


def critical_content(biomass: ArrayLike, at: Growing) -> Array:
    r"""Nitrogen over carbon that a crop needs to grow at its best, $n_c = a\,\max(W, W_0)^{-b}$, with a rounded corner.

    Source: Justes et al. (1994), Ann. Bot. 74, 397.

    Args:
        biomass: W, dry matter above ground [t ha-1], any shape.
        at: what the season asks.

    >>> wheat = Growing(critical=5.35, dilution=0.44, closed=1.55)
    >>> [round(float(critical_content(w, wheat)), 2) for w in (0.0, 1.55, 5.0, 12.0)]
    [4.41, 4.41, 2.64, 1.79]
    """
    dry = at.closed + smooth_positive(jnp.asarray(biomass) - at.closed, 0.5)
    return jnp.asarray(at.critical) * dry ** -jnp.asarray(at.dilution)


class Organs(NamedTuple):
    """Pools of a crop, each of its species, carbon first."""

    shoot: Pool
    grain: Pool
    root: Pool


def followed(layer: Layer) -> Elements:
    """What a layer follows, and so a crop on it."""
    return Elements("CNP" if layer.phosphorus else "CN", layer.oxygen is not None)


def organs(elements: Elements) -> Organs:
    """Pools of a crop.

    >>> [s.name for s in organs(Elements("CN", False)).grain]
    ['grain_c', 'grain_n']
    """
    return Organs(*(elements.pool(name) for name in Organs._fields))


class Stand(eqx.Module):
    """A crop on a layer of given thickness [m]."""

    plant: Plant
    thickness: Array

    def nutrition(self, x: Mapping[str, Array], environment: Any, element: str = "n") -> Array:
        """Nitrogen or phosphorus above ground over what is critical [1]; zero without a crop."""
        carbon = x["shoot_c"] + x["grain_c"]
        dry = carbon * self.thickness * ATOMIC_MASS["C"] / self.plant.carbon * TONNES
        need = critical_content(dry, environment.crop) * (self.plant.phosphorus if element == "p" else 1.0)
        return proportion(x[f"shoot_{element}"] + x[f"grain_{element}"], carbon * need)


class _Growth(eqx.Module):
    """Growth that season and nutrients allow [mol m-3 s-1]."""

    stand: Stand
    nutrients: tuple[str, ...] = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        fed: Any = 1.0
        for element in self.nutrients:
            fed = smooth_minimum(fed, self.stand.nutrition(x, environment, element), self.stand.plant.width)
        return environment.crop.potential / self.stand.thickness * fed


class _Wanting(eqx.Module):
    """Fastest uptake of a nutrient that the crop still wants [mol m-3 s-1]."""

    stand: Stand
    fastest: Array
    element: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        filled = self.stand.nutrition(x, environment, self.element) / self.stand.plant.luxury
        free = smooth_positive(1.0 - filled, 0.1)
        return self.fastest / SECONDS_PER_HOUR * environment.crop.alive * x["root_c"] * free


class _Uptake(eqx.Module):
    """Uptake of a form of nitrogen from the water of the soil [mol m-3 s-1]."""

    wanting: _Wanting
    half: Array
    form: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        reached = safe.ratio(x[self.form], self.half * environment.water + x[self.form], 0.0)
        return self.wanting(x, environment) * reached


class _Share(eqx.Module):
    """Part of growth that goes to an organ."""

    plant: Plant
    organ: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        filling = environment.crop.filling
        roots = self.plant.roots * (1.0 - filling)
        if self.organ == "root":
            return roots
        return filling * (1.0 - roots - self.plant.exuded) if self.organ == "grain" else self.plant.exuded + 0.0 * roots


def _moving(x: Mapping[str, Array], environment: Any) -> Array:
    return jnp.asarray(environment.crop.moving)


class _RootLoss(eqx.Module):
    plant: Plant

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        alive = environment.crop.alive
        return (alive * self.plant.living + (1.0 - alive) * self.plant.dead) / SECONDS_PER_DAY


def network(plant: Plant, layer: Layer) -> Network:
    """A crop as a fragment to be joined with the network of a layer; the environment is a `Field`.

    Args:
        plant: numbers.
        layer: that it grows on.

    >>> from shanhai.soil.layer import network as soil
    >>> joined = soil(Layer()).joined(network(Plant(), Layer()), field(Conditions()))
    >>> joined.quantities, len(joined.species), len(joined.reactions)
    (('C', 'N'), 36, 35)
    """
    elements = followed(layer)
    p, mine, stand = pools_of(elements), organs(elements), Stand(plant, layer.thickness)
    pools = (*mine.shoot, *mine.grain, *mine.root, *p.dissolved, *p.labile, *p.recalcitrant)
    minerals = (*nitrogen_of(elements)[:2], *((exchangeable(),) if layer.phosphorus else ()))
    airs = (carbon_dioxide(), *((OXYGEN_ABOVE,) if layer.oxygen else ()))
    reactions = (_growth(stand, elements), *_fed(stand, layer, elements), *_losses(plant, elements))
    return Network((*pools, *minerals, *airs), reactions, field(Conditions()))


def _closing(elements: Elements, slots: dict[str, Species]) -> dict[str, Species]:
    """Slots, and the air's oxygen for electrons: what plants reduce sets it free."""
    return slots | ({"electrons": OXYGEN_ABOVE} if elements.electrons else {})


def _growth(stand: Stand, elements: Elements) -> Reaction:
    mine, law = organs(elements), _Growth(stand, tuple(elements.names[1:].lower()))
    places = {mine.grain: "grain", mine.root: "root", pools_of(elements).dissolved: "exuded"}
    parts = {pool[0]: _Share(stand.plant, organ) for pool, organ in places.items()}
    slots = _closing(elements, {"C": mine.shoot[0]})
    return routed("growth", law, (carbon_dioxide(),), {(s,): part for s, part in parts.items()}, slots)


def _fed(stand: Stand, layer: Layer, elements: Elements) -> list[Reaction]:
    """Uptake of ammonium, nitrate and phosphorus."""
    plant, mine = stand.plant, organs(elements)
    wanting = _Wanting(stand, plant.uptake, "n")
    laws: list[tuple[Species, Any, int]] = [
        (s, _Uptake(wanting, plant.half_saturation, s.name), 1) for s in nitrogen_of(elements)[:2]
    ]
    if layer.phosphorus:
        capacity = _Wanting(stand, plant.phosphorus_uptake, "p")
        law = PlantUptake(layer.phosphorus.isotherm, exchangeable().name, capacity, plant.phosphorus_half)
        laws.append((exchangeable(), law, 2))
    made = []
    for s, law, k in laws:
        kept = {mine.root[k]: Fixed(plant.root_nutrients)}
        slots = _closing(elements, {elements.names[k]: mine.shoot[k]})
        made.append(routed(f"{s.name} taken up", law, (s,), {}, slots, amounts=kept, meaning="by roots"))
    return made


def _losses(plant: Plant, elements: Elements) -> list[Reaction]:
    mine, p = organs(elements), pools_of(elements)
    rest = dict(zip(elements.names, p.recalcitrant))
    moved = [
        Reaction(f"grain fills: {to.name}", FirstOrder(of.name, _moving), {of.name: -1.0, to.name: 1.0}, "from shoots")
        for of, to in zip(mine.shoot[1:], mine.grain[1:])
    ]
    roots = FirstOrder("root_c", _RootLoss(plant))
    return [*moved, routed("roots die", roots, mine.root, {p.labile: Fixed(plant.labile)}, rest, meaning="to litter")]
