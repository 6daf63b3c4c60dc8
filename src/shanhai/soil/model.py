r"""A soil to work with: a layer, what it begins with, what happens to it day by day, and results in the field's units.

A day begins with what is put in, which moves at once,

$$x \leftarrow x + \nu\,\xi(\text{inputs}),$$

and goes on with the reactions of the layer under the conditions of the day. Inputs, air and river are accounts, so that
every element closes. Trailing axes are jars, plots or columns side by side.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from shanhai.core import network_text
from shanhai.core.coefficients import Fixed
from shanhai.core.constants import SECONDS_PER_DAY, ZERO_CELSIUS
from shanhai.core.errors import InputError, nearest
from shanhai.core.ledger import Row
from shanhai.core.network_ledger import ledger as network_ledger
from shanhai.core.params import par
from shanhai.core.reactions import Coefficient, Network, Reaction, Species
from shanhai.core.stoichiometry import moved
from shanhai.numerics.integrate import FINISHED, Tolerance
from shanhai.soil.ammonia import volatilisation, volatilisation_rate
from shanhai.soil.birch import wetting
from shanhai.soil.crop import followed
from shanhai.soil.gas_diffusivity import OXYGEN_OF_AIR
from shanhai.soil.isotopes import CARBON_13
from shanhai.soil.layer import Conditions, Layer, advanced, check, first_step, species, through
from shanhai.soil.layer import network as layer_network
from shanhai.soil.layer_conditions import Rooted, Vegetation, rooted
from shanhai.soil.layer_isotopes import Label, moved_label
from shanhai.soil.layer_oxygen import Oxygen
from shanhai.soil.layer_pools import Elements, pools_of
from shanhai.soil.management import ammonia, applied
from shanhai.soil.nitrification import ELECTRONS
from shanhai.soil.observations import respiration_by_source
from shanhai.soil.results import Instruments, Quantity, quantity, results
from shanhai.soil.stock import Phosphates, Shares, Soil, stock

TOLERANCE = Tolerance(relative=1e-4, absolute=1e-6)  # type: ignore[arg-type]
INPUTS = ("litter", "sugar", "ammonium", "nitrate", "phosphate")
FILLED = 0.6


class Daily(NamedTuple):
    """What a soil meets, day by day: numbers, or arrays with days on their first axis, (day, ...) or (1, ...).

    Args:
        temperature: [degC].
        filled: water-filled pores [1]; 0.6 where neither this nor `water` is given.
        water: liquid [m3 m-3], in its place.
        oxygen: of the air above, over that of free air [1].
        ph: [1]; that of the soil where none is given.
        drainage: water that leaves the layer [mm d-1].
        litter: carbon of litter put in [mg kg-1 d-1]; nitrogen and phosphorus come with it, see `Litter`.
        sugar: dissolved carbon without nitrogen put in [mg kg-1 d-1].
        ammonium: nitrogen of ammonium put in [mg kg-1 d-1].
        nitrate: nitrogen of nitrate put in [mg kg-1 d-1].
        phosphate: phosphorus put in [mg kg-1 d-1].
    """

    temperature: ArrayLike = 20.0
    filled: ArrayLike | None = None
    water: ArrayLike | None = None
    oxygen: ArrayLike = 1.0
    ph: ArrayLike | None = None
    drainage: ArrayLike = 0.0
    litter: ArrayLike = 0.0
    sugar: ArrayLike = 0.0
    ammonium: ArrayLike = 0.0
    nitrate: ArrayLike = 0.0
    phosphate: ArrayLike = 0.0


USUAL = Daily()


class Inputs(NamedTuple):
    """What is put in at the start of a day [mol m-3]; carbon of litter and sugar, nitrogen, phosphorus."""

    litter: ArrayLike = 0.0
    sugar: ArrayLike = 0.0
    ammonium: ArrayLike = 0.0
    nitrate: ArrayLike = 0.0
    phosphate: ArrayLike = 0.0


class Litter(eqx.Module):
    """What the litter is."""

    nitrogen: Array = par(45.0, "1", source="choice; unverified", bounds=(5.0, 500.0), meaning="C:N, molar")
    phosphorus: Array = par(1200.0, "1", source="choice; unverified", bounds=(50.0, 2e4), meaning="C:P, molar")
    labile: Array = par(0.5, "1", source="choice; unverified", bounds=(0.0, 1.0), meaning="labile part")


class Ammonia(eqx.Module):
    """How ammonia escapes from the whole layer."""

    conductance: Array = par(
        1e-3, "m s-1", source="choice; unverified", bounds=(0.0, 0.1), meaning="between soil air and the air above"
    )
    sorption: Array = par(
        5.0, "1", source="choice; unverified", bounds=(0.0, 1e3),
        meaning="ammonium on the solid over that in water, by volume of soil",
    )  # fmt: skip


class Model(eqx.Module):
    """A soil: its processes, what it begins with, what is put in, and what instruments see.

    Args:
        layer: processes with their numbers.
        soil: contents.
        shares: of the carbon, by pool.
        phosphates: phosphorus at the start, where the layer follows it.
        litter: quality of the litter of `Daily`.
        ammonia: how it escapes; None where none does.
        instruments: what extracts and proxies see.

    >>> model = Model(soil=Soil(carbon=15.0, ph=7.5), shares=Shares(labile=0.04))
    >>> model.network.quantities, round(float(model.start()[0]), 2)
    (('C', 'electrons', 'N'), 59.95)
    """

    layer: Layer = Layer(oxygen=Oxygen())
    soil: Soil = Soil()
    shares: Shares = Shares()
    phosphates: Phosphates = Phosphates()
    litter: Litter = Litter()
    ammonia: Ammonia | None = None
    instruments: Instruments = Instruments()

    @property
    def network(self) -> Network:
        """Reactions of the layer with all that comes and goes."""
        elements = followed(self.layer)
        air, reactions = (), ()  # type: tuple[Species, ...], tuple[Reaction, ...]
        if self.ammonia is not None:
            air, reactions = (ammonia(elements),), volatilisation(_Escaping(self))
        soil = layer_network(self.layer)
        sample = rooted(Conditions(), Vegetation()) if self.layer.plants else Conditions()
        return Network((*soil.species, *air, *_accounts(elements)), (*soil.reactions, *reactions), sample)

    @property
    def names(self) -> tuple[str, ...]:
        """Species of the network."""
        elements = followed(self.layer)
        air = (ammonia(elements),) if self.ammonia else ()
        return tuple(s.name for s in (*species(self.layer), *air, *_accounts(elements)))

    def start(self, daily: Daily | Conditions = USUAL) -> Array:
        """Amounts before the first day [mol m-3], (species, ...); oxygen in equilibrium with the air of that day."""
        first: Conditions = jax.tree.map(lambda f: f[0], through(conditions(self, daily)))
        x = stock(self.layer, self.soil, self.shares, first, 0.0, self.phosphates)
        return jnp.concatenate([x, jnp.zeros((_beside(self), *x.shape[1:]))])

    def run(
        self,
        daily: Daily | Conditions = USUAL,
        days: int | None = None,
        start: "Array | Run | None" = None,
        labels: Mapping[str, ArrayLike] | None = None,
        tolerance: Tolerance = TOLERANCE,
        vegetation: Vegetation | None = None,
    ) -> "Run":
        """Follow the soil.

        Args:
            daily: what it meets.
            days: length of the run; that of the series where they have one.
            start: amounts [mol m-3], or an earlier run to go on from; those of `start` where none is given.
            labels: pool such as "labile", or input "litter" or "sugar" -> part of its carbon that is labelled [1].
            tolerance: errors allowed within a day.
            vegetation: what plants ask and give, where the layer has them, day by day as `daily`; none where not given.

        Raises:
            InputError: for series of different lengths, values that no soil has, or a label on nothing.
        """
        met = _series(self, daily, vegetation, days)
        check(_broadcast(jnp.zeros(1), met)[1][0])
        x = start.x[-1] if isinstance(start, Run) else self.start(daily) if start is None else jnp.asarray(start)
        x, (at, put) = _broadcast(x, met)
        label, parts = _label(self, x, labels)
        return _followed(self, x, at, put, label, parts, tolerance)


class Run(eqx.Module):
    """What became of a soil; `run["co2"]` is a result in the unit of `run.units["co2"]`.

    Stocks, and what has gathered since the start, are given at the start and the end of every day, (day + 1, ...),
    fluxes for every day, (day, ...).

    Args:
        model: that ran.
        at: conditions, (day, ...).
        x: amounts [mol m-3], (day + 1, species, ...).
        extents: of every reaction on every day [mol m-3], (day, reaction, ...).
        put: of every input likewise, (day, input, ...).
        sources: CO2 of every day by the pool that it came from, (day, species, ...).
        growth: carbon that became microbes on every day, (day, ...).
        labelled: labelled carbon, (day + 1, species, ...); None without labels.
        finished: whether every day came to its end, (day, ...).
    """

    model: Model
    at: Conditions | Rooted
    x: Array
    extents: Array
    put: Array
    sources: Array
    growth: Array
    labelled: Array | None
    finished: Array

    def __getitem__(self, name: str) -> Array:
        """A result by its name.

        Raises:
            InputError: for a name that the run does not have.
        """
        return quantity(self, name).values

    @property
    def names(self) -> tuple[str, ...]:
        """Results that this run has."""
        return tuple(results(self))

    @property
    def units(self) -> dict[str, str]:
        """Unit of every result."""
        return {name: about.unit for name, about in results(self).items()}

    def result(self, name: str) -> Quantity:
        """A result with its unit and meaning."""
        return quantity(self, name)

    def __str__(self) -> str:
        """Table of all results: the first and the last value of the first cell."""
        rows = [f"{len(self.extents)} days, {int(np.prod(self.growth.shape[1:]))} soils"]
        for name, about in results(self).items():
            v = np.asarray(quantity(self, name).values).reshape(-1, *self.growth.shape[1:])
            first, last = (float(v[k].ravel()[0]) for k in (0, -1))
            rows.append(f"{name:32s} {first:12.5g} {last:12.5g}  {about.unit:14s} {about.meaning}")
        return "\n".join(rows)


def conditions(model: Model, daily: Daily | Conditions) -> Conditions:
    """Conditions of the layer from what is told in the field's units, (day, ...)."""
    if isinstance(daily, Conditions):
        return daily
    water, filled = daily.water, daily.filled
    if water is not None and filled is not None:
        raise InputError("water and filled are both given", where="daily", do="give one of them")
    pores = model.soil.porosity
    wet = _long(model, FILLED if filled is None else filled) if water is None else _long(model, water) / pores
    potential, content = model.soil.potential(wet), wet * pores
    rise = wetting(_day_before(potential), potential, _day_before(content), content, SECONDS_PER_DAY)
    return Conditions(
        temperature=ZERO_CELSIUS + jnp.asarray(daily.temperature),
        potential=potential,
        water=content,
        porosity=pores[None],
        potential_rate=rise.potential_rate,
        water_rate=rise.water_rate,
        ph=model.soil.ph[None] if daily.ph is None else daily.ph,
        drainage=jnp.asarray(daily.drainage) * (1e-3 / SECONDS_PER_DAY),
        oxygen=OXYGEN_OF_AIR * jnp.asarray(daily.oxygen),
    )


