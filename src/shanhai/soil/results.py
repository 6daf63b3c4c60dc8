"""What a run of a soil says, by name and in the units of the field: pools, gases, leaching, what instruments see.

Amounts of a volume become contents of dry soil by the bulk density; `per_area` makes them amounts on the ground.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import ATOMIC_MASS
from shanhai.core.errors import InputError, nearest
from shanhai.soil.gas_diffusivity import OXYGEN_OF_AIR
from shanhai.soil.layer_competition import FUNGI
from shanhai.soil.layer_oxygen import equilibrium
from shanhai.soil.observations import Extraction, Ribosomes, extractable_phosphorus, fumigation_flush, rna_to_dna

if TYPE_CHECKING:
    from shanhai.soil.model import Model, Run

CONTENT, FLUX, STORE = "mg kg-1", "mg kg-1 d-1", "g kg-1"


class Instruments(eqx.Module):
    """What extracts and proxies see of a soil."""

    extraction: Extraction = Extraction()
    ribosomes: Ribosomes = Ribosomes()


class Quantity(NamedTuple):
    """A result.

    Args:
        values: (day + 1, ...) of a stock, (day, ...) of a flux.
        unit: UDUNITS string; of the element that the meaning names.
        meaning: one phrase.
    """

    values: Array
    unit: str
    meaning: str


class About(NamedTuple):
    """How a result is made of a run.

    Args:
        unit: UDUNITS string.
        meaning: one phrase.
        flux: whether it belongs to a day and not to a moment.
        made: run -> values.
    """

    unit: str
    meaning: str
    flux: bool
    made: "Callable[[Run], Array]"


POOLS = {  # pool of the layer -> name of its results, meaning
    "labile": ("labile", "labile matter"), "recalcitrant": ("recalcitrant", "recalcitrant matter"),
    "dissolved": ("dissolved_organic", "dissolved organic matter"),
    "mineral": ("mineral_associated", "matter on minerals"), "aggregates": ("aggregate", "matter in aggregates"),
}  # fmt: skip
LIVING = ("active", "dormant")
ENZYMES = ("labile_enzyme", "recalcitrant_enzyme")
ELEMENTS = {"C": "carbon", "N": "nitrogen", "P": "phosphorus"}
GASES = {  # result -> account, element, meaning
    "co2": ("co2", "C", "CO2 to the air, carbon"),
    "n2o": ("nitrous_oxide of the air", "N", "N2O to the air, nitrogen"),
    "no": ("nitric_oxide of the air", "N", "NO to the air, nitrogen"),
    "n2": ("dinitrogen", "N", "N2 to the air, nitrogen"),
    "nh3": ("ammonia of the air", "N", "NH3 to the air, nitrogen"),
    "leached_doc": ("river_DOC", "C", "dissolved organic carbon leached"),
    "leached_don": ("river_DON", "N", "dissolved organic nitrogen leached"),
    "leached_din": ("river_DIN", "N", "mineral nitrogen leached"),
    "leached_dop": ("river_DOP", "P", "dissolved organic phosphorus leached"),
    "leached_dip": ("river_DIP", "P", "phosphate leached"),
    "plant_nitrogen": ("plant_n", "N", "nitrogen to plants less that of their litter"),
    "plant_phosphorus": ("plant_p", "P", "phosphorus to plants less that of their litter"),
}


def results(run: "Run") -> dict[str, About]:
    """Results that a run has, name -> what it is."""
    return table(run.model, run.labelled is not None)


def quantity(run: "Run", name: str) -> Quantity:
    """A result of a run.

    Raises:
        InputError: for a name that it does not have.
    """
    about = known(results(run), name)
    return Quantity(about.made(run), about.unit, about.meaning)


def known(there: dict[str, About], name: str) -> About:
    """A result of a table.

    Raises:
        InputError: for a name that is not in it.
    """
    if name not in there:
        raise InputError(f"there is no result {name!r}; {nearest(name, there)}", where="run")
    return there[name]


def per_area(run: "Run", name: str) -> Quantity:
    """A content of dry soil as an amount on the ground: [mg kg-1] becomes [g m-2], [g kg-1] becomes [kg m-2].

    Raises:
        InputError: for a result that is no content of dry soil.
    """
    found = quantity(run, name)
    for content, area in (("mg kg-1", "g m-2"), ("g kg-1", "kg m-2")):
        if found.unit.startswith(content):
            ground = 1e-3 * run.model.soil.bulk_density * run.model.layer.thickness
            return found._replace(values=found.values * ground, unit=found.unit.replace(content, area))
    raise InputError(f"{name} in {found.unit} is no content of dry soil", where="per_area")


def per_kilogram(model: "Model", amount: ArrayLike) -> Array:
    """What is put on the ground [g m-2] over the dry soil of the layer [mg kg-1], as `Daily` takes it.

    >>> from shanhai.soil.model import Model
    >>> round(float(per_kilogram(Model(), 12.0)), 6)  # 0.1 m of 1200 kg m-3
    100.0
    """
    return 1e3 * jnp.asarray(amount) / (model.soil.bulk_density * model.layer.thickness)


def observed_at(run: "Run", name: str, when: Array) -> Array:
    """A result at times [d], (time, ...): stocks between days, fluxes as the mean of the day around the time."""
    about, values = results(run)[name], quantity(run, name).values
    if not about.flux:
        return at_days(values, when)
    gathered = jnp.concatenate([jnp.zeros_like(values[:1]), jnp.cumsum(values, axis=0)])
    first = jnp.clip(jnp.asarray(when) - 0.5, 0.0, len(values) - 1.0)
    return at_days(gathered, first + 1.0) - at_days(gathered, first)


def at_days(series: Array, when: Array) -> Array:
    """A series by days, (day + 1, ...), at any times between its first and last [d], (time, ...)."""
    place = jnp.clip(jnp.asarray(when), 0.0, len(series) - 1.0)
    before = jnp.clip(jnp.floor(place).astype(int), 0, len(series) - 2)
    part = (place - before).reshape(-1, *(1,) * (series.ndim - 1))
    return (1.0 - part) * series[before] + part * series[before + 1]


def table(model: "Model", labelled: bool) -> dict[str, About]:
    """Results of a model, name -> what it is.

    Args:
        model: whose.
        labelled: whether a run has labels.
    """
    names = model.names
    rows = [*_organic(names), *_gases(names), *_mineral(names), *_seen(model, names)]
    rows += _labelled(names) if labelled else []
    return dict(rows)


Rows = Iterator[tuple[str, About]]


def _content(run: "Run", amounts: Array, element: str) -> Array:
    """Moles in a volume as a content of dry soil [mg kg-1]."""
    return amounts * (1e3 * ATOMIC_MASS[element] / run.model.soil.bulk_density)


def _held(pools: tuple[str, ...], element: str, scale: float = 1.0) -> "Callable[[Run], Array]":
    species = tuple(f"{pool}_{element.lower()}" for pool in pools)
    return _sum(species, element, scale)


def _sum(species: tuple[str, ...], element: str, scale: float = 1.0) -> "Callable[[Run], Array]":
    def made(run: "Run") -> Array:
        here = run.model.names
        rows = jnp.array([here.index(s) for s in species if s in here])
        return scale * _content(run, jnp.sum(run.x[:, rows], axis=1), element)

    return made


def _organic(names: tuple[str, ...]) -> Rows:
    whole = (*POOLS, *LIVING, *ENZYMES, *FUNGI)
    for element, word in ELEMENTS.items():
        if f"active_{element.lower()}" not in names:
            continue
        yield f"soil_organic_{word}", About(STORE, f"organic {word}", False, _held(whole, element, 1e-3))
        yield (
            f"microbial_biomass_{word}",
            About(CONTENT, f"{word} of active and dormant microbes", False, _held(LIVING, element)),
        )
        for pool, (name, meaning) in POOLS.items():
            if f"{pool}_{element.lower()}" in names:
                yield f"{name}_{word}", About(CONTENT, f"{word} of {meaning}", False, _held((pool,), element))
    for pool in LIVING:
        if f"{pool}_c" in names:
            yield f"{pool}_carbon", About(CONTENT, f"carbon of {pool} microbes", False, _held((pool,), "C"))
    if f"{FUNGI[0]}_c" in names:
        yield "fungal_carbon", About(CONTENT, "carbon of mycorrhizal fungi", False, _held(FUNGI, "C"))
    yield "enzyme_carbon", About(CONTENT, "carbon of enzymes", False, _held(ENZYMES, "C"))


def _gases(names: tuple[str, ...]) -> Rows:
    for name, (account, element, meaning) in GASES.items():
        if account in names:
            yield name, About(FLUX, meaning, True, _flux(account, element))
            gathered = About(CONTENT, f"{meaning}, since the start", False, _gathered(account, element))
            yield f"cumulative_{name}", gathered
    for pool, word in (
        ("dissolved", "what is taken up"),
        ("active", "active microbes"),
        ("dormant", "dormant microbes"),
    ):
        if f"{pool}_c" in names:
            yield f"co2_from_{pool}", About(FLUX, f"CO2 from {word}, carbon", True, _source(f"{pool}_c"))


def _gathered(account: str, element: str) -> "Callable[[Run], Array]":
    def made(run: "Run") -> Array:
        amounts = run.x[:, run.model.names.index(account)]
        return _content(run, amounts - amounts[:1], element)

    return made


def _flux(account: str, element: str) -> "Callable[[Run], Array]":
    def made(run: "Run") -> Array:
        return _content(run, jnp.diff(run.x[:, run.model.names.index(account)], axis=0), element)

    return made


def _source(species: str) -> "Callable[[Run], Array]":
    def made(run: "Run") -> Array:
        return _content(run, run.sources[:, run.model.names.index(species)], "C")

    return made


def _mineral(names: tuple[str, ...]) -> Rows:
    salts = ("ammonium", "nitrate", "nitrite")
    for name in salts:
        yield name, About(CONTENT, f"{name}, nitrogen", False, _sum((name,), "N"))
    yield "mineral_nitrogen", About(CONTENT, "ammonium, nitrate and nitrite, nitrogen", False, _sum(salts, "N"))
    for name in ("exchangeable", "primary", "secondary", "occluded"):
        if f"{name}_p" in names:
            meaning = f"{name} phosphorus"
            yield f"{name}_phosphorus", About(CONTENT, meaning, False, _sum((f"{name}_p",), "P"))
    if "oxygen" in names:
        yield "oxygen", About("mol mol-1", "oxygen of the soil's air, at the end of the day", True, _oxygen)


def _oxygen(run: "Run") -> Array:
    at, row = run.at, run.model.names.index("oxygen")
    return OXYGEN_OF_AIR * run.x[1:, row] / equilibrium(at._replace(oxygen=OXYGEN_OF_AIR))


def _seen(model: "Model", names: tuple[str, ...]) -> Rows:
    """What instruments see."""
    yield "growth", About(FLUX, "gross growth of microbes, carbon, as H2(18)O tells", True, _grown)
    for k, word in enumerate(ELEMENTS.values()):
        if f"active_{'cnp'[k]}" in names:
            yield (
                f"fumigation_flush_{word}",
                About(CONTENT, f"{word} that chloroform makes extractable", False, _flush(k)),
            )
    if "dormant_c" in names:
        yield "rna_to_dna", About("1", "ribosomal RNA over DNA of the microbes", False, _rna)
    if model.layer.phosphorus is not None:
        yield "olsen_phosphorus", About(CONTENT, "phosphorus that bicarbonate extracts", False, _olsen)


def _grown(run: "Run") -> Array:
    return _content(run, run.growth, "C")


def _flush(k: int) -> "Callable[[Run], Array]":
    def made(run: "Run") -> Array:
        amounts = [_held(LIVING, "C")(run)] * 3
        amounts[k] = _held(LIVING, "CNP"[k])(run)
        return fumigation_flush(run.model.instruments.extraction, *amounts)[k]

    return made


def _rna(run: "Run") -> Array:
    active, dormant = (_held((pool,), "C")(run) for pool in LIVING)
    return rna_to_dna(run.model.instruments.ribosomes, active, dormant)


def _olsen(run: "Run") -> Array:
    there = run.x[:, run.model.names.index("exchangeable_p")]
    phosphorus: Any = run.model.layer.phosphorus
    dissolved = phosphorus.isotherm.dissolved(there)
    return _content(run, extractable_phosphorus(run.model.instruments.extraction, there, dissolved), "P")


def _labelled(names: tuple[str, ...]) -> Rows:
    for name, account in (("co2", "co2"), ("leached_doc", "river_DOC")):
        about = About(CONTENT, f"labelled {GASES[name][2]}, since the start", False, _label((account,)))
        yield f"cumulative_{name}_labelled", about
    yield "co2_labelled", About(FLUX, "labelled CO2 to the air, carbon", True, _label_flux(True))
    yield "co2_unlabelled", About(FLUX, "CO2 to the air without label, carbon", True, _label_flux(False))
    for pool, (name, meaning) in (POOLS | {p: (p, f"{p} microbes") for p in LIVING}).items():
        if f"{pool}_c" in names:
            about = About(CONTENT, f"labelled carbon of {meaning}", False, _label((f"{pool}_c",)))
            yield f"{name}_carbon_labelled", about
    living = tuple(f"{pool}_c" for pool in LIVING if f"{pool}_c" in names)
    yield "microbial_biomass_carbon_labelled", About(CONTENT, "labelled carbon of microbes", False, _label(living))


def _label(species: tuple[str, ...]) -> "Callable[[Run], Array]":
    def made(run: "Run") -> Array:
        rows = jnp.array([run.model.names.index(s) for s in species])
        assert run.labelled is not None
        return _content(run, jnp.sum(run.labelled[:, rows], axis=1), "C")

    return made


def _label_flux(labelled: bool) -> "Callable[[Run], Array]":
    def made(run: "Run") -> Array:
        row = run.model.names.index("co2")
        assert run.labelled is not None
        label = jnp.diff(run.labelled[:, row], axis=0)
        return _content(run, label if labelled else jnp.diff(run.x[:, row], axis=0) - label, "C")

    return made
