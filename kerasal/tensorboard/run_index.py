"""The index of a run: a line of JSON per training and per step, read with care since a run may be cut short or damaged."""

import contextlib
import json
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from kerasal.tensorboard.depiction import is_word

Line = dict[str, Any]
IMAGES = "images"  # the array that runs have had since 0.1


class StoredPicture(NamedTuple):
    """A `Depiction` as it is stored: its kind, its facts and the names of its arrays."""

    kind: str | None
    facts: dict[str, Any]
    arrays: list[str]


def read_lines(content: bytes) -> Iterator[Line]:
    """Yield the lines that can be read; one that was cut short is passed over."""
    for text in content.decode("utf-8", errors="replace").split("\n"):
        with contextlib.suppress(json.JSONDecodeError, RecursionError):
            line = json.loads(text)
            if isinstance(line, dict) and ("kind" not in line or isinstance(line.get("examples"), list)):
                yield line


def is_same_history(line: Line, other: Line) -> bool:
    """Tell if the maps of two trainings are one history: of the same examples, in maps of one shape."""
    return all(line.get(name) == other.get(name) for name in ("examples", "shape", "inputs"))


def numbers_in(line: Line, count: int) -> dict[str, list[Any]]:
    """Return {quantity: one number per example} of a step's line; what is damaged is passed over."""
    numbers = line.get("numbers")
    found = numbers.items() if isinstance(numbers, dict) else ()
    return {name: values for name, values in found if isinstance(values, list) and len(values) == count}


def picture_in(line: Line, file_names: Collection[str]) -> StoredPicture:
    """Return how the examples of a training are drawn.

    Args:
        line: The training's line.
        file_names: Names of the files next to the index.

    Returns:
        The line's "picture". Runs of 0.1 have none: there the facts are in the line itself, and tell the kind.
    """
    stored = line.get("picture")
    if isinstance(stored, dict):
        kind, facts, arrays = (stored.get(name) for name in ("kind", "facts", "arrays"))
        return StoredPicture(
            kind=kind if isinstance(kind, str) and is_word(kind) else None,
            facts=facts if isinstance(facts, dict) else {},
            arrays=[name for name in arrays if is_word(name)] if isinstance(arrays, list) else [],
        )
    facts = {name: line[name] for name in ("molecules", "tokens", "columns") if line.get(name) is not None}
    arrays = [IMAGES] if f"{IMAGES}.npz" in file_names else []
    kinds = {"molecule": "molecules" in facts, "text": "tokens" in facts, "image": bool(arrays)}
    return StoredPicture(next((kind for kind, is_it in kinds.items() if is_it), None), facts, arrays)
