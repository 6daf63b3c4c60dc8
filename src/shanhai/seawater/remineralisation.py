r"""What respiration and dissolution have added to a water since it left the surface, and what it set out with.

A parcel of the interior is taken apart as

$$DIC = DIC^0 + r_{C:O}\,\mathrm{AOU} + \tfrac12\left(A_T - A_T^0 + r_{A:O}\,\mathrm{AOU}\right)$$

preformed, remineralised from organic matter, dissolved from calcium carbonate. The oxygen is that of
`oxygen.apparent_oxygen_utilisation`, which takes the water as saturated when it sank; high-latitude waters sink a few
per cent undersaturated, so that AOU is too large there by as much.
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.errors import InputError, nearest
from shanhai.core.params import par

RKR = "Redfield, Ketchum & Richards (1963), The Sea 2, 26: C:N:P:O2 = 106:16:1:-138"
_PROTONS = "nutrient-H-compensation: one equivalent per nitrate and per phosphate, Wolf-Gladrow et al. (2007)"


class Stoichiometry(eqx.Module):
    """What comes with each mole of phosphate when organic matter is respired to nitrate.

    `source` is the publication of the numbers; `stoichiometry` gives the named sets.

    >>> s = stoichiometry("anderson_sarmiento_1994")
    >>> round(float(s.carbon_per_oxygen), 4)
    0.6882
    """

    carbon: Array = par(106.0, "1", source=RKR, bounds=(50.0, 250.0), meaning="carbon respired per phosphorus")
    nitrogen: Array = par(16.0, "1", source=RKR, bounds=(5.0, 40.0), meaning="nitrate released per phosphorus")
    oxygen: Array = par(138.0, "1", source=RKR, bounds=(80.0, 300.0), meaning="oxygen consumed per phosphorus")
    alkalinity: Array = par(
        17.0, "1", source=_PROTONS, bounds=(0.0, 41.0), meaning="alkalinity lost per phosphorus, nitrogen + phosphorus"
    )
    source: str = eqx.field(static=True, default=RKR)

    @property
    def carbon_per_oxygen(self) -> Array:
        """DIC released per oxygen consumed."""
        return self.carbon / self.oxygen

    @property
    def nitrogen_per_oxygen(self) -> Array:
        """Nitrate released per oxygen consumed."""
        return self.nitrogen / self.oxygen

    @property
    def phosphorus_per_oxygen(self) -> Array:
        """Phosphate released per oxygen consumed."""
        return 1.0 / self.oxygen

    @property
    def alkalinity_per_oxygen(self) -> Array:
        """Alkalinity lost per oxygen consumed."""
        return self.alkalinity / self.oxygen


SETS: dict[str, tuple[tuple[float, float, float, float], str]] = {
    "redfield_1963": ((106.0, 16.0, 138.0, 17.0), RKR),
    "takahashi_1985": (
        (103.0, 16.0, 172.0, 17.0),
        "Takahashi, Broecker & Langer (1985), J. Geophys. Res. 90, 6907: 103:16:1:-172 on isopycnals, not corrected"
        " for anthropogenic carbon (unverified in print)",
    ),
    "anderson_sarmiento_1994": (
        (117.0, 16.0, 170.0, 17.0),
        "Anderson & Sarmiento (1994), Glob. Biogeochem. Cycles 8, 65: 117±14:16±1:1:-170±10, below 400 m; the values"
        " from later uses, the uncertainties unverified in print",
    ),
    "anderson_1995": (
        (106.0, 16.0, 150.0, 17.0),
        "Anderson (1995), Deep-Sea Res. I 42, 1675: C106H175O42N16P, so that O2 = 150",
    ),
    "gruber_1996": (
        (117.0, 16.0, 170.0, 16.0),
        "Gruber, Sarmiento & Stocker (1996), Glob. Biogeochem. Cycles 10, 809: Anderson & Sarmiento, alkalinity lost"
        " with nitrate only (as C* in open code of eMLR(C*); unverified in print)",
    ),
    "kortzinger_2001": (
        (123.0, 17.5, 165.0, 18.5),
        "Kortzinger, Hedges & Quay (2001), Limnol. Oceanogr. 46, 964: 123±10:17.5±2.0:1:-165±15, North Atlantic,"
        " corrected for anthropogenic carbon (unverified in print)",
    ),
}
"""Name -> carbon, nitrogen, oxygen, alkalinity per phosphorus, and their source."""


def stoichiometry(name: str) -> Stoichiometry:
    """A published set of ratios.

    Args:
        name: key of `SETS`.

    Raises:
        InputError: for a name that is not there.

    >>> float(stoichiometry("redfield_1963").oxygen)
    138.0
    """
    if name not in SETS:
        raise InputError(f"there is no stoichiometry {name!r}", where="stoichiometry", do=nearest(name, SETS))
    carbon, nitrogen, oxygen, alkalinity = (jnp.asarray(x) for x in SETS[name][0])
    return Stoichiometry(carbon, nitrogen, oxygen, alkalinity, SETS[name][1])


class Remineralised(NamedTuple):
    """Amounts that respiration has added [mol kg-1]; alkalinity is negative where oxygen was consumed.

    Args:
        dic: from organic matter.
        nitrate: with it.
        phosphate: with it.
        alkalinity: change by the acids of nitrogen and phosphorus.
    """

    dic: Array
    nitrate: Array
    phosphate: Array
    alkalinity: Array


def remineralised(aou: ArrayLike, ratios: Stoichiometry | None = None) -> Remineralised:
    r"""Carbon, nutrients and alkalinity that go with an oxygen consumption.

    $$\Delta DIC = r_{C:O}\,\mathrm{AOU}, \quad \Delta NO_3 = r_{N:O}\,\mathrm{AOU}, \quad
      \Delta PO_4 = r_{P:O}\,\mathrm{AOU}, \quad \Delta A_T = -r_{A:O}\,\mathrm{AOU}$$

    Source: Redfield, Ketchum & Richards (1963), The Sea 2, 26; alkalinity by Wolf-Gladrow et al. (2007), Mar. Chem.
    106, 287.

    Args:
        aou: apparent oxygen utilisation [mol kg-1], any shape.
        ratios: stoichiometry; Redfield, Ketchum & Richards when absent.

    Returns:
        `Remineralised`, shape of `aou`.

    Valid: in oxic water; where oxygen is gone, denitrification goes on and is not counted.

    >>> added = remineralised(138e-6)
    >>> [round(float(x) * 1e6, 6) for x in added]
    [106.0, 16.0, 1.0, -17.0]
    """
    s, oxygen = Stoichiometry() if ratios is None else ratios, jnp.asarray(aou)
    return Remineralised(
        s.carbon_per_oxygen * oxygen,
        s.nitrogen_per_oxygen * oxygen,
        s.phosphorus_per_oxygen * oxygen,
        -s.alkalinity_per_oxygen * oxygen,
    )


def calcium_carbonate_dissolved(
    alkalinity: ArrayLike, preformed_alkalinity: ArrayLike, aou: ArrayLike, ratios: Stoichiometry | None = None
) -> Array:
    r"""Calcium carbonate dissolved since a water left the surface, from what its alkalinity has gained.

    $$\Delta CaCO_3 = \tfrac12\left(A_T - A_T^0 + r_{A:O}\,\mathrm{AOU}\right)$$

    Source: Brewer (1978), Geophys. Res. Lett. 5, 997; Chen & Millero (1979), Nature 277, 205.

    Args:
        alkalinity: A_T [mol kg-1], any shape.
        preformed_alkalinity: A_T at the surface [mol kg-1], broadcastable.
        aou: apparent oxygen utilisation [mol kg-1], broadcastable.
        ratios: stoichiometry; Redfield, Ketchum & Richards when absent.

    Returns:
        DIC from calcium carbonate [mol kg-1]; negative where more precipitated than dissolved.

    >>> round(float(calcium_carbonate_dissolved(2343e-6, 2300e-6, 138e-6)) * 1e6, 6)
    30.0
    """
    lost = remineralised(aou, ratios).alkalinity
    return 0.5 * (jnp.asarray(alkalinity) - preformed_alkalinity - lost)


class Preformed(NamedTuple):
    """What a water had when it sank [mol kg-1].

    Args:
        dic: preformed DIC, anthropogenic carbon included.
        alkalinity: preformed alkalinity.
        nitrate: preformed nitrate; negative where denitrification or a wrong ratio shows.
        phosphate: preformed phosphate.
    """

    dic: Array
    alkalinity: Array
    nitrate: Array
    phosphate: Array


def preformed(
    dic: ArrayLike,
    nitrate: ArrayLike,
    phosphate: ArrayLike,
    aou: ArrayLike,
    calcium_carbonate: ArrayLike,
    alkalinity: ArrayLike,
    ratios: Stoichiometry | None = None,
) -> Preformed:
    r"""Preformed quantities: what is measured less what respiration and dissolution added.

    $$X^0 = X - \Delta X(\mathrm{AOU}) - n_X\,\Delta CaCO_3, \qquad n_{DIC} = 1,\ n_{A_T} = 2$$

    Source: Redfield (1942), Pap. Phys. Oceanogr. Meteorol. 9, 2, for phosphate; Brewer (1978), Geophys. Res. Lett. 5,
    997, for DIC.

    Args:
        dic: measured [mol kg-1], any shape.
        nitrate: measured [mol kg-1], broadcastable.
        phosphate: measured [mol kg-1], broadcastable.
        aou: apparent oxygen utilisation [mol kg-1], broadcastable.
        calcium_carbonate: dissolved, see `calcium_carbonate_dissolved` [mol kg-1], broadcastable.
        alkalinity: measured [mol kg-1], broadcastable.
        ratios: stoichiometry; Redfield, Ketchum & Richards when absent.

    Returns:
        `Preformed`.

    >>> start = preformed(2200e-6, 20e-6, 1.5e-6, 138e-6, 30e-6, 2343e-6)
    >>> [round(float(x) * 1e6, 6) for x in start]
    [2064.0, 2300.0, 4.0, 0.5]
    """
    added, shells = remineralised(aou, ratios), jnp.asarray(calcium_carbonate)
    return Preformed(
        jnp.asarray(dic) - added.dic - shells,
        jnp.asarray(alkalinity) - added.alkalinity - 2.0 * shells,
        jnp.asarray(nitrate) - added.nitrate,
        jnp.asarray(phosphate) - added.phosphate,
    )


def tracer_no(oxygen: ArrayLike, nitrate: ArrayLike, ratios: Stoichiometry | None = None) -> Array:
    r"""NO, which respiration does not change.

    $$NO = [O_2] + \frac{r_O}{r_N}[NO_3]$$

    Source: Broecker (1974), Earth Planet. Sci. Lett. 23, 100, with 9 for the ratio, near the 138/16 of Redfield.

    Args:
        oxygen: [mol kg-1], any shape.
        nitrate: [mol kg-1], broadcastable.
        ratios: stoichiometry; Redfield, Ketchum & Richards when absent.

    Returns:
        NO [mol kg-1].

    >>> round(float(tracer_no(200e-6, 16e-6)) * 1e6, 6)
    338.0
    """
    s = Stoichiometry() if ratios is None else ratios
    return jnp.asarray(oxygen) + s.oxygen / s.nitrogen * jnp.asarray(nitrate)


def tracer_po(oxygen: ArrayLike, phosphate: ArrayLike, ratios: Stoichiometry | None = None) -> Array:
    r"""PO, which respiration does not change.

    $$PO = [O_2] + r_O\,[PO_4]$$

    Source: Broecker (1974), Earth Planet. Sci. Lett. 23, 100.

    Args:
        oxygen: [mol kg-1], any shape.
        phosphate: [mol kg-1], broadcastable.
        ratios: stoichiometry; Redfield, Ketchum & Richards when absent.

    Returns:
        PO [mol kg-1].

    >>> round(float(tracer_po(200e-6, 1e-6)) * 1e6, 6)
    338.0
    """
    s = Stoichiometry() if ratios is None else ratios
    return jnp.asarray(oxygen) + s.oxygen * jnp.asarray(phosphate)


def c_star(dic: ArrayLike, alkalinity: ArrayLike, phosphate: ArrayLike, ratios: Stoichiometry | None = None) -> Array:
    r"""C*, DIC without what organic matter and calcium carbonate put into it.

    $$C^* = DIC - r_C\,PO_4 - \tfrac12\left(A_T + r_A\,PO_4\right)$$

    Respiration and dissolution do not change it; mixing does not either; uptake of CO2 from the air does.

    Source: Gruber, Sarmiento & Stocker (1996), Glob. Biogeochem. Cycles 10, 809; by phosphate in Clement & Gruber
    (2018), Glob. Biogeochem. Cycles 32, 654.

    Args:
        dic: [mol kg-1], any shape.
        alkalinity: [mol kg-1], broadcastable.
        phosphate: [mol kg-1], broadcastable.
        ratios: stoichiometry; Redfield, Ketchum & Richards when absent, "gruber_1996" for the published C*.

    Returns:
        C* [mol kg-1].

    >>> s = stoichiometry("gruber_1996")
    >>> round(float(c_star(2200e-6, 2300e-6, 2e-6, s)) * 1e6, 6)
    800.0
    """
    s, nutrient = Stoichiometry() if ratios is None else ratios, jnp.asarray(phosphate)
    return jnp.asarray(dic) - s.carbon * nutrient - 0.5 * (jnp.asarray(alkalinity) + s.alkalinity * nutrient)


def anthropogenic_excess(
    dic: ArrayLike,
    aou: ArrayLike,
    calcium_carbonate: ArrayLike,
    preindustrial_equilibrium: ArrayLike,
    ratios: Stoichiometry | None = None,
) -> Array:
    r"""ΔC*, preformed DIC above equilibrium with the air before industry: anthropogenic carbon and disequilibrium.

    $$\Delta C^* = DIC - r_{C:O}\,\mathrm{AOU} - \Delta CaCO_3 - C_{eq}(\theta, S, A_T^0, x_{pre})$$

    Source: Gruber, Sarmiento & Stocker (1996), Glob. Biogeochem. Cycles 10, 809.

    Args:
        dic: [mol kg-1], any shape.
        aou: apparent oxygen utilisation [mol kg-1], broadcastable.
        calcium_carbonate: dissolved [mol kg-1], broadcastable.
        preindustrial_equilibrium: DIC of the same water in equilibrium with the air before industry [mol kg-1].
        ratios: stoichiometry; Redfield, Ketchum & Richards when absent.

    Returns:
        ΔC* [mol kg-1].

    >>> round(float(anthropogenic_excess(2200e-6, 138e-6, 30e-6, 2040e-6)) * 1e6, 6)
    24.0
    """
    organic = remineralised(aou, ratios).dic
    return jnp.asarray(dic) - organic - jnp.asarray(calcium_carbonate) - preindustrial_equilibrium
