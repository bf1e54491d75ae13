"""The index of a run: a line of JSON per training and per step, read with care since a run may be cut short or damaged."""

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from kerasal.tensorboard.depiction import is_word

KIND = "kerasal.run 1"  # a change of layout gets the next number
Line = dict[str, Any]
IMAGES = "images"  # the array that runs have had since 0.1
DEEPEST = 64  # lists and dicts inside each other that a training's line may have
AT_ONCE = 2**20  # bytes read in one go
MOST_ARRAYS = 16  # of a picture
MOST_TROUBLES = 10  # that are told


class StoredPicture(NamedTuple):
    """A `Depiction` as it is stored: its kind, its facts and the names of its arrays."""

    kind: str | None
    facts: dict[str, Any]
    arrays: list[str]


class IndexBounds(NamedTuple):
    """Numbers of bytes: of one line of an index, and of memory for the lines of steps that are kept."""

    line: int = 64_000_000
    kept: float = math.inf


class RunIndex:
    """All that the lines of an index say, as far as they can be read; a damaged line costs itself.

    Args:
        name: Of the run, for messages.
        bounds: Longer lines are passed over. Where the lines of steps are more than are kept, every second, fourth … step is.

    Attributes:
        name: As given.
        examples: The name of each, (N,).
        facts: The line of the last training.
        lines: {step: its line}, in the order of the file.
        every: Of so many steps one is kept, and the last.
        troubles: Sentences about lines that are passed over.
    """

    def __init__(self, name: str, bounds: IndexBounds = IndexBounds()):  # noqa: B008
        self.name, self._bounds = name, bounds
        self.examples: list[str] = []
        self.facts: Line = {}
        self.lines: dict[int, Line] = {}
        self.every = 1
        self.troubles: list[str] = []
        self._sizes: dict[int, tuple[int, int]] = {}  # step: its place among the lines of steps, and its bytes
        self._read = self._count = self._held = self._held_by_facts = 0

    def read(self, stream: BinaryIO) -> "RunIndex":
        """Read a file of lines, after those that were read before.

        Raises:
            ValueError: It is of another kind.
        """
        before = self._read
        for number, text, is_ended in lines_of(stream, self._bounds.line):
            self._read = number = before + number
            try:
                line = _parsed(text, self._bounds.kept)
            except (ValueError, TypeError, RecursionError) as error:
                if is_ended and text != b"":  # one without an end is being written
                    self._tell(number, text, error)
                continue
            if "kind" in line:
                self._begin(number, text, line)
            else:
                self._keep(line["step"], line, _weight(text or b""))
        return self

    @property
    def held(self) -> int:
        """Bytes of memory that the lines take, about."""
        return self._held + self._held_by_facts

    def _begin(self, number: int, text: bytes | None, line: Line) -> None:
        """Take a training's line: the steps before it are of the same history, or are no more."""
        if line["kind"] != KIND:
            raise ValueError(
                f"A run is of kind {KIND!r}. Received: {line['kind'][:100]!r}. Read it with the code that wrote it."
            )
        start = line.get("start")
        if start is not None and not _is_step(start):
            self._tell(number, text, ValueError("its start is no step"))
            start = None
        is_same = is_same_history(line, self.facts)
        for step in list(self.lines):
            if not is_same or (start is not None and step > start):
                self._drop(step)
        self.examples, self.facts, self._held_by_facts = line["examples"], line, _weight(text or b"")

    def _keep(self, step: int, line: Line, size: int) -> None:
        newest = next(reversed(self.lines), None)
        if newest is not None and self._sizes[newest][0] % self.every:
            self._drop(newest)
        place = self._sizes[step][0] if step in self._sizes else self._count
        self._drop(step)
        self.lines[step], self._sizes[step] = line, (place, size)
        self._held += size
        self._count += 1
        while self._held > self._bounds.kept and self.every < self._count:
            self.every *= 2
            for other, (place, _) in list(self._sizes.items()):
                if place % self.every and other != step:
                    self._drop(other)

    def _drop(self, step: int) -> None:
        if step in self.lines:
            del self.lines[step]
            self._held -= self._sizes.pop(step)[1]

    def _tell(self, number: int, text: bytes | None, error: Exception) -> None:
        step = re.match(rb'\{"step": ?(-?\d{1,19})\b', text or b"")
        of_step = f", of step {int(step[1])}," if step else ""
        words = (
            f"Line {number} of the index of the run {self.name!r}{of_step} cannot be read and is passed over, whole or in part: "
            f"{str(error)[:200]}. The others are read; to have its step, log it again from a checkpoint."
        )
        if len(self.troubles) < MOST_TROUBLES:
            self.troubles.append(words)


