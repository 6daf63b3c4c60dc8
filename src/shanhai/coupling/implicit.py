r"""Implicit coupling of an air column with the tiles of its surface, by responses.

Air and tiles eliminate their columns towards the surface they share, which leaves two straight lines,

$$x_1 = B + A\,F, \qquad x_{s,i} = D_i + C_i\,G_i,$$

with F the flux into the air and $G_i$ that into a tile. The exchange of each tile, $F_i = e_i + P_i x_{s,i} + Q_i x_1$,
then is a line of the air alone, $F_i = a_i + b_i x_1$, and once for every air column

$$x_1 = \Bigl(1 - A \sum_i f_i b_i\Bigr)^{-1}\Bigl(B + A \sum_i f_i a_i\Bigr).$$

The realised fluxes go back into the columns and into the mail: the air takes $\sum_i f_i F_i$ with the same fractions,
so that what is given is received. All quantities are tuples of arrays, of one for heat alone, of two for temperature
with humidity, which the energy balance of a tile ties together.

Sources: Polcher et al. (1998), Glob. Planet. Change 19, 261; Best et al. (2004), J. Hydrometeorol. 5, 1271.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.errors import InputError
from shanhai.numerics.open_column import Response
from shanhai.numerics.tridiagonal import Block, Vector, inverse, plus, product, times


class Exchange(NamedTuple):
    """Flux from a surface into the air above it, value + by_surface * surface + by_air * air.

    Args:
        value: e, one (cells...) for each flux.
        by_surface: P, rows of (cells...), one column for each unknown of the surface.
        by_air: Q, rows of (cells...), square.
        into_surface: M, what a unit of each flux into the air brings to each unknown of the surface, such as -1 for
            heat and minus the latent heat for vapour.
    """

    value: Vector
    by_surface: Block
    by_air: Block
    into_surface: Block


class Tile(NamedTuple):
    """A part of the surface below an air column.

    Args:
        response: of the open top of its column.
        exchange: with the air.
        fraction: of the area of the air column, (cells...), frozen for the whole step.
    """

    response: Response
    exchange: Exchange
    fraction: Array


class SurfaceLine(NamedTuple):
    """Flux of one tile into the air as a line of the air alone, value + slope * air; a and b."""

    value: Vector
    slope: Block


class Meeting(NamedTuple):
    """What air and tiles agree upon.

    Args:
        air: potentials of the lowest air level x_1.
        into_air: flux into the air per area of the air column, the sum over tiles.
        from_tiles: flux into the air per area of each tile.
        into_tiles: flux into each tile per area of it, in the unknowns of its column.
    """

    air: Vector
    into_air: Vector
    from_tiles: tuple[Vector, ...]
    into_tiles: tuple[Vector, ...]


def difference_exchange(coefficient: ArrayLike) -> Exchange:
    """Exchange of one quantity by a transfer coefficient, F = h (surface - air).

    Args:
        coefficient: h, flux per potential, not negative, (cells...).
    """
    h = jnp.asarray(coefficient)
    return Exchange((jnp.zeros_like(h),), ((h,),), ((-h,),), ((-jnp.ones_like(h),),))


def joined(one: Response, other: Response) -> Response:
    """Responses of two columns that know nothing of one another as one, such as heat and vapour of the air."""
    zero = jax.tree.map(jnp.zeros_like, (one.value, other.value))
    upper = tuple((*row, *zero[1]) for row in one.slope)
    lower = tuple((*zero[0], *row) for row in other.slope)
    return Response((*one.value, *other.value), (*upper, *lower))


def surface_line(response: Response, exchange: Exchange) -> SurfaceLine:
    r"""Flux of one tile as a line of the air, its own column eliminated.

    $$(1 - P C M)\,F = e + P D + Q x_1$$

    For one quantity, a = h D / (1 + h C) and b = -h / (1 + h C).

    Args:
        response: of the open top of the tile's column.
        exchange: with the air.

    Returns:
        a and b.

    >>> tile = Response((jnp.array(290.0),), ((jnp.array(0.1),),))
    >>> a, b = surface_line(tile, difference_exchange(10.0))
    >>> float(a[0]), float(b[0][0])
    (1450.0, -5.0)
    """
    through = product(product(exchange.by_surface, response.slope), exchange.into_surface)
    undone = inverse(_one_less(through))
    value = plus(exchange.value, times(exchange.by_surface, response.value))
    return SurfaceLine(times(undone, value), product(undone, exchange.by_air))


def _one_less(block: Block) -> Block:
    """The unit block less another."""
    return tuple(tuple(float(i == j) - x for j, x in enumerate(row)) for i, row in enumerate(block))


def meet(air: Response, line: SurfaceLine) -> tuple[Vector, Vector]:
    """Potentials of the lowest air level, and the flux into it.

    Args:
        air: response of the open bottom of the air column.
        line: of the whole surface, the sum over tiles with their fractions.

    Returns:
        x_1 and F = a + b x_1.

    >>> x, flux = meet(Response((jnp.array(280.0),), ((jnp.array(0.2),),)), SurfaceLine((1450.0,), ((-5.0,),)))
    >>> float(x[0]), float(flux[0])
    (285.0, 25.0)
    """
    whole = inverse(_one_less(product(air.slope, line.slope)))
    x = times(whole, plus(air.value, times(air.slope, line.value)))
    return x, plus(line.value, times(line.slope, x))


def couple_surface(air: Response, tiles: Sequence[Tile]) -> Meeting:
    """Settle the fluxes between an air column and all tiles below it.

    Args:
        air: response of the open bottom of the air column.
        tiles: any number; their fractions sum to one, or to less where the rest exchanges nothing.

    Returns:
        potentials and fluxes; each column is completed by `substitute_column` with its own.

    Raises:
        InputError: if there is no tile.

    >>> tile = Tile(Response((jnp.array(290.0),), ((jnp.array(0.1),),)), difference_exchange(10.0), jnp.array(1.0))
    >>> done = couple_surface(Response((jnp.array(280.0),), ((jnp.array(0.2),),)), [tile])
    >>> float(done.into_air[0]), float(done.into_tiles[0][0])
    (25.0, -25.0)
    """
    if not tiles:
        raise InputError("an air column has no surface below it", where="tiles", do="give at least one tile")
    lines = [surface_line(t.response, t.exchange) for t in tiles]
    parts = [jax.tree.map(lambda x, f=t.fraction: f * x, line) for t, line in zip(tiles, lines)]
    x, _ = meet(air, jax.tree.map(lambda *each: sum(each), *parts))
    fluxes = tuple(plus(line.value, times(line.slope, x)) for line in lines)
    into_air = tuple(sum(t.fraction * f for t, f in zip(tiles, of_all)) for of_all in zip(*fluxes))
    into_tiles = tuple(times(t.exchange.into_surface, f) for t, f in zip(tiles, fluxes))
    return Meeting(x, into_air, fluxes, into_tiles)
