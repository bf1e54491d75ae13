"""Settings as JSON and back, without pickle: plain values, arrays, frozen dataclasses, and what can be imported by name.

A list, a string, a number, a boolean and None are what they are in JSON. Everything else is an object with a tag:

    {"tuple": [...]}    {"dict": [[key, value], ...]}    {"array": {"dtype": "<f4", "shape": [2], "base64": "..."}}
    {"scalar": {"dtype": "<f4", "base64": "..."}}    {"type": "module:qualname", "fields": {...}}
    {"name": "module:qualname"}    {"lost": {"shown": "...", "why": "..."}}
"""

import base64
import dataclasses
import importlib
import json
import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasal.recipes.values import made_of_fields

_KINDS = "biufcSU"  # of arrays: numbers, booleans and text
_EXPECTED = "A recipe in JSON holds plain values, arrays, frozen dataclasses, and classes and functions of modules."


@dataclasses.dataclass(frozen=True)
class Lost:
    """The place of a setting that could not be written as JSON, or could not be read again.

    Attributes:
        shown: the setting as it printed itself.
        why: the reason, as the error gave it.
        stored: what the file holds, where that is what could not be read; it is written again as it is.
    """

    shown: str
    why: str
    stored: Any = dataclasses.field(default=None, repr=False)

    def __repr__(self) -> str:
        return f"<lost: {self.shown}>"


