r"""Fast, order-one and slow modes of a network at a state, who makes them, and fast pools made quasi-steady.

With amounts in units of a scale D and time in units of the horizon H the Jacobian is $\hat J = H D^{-1} J D$: its
eigenvalues $H\lambda$ do not depend on D, nor do the shares below. For mode k with left and right vectors l and v

$$p_{sk} = \frac{l_s v_s}{l\cdot v}, \qquad
q_{jk} = \frac{(l\cdot\nu_j)\,(\partial r_j/\partial x\cdot v)}{\lambda_k\; l\cdot v}$$

are the shares of species s and of reaction j: each sums to one. This part runs on the host, on numbers.

Sources: Pérez-Arriaga et al. (1982), IEEE Trans. Power Appar. Syst. 101, 3117 (participation); Lam & Goussis (1994),
Int. J. Chem. Kinet. 26, 461 (time scales of reactions); Turányi et al. (1993), J. Phys. Chem. 97, 163 (error of
quasi-steady states).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from shanhai.core.errors import InputError
from shanhai.core.reactions import Network
from shanhai.numerics.compiling import compiling
from shanhai.numerics.integrate import FINISHED, Tolerance, integrate
from shanhai.numerics.jacobian import coefficients, pattern, rate_derivatives
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.numerics.steady import CONVERGED, steady_state

Kind = Literal["fast", "order one", "slow", "conserved"]
Floats = NDArray[np.float64]

SEPARATION = 10.0
"""Horizon over time scale above which a mode is fast; below the inverse it is slow."""

CONSERVED = 1e-9
"""Horizon over time scale below which an eigenvalue is rounding: the mode is a conserved total, or stands still."""

FAR = 1e4
"""Horizon over time scale above which an eigenvalue is taken from the Jacobian itself."""


CLASSICAL_AHEAD, CLASSICAL_SHARE = np.array([0.0, 0.5, 0.5, 1.0]), np.array([1.0, 2.0, 2.0, 1.0]) / 6.0
"""Runge–Kutta of order 4: how far ahead each stage looks with the slope of the one before, and its weight."""


@dataclass(frozen=True)
class Mode:
    """A mode of the linearised network.

    Args:
        kind: fast, order one, slow or conserved, against the horizon.
        rate: eigenvalue in 1/time; its real part is positive where the mode grows.
        species: share of each species in it, magnitudes, that sum to one.
        reactions: share of each reaction in its eigenvalue; negative shares hold it back.
    """

    kind: Kind
    rate: complex
    species: dict[str, float]
    reactions: dict[str, float]

    @property
    def time(self) -> float:
        """Time scale, infinite of a conserved total."""
        return np.inf if self.kind == "conserved" else 1.0 / abs(self.rate)


def time_scales(network: Network, x: Array, environment: Any = None, horizon: float = 1.0) -> NDArray[np.object_]:
    """Modes of a network at a state, the fastest first.

    Args:
        network: species and reactions.
        x: amounts, (species, ...).
        environment: what the laws take beside amounts.
        horizon: time of interest, in the unit of time of the laws.

    Returns:
        modes, (mode, ...), as many as there are pools; external accounts take no part.

    >>> from shanhai.core.reactions import Reaction, Species
    >>> def first_order(name, k, a, b):
    ...     return Reaction(name, lambda x, _: k * x[a], {a: -1.0, b: 1.0})
    >>> pools = Species("litter", {"C": 1.0}), Species("humus", {"C": 1.0}), Species("co2", {"C": 1.0}, external=True)
    >>> soil = Network(pools, (first_order("decay", 2.0, "litter", "humus"), first_order("loss", 0.01, "humus", "co2")))
    >>> print(table(time_scales(soil, jnp.array([1.0, 1.0, 0.0]), horizon=20.0)))
    kind       time         rate       species         reactions
    fast       0.5          -2         litter 1        decay 1
    order one  100          -0.01      humus 1         loss 1
    """
    pools = np.array(network.pools)
    nu, slopes = _matrices(network, x, environment)
    cells = x.shape[1:]
    found = np.empty((len(pools), *cells), dtype=object)
    for cell in np.ndindex(*cells):
        modes = _modes(network, nu[(pools, slice(None), *cell)], slopes[(slice(None), pools, *cell)], horizon)
        found[(slice(None), *cell)] = _objects(modes)
    return found


def _objects(modes: Sequence[Mode]) -> NDArray[np.object_]:
    array = np.empty(len(modes), dtype=object)
    array[:] = modes
    return array


def _matrices(network: Network, x: Array, environment: Any) -> tuple[Floats, Floats]:
    """ν and the derivatives of the laws, dense, (species, reaction, ...) and (reaction, species, ...)."""
    there, cells = pattern(network), x.shape[1:]
    nu = np.zeros((len(network.species), len(network.reactions), *cells))
    slopes = np.zeros((len(network.reactions), len(network.species), *cells))
    for matrix, entries, values in (
        (nu, there.nu, _compiled_coefficients(network, x, environment)),
        (slopes, there.slopes, slopes_of(network, x, environment)),
    ):
        for (i, j), value in zip(entries, np.asarray(values)):
            matrix[i, j] = value
    return nu, slopes


_compiled_coefficients = eqx.filter_jit(coefficients)

slopes_of = eqx.filter_jit(rate_derivatives)
"""Derivatives of the laws as `time_scales` asks for them, compiled."""


def _modes(network: Network, nu: Floats, slopes: Floats, horizon: float) -> list[Mode]:
    rates, right = _eigen(nu @ slopes, horizon)
    left = np.linalg.pinv(right)
    pools = [network.species[i].name for i in network.pools]
    names = [r.name for r in network.reactions]
    modes = []
    for k in np.argsort(-np.abs(rates), kind="stable"):
        kind = _kind(abs(rates[k]) * horizon)
        part = np.abs(left[k] * right[:, k])
        cause = np.real((left[k] @ nu) * (slopes @ right[:, k]) / rates[k]) if kind != "conserved" else 0.0 * nu[0]
        modes.append(
            Mode(
                kind,
                complex(rates[k]),
                dict(zip(pools, (part / part.sum()).tolist())),
                dict(zip(names, np.real(cause).tolist())),
            )
        )
    return modes


def _eigen(jacobian: Floats, horizon: float) -> tuple[Floats, Floats]:
    r"""Eigenvalues and right vectors: of J those far faster than the horizon, of $(I/H - J)^{-1}$ the others.

    Rates spread over more powers of ten than a number has digits, and each matrix has only its largest right.
    """
    fast, right = np.linalg.eig(jacobian)
    inverse, slow_right = np.linalg.eig(np.linalg.inv(np.eye(len(jacobian)) / horizon - jacobian))
    order, slow_order = np.argsort(-np.abs(fast), kind="stable"), np.argsort(-np.abs(inverse), kind="stable")
    count = int(np.sum(np.abs(fast) * horizon > FAR))
    while 0 < count < len(order) and np.isclose(fast[order[count - 1]], np.conj(fast[order[count]]), rtol=1e-9):
        count -= 1  # pairs stay together
    order, slow_order = order[:count], slow_order[: len(order) - count]
    rates = np.concatenate([fast[order], 1.0 / horizon - 1.0 / inverse[slow_order]])
    return rates, np.concatenate([right[:, order], slow_right[:, slow_order]], axis=1)


def _kind(rate: float) -> Kind:
    if rate <= CONSERVED:
        return "conserved"
    if rate > SEPARATION:
        return "fast"
    return "slow" if rate < 1.0 / SEPARATION else "order one"


def table(modes: Sequence[Mode] | NDArray[np.object_], most: int = 3) -> str:
    """Modes of one cell as text, with those species and reactions that have the largest shares.

    Args:
        modes: from `time_scales`, of one cell.
        most: names at most in a column; shares below 0.05 are left out.
    """
    lines = [("kind", "time", "rate", "species", "reactions")]
    for mode in modes:
        rate = "0" if mode.kind == "conserved" else _number(mode.rate)
        lines.append(
            (mode.kind, f"{mode.time:.3g}", rate, _largest(mode.species, most), _largest(mode.reactions, most))
        )
    widths = (11, 13, 11, 16, 0)
    spans = [max(w, 2 + max(len(line[n]) for line in lines)) if w else 0 for n, w in enumerate(widths)]
    return "\n".join("".join(f"{text:<{span}}" for text, span in zip(line, spans)).rstrip() for line in lines)


def _number(rate: complex) -> str:
    return f"{rate.real:.3g}" if abs(rate.imag) < 1e-9 * abs(rate) else f"{rate.real:.3g}±{abs(rate.imag):.3g}i"


def _largest(shares: dict[str, float], most: int) -> str:
    order = sorted(shares, key=lambda n: -abs(shares[n]))[:most]
    return ", ".join(f"{n} {shares[n]:.2g}" for n in order if abs(shares[n]) >= 0.05)


def fast_species(modes: Sequence[Mode] | NDArray[np.object_]) -> tuple[str, ...]:
    """One species for each fast mode of a cell: that with the largest share that no faster mode has taken.

    Args:
        modes: from `time_scales`, of one cell.
    """
    taken: list[str] = []
    for mode in modes:
        if mode.kind == "fast":
            taken.append(max((n for n in mode.species if n not in taken), key=lambda n: mode.species[n]))
    return tuple(taken)


class QuasiSteady(eqx.Module):
    r"""A network whose fast pools are where the slow ones put them.

    $$0 = (\nu r)_{fast}(y, z), \qquad \frac{dy}{dt} = (\nu r)_{slow}(y, z(y))$$

    It is no longer stiff, and no longer closed: what the fast pools gain or lose as they follow is left out, and
    `compare` shows how much that is.

    Args:
        network: the full network.
        fast: names of the pools in quasi-steady state.
        sample: environment of the kind that the laws take.

    Raises:
        InputError: for a name that is no pool of the network, or if no pool is left.
    """

    network: Network
    held: Network
    fast: tuple[str, ...] = eqx.field(static=True)

    def __init__(self, network: Network, fast: Sequence[str], sample: Any = None) -> None:
        rows = {network.index(name) for name in fast}
        if not rows <= set(network.pools) or rows == set(network.pools):
            raise InputError(
                "quasi-steady pools must be pools of the network, and some must be left", where=", ".join(fast)
            )
        species = tuple(s if i in rows else replace(s, external=True) for i, s in enumerate(network.species))
        self.network, self.fast = network, tuple(fast)
        self.held = Network(species, network.reactions, sample)

    def complete(self, x: Array, environment: Any = None) -> tuple[Array, Array]:
        """Amounts with the fast pools in quasi-steady state, and whether that was found, (...)."""
        found = steady_state(self.held, x, environment)
        return found.x, found.status == CONVERGED

    def tendency(self, x: Array, environment: Any = None) -> Array:
        """Rates of change of the amounts, zero of the fast pools, (species, ...)."""
        return self.at_complete(self.complete(x, environment)[0], environment)

    def at_complete(self, x: Array, environment: Any = None) -> Array:
        """The same where the fast pools are in quasi-steady state already."""
        return self.network.tendency(x, environment).at[np.array(self.held.pools)].set(0.0)


@dataclass(frozen=True)
class Comparison:
    """A run with quasi-steady pools beside the full run, at the end of the horizon.

    Args:
        full: amounts of the full run, (species, ...).
        reduced: amounts of the reduced run, (species, ...).
        missing: conserved quantity -> amount in the reduced run less that at the start, (...).
        names: of the species.
        fast: of them, those in quasi-steady state.
        right: whether the full run reached its end and every quasi-steady state was found.
    """

    full: Floats
    reduced: Floats
    missing: dict[str, Floats]
    names: tuple[str, ...]
    fast: tuple[str, ...]
    right: bool

    @property
    def errors(self) -> dict[str, float]:
        """Largest difference of each species over all cells, relative to the full run."""
        scale = np.where(self.full == 0.0, 1.0, np.abs(self.full))
        worst = np.abs(self.reduced - self.full) / scale
        return {n: float(w.max()) for n, w in zip(self.names, worst)}

    def table(self) -> str:
        """Errors as text, quasi-steady species marked."""
        width = 2 + max(map(len, self.names))
        return "\n".join(
            f"{n:<{width}}{e:9.2g}{'  quasi-steady' if n in self.fast else ''}" for n, e in self.errors.items()
        )


def compare(reduced: QuasiSteady, x: Array, environment: Any, horizon: float, steps: int) -> Comparison:
    """Run a network with and without its quasi-steady pools.

    Args:
        reduced: the reduced network; run by classical Runge–Kutta steps of order 4.
        x: amounts at the start, (species, ...).
        environment: what the laws take beside amounts.
        horizon: length of the runs.
        steps: of the reduced run, enough for its fastest slow mode.

    Returns:
        both ends, with errors.
    """
    network = reduced.network
    scale = float(jnp.max(jnp.abs(x)))
    tolerance = Tolerance(relative=jnp.asarray(1e-7), absolute=jnp.asarray(1e-14 * scale), smallest=1e-18)
    rest = (reduced, x, environment, horizon / steps, steps)
    with compiling(_run, *rest):
        full = eqx.filter_jit(integrate)(Rosenbrock("rodas4"), network, x, environment, horizon, tolerance)
    end, found = _run(*rest)
    change = np.tensordot(network.contents, np.asarray(end - x), axes=1)
    return Comparison(
        np.asarray(full.x),
        np.asarray(end),
        dict(zip(network.quantities, change)),
        network.names,
        reduced.fast,
        bool(jnp.all(found) & jnp.all(full.status == FINISHED)),
    )


@eqx.filter_jit
def _run(reduced: QuasiSteady, x: Array, environment: Any, dt: float, steps: int) -> tuple[Array, Array]:
    def stage(carry: tuple[Array, Array, Array, Array], weights: Any) -> tuple[tuple[Array, Array, Array, Array], None]:
        x, slope, total, found = carry
        ahead, share = weights
        there, right = reduced.complete(x + ahead * dt * slope, environment)
        slope = reduced.at_complete(there, environment)
        return (x, slope, total + share * slope, found & right), None

    def step(carry: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], None]:
        x, found = carry
        zero = jnp.zeros_like(x)
        end = jax.lax.scan(stage, (x, zero, zero, found), (CLASSICAL_AHEAD, CLASSICAL_SHARE))[0]
        return (x + dt * end[2], end[3]), None

    (end, found), _ = jax.lax.scan(step, (x, jnp.ones(x.shape[1:], bool)), None, length=steps)
    end, right = reduced.complete(end, environment)
    return end, found & right
