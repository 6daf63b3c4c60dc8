"""Soil carbon at fourteen LTER sites: MIMICS at rest, and the layer of soil after centuries of the same litter.

`python -m validation.soil_lter FOLDER` reads the folder of shared soil data and writes docs/validation_lter.json. With
`--fit` the numbers of `FREE` are fitted to the sites first; slopes are differences, as derivatives along centuries of
steps with coefficients frozen at their start grow without bound.
"""

import argparse
import csv
import json
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from jax import Array
from scipy.optimize import least_squares

from shanhai.core.constants import ATOMIC_MASS, ZERO_CELSIUS
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.reactions import Network
from shanhai.numerics.calibration import with_parameters
from shanhai.numerics.integrate import Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.numerics.steady import steady_state
from shanhai.soil.incubated import incubated
from shanhai.soil.layer import Conditions, Layer, network, stocked
from shanhai.soil.peers.mimics import Mimics, MimicsSite, metabolic_share, mimics_network, stock
from shanhai.soil.profile import Fed, with_litter
from shanhai.soil.protection import mineral_capacity

DOCS = Path(__file__).parent.parent / "docs"
DEPTH = 0.3  # m, that of the observed carbon
TOLERANCE = Tolerance(relative=1e-3, absolute=1e-4)  # type: ignore[arg-type]
POOLS = ("labile_c", "labile_n", "recalcitrant_c", "recalcitrant_n")
START = {"labile": 100.0, "recalcitrant": 1000.0, "dissolved": 0.1, "active": 3.0, "dormant": 40.0,
         "aggregates": 300.0, "labile_enzyme": 0.05, "recalcitrant_enzyme": 0.05}  # fmt: skip
"""Carbon to start from [mol m-3], with a C:N of 7 in microbes and enzymes and 15 in the rest."""

HELD = 0.4
"""Part of the minerals' capacity that is taken at the start: empty minerals would starve microbes for a century."""


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
    minerals = layer.minerals
    assert minerals is not None
    held = HELD * mineral_capacity(minerals.sorption, minerals.bulk_density, minerals.clay_silt)
    carbon = START | {"mineral": held}
    ratio = {name: 7.0 if name in ("active", "dormant") or "enzyme" in name else 15.0 for name in carbon}
    amounts = {f"{name}_c": c for name, c in carbon.items()} | {"ammonium": 0.1, "nitrate": 0.1}
    amounts |= {f"{name}_n": c / ratio[name] for name, c in carbon.items()}
    x = stocked(layer, {name: jnp.broadcast_to(jnp.asarray(a), (count,)) for name, a in amounts.items()})
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


FREE = {
    "enzymes.production": (2.5e-5, 2.0), "microbes.maintenance": (2.5e-3, 1.0), "microbes.death": (5e-4, 1.0),
    "microbes.crowding": (0.22, 1.0), "microbes.temperature.energy": (45.8e3, 0.2),
}  # fmt: skip
"""What was known before, and the standard error of its logarithm: MEND and, for crowding, Millennial v2."""

BEGIN = (1e-4, 1e-3, 6e-4, 0.6, 51e3)
"""Where the search starts: with what was known before soils have thrice the carbon and some do not come to rest."""


def of_sets(sites: Sites, years: int, logarithms: Array) -> Array:
    """Carbon after a time with several sets of numbers at once [kg m-2], (set, site)."""
    many, count = len(logarithms), len(sites.names)
    values = jnp.repeat(jnp.exp(logarithms), count, axis=0).T
    all_ = Sites(sites.names * many, *(jnp.tile(column, many) for column in sites[1:]))
    made, x = grown(with_parameters(Layer(), tuple(FREE), values), all_, years)
    return held(made, x)[-1].reshape(many, count)