def _long(model: Model, value: ArrayLike) -> Array:
    """A number or series as (day or 1, ...) with as many axes of cells as the soil has at least."""
    v, cells = jnp.asarray(value, float), max(jnp.ndim(p) for p in jax.tree.leaves(model.soil))
    v = v[None] if v.ndim == 0 else v
    return v.reshape(*v.shape, *(1,) * (cells + 1 - v.ndim))


def _day_before(series: Array) -> Array:
    """What was on the day before; the first day has none."""
    return jnp.concatenate([series[:1], series[:-1]])


def _series(
    model: Model, daily: Daily | Conditions, vegetation: Vegetation | None, days: int | None
) -> tuple[Conditions | Rooted, Inputs]:
    """Conditions and inputs with days on the first axis of all."""
    if vegetation is not None and model.layer.plants is None:
        raise InputError("the layer has no plants", where="vegetation", do="give the layer plants")
    grown = vegetation or Vegetation()
    at = conditions(model, daily)
    put = Inputs() if isinstance(daily, Conditions) else _put(model, daily)
    named = {**_named(daily), **grown._asdict(), **at._asdict(), **put._asdict()}
    lengths = {name: np.shape(v)[0] for name, v in named.items() if np.ndim(v) and np.shape(v)[0] != 1}
    whole = days if days is not None else max(lengths.values(), default=0)
    if whole < 1:
        raise InputError("a run needs a day or more", where="days", do="give days, or series with an entry a day")
    for name, length in lengths.items():
        if length != whole:
            raise InputError(
                f"{name} has {length} entries and the run {whole} days",
                where="daily",
                do="give an entry a day on the first axis; cells come after it, as in [[10, 20]]",
            )

    def long(v: ArrayLike) -> Array:
        v = jnp.asarray(v, float)
        return jnp.broadcast_to(v, (whole, *v.shape[1:]))

    met = rooted(at, grown) if model.layer.plants else at
    return jax.tree.map(long, (met, put))  # type: ignore[no-any-return]


