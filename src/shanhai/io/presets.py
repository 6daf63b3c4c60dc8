"""Presets of models: TOML that names a model and changes what its `Settings` say."""

import dataclasses
from collections.abc import Callable
from importlib import import_module, util
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import equinox as eqx
from pydantic import BaseModel, ConfigDict

from shanhai import data
from shanhai.core.errors import ConfigError, nearest
from shanhai.io.settings import read_toml, validated

FOLDER = Path(data.__file__).parent / "presets"
Kind = Literal["box", "site"]
ROOMS: dict[Kind, tuple[str, ...]] = {
    "box": ("shanhai.models.box", "shanhai.carbon.presets"),
    "site": ("shanhai.site",),
}
"""Where the models of a kind live: those that analyse tables of data stand in carbon or site."""
COMMANDS: dict[Kind, str] = {"box": "shanhai box", "site": "shanhai site soil"}


class Preset(NamedTuple):
    """A preset that was read.

    Args:
        name: stem of its file.
        kind: "box" or "site".
        title: one phrase.
        model: stem of the model's module, and of its figure.
        settings: of the model.
        run: runs settings and gives a `Result`.
    """

    name: str
    kind: Kind
    title: str
    model: str
    settings: Any
    run: Callable[[Any], Any]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Kind
    model: str
    title: str
    settings: dict[str, Any] = {}


def names(kind: Kind = "box") -> tuple[str, ...]:
    """Names of the presets of a kind that come with shanhai."""
    return tuple(sorted(p.stem for p in (FOLDER / kind).glob("*.toml")))


def listed(kind: Kind = "box") -> list[tuple[str, str]]:
    """Name and title of every preset of a kind that comes with shanhai."""
    return [(name, str(read_toml(FOLDER / kind / f"{name}.toml")["title"])) for name in names(kind)]


def path_of(preset: str, kind: Kind = "box") -> Path:
    """File of a preset: one that comes with shanhai, or a path to one.

    Raises:
        ConfigError: where there is neither.

    >>> path_of("no-such")
    Traceback (most recent call last):
    ...
    shanhai.core.errors.ConfigError: preset no-such: there is neither a preset nor a file of this name; ...
    """
    if preset in names(kind):
        return FOLDER / kind / f"{preset}.toml"
    if Path(preset).suffix == ".toml" and Path(preset).exists():
        return Path(preset)
    what = f"there is neither a preset nor a file of this name; {nearest(preset, list(names(kind)))}"
    raise ConfigError(what, where=f"preset {preset}", do=f"`{COMMANDS[kind]} list` shows the presets")


def read_preset(preset: str, changes: dict[str, Any] | None = None, kind: Kind = "box") -> Preset:
    """Read a preset and hold every number of it against its bounds.

    Args:
        preset: name, or path to a file.
        changes: dotted names of settings -> value, over those of the file.
        kind: what it has to be.

    Raises:
        ConfigError: for a preset of another kind, unknown names, wrong types and numbers out of bounds, before anything
            is run.

    >>> read_preset("overturning").model
    'overturning'
    """
    path = path_of(preset, kind)
    read = validated(_File, read_toml(path), str(path), {})
    if read.kind != kind:
        what = f"this is a preset of kind {read.kind!r}"
        raise ConfigError(what, where=str(path), do=f"run it with `{COMMANDS[read.kind]}`")
    module = _module(read.model, kind, str(path))
    said = read.settings
    for name, given in (changes or {}).items():
        said = _with(said, name.split("."), given, f"--set {name}")
    settings = filled(module.Settings, said, str(path))
    return Preset(path.stem, kind, read.title, read.model, settings, module.run)


def _module(model: str, kind: Kind, where: str) -> Any:
    known = [p.stem for room in ROOMS[kind] for p in _files(room) if p.stem not in ("__init__", "result", "books")]
    for room in ROOMS[kind]:
        if model in {p.stem for p in _files(room)} & set(known):
            return import_module(f"{room}.{model}")
    raise ConfigError(f"there is no {kind} model {model!r}; {nearest(model, known)}", where=where)


def _files(room: str) -> list[Path]:
    found = util.find_spec(room)
    return sorted(Path(found.origin).parent.glob("*.py")) if found and found.origin else []


def _with(said: dict[str, Any], keys: list[str], given: Any, where: str) -> dict[str, Any]:
    head, *rest = keys
    if not rest:
        return said | {head: given}
    inner = said.get(head, {})
    if not isinstance(inner, dict):
        raise ConfigError(f"{head!r} is a value, not a section", where=where)
    return said | {head: _with(inner, rest, given, where)}


def filled(kind: type[eqx.Module], said: dict[str, Any], where: str, at: str = "settings") -> Any:
    """An instance of a settings module from a dictionary.

    Args:
        kind: class with numbers by `par`, options with a type, and modules with defaults inside.
        said: name -> value; what is left out keeps its default.
        where: named in errors.
        at: dotted place of the dictionary.

    Raises:
        ConfigError: naming key and place.
    """
    fields = {f.name: f for f in dataclasses.fields(kind) if f.init}
    hints = get_type_hints(kind)
    given: dict[str, Any] = {}
    for name, value in said.items():
        if name not in fields:
            raise ConfigError(f"{at}: unknown key {name!r}; {nearest(name, list(fields))}", where=where)
        given[name] = _value(fields[name], hints[name], value, where, f"{at}.{name}")
    return kind(**given)


def _value(field: Any, hint: Any, value: Any, where: str, at: str) -> Any:
    default = _default(field)
    if isinstance(default, eqx.Module):
        if not isinstance(value, dict):
            raise ConfigError(f"{at}: a section with keys is meant, not {value!r}", where=where)
        return filled(type(default), value, where, at)
    if field.metadata.get("parameter"):
        return _number(field.metadata, value, where, at)
    return _option(hint, value, where, at)


def _default(field: Any) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else None


def _number(about: Any, value: Any, where: str, at: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"{at}: a number in {about['unit']} is meant, not {value!r}", where=where)
    low, high = about["bounds"]
    if not low <= value <= high:
        raise ConfigError(
            f"{at}: {value:g} {about['unit']} lies outside {low:g} to {high:g} ({about['meaning']})", where=where
        )
    return float(value)


def _option(hint: Any, value: Any, where: str, at: str) -> Any:
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        if value not in choices:
            said = ", ".join(str(c) for c in choices)
            raise ConfigError(f"{at}: one of {said} is meant, not {value!r}", where=where)
        return value
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise ConfigError(f"{at}: a list is meant, not {value!r}", where=where)
        inner = get_args(hint)
        kinds = [inner[0]] * len(value) if Ellipsis in inner else list(inner)
        if len(kinds) != len(value):
            raise ConfigError(f"{at}: a list of {len(kinds)} is meant, not of {len(value)}", where=where)
        return tuple(_option(k, v, where, f"{at}[{i}]") for i, (k, v) in enumerate(zip(kinds, value)))
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint in (int, float, str, bool) and (type(value) is not hint):
        kind = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}[hint]
        raise ConfigError(f"{at}: {kind} is meant, not {value!r}", where=where)
    return value
