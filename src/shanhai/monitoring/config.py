"""The configurations of monitoring jobs: every section, its keys and their defaults.

The models refuse unknown keys, name the nearest known one, and hold no logic beyond checks that need no data.
"""

import re
import tomllib
from fractions import Fraction
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from shanhai.core.errors import ConfigError, nearest
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
)
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
    """Box of the job (clause 4.3.2); `west` may exceed `east` across the date line."""

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
    """Months or days of the job and its frequency (clause 4.3.3)."""

    start: MonthOrDay
    end: MonthOrDay
    frequency: Literal["monthly", "8-day", "daily"] = "monthly"
    method: Literal["mean", "linear", "nearest"] = "mean"


class GridSection(Section):
    """Target grid (clause 4.3.4)."""

    resolution: Annotated[float, BeforeValidator(_resolution), Field(gt=0, le=30)] = 1 / 24
    method: Literal["mean", "linear", "nearest"] = "mean"
    minimum_valid_fraction: float = Field(0.5, ge=0, le=1)


class FluxSection(Section):
    """Equations (clause 4.4); everything beyond the standard is off by default."""

    mode: Literal["standard", "table_d1"] = "standard"
    law: str = "ho_2006"
    schmidt: Literal["wanninkhof_1992", "wanninkhof_2014"] = "wanninkhof_1992"
    wind_compensation: Literal["from_winds", "none"] = "from_winds"
    fugacity: bool = False
    cool_skin: Literal["off", "fixed", "donlon_2002"] = "off"
    salty_skin: float = Field(0.0, ge=0, le=1)
    temperature_is: Literal["subskin", "skin"] = "subskin"
    sea_ice: bool = False


class UncertaintySection(Section):
    """Standard uncertainties of the inputs (in the units of the notation table) and their correlation.

    An input given as a field, `[inputs.pco2_sea_uncertainty]`, takes precedence over `pco2_sea`.
    """

    pco2_sea: float = Field(2.0, ge=0)
    xco2: float = Field(1.0, ge=0)
    sea_surface_temperature: float = Field(0.3, ge=0)
    sea_surface_salinity: float = Field(0.2, ge=0)
    wind_speed: float = Field(0.5, ge=0)
    air_pressure: float = Field(200.0, ge=0)
    transfer_velocity: float = Field(0.2, ge=0, le=2)  # relative, fully correlated
    correlation_length: float = Field(400e3, gt=0)  # m
    correlation_time: float = Field(30.0, ge=0)  # days
    monte_carlo: int = Field(0, ge=0, le=100_000)
    seed: int = 0


class AccuracySection(Section):
    """In-situ data and rules of the accuracy assessment (clause 4.5)."""

    data: TableSource
    quantities: tuple[Literal["pco2_sea", "co2_flux"], ...] = ("pco2_sea", "co2_flux")
    window: Literal[3, 5] = 3
    match: Literal["time", "climatology"] = "time"
    reject: Literal["three_sigma", "robust", "none"] = "three_sigma"
    signed_variation: bool = False  # True: coefficient of variation with the signed mean, as printed


class SeaArea(Section):
    """A sea area: one of a box, a polygon file or a mask."""

    name: str
    key: bool = False
    box: tuple[float, float, float, float] | None = None  # west, south, east, north
    polygon: FilePath | None = None  # GeoJSON or shapefile
    feature: str | None = None  # "attribute=value" picks one feature of the file
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
    """Integration over areas and time (clause 4.6)."""

    totals: tuple[Literal["month", "season", "year", "all"], ...] = ("month", "season", "year")
    area_rule: Literal["hyt0343", "ellipsoid"] = "hyt0343"
    weighting: Literal["observations", "days"] = "observations"
    require_every_subperiod: bool = True
    land: MaskSource | None = None  # land fraction; cells above 0.5 are land
    areas: tuple[SeaArea, ...] = ()


class OutputSection(Section):
    """What is written."""

    format: Literal["netcdf", "zarr"] = "netcdf"
    intermediate_fields: bool = True
    figures: bool = True
    precision: Literal["double", "single"] = "double"
    language: Literal["en", "zh"] = "en"


