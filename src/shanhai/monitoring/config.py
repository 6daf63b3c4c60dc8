"""The configurations of monitoring jobs: every section, its keys and their defaults.

The models refuse unknown keys, name the nearest known one, and hold no logic beyond checks that need no data.
"""

import re
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

from shanhai.core.errors import ConfigError, nearest
from shanhai.io import settings
from shanhai.io.sources import FieldSource, FilePath, TableSource

INPUTS = (
    "pco2_sea",
    "xco2",
    "sea_surface_temperature",
    "sea_surface_salinity",
    "wind_speed",
    "wind_speed_mean_square",
    "wind_speed_mean_cube",
    "air_pressure",
    "sea_ice_fraction",
    "pco2_sea_uncertainty",
    "chlorophyll",
    "mixed_layer_depth",
    "remote_sensing_reflectance",
    "dic",
    "dic_concentration",
    "alkalinity",
    "alkalinity_concentration",
    "pH",
    "phosphate",
    "silicate",
)
CHEMISTRY = {
    "dic": "dic",
    "dic_concentration": "dic",
    "alkalinity": "alkalinity",
    "alkalinity_concentration": "alkalinity",
    "pH": "pH",
}
"""Inputs from which pCO2 is computed in place of `pco2_sea` -> what of the carbonate system each fixes."""

NUTRIENTS = ("phosphate", "silicate")
PREDICTORS_ONLY = ("chlorophyll", "mixed_layer_depth", "remote_sensing_reflectance")
REQUIRED_INPUTS = (
    "pco2_sea",
    "xco2",
    "sea_surface_temperature",
    "sea_surface_salinity",
    "wind_speed",
    "air_pressure",
)


