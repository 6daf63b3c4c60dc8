r"""Protection of organic matter: on mineral surfaces, in aggregates, and down the profile.

Sorption to minerals fills a capacity that silt and clay set; aggregates enclose particulate and mineral matter until
they break; soil animals and frost mix what stands in the profile. Matter sorbs and breaks free with its own C:N:P.
"""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.coefficients import Fixed, evaluated
from shanhai.core.constants import ATOMIC_MASS, SECONDS_PER_DAY
from shanhai.core.errors import InputError
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.params import par
from shanhai.core.reactions import Law, Reaction
from shanhai.core.routing import Pool, routed
from shanhai.numerics.column import column_step
from shanhai.numerics.column_balance import ColumnStep
from shanhai.numerics.column_laws import AdvectionConduction, Line, LinearStore
from shanhai.numerics.safe import square_root

_MILLENNIAL = "Abramoff et al. (2022), Soil Biol. Biochem. 164, 108466"

Given = Law | ArrayLike
"""A number, or a function of amounts and environment."""


class Sorption(eqx.Module):
    """Exchange of dissolved organic matter with minerals."""

    sorption: Array = par(1.0, "d-1", source=_MILLENNIAL, bounds=(0.0, 1e3), meaning="at pH 0, before the offset")
    acidity: Array = par(0.12, "1", source=_MILLENNIAL, bounds=(0.0, 2.0), meaning="decline of sorption with pH")
    offset: Array = par(0.216, "1", source=_MILLENNIAL, bounds=(-5.0, 5.0), meaning="decline of sorption at pH 0")
    desorption: Array = par(
        1.0 / ATOMIC_MASS["C"],
        "mol m-3 d-1",
        source=f"{_MILLENNIAL}: 1 g m-2 d-1 in a metre",
        bounds=(0.0, 1e3),
        meaning="desorption of a full surface",
    )
    capacity: Array = par(
        86.0,
        "g kg-1",
        source=f"{_MILLENNIAL}: 0.86 per cent of clay and silt in per cent, minerals of high activity",
        bounds=(1.0, 300.0),
        meaning="carbon on clay and silt at most",
    )


def mineral_capacity(s: Sorption, bulk_density: ArrayLike, clay_silt: ArrayLike) -> Array:
    r"""Carbon that minerals hold at most.

    $$Q = \rho_b\,f_{clay+silt}\,c/M_C$$

    Source: Georgiou et al. (2022), Nat. Commun. 13, 3797, in the form of Abramoff et al. (2022).

    Args:
        s: numbers.
        bulk_density: ρ_b [kg m-3], any shape.
        clay_silt: mass of clay and silt over that of soil [1], broadcastable.

    Returns:
        Q [mol m-3].

    >>> round(float(mineral_capacity(Sorption(), 1000.0, 0.8) * 12.011))
    68800
    """
    return jnp.asarray(bulk_density) * clay_silt * s.capacity / ATOMIC_MASS["C"]


def diffusion_wetness(water: ArrayLike, porosity: ArrayLike) -> Array:
    r"""Slowing of what must diffuse in water, $\sqrt{\theta/\phi}$, zero when dry.

    Source: Abramoff et al. (2022), Soil Biol. Biochem. 164, 108466.

    Args:
        water: θ [m3 m-3], any shape.
        porosity: φ [m3 m-3], positive.

    >>> float(diffusion_wetness(0.15, 0.6))
    0.5
    """
    return square_root(jnp.asarray(water) / porosity)


class Sorbing(eqx.Module):
    r"""Sorption of dissolved carbon toward a capacity, $r = w\,k_s\,L\,(1 - O/Q)$, $k_s = k\,e^{-p_1 pH - p_2}$.

    Args:
        numbers: see `Sorption`.
        dissolved: name of the dissolved carbon L.
        mineral: name of the mineral carbon O.
        capacity: Q [mol m-3], see `mineral_capacity`.
        acidity: pH.
        wetness: w [1], see `diffusion_wetness`.
    """

    numbers: Sorption
    dissolved: str = eqx.field(static=True)
    mineral: str = eqx.field(static=True)
    capacity: Given
    acidity: Given
    wetness: Given

    def __call__(self, x: Any, environment: Any) -> Array:
        """Rate [mol m-3 s-1]; above the capacity, where matter of aggregates may bring it, it runs backwards."""
        n = self.numbers
        rate = n.sorption * jnp.exp(-n.acidity * evaluated(self.acidity, x, environment) - n.offset)
        free = 1.0 - x[self.mineral] / evaluated(self.capacity, x, environment)
        return evaluated(self.wetness, x, environment) * rate / SECONDS_PER_DAY * x[self.dissolved] * free