def fitted(sites: Sites, years: int = 200, step: float = 0.1) -> dict[str, object]:
    """Least squares with errors of 1 kg m-2 and 20 per cent, and each site as the others predict it, linearly."""
    before, spread = (np.array(column) for column in zip(*FREE.values()))
    before, error, run = np.log(before), 1.0 + 0.2 * np.asarray(sites.SOC), jax.jit(partial(of_sets, sites, years))

    @cache
    def both(key: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
        found = np.asarray(run(jnp.array(key + step * np.vstack([np.zeros(len(key)), np.eye(len(key))]))))
        off = (found - np.asarray(sites.SOC)) / error
        return off[0], (off[1:] - off[0]).T / step

    end = least_squares(
        lambda p: np.concatenate([both(tuple(p))[0], (p - before) / spread]), np.log(BEGIN),
        lambda p: np.vstack([both(tuple(p))[1], np.diag(1.0 / spread)]), x_scale=spread, max_nfev=20, ftol=1e-4,
    )  # fmt: skip
    off, slopes = both(tuple(end.x))
    covariance = np.linalg.inv(slopes.T @ slopes + np.diag(spread**-2.0))
    without = off / (1.0 - np.diag(slopes @ covariance @ slopes.T)) * error + np.asarray(sites.SOC)
    rows = zip(FREE, np.exp(end.x), np.sqrt(np.diag(covariance)))
    return {
        "parameters": {name: [float(f"{v:.3g}"), float(f"{s:.2g}")] for name, v, s in rows},
        "cost": [float(f"{2.0 * end.cost:.3g}"), int(end.nfev)],
        "left out": skill(jnp.asarray(without), sites.SOC),
    }


def told(made: Network, x: Array, sites: Sites) -> dict[str, object]:
    """Skill after all decades, how much carbon is still gained, and active microbes."""
    carbon = held(made, x)
    gained = 0.1 * (carbon[-1] - carbon[-2])
    active = x[-1, made.index("active_c")]
    columns = {"carbon": carbon[-1], "gained_kg_m-2_yr-1": gained, "active_mol_m-3": active}
    rows = {name: [float(f"{v:.3g}") for v in values] for name, values in columns.items()}
    return skill(carbon[-1], sites.SOC) | rows


def draw(out: dict[str, Any]) -> None:
    """Carbon of both models beside what was observed, site by site."""
    figure, ax = plt.subplots(figsize=(7, 6), constrained_layout=True)
    series = {
        "MIMICS": ("mimics", "#D55E00", "s"),
        "layer, five numbers fitted": ("defaults", "#0072B2", "o"),
        "layer, numbers of incubations": ("incubated", "#009E73", "^"),
    }
    for label, (name, colour, marker) in series.items():
        told = f"{label}, r² {out[name]['r2']:.2f}, RMSE {out[name]['rmse']:.2f} kg m$^{{-2}}$"
        ax.scatter(out["observed"], out[name]["carbon"], color=colour, marker=marker, label=told)
    for name, x, y in zip(out["sites"], out["observed"], out["defaults"]["carbon"]):
        ax.annotate(name, (x, y), textcoords="offset points", xytext=(5, 4), fontsize=8, color="#0072B2")
    ax.axline((0, 0), slope=1, color="0.6", lw=1, zorder=0)
    ax.set(xlim=(0, 10), ylim=(0, 10), aspect="equal")
    ax.set_xlabel("observed soil carbon, 0-30 cm (kg m$^{-2}$)")
    ax.set_ylabel("modelled (kg m$^{-2}$)")
    ax.legend(frameon=False, loc="upper left")
    figure.savefig(DOCS / "figures" / "incubations_sites.png", dpi=120)


def main(folder: Path, fit: bool, years: int = 600) -> None:
    """Both models at all sites; the layer with its defaults and with what incubations say."""
    sites, file = read(folder), DOCS / "validation_lter.json"
    kept = json.loads(file.read_text()).get("fit")
    out: dict[str, object] = {"sites": sites.names, "observed": [float(c) for c in sites.SOC]}
    found = mimics(sites)
    out["mimics"] = skill(found, sites.SOC) | {"carbon": [float(f"{c:.3g}") for c in found]}
    out["fit"] = fitted(sites) if fit else kept
    for name, layer in {"defaults": Layer(), "incubated": incubated()}.items():
        out[name] = told(*grown(layer, sites, years), sites)
    file.write_text(json.dumps(out, indent=1) + "\n")
    print(json.dumps(out, indent=1))
    draw(out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of soil data")
    parser.add_argument("--fit", action="store_true", help="fit to the sites, some ten minutes")
    given = parser.parse_args()
    main(given.data, given.fit)
