"""Words that go with the picture of an example: the class predicted and its probability, the true one, the score."""

import re
from typing import Any

from kerasal.visualizers.colors import number_text


def prediction_words(saliency: Any) -> str:
    """Say what a model predicts for an example, e.g. "cat 93 % (true: dog)", or "class 7" where no probability is known.

    Args:
        saliency: a `Saliency` of one example.

    Returns:
        The words; "" where no prediction is known.
    """
    predicted, names = saliency.predictions, saliency.class_names
    truth = "" if saliency.labels is None else label_words(saliency.labels, names)
    if predicted is None:
        return f"true: {truth}" if truth else ""
    if "output" in predicted.dtype.names:
        words = f"predicted {number_text(float(predicted['output']))}"
        return f"{words}, true {truth}" if truth else words
    words = class_words(int(predicted["class"]), names)
    if "probability" in predicted.dtype.names:
        words = f"{words} {100 * float(predicted['probability']):.0f} %"
    if not truth:
        return words
    is_right = truth == class_words(int(predicted["class"]), names, "")
    return f"{words} (right)" if is_right else f"{words} (true: {truth})"


def known_words(saliency: Any) -> str:
    """Say what is predicted, where the saliency of one example is a `Saliency` that knows it; else ""."""
    return prediction_words(saliency) if getattr(saliency, "predictions", None) is not None else ""


def class_words(index: int, names: Any, prefix: str = "class ") -> str:
    """Name a class: by its name where it has one, else by its number."""
    return str(names[index]) if names is not None and index < len(names) else f"{prefix}{index}"


def label_words(label: Any, names: Any) -> str:
    """Name a true class or number."""
    number = label.item() if hasattr(label, "item") else label
    if isinstance(number, str):
        return number
    if float(number).is_integer() and number >= 0:
        return class_words(int(number), names, "")
    return number_text(float(number))


def score_words(saliency: Any) -> str:
    """Name what is explained, e.g. "logit of cat minus dog"; "" where the score has no name."""
    name, names, predicted = saliency.score_name, saliency.class_names, saliency.predictions
    if (
        name.endswith("of the predicted class")
        and predicted is not None
        and "class" in predicted.dtype.names
        and not predicted.ndim
    ):
        return f"{name.removesuffix('the predicted class')}{class_words(int(predicted['class']), names)}"
    if names is None:
        return str(name)
    return re.sub(r"\bclass (\d+)\b", lambda found: class_words(int(found[1]), names), name)
