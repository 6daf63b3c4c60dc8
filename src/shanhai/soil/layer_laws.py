"""Laws of a layer of soil: what water, warmth and oxygen of the layer make of the rates of its processes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.coefficients import Fixed, evaluated
from shanhai.core.constants import SECONDS_PER_HOUR
from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Coefficient, Law, Reaction
from shanhai.soil.anoxic_fraction import water_filled_pores
from shanhai.soil.dormancy import saturation
from shanhai.soil.layer_competition import NITRIFIERS, crowd, fed
from shanhai.soil.layer_oxygen import equilibrium, places
from shanhai.soil.losses import leaching_rate
from shanhai.soil.protection import diffusion_wetness
from shanhai.soil.temperature import Arrhenius

if TYPE_CHECKING:
    from shanhai.soil.layer import Layer

Amounts = Mapping[str, Array]


class Given(eqx.Module):
    """A coefficient that a function of layer, amounts and conditions gives."""

    layer: "Layer"
    function: Callable[["Layer", Amounts, Any], Array] = eqx.field(static=True)

    def __call__(self, x: Amounts, environment: Any) -> Array:
        """The coefficient at a state."""
        return self.function(self.layer, x, environment)


class Warmed(eqx.Module):
    """A law with the factor of temperature."""

    law: Law
    temperature: Arrhenius

    def __call__(self, x: Amounts, environment: Any) -> Array:
        """Rate at a state."""
        return self.law(x, environment) * self.temperature(environment.temperature)


def warmed(layer: "Layer", reaction: Reaction) -> Reaction:
    """A reaction that goes faster where it is warmer; one of first order stays so."""
    law, temperature = reaction.law, layer.microbes.temperature
    if not isinstance(law, FirstOrder):
        return replace(reaction, law=Warmed(law, temperature))
    rate = law.rate if callable(law.rate) else Fixed(jnp.asarray(law.rate))
    return replace(reaction, law=FirstOrder(law.of, Warmed(rate, temperature)))


class _Found(Mapping[str, Array]):
    """Amounts of which oxygen is that where microbes live."""

    def __init__(self, x: Amounts, oxygen: Array) -> None:
        self.x, self.oxygen = x, oxygen

    def __getitem__(self, name: str) -> Array:
        return self.oxygen if name == "oxygen" else self.x[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.x)

    def __len__(self) -> int:
        return len(self.x)


class AtMicrosite(eqx.Module):
    """Mean of a law that sees the oxygen where microbes live [mol m-3 of water] in place of that of the bulk soil."""

    layer: "Layer"
    law: Law

    def __call__(self, x: Amounts, environment: Any) -> Array:
        """Rate at a state."""
        there = _places(self.layer, x, environment)
        return sum(part * self.law(_Found(x, oxygen), environment) for part, oxygen in there)  # type: ignore[return-value]


class Oxidised(eqx.Module):
    """A law of enzymes that need oxygen."""

    layer: "Layer"
    law: Law

    def __call__(self, x: Amounts, environment: Any) -> Array:
        """Rate at a state."""
        assert self.layer.oxygen is not None
        return _limited(self.layer, x, environment, self.law(x, environment), self.layer.oxygen.oxidation)


class KeptInBurst(eqx.Module):
    """Part of the burst carbon that is not respired; without oxygen none is."""

    layer: "Layer"
    kept: Coefficient

    def __call__(self, x: Amounts, environment: Any) -> Array:
        """Part at a state."""
        return 1.0 - (1.0 - evaluated(self.kept, x, environment)) * aerobic(self.layer, x, environment)


def _places(layer: "Layer", x: Amounts, at: Any) -> list[tuple[ArrayLike, Array]]:
    """Parts of the soil and the oxygen where microbes live there [mol m-3]."""
    assert layer.oxygen is not None
    return places(layer.oxygen, x["oxygen"], _demand(layer, x, at), at)


def _limited(layer: "Layer", x: Amounts, at: Any, rate: ArrayLike, half: Array) -> Array:
    """A rate where oxygen limits it, the mean over the soil."""
    return sum(part * rate * oxygen / (half + oxygen) for part, oxygen in _places(layer, x, at))  # type: ignore[return-value]


def _demand(layer: "Layer", x: Amounts, at: Any) -> Array:
    """Oxygen that microbes would take where it abounds [mol m-3 s-1], and fungi for all that plants give them."""
    eaten = (1.0 - layer.efficiency(at.temperature)) * _eaten(layer, x, at)
    awake = eaten + _maintained_warm(layer, at) * x["active_c"]
    all_ = awake + _dozing_warm(layer, at) * x["dormant_c"] if layer.dormancy else awake
    return all_ + fed(layer, at) if layer.mycorrhiza else all_


def aerobic(layer: "Layer", x: Amounts, at: Any) -> Array:
    """Respiration over that where oxygen abounds [1], also of roots and fungi."""
    if layer.oxygen is None:
        return 1.0 - layer.anoxic_fraction(at)
    return _limited(layer, x, at, 1.0, layer.oxygen.respiration)


def _eaten(layer: "Layer", x: Amounts, at: Any) -> Array:
    """Uptake of carbon where oxygen abounds [mol m-3 s-1]."""
    m = layer.microbes
    speed = m.uptake / SECONDS_PER_HOUR * m.temperature(at.temperature)
    return speed * x["active_c"] * called(layer, x, at)


def called(layer: "Layer", x: Amounts, at: Any) -> Array:
    """Part of the microbes that the food that reaches them keeps busy [1]."""
    reaches = x["dissolved_c"] * water_filled_pores(at.water, at.porosity) ** 3
    return saturation(reaches, layer.microbes.half_saturation)


def taken_up(layer: "Layer", x: Amounts, at: Any) -> Array:
    """Uptake of dissolved carbon by active microbes [mol m-3 s-1]."""
    return aerobic(layer, x, at) * _eaten(layer, x, at)


def reduction(layer: "Layer", x: Amounts, at: Any) -> Array:
    """Fastest step of denitrification, of nitrogen [mol m-3 s-1]; oxygen that is followed hinders each by itself."""
    speed = layer.nitrate_respiration / SECONDS_PER_HOUR * layer.microbes.temperature(at.temperature) * x["active_c"]
    return speed if layer.oxygen else speed * layer.anoxic_fraction(at)


def efficiency(layer: "Layer", x: Amounts, at: Any) -> Array:
    """Growth over uptake where nutrients abound [1]."""
    return layer.efficiency(at.temperature)


def maintained(layer: "Layer", x: Amounts, at: Any) -> Array:
    """Active carbon that is respired for maintenance [s-1]; without oxygen cells hold still."""
    return _maintained_warm(layer, at) * aerobic(layer, x, at) if layer.oxygen else _maintained_warm(layer, at)


def dying(layer: "Layer", x: Amounts, at: Any) -> Array:
    """Active carbon that dies at the reference temperature [s-1], the more of it the more there are."""
    m = layer.microbes
    return m.death / SECONDS_PER_HOUR * (1.0 + x["active_c"] / m.crowding)


def dozing(layer: "Layer", x: Amounts, at: Any) -> Array:
    """Dormant carbon that is respired [s-1], likewise."""
    return layer.microbes.asleep * maintained(layer, x, at)


def _maintained_warm(layer: "Layer", at: Any) -> Array:
    return layer.microbes.maintenance / SECONDS_PER_HOUR * layer.microbes.temperature(at.temperature)


def _dozing_warm(layer: "Layer", at: Any) -> Array:
    return layer.microbes.asleep * _maintained_warm(layer, at)


def nitrified(layer: "Layer", x: Amounts, at: Any) -> Array:
    """Ammonium that is nitrified [s-1]; where plants are followed, nitrifiers compete with them."""
    alone = _nitrified_alone(layer, x, at)
    return alone / crowd(layer, x, at, "N", 0, NITRIFIERS) if layer.plants else alone


def _nitrified_alone(layer: "Layer", x: Amounts, at: Any) -> Array:
    assert layer.nitrification is not None
    warm = layer.microbes.temperature(at.temperature)
    filled = water_filled_pores(at.water, at.porosity)  # thin films slow it down as they do uptake
    if layer.oxygen is None:
        return layer.nitrification.rate_constant(warm, filled, at.ph, layer.anoxic_fraction(at))
    oxic = _limited(layer, x, at, 1.0, layer.nitrification.oxygen)
    return layer.nitrification.rate_constant(warm, filled, at.ph) * oxic


def wetness(layer: "Layer", x: Amounts, at: Any) -> Array:
    """Slowing of what must diffuse in water [1]."""
    return diffusion_wetness(at.water, at.porosity)


def acidity(layer: "Layer", x: Amounts, at: Any) -> Array:
    """pH [1]."""
    return jnp.asarray(at.ph)


def washed(layer: "Layer", x: Amounts, at: Any) -> Array:
    """Rate constant at which solutes leave with the water [s-1]."""
    return leaching_rate(at.drainage, at.water, layer.thickness)


def escaped(layer: "Layer", x: Amounts, at: Any) -> Array:
    """Rate constant of exchange with the air [s-1]."""
    return layer.escape(at)


def aired(layer: "Layer", x: Amounts, at: Any) -> Array:
    """Oxygen in equilibrium with the air [mol m-3]."""
    return equilibrium(at)