def _named(daily: Daily | Conditions) -> dict[str, Any]:
    return {name: v for name, v in daily._asdict().items() if v is not None}


def _put(model: Model, daily: Daily) -> Inputs:
    """Inputs in moles."""
    given = {name: getattr(daily, name) for name in INPUTS}
    for name, v in given.items():
        if not isinstance(v, jax.core.Tracer) and not np.all(np.asarray(v) >= 0.0):
            raise InputError(f"{name} is negative or not a number", where="daily", do="give zero on days without")
    phosphate = given["phosphate"]
    if model.layer.phosphorus is None and not isinstance(phosphate, jax.core.Tracer) and np.any(np.asarray(phosphate)):
        raise InputError("the layer does not follow phosphorus", where="phosphate", do="give the layer phosphorus")
    elements = dict(zip(INPUTS, "CCNNP"))
    return Inputs(**{name: model.soil.of_mass(1e-3 * _long(model, v), elements[name]) for name, v in given.items()})


def _broadcast(x: Array, met: Any) -> tuple[Array, Any]:
    """Amounts and all that is met, with the cells of all."""
    cells = jnp.broadcast_shapes(x.shape[1:], *(v.shape[1:] for v in jax.tree.leaves(met)))

    def wide(v: Array) -> Array:
        return jnp.broadcast_to(v.reshape(*v.shape, *(1,) * (len(cells) + 1 - v.ndim)), (len(v), *cells))

    return wide(x), jax.tree.map(wide, met)


