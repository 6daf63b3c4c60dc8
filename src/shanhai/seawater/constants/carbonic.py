"""Every published set of dissociation constants of carbonic acid, by name."""

from shanhai.seawater.constants.carbonic_blend import BLEND
from shanhai.seawater.constants.carbonic_estuarine import ESTUARINE
from shanhai.seawater.constants.carbonic_forms import Carbonic
from shanhai.seawater.constants.carbonic_historic import HISTORIC
from shanhai.seawater.constants.carbonic_ocean import OCEAN

__all__ = ["CARBONIC", "CO2SYS_NUMBERS", "Carbonic"]

CARBONIC: dict[str, Carbonic] = {**OCEAN, **ESTUARINE, **HISTORIC, "blend": BLEND}
"""All sets: author_year, the year being that of the fit; data fitted by others are named first."""

CO2SYS_NUMBERS: dict[int, str] = {
    1: "roy_1993",
    2: "goyet_poisson_1989",
    3: "hansson_dickson_1987",
    4: "mehrbach_dickson_1987",
    5: "hansson_mehrbach_dickson_1987",
    6: "mehrbach_1973",
    7: "mehrbach_1973_peng_1987",
    8: "millero_1979",
    9: "cai_wang_1998",
    10: "lueker_2000",
    11: "mojica_millero_2002",
    12: "millero_2002",
    13: "millero_2006",
    14: "millero_2010",
    15: "waters_2014",
    16: "sulpis_2020",
    17: "schockman_byrne_2021",
    18: "papadimitriou_2018",
    19: "martin_mayor_2025",
}
"""Number of the set in programs of the CO2SYS family; 6, 7 and 8 there also change other constants."""
