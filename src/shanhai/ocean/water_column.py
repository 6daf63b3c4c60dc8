r"""A column of the ocean: mixed layer, eddies that diffuse, water that wells up and sinks again.

$$\frac{\partial c}{\partial t} = \frac{\partial}{\partial z}\left(K\frac{\partial c}{\partial z}\right)
  + w\frac{\partial c}{\partial z} - \frac{\partial w}{\partial z}(c_s - c) + s, \qquad z \text{ downward}$$

The first level is the mixed layer, which meets the air. Upwelling w takes water from level to level up to it; as much
sinks from it, elsewhere and without stirring the column, with its content $c_s$, and spreads at the depths where
upwelling begins: at the bottom if w is the same at all faces. Without upwelling this is the box-diffusion model, with
one level of depth it is two boxes.

Amounts are per area of the sea. Tracers are one array (level, cells...) or a tuple or dict of them; each has its
exchange with the air and its sources, which may depend on all of them.

Sources: Oeschger et al. (1975), Tellus 27, 168; Munk (1966), Deep-Sea Res. 13, 707; Hoffert, Callegari & Hsieh (1980),
J. Geophys. Res. 85, 6667, for sinking water.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.errors import InputError
from shanhai.core.params import par
from shanhai.numerics.column import column_step
from shanhai.numerics.column_balance import ColumnStep, Levels
from shanhai.numerics.column_laws import AdvectionConduction
from shanhai.numerics.safe import ratio

WEIGHTS = {1: (1.0,), 2: (0.5**0.5, 1.0 - 0.5**0.5)}
"""Stages of a step -> their weights; backward Euler and Alexander (1977), see `column.two_stage_step`."""

Exchange = Callable[[Any], Any]
"""Concentrations of the mixed layer [mol m-3] -> flux into the sea [mol m-2 s-1], of the same structure."""

Source = Callable[[Any], Any]
"""Concentrations of all levels [mol m-3] -> what is made there [mol m-2 s-1], (level, cells...)."""


class WaterColumn(eqx.Module):
    """Levels of water and what moves between them.

    Args:
        thickness: of each level, the mixed layer first [m], (level, cells...).
        diffusivity: at the inner faces [m2 s-1], (level - 1, cells...).
        upwelling: volume that wells up per area and time through the inner faces [m s-1], (level - 1, cells...); it
            does not grow downward, as no water goes back to the surface by itself. None where nothing wells up.

    Raises:
        InputError: for faces that do not fit the levels, or upwelling that grows downward or is negative.
    """

    thickness: Array
    diffusivity: Array
    upwelling: Array | None = None

    def __check_init__(self) -> None:
        for name, faces in (("diffusivity", self.diffusivity), ("upwelling", self.upwelling)):
            if faces is not None and faces.shape[0] != self.thickness.shape[0] - 1:
                raise InputError(
                    f"{faces.shape[0]} values of {name} do not fit {self.thickness.shape[0]} levels",
                    where="water column",
                    do="give one for each inner face, one less than there are levels",
                )
        if self.upwelling is None or isinstance(self.upwelling, jax.core.Tracer):
            return
        with_floor = np.append(np.asarray(self.upwelling), np.zeros((1, *self.upwelling.shape[1:])), axis=0)
        if np.any(np.diff(with_floor, axis=0) > 0.0):
            raise InputError("upwelling is negative or grows downward", where="water column")

    @property
    def depth(self) -> Array:
        """Depth of the middle of each level [m]."""
        return jnp.cumsum(self.thickness, axis=0) - 0.5 * self.thickness

    def flux(self, above: Levels, below: Levels) -> Any:
        """Flux of every tracer through the inner faces [mol m-2 s-1], positive downward.

        The mixed layer is the same down to its base, so that eddies there have only half a level to cross.
        """
        half = 0.5 * self.thickness
        distance = half[1:] + jnp.concatenate([jnp.zeros_like(half[:1]), half[1:-1]])
        up = jnp.zeros_like(self.diffusivity) if self.upwelling is None else self.upwelling
        law = AdvectionConduction(self.diffusivity / distance, -up)
        return jax.tree.map(lambda a, b: law(Levels(a, a), Levels(b, b)), above.potential, below.potential)

    def sinking(self, concentration: Array) -> Array:
        """What sinking water of a concentration [mol m-3] takes from the first level and brings to the others."""
        if self.upwelling is None:
            return jnp.zeros_like(self.thickness * concentration)
        nothing = jnp.zeros_like(self.upwelling[:1])
        intake = jnp.concatenate(
            [-self.upwelling[:1], self.upwelling - jnp.append(self.upwelling[1:], nothing, axis=0)]
        )
        return intake * concentration

    def concentration(self, amount: Any) -> Any:
        """Concentrations [mol m-3] of amounts [mol m-2]."""
        return jax.tree.map(lambda a: a / self.thickness, amount)

    def amount(self, concentration: Any) -> Any:
        """Amounts [mol m-2] of concentrations [mol m-3]."""
        return jax.tree.map(lambda c: c * self.thickness, concentration)


class EddyDiffusivity(eqx.Module):
    r"""Diffusivity that fades from the thermocline into the deep.

    $$K = K_d + K_e\,e^{-(z - h)/L}$$

    Source of the form: Shaffer & Sarmiento (1995), J. Geophys. Res. 100, 2659; Munk (1966) for the deep value.
    """

    deep: Array = par(
        1.3e-4, "m2 s-1", source="Munk (1966), Deep-Sea Res. 13, 707", bounds=(0.0, 1e-2), meaning="in the deep"
    )
    excess: Array = par(
        0.0, "m2 s-1", source="Munk (1966): none", bounds=(0.0, 1e-1), meaning="more below the mixed layer"
    )
    scale: Array = par(
        250.0,
        "m",
        source="Shaffer & Sarmiento (1995), rounded; unverified",
        bounds=(1.0, 1e4),
        meaning="depth over which the excess fades",
    )

    def __call__(self, below_mixed_layer: ArrayLike) -> Array:
        """Diffusivity [m2 s-1] at depths below the mixed layer [m]."""
        return self.deep + self.excess * jnp.exp(-jnp.asarray(below_mixed_layer) / self.scale)


def layered(mixed_layer: ArrayLike, depth: ArrayLike, count: int, stretch: float = 1.5) -> Array:
    r"""Thicknesses of a mixed layer and of levels that grow downward.

    $$z_i = h + (D - h)\left(\frac{i}{n - 1}\right)^{p}$$

    Args:
        mixed_layer: h [m].
        depth: of the sea D [m].
        count: of levels n, the mixed layer among them, 2 or more.
        stretch: p; 1 makes equal levels below the mixed layer.

    Returns:
        thickness [m], (count,).

    >>> layered(100.0, 500.0, 3, 1.0).tolist()
    [100.0, 200.0, 200.0]
    """
    if count < 2:
        raise InputError(f"{count} levels make no column", where="water column", do="give 2 or more")
    mixed = jnp.asarray(mixed_layer, float)
    face = (jnp.asarray(depth) - mixed) * jnp.linspace(0.0, 1.0, count) ** stretch
    return jnp.concatenate([mixed[None], jnp.diff(face)])


def water_column(thickness: Array, eddies: Callable[[Array], Array], upwelling: ArrayLike | None = None) -> WaterColumn:
    """A column with a profile of diffusivity and upwelling that is the same at all depths.

    Args:
        thickness: of the levels [m], (level,).
        eddies: depth below the mixed layer [m] -> diffusivity [m2 s-1], such as `EddyDiffusivity`.
        upwelling: volume per area and time [m s-1], or None.

    >>> sea = water_column(layered(75.0, 3800.0, 20), EddyDiffusivity(), 4.4 / 3.15576e7)
    >>> float(jnp.sum(sea.thickness)), float(jnp.sum(sea.sinking(2.0)))
    (3800.0, 0.0)
    """
    faces = jnp.cumsum(thickness)[:-1] - thickness[0]
    rising = None if upwelling is None else jnp.broadcast_to(jnp.asarray(upwelling, float), faces.shape)
    return WaterColumn(thickness, jnp.broadcast_to(eddies(faces), faces.shape), rising)


class Advanced(NamedTuple):
    """A column after a step.

    Args:
        amount: [mol m-2], as it was given.
        exchange: mean flux into the sea through the surface over the step [mol m-2 s-1], (cells...).
        source: mean of what was made in each level [mol m-2 s-1], (level, cells...).
        residual: what the equations of the last stage still lack [mol m-2]; amounts close without it.
    """

    amount: Any
    exchange: Any
    source: Any
    residual: Any


def advance(
    column: WaterColumn,
    amount: Any,
    dt: ArrayLike,
    exchange: Exchange | None = None,
    source: Source | None = None,
    *,
    stages: int = 2,
    iterations: int = 1,
) -> Advanced:
    """Advance the tracers of a column by one implicit step.

    What sinks is settled with the content of the mixed layer at the end of the stage by two trials: exactly where
    exchange and sources of a tracer are straight lines of its own concentration, and to the second order of what a
    step changes otherwise. The same number leaves the mixed layer and reaches the deep.

    Args:
        column: levels, diffusivity, upwelling.
        amount: [mol m-2], (level, cells...); a column of its own for each cell where the column has as many axes.
        dt: step [s].
        exchange: with the air, taken implicitly; none where absent.
        source: made or lost in the levels, such as decay, taken implicitly, each level by itself.
        stages: 1 for backward Euler, 2 for second order in time (`column.two_stage_step`).
        iterations: of a stage; 1 where exchange and source are straight lines.

    Returns:
        `Advanced`; the change of the amounts is dt times exchange and source to round-off.
    """
    if stages not in WEIGHTS:
        raise InputError(f"a step has 1 or 2 stages, not {stages}", where="stages")
    weights = jnp.asarray(WEIGHTS[stages], jax.tree.leaves(amount)[0].dtype)
    part = weights[-1] * dt

    def stage(start: Any, _: None) -> tuple[Any, tuple[Any, Any, Any, Any]]:
        rate, top, own, residual = _stage(column, start, part, exchange, source, iterations)
        return jax.tree.map(lambda a, r: a + (dt - part) * r, amount, rate), (rate, top, own, residual)

    def mean(each: Array) -> Array:
        return jnp.tensordot(weights, each, axes=1)

    _, (rates, tops, owns, residuals) = jax.lax.scan(stage, amount, None, length=stages)
    end = jax.tree.map(lambda a, r: a + dt * mean(r), amount, rates)
    last = jax.tree.map(lambda r: r[-1], residuals)
    return Advanced(end, jax.tree.map(mean, tops), jax.tree.map(mean, owns), last)


class Steady(NamedTuple):
    """A column that has come to rest.

    Args:
        concentration: [mol m-3], (level, cells...).
        exchange: flux into the sea through the surface [mol m-2 s-1], (cells...).
        source: [mol m-2 s-1], (level, cells...).
        residual: what the balance of each level lacks [mol m-2 s-1].
    """

    concentration: Any
    exchange: Any
    source: Any
    residual: Any


def steady_column(
    column: WaterColumn, guess: Any, exchange: Exchange | None = None, source: Source | None = None, iterations: int = 1
) -> Steady:
    """Concentrations at which no level changes, by the same fluxes and the same solver as `advance`.

    Args:
        column: levels, diffusivity, upwelling.
        guess: concentrations of the shape and near the size of the solution [mol m-3]; any positive numbers where
            exchange and source are straight lines.
        exchange: with the air.
        source: in the levels. It or the exchange has to fix the amount, as decay does.
        iterations: 1 where exchange and source are straight lines.
    """
    nothing = jax.tree.map(jnp.zeros_like, guess)

    def still(concentration: Any) -> Levels:
        return Levels(jax.tree.map(jnp.zeros_like, concentration), concentration)

    step, _ = _settled(column, nothing, still, 1.0, exchange, source, iterations, guess)
    return Steady(
        step.unknown, jax.tree.map(lambda f: f[0], step.face_fluxes), _made(source, step.unknown), step.residual
    )


def _made(source: Source | None, concentration: Any) -> Any:
    return jax.tree.map(jnp.zeros_like, concentration) if source is None else source(concentration)


def _stage(
    column: WaterColumn,
    amount: Any,
    dt: ArrayLike,
    exchange: Exchange | None,
    source: Source | None,
    iterations: int,
) -> tuple[Any, Any, Any, Any]:
    """Rate of change, flux through the surface, own sources and residual of one implicit stage."""

    def closure(unknown: Any) -> Levels:
        return Levels(unknown, column.concentration(unknown))

    step, sunk = _settled(column, amount, closure, dt, exchange, source, iterations, amount)
    rate = jax.tree.map(lambda f, s: f[:-1] - f[1:] + s, step.face_fluxes, step.source)
    own = jax.tree.map(lambda s, q: s - q, step.source, sunk)
    return rate, jax.tree.map(lambda f: f[0], step.face_fluxes), own, step.residual


def _settled(
    column: WaterColumn,
    amount: Any,
    closure: Callable[[Any], Levels],
    dt: ArrayLike,
    exchange: Exchange | None,
    source: Source | None,
    iterations: int,
    start: Any,
) -> tuple[ColumnStep, Any]:
    """A step whose sinking water has the content of the mixed layer, and what it carried."""

    def top(edge: Levels) -> Any:
        return jax.tree.map(jnp.zeros_like, edge.potential) if exchange is None else exchange(edge.potential)

    def step(content: Any) -> tuple[ColumnStep, Any]:
        sunk = jax.tree.map(column.sinking, content)

        def made(levels: Levels) -> Any:
            return jax.tree.map(lambda s, q: s + q, _made(source, levels.potential), sunk)

        return column_step(amount, closure, column.flux, dt, top, 0.0, made, start=start, iterations=iterations), sunk

    first = jax.tree.map(lambda c: c[0], closure(start).potential)
    if column.upwelling is None:
        return step(first)
    probe = jax.tree.map(lambda c: jnp.where(c == 0.0, 1.0, c), first)
    trials = jax.tree.map(lambda p: jnp.stack([jnp.zeros_like(p), p]), probe)
    ends = jax.vmap(lambda content: closure(step(content)[0].unknown).potential)(trials)
    return step(jax.tree.map(lambda end, p: _fixed_point(end[0, 0], end[1, 0], p), ends, probe))


def _fixed_point(without: Array, with_probe: Array, probe: Array) -> Array:
    """Content that the mixed layer has when water of that content sinks, from two trials of a straight line."""
    return ratio(without * probe, probe - (with_probe - without), without)
