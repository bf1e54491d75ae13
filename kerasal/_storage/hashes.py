"""Hashes of the content of arrays."""

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt


def hash_of_arrays(arrays: Iterable[npt.ArrayLike]) -> bytes:
    """Hash the bytes of all arrays, in their order.

    Example:

    >>> hash_of_arrays([np.zeros(2)]) == hash_of_arrays([np.zeros(1), np.zeros(1)])
    True
    >>> hash_of_arrays([np.zeros(2)]) == hash_of_arrays([np.ones(2)])
    False
    """
    found = hashlib.blake2b(digest_size=16)
    for array in map(np.asarray, arrays):
        numbers = array.astype(str) if array.dtype.kind == "O" else array  # an object's bytes are its address
        content = np.ascontiguousarray(numbers)
        found.update(content.view("uint8").data if content.nbytes else b"")
    return found.digest()
