"""Laws of what instruments see: sources add up, proxies have their limits, labels are found again."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.core.routing import routed
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.tracers import carry
from shanhai.soil.observations import (
    OXYGEN_IN_DNA,
    Extraction,
    Ribosomes,
    extractable_nitrogen,
    extractable_phosphorus,
    fumigation_flush,
    growth_of_oxygen18,
    label_recovery,
    oxygen18_in_dna,
    respiration_by_source,
    rna_to_dna,
)

CARBON = {"C": 1.0}
POOLS = tuple(Species(name, CARBON) for name in ("sugar", "humus", "microbes"))
CO2 = Species("co2", CARBON, external=True)
NETWORK = Network(
    (*POOLS, CO2),
    (
        routed("eat", FirstOrder("sugar", 0.3), POOLS[:1], {POOLS[2:]: 0.4}, {"C": CO2}),
        routed("rot", FirstOrder("humus", 0.01), POOLS[1:2], {POOLS[2:]: 0.3}, {"C": CO2}),
        Reaction("maintenance", FirstOrder("microbes", 0.05), {"microbes": -1.0, "co2": 1.0}),
        Reaction("burn together", FirstOrder("sugar", 0.1), {"sugar": -1.0, "humus": -0.5, "co2": 1.5}),
    ),
)
X = jnp.array([10.0, 100.0, 5.0, 0.0])
STEP = RungeKutta(3)(NETWORK, X, None, 1.0)
NU = NETWORK.stoichiometry(X)


def test_sources_of_respiration_add_up_to_it():
    parts = respiration_by_source(NETWORK, NU, STEP.extents, "co2")
    assert float(parts.sum()) == pytest.approx(float(STEP.x[3]), rel=1e-14)
    eat, rot, rest, together = (float(e) for e in STEP.extents)
    np.testing.assert_allclose(parts, [0.6 * eat + together, 0.7 * rot + 0.5 * together, rest, 0.0], rtol=1e-14)


def test_sources_of_respiration_are_those_that_a_label_finds():
    """Label one pool and the account has, in a short step, what the operator says came from it."""
    step = RungeKutta(1)(NETWORK, X, None, 1e-6)
    parts = respiration_by_source(NETWORK, NU, step.extents, "co2")
    for k in range(3):
        label = jnp.zeros(4).at[k].set(X[k])
        found = carry(NETWORK, "C", X, NU, step.extents, label[None]).amounts[0, 3]
        assert float(found) == pytest.approx(float(parts[k]), rel=1e-5)


def test_what_is_not_in_the_network_is_refused():
    with pytest.raises(InputError, match="'co3'"):
        respiration_by_source(NETWORK, NU, STEP.extents, "co3")
    with pytest.raises(InputError, match="no species holds 'N'"):
        respiration_by_source(NETWORK, NU, STEP.extents, "co2", "N")


def test_rna_to_dna_lies_between_that_of_dormant_and_active_cells_and_grows_with_activity():
    r, share = Ribosomes(), jnp.linspace(0.0, 1.0, 11)
    ratios = np.asarray(rna_to_dna(r, share, 1.0 - share))
    assert ratios[0] == float(r.dormant)
    assert ratios[-1] == float(r.active)
    assert np.all(np.diff(ratios) > 0)
    assert float(rna_to_dna(r, 0.0, 0.0)) == 0.0
    assert all(np.isfinite(float(g)) for g in jax.grad(rna_to_dna, argnums=(1, 2))(r, 0.0, 0.0))


def test_oxygen_of_dna_is_that_of_its_nucleotides():
    """Residues of adenosine, cytidine, guanosine and thymidine monophosphate."""
    atoms = np.array([[10, 12, 5, 5, 1], [9, 12, 3, 6, 1], [10, 12, 5, 6, 1], [10, 13, 2, 7, 1]])
    masses = np.array([12.011, 1.008, 14.007, 15.999, 30.974])
    assert atoms[:, 3].sum() * 15.999 / (atoms @ masses).sum() == pytest.approx(OXYGEN_IN_DNA, abs=5e-5)


def test_label_in_dna_gives_growth_back_and_sees_no_death():
    growth = jnp.array([0.0, 3.0, 50.0])
    excess = oxygen18_in_dna(growth, 0.05, 0.19, 0.7)
    np.testing.assert_allclose(growth_of_oxygen18(excess, 0.05, 0.19, 0.7), growth, rtol=1e-14)
    assert float(excess[0]) == 0.0
    without = growth_of_oxygen18(excess[1], 0.05, 0.19)
    assert float(without) == pytest.approx(0.7 * 3.0, rel=1e-14)  # oxygen of food taken for that of water


def test_a_label_is_recovered_in_full_over_pools_and_accounts():
    background = 0.0108
    tracer = background * X
    tracer = tracer.at[0].add(0.5)
    after = carry(NETWORK, "C", X, NU, STEP.extents, tracer[None], boundary=background)
    recovery = label_recovery(after.amounts[0], STEP.x, background, 0.5)
    assert float(recovery.sum()) == pytest.approx(1.0, rel=1e-12)
    assert float(recovery[1]) == pytest.approx(0.0, abs=1e-12)
    assert float(recovery[2]) > 0


def test_extracts_are_linear_in_what_they_extract():
    e = Extraction()
    np.testing.assert_allclose(fumigation_flush(e, 2.0, 2.0, 2.0), [0.9, 1.08, 0.8], rtol=1e-15)
    total = extractable_nitrogen({"a": jnp.ones(3), "b": 2.0}, ("a", "b"))
    np.testing.assert_array_equal(total, [3.0, 3.0, 3.0])
    assert float(extractable_phosphorus(e, 4.0, 4.0)) == 4.0
    assert float(extractable_phosphorus(e, 4.0, 0.0)) == 2.0


def test_parameters_of_operators_can_be_fitted():
    slope = jax.grad(lambda e: fumigation_flush(e, 100.0, 10.0, 1.0)[0])(Extraction())
    assert float(slope.microbial_c) == 100.0
    slope = jax.grad(lambda r: rna_to_dna(r, 1.0, 3.0))(Ribosomes())
    assert float(slope.active) == pytest.approx(0.25, rel=1e-15)
