"""The parts of x in the order and rank that a model takes, as `predict` would take them; the words where they do not fit."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from kerasal._engine.containers import TEXT
from kerasal._network.versions import input_structure, symbolic_inputs
from kerasal._tree import leaves, mapped

Shape = Sequence[int | None]


def fitted(x: Any, model: keras.Model) -> Any:
    """Return x as a model takes it: a list of examples stacked, columns (N,) as (N, 1), keys that are no inputs left out.

    Args:
        x: structure of arrays.
        model: whose inputs they are; of a subclassed model nothing is known, and x stays as it is.

    Raises:
        ValueError: texts for a model that takes what its preprocessor makes of them; examples of several shapes.
    """
    known = symbolic_inputs(model)
    if not known:
        return x
    if getattr(model, "preprocessor", None) is not None:
        _check_preprocessed(x, model, known)
    if isinstance(x, dict):
        names = [name for name in x if name in known] if set(known) < set(x) else list(x)
        return {name: mapped(lambda leaf, name=name: _with_rank(leaf, known.get(name)), x[name]) for name in names}
    if isinstance(x, (list, tuple)) and len(known) == 1:
        x = _batch(x, next(iter(known.values())))
        if isinstance(x, (list, tuple)) and len(x) == 1 and not isinstance(input_structure(model), (list, tuple, dict)):
            x = x[0]
    if isinstance(x, (list, tuple)) and len(x) == len(known):
        parts = [
            mapped(lambda leaf, one=one: _with_rank(leaf, one), part)
            for part, one in zip(x, in_order(model).values(), strict=True)
        ]
        return parts if isinstance(x, list) else tuple(parts)
    return _with_rank(x, next(iter(known.values()))) if len(known) == 1 else x


def _check_preprocessed(x: Any, model: keras.Model, known: Mapping[str, Any]) -> None:
    """Refuse texts for a model with a preprocessor that has no input of texts, as KerasHub's tasks."""
    texts = any(isinstance(leaf, np.ndarray) and leaf.dtype.kind in TEXT for leaf in leaves(x))
    if texts and not any(str(symbolic.dtype) == "string" for symbolic in leaves(dict(known))):
        raise ValueError(
            f"Model '{model.name}' itself takes {', '.join(known)}; its `predict` puts x through `model.preprocessor` first. "
            "Received: texts. Explain what it makes of them: x = model.preprocessor(texts)."
        )


def _batch(x: Any, symbolic: Any) -> Any:
    """One array of a list of examples for a model of one input; a list of one array as it is."""
    if not all(isinstance(part, np.ndarray) for part in x):
        return x
    rank = len(symbolic.shape)
    ranks = {part.ndim for part in x}
    is_rest = len(x) == 1 and not (ranks == {rank - 1} and fits(x[0].shape, symbolic.shape[1:]))
    if is_rest or not ranks <= {rank - 1, rank - 2} or len(ranks) > 1:
        return x
    shapes = sorted({part.shape for part in x})
    if len(shapes) > 1:
        raise ValueError(
            f"Examples in a list have one shape. Received: {len(x)} examples of shapes {', '.join(map(str, shapes[:5]))}"
            f"{', …' if len(shapes) > 5 else ''}. Resize or pad them to one and np.stack(x), or explain each alone: x[0][None]."
        )
    return np.stack(x)


def _with_rank(leaf: Any, symbolic: Any) -> Any:
    """The array with the last axis of size 1 that the model has, or without one that it does not have."""
    if symbolic is None or not isinstance(leaf, np.ndarray):
        return leaf
    shape = symbolic.shape
    missing = len(shape) - leaf.ndim
    if missing == 1 and shape[-1] == 1 and fits(leaf.shape[1:], shape[1:-1]):
        is_one_example = leaf.ndim > 1 and fits(leaf.shape, shape[1:])
        return leaf if is_one_example else leaf[..., None]
    if missing == -1 and leaf.shape[-1] == 1 and fits(leaf.shape[1:-1], shape[1:]):
        return leaf[..., 0]
    return leaf


def fits(shape: Shape, wanted: Shape) -> bool:
    """Tell whether a shape is a wanted one, None being any size."""
    return len(shape) == len(wanted) and all(want in (None, have) for have, want in zip(shape, wanted, strict=True))


def in_order(model: keras.Model) -> dict[str, Any]:
    """Map names to symbolic inputs in the order of the parts of a list: of a model built with a dict, that of its sorted keys."""
    known = symbolic_inputs(model)
    return dict(sorted(known.items())) if isinstance(input_structure(model), dict) else known


def misfit(shape: tuple[int, ...], wanted: Shape, label: str, *, of_dataset: bool = False) -> str:
    """Say that an array does not have the shape that the model takes, and how it would.

    Args:
        shape: of the array, examples first.
        wanted: by the model, (None, ...).
        label: of the part of x.
        of_dataset: whether it is a batch of a data set.
    """
    told = f"({', '.join(['N', *map(str, wanted[1:])])})".replace("None", "any")
    return f"The model takes {label} of shape {told}. Received: shape {tuple(shape)}. {_way(shape, wanted, of_dataset=of_dataset)}"


def _way(shape: tuple[int, ...], wanted: Shape, *, of_dataset: bool) -> str:
    """The way out for an array of this shape."""
    inner, target = shape[1:], wanted[1:]
    if fits(shape, target):
        return "Examples come first: x.batch(32) makes batches." if of_dataset else "For one example pass x[None]."
    if len(shape) == len(wanted) - 1 > 2 and fits(inner, target[:-1]):
        return f"Grey images get the model's {target[-1]} channels by np.repeat(x[..., None], {target[-1]}, axis=-1)."
    if len(shape) != len(wanted):
        more = "more" if len(shape) > len(wanted) else "fewer"
        return f"It has {more} axes than the model's input: examples come first, then one example's axes; np.reshape or x[None]."
    if len(shape) > 3 and not fits(inner[-1:], target[-1:]):
        return _channels(inner, target)
    if len(shape) == 4:
        return f"Resize the images to the model's size: tf.image.resize(x, {tuple(target[:-1])})."
    if len(shape) == 2:
        return f"Give the {target[0]} columns that the model was trained on, in their order."
    return "Cut or pad the examples to the model's length, as for the training (keras.utils.pad_sequences)."


def _channels(inner: Shape, target: Shape) -> str:
    """The way out for images of other channels."""
    have, want = inner[-1], target[-1]
    if fits([*inner[1:], inner[0]], target):
        return "Its channels are first: np.moveaxis(x, 1, -1) puts them last."
    if fits([inner[-1], *inner[:-1]], target):
        return "Its channels are last: np.moveaxis(x, -1, 1) puts them first."
    if have == 1:
        return f"Grey images get the model's {want} channels by np.repeat(x, {want}, axis=-1)."
    if want == 1 and have == 3:
        return "Colour becomes grey by tf.image.rgb_to_grayscale(x)."
    if have == 4 and want == 3:
        return "RGBA becomes RGB by x[..., :3]."
    return f"Give the {want} channels that the model was trained on."
