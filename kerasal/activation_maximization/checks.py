"""Checks of the settings of an `ActivationMaximizer`."""

import numbers
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerasal import scores
from kerasal._errors import check_flags
from kerasal._network.targets import InputExtractor, LayerExtractor
from kerasal.activation_maximization.parameterizations import Fourier, Parameterization
from kerasal.activation_maximization.transforms import Transform


def checked_score(score: Any) -> scores.Score:
    """Return the `Score` meant; ValueError for one that needs an input to mean something."""
    found = scores.resolve(score)
    if found.choices or found.lists_classes:
        raise ValueError(
            "score says what the image is made for: a class, scores.Unit(...), a function of the outputs, or a list with one of "
            f"these per image. Received: score={score!r}. Give e.g. score=3, or score=list(range(10)) for ten classes."
        )
    return found


def checked_range(limits: Any) -> tuple[float, float] | None:
    """Return (low, high) as floats, or None; ValueError for other things."""
    if limits is None:
        return None
    given = np.asarray(limits)
    ends = given.astype("float64") if given.dtype.kind in "iuf" else np.zeros(0)
    if ends.shape != (2,) or not np.all(np.isfinite(ends)) or not ends[0] < ends[1]:
        raise ValueError(
            f"input_range is (low, high) of the model's input, low < high, or None. Received: {limits!r}. Give e.g. (0, 1), "
            "(-1, 1) or (0, 255): what the model was trained on."
        )
    return float(ends[0]), float(ends[1])


def check_parts(maximizer: Any) -> None:
    """Refuse settings of an `ActivationMaximizer` that are of another kind, or do not fit together."""
    if not isinstance(maximizer.target, (InputExtractor, LayerExtractor)):
        raise TypeError(
            f"target_extractor is an InputExtractor, a LayerExtractor or None. Received: {maximizer.target!r}. Use "
            "LayerExtractor('layer name')."
        )
    if not isinstance(maximizer.parameterization, Parameterization):
        raise TypeError(
            f"parameterization is Pixels() or Fourier(). Received: {maximizer.parameterization!r}. Choose one."
        )
    for penalty, weight in maximizer.regularizers.items():
        _check_regularizer(penalty, weight)
    for transform in maximizer.transforms:
        _check_transform(transform)
    if maximizer.transform_image and isinstance(maximizer.parameterization, Fourier):
        raise ValueError(
            "transform_image=True moves the pixels that are optimised. Received: parameterization=Fourier(...), which has none. "
            "Leave transform_image out: then transforms change what the network sees."
        )
    check_flags(
        transform_image=maximizer.transform_image,
        normalize_gradient=maximizer.normalize_gradient,
        logits=maximizer.logits,
    )
    steps = maximizer.steps
    if not _is_count(steps):
        raise ValueError(f"steps is an integer above 0. Received: steps={steps!r}. Give e.g. 200.")


def listed_settings(regularizers: Any, transforms: Any) -> tuple[dict[Any, Any], tuple[Any, ...]]:
    """Return copies of {function: weight} and of the list of transforms; TypeError for other things."""
    if not (regularizers is None or isinstance(regularizers, Mapping)):
        raise TypeError(
            f"regularizers are {{function of images: weight}}. Received: {regularizers!r}. Give e.g. {{TotalVariation(): 0.1}}."
        )
    if isinstance(transforms, str) or not isinstance(transforms, Sequence):
        raise TypeError(f"transforms are a list. Received: transforms={transforms!r}. Give e.g. [Jitter(8)].")
    return dict(regularizers or {}), tuple(transforms)


def _check_regularizer(penalty: Any, weight: Any) -> None:
    is_number = isinstance(weight, numbers.Real) and bool(np.isfinite(float(weight)))
    if not callable(penalty) or not is_number:
        raise TypeError(
            f"regularizers are {{function of images: weight}}. Received: {penalty!r}: {weight!r}. Give e.g. "
            "{TotalVariation(): 0.1}."
        )


def _check_transform(transform: Any) -> None:
    if isinstance(transform, type) or not (callable(transform) or isinstance(transform, Transform)):
        raise TypeError(
            "transforms are Jitter(), Rotate(), Scale(), Blur(), Keras layers or functions of images. Received: "
            f"{transform!r}. Give objects, e.g. [Jitter(8)]."
        )


def image_count(score: scores.Score, count: int | None, given: int | None) -> int:
    """Return the number of images.

    Args:
        score: of the images; a list of scores has one for each.
        count: the number that was asked for, or None.
        given: number of examples of x, or None.

    Raises:
        ValueError: they differ.
    """
    if count is not None and not _is_count(count):
        raise ValueError(f"count is an integer above 0. Received: count={count!r}. Give e.g. 4.")
    listed = len(score.classes) if hasattr(score, "classes") else None
    known = {number for number in (listed, count, given) if number is not None}
    if len(known) > 1:
        raise ValueError(
            f"There is one image per score of a list and per example of x. Received: {listed} scores, count={count} and "
            f"{given} examples. Give as many, or one score for all."
        )
    return known.pop() if known else 1


def _is_count(number: Any) -> bool:
    return isinstance(number, (int, np.integer)) and not isinstance(number, bool) and 1 <= int(number) < 2**31


def empty_images(model: Any, count: int, limits: tuple[float, float] | None) -> np.ndarray:
    """Make images to begin with where none are given, (count, ...) in the middle of their range.

    Raises:
        ValueError: the model has several inputs, or one of an unknown size.
    """
    shapes = getattr(model, "input_shape", None)
    if not isinstance(shapes, tuple) or None in shapes[1:] or any(isinstance(part, tuple) for part in shapes):
        raise ValueError(
            f"x=None needs a model with one input of a known size. Received: model '{model.name}', input_shape={shapes!r}. "
            "Give x, the images to start from (a list or dict with every input of the model)."
        )
    return np.full([count, *shapes[1:]], 0.0 if limits is None else sum(limits) / 2, "float32")


def check_losses(losses: np.ndarray, step: int) -> np.ndarray:
    """Return what was found at some steps (S, names, N), `step` the first of them.

    Raises:
        ValueError: a number that is not finite.
    """
    bad = np.argwhere(~np.isfinite(losses))
    if len(bad):
        later, _, image = bad[0]
        raise ValueError(
            "The score and what is taken off it must be finite numbers. Received: NaN or Inf at step "
            f"{step + later}, image {image}. Give an input_range, or a smaller learning rate."
        )
    return losses