def _accounts(elements: Elements) -> tuple[Species, ...]:
    """Accounts of what is put in."""
    litter = [Species(s.name, s.content, True, "mol m-3", "put in") for s in elements.pool("litter")]
    sugar = elements.pool("sugar")[0]
    salts = [
        Species(f"{name} put in", elements.content("N", ELECTRONS[name]), True, "mol m-3")
        for name in ("ammonium", "nitrate")
    ]
    salts += [Species("phosphate put in", {"P": 1.0}, True, "mol m-3")] if "P" in elements.names else []
    return (*litter, Species("sugar_c", sugar.content, True, "mol m-3", "put in"), *salts)


def _beside(model: Model) -> int:
    """Species beside those of the layer."""
    return len(_accounts(followed(model.layer))) + (model.ammonia is not None)


class _Put(eqx.Module):
    """Extent of an input."""

    name: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], inputs: Any) -> Array:
        return jnp.asarray(getattr(inputs, self.name), float)


def inputs_network(model: Model, made: Network) -> Network:
    """What is put in as a network whose rates are amounts; the environment is `Inputs`."""
    elements, quality = followed(model.layer), model.litter
    p = pools_of(elements)
    litter: dict[str, Coefficient] = {}
    for k, amount in enumerate((1.0, 1.0 / quality.nitrogen, 1.0 / quality.phosphorus)[: len(elements.names)]):
        litter[elements.pool("litter")[k].name] = Fixed(-jnp.asarray(amount))
        litter[p.labile[k].name] = Fixed(quality.labile * amount)
        litter[p.recalcitrant[k].name] = Fixed((1.0 - quality.labile) * amount)
    makes: dict[str, dict[str, Coefficient]] = {
        "litter": litter,
        "sugar": {"sugar_c": -1.0, p.dissolved[0].name: 1.0},
        "ammonium": {"ammonium put in": -1.0, "ammonium": 1.0},
        "nitrate": {"nitrate put in": -1.0, "nitrate": 1.0},
        "phosphate": {"phosphate put in": -1.0, "exchangeable_p": 1.0},
    }
    followed_here = INPUTS if "P" in elements.names else INPUTS[:-1]
    return Network(made.species, tuple(Reaction(n, _Put(n), makes[n], "put in") for n in followed_here), Inputs())


