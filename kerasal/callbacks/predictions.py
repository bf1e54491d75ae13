"""Predictions of a model for the examples, in numbers and in words for their pictures."""

from collections.abc import Sequence

import numpy as np

from kerasal.visualizers.colors import number_text

_MOST = 3  # labels of one example that are listed


def check_names(names: Sequence[str] | None, outputs: np.ndarray | None = None) -> list[str] | None:
    """Return names of classes in a list.

    Args:
        names: The names, or None.
        outputs: Of the model, (N, C), or None where they are not known.

    Raises:
        TypeError: They are no strings.
        ValueError: There is another number of classes.
    """
    if names is None:
        return None
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"class_names is a list of strings. Received: {names!r}. Pass e.g. ['cat', 'dog'].")
    if outputs is not None and len(names) != outputs.shape[1]:
        classes = "one for each output, or two for one unit that is a classifier"
        raise ValueError(
            f"class_names has a name for each class: {classes}. Received: {len(names)} names and {outputs.shape[1]} outputs. Name "
            "all, in the order of the outputs."
        )
    return list(names)


def numbers_of(outputs: np.ndarray, quantity: str) -> dict[str, np.ndarray]:
    """Sum up the outputs of each example.

    Args:
        outputs: (N, C).
        quantity: "probability" or "output".

    Returns:
        {quantity: the largest, "prediction": the class or label that has it}; of one output that alone.

    Example:

    >>> numbers_of(np.array([[0.25, 0.75]]), "probability")
    {'probability': array([0.75]), 'prediction': array([1])}
    """
    numbers = {quantity: outputs.max(1)}
    return {**numbers, "prediction": outputs.argmax(1)} if outputs.shape[1] > 1 else numbers


def in_words(
    outputs: np.ndarray, quantity: str, names: Sequence[str] | None = None, truths: np.ndarray | None = None
) -> list[str]:
    """Say what is predicted for each example.

    Args:
        outputs: (N, C): probabilities of classes, which add up to 1, or of labels by themselves, or other numbers.
        quantity: "probability" or "output".
        names: Of the C classes or labels; None: their numbers.
        truths: True number of each example, for one output; None where it is not known.

    Returns:
        One line for each.

    Example:

    >>> in_words(np.array([[0.3, 0.7]]), "probability", ["cat", "dog"])
    ['pred dog (0.70)']
    >>> in_words(np.array([[0.1, 0.9, 0.8], [0.2, 0.3, 0.1]]), "probability")
    ['pred 1 (0.90), 2 (0.80)', 'pred none, highest 1 (0.30)']
    >>> in_words(np.array([[3.14]]), "output", truths=np.array([2.9]))
    ['predicted 3.1, true 2.9']
    """
    count = outputs.shape[1]
    named = [str(k) for k in range(count)] if names is None else list(names)
    if quantity == "probability":
        is_one_of = np.allclose(outputs.sum(1), 1, atol=0.01)
        return [_likeliest(row, named) if is_one_of else _labels(row, named) for row in outputs]
    if count > 1:
        return [f"largest output {named[int(row.argmax())]} ({number_text(row.max())})" for row in outputs]
    known = [""] * len(outputs) if truths is None else [f", true {number_text(truth)}" for truth in truths]
    return [f"predicted {number_text(row[0])}{true}" for row, true in zip(outputs, known, strict=True)]


def _likeliest(row: np.ndarray, names: Sequence[str]) -> str:
    return f"pred {names[int(row.argmax())]} ({row.max():.2f})"


def _labels(row: np.ndarray, names: Sequence[str]) -> str:
    found = [k for k in np.argsort(-row, kind="stable").tolist() if row[k] >= 0.5]
    if not found:
        best = int(row.argmax())
        return f"pred none, highest {names[best]} ({row[best]:.2f})"
    words = ", ".join(f"{names[k]} ({row[k]:.2f})" for k in found[:_MOST])
    return f"pred {words}{', …' if len(found) > _MOST else ''}"
