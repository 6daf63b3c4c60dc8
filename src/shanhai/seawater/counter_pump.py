r"""Calcium carbonate and the carbon pumps: what making shells and soft tissue does to the CO2 of sea water.

Precipitation takes one carbon and two equivalents of alkalinity:

$$\mathrm{Ca^{2+} + 2\,HCO_3^- \rightarrow CaCO_3 + CO_2 + H_2O}: \qquad
  \Delta DIC = -1, \quad \Delta A_T = -2, \quad \Delta Ca = -1$$

The loss of alkalinity raises pCO2 more than that of carbon lowers it, so that the export of calcium carbonate drives
CO2 out of the sea, against the pump of organic matter: the carbonate counter pump. Which of the two wins depends on
the rain ratio, organic carbon to carbonate carbon of what sinks.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.params import par
from shanhai.seawater.co2system import buffers
from shanhai.seawater.co2system.acids import Water
from shanhai.seawater.co2system.given import solve_in
from shanhai.seawater.co2system.system import CarbonateSystem

RKR = "Redfield, Ketchum & Richards (1963), The Sea 2, 26: C:N:P = 106:16:1"


class OrganicMatter(eqx.Module):
    r"""What growth takes from the water with each mole of organic carbon.

    $$\Delta A_T = +\left[r_N\,(2 f - 1) + r_P\right]$$

    per mole of carbon fixed: one equivalent is gained with each nitrate or phosphate, and one lost with each ammonium,
    as a cell takes up or gives off H to stay neutral.

    Source: Wolf-Gladrow et al. (2007), Mar. Chem. 106, 287, the nutrient-H-compensation principle; sulfur, the fixation
    of N2 and the cations of soft tissue are left out.

    Args:
        nitrogen: r_N.
        phosphorus: r_P.
        nitrate_share: f.
    """

    nitrogen: Array = par(16 / 106, "1", source=RKR, bounds=(0.0, 1.0), meaning="nitrogen per organic carbon")
    phosphorus: Array = par(1 / 106, "1", source=RKR, bounds=(0.0, 0.1), meaning="phosphorus per organic carbon")
    nitrate_share: Array = par(
        1.0, "1", source="definition: nitrate alone", bounds=(0.0, 1.0), meaning="nitrate in the nitrogen taken up"
    )

    @property
    def alkalinity(self) -> Array:
        """Alkalinity gained per organic carbon fixed."""
        return self.nitrogen * (2.0 * self.nitrate_share - 1.0) + self.phosphorus


def after_export(
    system: CarbonateSystem,
    calcium_carbonate: ArrayLike = 0.0,
    organic_carbon: ArrayLike = 0.0,
    matter: OrganicMatter | None = None,
) -> CarbonateSystem:
    r"""The same water when it has lost calcium carbonate and organic matter and exchanged nothing with the air.

    $$DIC' = DIC - c - o, \qquad A_T' = A_T - 2c + a\,o, \qquad Ca' = Ca - c$$

    and phosphate and ammonia, where the water has them given, less what the organic matter took; a is
    `OrganicMatter.alkalinity`. Negative amounts are dissolution and respiration. Temperature, salinity and constants
    stay as they are.

    Source: the stoichiometry above; Wolf-Gladrow et al. (2007), Mar. Chem. 106, 287.

    Args:
        system: the water before.
        calcium_carbonate: c precipitated [mol kg-1], broadcastable.
        organic_carbon: o fixed [mol kg-1], broadcastable.
        matter: what goes with the organic carbon; Redfield matter grown on nitrate when absent.

    Returns:
        the solved system after.

    Valid: while no total becomes negative; what would be left negative gives NaN or a meaningless state.

    >>> from shanhai.seawater import Conditions, solve_system
    >>> pair = {"pco2": jnp.array(35.46), "alkalinity": jnp.array(2400e-6)}  # 350 uatm
    >>> water = solve_system(pair, Conditions(jnp.array(25.0), jnp.array(35.0)))
    >>> less = after_export(water, calcium_carbonate=10e-6)
    >>> round(float(less.pco2 - water.pco2), 3)  # Pa
    0.965
    """
    organic = OrganicMatter() if matter is None else matter
    dic, alkalinity, water = _left(system, jnp.asarray(calcium_carbonate), jnp.asarray(organic_carbon), organic)
    return solve_in(water, {"dic": dic, "alkalinity": alkalinity}, system.conditions, system.options)


def released_co2(
    system: CarbonateSystem,
    calcium_carbonate: ArrayLike = 0.0,
    organic_carbon: ArrayLike = 0.0,
    matter: OrganicMatter | None = None,
) -> Array:
    r"""CO2 that the water gives to the air when it keeps its pCO2 through an export; negative when it takes it up.

    $$R = (DIC - c - o) - DIC\left(A_T',\,[CO_2]\right)$$

    Source: balance of carbon of an open system, as in Frankignoulle, Canon & Gattuso (1994), Limnol. Oceanogr. 39, 458.

    Args:
        system: the water before.
        calcium_carbonate: c precipitated [mol kg-1], broadcastable.
        organic_carbon: o fixed [mol kg-1], broadcastable.
        matter: see `after_export`.

    Returns:
        CO2 released [mol kg-1].

    >>> from shanhai.seawater import Conditions, solve_system
    >>> pair = {"pco2": jnp.array(35.46), "alkalinity": jnp.array(2400e-6)}
    >>> water = solve_system(pair, Conditions(jnp.array(25.0), jnp.array(35.0)))
    >>> round(float(released_co2(water, calcium_carbonate=10e-6)) * 1e6, 3)
    5.968
    """
    organic = OrganicMatter() if matter is None else matter
    dic, alkalinity, water = _left(system, jnp.asarray(calcium_carbonate), jnp.asarray(organic_carbon), organic)
    pair = {"alkalinity": alkalinity, "co2": system.co2}
    return dic - solve_in(water, pair, system.conditions, system.options).dic


def _left(
    system: CarbonateSystem, calcium_carbonate: Array, organic_carbon: Array, matter: OrganicMatter
) -> tuple[Array, Array, Water]:
    """DIC, alkalinity and the water without them, after an export."""
    dic = system.dic - calcium_carbonate - organic_carbon
    alkalinity = system.alkalinity - 2.0 * calcium_carbonate + matter.alkalinity * organic_carbon
    water, solutes = system.water, system.water.solutes
    taken = {
        "phosphate": matter.phosphorus * organic_carbon,
        "ammonia": matter.nitrogen * (1.0 - matter.nitrate_share) * organic_carbon,
    }
    given = {name: getattr(solutes, name) for name in taken}
    left = {name: amount - taken[name] for name, amount in given.items() if amount is not None}
    totals = water.totals._replace(calcium=water.totals.calcium - calcium_carbonate)
    return dic, alkalinity, water._replace(totals=totals, solutes=solutes._replace(**left))


def released_ratio(system: CarbonateSystem) -> Array:
    r"""CO2 released to the air per calcium carbonate precipitated, in a water that keeps its pCO2: ψ.

    $$\psi = \frac2Q - 1, \qquad Q = \left.\frac{\partial A_T}{\partial DIC}\right|_{CO_2}$$

    Of the carbon that leaves the dissolved pool for each CaCO3, 2/Q, one goes into the mineral. About 0.6 in warm
    surface water of today, more in cold water and under more CO2, and 1 where bicarbonate alone makes the alkalinity.

    Source: Frankignoulle, Canon & Gattuso (1994), Limnol. Oceanogr. 39, 458; by the isocapnic quotient in Humphreys et
    al. (2018), Mar. Chem. 199, 1.

    Args:
        system: a solved system.

    Returns:
        ψ [1].

    >>> from shanhai.seawater import Conditions, solve_system
    >>> pair = {"pco2": jnp.array(35.46), "alkalinity": jnp.array(2400e-6)}
    >>> water = solve_system(pair, Conditions(jnp.array(25.0), jnp.array(35.0)))
    >>> round(float(released_ratio(water)), 3)
    0.596
    """
    return 2.0 / buffers.isocapnic_quotient(system.response) - 1.0


def pco2_by_carbonate(system: CarbonateSystem) -> Array:
    r"""Change of pCO2 per calcium carbonate precipitated, in a water closed to the air.

    $$\frac{dp}{dc} = -p\left(\frac1{\gamma_{DIC}} + \frac2{\gamma_{Alk}}\right)$$

    Source: γ of Egleston, Sabine & Morel (2010), Glob. Biogeochem. Cycles 24, GB1002.

    Args:
        system: a solved system.

    Returns:
        slope [Pa kg mol-1], positive: dissolution lowers pCO2.

    >>> from shanhai.seawater import Conditions, solve_system
    >>> pair = {"pco2": jnp.array(35.46), "alkalinity": jnp.array(2400e-6)}
    >>> water = solve_system(pair, Conditions(jnp.array(25.0), jnp.array(35.0)))
    >>> round(float(pco2_by_carbonate(water)) * 1e-6, 4)  # Pa per umol kg-1
    0.094
    """
    r = system.response
    return -system.pco2 * (1.0 / buffers.gamma_dic(r) + 2.0 / buffers.gamma_alkalinity(r))


def pco2_by_organic_carbon(system: CarbonateSystem, matter: OrganicMatter | None = None) -> Array:
    r"""Change of pCO2 per organic carbon fixed, in a water closed to the air.

    $$\frac{dp}{do} = p\left(-\frac1{\gamma_{DIC}} + \frac a{\gamma_{Alk}}\right)$$

    and, exactly, the effect of the phosphate and ammonia taken, where the water has them given.

    Args:
        system: a solved system.
        matter: see `after_export`.

    Returns:
        slope [Pa kg mol-1], negative.

    >>> from shanhai.seawater import Conditions, solve_system
    >>> pair = {"pco2": jnp.array(35.46), "alkalinity": jnp.array(2400e-6)}
    >>> water = solve_system(pair, Conditions(jnp.array(25.0), jnp.array(35.0)))
    >>> round(float(pco2_by_organic_carbon(water)) * 1e-6, 4)  # Pa per umol kg-1
    -0.1779
    """
    none = jnp.zeros_like(system.dic)
    _, slope = jax.jvp(lambda o: after_export(system, 0.0, o, matter).pco2, (none,), (jnp.ones_like(none),))
    return slope


def neutral_rain_ratio(system: CarbonateSystem, matter: OrganicMatter | None = None) -> Array:
    r"""Organic to carbonate carbon of an export that leaves pCO2 as it is.

    $$\left(\frac oc\right)_0 = -\frac{dp/dc}{dp/do} = \frac{\psi}{1 + a/Q}$$

    the last without phosphate and ammonia in the water. An export richer in organic carbon lowers pCO2, a poorer one
    raises it. The counter pump undoes the share (o/c)_0/(o/c) of the organic pump: 3 % at the 17 of the whole ocean.

    Source: derived from the definitions; rain of the ocean, CaCO3 : organic C = 0.06, Sarmiento et al. (2002), Glob.
    Biogeochem. Cycles 16, 1107 (unverified).

    Args:
        system: a solved system.
        matter: see `after_export`.

    Returns:
        rain ratio, organic C : carbonate C [1].

    >>> from shanhai.seawater import Conditions, solve_system
    >>> pair = {"pco2": jnp.array(35.46), "alkalinity": jnp.array(2400e-6)}
    >>> water = solve_system(pair, Conditions(jnp.array(25.0), jnp.array(35.0)))
    >>> round(float(neutral_rain_ratio(water)), 3)
    0.529
    """
    return -pco2_by_carbonate(system) / pco2_by_organic_carbon(system, matter)


def co2_uptake(system: CarbonateSystem, rain_ratio: ArrayLike, matter: OrganicMatter | None = None) -> Array:
    r"""CO2 that the sea takes from the air per organic carbon exported, in a water that keeps its pCO2.

    $$u = 1 + \frac aQ - \frac{\psi}{r}$$

    without phosphate and ammonia in the water, whose removal is counted exactly where they are given. The last term is
    the counter pump: it undoes the share (o/c)_0/r of the uptake.

    Source: derived from the definitions; Humphreys et al. (2018), Mar. Chem. 199, 1, for Q.

    Args:
        system: a solved system.
        rain_ratio: r, organic C : carbonate C of the export [1], broadcastable.
        matter: see `after_export`.

    Returns:
        uptake [1]; negative where the export drives CO2 out.

    >>> from shanhai.seawater import Conditions, solve_system
    >>> pair = {"pco2": jnp.array(35.46), "alkalinity": jnp.array(2400e-6)}
    >>> water = solve_system(pair, Conditions(jnp.array(25.0), jnp.array(35.0)))
    >>> [round(float(co2_uptake(water, r)), 3) for r in (0.25, 1.0, 10.0)]
    [-1.257, 0.532, 1.068]
    """
    none = jnp.zeros_like(system.dic)
    _, organic = jax.jvp(lambda o: released_co2(system, 0.0, o, matter), (none,), (jnp.ones_like(none),))
    return -organic - released_ratio(system) / jnp.asarray(rain_ratio)