class _Escaping(eqx.Module):
    """Rate constant of ammonia [s-1]."""

    model: Model

    def __call__(self, x: Mapping[str, Array], at: Any) -> Array:
        a = self.model.ammonia
        assert a is not None
        return volatilisation_rate(
            a.conductance, self.model.layer.thickness, at.temperature, at.ph, at.water, at.porosity, a.sorption
        )


def _label(model: Model, x: Array, labels: Mapping[str, ArrayLike] | None) -> tuple[Array | None, Array]:
    """Labelled carbon at the start, (species, ...), and the labelled part of the inputs, (input,)."""
    parts = jnp.zeros(len(INPUTS))
    if labels is None:
        return None, parts
    names = model.names
    pools = [s.name[:-2] for s in species(model.layer) if s.name.endswith("_c") and not s.external]
    held = jnp.zeros_like(x)
    for name, part in labels.items():
        if name in INPUTS[:2]:
            parts = parts.at[INPUTS.index(name)].set(part)
        elif name in pools:
            row = names.index(f"{name}_c")
            held = held.at[row].set(x[row] * part)
        else:
            raise InputError(f"{name!r} has no label; {nearest(name, (*pools, 'litter', 'sugar'))}", where="labels")
    return held, parts


class _Carry(NamedTuple):
    x: Array
    first: Array
    held: Array | None


class _Day(NamedTuple):
    x: Array
    extents: Array
    put: Array
    sources: Array
    growth: Array
    held: Array | None
    finished: Array


@eqx.filter_jit
def _followed(
    model: Model, x: Array, at: Conditions | Rooted, put: Inputs, held: Array | None, parts: Array, tolerance: Tolerance
) -> Run:
    made = model.network
    given = inputs_network(model, made)
    uptake, active = [r.name for r in made.reactions].index("uptake"), made.index("active_c")
    carbon = jnp.asarray(made.contents[made.quantities.index("C")])

    def day(now: _Carry, today: tuple[Conditions | Rooted, Inputs]) -> tuple[_Carry, _Day]:
        here, todo = today
        fed, did = applied(given, now.x, todo)
        label = now.held
        if label is not None:
            brought = moved(given.stoichiometry(now.x, todo), _rows(parts[: len(did)], did) * did)
            label = label + _rows(carbon, x) * brought
        (after, first), end = advanced(made, SECONDS_PER_DAY, tolerance, (fed, now.first), here)
        if label is not None:
            label = moved_label(made, Label(CARBON_13, label), label, fed, end, SECONDS_PER_DAY).amounts
        sources = respiration_by_source(made, end.nu, end.extents, "co2")
        grown = end.nu[active, uptake] * end.extents[uptake]
        kept = _Day(after, end.extents, did, sources, grown, label, end.status == FINISHED)
        return _Carry(after, first, label), kept

    begin = _Carry(x, first_step(x), held)
    _, days = jax.lax.scan(day, begin, (at, put))
    series = jnp.concatenate([x[None], days.x])
    label = None if held is None else jnp.concatenate([held[None], days.held])  # type: ignore[list-item]
    return Run(model, at, series, days.extents, days.put, days.sources, days.growth, label, days.finished)


def _rows(v: Array, like: Array) -> Array:
    """One number a row, beside an array with axes of cells."""
    return v.reshape(-1, *(1,) * (like.ndim - 1))


def ledger(run: Run) -> tuple[Row, ...]:
    """What every element gained in all soils together, from which accounts, and whether it closes [mol m-3].

    Args:
        run: of a model.
    """
    cells = tuple(range(1, run.x.ndim - 1))
    through = jnp.sum(jnp.abs(run.extents)) + jnp.sum(jnp.abs(run.put))
    start, end = (jnp.sum(x, axis=cells) for x in (run.x[0], run.x[-1]))
    return network_ledger(run.model.network, start, end, through, party="soil")


def written(model: Model, form: str = "table") -> str:
    """Reactions of a model to read: "table" in Markdown, or a diagram for "mermaid" or "graphviz".

    Args:
        model: to show.
        form: one of the three.

    Raises:
        InputError: for another form.

    >>> print(written(Model(), "mermaid").splitlines()[1])
      s0["labile_c"]
    """
    forms = {"table": network_text.table, "mermaid": network_text.mermaid, "graphviz": network_text.graphviz}
    if form not in forms:
        raise InputError(f"there is no form {form!r}; {nearest(form, forms)}", where="written")
    return forms[form](model.network)
