r"""What instruments see of a soil network: respiration by source, activity, growth, label recovery, extracts.

Each operator turns amounts, extents or tracers of a run into the number that a laboratory reports, so that data of all
kinds can be fitted. None of them changes the run.
"""

from collections.abc import Mapping, Sequence

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.errors import InputError, nearest
from shanhai.core.params import par
from shanhai.core.reactions import Network, proportion

OXYGEN_IN_DNA = 0.3107
"""Mass of oxygen over that of DNA, from its four nucleotides in equal parts; laboratories commonly take 0.3121."""


def respiration_by_source(network: Network, nu: Array, extents: Array, account: str, element: str = "C") -> Array:
    r"""What an account has received, by the pool that it came from.

    Where a reaction has several reactants its product is a mixture in proportion to what it takes of each, as for
    isotopes,

    $$A_p = \sum_j w\,\nu_{aj}\,\xi_j\,\frac{t_{pj}}{\sum_q t_{qj}}, \qquad t_{pj} = \max(-w_p \nu_{pj}\xi_j, 0)$$

    Args:
        network: species and reactions.
        nu: stoichiometry of the interval, (species, reaction[, ...]).
        extents: of it, (reaction, ...).
        account: species that receives, such as "co2".
        element: what is counted.

    Returns:
        amounts by source, (species, ...); they add up to all that the account received.

    Raises:
        InputError: for an account or an element that the network does not have.

    >>> from shanhai.core.reactions import Reaction, Species
    >>> decay = Reaction("decay", lambda x, k: k * x["litter"], {"litter": -1.0, "co2": 1.0})
    >>> species = (Species("litter", {"C": 1.0}), Species("co2", {"C": 1.0}, external=True))
    >>> network = Network(species, (decay,), sample=0.1)
    >>> respiration_by_source(network, network.stoichiometry(jnp.ones(2)), jnp.array([0.3]), "co2").tolist()
    [0.3, 0.0]
    """
    if element not in network.quantities:
        raise InputError(f"no species holds {element!r}; {nearest(element, network.quantities)}", where="respiration")
    weight = jnp.asarray(network.contents[network.quantities.index(element)], extents.dtype)
    coefficients = nu.reshape(*nu.shape, *(1,) * (extents.ndim + 1 - nu.ndim))
    moves = weight.reshape(-1, *(1,) * extents.ndim) * coefficients * extents
    received = jnp.maximum(moves[network.index(account)], 0.0)
    taken = jnp.maximum(-moves, 0.0)
    share = proportion(taken, jnp.broadcast_to(jnp.sum(taken, axis=0), taken.shape))
    return jnp.sum(share * received, axis=1)


class Ribosomes(eqx.Module):
    """Ribosomal RNA of cells that are active and that are dormant."""

    active: Array = par(
        10.0, "1", source="unverified", bounds=(0.1, 1e3), meaning="rRNA over DNA, by mass, of active cells"
    )
    dormant: Array = par(
        1.0, "1", source="unverified", bounds=(0.01, 1e2), meaning="rRNA over DNA, by mass, of dormant cells"
    )


def rna_to_dna(r: Ribosomes, active: ArrayLike, dormant: ArrayLike) -> Array:
    r"""Ribosomal RNA over DNA of a community, a proxy of the part of it that is active.

    $$\rho = \frac{\rho_a B_a + \rho_d B_d}{B_a + B_d}$$

    It is a proxy and no more: dormant cells keep ribosomes, and active ones differ much (Blazewicz et al. 2013, ISME J.
    7, 2061). Both numbers are to be fitted.

    Args:
        r: numbers.
        active: carbon of active microbes [mol m-3], any shape.
        dormant: carbon of dormant microbes, broadcastable.

    Returns:
        ratio [1], zero where there is nobody.

    >>> float(rna_to_dna(Ribosomes(), 1.0, 3.0))
    3.25
    """
    a, d = jnp.asarray(active, float), jnp.asarray(dormant, float)
    return proportion(r.active * a + r.dormant * d, a + d)


def oxygen18_in_dna(growth: ArrayLike, dna: ArrayLike, enrichment: ArrayLike, from_water: ArrayLike = 1.0) -> Array:
    r"""Excess of 18O in DNA after an incubation with H2-18O.

    $$m = G\,d\,0.3107\,f\,E$$

    The water method of growth turned around: only DNA that is made takes up the label, however much is made and lost.

    Source: the relation of Spohn et al. (2016), Soil Biol. Biochem. 97, 168; for f, the part of the oxygen of DNA that
    comes from water, see Pold et al. (2020), Elementa 8, 069.

    Args:
        growth: gross growth of the incubation, carbon of microbes [g], any shape.
        dna: d, DNA per microbial carbon [g g-1], broadcastable.
        enrichment: E, excess of 18O in the water over all of its oxygen [1].
        from_water: f [1].

    Returns:
        excess 18O in DNA [g], as oxygen.

    >>> round(float(oxygen18_in_dna(100.0, 0.04, 0.2)), 5)
    0.24856
    """
    return jnp.asarray(growth) * dna * OXYGEN_IN_DNA * enrichment * from_water


