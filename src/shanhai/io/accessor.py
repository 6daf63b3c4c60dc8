"""`ds.shanhai`: the carbonate system of the variables of a dataset, with their units, lazy where they are."""

import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

import shanhai
from shanhai.core.errors import InputError, nearest
from shanhai.core.notation import quantity
from shanhai.io.bottle_units import unit_of
from shanhai.seawater.co2system.carbonate import WHERE, carbonate
from shanhai.seawater.co2system.given import KINDS
from shanhai.seawater.co2system.pairs import REASONS
from shanhai.seawater.co2system.quantities import CODES, DEFAULT, OUTPUTS, PAIR, SOLUTES, TOTALS
from shanhai.seawater.co2system.solver import Root
from shanhai.seawater.constants import ConstantOptions
from shanhai.seawater.constants.validity import validity_meanings
from shanhai.seawater.eos import potential_temperature_eos80

Given = str | float | xr.DataArray
"""A variable of the dataset by its name, a number in the unit of the notation table, or a field."""

INPUTS = (*WHERE, *PAIR, *SOLUTES, *TOTALS)
ELSEWHERE = ("output_temperature", "output_pressure")
STANDARD_NAMES = {
    "sea_water_temperature": "temperature",
    "sea_surface_temperature": "temperature",
    "sea_water_practical_salinity": "salinity",
    "sea_water_salinity": "salinity",
    "sea_surface_salinity": "salinity",
    "sea_water_pressure_due_to_sea_water": "pressure",
    "moles_of_dissolved_inorganic_carbon_per_unit_mass_in_sea_water": "dic",
    "mole_concentration_of_dissolved_inorganic_carbon_in_sea_water": "dic",
    "sea_water_alkalinity_per_unit_mass": "alkalinity",
    "sea_water_alkalinity_expressed_as_mole_equivalent": "alkalinity",
    "sea_water_ph_reported_on_total_scale": "pH",
    "surface_partial_pressure_of_carbon_dioxide_in_sea_water": "pCO2",
    "mole_concentration_of_phosphate_in_sea_water": "phosphate",
    "moles_of_phosphate_per_unit_mass_in_sea_water": "phosphate",
    "mole_concentration_of_silicate_in_sea_water": "silicate",
    "moles_of_silicate_per_unit_mass_in_sea_water": "silicate",
}
"""CF standard name -> quantity."""
POTENTIAL = "sea_water_potential_temperature"
CONSERVATIVE = "sea_water_conservative_temperature"
OTHER_UNITS = {"air_pressure": "Pa"} | dict.fromkeys(TOTALS, "umol kg-1")


