"""What a configuration says of a file: where it is, what it holds, and what the file itself does not tell."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator


def _anchored(value: str, info: ValidationInfo) -> str:
    """Anchor a relative path at the folder of the configuration; leave URLs alone."""
    if not value.strip():
        raise ValueError("the path is empty")
    base = (info.context or {}).get("base")
    if base is None or "://" in value:
        return value
    return str(Path(base) / value)


FilePath = Annotated[str, AfterValidator(_anchored)]


class ValidWhen(BaseModel):
    """Values count only where another variable of the same files reaches a minimum (an observation count, say).

    Args:
        variable: name in the files.
        minimum: least value.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    variable: str
    minimum: float = 1.0


class FieldSource(BaseModel):
    """One gridded input.

    Exactly one of `files`, `model`, `stations` and `value` says where it comes from.

    Args:
        files: path, glob pattern or list of them; NetCDF files or Zarr stores.
        variable: name in the files; two names are the components of a vector whose length is taken.
        units: unit of the values, where the file does not say or is wrong; noted in the provenance.
        latitude, longitude, time: names of the coordinates, where CF attributes do not tell.
        months_of: the time axis holds month numbers 1 to 12 of this year.
        climatology: the field has no year: its months serve every year.
        time_label: which point of its interval a time stamp marks, where no bounds are given.
        time_step: the interval each time stamp stands for, where neither bounds nor its neighbours tell.
        cell_label: the point of its cell that latitude and longitude mark, where they are not the centre.
        global_rows: order of the rows of a global file without coordinates; its columns run east from 180 W.
        select: value of the coordinate (position, where it has none) in a dimension that is not time, latitude or
            longitude, such as { level = 1 }.
        valid_when: mask by another variable.
        valid_range: values outside are refused unless `out_of_range` is "missing".
        out_of_range: what to do with values outside the believable range.
        missing_means: value that a missing one stands for, such as 0 in an ice fraction given only where ice is.
        model: folder of a trained pCO2 model, applied to the other inputs.
        stations: table of in-situ values with columns time, latitude, longitude (clause 4.4.10).
        value: one number everywhere, in the unit of the notation table.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    files: FilePath | Annotated[tuple[FilePath, ...], Field(min_length=1)] | None = None
    variable: str | tuple[str, str] | None = None
    units: str | None = None
    latitude: str | None = None
    longitude: str | None = None
    time: str | None = None
    months_of: int | None = Field(None, ge=1, le=9999)
    climatology: bool = False
    time_label: Literal["start", "middle", "end"] | None = None
    time_step: Literal["month", "8-day", "day", "hour"] | None = None
    cell_label: Literal["centre", "southwest", "northwest"] | None = None
    global_rows: Literal["north_to_south", "south_to_north"] | None = None
    select: dict[str, float] = Field(default_factory=dict)
    valid_when: ValidWhen | None = None
    valid_range: tuple[float, float] | None = None
    out_of_range: Literal["refuse", "missing"] = "refuse"
    missing_means: float | None = None
    model: FilePath | None = None
    stations: FilePath | None = None
    value: float | None = Field(None, allow_inf_nan=False)

    @model_validator(mode="after")
    def _one_origin(self) -> "FieldSource":
        given = [n for n in ("files", "model", "stations", "value") if getattr(self, n) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of files, model, stations and value, not {given or 'none'}")
        if self.files is not None and self.variable is None:
            raise ValueError("files needs variable, the name of the field in them")
        if self.valid_range is not None and not self.valid_range[0] < self.valid_range[1]:
            raise ValueError(f"valid_range is {list(self.valid_range)}, where [low, high] is meant")
        return self


class TableSource(BaseModel):
    """A table of in-situ observations.

    Args:
        file: CSV, TSV (SOCAT style, with or without its preamble) or NetCDF with one dimension.
        columns: our quantity name -> column name, where recognition by name fails.
        units: our quantity name -> unit, where the file does not say.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    file: FilePath
    columns: dict[str, str] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)