def growth_of_oxygen18(excess: ArrayLike, dna: ArrayLike, enrichment: ArrayLike, from_water: ArrayLike = 1.0) -> Array:
    """Gross growth [g] that an excess of 18O in DNA [g] stands for, the inverse of `oxygen18_in_dna`.

    >>> round(float(growth_of_oxygen18(oxygen18_in_dna(100.0, 0.04, 0.2), 0.04, 0.2)), 9)
    100.0
    """
    return jnp.asarray(excess) / (jnp.asarray(dna) * OXYGEN_IN_DNA * enrichment * from_water)


def label_recovery(tracer: Array, amounts: Array, background: ArrayLike, added: ArrayLike) -> Array:
    r"""Part of an isotope label that is found in each pool.

    $$\phi_s = \frac{A^*_s - x_0 A_s}{D}$$

    Args:
        tracer: amounts A* of the isotope, (species, ...).
        amounts: A of the element, likewise.
        background: x_0, atom fraction before the label [1].
        added: D, excess of the isotope that was added, as the amounts.

    Returns:
        recovery [1], (species, ...); with accounts for what leaves they add up to one.

    >>> label_recovery(jnp.array([0.5, 0.5]), jnp.array([10.0, 30.0]), 0.0, 1.0).tolist()
    [0.5, 0.5]
    """
    return (tracer - jnp.asarray(background) * amounts) / added


class Extraction(eqx.Module):
    """What extracts recover of what they are meant to see."""

    microbial_c: Array = par(
        0.45,
        "1",
        source="Wu et al. (1990), Soil Biol. Biochem. 22, 1167",
        bounds=(0.1, 1.0),
        meaning="microbial carbon that fumigation makes extractable",
    )
    microbial_n: Array = par(
        0.54,
        "1",
        source="Brookes et al. (1985), Soil Biol. Biochem. 17, 837",
        bounds=(0.1, 1.0),
        meaning="microbial nitrogen that fumigation makes extractable",
    )
    microbial_p: Array = par(
        0.40,
        "1",
        source="Brookes et al. (1982), Soil Biol. Biochem. 14, 319",
        bounds=(0.1, 1.0),
        meaning="microbial phosphorus that fumigation makes extractable",
    )
    sorbed_p: Array = par(
        0.5,
        "1",
        source="unverified; depends on extractant and soil",
        bounds=(0.0, 1.0),
        meaning="sorbed phosphorus that bicarbonate takes up",
    )


def fumigation_flush(
    e: Extraction, carbon: ArrayLike, nitrogen: ArrayLike, phosphorus: ArrayLike
) -> tuple[Array, Array, Array]:
    """Carbon, nitrogen and phosphorus that fumigation with chloroform adds to an extract.

    The flush and not the biomass is what is measured; the factors that make one of the other can be fitted.

    Args:
        e: numbers.
        carbon: of microbes, active and dormant [mol m-3], any shape.
        nitrogen: likewise.
        phosphorus: likewise; before it sorbs again, which laboratories correct for.

    >>> [round(float(v), 3) for v in fumigation_flush(Extraction(), 100.0, 10.0, 1.0)]
    [45.0, 5.4, 0.4]
    """
    return e.microbial_c * carbon, e.microbial_n * nitrogen, e.microbial_p * phosphorus


def extractable_nitrogen(amounts: Mapping[str, ArrayLike], names: Sequence[str]) -> Array:
    """Mineral nitrogen that a salt extract takes: all of the named species, exchangeable ammonium among them.

    Args:
        amounts: by species, a view of a network or a dict.
        names: such as ("ammonium", "nitrite", "nitrate").

    >>> float(extractable_nitrogen({"ammonium": 0.2, "nitrate": 0.5}, ("ammonium", "nitrate")))
    0.7
    """
    return jnp.sum(jnp.stack(jnp.broadcast_arrays(*(amounts[name] for name in names))), axis=0)


def extractable_phosphorus(e: Extraction, exchangeable: ArrayLike, dissolved: ArrayLike) -> Array:
    """Phosphorus that bicarbonate extracts: what is dissolved, and part of what is sorbed.

    Args:
        e: numbers.
        exchangeable: dissolved and sorbed [mol m-3], any shape.
        dissolved: of it, see `soil.phosphorus`, broadcastable.

    >>> float(extractable_phosphorus(Extraction(), 10.0, 2.0))
    6.0
    """
    p = jnp.asarray(dissolved)
    return p + e.sorbed_p * (jnp.asarray(exchangeable) - p)
