r"""Standard uncertainty of flux maps and of the net flux, by the delta method and by Monte Carlo.

What is assumed, in both methods:

1. Inputs have normal errors of the stated standard uncertainty, independent of one another. The errors of
   `pco2_sea` may differ from cell to cell (a field `pco2_sea_uncertainty`; where it has no value, the number
   of the section serves).
2. The errors of one input at two cells and times are correlated by $e^{-d/L}\,e^{-|\Delta t|/\tau}$: d is the
   chord between the cells, Δt the time between the middles of the periods, L and τ are `correlation_length`
   and `correlation_time`, the same for every input. τ = 0 makes periods independent.
3. The transfer law has one relative error, the same everywhere and always.
4. An error of the mean wind stretches all winds of the period: the mean square goes with its square, the mean
   cube with its cube, so the wind compensation keeps its value.
5. Cells without data, which formula (16) fills with the mean of the others, add no uncertainty of their own;
   nor do cell areas, sea ice, the Schmidt number, the solubility and the other fits.
6. In mode "table_d1" the rounding of its solubility is left out: the uncertainty is that of the equations.

The delta method takes exact derivatives at the given inputs. Monte Carlo passes drawn errors through the
whole equations, with pCO2, xCO2, salinity, wind, pressure and the transfer law held at or above zero, so it
also sees the curvature of the laws: where the wind is weak against its error, it gives more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from jax import Array
from numpy.typing import NDArray

from shanhai.airsea import FluxOptions, co2_flux
from shanhai.core.notation import quantity
from shanhai.monitoring.config import FluxSection, NetFluxSection, UncertaintySection
from shanhai.monitoring.flux import ARGUMENTS, OUTPUTS, flux_arguments, options_of
from shanhai.monitoring.net_flux import (
    KG_PER_MMOL,
    M2_PER_KM2,
    CellSums,
    Span,
    check_grid,
    compact,
    crop_to_areas,
    month_sums,
    month_weights,
    spans,
)
from shanhai.numerics import safe
from shanhai.numerics.correlated import ExponentialCorrelation

Floats = NDArray[np.float64]

PERTURBED = ("pco2_sea", "xco2", "temperature", "salinity", "wind", "air_pressure")
"""Arguments of `co2_flux` with an error field of their own."""

LAW = "transfer_velocity"
TOTAL = "co2_flux_uncertainty"
NET = "net_co2_flux_uncertainty"
MEAN = "mean_flux_uncertainty"


def input_name(argument: str) -> str:
    """Notation name of an argument of `co2_flux`."""
    return ARGUMENTS[argument][0]


def flux_of(arguments: dict[str, Array], options: FluxOptions) -> Array:
    """Flux [mmol m-2 d-1] from arguments of `co2_flux` in the units of the notation table."""
    si = {a: x * ARGUMENTS[a][1] for a, x in arguments.items()}
    return co2_flux(**si, options=options).flux * OUTPUTS["flux"][1]


def with_errors(arguments: dict[str, Array], errors: dict[str, Array]) -> dict[str, Array]:
    """Add errors; the moments of the wind follow its mean."""
    moved = arguments | {a: arguments[a] + e for a, e in errors.items()}
    if "wind" not in errors:
        return moved
    stretch = safe.ratio(moved["wind"], arguments["wind"], 1.0)
    powers = {"mean_square_wind": stretch**2, "mean_cube_wind": stretch**3}
    return moved | {a: arguments[a] * p for a, p in powers.items() if a in arguments}


@eqx.filter_jit
def _contributions(
    arguments: dict[str, Array], sigma: dict[str, Array], relative: Array, options: FluxOptions
) -> tuple[Array, ...]:
    """First-order error of the flux from one standard uncertainty of each input, and of the law."""
    parts = [_contribution(a, arguments, sigma[a], options) for a in PERTURBED]
    flux = flux_of(arguments, options)
    return tuple(jnp.broadcast_arrays(*parts, relative * flux))


def _contribution(argument: str, arguments: dict[str, Array], sigma: Array, options: FluxOptions) -> Array:
    def shifted(error: Array) -> Array:
        return flux_of(with_errors(arguments, {argument: error}), options)

    zero = jnp.zeros_like(arguments[argument])
    _, slope = jax.jvp(shifted, (zero,), (jnp.ones_like(zero),))  # each cell depends on its own input alone
    return slope * sigma


def flux_uncertainty(prepared: xr.Dataset, section: UncertaintySection, flux: FluxSection) -> dict[str, xr.DataArray]:
    r"""Standard uncertainty of the flux of every cell and what each input adds to it.

    $$\sigma_F^2 = \sum_x \left(\frac{\partial F}{\partial x}\sigma_x\right)^2 + (\sigma_k F)^2$$

    Source: JCGM 100:2008 (GUM), eq. 10; derivatives are exact (automatic differentiation of formulas (1) to
    (9)).

    Args:
        prepared: inputs on one grid, units of the notation table; lazy data stay lazy.
        section: standard uncertainties of the inputs.
        flux: the settings that the flux was computed with.

    Returns:
        notation name of the input -> its signed contribution (∂F/∂x)σ [mmol m-2 d-1], "transfer_velocity"
        for the law, and "co2_flux_uncertainty" for the total.
    """
    names = flux_arguments(prepared, flux)
    options = smooth_options(options_of(flux))
    order = tuple(names)
    sigma = [input_uncertainty(prepared, section, a) for a in PERTURBED]

    def block(*arrays: Any) -> tuple[Floats, ...]:
        given, spread = arrays[: len(order)], arrays[len(order) :]
        arguments = dict(zip(order, (_floats(x) for x in given), strict=True))
        sigmas = dict(zip(PERTURBED, (_floats(x) for x in spread), strict=True))
        out = _contributions(arguments, sigmas, jnp.asarray(section.transfer_velocity), options)
        return tuple(np.asarray(x) for x in out)

    inputs = [prepared[names[a]] for a in order]
    parts = xr.apply_ufunc(
        block,
        *inputs,
        *sigma,
        output_core_dims=[[]] * (len(PERTURBED) + 1),
        dask="parallelized",
        output_dtypes=[float] * (len(PERTURBED) + 1),
    )
    keys = [*(input_name(a) for a in PERTURBED), LAW]
    maps = {k: _named(part, k, f"part of the flux uncertainty due to {k}") for k, part in zip(keys, parts, strict=True)}
    total: Any = sum(part**2 for part in maps.values()) ** 0.5
    return maps | {TOTAL: total.rename(TOTAL).assign_attrs(quantity(TOTAL).attributes)}


def _floats(x: Any) -> Array:
    return jnp.asarray(np.asarray(x, dtype=float))


def _named(part: xr.DataArray, name: str, meaning: str) -> xr.DataArray:
    part = part.rename(f"{TOTAL}_{name}")
    part.attrs = {"units": quantity(TOTAL).unit, "long_name": meaning}
    return part


def smooth_options(options: FluxOptions) -> FluxOptions:
    """Leave out the rounding of Table D.1, which has no derivative."""
    return replace(options, solubility_decimals=None)


def input_uncertainty(prepared: xr.Dataset, section: UncertaintySection, argument: str) -> Any:
    """Standard uncertainty of one input: a number, or a field completed by the number."""
    number = float(getattr(section, input_name(argument)))
    if argument == "pco2_sea" and "pco2_sea_uncertainty" in prepared:
        return prepared["pco2_sea_uncertainty"].fillna(number)
    return number


@dataclass(frozen=True)
class SpanWeights:
    """How the net flux of a span depends on the flux of each cell and period.

    Net flux of area k = scale[k] · Σ_t period[t] Σ_i share_i A_i F_ti over its cells, which is formulas (13),
    (14) and (16) in one.

    Args:
        span: the time span.
        period: weight of every period, (time,).
        share: one over the sum of weights of the valid cells, zero elsewhere, (cell,).
        area: cell areas of each sea area, (area, cell) [km2].
        scale: from the sum to kg C, (area,); NaN for an area without a valid cell.
        per_mean: kg C per mmol m-2 d-1 of mean flux, (area,).
    """

    span: Span
    period: Floats
    share: Floats
    area: Floats
    scale: Floats
    per_mean: Floats


def span_weights(fields: xr.Dataset, areas: xr.DataArray, span: Span, section: NetFluxSection) -> SpanWeights:
    """Linearise formulas (13), (14) and (16) for a span; reads the flux once, to see where it is valid."""
    inside, member, cell = compact(fields, areas)
    bounds = fields["time_bounds"].values
    sums = reduce(
        CellSums.plus,
        (month_sums(fields["co2_flux"], bounds, m, section.weighting, inside) for m in span.months),
    )
    valid = sums.valid(section.require_every_subperiod)
    share = np.where(valid, 1.0 / np.where(valid, sums.weight.astype(float), 1.0), 0.0)
    period = np.sum([month_weights(bounds, m, section.weighting) for m in span.months], axis=0)
    area = member * cell
    per_mean = area.sum(axis=1) * M2_PER_KM2 * span.days * KG_PER_MMOL
    covered = (area * valid).sum(axis=1)
    scale = np.where(covered > 0, per_mean / np.where(covered > 0, covered, 1.0), np.nan)
    return SpanWeights(span, period, share, area, scale, per_mean)


def net_flux_uncertainty(
    fields: xr.Dataset,
    areas: xr.DataArray,
    section: UncertaintySection,
    net_flux: NetFluxSection,
    flux: FluxSection,
) -> pd.DataFrame:
    r"""Standard uncertainty of the net flux of every area and span, by the delta method.

    $$\sigma^2 = \sum_x \sum_{t,t'} e^{-|t-t'|/\tau}\, g_{xt}^T R\, g_{xt'} + (\sigma_k F_{integ})^2$$

    with $g_{xti} = (\partial F_{integ}/\partial F_{ti})(\partial F_{ti}/\partial x)\,\sigma_x$ and R the
    correlation between cells. The exponential in time makes the double sum a single one over
    $h_t = g_t + e^{-\Delta t/\tau} h_{t-1}$, so its cost grows with the number of periods, not its square.

    Source: JCGM 100:2008 (GUM), eq. 13.

    Args:
        fields: flux dataset with the inputs, `co2_flux`, `cell_area` and `time_bounds`.
        areas: see `areas.sea_areas`.
        section: standard uncertainties and correlation.
        net_flux: the settings of the integration.
        flux: the settings of the flux.

    Returns:
        one row per area and span: area, total, label, the part of every input and of the transfer velocity
        [kg C] and their quadratic sums net_co2_flux_uncertainty [kg C], mean_flux_uncertainty [mmol m-2 d-1].
    """
    check_grid(fields, areas)
    fields, areas = crop_to_areas(fields, areas)
    lat, lon = (fields[axis].values for axis in ("latitude", "longitude"))
    correlation = ExponentialCorrelation(lat, lon, section.correlation_length)
    rows: list[dict[str, Any]] = []
    for span in spans(fields["time_bounds"].values, net_flux):
        weights = span_weights(fields, areas, span, net_flux)
        variance, law = _span_variance(fields, areas, weights, section, flux, correlation)
        parts = np.concatenate([np.sqrt(np.maximum(variance, 0.0)), np.abs(law)[:, None]], axis=1)
        parts *= weights.scale[:, None]
        total = np.sqrt((parts**2).sum(axis=1))
        keys = [*(input_name(a) for a in PERTURBED), LAW, NET, MEAN]
        values = np.column_stack([parts, total, mean_from_net(total, weights.per_mean)])
        about = {"total": span.total, "label": span.label}
        rows += [
            {"area": str(name)} | about | dict(zip(keys, map(float, row), strict=True))
            for name, row in zip(areas["area"].values, values, strict=True)
        ]
    return pd.DataFrame(rows)


def mean_from_net(net: Floats, per_mean: Floats) -> Floats:
    """Mean flux [mmol m-2 d-1] that makes a net flux [kg C]; NaN for an area without sea."""
    return np.where(per_mean > 0, net / np.where(per_mean > 0, per_mean, 1.0), np.nan)


def _span_variance(
    fields: xr.Dataset,
    areas: xr.DataArray,
    weights: SpanWeights,
    section: UncertaintySection,
    flux: FluxSection,
    correlation: ExponentialCorrelation,
) -> tuple[Floats, Floats]:
    """Variance of the weighted sum from each input (area, input), and its error from the law (area,)."""
    variance = np.zeros((len(weights.area), len(PERTURBED)))
    law = np.zeros(len(weights.area))
    history: Floats | None = None
    for _, fade, parts in _steps(fields, areas, weights, section, flux):
        g = _aggregated(parts[:-1], weights, areas, correlation)
        law += weights.area @ parts[-1]
        history = g if history is None else g + fade * history
        variance += correlation.bilinear(g, 2 * history - g)
    return variance, law


def _steps(
    fields: xr.Dataset,
    areas: xr.DataArray,
    weights: SpanWeights,
    section: UncertaintySection,
    flux: FluxSection,
) -> Iterator[tuple[int, float, Floats]]:
    """Periods of a span: index, correlation with the one before, weighted contributions (input, cell)."""
    inside = compact(fields, areas)[0]
    (times,) = np.nonzero(weights.period)
    faded = fade(fields["time_bounds"].values[times], section.correlation_time)
    for t, rho in zip(times, faded, strict=True):
        now = fields.isel(time=int(t))
        maps = flux_uncertainty(now, section, flux)
        maps.pop(TOTAL)
        stacked = xr.concat([*maps.values()], "input", coords="minimal", compat="override")
        parts = stacked.where(np.isfinite(now["co2_flux"])).transpose("input", "latitude", "longitude").values
        yield int(t), float(rho), np.nan_to_num(parts[:, inside]) * (weights.share * weights.period[t])


def fade(bounds: NDArray[np.datetime64], time: float) -> Floats:
    """Correlation of the errors of each period with those of the one before; zero for the first."""
    middle = bounds[:, 0] + (bounds[:, 1] - bounds[:, 0]) // 2
    days = np.diff(middle) / np.timedelta64(1, "D")
    return np.concatenate([[0.0], np.exp(-days / time) if time > 0 else np.zeros(len(days))])


def _aggregated(
    parts: Floats, weights: SpanWeights, areas: xr.DataArray, correlation: ExponentialCorrelation
) -> Floats:
    """Contributions of the cells of every area (area, input, ...), summed over the correlation's blocks."""
    inside = areas.any("area").transpose("latitude", "longitude").values
    return np.stack([correlation.aggregate(_scattered(parts * area, inside)) for area in weights.area])


def _scattered(values: Floats, inside: NDArray[np.bool_]) -> Floats:
    """Put (..., cell) values back on the grid, zero outside."""
    grid = np.zeros((*values.shape[:-1], *inside.shape))
    grid[..., inside] = values
    return grid


def with_uncertainty(
    table: pd.DataFrame,
    fields: xr.Dataset,
    areas: xr.DataArray,
    section: UncertaintySection,
    net_flux: NetFluxSection,
    flux: FluxSection,
) -> pd.DataFrame:
    """Add standard uncertainties to a table of `net_flux.integrate`.

    Args:
        table: of `integrate` with the same fields, areas and settings.
        fields: flux dataset with the inputs, `co2_flux`, `cell_area` and `time_bounds`.
        areas: see `areas.sea_areas`.
        section: standard uncertainties and correlation.
        net_flux: the settings of the integration.
        flux: the settings of the flux.

    Returns:
        the table with `mean_flux_uncertainty` and `net_co2_flux_uncertainty`, and where
        `section.monte_carlo` is above zero also both with `_monte_carlo` at the end.
    """
    rows, values = ["area", "total", "label"], [MEAN, NET]
    delta = net_flux_uncertainty(fields, areas, section, net_flux, flux)
    table = table.merge(delta[rows + values], on=rows, how="left", validate="one_to_one")
    if section.monte_carlo == 0:
        return table
    from shanhai.monitoring.monte_carlo import monte_carlo

    drawn = monte_carlo(fields, areas, section, net_flux, flux)["net_co2_flux"]
    drawn = drawn.rename(columns={v: f"{v}_monte_carlo" for v in values})
    return table.merge(drawn, on=rows, how="left", validate="one_to_one")
