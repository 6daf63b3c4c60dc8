r"""The acids of sea water other than carbonic, and what each adds to total alkalinity at a proton concentration.

$$A_T = A_C + [B(OH)_4^-] + [OH^-] + [HPO_4^{2-}] + 2[PO_4^{3-}] - [H_3PO_4] + [SiO(OH)_3^-] + [NH_3] + [HS^-]
  - [HNO_2] + A_{org} - [H^+]_F - [HSO_4^-] - [HF]$$

Source: Dickson (1981), Deep-Sea Res. 28, 609: an acid whose pK (25 degC, no salt) lies below 4.5 counts as a proton
donor when it is protonated, any other as an acceptor when it is not.

Every term comes with its derivative by ln [H]. For an acid of several protons the derivative is minus the variance of
the number of bound protons, written as a sum of positive terms so that nothing cancels.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from shanhai.seawater.constants import Constants, Totals

ZERO_LEVEL = 10.0**-4.5  # mol kg-1


class OrganicAcid(NamedTuple):
    """A monoprotic acid of the user's own.

    Args:
        total: concentration of acid and base [mol kg-1].
        k: dissociation constant, total scale [mol kg-1].
    """

    total: Array
    k: Array


class Solutes(NamedTuple):
    """Total concentrations of acids that salinity does not give [mol kg-1]; what is None takes no part."""

    phosphate: Array | None = None
    silicate: Array | None = None
    ammonia: Array | None = None
    sulfide: Array | None = None
    nitrite: Array | None = None
    organic: tuple[OrganicAcid, ...] = ()


class Water(NamedTuple):
    """Sea water before its carbonate is known: equilibrium constants and the totals of every other acid."""

    constants: Constants
    totals: Totals
    solutes: Solutes = Solutes()

    @property
    def total_to_free(self) -> Array:
        """[H] on the total scale over free [H]: 1 + S_T/K_S."""
        return 1.0 + self.totals.sulfate / self.constants.ks


class Term(NamedTuple):
    """A part of alkalinity and its derivative by ln [H] [mol kg-1]."""

    value: Array
    slope: Array


def base(total: Array, k: Array, h: Array) -> Term:
    """A monoprotic acid that counts when it has lost its proton."""
    share = 1.0 / (k + h)  # one division: these lines are most of the time of a solve
    lost = total * k * share
    return Term(lost, -lost * h * share)


def donor(total: Array, k: Array, h: Array) -> Term:
    """A monoprotic acid that counts, negative, while it holds its proton."""
    share = 1.0 / (k + h)
    held = total * h * share
    return Term(-held, -held * k * share)


def phosphoric(total: Array, constants: Constants, h: Array) -> Term:
    """Phosphoric acid: HPO4 + 2 PO4 - H3PO4."""
    one = constants.kp1
    two = one * constants.kp2
    three = two * constants.kp3
    w3, w2, w1, w0 = h * h * h, one * h * h, two * h, three
    share = 1.0 / (w3 + w2 + w1 + w0)
    near = w3 * w2 + w2 * w1 + w1 * w0
    spread = near + 4.0 * (w3 * w1 + w2 * w0) + 9.0 * w3 * w0
    return Term(total * share * (w1 + 2.0 * w0 - w3), -total * spread * share * share)


def organic(acid: OrganicAcid, h: Array) -> Term:
    """An acid of the user's, on the side of the zero level where its constant puts it."""
    as_base, as_donor = base(acid.total, acid.k, h), donor(acid.total, acid.k, h)
    return Term(jnp.where(acid.k > ZERO_LEVEL, as_donor.value, as_base.value), as_base.slope)


def terms(h: Array, water: Water) -> dict[str, Term]:
    """Every part of total alkalinity except carbonate alkalinity, by name.

    Args:
        h: [H], total scale [mol kg-1].
        water: constants and totals.
    """
    k, total, solutes = water.constants, water.totals, water.solutes
    free = h * (1.0 / water.total_to_free)
    hydroxide = k.kw / h
    found = {
        "hydroxide": Term(hydroxide, -hydroxide),
        "hydrogen": Term(-free, -free),
        "borate": base(total.borate, k.kb, h),
        "bisulfate": donor(total.sulfate, k.ks, free),
        "fluoride": donor(total.fluoride, k.kf, free),
    }
    if solutes.phosphate is not None:
        found["phosphate"] = phosphoric(solutes.phosphate, k, h)
    given = {
        "silicate": (solutes.silicate, k.ksi),
        "ammonia": (solutes.ammonia, k.knh3),
        "sulfide": (solutes.sulfide, k.kh2s),
    }
    found |= {name: base(amount, constant, h) for name, (amount, constant) in given.items() if amount is not None}
    if solutes.nitrite is not None:
        found["nitrite"] = donor(solutes.nitrite, k.kno2, h)
    return found | {f"organic_{i}": organic(acid, h) for i, acid in enumerate(solutes.organic, 1)}


def other_alkalinity(h: Array, water: Water) -> Term:
    """All of total alkalinity but carbonate alkalinity."""
    parts = terms(h, water).values()
    return Term(sum(p.value for p in parts), sum(p.slope for p in parts))  # type: ignore[arg-type]


class Limits(NamedTuple):
    """Bounds of the alkalinity of other acids than water and the free proton [mol kg-1]."""

    low: Array
    high: Array


def limits(water: Water) -> Limits:
    """Alkalinity of every acid fully protonated, and of none: Munhoven (2013), Geosci. Model Dev. 6, 1367, eq. 11.

    The free proton and hydroxide, which have no bound, are left out.
    """
    total, solutes = water.totals, water.solutes
    low, high = -(total.sulfate + total.fluoride), total.borate
    if solutes.phosphate is not None:
        low, high = low - solutes.phosphate, high + 2.0 * solutes.phosphate
    for amount in (solutes.silicate, solutes.ammonia, solutes.sulfide):
        high = high if amount is None else high + amount
    low = low if solutes.nitrite is None else low - solutes.nitrite
    for acid in solutes.organic:
        below = jnp.where(acid.k > ZERO_LEVEL, acid.total, 0.0)
        low, high = low - below, high + acid.total - below
    return Limits(low, high)


def usable(water: Water) -> Array:
    """Every number that alkalinity needs is there and finite."""
    k, total, solutes = water.constants, water.totals, water.solutes
    numbers = [k.k1, k.k2, k.kb, k.kw, k.ks, k.kf, total.borate, total.sulfate, total.fluoride]
    several = {"phosphate": k.kp1 + k.kp2 + k.kp3, "silicate": k.ksi, "ammonia": k.knh3, "sulfide": k.kh2s}
    for name, constant in (several | {"nitrite": k.kno2}).items():
        amount = getattr(solutes, name)
        numbers += [] if amount is None else [amount, constant]
    return jnp.isfinite(sum(numbers + jax.tree.leaves(solutes.organic)))
