"""TOML read and held against its pydantic model, with every error as a sentence that names the key."""

import re
import tomllib
from itertools import takewhile
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from shanhai.core.errors import ConfigError, nearest


def read_toml(path: str | Path, *, do: str = "") -> dict[str, Any]:
    """Read a TOML file.

    Args:
        path: the file.
        do: what to do when there is none.

    Raises:
        ConfigError: for a file that is missing or not TOML.
    """
    path = Path(path)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError("there is no such file", where=str(path), do=do) from None
    except IsADirectoryError:
        raise ConfigError("this is a folder", where=str(path), do="name a TOML file") from None
    except OSError as error:
        raise ConfigError(f"it cannot be read: {error.strerror}", where=str(path)) from None
    except UnicodeDecodeError:
        what = "this is not TOML: the file is not UTF-8"
        raise ConfigError(what, where=str(path), do="save it as UTF-8 in the editor") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"this is not TOML: {error}", where=str(path)) from None


def validated(model: type[BaseModel], raw: dict[str, Any], where: str, context: dict[str, Any]) -> Any:
    """Hold a dictionary against a model.

    Args:
        model: what is meant.
        raw: what is said.
        where: named in errors.
        context: passed to the validators of the model.

    Raises:
        ConfigError: in at most five sentences, one for each wrong key.
    """
    try:
        return model.model_validate(raw, context=context)
    except ValidationError as error:
        told = dict.fromkeys(_sentence(e, model) for e in error.errors())  # alternatives of one key say the same
        raise ConfigError("; ".join(list(told)[:5]), where=where) from None


PLAIN = {
    ", unable to parse string as a number": "",
    ", unable to parse string as an integer": "",
    ", unable to interpret input": "",
    "Input should": "it should",
    "a valid tuple": "a list",
    "a valid string": "a text",
    "a valid number": "a number",
    "a valid integer": "a whole number",
    "a valid boolean": "true or false",
}
ALTERNATIVE = re.compile(r"str|.*[\[(].*")
"""How pydantic marks, in the place of an error, which form of a key with several it has tried."""


def _sentence(e: Any, model: type[BaseModel]) -> str:
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
        message = f"{_plain(e['msg'])}, not {e['input']!r}"
    return f"{key}: {message}" if key else message


def _plain(message: str) -> str:
    """Words of pydantic as a user of TOML knows them."""
    for theirs, ours in PLAIN.items():
        message = message.replace(theirs, ours)
    return message


def _known_keys(location: tuple[Any, ...], model: Any) -> list[str]:
    """Keys that the section at a location knows."""
    for part in location:
        if not (isinstance(model, type) and issubclass(model, BaseModel)) or part not in model.model_fields:
            continue
        model = section_of(model.model_fields[part].annotation)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def section_of(annotation: Any) -> Any:
    """First section class inside an annotation such as dict[str, FieldSource] or Region | None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = section_of(inner)
        if found is not None:
            return found
    return None