def lines_of(stream: BinaryIO, longest: int) -> Iterator[tuple[int, bytes | None, bool]]:
    r"""Yield (its number from 1, a line, whether it has an end); None for a line that is too long.

    Example:

    >>> import io
    >>> list(lines_of(io.BytesIO(b"one\ntoo long\nth"), 4))
    [(1, b'one', True), (2, None, True), (3, b'th', False)]
    """
    number, rest, is_long = 1, b"", False
    while chunk := stream.read(AT_ONCE):
        *ended, rest = (rest + chunk).split(b"\n")
        for line in ended:
            yield number, None if is_long or len(line) > longest else line, True
            number, is_long = number + 1, False
        if len(rest) > longest:
            rest, is_long = b"", True
    if rest and not is_long:
        yield number, rest, False


def _parsed(text: bytes | None, most: float) -> Line:
    """Return a line that can be used, of so many bytes at most. ValueError, TypeError, RecursionError: it cannot."""
    if text is None or _weight(text) > most:
        raise ValueError("it is too long")
    line = json.loads(text.decode("utf-8", errors="replace"))
    if not isinstance(line, dict):
        raise TypeError("it is no object of JSON")
    if "kind" not in line:
        if not _is_step(line.get("step")):
            raise ValueError("it has no step, an integer of 64 bits")
        return line
    examples = line.get("examples")
    if not isinstance(line["kind"], str) or not isinstance(examples, list):
        raise TypeError("it has no kind, or no examples")
    if not all(isinstance(example, str) for example in examples):
        raise TypeError("its examples are no names")
    if _is_deeper(line, DEEPEST):
        raise ValueError(f"more than {DEEPEST} lists and dicts are inside each other")
    return line


def _weight(text: bytes) -> int:
    """Estimate the bytes of memory that a line of JSON takes as dicts, lists and numbers."""
    return len(text) + 32 * text.count(b",") + 128 * sum(map(text.count, (b"[", b"{", b":")))


def _is_step(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63


def _is_deeper(value: object, depth: int) -> bool:
    """Tell if lists and dicts are inside each other more often than `depth`."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth < 0 or any(_is_deeper(part, depth - 1) for part in parts if isinstance(part, (dict, list)))


def is_same_history(line: Line, other: Line) -> bool:
    """Tell if the maps of two trainings are one history: of the same examples, in maps of one shape."""
    return all(line.get(name) == other.get(name) for name in ("examples", "shape", "inputs"))


def numbers_in(line: Mapping[str, Any], count: int) -> dict[str, np.ndarray]:
    """Return {quantity: float64 (count,)} of a step's line, NaN for null; what is damaged is passed over."""
    numbers = line.get("numbers")
    found = {}
    for name, values in numbers.items() if isinstance(numbers, dict) else ():
        if isinstance(values, list) and len(values) == count and all(map(_is_number, values)):
            found[name] = np.array(values, np.float64)
    return found


def notes_in(lines: Mapping[int, Line]) -> dict[int, str]:
    """Return the words on steps, {step: words}."""
    return {step: line["note"] for step, line in lines.items() if isinstance(line.get("note"), str)}


def _is_number(value: object) -> bool:
    return value is None or isinstance(value, float) or _is_step(value)


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
            arrays=[name for name in arrays if is_word(name)][:MOST_ARRAYS] if isinstance(arrays, list) else [],
        )
    facts = {name: line[name] for name in ("molecules", "tokens", "columns") if line.get(name) is not None}
    arrays = [IMAGES] if f"{IMAGES}.npz" in file_names else []
    kinds = {"molecule": "molecules" in facts, "text": "tokens" in facts, "image": bool(arrays)}
    return StoredPicture(next((kind for kind, is_it in kinds.items() if is_it), None), facts, arrays)
