"""The precision of stored numbers: float32 as they are, or rounded so that a file of them packs to half."""

import numpy as np

_DROPPED = {"float32": 0, "float16": 13}  # bits of float32's 23
PRECISIONS = tuple(_DROPPED)
_FINITE = np.uint32(0x7F800000)  # exponents from here on are infinite, or no number


def check_precision(precision: object) -> None:
    """Refuse a precision that is unknown.

    Raises:
        ValueError: It is.
    """
    if precision not in PRECISIONS:
        raise ValueError(
            f"precision is {' or '.join(map(repr, PRECISIONS))}. Received: {precision!r}. With 'float16' numbers are right to 0.049 %."
        )


def relative_error(precision: str) -> float:
    """Return the largest relative error of a number that is rounded: half a step of the bits that are left."""
    return 2.0 ** (_DROPPED[precision] - 24) if _DROPPED[precision] else 0.0


def rounded(values: np.ndarray, precision: str) -> np.ndarray:
    """Round float32 to the significant bits of a precision, ties to even. The range stays, and the dtype.

    What rounds to infinity, what is infinite or no number, and subnormal numbers, below 1.2e-38, stay as they are.

    Example:

    >>> rounded(np.float32([1 / 3, 1e-30, 0]), "float16") / np.float32([1 / 3, 1e-30, 1])
    array([0.99975586, 0.99994284, 0.        ], dtype=float32)
    """
    bits = _DROPPED[precision]
    if not bits:
        return values
    whole = np.ascontiguousarray(values, np.float32)
    raw = whole.view(np.uint32)
    half = np.uint32((1 << (bits - 1)) - 1)
    found = (raw + half + ((raw >> np.uint32(bits)) & np.uint32(1))) & np.uint32(0xFFFFFFFF << bits & 0xFFFFFFFF)
    exponent = raw & _FINITE
    stays = (exponent == _FINITE) | (exponent == 0) | ((found & _FINITE) == _FINITE)
    return np.where(stays, raw, found).view(np.float32)
