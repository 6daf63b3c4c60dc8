"""A flux monitoring job: inputs opened and checked, then one part (calendar month) after another."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from shanhai.core.notation import quantity
from shanhai.grids.horizontal import cell_area_ellipsoid, cell_area_hyt0343
from shanhai.io import fields as readers
from shanhai.io import provenance, stations
from shanhai.io.output import cf_dataset
from shanhai.io.sources import FieldSource
from shanhai.monitoring import gridding, table_d1
from shanhai.monitoring.config import FluxConfig
from shanhai.monitoring.flux import ALL_OUTPUTS, flux_fields, options_of
from shanhai.monitoring.periods import Period, parts, periods
from shanhai.monitoring.results import Sentence

HASHED_WHOLE = 2**31  # bytes; larger inputs are fingerprinted by name, size and time of change


@dataclass(frozen=True)
class InputSummary:
    """What was found of one input, for the eyes of the user before anything runs."""

    name: str
    origin: str
    variable: str
    unit: str
    span: str
    grid: str


@dataclass
class Job:
    """A validated job.

    Args:
        config: its configuration.
        dataset: prepared dataset given in memory instead of files.
        notes: reservations found so far; grows as the job goes on.
    """

    config: FluxConfig
    dataset: xr.Dataset | None = None
    notes: list[Sentence] = field(default_factory=list)

    @cached_property
    def grid(self) -> gridding.TargetGrid:
        """Target grid (clause 4.3.4)."""
        return gridding.target_grid(self.config.region, self.config.grid)

    @cached_property
    def periods(self) -> list[Period]:
        """Periods of the product (clause 4.3.3)."""
        return periods(self.config.time)

    @cached_property
    def parts(self) -> dict[str, list[Period]]:
        """Periods by calendar month: the unit of work and of resuming."""
        return parts(self.periods)

    @cached_property
    def fields(self) -> dict[str, xr.DataArray]:
        """Every gridded input, opened lazily, checked, in the units of the notation table."""
        gridded = {n: s for n, s in self.config.inputs.items() if s.model is None and s.stations is None}
        opened = {name: readers.open_field(name, source) for name, source in gridded.items()}
        for name, one in opened.items():
            gridding.check_coverage(name, one, self.periods)
        self.notes += [Sentence(en, zh) for en, zh in readers.check_alignment(opened)]
        return opened

    @cached_property
    def fingerprint(self) -> str:
        """Digest of all that decides the results: configuration, inputs, software."""
        inputs = {path: provenance.quick_fingerprint(path) for path in self.input_paths()}
        held = "" if self.dataset is None else provenance.digest(_held_values(self.dataset))
        return provenance.digest([self.config.model_dump(mode="json"), inputs, held, provenance.versions()])

    def input_paths(self) -> list[str]:
        """Every local file or store that the configuration names."""
        found: set[str] = set()
        for source in self.config.inputs.values():
            found |= set(_local_paths(source))
        if self.config.accuracy is not None:
            found.add(self.config.accuracy.data.file)
        return sorted(p for p in found if Path(p).exists())

    def input_hashes(self) -> dict[str, str]:
        """SHA-256 of every input, or its quick fingerprint where it is very large."""
        out = {}
        for path in self.input_paths():
            small = _size(Path(path)) <= HASHED_WHOLE
            mark = provenance.file_hash(path) if small else provenance.quick_fingerprint(path)
            out[path] = f"{'sha256' if small else 'sha256 of names, sizes and times'}:{mark}"
        return out

    def check(self) -> list[InputSummary]:
        """Open every input and look at the first part, without computing or writing anything.

        Raises:
            InputError: for whatever would stop the job, in a sentence.
        """
        options_of(self.config.flux)
        rows = [_summary(n, self.config.inputs[n], self.fields.get(n)) for n in self.config.inputs]
        self.prepared(next(iter(self.parts)))
        return rows

    def prepared(self, label: str) -> xr.Dataset:
        """Inputs of one part on the target grid (clause 4.3), lazy."""
        if self.dataset is not None:
            return _months(self.dataset, self.parts[label])
        section = self.config
        out = gridding.prepare(
            self.fields,
            self.grid,
            self.parts[label],
            time_method=section.time.method,
            space_method=section.grid.method,
            minimum_valid_fraction=section.grid.minimum_valid_fraction,
        )
        return self._with_model(self._with_stations(out, label))

    def _with_stations(self, prepared: xr.Dataset, label: str) -> xr.Dataset:
        """Clause 4.4.10: values of the nearest station where no field is at hand."""
        for name, source in self.config.inputs.items():
            if source.stations is not None:
                table = stations.read_stations(name, source.stations)
                fields = [stations.nearest_station(table, name, self.grid, p) for p in self.parts[label]]
                dims = ("time", "latitude", "longitude")
                prepared = prepared.assign({name: (dims, np.stack(fields), quantity(name).attributes)})
        return prepared

    def _with_model(self, prepared: xr.Dataset) -> xr.Dataset:
        """Appendix B: pCO2 from a trained model and the other inputs."""
        source = self.config.inputs["pco2_sea"]
        if source.model is None:
            return prepared
        from shanhai.monitoring.pco2_models.apply import predicted_pco2

        return prepared.assign(pco2_sea=predicted_pco2(source.model, prepared))

    def part(self, label: str) -> xr.Dataset:
        """Flux dataset of one part with CF metadata, lazy."""
        prepared = self.prepared(label)
        section = self.config.output
        wanted = ALL_OUTPUTS if section.intermediate_fields else ("co2_flux",)
        flux = flux_fields(prepared, self.config.flux, wanted)
        inputs = list(prepared.data_vars) if section.intermediate_fields else ["pco2_sea", "time_bounds"]
        out = prepared[inputs].merge(flux, combine_attrs="override")
        out = out.assign(cell_area=self._cell_area(out), sea_observed=_observed(prepared, self.config))
        if self.config.uncertainty is not None and section.intermediate_fields:
            from shanhai.monitoring.uncertainty import flux_uncertainty_map

            out = out.assign(
                co2_flux_uncertainty=flux_uncertainty_map(prepared, self.config.uncertainty, self.config.flux)
            )
        return cf_dataset(out, self._attributes())

    def _cell_area(self, out: xr.Dataset) -> xr.DataArray:
        area = cell_areas(out.latitude.values, out.longitude.values, self.config)
        return xr.DataArray(area, dims=("latitude", "longitude"), attrs=quantity("cell_area").attributes)

    def _attributes(self) -> dict[str, str]:
        flux = self.config.flux
        return {
            "title": self.config.title,
            "source": "shanhai: partial-pressure method of HY/T 0343.5",
            "references": f"HY/T 0343.5; {options_of(flux).law.source}",
            "comment": f"mode {flux.mode}; options beyond the standard: {', '.join(beyond_standard(flux)) or 'none'}",
        }


def cell_areas(latitude: Any, longitude: Any, config: FluxConfig) -> Any:
    """Area of every cell [km2], by the rule of the configuration; 10^4 km2 in mode "table_d1"."""
    shape = (len(latitude), len(longitude))
    if config.flux.mode == "table_d1":
        return np.full(shape, table_d1.CELL_AREA)
    size = config.grid.resolution
    if config.net_flux.area_rule == "hyt0343":
        row = cell_area_hyt0343(latitude, size)
    else:
        row = cell_area_ellipsoid(latitude - size / 2, latitude + size / 2, size)
    return np.broadcast_to(row[:, None] / 1e6, shape)


def beyond_standard(flux: Any) -> list[str]:
    """Settings that the standard does not know, as `key = value`."""
    defaults = type(flux)()
    keys = ("schmidt", "fugacity", "cool_skin", "salty_skin", "sea_ice")
    return [f"{k} = {getattr(flux, k)}" for k in keys if getattr(flux, k) != getattr(defaults, k)]


def _observed(prepared: xr.Dataset, config: FluxConfig) -> xr.DataArray:
    """Cells where some sea variable has a value at some time: sea, when no land mask is given."""
    names = ("sea_surface_temperature", "sea_surface_salinity", "pco2_sea")
    seen = [prepared[n].notnull().any("time") for n in names if "latitude" in prepared[n].dims]
    observed = seen[0]
    for other in seen[1:]:
        observed = observed | other
    return observed.astype("int8").assign_attrs(
        long_name="some sea variable has a value in this month", flag_values="0 1", units="1"
    )


def _months(dataset: xr.Dataset, months: list[Period]) -> xr.Dataset:
    starts = np.array([p.start for p in months])
    return dataset.isel(time=np.isin(dataset.time.values, starts))


def _held_values(dataset: xr.Dataset) -> list[Any]:
    return [[n, v.dims, provenance.digest(v.values.tolist())] for n, v in sorted(dataset.variables.items(), key=str)]


def _local_paths(source: FieldSource) -> list[str]:
    named = [source.model, source.stations]
    if source.files is not None:
        named += [source.files] if isinstance(source.files, str) else list(source.files)
    out: list[str] = []
    for path in (p for p in named if p is not None):
        out += sorted(str(p) for p in readers.expand(path))
    return out


def _size(path: Path) -> int:
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file()) if path.is_dir() else path.stat().st_size


def _summary(name: str, source: FieldSource, opened: xr.DataArray | None) -> InputSummary:
    origin = source.files or source.model or source.stations or source.value
    text = origin if isinstance(origin, str) else str(origin)
    variable = source.variable if isinstance(source.variable, str) else "+".join(source.variable or ())
    span = grid = ""
    if opened is not None and "time" in opened.dims:
        first, last = (str(t)[:10] for t in (opened.time_start.values[0], opened.time_end.values[-1]))
        span = f"{first} to {last}"
    if opened is not None and "latitude" in opened.dims:
        grid = f"{opened.sizes['latitude']} x {opened.sizes['longitude']}"
    return InputSummary(name, text, variable, quantity(name).unit, span, grid)
