"""A flux monitoring job: inputs opened and checked, then one part (calendar month) after another."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from dask.base import tokenize
from numpy.typing import NDArray

from shanhai.airsea import TABLE_C1
from shanhai.core.errors import ConfigError
from shanhai.core.notation import quantity
from shanhai.io import provenance, stations
from shanhai.io.output import cf_dataset
from shanhai.monitoring import areas, net_flux, table_d1
from shanhai.monitoring.chemistry import has_chemistry, pco2_from_chemistry
from shanhai.monitoring.config import FluxConfig, FluxSection
from shanhai.monitoring.flux import ALL_OUTPUTS, flux_fields, options_of
from shanhai.monitoring.gridded import GriddedJob
from shanhai.monitoring.inputs import InputSummary, local_paths
from shanhai.monitoring.insitu import DRIVERS, ICE, WINDS
from shanhai.monitoring.periods import Period
from shanhai.monitoring.statistics import period_series
from shanhai.monitoring.validity import FLAG


@dataclass
class Job(GriddedJob):
    """A validated flux monitoring job.

    Args:
        config: its configuration.
        dataset: prepared dataset given in memory instead of files.
    """

    config: FluxConfig
    dataset: xr.Dataset | None = None

    @cached_property
    def station_tables(self) -> dict[str, pd.DataFrame]:
        """Every input that comes from stations (clause 4.4.10), as `io.stations` reads it."""
        given = {n: s for n, s in self.config.inputs.items() if s.stations is not None}
        return {n: stations.station_field(n, str(s.stations), unit=s.units) for n, s in given.items()}

    @cached_property
    def fingerprint(self) -> str:
        """Digest of all that decides the results: configuration, inputs, software."""
        inputs = {path: provenance.quick_fingerprint(path) for path in self.input_paths()}
        held = "" if self.dataset is None else tokenize(self.dataset)
        return provenance.digest([self.config.model_dump(mode="json"), inputs, held, provenance.versions()])

    def input_paths(self) -> list[str]:
        """Every file or store on this machine that the configuration names."""
        found = {p for source in self.config.inputs.values() for p in local_paths(source)}
        section = self.config.net_flux
        masks = [section.land, *(area.mask for area in section.areas)]
        found |= {p for mask in masks if mask is not None for p in local_paths(mask)}
        found |= {area.polygon for area in section.areas if area.polygon is not None}
        if self.config.accuracy is not None:
            found.add(self.config.accuracy.data.file)
        return sorted(p for p in found if Path(p).exists())

    def check(self) -> list[InputSummary]:
        """Open every input and look at the first part, without computing or writing anything.

        Raises:
            InputError: for whatever would stop the job, in a sentence.
        """
        self._check_mode()
        rows = self.check_fields()
        for table in self.station_tables.values():
            for period in self.periods:
                stations.observed_during(table, period.start, period.end)
        first = self.prepared(next(iter(self.parts)))
        self._check_areas(first.latitude.values, first.longitude.values)
        self._check_accuracy(first.latitude.values, first.longitude.values)
        return rows

    def _check_mode(self) -> None:
        """Refuse equations that are not known, do not belong together or lack their input."""
        options_of(self.config.flux)
        given = self.config.inputs if self.dataset is None else self.dataset
        if self.config.flux.sea_ice and "sea_ice_fraction" not in given:
            raise ConfigError("there is no sea_ice_fraction", where="flux.sea_ice", do="give inputs.sea_ice_fraction")
        if self.config.flux.mode == "table_d1":
            self._check_table_d1()

    def _check_table_d1(self) -> None:
        """Mode "table_d1" repeats the printed example: whatever would change it is refused, not ignored."""
        flux = self.config.flux
        plain = FluxSection(mode="table_d1")
        extra = [f"flux.{k} = {v}" for k, v in flux if v != getattr(plain, k)]
        extra += ["net_flux.area_rule = ellipsoid"] if self.config.net_flux.area_rule == "ellipsoid" else []
        if extra:
            raise ConfigError(
                f'mode "table_d1" repeats the printed example and takes no options: {", ".join(extra)}',
                where="flux",
                do='leave them out, or say mode = "standard"',
            )

    def _check_areas(self, latitude: NDArray[Any], longitude: NDArray[Any]) -> None:
        """Open polygons and masks now: after hours of work would be too late (clause 4.6)."""
        section = self.config.net_flux
        land = None if section.land is None else areas.land_cells(section.land, latitude, longitude)
        areas.sea_areas(section, latitude, longitude, land)

    def _check_accuracy(self, latitude: NDArray[Any], longitude: NDArray[Any]) -> None:
        """Look at the in-situ data now: after hours of work would be too late (clause 4.5)."""
        if self.config.accuracy is not None:
            from shanhai.monitoring.assessment import check_accuracy

            bounds = np.array([[p.start, p.end] for p in self.periods])
            check_accuracy(bounds, latitude, longitude, self.config.accuracy)

    def prepared(self, label: str) -> xr.Dataset:
        """Inputs of one part on the target grid (clause 4.3), lazy."""
        if self.dataset is not None:
            return self._with_chemistry(_months(self.dataset, self.parts[label]))
        return self._with_chemistry(self._with_model(self._with_stations(self.on_grid(label), label)))

    def _with_stations(self, prepared: xr.Dataset, label: str) -> xr.Dataset:
        """Clause 4.4.10: values of the nearest station where no field is at hand."""
        for name, table in self.station_tables.items():
            cells = prepared.latitude.values, prepared.longitude.values
            fields = [stations.nearest_station(table, *cells, p.start, p.end) for p in self.parts[label]]
            dims = ("time", "latitude", "longitude")
            prepared = prepared.assign({name: (dims, np.stack(fields), quantity(name).attributes)})
        return prepared

    def _with_model(self, prepared: xr.Dataset) -> xr.Dataset:
        """Appendix B: pCO2 from a trained model and the other inputs."""
        source = self.config.inputs.get("pco2_sea")
        if source is None or source.model is None:
            return prepared
        from shanhai.monitoring.modelled import OUTSIDE, modelled_pco2

        pco2, outside = modelled_pco2(source.model, prepared)
        return prepared.assign({"pco2_sea": pco2, OUTSIDE: outside})

    def _with_chemistry(self, prepared: xr.Dataset) -> xr.Dataset:
        """Partial pressure from two of DIC, alkalinity and pH, where it is not given."""
        if not has_chemistry(prepared):
            return prepared
        return prepared.assign(pco2_sea=pco2_from_chemistry(prepared, self.config.carbonate))

    def part(self, label: str) -> xr.Dataset:
        """Flux dataset of one part with CF metadata, lazy."""
        prepared = self.prepared(label)
        section = self.config.output
        wanted = ALL_OUTPUTS if section.intermediate_fields else ("co2_flux",)
        flux = flux_fields(prepared, self.config.flux, (*wanted, FLAG))
        inputs = list(prepared.data_vars) if section.intermediate_fields else self._kept_inputs(prepared)
        out = prepared[inputs].merge(flux, combine_attrs="override")
        out = out.assign(cell_area=self._cell_area(flux), sea_observed=_observed(prepared))
        out = out.assign(period_series(out["co2_flux"], out[FLAG], out["cell_area"]))
        if self.config.uncertainty is not None:
            from shanhai.monitoring.uncertainty import flux_uncertainty

            parts = flux_uncertainty(prepared, self.config.uncertainty, self.config.flux)
            out = out.assign(co2_flux_uncertainty=parts["co2_flux_uncertainty"])
        return cf_dataset(out, self._attributes(), self.config.grid.resolution)

    def _kept_inputs(self, prepared: xr.Dataset) -> list[str]:
        """Inputs that later clauses need, where not all are written: those of the in-situ flux and its verdict."""
        from shanhai.monitoring.modelled import OUTSIDE

        assessed = () if self.config.accuracy is None else self.config.accuracy.quantities
        wanted = ["time_bounds", OUTSIDE, *(["pco2_sea"] if "pco2_sea" in assessed else [])]
        wanted += [n for n in (*DRIVERS, *WINDS, *[ICE] * self.config.flux.sea_ice) if "co2_flux" in assessed]
        return [n for n in wanted if n in prepared]

    def _cell_area(self, flux: xr.Dataset) -> xr.DataArray:
        """Areas by the rule of the configuration [km2], in the blocks of the flux; 10^4 km2 in mode "table_d1"."""
        rule, size = self.config.net_flux.area_rule, self.config.grid.resolution
        about = (flux.latitude.values, flux.longitude.values, size, rule)
        area = net_flux.cell_area(*about)
        if self.config.flux.mode == "table_d1":
            return xr.full_like(area, table_d1.CELL_AREA)
        blocks = {d: n for d, n in flux.chunksizes.items() if d in area.dims}
        return area.chunk(blocks, token=tokenize(about)) if blocks else area

    def _attributes(self) -> dict[str, str]:
        flux = self.config.flux
        return {
            "title": self.config.title,
            "source": "shanhai: partial-pressure method of HY/T 0343.5",
            "references": f"HY/T 0343.5; {options_of(flux).law.source}",
            "comment": f"mode {flux.mode}; options beyond the standard: {', '.join(beyond_standard(flux)) or 'none'}",
        }


def beyond_standard(flux: Any) -> list[str]:
    """Settings that the standard does not know, as `key = value`."""
    defaults = type(flux)()
    keys = ("schmidt", "fugacity", "cool_skin", "salty_skin", "temperature_is", "sea_ice")
    law = [] if flux.law in TABLE_C1.values() else [f"law = {flux.law}"]
    return [*law, *(f"{k} = {getattr(flux, k)}" for k in keys if getattr(flux, k) != getattr(defaults, k))]


def _observed(prepared: xr.Dataset) -> xr.DataArray:
    """Cells where some sea variable has a value at some time: sea, when no land mask is given."""
    names = ("sea_surface_temperature", "sea_surface_salinity", "pco2_sea")
    sea = [prepared[n] for n in names if "latitude" in prepared[n].dims]
    seen = xr.apply_ufunc(_some_value, *sea, dask="parallelized", output_dtypes=["int8"])
    return seen.max("time").assign_attrs(
        long_name="some sea variable has a value in this month",
        flag_values=np.array([0, 1], dtype="int8"),
        flag_meanings="never_observed observed",
        units="1",
    )


def _some_value(*values: NDArray[Any]) -> NDArray[np.int8]:
    return np.logical_or.reduce([~np.isnan(x) for x in values]).view("int8")


def _months(dataset: xr.Dataset, months: list[Period]) -> xr.Dataset:
    starts = np.array([p.start for p in months])
    return dataset.isel(time=np.isin(dataset.time.values, starts))
