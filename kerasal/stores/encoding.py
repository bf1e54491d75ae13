"""Chunks of arrays as Zarr (version 3) stores them: bytes of a file, and the description of an array."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from kerasal._errors import needed

_LEVEL = 1  # of zstd, behind a shuffle of bytes: higher ones take longer for some per mille


class ArraySpec(NamedTuple):
    """An array of a store without its examples.

    Attributes:
        shape: of one example; dtype: "float32", "float64", "int32", "int64" or "string"; axes: names of all axes.
    """

    shape: tuple[int, ...]
    dtype: str
    axes: tuple[str, ...]


def specs_of(arrays: Mapping[str, np.ndarray], axes: tuple[str, ...]) -> dict[str, ArraySpec]:
    """Describe the arrays of a chunk.

    Args:
        arrays: by name, (n, ...).
        axes: names of those of the map.
    """
    found = {}
    for name, array in arrays.items():
        dtype = "string" if array.dtype.kind in "SUO" else array.dtype.name
        found[name] = ArraySpec(array.shape[1:], dtype, axes[: array.ndim])
    return found


class Encoding:
    """Encodes and decodes chunks of arrays.

    Args:
        specs: of the arrays, by name.
        size: examples of a chunk; a last one is filled up with NaN, 0 or "".

    Raises:
        ImportError: zarr is not installed.
    """

    def __init__(self, specs: Mapping[str, ArraySpec], size: int):
        with needed("zarr", "A store"):
            import zarr
            from zarr.codecs import BloscCodec, Crc32cCodec
        self._size, self._content = size, dict[str, Any]()
        group = zarr.create_group(zarr.storage.MemoryStore(self._content))
        self.specs, self._arrays = dict(specs), dict[str, Any]()
        for name, spec in specs.items():
            shape = (size, *spec.shape)
            self._arrays[name] = group.create_array(
                name,
                shape=shape,
                chunks=tuple(max(1, each) for each in shape),
                dtype=str if spec.dtype == "string" else spec.dtype,
                compressors=[BloscCodec(cname="zstd", clevel=_LEVEL, shuffle="shuffle"), Crc32cCodec()],
                fill_value=_fill(spec.dtype),
                chunk_key_encoding={"name": "default", "separator": "."},
                dimension_names=spec.axes,
                config={"write_empty_chunks": True},
            )

    def file_of(self, name: str, k: int) -> str:
        """Return the name of the file of chunk k of an array."""
        return ".".join(["c", str(k), *["0"] * len(self.specs[name].shape)])

    def encode(self, name: str, array: np.ndarray) -> bytes:
        """Make the bytes of a chunk.

        Args:
            name: of the array.
            array: (n, ...), n at most the size of a chunk.
        """
        spec = self.specs[name]
        self._arrays[name][...] = array if len(array) == self._size else self._filled(array, spec)
        content: bytes = self._content.pop(f"{name}/{self.file_of(name, 0)}").to_bytes()
        return content

    def decode(self, name: str, content: bytes) -> np.ndarray:
        """Read the bytes of a chunk, (size, ...); ValueError where they are damaged."""
        from zarr.buffer.cpu import Buffer

        key = f"{name}/{self.file_of(name, 0)}"
        self._content[key] = Buffer.from_bytes(content)
        try:
            return np.asarray(self._arrays[name][...])
        finally:
            del self._content[key]

    def _filled(self, array: np.ndarray, spec: ArraySpec) -> np.ndarray:
        whole = np.full((self._size, *spec.shape), _fill(spec.dtype), object if spec.dtype == "string" else spec.dtype)
        whole[: len(array)] = array
        return whole

    def description(self, name: str, count: int) -> bytes:
        """Return the `zarr.json` of an array of so many examples."""
        about = json.loads(self._content[f"{name}/zarr.json"].to_bytes())
        about["shape"][0] = count
        return json.dumps(about, indent=2).encode()


def description_of_group(facts: Mapping[str, Any]) -> bytes:
    """Return the `zarr.json` of the group of all arrays, with facts as attributes."""
    about = {"zarr_format": 3, "node_type": "group", "attributes": {"kerasal": facts}}
    return json.dumps(about, indent=2).encode()


def facts_of_group(content: bytes) -> dict[str, Any]:
    """Read the facts in the `zarr.json` of a group; ValueError where there are none."""
    try:
        facts = json.loads(content)["attributes"]["kerasal"]
        return dict(facts)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _fill(dtype: str) -> Any:
    return "" if dtype == "string" else np.nan if dtype.startswith("float") else 0
