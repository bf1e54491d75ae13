"""Whether what an ascent is told can mean anything, before any work."""

import keras
import numpy as np

from kerasal import scores
from kerasal.activation_maximization.parameterizations import Fourier, Parameterization
from kerasal.activation_maximization.transforms import Transform
from kerasal.extractors import InputExtractor, LayerExtractor


def checked_score(score):
    """The `Score` meant; ValueError for one that needs an input to mean something."""
    found = scores.resolve(score)
    if found.choices or found.lists_classes:
        raise ValueError(
            "score says what the image is made for: a class, scores.Unit(...), a function of the outputs, or a list with one of "
            f"these per image. Received: score={score!r}. Give e.g. score=3, or score=list(range(10)) for ten classes."
        )
    return found


def checked_range(limits):
    """(low, high) as floats, or None."""
    if limits is None:
        return None
    numbers = np.asarray(limits, "float64")
    if numbers.shape != (2,) or not np.all(np.isfinite(numbers)) or not numbers[0] < numbers[1]:
        raise ValueError(
            f"input_range is (low, high) of the model's input, low < high, or None. Received: {limits!r}. Give e.g. (0, 1), "
            "(-1, 1) or (0, 255): what the model was trained on."
        )
    return float(numbers[0]), float(numbers[1])


def check_parts(maximizer):
    """Refuse settings of an `ActivationMaximizer` that do not fit together."""
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
        number = isinstance(weight, (int, float, np.number)) and np.isfinite(weight)
        if not callable(penalty) or not number:
            raise TypeError(
                f"regularizers are {{function of images: weight}}. Received: {penalty!r}: {weight!r}. Give e.g. "
                "{TotalVariation(): 0.1}."
            )
    for transform in maximizer.transforms:
        if isinstance(transform, type) or not (callable(transform) or isinstance(transform, Transform)):
            raise TypeError(
                "transforms are Jitter(), Rotate(), Scale(), Blur(), Keras layers or functions of images. Received: "
                f"{transform!r}. Give objects, e.g. [Jitter(8)]."
            )
    if maximizer.transform_image and isinstance(maximizer.parameterization, Fourier):
        raise ValueError(
            "transform_image=True moves the pixels that are optimised. Received: parameterization=Fourier(...), which has none. "
            "Leave transform_image out: then transforms change what the network sees."
        )
    steps = maximizer.steps
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 1:
        raise ValueError(f"steps is an integer above 0. Received: steps={steps!r}. Give e.g. 200.")


def images_asked(score, count, given):
    """How many images: as many as there are scores in a list, examples `given`, or `count`."""
    if count is not None and (isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1):
        raise ValueError(f"count is an integer above 0. Received: count={count!r}. Give e.g. 4.")
    listed = len(score.classes) if hasattr(score, "classes") else None
    known = {number for number in (listed, count, given) if number is not None}
    if len(known) > 1:
        raise ValueError(
            f"There is one image per score of a list and per example of x. Received: {listed} scores, count={count} and "
            f"{given} examples. Give as many, or one score for all."
        )
    return known.pop() if known else 1


def empty_images(model, count, limits):
    """Images to begin with where none are given, (count, ...) in the middle of their range."""
    shapes = getattr(model, "input_shape", None)
    if not isinstance(shapes, tuple) or None in shapes[1:] or any(isinstance(part, tuple) for part in shapes):
        raise ValueError(
            f"x=None needs a model with one input of a known size. Received: model '{model.name}', input_shape={shapes!r}. "
            "Give x, the images to start from (a list or dict with every input of the model)."
        )
    return np.full([count, *shapes[1:]], 0.0 if limits is None else sum(limits) / 2, "float32")


def layer_transform_built(transform, images):
    """Build a Keras layer that is a transform on images, so that it creates its variables before anything is traced."""
    if isinstance(transform, keras.layers.Layer):
        transform(images)
