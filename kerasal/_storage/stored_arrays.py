"""The arrays of an `.npz` file, read one by one; their sizes are known from headers before anything is unpacked.

A file of this kind may come from somebody else. Its table of contents and its headers are read first, a few kilobytes at a time:
what they say has to agree with each other, and with the size of the file, before memory is taken for any array.
"""

import contextlib
import io
import json
import math
import os
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from kerasal._storage.base import StrPath
from kerasal._storage.file_systems import storage_of

AT_ONCE = 2**17  # bytes that are read in one go, a zip's whole table of contents included
MOST_ARRAYS = 1000  # in a file
LONGEST_HEADER = 10_000  # bytes of a header of an array
FREE, RATIO = 64_000_000, 16  # bytes that any file may unpack to; a larger one unpacks to so many times its own size
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others need memory as their headers say


class Bounds(NamedTuple):
    """Numbers of bytes that a reader puts up with: of all arrays unpacked, and of the metadata."""

    unpacked: float = math.inf
    metadata: float = math.inf


class Header(NamedTuple):
    """An array as its header describes it: shape, dtype, whether the first axis is the fastest, and where it begins."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    is_fortran: bool
    start: int

    @property
    def nbytes(self) -> int:
        """Bytes of the array."""
        return math.prod(self.shape) * self.dtype.itemsize


class BoundedReads:
    """A stream of which little can be asked for at once, so that no number in a file decides how much memory is taken.

    Args:
        stream: That can seek.
    """

    def __init__(self, stream: BinaryIO):
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, count: int | None = -1) -> bytes:
        """Read so many bytes, or what is left. ValueError: too many."""
        wanted = AT_ONCE + 1 if count is None or count < 0 else count
        content = self._stream.read(wanted) if wanted <= AT_ONCE + 1 else b""
        if wanted > AT_ONCE + 1 or len(content) > AT_ONCE:
            raise ValueError(f"a part is longer than {AT_ONCE} bytes")
        return content

    def seekable(self) -> bool:
        """Return True."""
        return True


class StoredArrays:
    """The arrays and the metadata that `save_arrays` wrote to a file, open for reading. Use it in a `with`.

    Args:
        path: The file.
        kinds: Names of the formats that are read.
        name: Name of the file in messages; None: its path.
        bounds: Sizes beyond which it is refused.

    Attributes:
        headers: {name of an array: `Header`}.
        metadata: What JSON holds beside the kind and the names of the arrays.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is damaged, cut short, of another kind, or larger than the bounds.
    """

    def __init__(self, path: StrPath, kinds: tuple[str, ...], name: str | None = None, bounds: Bounds = Bounds()):  # noqa: B008
        self._kinds, self._name = kinds, name or repr(os.fspath(path))
        self._stream = storage_of(path).open(path)
        try:
            with self.told_as_damage():
                self._zip = zipfile.ZipFile(BoundedReads(self._stream))  # type: ignore[arg-type]  # all that it needs
                self.headers, self.metadata = self._read_headers(bounds)
                kind = self.metadata.pop("kind")
            self._check_kind(kind)
        except BaseException:
            self._stream.close()
            raise

    def __enter__(self) -> "StoredArrays":  # noqa: PYI034  Self is younger than Python 3.10
        return self

    def __exit__(self, *error: object) -> None:
        self._stream.close()

    def read(self, name: str, row: int | None = None) -> np.ndarray:
        """Read an array, or one row of it (an entry of its first axis), and check the sum of all its bytes.

        Args:
            name: Of the array.
            row: From 0; None: all of them.

        Raises:
            ValueError: The array is damaged, or is no row after another in the file.
        """
        with self.told_as_damage():
            header = self.headers[name]
            if row is None:
                return self._read(name, header, 0, header.nbytes)
            if header.is_fortran and len(header.shape) > 1:
                raise ValueError(f"{name} is not stored example by example")
            part = header._replace(shape=header.shape[1:])
            return self._read(name, part, row * part.nbytes, header.nbytes)

    def rows(self, name: str) -> Iterator[np.ndarray]:
        """Yield the entries of an array's first axis, one of them held at a time; the sum of all bytes is checked behind the last.

        Raises:
            ValueError: The array is damaged, or is no row after another in the file.
        """
        header = self.headers[name]
        with self.told_as_damage():
            if header.is_fortran and len(header.shape) > 1:
                raise ValueError(f"{name} is not stored example by example")
            stream = self._zip.open(f"{name}.npy")
        with stream:
            for k in range(header.shape[0]):
                with self.told_as_damage():
                    if k == 0:
                        _skip(stream, header.start)
                    row = np.empty(math.prod(header.shape[1:]), header.dtype)
                    if row.nbytes:
                        _fill(stream, memoryview(row.view(np.uint8)))  # type: ignore[arg-type]
                    if k == header.shape[0] - 1 and stream.read(1):
                        raise ValueError(f"{name} is longer than it says")
                yield row.reshape(header.shape[1:])

    @contextlib.contextmanager
    def told_as_damage(self) -> Iterator[None]:
        """Turn any error into the ValueError that says that the file is damaged: foreign bytes fail in a dozen ways."""
        try:
            yield
        except Exception as error:
            wanted = " or ".join(map(repr, self._kinds))
            raise ValueError(
                f"Expected a whole file of kind {wanted}. Received: {self._name}, which is something else or "
                f"damaged ({str(error)[:200]}). Save it again."
            ) from error

    def _check_kind(self, kind: object) -> None:
        if kind not in self._kinds:
            wanted = " or ".join(map(repr, self._kinds))
            raise ValueError(
                f"Expected a file of kind {wanted}. Received: {self._name} of kind {str(kind)[:200]!r}. "
                "Load it with the code that wrote it."
            )

    def _read_headers(self, bounds: Bounds) -> tuple[dict[str, Header], dict[str, Any]]:
        members = self._zip.infolist()
        names = [member.filename.removesuffix(".npy") for member in members]
        if len(set(names)) < len(names) or len(names) > MOST_ARRAYS:
            raise ValueError(f"an array comes twice, or there are more than {MOST_ARRAYS}")
        total, most = sum(member.file_size for member in members), max(FREE, RATIO * self._stream.seek(0, os.SEEK_END))
        if total > min(bounds.unpacked, most):
            raise ValueError(f"it unpacks to {total} bytes; at most {min(bounds.unpacked, most):.0f} are read")
        headers = {name: self._header(member) for name, member in zip(names, members, strict=True)}
        text = headers.pop("metadata")
        if text.shape or text.dtype.kind != "U" or text.nbytes > bounds.metadata:
            raise ValueError("its metadata are no text, or too long")
        metadata = json.loads(str(self._read("metadata", text, 0, text.nbytes)))
        if metadata.pop("arrays") != sorted(headers):
            raise ValueError("arrays are missing")
        return headers, metadata

    def _header(self, member: zipfile.ZipInfo) -> Header:
        """Read the header of an array, which has to agree with the size of the member."""
        if member.compress_type not in COMPRESSIONS or not member.filename.endswith(".npy"):
            raise ValueError(f"{member.filename[:40]!r} is no array, or packed in an unknown way")
        with self._zip.open(member) as stream:
            begin = stream.read(12)
            length = int.from_bytes(begin[8:10] if begin[6] == 1 else begin[8:12], "little")
            if length > LONGEST_HEADER:
                raise ValueError(f"the header of {member.filename[:40]!r} is too long")
            whole = io.BytesIO(begin + stream.read(length))
        version = np.lib.format.read_magic(whole)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, is_fortran, dtype = read(whole)
        header = Header(tuple(shape), dtype, is_fortran, whole.tell())
        if dtype.hasobject or dtype.fields or dtype.subdtype or any(size < 0 for size in shape):
            raise ValueError(f"{member.filename[:40]!r} is not of numbers or text")
        if header.start + header.nbytes != member.file_size:
            raise ValueError(f"{member.filename[:40]!r} is not as long as its shape {header.shape} says")
        if not header.nbytes and math.prod(max(size, 1) for size in shape) > FREE:
            raise ValueError(f"{member.filename[:40]!r} is empty and of shape {header.shape}")
        return header

    def _read(self, name: str, part: Header, begin: int, nbytes: int) -> np.ndarray:
        """Read a part that begins so many bytes behind the header of an array of `nbytes`; all are read, for their sum."""
        flat = np.empty(math.prod(part.shape), part.dtype)
        with self._zip.open(f"{name}.npy") as stream:
            _skip(stream, part.start + begin)
            if part.nbytes:
                _fill(stream, memoryview(flat.view(np.uint8)))  # type: ignore[arg-type]
            _skip(stream, nbytes - begin - part.nbytes)
            if stream.read(1):  # none: and the sum is right
                raise ValueError(f"{name} is longer than it says")
        return flat.reshape(part.shape[::-1]).T if part.is_fortran else flat.reshape(part.shape)


def _fill(stream: Any, view: memoryview) -> None:
    for at in range(0, len(view), AT_ONCE):
        piece = view[at : at + AT_ONCE]
        content = stream.read(len(piece))
        piece[:] = content  # ValueError where there is less


def _skip(stream: Any, count: int) -> None:
    for at in range(0, count, AT_ONCE):
        if len(stream.read(min(AT_ONCE, count - at))) < min(AT_ONCE, count - at):
            raise ValueError("it is cut short")