@dataclass(frozen=True)
class _Task:
    """What is computed of every block."""

    names: tuple[str, ...]
    outputs: tuple[str, ...]
    options: ConstantOptions
    root: Root | None
    check: bool
    potential: bool
    single: bool

    def __call__(self, *arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """Arrays of `names` to those of `outputs`, in situ and then at the output conditions."""
        given: dict[str, Any] = {n: np.asarray(x, dtype=float) for n, x in zip(self.names, arrays, strict=True)}
        if self.potential and "pressure" in given:
            deep = given["pressure"] * 1e4
            given["temperature"] = np.asarray(
                potential_temperature_eos80(given["temperature"], given["salinity"], 0.0, deep)
            )
        found = carbonate(**given, outputs=self.outputs, options=self.options, root=self.root, check=self.check)
        every = [getattr(found, name) for name in self.outputs]
        if found.output is not None:
            every += [getattr(found.output, name) for name in self.elsewhere]
        return tuple(self._typed(np.asarray(x)) for x in every)

    def _typed(self, array: NDArray[Any]) -> NDArray[Any]:
        return array.astype(np.float32) if self.single and array.dtype.kind == "f" else array

    @property
    def dtypes(self) -> list[Any]:
        """Types of the results, as `dask` wants to know them beforehand."""
        number = np.float32 if self.single else np.float64
        codes = {"reason": np.int8, "validity_flag": np.int32}
        return [codes.get(name, number) for name in (*self.outputs, *self.elsewhere)]

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """Outputs at the output conditions; whether the pair has a solution is told once."""
        return tuple(n for n in self.outputs if n != "reason") if set(ELSEWHERE) & set(self.names) else ()


@xr.register_dataset_accessor("shanhai")
class ShanhaiAccessor:
    """Methods of shanhai on a dataset, as `ds.shanhai`; `import shanhai.xarray` makes them known.

    Args:
        dataset: whose variables are used.
    """

    def __init__(self, dataset: xr.Dataset) -> None:
        self._dataset = dataset

    def carbonate(
        self,
        *,
        outputs: Iterable[str] = DEFAULT,
        options: ConstantOptions = ConstantOptions(),
        root: Root | None = None,
        density: Given | None = None,
        check: bool = True,
        **names: Given | None,
    ) -> xr.Dataset:
        """Solve the carbonate system of fields; see `shanhai.seawater.carbonate` for the quantities.

        Temperature, salinity, pressure, nutrients and the pair are taken from the variables that are named, or else
        from those that have the name of the notation table or its CF standard name. Units are those of the attributes.
        Potential temperature goes to the temperature in situ where there is a pressure. Fields that are lazy stay so:
        values are then checked block by block, when they are computed.

        Args:
            outputs: names of `quantities.OUTPUTS`.
            options: names of the fits.
            root: which of two waters with the same pair.
            density: [kg m-3], of amounts per volume: the reference density of the model, or a field.
            check: refuse values that look like another unit.
            names: quantity -> variable, number in the unit of the notation table, or field; `None` leaves out what
                would be recognised.

        Returns:
            dataset with a variable per output and, at output conditions, `NAME_output`; coordinates as they were,
            attributes by CF. NaN where there is no solution, and why in `reason`.

        Raises:
            InputError: for variables that are not there, units that do not fit, and a pair that fixes nothing.

        >>> import shanhai.xarray
        >>> ds = xr.Dataset({"DIC": ("x", [2.0, 2.1], {"units": "mmol kg-1"}), "sst": ("x", [18.0, 4.0])})
        >>> ds["sst"].attrs["units"] = "degC"
        >>> sea = ds.shanhai.carbonate(dic="DIC", alkalinity=2300.0, temperature="sst", salinity=35.0)
        >>> sea.pH.values.round(4), sea.pCO2.attrs["units"]
        (array([8.1525, 8.1799]), 'uatm')
        """
        given = _given(self._dataset, names)
        _check_names(given)
        weight = None if density is None else _field(self._dataset, "density", density)
        potential = _temperature_kind(given["temperature"])
        fields = {name: _converted(name, value, weight) for name, value in given.items()}
        wanted = (outputs,) if isinstance(outputs, str) else tuple(outputs)
        for name in wanted:
            if name not in OUTPUTS:
                raise InputError(f"{name!r} is no output of carbonate; {nearest(name, OUTPUTS)}", where="outputs")
        single = all(f.dtype == np.float32 for f in fields.values() if isinstance(f, xr.DataArray))
        task = _Task(tuple(fields), wanted, options, root, check, potential, single)
        return _applied(task, list(fields.values()))


def _given(dataset: xr.Dataset, names: Mapping[str, Given | None]) -> dict[str, Given]:
    """What is named, and what is recognised besides."""
    for name in names:
        if name not in INPUTS:
            raise InputError(f"{name!r} is no input of carbonate; {nearest(name, INPUTS)}", where="carbonate")
    told = {name: _field(dataset, name, value) for name, value in names.items() if value is not None}
    pair_told = any(name in PAIR for name in told)
    for label, quantity_name in _recognised(dataset).items():
        if quantity_name not in names and not (pair_told and quantity_name in PAIR):
            if quantity_name in told:
                what = f"several variables can be {quantity_name}, {label!r} among them"
                raise InputError(what, where="carbonate", do=f"say {quantity_name} = ... with the right one")
            told[quantity_name] = dataset[label]
    return told


def _recognised(dataset: xr.Dataset) -> dict[Hashable, str]:
    found: dict[Hashable, str] = {}
    for label, variable in dataset.variables.items():
        name = str(label)
        by_name = name if name in INPUTS and name not in ELSEWHERE else None
        quantity_name = by_name or STANDARD_NAMES.get(str(variable.attrs.get("standard_name", "")))
        if quantity_name:
            found[label] = quantity_name
    return found


def _field(dataset: xr.Dataset, name: str, value: Given) -> Given:
    if not isinstance(value, str):
        return value
    if value not in dataset.variables:
        known = nearest(value, map(str, dataset.variables))
        raise InputError(f"the dataset has no variable {value!r}; {known}", where=name)
    return dataset[value]


def _check_names(given: Mapping[str, Given]) -> None:
    absent = [name for name in ("temperature", "salinity") if name not in given]
    if absent:
        do = f"say {absent[0]} = ... with a variable or a number"
        raise InputError(f"no variable is recognised as {' or '.join(absent)}", where="carbonate", do=do)
    pair = [name for name in given if name in PAIR]
    if len(pair) != 2 or len({KINDS[PAIR[name]] for name in pair}) == 1:
        what = f"two quantities fix the carbonate system, and here are {', '.join(pair) or 'none'}"
        do = f"name two variables, of {', '.join(PAIR)}"
        raise InputError(what, where="carbonate", do=do)


def _temperature_kind(temperature: Given) -> bool:
    """Whether it is potential temperature; conservative temperature is refused."""
    kind = str(temperature.attrs.get("standard_name", "")) if isinstance(temperature, xr.DataArray) else ""
    if kind == CONSERVATIVE:
        do = "convert it to the temperature in situ, with TEOS-10"
        raise InputError("this is conservative temperature", where="temperature", do=do)
    return kind == POTENTIAL


def _converted(name: str, value: Given, density: Given | None) -> Given:
    """A field in the unit of the notation table; a number is in it already."""
    if not isinstance(value, xr.DataArray):
        return value
    plain = name.removeprefix("output_")
    unit = str(value.attrs.get("units", "")).strip()
    if not unit:
        if plain.startswith("pH") or plain in ("salinity", "omega_calcite", "omega_aragonite"):
            return value
        what = f"the variable {value.name!r} has no units"
        raise InputError(what, where=name, do="set attrs['units'], such as 'umol kg-1'")
    understood = unit_of(plain, unit, f"{name}: {value.name}", OTHER_UNITS.get(plain))
    field = understood.convert(value)
    if not understood.per_volume:
        return field
    if density is None:
        do = "say density = ... [kg m-3], the reference density of the model or a field"
        raise InputError(f"{value.name!r} is per volume ({unit})", where=name, do=do)
    return field / density


def _applied(task: _Task, fields: list[Given]) -> xr.Dataset:
    try:
        found = xr.apply_ufunc(
            task,
            *fields,
            output_core_dims=[()] * len(task.dtypes),
            dask="parallelized",
            output_dtypes=task.dtypes,
            join="exact",
            keep_attrs=False,
        )
    except (xr.AlignmentError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        do = "put the fields on one grid first"
        raise InputError(f"the fields do not lie on one grid: {error}", where="carbonate", do=do) from None
    every = found if isinstance(found, tuple) else (found,)
    labels = [*task.outputs, *(f"{name}_output" for name in task.elsewhere)]
    attributes = {"shanhai_version": shanhai.__version__, "constants": json.dumps(asdict(task.options))}
    return xr.Dataset({label: _described(x, label, task.options) for label, x in zip(labels, every)}, attrs=attributes)


def _described(values: Any, label: str, options: ConstantOptions) -> xr.DataArray:
    name = label.removesuffix("_output")
    field = values if isinstance(values, xr.DataArray) else xr.DataArray(values)
    if name not in CODES:
        attributes: dict[str, Any] = dict(quantity(name).attributes)
        if label != name:
            attributes["long_name"] += ", at the output temperature and pressure"
        return field.assign_attrs(attributes)
    return field.assign_attrs(_CODE_ATTRIBUTES[name](options))


def _words(sentences: Iterable[str]) -> str:
    """Meanings of flags as CF wants them: one word each."""
    return " ".join(sentence.replace(" ", "_") for sentence in sentences)


_CODE_ATTRIBUTES: dict[str, Callable[[ConstantOptions], dict[str, Any]]] = {
    "reason": lambda options: {
        "long_name": "why there is no solution",
        "flag_values": np.array(list(REASONS), dtype=np.int8),
        "flag_meanings": _words(REASONS.values()),
    },
    "root_count": lambda options: {"long_name": "number of waters that have the pair"},
    "validity_flag": lambda options: {
        "long_name": "constants used outside their range",
        "flag_masks": np.array(list(validity_meanings(options)), dtype=np.int32),
        "flag_meanings": _words(validity_meanings(options).values()),
    },
}
