"""One example's part of arrays in files, read without the others where they are many, and remembered."""

import contextlib
import math
from collections.abc import Callable, Hashable, Iterator

import numpy as np

from kerasal._storage.stored_arrays import Header, StoredArrays
from kerasal.tensorboard import bounds
from kerasal.tensorboard.byte_cache import ByteCache
from kerasal.tensorboard.small_maps import small, small_size

Open = Callable[[], StoredArrays]
Headers = dict[str, Header]


class ExampleParts:
    """Reads parts of arrays, and the headers of files, each once while it is remembered. Several threads may use it."""

    def __init__(self) -> None:
        self._cache: ByteCache[np.ndarray | Headers] = ByteCache(bounds.MAPS, _size)

    def headers(self, key: Hashable, opened: Open) -> Headers:
        """Return {name of an array: its `Header`} of a file.

        Args:
            key: Of the file and its version.
            opened: Opens the file.

        Raises:
            FileNotFoundError, ValueError: As it does.
        """

        def read() -> Headers:
            with opened() as stored:
                return stored.headers

        found = self._cache.get(key, read)
        assert isinstance(found, dict)
        return found

    def part(self, key: Hashable, opened: Open, name: str, example: int) -> np.ndarray:
        """Return an example's part of an array; as `headers`.

        Raises:
            KeyError: The file has no such array, or example.
            ValueError: The file is damaged, or the part larger than an answer may be.
        """
        header = self.headers(key, opened).get(name)
        if header is None or not header.shape or not 0 <= example < header.shape[0]:
            raise KeyError(
                f"Expected an example's {name}. Received: example {example}, which has none. Choose another."
            )
        if part_size(header) > bounds.ANSWER:
            raise ValueError(
                f"The tab shows maps of up to {bounds.ANSWER // 10**6} MB an example. Received: {part_size(header)} bytes of "
                f"{name}. Look at it in a script: kerasal.load_run(log_dir).saliency(step)."
            )

        def read(row: int | None) -> np.ndarray:
            with opened() as stored:
                if stored.headers.get(name) != header:
                    raise ValueError(f"Expected the {name} that were there. Received: others. Ask again.")
                return stored.read(name, row)

        if header.nbytes <= bounds.WHOLE:
            all_examples = np.asarray(self._cache.get((key, name), lambda: read(None)))
            return np.asarray(all_examples[example])
        return np.asarray(self._cache.get((key, name, example), lambda: read(example)))

    def small(self, key: Hashable, opened: Open, name: str, side: int, of_class: int | None = None) -> np.ndarray:
        """Return the maps of all examples (N, ...), pictures no longer than a side; one is held at a time meanwhile. As `headers`.

        Of an array (N, C, ...) those of a class are returned.

        Raises:
            ValueError: The file is damaged, or they are more than are kept.
        """
        header = self.headers(key, opened)[name]
        shape = header.shape if of_class is None else (*header.shape[:1], *header.shape[2:])
        held = shape[0] * small_size(shape, side) * header.dtype.itemsize
        if held > bounds.SMALL:
            raise ValueError(
                f"The grid shows maps of up to {bounds.SMALL // 10**6} MB together. Received: {held} bytes of {name}. Look at one "
                "example at a time."
            )

        def read() -> np.ndarray:
            with opened() as stored:
                if stored.headers.get(name) != header:
                    raise ValueError(f"Expected the {name} that were there. Received: others. Ask again.")
                return (
                    np.stack([small(row if of_class is None else row[of_class], side) for row in stored.rows(name)])
                    if header.shape[0]
                    else np.zeros((0, 1), "f4")
                )

        return np.asarray(self._cache.get((key, name, "small", side, of_class), read))


def part_size(header: Header) -> int:
    """Return the bytes of one example of an array."""
    return math.prod(header.shape[1:]) * header.dtype.itemsize


@contextlib.contextmanager
def told_by_name(name: str) -> Iterator[None]:
    """Raise errors of the file system anew, with the name of a run, or of a part of one, in place of a path."""
    try:
        yield
    except OSError as error:
        kind = next(kind for kind in (FileNotFoundError, PermissionError, OSError) if isinstance(error, kind))
        raise kind(
            f"Expected {name} as a file that can be read. Received: {error.strerror or type(error).__name__}. "
            "Look whether it is still there."
        ) from error


def _size(value: np.ndarray | Headers) -> int:
    return value.nbytes + 200 if isinstance(value, np.ndarray) else 500 * (1 + len(value))