class FluxConfig(Section):
    """A flux monitoring job, `kind = "flux"`."""

    kind: Literal["flux"]
    title: str = "Air-sea CO2 flux"
    region: Region = Region()
    time: TimeSpan
    grid: GridSection = GridSection()
    inputs: dict[str, FieldSource]
    flux: FluxSection = FluxSection()
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
        needed = (*REQUIRED_INPUTS, *(("sea_ice_fraction",) if self.flux.sea_ice else ()))
        missing = [name for name in needed if name not in self.inputs]
        if missing and not (info.context or {}).get("dataset"):
            raise ValueError(f"missing inputs: {', '.join(missing)}")
        return self


class ValidationSection(Section):
    """Blocks that a pCO2 model must predict without having seen them."""

    blocks: Literal["time", "space", "cruise"] = "time"  # cruise: each cruise is gridded by itself
    months: int = Field(1, ge=1)
    size: float = Field(10.0, gt=0, le=180)  # degrees
    folds: int = Field(5, ge=2)


class ModelConfig(Section):
    """Training of pCO2 models (Appendix B), `kind = "pco2_model"`; `inputs` are the predictors."""

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


def load(path: str | Path, *kinds: str) -> Any:
    """Read and validate a configuration; relative paths in it are relative to its own folder.

    Args:
        path: TOML file.
        kinds: kinds that are welcome; all of `KINDS` when none is named.

    Raises:
        ConfigError: in a sentence that names the key.
    """
    path = Path(path)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError("there is no such file", where=str(path), do="shanhai flux new writes one") from None
    except IsADirectoryError:
        raise ConfigError("this is a folder", where=str(path), do="name a TOML file") from None
    except OSError as error:
        raise ConfigError(f"it cannot be read: {error.strerror}", where=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"this is not TOML: {error}", where=str(path)) from None
    kind, welcome = raw.get("kind"), kinds or tuple(KINDS)
    if kind not in welcome:
        words = " or ".join(f'kind = "{k}"' for k in welcome)
        raise ConfigError(f"kind is {kind!r}, where {words} is meant", where=str(path))
    return parse(raw, where=str(path), base=path.parent)


def parse(raw: dict[str, Any], *, where: str = "config", base: Path | None = None, dataset: bool = False) -> Any:
    """Validate a configuration given as a dictionary; see `load`.

    Args:
        raw: what the TOML would hold.
        where: named in errors.
        base: folder of relative paths.
        dataset: the inputs come as a dataset, so `inputs` may be empty.
    """
    model = KINDS[raw["kind"]]
    try:
        return model.model_validate(raw, context={"base": base or Path(), "dataset": dataset})
    except ValidationError as error:
        told = dict.fromkeys(_sentence(e, model) for e in error.errors())  # alternatives of one key say the same
        raise ConfigError("; ".join(list(told)[:5]), where=where) from None


ALTERNATIVE = re.compile(r"str|.*[\[(].*")
"""How pydantic marks, in the place of an error, which form of a key with several it has tried."""


def _sentence(e: Any, model: type[Section]) -> str:
    parts = [str(part) for part in e["loc"]]
    path = list(takewhile(lambda part: not ALTERNATIVE.fullmatch(part), parts))
    key = ".".join(path)
    if len(path) < len(parts) and e["type"] != "value_error":
        return f"{key}: one name, or a list of names, is meant, not {e['input']!r}"
    if e["type"] == "extra_forbidden":
        return f"unknown key {key!r}; {nearest(str(e['loc'][-1]), _known_keys(e['loc'][:-1], model))}"
    if e["type"] == "missing":
        return f"key {key!r} is missing"
    if e["type"] in ("model_type", "dict_type"):
        return f"{key}: a section with keys is meant, not {e['input']!r}"
    if e["type"] == "value_error":
        message = e["msg"].removeprefix("Value error, ")
    else:
        message = f"{e['msg'].replace('Input should', 'it should')}, not {e['input']!r}"
    return f"{key}: {message}" if key else message


def _known_keys(location: tuple[Any, ...], model: Any) -> list[str]:
    """Keys that the section at a location knows."""
    for part in location:
        if not (isinstance(model, type) and issubclass(model, BaseModel)) or part not in model.model_fields:
            continue
        model = _section_of(model.model_fields[part].annotation)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _section_of(annotation: Any) -> Any:
    """First section class inside an annotation such as dict[str, FieldSource] or Region | None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _section_of(inner)
        if found is not None:
            return found
    return None
