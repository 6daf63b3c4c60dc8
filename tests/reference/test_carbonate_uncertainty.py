"""Propagated uncertainties against an independent code with numerical derivatives."""

import numpy as np
import pytest

from shanhai.seawater.co2system.uncertainty import ORR_2018, carbonate_uncertainty
from shanhai.seawater.constants import ConstantOptions

pytestmark = pytest.mark.slow  # compiling takes long

NAMES = {
    "pH": "pH",
    "pCO2": "pCO2",
    "fCO2": "fCO2",
    "carbonate": "carbonate",
    "omega_aragonite": "saturation_aragonite",
    "omega_calcite": "saturation_calcite",
}
PAIRS = {
    "dic_alkalinity": ({"dic": 2100.0, "alkalinity": 2300.0}, (2, 1), {"dic": 2.0, "alkalinity": 2.0}),
    "ph_alkalinity": ({"pH": 8.05, "alkalinity": 2300.0}, (3, 1), {"pH": 0.01, "alkalinity": 2.0}),
    "pco2_dic": ({"pCO2": 420.0, "dic": 2050.0}, (4, 2), {"pCO2": 2.0, "dic": 2.0}),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_uncertainties_equal_those_of_pyco2sys(pair):
    oracle = pytest.importorskip("PyCO2SYS")
    amounts, kinds, u = PAIRS[pair]
    first, second = amounts
    at = {"temperature": 12.0, "salinity": 33.0, "pressure": 1000.0}
    theirs = oracle.sys(
        *amounts.values(),
        *kinds,
        **at,
        total_phosphate=2.0,
        total_silicate=60.0,
        opt_k_fluoride=1,
        uncertainty_from={
            "par1": u[first],
            "par2": u[second],
            "temperature": 0.01,
            "salinity": 0.01,
            "total_phosphate": 0.1,
            "total_silicate": 3.0,
            "total_borate__f": 0.02,
            **oracle.uncertainty.pKs_OEDG18,
        },
        uncertainty_into=list(NAMES.values()),
    )
    ours = carbonate_uncertainty(
        uncertainty={**u, "temperature": 0.01, "salinity": 0.01, "phosphate": 0.1, "silicate": 3.0},
        outputs=tuple(NAMES),
        options=ConstantOptions(fluoride="dickson_riley_1979"),
        **amounts,
        **at,
        phosphate=2.0,
        silicate=60.0,
    )
    for name, their in NAMES.items():
        if name not in amounts:
            np.testing.assert_allclose(ours.uncertainty.values[name], theirs[f"u_{their}"], rtol=3e-3, err_msg=name)


def test_default_uncertainties_of_constants_are_those_of_the_paper():
    oracle = pytest.importorskip("PyCO2SYS").uncertainty.pKs_OEDG18
    same = {"pk0": "CO2", "pk1": "carbonic_1", "pk2": "carbonic_2", "pkb": "borate", "pkw": "water"}
    same |= {"pksp_aragonite": "aragonite", "pksp_calcite": "calcite"}
    assert {k: oracle[f"pk_{v}"] for k, v in same.items()} == {k: ORR_2018[k] for k in same}