class Desorbing(eqx.Module):
    r"""Desorption of mineral carbon, $r = k_d\,O/Q$.

    Args:
        numbers: see `Sorption`.
        mineral: name of the mineral carbon O.
        capacity: Q [mol m-3].
    """

    numbers: Sorption
    mineral: str = eqx.field(static=True)
    capacity: Given

    def __call__(self, x: Any, environment: Any) -> Array:
        """Rate [mol m-3 s-1]."""
        full = x[self.mineral] / evaluated(self.capacity, x, environment)
        return self.numbers.desorption / SECONDS_PER_DAY * full


def sorption_reactions(
    numbers: Sorption, dissolved: Pool, mineral: Pool, *, capacity: Given, acidity: Given = 7.0, wetness: Given = 1.0
) -> tuple[Reaction, ...]:
    """Sorption and desorption between two pools of C, or of C, N and P.

    At rest they make Langmuir's isotherm, $O/Q = w k_s L/(w k_s L + k_d)$ where O is below Q.

    Args:
        numbers: see `Sorption`.
        dissolved: its species, carbon first.
        mineral: its species, carbon first.
        capacity: of carbon [mol m-3], or a function of amounts and environment.
        acidity: pH, likewise.
        wetness: see `diffusion_wetness`, likewise.
    """
    sorbing = Sorbing(numbers, dissolved[0].name, mineral[0].name, capacity, acidity, wetness)
    desorbing = Desorbing(numbers, mineral[0].name, capacity)
    return (
        routed("sorption", sorbing, dissolved, {mineral: 1.0}, {}, meaning="toward the capacity of minerals"),
        routed("desorption", desorbing, mineral, {dissolved: 1.0}, {}, meaning="from minerals"),
    )


class Aggregation(eqx.Module):
    """Formation and breakdown of aggregates."""

    particulate: Array = par(0.018, "d-1", source=_MILLENNIAL, bounds=(0.0, 1.0), meaning="enclosure of particulate")
    mineral: Array = par(0.0048, "d-1", source=_MILLENNIAL, bounds=(0.0, 1.0), meaning="enclosure of mineral matter")
    breakdown: Array = par(0.02, "d-1", source=_MILLENNIAL, bounds=(0.0, 1.0), meaning="breakdown of aggregates")
    share: Array = par(0.33, "1", source=_MILLENNIAL, bounds=(0.0, 1.0), meaning="of what breaks free, particulate")


class _Wet(eqx.Module):
    """First order, as fast as the soil is wet."""

    rate: Array
    of: str = eqx.field(static=True)
    wetness: Given

    def __call__(self, x: Any, environment: Any) -> Array:
        return self.rate / SECONDS_PER_DAY * evaluated(self.wetness, x, environment) * x[self.of]


def aggregate_reactions(
    numbers: Aggregation, particulate: Pool, mineral: Pool, aggregate: Pool, *, wetness: Given = 1.0
) -> tuple[Reaction, ...]:
    """Enclosure of particulate and of mineral matter, and breakdown to both.

    Source: Abramoff et al. (2022), Soil Biol. Biochem. 164, 108466.

    Args:
        numbers: see `Aggregation`.
        particulate: its species, carbon first.
        mineral: its species, carbon first.
        aggregate: its species, carbon first.
        wetness: see `diffusion_wetness`, a number or a function of amounts and environment.
    """
    laws = [
        _Wet(rate, pool[0].name, wetness)
        for rate, pool in (
            (numbers.particulate, particulate),
            (numbers.mineral, mineral),
            (numbers.breakdown, aggregate),
        )
    ]
    freed = {particulate: Fixed(numbers.share), mineral: Fixed(1.0 - numbers.share)}
    return (
        routed("enclosure of particulate", laws[0], particulate, {aggregate: 1.0}, {}, meaning="aggregates form"),
        routed("enclosure of mineral", laws[1], mineral, {aggregate: 1.0}, {}, meaning="aggregates form"),
        routed("breakdown", laws[2], aggregate, freed, {}, meaning="aggregates break"),
    )


class Mixing(eqx.Module):
    """Mixing of the profile by animals and by frost."""

    bioturbation: Array = par(
        1e-4, "m2 yr-1", source="Koven et al. (2013), Biogeosciences 10, 7109", bounds=(0.0, 1e-2), meaning="by animals"
    )
    cryoturbation: Array = par(
        5e-4, "m2 yr-1", source="Koven et al. (2013), Biogeosciences 10, 7109", bounds=(0.0, 1e-2), meaning="by frost"
    )
    deepest: Array = par(
        3.0,
        "m",
        source="Koven et al. (2013), as in CLM4.5",
        bounds=(2.1, 10.0),
        meaning="depth where cryoturbation ends",
    )
    thickest: Array = par(
        2.0, "m", source="CLM4.5", bounds=(0.1, 2.9), meaning="active layer beyond which frost mixes no more"
    )
    transition: Array = par(
        0.02, "m", source="choice; 0 is the published switch", bounds=(0.0, 0.5), meaning="rounding of the switches"
    )