def encode(value: Any, setting: str) -> Any:
    """Turn a value into what `json.dumps` takes.

    Args:
        value: of a setting.
        setting: its name, for the error.

    Raises:
        ValueError: it cannot be written; the words name the setting.
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return _finite(value, setting)
    if isinstance(value, (np.ndarray, np.generic)):
        return _encode_array(value, setting)
    if type(value) is list:
        return [encode(part, f"{setting}[{place}]") for place, part in enumerate(value)]
    if type(value) is tuple:
        return {"tuple": [encode(part, f"{setting}[{place}]") for place, part in enumerate(value)]}
    if type(value) is dict:
        pairs = [[encode(key, setting), encode(part, f"{setting}[{key!r}]")] for key, part in value.items()]
        return {"dict": pairs}
    return _encode_object(value, setting)


def encode_or_lose(value: Any, setting: str) -> Any:
    """Turn a value into what `json.dumps` takes; where that cannot be, what it was and why."""
    if isinstance(value, Lost) and value.stored is not None:
        return value.stored
    try:
        lost = value if isinstance(value, Lost) else None
        return encode(value, setting) if lost is None else {"lost": {"shown": lost.shown, "why": lost.why}}
    except ValueError as error:
        return {"lost": {"shown": repr(value)[:200], "why": str(error)}}


def decode(stored: Any, setting: str) -> Any:
    """Make a value from what `encode` gave. Nothing is called but frozen dataclasses; modules are imported by name.

    Args:
        stored: parsed JSON.
        setting: its name, for the error.

    Raises:
        ValueError: it is not of that form, or names what cannot be imported; the words name the setting.
    """
    try:
        return _decode(stored)
    except Exception as error:  # whatever a module raises while it is imported
        raise ValueError(
            f"{_EXPECTED} Received: {setting}={json.dumps(stored)[:200]}, which gives {type(error).__name__}: {error}. "
            "Install or put back what it names, or make the recipe anew."
        ) from error


def decode_or_lose(stored: Any, setting: str) -> Any:
    """Make a value from what `encode_or_lose` gave; where that cannot be, a `Lost`."""
    if isinstance(stored, dict) and "lost" in stored:
        return Lost(str(stored["lost"].get("shown")), str(stored["lost"].get("why")))
    try:
        return decode(stored, setting)
    except ValueError as error:
        return Lost(json.dumps(stored)[:200], str(error), stored)


def name_of(value: Any, setting: str) -> str:
    """Find the shortest "module:qualname" that gives a class or function: `kerasal:LayerExtractor`.

    Args:
        value: a class or function.
        setting: its name, for the error.

    Raises:
        ValueError: a lambda, something made inside a function, or of `__main__`: no other program finds it.
    """
    module, qualname = str(getattr(value, "__module__", None)), value.__qualname__
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        name = f"{'.'.join(parts[:count])}:{qualname}"
        if module != "__main__" and ".".join(parts[:count]) in sys.modules and _names(name, value):
            return name
    raise ValueError(
        f"{_EXPECTED} Received: setting {setting!r}, {value!r} of module {module!r}, which other programs cannot import by "
        "its name. Move it into a module, at its top level."
    )


def resolve(name: str) -> Any:
    """Import what "module:qualname" names."""
    module, _, qualname = name.partition(":")
    found: Any = importlib.import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part)
    return found


def _names(name: str, value: Any) -> bool:
    try:
        return resolve(name) is value
    except (ImportError, AttributeError):
        return False


def _finite(value: float, setting: str) -> float:
    if not math.isfinite(value):
        raise ValueError(f"JSON holds finite numbers. Received: setting {setting!r}, {value}. Give a finite one.")
    return value


def _encode_array(value: Any, setting: str) -> dict[str, Any]:
    if value.dtype.kind not in _KINDS or value.dtype.kind in "fc" and not np.all(np.isfinite(value)):
        raise ValueError(
            f"A recipe in JSON holds arrays of finite numbers, booleans or text. Received: setting {setting!r}, dtype "
            f"{value.dtype}, shape {value.shape}. Convert it, and replace NaN and Inf."
        )
    content = {"dtype": value.dtype.str, "base64": base64.b64encode(value.tobytes()).decode()}
    return {"scalar": content} if isinstance(value, np.generic) else {"array": {"shape": [*value.shape], **content}}


def _encode_object(value: Any, setting: str) -> dict[str, Any]:
    if _is_frozen_dataclass(type(value)):
        fields = [field.name for field in dataclasses.fields(value) if field.init]
        encoded = {name: encode(getattr(value, name), f"{setting}.{name}") for name in fields}
        return {"type": name_of(type(value), setting), "fields": encoded}
    if hasattr(value, "__qualname__"):
        return {"name": name_of(value, setting)}
    is_layer = any(base.__name__ == "Layer" and base.__module__.startswith("keras") for base in type(value).__mro__)
    remedy = "Give the layer's path, e.g. 'outer/inner'" if is_layer else "Make its class a frozen dataclass"
    raise ValueError(f"{_EXPECTED} Received: setting {setting!r}, {value!r}. {remedy}.")


def _is_frozen_dataclass(kind: type[Any]) -> bool:
    return made_of_fields(kind) and bool(kind.__dataclass_params__.frozen)


def _decode(stored: Any) -> Any:
    if isinstance(stored, list):
        return [_decode(part) for part in stored]
    if not isinstance(stored, dict):
        return stored
    if "type" in stored:
        return _decode_dataclass(stored["type"], stored["fields"])
    ((tag, content),) = stored.items()
    return _DECODERS[tag](content)


def _decode_dataclass(name: str, fields: dict[str, Any]) -> Any:
    kind = resolve(name)
    if not isinstance(kind, type) or not _is_frozen_dataclass(kind):
        raise TypeError(f"{name} is no frozen dataclass")
    return kind(**{field: _decode(value) for field, value in fields.items()})


def _decode_array(content: dict[str, Any]) -> np.ndarray:
    dtype = np.dtype(content["dtype"])
    if dtype.kind not in _KINDS:
        raise TypeError(f"dtype {dtype} is not of numbers, booleans or text")
    return np.frombuffer(base64.b64decode(content["base64"], validate=True), dtype).reshape(content["shape"])


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "tuple": lambda parts: tuple(_decode(part) for part in parts),
    "dict": lambda pairs: {_decode(key): _decode(value) for key, value in pairs},
    "array": _decode_array,
    "scalar": lambda content: _decode_array({**content, "shape": []})[()],
    "name": resolve,
}
