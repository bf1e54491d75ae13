"""Digests that tell whether arrays are the same as before."""

import hashlib

import numpy as np


def digest(arrays) -> bytes:
    """One of the bytes of all arrays, in their order.

    Example:

    >>> digest([np.zeros(2)]) == digest([np.zeros(1), np.zeros(1)]), digest([np.zeros(2)]) == digest([np.ones(2)])
    (True, False)
    """
    found = hashlib.blake2b(digest_size=16)
    for array in arrays:
        found.update(np.ascontiguousarray(array).tobytes())
    return found.digest()


def fingerprint(model) -> bytes:
    """One of all the model's variables."""
    return digest(model.variables)
