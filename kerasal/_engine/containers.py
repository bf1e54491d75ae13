"""Whatever holds x or y, as structures of NumPy arrays; what cannot be one is refused by name."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from kerasal._engine.frames import array_of_column, array_of_frame, is_column, is_frame

TEXT = "USO"  # kinds of arrays of texts; objects are texts once they have been through `as_arrays`


def as_arrays(value: Any, name: str) -> Any:
    """Return the same structure with arrays at its leaves: numbers, booleans or texts. Ragged tensors stay as they are.

    Args:
        value: array, tensor (also ragged or sparse), list/tuple/dict of them, column or frame.
        name: "x" or "y", for messages.

    Raises:
        TypeError, ValueError: it holds something else.
    """
    if type(value) is np.ndarray and value.dtype.kind in "fiub":
        return value
    if isinstance(value, Mapping):
        return {key: as_arrays(part, f"{name}[{key!r}]") for key, part in value.items()}
    if isinstance(value, (list, tuple)) and any(map(_is_part, value)):
        _check_rows(value, name)
        parts = [as_arrays(part, f"{name}[{k}]") for k, part in enumerate(value)]
        if isinstance(value, list):
            return parts
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, tf.RaggedTensor):
        return value
    return _numbers_or_texts(_array(value, name), name)


def _check_rows(value: Any, name: str) -> None:
    """Refuse a list of dicts of numbers, one for each example."""
    if all(isinstance(part, Mapping) and part and all(np.ndim(each) == 0 for each in part.values()) for part in value):
        raise TypeError(
            f"{name} is a dict of arrays, not a list of dicts. Received: a list of {len(value)} dicts of single values. Turn it round: "
            f"{{key: np.array([row[key] for row in {name}]) for key in {name}[0]}}."
        )


def _is_part(value: Any) -> bool:
    """Tell whether a member of a list is an array of its own, not a number or a row of numbers."""
    if isinstance(value, (Mapping, tf.RaggedTensor)) or hasattr(value, "__array_interface__"):
        return not isinstance(value, np.generic) and getattr(value, "shape", None) != ()
    shape = getattr(value, "shape", None)
    return shape is not None and len(shape) > 0


def _array(value: Any, name: str) -> np.ndarray:
    if isinstance(value, Iterator):
        raise TypeError(
            f"{name} can be looked at more than once. Received: a generator ({type(value).__name__}), which gives its values once. "
            f"Make a list of arrays and np.concatenate it to one array, or use tf.data.Dataset.from_generator(…) with batches."
        )
    if is_frame(value):
        return array_of_frame(value, name)
    if is_column(value):
        return array_of_column(value, name)
    if isinstance(value, tf.SparseTensor):
        return tf.sparse.to_dense(tf.sparse.reorder(value)).numpy()
    if hasattr(value, "nnz") and hasattr(value, "toarray"):  # of SciPy
        return value.toarray()
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise ValueError(
            f"{name} has a number everywhere. Received: a masked array, {np.ma.count_masked(value)} of its numbers masked. Say "
            f"what stands there: {name}.filled(0), or what the model was trained with."
        )
    try:
        return np.asarray(value)
    except Exception as error:
        raise _unreadable(value, name, error) from error


def _unreadable(value: Any, name: str, error: Exception) -> Exception:
    """Make the error for what NumPy makes no array of."""
    if isinstance(value, (list, tuple)):
        lengths = sorted({len(part) for part in value if hasattr(part, "__len__")})
        return ValueError(
            f"Examples in a list have one length. Received: {name}, a list of unequal lengths ({_range(lengths)}). Pass "
            f"tf.ragged.constant({name}), which explains each at its own length, or pad it as for the training: "
            f"keras.utils.pad_sequences({name}, padding='post')."
        )
    return TypeError(
        f"{name} is something that NumPy reads. Received: {type(value).__name__} ({error}). Pass an array of its numbers."
    )


def _range(lengths: list[int]) -> str:
    return f"{lengths[0]} to {lengths[-1]}" if len(lengths) > 1 else "within the examples"


def _numbers_or_texts(array: np.ndarray, name: str) -> np.ndarray:
    """Return an array of numbers, booleans or texts; refuse any other."""
    kind = array.dtype.kind
    if kind in "fiubUS" or name.startswith("y"):
        return array
    if kind == "T":  # NumPy's own texts of any length
        return array.astype(object)
    if kind == "V" and array.dtype.names is None:  # bfloat16 and its kin
        return array.astype("float32")
    if kind == "O" and array.ndim and all(isinstance(each, (str, bytes)) for each in array.flat):
        return array
    raise TypeError(_odd(array, name))


def _gives(thing: Any) -> bool:
    return hasattr(thing, "__iter__") and not isinstance(thing, (str, bytes))


def _odd(array: np.ndarray, name: str) -> str:
    """Say that an array holds neither numbers nor texts, and how it would."""
    begin = f"{name} holds numbers, booleans or texts. Received: "
    if array.dtype.kind == "O" and array.ndim == 0:
        thing = array.item()
        way = (
            f"If it gives arrays, pass list({name}), or np.concatenate of that where they are batches"
            if _gives(thing)
            else "Pass an array"
        )
        return f"{begin}{type(thing).__name__}. {way}."
    if array.dtype.kind == "O":
        kinds = {type(each) for each in array.flat}
        told = ", ".join(sorted(kind.__name__ for kind in kinds))
        if kinds & {type(None)} or any(isinstance(each, float) and np.isnan(each) for each in array.flat):
            way = "Fill what is missing ('' for a text, a number as in training)"
        elif any(hasattr(each, "__len__") and not isinstance(each, (str, bytes)) for each in array.flat):
            way = f"np.stack(list({name})) makes one array of parts of one shape, tf.ragged.constant of lists of several lengths"
        else:
            way = f"{name}.astype('float32') if all are numbers"
        return f"{begin}an array of objects ({told}). {way}."
    ways = {
        "M": f"({name} - start) / np.timedelta64(1, 's')",
        "m": f"{name} / np.timedelta64(1, 's')",
        "c": f"np.stack([{name}.real, {name}.imag], -1), if the model takes that",
        "V": f"np.stack([{name}[field] for field in {name}.dtype.names], -1)",
    }
    return f"{begin}dtype {array.dtype}. Make numbers of it as for the training, e.g. {ways.get(array.dtype.kind, 'astype')}."