def mixing_diffusivity(m: Mixing, depth: ArrayLike, active_layer: ArrayLike) -> Array:
    r"""Diffusivity of what stands in the profile.

    By animals everywhere where the thaw reaches deeper than `thickest`; by frost elsewhere, constant through the active
    layer and falling to zero at `deepest`,

    $$D = D_c\,\min\!\left(1, \frac{z_{max} - z}{z_{max} - z_{al}}\right)_+$$

    and not at all in soil that never thaws.

    Source: Koven et al. (2009), Geophys. Res. Lett. 36, L21501, as changed in Koven et al. (2013), Biogeosciences 10,
    7109; the switches are rounded here.

    Args:
        m: numbers.
        depth: z below the surface [m], (face, ...).
        active_layer: thickness of what thaws z_al [m], (...), infinite without permafrost.

    Returns:
        D [m2 s-1].

    >>> year = 365.25 * 86400.0
    >>> [round(float(mixing_diffusivity(Mixing(), z, 1.0)) * year, 6) for z in (0.5, 2.0, 3.5)]
    [0.0005, 0.00025, 0.0]
    >>> round(float(mixing_diffusivity(Mixing(), 0.5, jnp.inf)) * year, 6)
    0.0001
    """
    z, layer = jnp.asarray(depth), jnp.asarray(active_layer)
    thaw = jnp.minimum(layer, m.thickest)
    falling = jnp.clip((m.deepest - z) / (m.deepest - thaw), 0.0, 1.0)
    warm = _switch(layer - m.thickest, m.transition)
    thaws = 2.0 * _switch(layer, m.transition) - 1.0
    return (warm * m.bioturbation + (1.0 - warm) * thaws * m.cryoturbation * falling) / JULIAN_YEAR


def _switch(x: Array, width: Array) -> Array:
    """From 0 through 1/2 to 1 over a width; a step, 1/2 at 0, where it is zero."""
    rounded = width > 0
    near = jnp.clip(x, -1e3, 1e3) / jnp.where(rounded, width, 1.0)
    return jnp.where(rounded, 0.5 * (1.0 + jnp.tanh(near)), 0.5 * (1.0 + jnp.sign(x)))


def face_conductances(diffusivity: ArrayLike, thickness: ArrayLike) -> Array:
    """Conductances of the inner faces for the column solver [m s-1], diffusivity over the distance of the centres.

    Args:
        diffusivity: at the inner faces [m2 s-1], (level - 1, ...).
        thickness: of the levels [m], (level, ...).

    Raises:
        InputError: if the faces are not one fewer than the levels.

    >>> face_conductances(jnp.array([1e-9]), jnp.array([0.1, 0.3])).tolist()
    [5e-09]
    """
    d, h = jnp.asarray(diffusivity), jnp.asarray(thickness)
    if d.shape[0] != h.shape[0] - 1:
        raise InputError(
            f"{d.shape[0]} diffusivities do not fit {h.shape[0]} levels",
            where="mixing of the profile",
            do="give them at the inner faces, one fewer than levels",
        )
    return d / (0.5 * (h[:-1] + h[1:]))


def mixed(
    content: Array, thickness: ArrayLike, conductance: ArrayLike, dt: ArrayLike, velocity: ArrayLike = 0.0
) -> ColumnStep:
    """Amounts of a profile after a time of mixing, and of the drift of solutes.

    Nothing passes the surface; with a drift downward, what reaches the bottom leaves by it, see the last face flux.

    Args:
        content: per area [mol m-2], (level, ...); the same step serves isotopes.
        thickness: of the levels [m], broadcastable.
        conductance: see `face_conductances` [m s-1], broadcastable.
        dt: time [s].
        velocity: drift through the inner faces and the bottom [m s-1], positive downward, (level, ...), or a number.
            For solutes, the flux of water times the dissolved share over the water content.

    Returns:
        the step, whose amounts close with its face fluxes.

    >>> step = mixed(jnp.array([3.0, 0.0]), jnp.array([0.1, 0.1]), jnp.array([1e-9]), 1e12)
    >>> [round(float(a), 3) for a in step.amount]
    [1.5, 1.5]
    """
    amount = jnp.asarray(content)
    shape = amount.shape
    capacity = jnp.broadcast_to(jnp.asarray(thickness, amount.dtype), shape)
    faces = (shape[0] - 1, *shape[1:])
    speed = jnp.broadcast_to(jnp.asarray(velocity, amount.dtype), shape)
    flux = AdvectionConduction(jnp.broadcast_to(jnp.asarray(conductance, amount.dtype), faces), speed[:-1])
    out = jnp.maximum(speed[-1], 0.0)
    return column_step(amount, LinearStore(capacity), flux, dt, bottom=Line(jnp.zeros_like(out), out), iterations=1)
