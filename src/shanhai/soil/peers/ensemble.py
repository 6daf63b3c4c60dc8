"""A structural ensemble: all peers side by side in one climate, so that a comparison is a short loop."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import ATOMIC_MASS, SECONDS_PER_DAY, ZERO_CELSIUS
from shanhai.core.reactions import Network
from shanhai.soil.peers.casacnp import Casa, CasaSite, casa_network, casa_start
from shanhai.soil.peers.century import Century, CenturyWeek, century_network
from shanhai.soil.peers.corpse import Corpse, CorpseSite, corpse_network, corpse_start
from shanhai.soil.peers.daycent import daycent_network, daycent_start
from shanhai.soil.peers.daycent_matter import Daycent, daycent_day, litter_parts
from shanhai.soil.peers.mend import Mend, MendSite, mend_network, mend_start
from shanhai.soil.peers.millennial import Millennial, MillennialDay, millennial_network
from shanhai.soil.peers.mimics import Mimics, MimicsSite, mimics_network
from shanhai.soil.peers.mimics_cn import MimicsCn, MimicsCnSite, mimics_cn_network, mimics_cn_start
from shanhai.soil.peers.rothc import Rothc, RothcMonth, rothc_network

YEAR = 365.0  # days
DEPTH = 0.3  # m, of the peers that count by volume


class Peer(NamedTuple):
    """A peer with all that it needs to run.

    Args:
        network: reactions.
        start: amounts to start from, (species,).
        environment: forcing of the climate that all share.
        day: units of time of the peer in a day.
        gram: carbon in one unit of the peer [g m-2].
        litter: species -> amount that falls with one unit of carbon, in the unit of the peer; C, N and P.
    """

    network: Network
    start: Array
    environment: Any
    day: float
    gram: float
    litter: Mapping[str, float]


def carbon(peer: Peer, x: Array) -> Array:
    """Carbon of all pools [g m-2].

    Args:
        peer: of the ensemble.
        x: amounts, (species, ...).

    See `ensemble` for an example.
    """
    content = peer.network.contents[peer.network.quantities.index("C")]
    inside = jnp.asarray([c if k in peer.network.pools else 0.0 for k, c in enumerate(content)])
    return peer.gram * jnp.tensordot(inside, x, axes=1)


def with_litter(peer: Peer, x: Array, amount: ArrayLike) -> Array:
    """Amounts after a pulse of litter, divided as the peer divides it.

    Args:
        peer: of the ensemble.
        x: amounts, (species, ...).
        amount: carbon that falls [g m-2].

    See `ensemble` for an example.
    """
    for name, share in peer.litter.items():
        x = x.at[peer.network.index(name)].add(share * jnp.asarray(amount) / peer.gram)
    return x


def ensemble(litter: float = 400.0, warmth: float = 12.0) -> dict[str, Peer]:
    """Nine peers with their published numbers in one climate.

    Args:
        litter: carbon that falls [g m-2 yr-1].
        warmth: temperature of the soil [degC].

    Returns:
        name -> peer; soil of a fifth of clay, half full of water.

    >>> peers = ensemble()
    >>> list(peers)
    ['millennial', 'rothc', 'century', 'mimics', 'mimics_cn', 'corpse', 'casacnp', 'mend', 'daycent']
    >>> [round(float(carbon(peer, peer.start))) for peer in peers.values()][:4]
    [7200, 7000, 6900, 5460]
    >>> peer = peers["mend"]
    >>> round(float(carbon(peer, with_litter(peer, peer.start, 50.0)) - carbon(peer, peer.start)), 9)
    50.0
    """
    return _of_carbon(litter, warmth) | _of_nutrients(litter, warmth)


def _of_carbon(litter: float, warmth: float) -> dict[str, Peer]:
    """Peers with carbon alone."""
    century, mimics, millennial = Century(), Mimics(), Millennial()
    fast = float(century.metabolic)
    surface = {"surface_metabolic": fast, "surface_structural": 1.0 - fast}
    mimics_litter = _mimics_litter(mimics, 0.5)
    rothc = {"dpm": 1.44 / 2.44, "rpm": 1.0 / 2.44}
    made = {
        "millennial": (
            millennial_network(millennial), [50.0, 500.0, 150.0, 5000.0, 1500.0],
            MillennialDay(warmth, 0.3, litter / YEAR), 1.0, 1.0,
            {"pom": float(millennial.litter_to_pom), "lmwc": 1.0 - float(millennial.litter_to_pom)},
        ),
        "rothc": (
            rothc_network(Rothc()), [1.0, 10.0, 2.0, 57.0, 3.0],
            RothcMonth(warmth, -10.0, 1.0, litter / 100.0, 0.0), 1.0 / YEAR, 100.0, rothc,
        ),
        "century": (
            century_network(century), [50.0, 200.0, 150.0, 100.0, 200.0, 3000.0, 3200.0],
            CenturyWeek(warmth, 0.5, 3.5 * litter / YEAR, 3.5 * litter / YEAR), 1.0 / 7.0, 1.0, surface,
        ),
        "mimics": (
            mimics_network(mimics), [1.0, 4.0, 0.1, 0.1, 5.0, 4.0, 4.0],
            MimicsSite(warmth, 0.2, litter, 0.5), 24.0, 1e4 * DEPTH / 10.0, mimics_litter,
        ),
    }  # fmt: skip
    return {name: _peer(*parts) for name, parts in made.items()}


def _peer(network: Network, pools: list[float], *rest: Any) -> Peer:
    return Peer(network, jnp.zeros(len(network.species)).at[: len(pools)].set(jnp.asarray(pools)), *rest)


def _mimics_litter(model: Mimics, metabolic: float) -> dict[str, float]:
    held = float(model.protected_litter)
    parts = {"litter_metabolic": metabolic * (1.0 - held), "physical": metabolic * held}
    return parts | {"litter_structural": (1.0 - metabolic) * (1.0 - held), "chemical": (1.0 - metabolic) * held}


def _of_nutrients(litter: float, warmth: float) -> dict[str, Peer]:
    """Peers with nitrogen, one of them with phosphorus."""
    return {
        "mimics_cn": _mimics_cn(litter, warmth),
        "corpse": _corpse(litter, warmth),
        "casacnp": _casacnp(litter, warmth),
        "mend": _mend(litter, warmth),
        "daycent": _daycent(litter, warmth),
    }


def _mimics_cn(litter: float, warmth: float) -> Peer:
    model, site = MimicsCn(), MimicsCnSite(warmth, 0.2, litter, 0.5)
    falls = _mimics_litter(model.carbon, 0.5)
    ratios = {name: 15.0 if name in ("litter_metabolic", "physical") else 100.0 for name in falls}
    falls |= {f"{name}_n": share / ratios[name] for name, share in falls.items()}
    start = mimics_cn_start(model, jnp.array([1.0, 4.0, 0.1, 0.1, 5.0, 4.0, 4.0]), site)
    return Peer(mimics_cn_network(model), start, site, 24.0, 1e4 * DEPTH / 10.0, falls)


def _corpse(litter: float, warmth: float) -> Peer:
    site = CorpseSite(ZERO_CELSIUS + warmth, 0.5, 0.2, litter / 1e3)
    falls = {"fast": 0.3, "slow": 0.7, "fast_n": 0.3 / 20.0, "slow_n": 0.7 / 100.0}
    start = corpse_start(Corpse(), jnp.array([0.05, 5.0, 0.05, 1.0, 0.4, 4.5, 0.04]))
    return Peer(corpse_network(Corpse()), start, site, 1.0 / YEAR, 1e3, falls)


def _casacnp(litter: float, warmth: float) -> Peer:
    model = Casa()
    kinds = {"metabolic": 0.4, "structural": 0.4, "wood": 0.2}
    site = CasaSite(ZERO_CELSIUS + warmth, 0.5, *(litter * share for share in kinds.values()))
    falls: dict[str, float] = dict(kinds)
    for kind, share in kinds.items():
        falls[f"{kind}_n"] = share / float(getattr(model.ratios, kind))
        falls[f"{kind}_p"] = falls[f"{kind}_n"] / float(getattr(model.ratios, f"{kind}_p"))
    start = casa_start(model, jnp.array([40.0, 500.0, 400.0, 250.0, 4500.0, 1700.0]))
    return Peer(casa_network(model), start, site, 1.0 / YEAR, 1.0, falls)


def _mend(litter: float, warmth: float) -> Peer:
    gram = ATOMIC_MASS["C"] * DEPTH
    site = MendSite(ZERO_CELSIUS + warmth, -2e5, 0.5, litter / gram / (YEAR * SECONDS_PER_DAY))
    falls = {"oxidative_c": 0.07, "hydrolytic_c": 0.37, "dissolved_c": 0.56}
    by_nitrogen = ATOMIC_MASS["C"] / ATOMIC_MASS["N"] / 30.0
    falls |= {f"{name[:-1]}n": share * by_nitrogen for name, share in falls.items()}
    start = mend_start(Mend(), jnp.array([150.0, 150.0, 2000.0, 2.0, 15.0, 10.0, 20.0, 0.02, 0.02, 0.04]))
    return Peer(mend_network(Mend()), start, site, SECONDS_PER_DAY, gram, falls)


def _daycent(litter: float, warmth: float) -> Peer:
    model, half = Daycent(), 0.5 * litter / YEAR
    day = daycent_day(model, warmth, 0.25, half, half, nitrogen=1.0 / YEAR, uptake=12.0 / YEAR)
    falls = {f"surface_{part}": float(share) for part, share in litter_parts(model, 0.2, 50.0)._asdict().items()}
    start = daycent_start(model, jnp.array([100.0, 80.0, 15.0, 80.0, 60.0, 12.0, 30.0, 100.0, 2200.0, 800.0]))
    return Peer(daycent_network(model), start, day, 1.0, 1.0, falls)
