"""Soil carbon at fourteen LTER sites: MIMICS at rest, and the layer of soil after centuries of the same litter.

`python -m validation.soil_lter FOLDER` reads the folder of shared soil data and writes docs/validation_lter.json. The
layer does not come to rest with the nitrogen of this litter, so that it is run through time, see the page.
"""

import argparse
import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.core.constants import ATOMIC_MASS, ZERO_CELSIUS
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.reactions import Network
from shanhai.numerics.integrate import Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.numerics.steady import steady_state
from shanhai.soil.incubated import incubated
from shanhai.soil.layer import Conditions, Layer, network, stocked
from shanhai.soil.peers.mimics import Mimics, MimicsSite, metabolic_share, mimics_network, stock
from shanhai.soil.profile import Fed, with_litter

DOCS = Path(__file__).parent.parent / "docs"
DEPTH = 0.3  # m, that of the observed carbon
TOLERANCE = Tolerance(relative=1e-3, absolute=1e-4)  # type: ignore[arg-type]
POOLS = ("labile_c", "labile_n", "recalcitrant_c", "recalcitrant_n")
START = {"labile": 100.0, "recalcitrant": 1000.0, "dissolved": 0.1, "active": 5.0, "dormant": 10.0, "mineral": 1000.0,
         "labile_enzyme": 0.1, "recalcitrant_enzyme": 0.1}  # fmt: skip
"""Carbon to start from [mol m-3], with a C:N of 7 in microbes and enzymes and 15 in the rest."""


class Sites(NamedTuple):
    """What is known of the sites, (site,): kg m-2, percent, g m-2 yr-1 of dry matter, degC, mm yr-1, mass ratios."""

    names: list[str]
    SOC: Array
    SAND2: Array
    CLAY2: Array
    ANPP: Array
    MAT: Array
    MAP: Array
    LIG: Array
    N: Array
    CN: Array


def read(folder: Path) -> Sites:
    """The table of the authors of MIMICS."""
    rows = list(csv.DictReader((folder / "mimics" / "LTER_SITE_1_full.csv").read_text().splitlines()))
    names = [row["Site"] for row in rows]
    return Sites(names, *(jnp.array([float(row[key]) for row in rows]) for key in Sites._fields[1:]))


def mimics(sites: Sites) -> Array:
    """Carbon of MIMICS at rest [kg m-2]."""
    quality = metabolic_share(sites.LIG / sites.N)
    at = MimicsSite(sites.MAT, sites.CLAY2 / 100.0, sites.ANPP / 2.0, quality)
    end = jax.jit(lambda x: steady_state(mimics_network(Mimics()), x, at))(jnp.ones((9, len(sites.names))))
    return stock(Mimics(), end.x)


def conditions(sites: Sites, filled: float = 0.6) -> Conditions:
    """Mean annual temperature; pores filled alike, and 0.3 of the rain drains, which are choices."""
    return Conditions(
        temperature=ZERO_CELSIUS + sites.MAT, potential=-1e4 * filled**-6.0, water=0.5 * filled, porosity=0.5, ph=6.0,
        drainage=0.3e-3 * sites.MAP / JULIAN_YEAR,
    )  # fmt: skip


def litter(sites: Sites) -> dict[str, Array]:
    """What falls [mol m-3 s-1]: half of the production is carbon, divided as in MIMICS, all with the C:N of litter."""
    carbon = sites.ANPP / 2.0 / ATOMIC_MASS["C"] / DEPTH / JULIAN_YEAR
    labile = metabolic_share(sites.LIG / sites.N)
    ratio = sites.CN * ATOMIC_MASS["N"] / ATOMIC_MASS["C"]
    parts = {"labile": labile * carbon, "recalcitrant": (1.0 - labile) * carbon}
    return {f"{name}_{e}": part / r for name, part in parts.items() for e, r in (("c", 1.0), ("n", ratio))}


