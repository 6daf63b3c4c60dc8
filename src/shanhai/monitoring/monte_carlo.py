"""Monte Carlo uncertainty of flux maps and net flux: drawn errors pass through the whole equations.

The assumptions are those listed in `uncertainty`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from jax import Array
from numpy.typing import NDArray

from shanhai.airsea import FluxOptions
from shanhai.core.errors import InputError
from shanhai.core.notation import quantity
from shanhai.monitoring.config import FluxSection, NetFluxSection, UncertaintySection
from shanhai.monitoring.flux import flux_arguments, options_of
from shanhai.monitoring.net_flux import check_grid, compact, crop_to_areas, spans
from shanhai.monitoring.uncertainty import (
    MEAN,
    NET,
    PERTURBED,
    TOTAL,
    SpanWeights,
    fade,
    flux_of,
    input_uncertainty,
    mean_from_net,
    smooth_options,
    span_weights,
    with_errors,
)
from shanhai.numerics.correlated import random_field

Floats = NDArray[np.float64]

BATCH = 20
"""Monte Carlo samples drawn at once."""

MEMORY = 2e9
"""Most input data that Monte Carlo holds [byte]."""


@eqx.filter_jit
def _sampled_flux(
    arguments: dict[str, Array], sigma: dict[str, Array], fields: Array, law: Array, options: FluxOptions
) -> Array:
    """Flux (sample, cell) under error fields (input, sample, cell) and factors of the law (sample,)."""
    errors = {a: sigma[a] * z for a, z in zip(PERTURBED, fields, strict=True)}
    held = {a: e if a == "temperature" else jnp.maximum(e, -arguments[a]) for a, e in errors.items()}
    return law[:, None] * flux_of(with_errors(arguments, held), options)


_draw = jax.jit(random_field, static_argnums=(4,))


def monte_carlo(
    fields: xr.Dataset,
    areas: xr.DataArray,
    section: UncertaintySection,
    net_flux: NetFluxSection,
    flux: FluxSection,
) -> dict[str, Any]:
    """Standard uncertainty by drawing errors and passing them through the whole equations.

    Successive periods are mixed, z_t = ρ z_(t-1) + √(1 - ρ²) η_t, which gives them the exponential
    correlation in time. The number of samples and the seed are `section.monte_carlo` and `section.seed`; the
    same seed gives the same result. The relative sampling error of a standard uncertainty is about 1/√(2n).

    Args:
        fields: flux dataset with the inputs, `co2_flux`, `cell_area` and `time_bounds`.
        areas: see `areas.sea_areas`.
        section: standard uncertainties and correlation.
        net_flux: the settings of the integration.
        flux: the settings of the flux.

    Returns:
        "net_co2_flux": table area, total, label, net_co2_flux_uncertainty [kg C], mean_flux_uncertainty
        [mmol m-2 d-1]; "co2_flux": standard uncertainty of the cells of the areas (time, latitude, longitude)
        [mmol m-2 d-1]; "samples": net flux of every sample (sample, row of the table) [kg C].

    Raises:
        InputError: with fewer than two samples, or more data than fit in memory.
    """
    check_grid(fields, areas)
    fields, areas = crop_to_areas(fields, areas)
    names = flux_arguments(fields, flux)
    _refuse_samples(fields, areas, section, len(names))
    plan = [span_weights(fields, areas, s, net_flux) for s in spans(fields["time_bounds"].values, net_flux)]
    inputs = _Points.gather(fields, areas, section, names)
    net, spread = _sample(inputs, plan, section, smooth_options(options_of(flux)), fields["time_bounds"].values)
    return {
        "net_co2_flux": _sampled_table(net, plan, areas),
        "co2_flux": _sampled_map(spread, fields, areas),
        "samples": net,
    }


def _refuse_samples(fields: xr.Dataset, areas: xr.DataArray, section: UncertaintySection, inputs: int) -> None:
    if section.monte_carlo < 2:
        raise InputError("Monte Carlo needs two samples at least", where="uncertainty.monte_carlo", do="give 1000")
    size = 8.0 * int(areas.any("area").sum()) * fields.sizes["time"] * (inputs + len(PERTURBED))
    if size > MEMORY:
        raise InputError(
            f"Monte Carlo would hold {size / 1e9:.1f} GB of inputs",
            where="uncertainty.monte_carlo",
            do="set monte_carlo = 0 (the delta method serves), or take a coarser grid or fewer periods",
        )


@dataclass(frozen=True)
class _Points:
    """Inputs of the cells inside the areas, every array (time, cell) in the units of the notation table."""

    latitude: Floats
    longitude: Floats
    arguments: dict[str, Floats]
    sigma: dict[str, Floats]
    flux: Floats

    @classmethod
    def gather(
        cls, fields: xr.Dataset, areas: xr.DataArray, section: UncertaintySection, names: dict[str, str]
    ) -> "_Points":
        """Load them."""
        inside = compact(fields, areas)[0]
        like = fields["co2_flux"].transpose("time", "latitude", "longitude")

        def column(x: Any) -> Floats:
            whole = (
                x.broadcast_like(like).transpose(*like.dims) if isinstance(x, xr.DataArray) else xr.full_like(like, x)
            )
            return np.asarray(whole.values, dtype=float)[:, inside]

        lat, lon = np.meshgrid(fields["latitude"].values, fields["longitude"].values, indexing="ij")
        arguments = {a: column(fields[v]) for a, v in names.items()}
        sigma = {a: column(input_uncertainty(fields, section, a)) for a in PERTURBED}
        return cls(lat[inside], lon[inside], arguments, sigma, column(like))


def _sample(
    inputs: _Points,
    plan: list[SpanWeights],
    section: UncertaintySection,
    options: FluxOptions,
    bounds: NDArray[np.datetime64],
) -> tuple[Floats, Floats]:
    """Net flux of every sample (sample, span × area) and standard deviation of the flux (time, cell)."""
    n, key = section.monte_carlo, jax.random.key(section.seed)
    net: list[Floats] = []
    total, square = np.zeros_like(inputs.flux), np.zeros_like(inputs.flux)
    for batch in range(-(-n // BATCH)):
        count = min(BATCH, n - batch * BATCH)
        drawn = np.zeros((count, sum(len(w.area) for w in plan)))
        for t, sample in _sampled(jax.random.fold_in(key, batch), inputs, section, options, bounds):
            change = np.nan_to_num(sample[:count] - inputs.flux[t])
            total[t] += change.sum(axis=0)
            square[t] += (change**2).sum(axis=0)
            drawn += np.nan_to_num(sample[:count]) @ _columns(plan, t).T
        net.append(drawn)
    variance = np.maximum(square - total**2 / n, 0.0) / (n - 1)
    return np.concatenate(net), np.where(np.isfinite(inputs.flux), np.sqrt(variance), np.nan)


def _columns(plan: list[SpanWeights], t: int) -> Floats:
    """Net flux of every span and area per unit of flux in a cell at time t (span × area, cell)."""
    return np.concatenate([w.scale[:, None] * w.area * (w.share * w.period[t]) for w in plan])


def _sampled(
    key: Array,
    inputs: _Points,
    section: UncertaintySection,
    options: FluxOptions,
    bounds: NDArray[np.datetime64],
) -> Iterator[tuple[int, Floats]]:
    """Flux of a batch of samples (sample, cell), period by period."""
    first, law_key = jax.random.split(key)
    law = jnp.maximum(1.0 + section.transfer_velocity * jax.random.normal(law_key, (BATCH,)), 0.0)
    lat, lon = jnp.asarray(inputs.latitude), jnp.asarray(inputs.longitude)
    state = jnp.zeros((len(PERTURBED), BATCH, lat.size))
    for t, rho in enumerate(fade(bounds, section.correlation_time)):
        fresh = _draw(jax.random.fold_in(first, t), lat, lon, section.correlation_length, len(PERTURBED) * BATCH)
        state = rho * state + np.sqrt(1.0 - rho**2) * fresh.reshape(state.shape)
        now, sigma = ({a: jnp.asarray(x[t]) for a, x in d.items()} for d in (inputs.arguments, inputs.sigma))
        flux = np.asarray(_sampled_flux(now, sigma, state, law, options))
        yield t, np.where(np.isfinite(inputs.flux[t]), flux, np.nan)


def _sampled_table(net: Floats, plan: list[SpanWeights], areas: xr.DataArray) -> pd.DataFrame:
    rows = [
        {"area": str(name), "total": w.span.total, "label": w.span.label, "per": per}
        for w in plan
        for name, per in zip(areas["area"].values, w.per_mean, strict=True)
    ]
    table = pd.DataFrame(rows).assign(**{NET: net.std(axis=0, ddof=1)})
    table[MEAN] = mean_from_net(table[NET].to_numpy(), table["per"].to_numpy())
    return table.drop(columns="per")


def _sampled_map(spread: Floats, fields: xr.Dataset, areas: xr.DataArray) -> xr.DataArray:
    inside = compact(fields, areas)[0]
    like = fields["co2_flux"].transpose("time", "latitude", "longitude")
    values = np.full(like.shape, np.nan)
    values[:, inside] = spread
    return like.copy(data=values).rename(TOTAL).assign_attrs(quantity(TOTAL).attributes)