class Section(BaseModel):
    """Base of every section: unknown keys are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _resolution(value: Any) -> Any:
    try:
        return float(Fraction(value)) if isinstance(value, str) else value
    except (ValueError, ZeroDivisionError):
        raise ValueError(f'{value!r} is not a cell size; write "1/24" or 0.25') from None


def _month_or_day(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", value):
        return value
    raise ValueError(f'{str(value)!r} is not a month or a day; write "2010-03" or "2010-03-31", with quotes')


def _of_files(source: FieldSource | None) -> FieldSource | None:
    if source is not None and source.files is None:
        raise ValueError("a mask comes from files")
    return source


MonthOrDay = Annotated[str, BeforeValidator(_month_or_day)]
MaskSource = Annotated[FieldSource, AfterValidator(_of_files)]


class Region(Section):
    """Box of the job (clause 4.3.2); `west` may exceed `east` across the date line.

    Args:
        west: western edge [degree east].
        east: eastern edge [degree east].
        south: southern edge [degree north].
        north: northern edge [degree north].
    """

    west: float = Field(-180.0, ge=-180, le=360)
    east: float = Field(180.0, ge=-180, le=360)
    south: float = Field(-90.0, ge=-90, le=90)
    north: float = Field(90.0, ge=-90, le=90)

    @model_validator(mode="after")
    def _ordered(self) -> "Region":
        if self.south >= self.north:
            raise ValueError(f"south ({self.south}) must be less than north ({self.north})")
        if self.west == self.east:
            raise ValueError("west and east are the same meridian; a globe is west = -180, east = 180")
        return self


class TimeSpan(Section):
    """Months or days of the job and its frequency (clause 4.3.3).

    Args:
        start: first month or day, as 2010-01 or 2010-01-01.
        end: last month or day, included.
        frequency: length of the periods.
        method: how samples make the value of a period.
    """

    start: MonthOrDay
    end: MonthOrDay
    frequency: Literal["monthly", "8-day", "daily"] = "monthly"
    method: Literal["mean", "linear", "nearest"] = "mean"


class GridSection(Section):
    """Target grid (clause 4.3.4).

    Args:
        resolution: cell size [degree], a number or a fraction such as "1/24".
        method: mean weights by overlap area; linear and nearest interpolate to the cell centre.
        minimum_valid_fraction: part of a target cell that must have data.
    """

    resolution: Annotated[float, BeforeValidator(_resolution), Field(gt=0, le=30)] = 1 / 24
    method: Literal["mean", "linear", "nearest"] = "mean"
    minimum_valid_fraction: float = Field(0.5, ge=0, le=1)


class FluxSection(Section):
    """Equations (clause 4.4); everything beyond the standard is off by default.

    Args:
        mode: table_d1 repeats the roundings of the printed example, for comparison only.
        law: transfer velocity law, a name of `shanhai.airsea.LAWS`.
        schmidt: fit of the Schmidt number; wanninkhof_1992 is formula (3).
        wind_compensation: C of formulas (4) and (C.3) from the winds or moments given, or 1.
        fugacity: use fugacities instead of partial pressures.
        cool_skin: temperature difference across the skin: -0.17 K fixed, or by wind speed.
        salty_skin: excess salinity of the skin.
        temperature_is: depth of the temperature given, when the cool skin is on.
        sea_ice: scale the flux by the open water; needs `inputs.sea_ice_fraction` in every sea cell.
    """

    mode: Literal["standard", "table_d1"] = "standard"
    law: str = "ho_2006"
    schmidt: Literal["wanninkhof_1992", "wanninkhof_2014"] = "wanninkhof_1992"
    wind_compensation: Literal["from_winds", "none"] = "from_winds"
    fugacity: bool = False
    cool_skin: Literal["off", "fixed", "donlon_2002"] = "off"
    salty_skin: float = Field(0.0, ge=0, le=1)
    temperature_is: Literal["subskin", "skin"] = "subskin"
    sea_ice: bool = False

    @model_validator(mode="after")
    def _skin_temperature_with_a_skin(self) -> "FluxSection":
        if self.temperature_is == "skin" and self.cool_skin == "off":
            raise ValueError('temperature_is = "skin" says nothing while cool_skin is "off"; choose a cool skin')
        return self


class CarbonateSection(Section):
    """Constants of the carbonate system, where pCO2 is computed from two of DIC, alkalinity and pH.

    Args:
        carbonic: K1 and K2; a name of the page on equilibrium constants, such as "blend" for estuaries.
        sulfate: K_S of bisulfate.
        fluoride: K_F of hydrogen fluoride.
        boron: total boron from salinity.
    """

    carbonic: str = "lueker_2000"
    sulfate: str = "dickson_1990"
    fluoride: str = "perez_fraga_1987_free"
    boron: str = "uppstrom_1974"

    @model_validator(mode="after")
    def _known_names(self) -> "CarbonateSection":
        if self.model_fields_set:  # JAX is loaded only for who says something here
            from shanhai.seawater.constants import ConstantOptions

            ConstantOptions(**dict(self))
        return self


class UncertaintySection(Section):
    """Standard uncertainties of the inputs (in the units of the notation table) and their correlation.

    An input given as a field, `[inputs.pco2_sea_uncertainty]`, takes precedence over `pco2_sea`.

    Args:
        pco2_sea: of the partial pressure in sea water [Pa].
        xco2: of the mole fraction in air [umol mol-1].
        sea_surface_temperature: of the temperature [K].
        sea_surface_salinity: of the salinity [1].
        wind_speed: of the wind speed [m s-1].
        air_pressure: of the pressure [Pa].
        transfer_velocity: of the transfer velocity, relative and common to all cells and times.
        correlation_length: distance over which errors of the inputs fade [m].
        correlation_time: time over which they fade [d].
        monte_carlo: members of a Monte Carlo ensemble; 0 uses derivatives only.
        seed: of its random numbers.
    """

    pco2_sea: float = Field(2.0, ge=0)
    xco2: float = Field(1.0, ge=0)
    sea_surface_temperature: float = Field(0.3, ge=0)
    sea_surface_salinity: float = Field(0.2, ge=0)
    wind_speed: float = Field(0.5, ge=0)
    air_pressure: float = Field(200.0, ge=0)
    transfer_velocity: float = Field(0.2, ge=0, le=2)
    correlation_length: float = Field(400e3, gt=0)
    correlation_time: float = Field(30.0, ge=0)
    monte_carlo: int = Field(0, ge=0, le=100_000)
    seed: int = 0


class AccuracySection(Section):
    """In-situ data and rules of the accuracy assessment (clause 4.5).

    Args:
        data: table of in-situ observations.
        quantities: what is judged.
        window: cells on a side of the match-up window (clause 4.5.2).
        match: climatology allows data of other years, and is named in the verdict.
        reject: rule for outliers in a cell (clause 4.5.1); robust works in cells of few data, too.
        signed_variation: coefficient of variation with the signed mean, as printed.
    """

    data: TableSource
    quantities: tuple[Literal["pco2_sea", "co2_flux"], ...] = ("pco2_sea", "co2_flux")
    window: Literal[3, 5] = 3
    match: Literal["time", "climatology"] = "time"
    reject: Literal["three_sigma", "robust", "none"] = "three_sigma"
    signed_variation: bool = False


class SeaArea(Section):
    """A sea area: one of a box, a polygon file or a mask.

    Args:
        name: for tables and figures.
        key: a key sea area of clause 4.6.3.
        box: west, south, east, north [degree].
        polygon: GeoJSON or shapefile.
        feature: picks features of the file, as "attribute=value".
        mask: gridded field of codes.
        mask_value: code of this area in the mask.
    """

    name: str
    key: bool = False
    box: tuple[float, float, float, float] | None = None
    polygon: FilePath | None = None
    feature: str | None = None
    mask: MaskSource | None = None
    mask_value: float | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> "SeaArea":
        given = [s is not None for s in (self.box, self.polygon, self.mask)]
        if sum(given) != 1:
            raise ValueError(f"sea area {self.name!r} needs exactly one of box, polygon and mask")
        for key, shape in (("feature", "polygon"), ("mask_value", "mask")):
            if getattr(self, key) is not None and getattr(self, shape) is None:
                raise ValueError(f"{key} of sea area {self.name!r} needs {shape}")
        return self


class NetFluxSection(Section):
    """Integration over areas and time (clause 4.6).

    Args:
        totals: time spans that are summed.
        area_rule: hyt0343 is formula (15), ellipsoid is exact.
        weighting: formula (13) counts observations; days weights each period by its length.
        require_every_subperiod: a cell counts in a span only when every month of it has a value (clause 4.6.2.1).
        land: land fraction; cells above one half are land.
        areas: sea areas; the whole region when none is named.
    """

    totals: tuple[Literal["month", "season", "year", "all"], ...] = ("month", "season", "year")
    area_rule: Literal["hyt0343", "ellipsoid"] = "hyt0343"
    weighting: Literal["observations", "days"] = "observations"
    require_every_subperiod: bool = True
    land: MaskSource | None = None
    areas: tuple[SeaArea, ...] = ()


class OutputSection(Section):
    """What is written.

    Args:
        format: of the fields.
        intermediate_fields: also write what the flux is made of.
        figures: draw figures.
        precision: single halves the files.
        language: of report and figures.
    """

    format: Literal["netcdf", "zarr"] = "netcdf"
    intermediate_fields: bool = True
    figures: bool = True
    precision: Literal["double", "single"] = "double"
    language: Literal["en", "zh"] = "en"


class FluxConfig(Section):
    """A flux monitoring job, `kind = "flux"`.

    Args:
        kind: what this file is.
        title: for report and figures.
        region: box of the job.
        time: span and frequency.
        grid: target grid.
        inputs: a source for each input, by its notation name.
        flux: equations.
        carbonate: constants, where pCO2 is computed from DIC, alkalinity or pH.
        uncertainty: switched on by its presence.
        accuracy: switched on by its presence.
        net_flux: integration.
        output: what is written.
    """

    kind: Literal["flux"]
    title: str = "Air-sea CO2 flux"
    region: Region = Region()
    time: TimeSpan
    grid: GridSection = GridSection()
    inputs: dict[str, FieldSource]
    flux: FluxSection = FluxSection()
    carbonate: CarbonateSection = CarbonateSection()
    uncertainty: UncertaintySection | None = None
    accuracy: AccuracySection | None = None
    net_flux: NetFluxSection = NetFluxSection()
    output: OutputSection = OutputSection()

    @model_validator(mode="after")
    def _inputs_known_and_complete(self, info: ValidationInfo) -> "FluxConfig":
        for name, source in self.inputs.items():
            if name not in INPUTS:
                raise ValueError(f"inputs.{name} is not an input; {nearest(name, INPUTS)}")
            if source.model is not None and name != "pco2_sea":
                raise ValueError(f"inputs.{name}.model: models are of pco2_sea only; give files, stations or value")
        if self.uncertainty is not None and not self.output.intermediate_fields:
            raise ValueError("uncertainty needs output.intermediate_fields = true, to know the inputs again")
        missing = missing_inputs(self.inputs)
        if missing and not (info.context or {}).get("dataset"):
            raise ValueError(f"missing inputs: {', '.join(missing)}")
        idle = self._idle_inputs()
        if idle:
            raise ValueError(f"inputs.{idle[0]} is given and nothing uses it; {idle[1]}")
        return self

    def _idle_inputs(self) -> tuple[str, str] | None:
        """First input that no setting uses, and what would use it."""
        modelled = "pco2_sea" in self.inputs and self.inputs["pco2_sea"].model is not None
        uses = {
            "sea_ice_fraction": (self.flux.sea_ice, "say flux.sea_ice = true"),
            "pco2_sea_uncertainty": (self.uncertainty is not None, "add the section [uncertainty]"),
        }
        uses |= dict.fromkeys(PREDICTORS_ONLY, (False, "it serves a model: inputs.pco2_sea.model"))
        computed = "pco2_sea" not in self.inputs
        uses |= dict.fromkeys((*CHEMISTRY, *NUTRIENTS), (computed, "pCO2 is given by inputs.pco2_sea: leave out one"))
        return next(((n, do) for n, (used, do) in uses.items() if n in self.inputs and not used and not modelled), None)


class ValidationSection(Section):
    """Blocks that a pCO2 model must predict without having seen them.

    Args:
        blocks: months, boxes or cruises; with cruise, each cruise is gridded by itself.
        months: length of a block in time.
        size: side of a block in space [degree].
        folds: parts into which the blocks are dealt.
    """

    blocks: Literal["time", "space", "cruise"] = "time"
    months: int = Field(1, ge=1)
    size: float = Field(10.0, gt=0, le=180)
    folds: int = Field(5, ge=2)


class ModelConfig(Section):
    """Training of pCO2 models (Appendix B), `kind = "pco2_model"`; `inputs` are the predictors.

    Args:
        kind: what this file is.
        title: of the model.
        region: box of the match-ups.
        time: span and frequency.
        grid: on which in-situ data and predictors meet.
        inputs: a source for each predictor, by its notation name.
        data: in-situ pCO2.
        reject: rule for outliers in a cell (clause 4.5.1).
        candidates: models to try.
        validation: how they are judged.
        force: keep the best even if none qualifies.
    """

    kind: Literal["pco2_model"]
    title: str = "pCO2 model"
    region: Region = Region()
    time: TimeSpan
    grid: GridSection = GridSection()
    inputs: dict[str, FieldSource]
    data: TableSource
    reject: Literal["three_sigma", "robust", "none"] = "three_sigma"
    candidates: tuple[dict[str, Any], ...] = Field(min_length=1)
    validation: ValidationSection = ValidationSection()
    force: bool = False

    @model_validator(mode="after")
    def _known_inputs(self) -> "ModelConfig":
        for name, source in self.inputs.items():
            if name not in INPUTS or name == "pco2_sea":
                raise ValueError(f"inputs.{name} is not a predictor; {nearest(name, set(INPUTS) - {'pco2_sea'})}")
            if source.files is None and source.value is None:
                raise ValueError(f"inputs.{name}: a predictor comes from files or is one value")
        return self


KINDS: dict[str, type[Section]] = {"flux": FluxConfig, "pco2_model": ModelConfig}
"""What `kind` in a configuration may say."""


def missing_inputs(given: Iterable[str]) -> list[str]:
    """Inputs that a flux job lacks; two quantities of `CHEMISTRY` stand for `pco2_sea`.

    Raises:
        ValueError: if the chemistry fixes one quantity twice, or three.

    >>> missing_inputs(["dic", "pH", "xco2", "sea_surface_temperature", "sea_surface_salinity", "wind_speed"])
    ['air_pressure']
    """
    present = set(given)
    pair = [name for name in CHEMISTRY if name in present]
    missing = [name for name in REQUIRED_INPUTS if name not in present]
    if "pco2_sea" in present or not pair:
        return missing
    if len(pair) != 2 or len({CHEMISTRY[name] for name in pair}) != 2:
        raise ValueError(f"pCO2 needs two of dic, alkalinity and pH, not {', '.join(pair)}; or give inputs.pco2_sea")
    return [name for name in missing if name != "pco2_sea"]


def load(path: str | Path, *kinds: str) -> Any:
    """Read and validate a configuration; relative paths in it are relative to its own folder.

    Args:
        path: TOML file.
        kinds: kinds that are welcome; all of `KINDS` when none is named.

    Raises:
        ConfigError: in a sentence that names the key.
    """
    raw = settings.read_toml(path, do="shanhai flux new writes one")
    kind, welcome = raw.get("kind"), kinds or tuple(KINDS)
    if kind not in welcome:
        words = " or ".join(f'kind = "{k}"' for k in welcome)
        raise ConfigError(f"kind is {kind!r}, where {words} is meant", where=str(path))
    return parse(raw, where=str(path), base=Path(path).parent)


def parse(raw: dict[str, Any], *, where: str = "config", base: Path | None = None, dataset: bool = False) -> Any:
    """Validate a configuration given as a dictionary; see `load`.

    Args:
        raw: what the TOML would hold.
        where: named in errors.
        base: folder of relative paths.
        dataset: the inputs come as a dataset, so `inputs` may be empty.
    """
    return settings.validated(KINDS[raw["kind"]], raw, where, {"base": base or Path(), "dataset": dataset})