def here(layer: Layer, sites: Sites) -> Layer:
    """The layer with the texture and depth of the sites; moist soil in air, so that oxygen is not followed."""
    texture, layer = 1.0 - sites.SAND2 / 100.0, replace(layer, oxygen=None)
    return eqx.tree_at(lambda m: (m.minerals.clay_silt, m.thickness), layer, (texture, jnp.asarray(DEPTH)))


def started(layer: Layer, made: Network, count: int) -> Array:
    """Amounts to start from, (species, site)."""
    ratio = {name: 7.0 if name in ("active", "dormant") or "enzyme" in name else 15.0 for name in START}
    amounts = {f"{name}_c": c for name, c in START.items()} | {"ammonium": 0.1, "nitrate": 0.1}
    amounts |= {f"{name}_n": c / ratio[name] for name, c in START.items()}
    x = stocked(layer, {name: jnp.full(count, a) for name, a in amounts.items()})
    return jnp.concatenate([x, jnp.zeros((len(made.species) - len(x), count))])


def grown(layer: Layer, sites: Sites, years: int, nitrogen: float = 1.0) -> tuple[Network, Array]:
    """Amounts after every decade of litter, with its nitrogen times a factor, (decade, species, site)."""
    layer, count = here(layer, sites), len(sites.names)
    made = with_litter(network(layer), POOLS, Conditions())
    falls = {name: a * (nitrogen if name.endswith("_n") else 1.0) for name, a in litter(sites).items()}
    at = jax.tree.map(lambda v: jnp.broadcast_to(jnp.asarray(v, float), (count,)), Fed(conditions(sites), falls))
    x = started(layer, made, count)

    def decade(carry: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], Array]:
        end = integrate(Rosenbrock("ros3"), made, carry[0], at, 10.0 * JULIAN_YEAR, TOLERANCE, carry[1])
        return (end.x, end.next_step), end.x

    return made, jax.jit(lambda c: jax.lax.scan(decade, c, None, length=years // 10)[1])((x, jnp.full(count, 60.0)))


def held(made: Network, x: Array) -> Array:
    """Carbon of all pools [kg m-2], (..., site)."""
    content = jnp.array([0.0 if s.external else s.content.get("C", 0.0) for s in made.species])
    return 1e-3 * ATOMIC_MASS["C"] * DEPTH * jnp.einsum("s,...sl->...l", content, x)


def skill(found: Array, observed: Array) -> dict[str, float]:
    """Squared correlation and root mean square error [kg m-2]."""
    r = np.corrcoef(found, observed)[0, 1]
    return {"r2": float(r**2), "r": float(r), "rmse": float(jnp.sqrt(jnp.mean((found - observed) ** 2)))}


def told(made: Network, x: Array, sites: Sites) -> dict[str, object]:
    """Skill after all decades, how much carbon is still gained, and active microbes."""
    carbon = held(made, x)
    gained = 0.1 * (carbon[-1] - carbon[-2])
    active = x[-1, made.index("active_c")]
    columns = {"carbon": carbon[-1], "gained_kg_m-2_yr-1": gained, "active_mol_m-3": active}
    rows = {name: [float(f"{v:.3g}") for v in values] for name, values in columns.items()}
    return skill(carbon[-1], sites.SOC) | rows


def main(folder: Path, years: int = 600) -> None:
    """Both models at all sites; the layer with its defaults and with what incubations say."""
    sites = read(folder)
    found = mimics(sites)
    out: dict[str, object] = {"sites": sites.names, "mimics": skill(found, sites.SOC)}
    for name, layer in {"defaults": Layer(), "incubated": incubated()}.items():
        for nitrogen in (1.0, 4.0):
            out[f"{name}, nitrogen times {nitrogen:g}"] = told(*grown(layer, sites, years, nitrogen), sites)
    (DOCS / "validation_lter.json").write_text(json.dumps(out, indent=1) + "\n")
    print(json.dumps(out, indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of soil data")
    main(parser.parse_args().data)
