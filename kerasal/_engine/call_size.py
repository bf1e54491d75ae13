"""The size of a call of the model where batch_size is None: as few rows as are as fast as any number."""

from typing import NamedTuple

from kerasal._engine.compiled import Notes

# Of all rows of a call: from here on calls are no faster, only hungrier.
_SIZE = 12 * 10**6
_FEW, _FEW_FORWARD = 8, 16  # rows that a call of a large network has all the same, while they are not larger than
_LARGEST = 200 * 10**6  # numbers, about 0.8 GB
_MOST_ROWS = 16384


class CallSize(NamedTuple):
    """The most of a call of the model.

    Attributes:
        rows: points × samples × examples; examples: whose rows share what is computed once for each example.
    """

    rows: int
    examples: int

    @classmethod
    def of(cls, notes: Notes, batch_size: int | None) -> "CallSize":
        """Choose it for a traced program, if `batch_size` leaves the choice."""
        if batch_size:
            return cls(batch_size, batch_size)
        rows = rows_of(notes.row_size, goes_back=notes.goes_back)
        is_shared = notes.example_size > notes.row_size
        return cls(rows, rows_of(notes.example_size, goes_back=notes.goes_back) if is_shared else rows)


def rows_of(size: int, *, goes_back: bool = True) -> int:
    """Choose how many rows a model call takes.

    Args:
        size: of a row, see `size_of_row`.
        goes_back: whether a call computes gradients too; one that does not keeps little, and has more to gain from rows.

    Example:

    >>> [rows_of(size) for size in (100, 90_000, 14_000_000, 10**9)]  # an MLP, a small CNN, MobileNetV2, a large picture
    [16384, 133, 8, 1]
    """
    few = min(_FEW if goes_back else _FEW_FORWARD, _LARGEST / size)
    return int(max(1, min(_MOST_ROWS, max(few, _SIZE / size))))
