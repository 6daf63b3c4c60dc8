r"""Competition of roots, fungi, microbes and nitrifiers for what is mineral in a layer of soil, all solved at once.

$$U_{ij} = V_j\,\frac{S_i'/K_{ij}}{C_{ij}}, \qquad
  C_{ij} = 1 + \sum_k \frac{S_k'}{K_{kj}} + \sum_k \frac{E_k}{K_{ik}}, \qquad
  S' = S\,\Bigl(\frac{\theta}{\varepsilon}\Bigr)^3$$

with sites E on roots, hyphae, active microbes and nitrifiers, K infinite for what one does not take. What a layer
without plants takes in proportion to the amount, immobilisation and nitrification, is divided by the same C. Ammonium
and nitrate are one competition, for carriers of nitrogen; the dissolved phosphorus is another.

Source: Tang & Riley (2013), Biogeosciences 10, 8329, as `mycorrhiza.bound_complexes`, here for one pair at a time as a
reaction takes one form by one consumer; the films of water as in the uptake of dissolved matter by microbes.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.errors import InputError
from shanhai.core.reactions import Law
from shanhai.soil.anoxic_fraction import water_filled_pores
from shanhai.soil.layer_conditions import Vegetation

if TYPE_CHECKING:
    from shanhai.soil.layer import Layer

Amounts = Mapping[str, Array]

FORMS = ("ammonium", "nitrate")
FUNGI = ("am", "ecm")
"""Arbuscular and ectomycorrhizal fungi."""

MICROBES = "microbes"
NITRIFIERS = "nitrifiers"
ROOTS = "roots"


def vegetation(at: Any) -> Vegetation:
    """What plants ask and give.

    Raises:
        InputError: for conditions that do not tell.
    """
    there = getattr(at, "vegetation", None)
    if there is None:
        raise InputError(
            "the layer has plants, of which its conditions tell nothing",
            where="layer of soil",
            do="give `rooted(conditions, vegetation)`",
        )
    return there  # type: ignore[no-any-return]


def share_of(name: str, at: Any) -> Array:
    """Part of the plants that is of an association [1]."""
    part = jnp.asarray(vegetation(at).ectomycorrhizal, float)
    return part if name == "ecm" else 1.0 - part


def fed(layer: "Layer", at: Any) -> Array:
    """Carbon that plants give to fungi [mol m-3 s-1]."""
    plants = layer.plants
    assert plants is not None
    parts = [plants.association(name).to_fungi * share_of(name, at) for name in FUNGI]
    return (parts[0] + parts[1]) * vegetation(at).production


def consumers(layer: "Layer", element: str, form: int, first: str) -> tuple[str, ...]:
    """Names of all who bind a form, one of them first."""
    fungi = FUNGI if layer.mycorrhiza else ()
    small = (MICROBES, *((NITRIFIERS,) if layer.nitrification and element == "N" else ())) if form == 0 else ()
    return (first, *(name for name in (ROOTS, *fungi, *small) if name != first))


def reached(layer: "Layer", x: Amounts, at: Any, element: str, form: int) -> Array:
    """Ammonium or nitrate, or dissolved phosphorus, as far as films of water let it reach who takes it [mol m-3]."""
    films = water_filled_pores(at.water, at.porosity) ** 3
    if element == "N":
        return x[FORMS[form]] * films
    assert layer.phosphorus is not None
    return layer.phosphorus.isotherm.dissolved(x["exchangeable_p"]) * films


def half_saturation(layer: "Layer", element: str, consumer: str) -> Array:
    """Half-saturation of a consumer for what it takes of an element, where water fills the pores [mol m-3]."""
    plants, fungi, nitrogen = layer.plants, layer.mycorrhiza, element == "N"
    assert plants is not None
    if consumer == ROOTS:
        return plants.half_saturation if nitrogen else plants.phosphorus_half
    if consumer in FUNGI:
        assert fungi is not None
        return fungi.half_saturation if nitrogen else fungi.phosphorus_half
    if consumer == MICROBES:
        return plants.microbial_half if nitrogen else plants.microbial_phosphorus_half
    assert layer.nitrification is not None
    return layer.nitrification.ammonium


def sites(layer: "Layer", x: Amounts, at: Any, element: str, consumer: str) -> ArrayLike:
    """Sites that bind an element [mol m-3]."""
    plants = layer.plants
    assert plants is not None
    carriers = 1.0 if element == "N" else plants.phosphorus
    if consumer == ROOTS:
        return carriers * plants.sites * vegetation(at).roots
    if consumer in FUNGI:
        return carriers * plants.association(consumer).sites * x[f"{consumer}_c"]
    return carriers * plants.microbial_sites * x["active_c"] if consumer == MICROBES else plants.nitrifiers


def crowd(layer: "Layer", x: Amounts, at: Any, element: str, form: int, consumer: str) -> Array:
    """The divisor C of a consumer for a form [1]."""
    own = half_saturation(layer, element, consumer)
    both = element == "N" and (consumer == ROOTS or consumer in FUNGI)
    forms = (form, 1 - form) if both else (form,)
    divisor = jnp.ones(())
    for k in forms:
        divisor = divisor + reached(layer, x, at, element, k) / own
    for name in consumers(layer, element, form, consumer):
        divisor = divisor + sites(layer, x, at, element, name) / half_saturation(layer, element, name)
    return divisor


def could_take(
    layer: "Layer", x: Amounts, at: Any, element: str, form: int, consumer: str, fastest: ArrayLike
) -> Array:
    """Uptake of a form where only what is there and competition limit [mol m-3 s-1].

    Args:
        layer: processes and numbers.
        x: amounts.
        at: conditions.
        element: "N" or "P".
        form: 0 for ammonium, 1 for nitrate; 0 for phosphorus.
        consumer: roots or a fungus.
        fastest: V, uptake where the form abounds and nobody competes [mol m-3 s-1].
    """
    near = reached(layer, x, at, element, form) / half_saturation(layer, element, consumer)
    return near * fastest / crowd(layer, x, at, element, form, consumer)


class Crowded(eqx.Module):
    """A law of what is taken in proportion to the first form of an element, divided by the C of who takes it."""

    layer: "Layer"
    law: Law
    element: str = eqx.field(static=True)
    consumer: str = eqx.field(static=True)

    def __call__(self, x: Amounts, environment: Any) -> Array:
        """Rate at a state."""
        return self.law(x, environment) / crowd(self.layer, x, environment, self.element, 0, self.consumer)
