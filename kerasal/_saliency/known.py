"""Knowledge of a `Saliency` about its examples, checked: names, predictions, labels, inputs and words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from kerasal._tree import leaves, mapped

OF_CLASSES = np.dtype([("class", "<i8"), ("probability", "<f4")])
OF_CLASSES_ALONE = np.dtype([("class", "<i8")])  # of outputs that are no probabilities
OF_NUMBERS = np.dtype([("output", "<f4")])
_PREDICTIONS = (OF_CLASSES, OF_CLASSES_ALONE, OF_NUMBERS)


def names(given: Sequence[Any] | None, what: str, count: int | None = None) -> tuple[str, ...] | None:
    """Make a tuple of strings; None stays None.

    Args:
        given: the names.
        what: they are called, for the error.
        count: how many there have to be; None for any number.

    Raises:
        TypeError: they are no sequence of names.
        ValueError: there is another number of them.
    """
    if given is None:
        return None
    if isinstance(given, str) or not np.iterable(given):
        raise TypeError(f"{what} is a list of strings. Received: {given!r}. Pass e.g. ['cat', 'dog'].")
    found = tuple(map(str, given))
    if count is not None and len(found) != count:
        raise ValueError(
            f"{what} names each of {count}, the last axis of the map. Received: {len(found)} names. Name all of them, in their order; where "
            "the map has one number for all channels, leave them out, and name the channels of the picture: result.plot(feature_names=...)."
        )
    return found


def predictions_of(given: Any, shape: tuple[int, ...]) -> np.ndarray | None:
    """Make an array with the fields `class` and `probability`, `class` alone, or `output` of no classifier; None stays None.

    Args:
        given: such an array, or a dict of the fields.
        shape: of an array with one entry for each example.

    Raises:
        TypeError: it has other fields.
        ValueError: it has another shape.
    """
    if given is None or getattr(given, "dtype", None) in _PREDICTIONS and given.shape == shape:
        return given
    fields = (
        given
        if isinstance(given, Mapping)
        else {name: given[name] for name in getattr(given, "dtype", np.dtype(int)).names or ()}
    )
    dtype = next((each for each in _PREDICTIONS if set(each.names or ()) == set(fields)), None)
    if dtype is None:
        raise TypeError(
            f"predictions have a class, best with its probability, or an output, for each example. Received: {given!r}. Pass e.g. "
            "{'class': [3, 1], 'probability': [.9, .6]}."
        )
    found = np.zeros(shape, dtype)
    for name, values in fields.items():
        if np.shape(values) != shape:
            raise ValueError(
                f"predictions have one entry per example, shape {shape}. Received: {name} of shape {np.shape(values)}. Pass them in "
                "the order of the examples."
            )
        found[name] = values
    return found


def labels_of(given: ArrayLike | None, shape: tuple[int, ...]) -> Any:
    """Make an array with the label of each example, a number or a text; None stays None.

    Args:
        given: the labels.
        shape: of an array with one entry for each example.

    Raises:
        ValueError: there is not one for each.
    """
    if given is None:
        return None
    found = np.asarray(given)
    if found.dtype.kind not in "fiubUS" or found.shape != shape:
        raise ValueError(
            f"labels have one number or text per example, shape {shape}. Received: dtype {found.dtype}, shape {found.shape}. Pass "
            "them in the order of the examples."
        )
    return found[()]


def inputs_of(given: Any, count: int | None) -> Any:
    """Give the inputs as arrays, not copied; None stays None.

    Args:
        given: dicts, lists and tuples of arrays (N, ...), or of one example without this axis.
        count: N; None for one example.

    Raises:
        ValueError: there is not one for each.
    """
    if given is None:
        return None
    found = mapped(np.asarray, given)
    if count is not None and any(part.shape[:1] != (count,) for part in leaves(found)):
        raise ValueError(
            f"inputs have {count} examples, as values. Received: shapes {[part.shape for part in leaves(found)]}. Pass the x that was "
            "explained."
        )
    return found


def input_at(inputs: Any, place: int | None) -> np.ndarray | None:
    """Give one of the inputs: that at a place among `leaves`, or the only one; None where several may be meant, or none is known."""
    flat = [] if inputs is None else leaves(inputs)
    found: Any = flat[place] if place is not None and place < len(flat) else flat[0] if len(flat) == 1 else None
    return None if found is None else np.asarray(found)


def rows_of(structure: Any, rows: Any) -> Any:
    """Take some examples, or one of them, of a structure of arrays; None stays None."""
    return None if structure is None else mapped(lambda part: part[rows], structure)


def tokens_of(given: Any, shape: tuple[int, ...]) -> Any:
    """Make a tuple of words, None for padding, for each text; None stays None.

    Args:
        given: the words of each text, or of one.
        shape: of an array with one entry for each example; () for one example.

    Raises:
        TypeError: there is something else than words.
        ValueError: there are not the words of each.
    """
    if given is None:
        return None
    texts = list(given) if shape else [given]
    if any(isinstance(text, str) or not np.iterable(text) for text in texts):
        raise TypeError(
            f"tokens has a list of strings per example. Received: {given!r:.80}. Split the texts as the model does."
        )
    found = tuple(tuple(text) for text in texts)
    odd = [word for text in found for word in text if not (word is None or isinstance(word, str))]
    if odd:
        raise TypeError(f"tokens are strings, or None for padding. Received: {odd[0]!r}. Decode the tokens first.")
    if shape and len(found) != shape[0]:
        raise ValueError(
            f"tokens has the words of each of {shape[0]} examples. Received: those of {len(found)}. Pass them in the order of the "
            "examples."
        )
    return found if shape else found[0]


def smiles_of(given: Any, shape: tuple[int, ...]) -> Any:
    """Make a tuple of SMILES, one for each example; None stays None.

    Args:
        given: the strings, or `kerasal.molecules.Molecules`; of one example its string.
        shape: of an array with one entry for each example; () for one example.

    Raises:
        TypeError: there is something else than strings.
        ValueError: there is not one for each.
    """
    if given is None:
        return None
    strings = getattr(given, "smiles", given) if shape else [given]
    if isinstance(strings, str) or not np.iterable(strings) or not all(isinstance(each, str) for each in strings):
        raise TypeError(
            f"smiles has a string per example. Received: {given!r:.80}. Pass e.g. smiles=['CCO', 'c1ccccc1']; molecules of RDKit are drawn "
            "by kerasal.MolVisualizer."
        )
    found = tuple(str(each) for each in strings)
    if shape and len(found) != shape[0]:
        raise ValueError(
            f"smiles has the string of each of {shape[0]} examples. Received: {len(found)}. Pass them in the order of the examples."
        )
    return found if shape else found[0]


def rows_of_words(words: Any, rows: np.ndarray) -> Any:
    """Take the words of some texts, or of one, or their SMILES; None stays None."""
    if words is None:
        return None
    return tuple(words[row] for row in rows.tolist()) if rows.ndim else words[int(rows)]
