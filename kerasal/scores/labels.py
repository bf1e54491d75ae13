"""Labels as users give them, made numbers of classes."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


class LabelError(ValueError):
    """A label that is no class.

    Args:
        expected: what was expected.
        received: the label, in words.
        example: its position among the labels looked at; None where all of them are of the wrong kind.
        remedy: what to do.
    """

    def __init__(self, expected: str, received: str, example: int | None, remedy: str):
        self._parts, self._example = (expected, received, remedy), example
        place = "" if example is None else f" for example {example}"
        super().__init__(f"{expected}. Received: {received}{place}. {remedy}")

    def counted_from(self, first: int) -> "LabelError":
        """Make the same error of labels that begin at example `first`."""
        expected, received, remedy = self._parts
        return LabelError(expected, received, None if self._example is None else self._example + first, remedy)


def class_labels(y: ArrayLike) -> NDArray[Any]:
    """Check labels and convert them to numbers of classes.

    Args:
        y: numbers of classes (N,) or (N, 1), of any dtype, or one-hot rows (N, C).

    Returns:
        int32 (N,); booleans stay, since they are of two classes.

    Raises:
        ValueError: they are none of these.

    Example:
        >>> class_labels([[0.0], [2.0]]), class_labels([[False, True], [True, False]])
        (array([0, 2], dtype=int32), array([1, 0], dtype=int32))
    """
    labels = _numbers(np.asarray(y))
    if labels.ndim == 2 and labels.shape[1] > 1:
        return _of_rows(labels)
    if labels.ndim not in (1, 2):
        raise LabelError(
            "Labels are one class per example, (N,) or (N, 1), or one-hot rows (N, C)",
            f"shape {labels.shape}",
            None,
            "For a label at each position give score= a function of the outputs, or scores.Loss().",
        )
    labels = labels.reshape(-1)
    if labels.dtype == bool:
        return labels
    labels = labels.astype(float) if labels.dtype.kind == "f" else labels  # half of a float has no 2³¹
    fine = (labels >= 0) & (labels == np.round(labels)) & (labels < 2**31)
    if not fine.all():
        n = int(np.flatnonzero(~fine)[0])
        raise LabelError(
            "A label is the number of a class, 0, 1, …",
            str(labels[n]) if labels.dtype.kind in "iu" else f"{labels[n]:g}",
            n,
            _remedy(labels),
        )
    return labels.astype(np.int32)


def _numbers(labels: NDArray[Any]) -> NDArray[Any]:
    """Labels as numbers, also those in arrays of objects."""
    if labels.dtype == object and labels.size and not any(isinstance(each, (str, bytes)) for each in labels.flat):
        labels = np.asarray(labels.tolist())
    if labels.dtype.kind in "fiub":
        return labels
    n = next((n for n, each in enumerate(labels.flat) if isinstance(each, (str, bytes))), None)
    received = f"dtype {labels.dtype}" if n is None else repr(labels.flat[n])
    raise LabelError(
        "Labels are numbers of classes, 0, 1, …",
        received,
        None if n is None or labels.ndim > 1 else n,
        "Number them in the order of the model's outputs: y = [names.index(each) for each in y].",
    )


def _of_rows(labels: NDArray[Any]) -> NDArray[np.int32]:
    """The classes of one-hot rows."""
    is_whole = ((labels == 0) | (labels == 1)).all(1)
    fine = is_whole & (labels.sum(1) == 1)
    if fine.all():
        found: NDArray[np.int32] = labels.argmax(1).astype(np.int32)
        return found
    n = int(np.flatnonzero(~fine)[0])
    row = (
        "["
        + ", ".join(f"{value:g}" for value in labels[n, :10].astype(float))
        + (", …]" if labels.shape[1] > 10 else "]")
    )
    if (labels < 0).any() or (is_whole & (labels.sum(1) != 1)).any() or not np.allclose(labels.sum(1), 1, atol=1e-3):
        remedy = "For several labels of an example take a map of each class, score='all', or scores.Loss()."
    else:
        remedy = "For soft labels take the likeliest class, y.argmax(1), or scores.Loss()."
    raise LabelError("Labels (N, C) are one-hot rows", f"{row}", n, remedy)


def _remedy(labels: NDArray[Any]) -> str:
    """Say what to do with numbers that are no classes."""
    if set(np.unique(labels).tolist()) <= {-1.0, 1.0}:
        return "Of -1 and 1 make 0 and 1: y > 0."
    if np.all((labels >= 0) & (labels <= 1)):
        return "For soft labels take the likelier class, y > 0.5, or scores.Loss()."
    return (
        "Leave such examples out, or give score= a function of the outputs; for the loss of any y take scores.Loss()."
    )
