r"""Dormancy: microbes that fall asleep where it is dry or poor, and wake where it is wet and rich.

$$f_{A\to D} = \frac{|\psi|^w}{|\psi|^w + |\psi_A|^w}, \qquad
f_{D\to A} = \frac{|\psi_D|^w}{|\psi|^w + |\psi_D|^w}, \qquad \psi_D = \tau\,\psi_A$$

$$A \to D:\; k\,\bigl[1 - (1 - f_{A\to D})\,\phi\bigr]\,B_A, \qquad D \to A:\; \alpha\,f_{D\to A}\,\phi\,B_D,
\qquad \phi = \frac{S}{K_S + S}$$

Drought puts to sleep and so does hunger; to wake, microbes need water and food. Where τ < 1, microbes that were put to
sleep by drought wait for a wetter soil before they wake. As α grows, nothing is left asleep after a pulse, and the
model is that without dormancy.

Source: the switches of water after Manzoni, Schaeffer, Katul, Porporato & Schimel (2014), Soil Biol. Biochem. 73, 69,
and that of substrate after Wang, Mayes, Gu & Schadt (2014), PLoS ONE 9, e89252, both as in the code of MEND. There they
are multiplied, $k f_{A\to D} (1 - \phi)$, so that hungry microbes of moist soil stay awake and starve; `both` is that.
"""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import SECONDS_PER_HOUR
from shanhai.core.first_order import FirstOrder
from shanhai.core.params import par
from shanhai.core.reactions import Law, Reaction
from shanhai.core.routing import Pool, routed

_MEND = "initial value in the namelist of MEND of May 2019"


class Dormancy(eqx.Module):
    """Numbers of dormancy."""

    potential: Array = par(
        -0.4e6,
        "Pa",
        source=f"-0.4 MPa, {_MEND}",
        bounds=(-1e7, -1e3),
        meaning="matric potential at which half of the microbes that can fall asleep do so",
    )
    wetter: Array = par(
        0.25, "1", source=_MEND, bounds=(0.01, 1.0), meaning="potential of waking over that of falling asleep"
    )
    steepness: Array = par(4.0, "1", source=_MEND, bounds=(1.0, 10.0), meaning="exponent of the switches")
    falling: Array = par(
        0.0025,
        "h-1",
        source=f"maintenance rate, 0.2 of growth with maintenance at a growth rate of 0.01 h-1, {_MEND}",
        bounds=(0.0, 1.0),
        meaning="fastest rate of falling asleep",
    )
    waking: Array = par(
        0.0025,
        "h-1",
        source=f"maintenance rate, as of falling asleep, {_MEND}",
        bounds=(0.0, 1e6),
        meaning="fastest rate of waking",
    )
    half_saturation: Array = par(
        0.26 / 12.011e-3,
        "mol m-3",
        source=f"0.26 mg cm-3 of dissolved carbon, {_MEND}",
        bounds=(1e-6, 1e4),
        meaning="substrate at which half of the microbes are called for",
    )

    def asleep(self, potential: ArrayLike) -> Array:
        r"""Switch of falling asleep, $f_{A\to D}$ [1], at a matric potential [Pa].

        >>> [round(float(Dormancy().asleep(p)), 3) for p in (0.0, -0.4e6, -3e6)]
        [0.0, 0.5, 1.0]
        """
        return 1.0 - _wet(potential, self.potential, self.steepness)

    def awake(self, potential: ArrayLike) -> Array:
        r"""Switch of waking, $f_{D\to A}$ [1], at a matric potential [Pa].

        >>> [round(float(Dormancy().awake(p)), 3) for p in (0.0, -0.1e6, -3e6)]
        [1.0, 0.5, 0.0]
        """
        return _wet(potential, self.wetter * self.potential, self.steepness)


def _wet(potential: ArrayLike, middle: ArrayLike, steepness: ArrayLike) -> Array:
    """Falling switch from one at zero potential over a half at `middle`; of the ratio, so that nothing overflows."""
    ratio = jnp.abs(jnp.asarray(potential) / middle)
    dry = ratio > 0
    return 1.0 / (1.0 + jnp.where(dry, jnp.where(dry, ratio, 1.0) ** steepness, 0.0))


def saturation(substrate: ArrayLike, half_saturation: ArrayLike) -> Array:
    r"""Part of the microbes that substrate calls for, $\phi = S/(K_S + S)$ [1].

    Source: Wang, Mayes, Gu & Schadt (2014), PLoS ONE 9, e89252.

    Args:
        substrate: S [mol m-3], not negative.
        half_saturation: K_S [mol m-3], positive.

    >>> float(saturation(1.0, 3.0))
    0.25
    """
    return jnp.asarray(substrate) / (half_saturation + jnp.asarray(substrate))


class _Switch(eqx.Module):
    """Rate constant of falling asleep or of waking."""

    dormancy: Dormancy
    called: Law
    potential: Law
    wakes: bool = eqx.field(static=True)
    both: bool = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        d, potential, called = self.dormancy, self.potential(x, environment), self.called(x, environment)
        if self.wakes:
            return d.waking / SECONDS_PER_HOUR * d.awake(potential) * called
        asleep = d.asleep(potential)
        sleepy = asleep * (1.0 - called) if self.both else 1.0 - (1.0 - asleep) * called
        return d.falling / SECONDS_PER_HOUR * sleepy


class _Called(eqx.Module):
    """Part of the microbes that a substrate calls for."""

    substrate: str = eqx.field(static=True)
    half_saturation: Array

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        return saturation(x[self.substrate], self.half_saturation)


def _potential(x: Mapping[str, Array], environment: Any) -> Array:
    return jnp.asarray(environment.potential)


def dormancy_reactions(
    dormancy: Dormancy,
    active: Pool,
    dormant: Pool,
    called: str | Law,
    potential: Law = _potential,
    both: bool = False,
) -> tuple[Reaction, Reaction]:
    r"""Falling asleep and waking, with all elements of the microbes.

    Args:
        dormancy: numbers.
        active: species of the active microbes, carbon first.
        dormant: species of the dormant microbes with the same elements.
        called: name of the species S that calls them; or the part φ that is called for, as a function of amounts and
            environment, and then the half-saturation is not used.
        potential: matric potential [Pa] as a function of amounts and environment; `environment.potential` when not
            given.
        both: whether microbes fall asleep only where it is dry and food is short, not where either is so.

    Returns:
        A → D and D → A, both of first order with a rate constant that depends on water and substrate.

    >>> from collections import namedtuple
    >>> from shanhai.core.reactions import Network, Species
    >>> pools = [Species(n, {"C": 1.0}) for n in ("active", "dormant", "food")]
    >>> soil = namedtuple("Soil", "potential")(-1e3)
    >>> network = Network(pools, dormancy_reactions(Dormancy(), pools[:1], pools[1:2], "food"), soil)
    >>> [f"{v:.1e}" for v in network.tendency(jnp.array([0.0, 1.0, 100.0]), soil)]
    ['5.7e-07', '-5.7e-07', '0.0e+00']
    """
    active, dormant = tuple(active), tuple(dormant)
    law = _Called(called, dormancy.half_saturation) if isinstance(called, str) else called
    moves = (("falling asleep", active, dormant, False), ("waking", dormant, active, True))
    first, second = (
        routed(
            f"{name}: {source[0].name}",
            FirstOrder(source[0].name, _Switch(dormancy, law, potential, wakes, both)),
            source,
            {target: 1.0},
            {},
            meaning="switches of water and substrate",
        )
        for name, source, target, wakes in moves
    )
    return first, second
