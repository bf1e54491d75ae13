"""Mean saliency of each class of examples."""

from typing import Any

import numpy as np

from kerasal._errors import warn_user
from kerasal._vocabulary import checks_keywords
from kerasal.saliency import Saliency


@checks_keywords
def by_class(saliency: Saliency, of: str | None = None) -> Saliency:
    """Average the saliency over the examples of each class.

    The result has one map for each class that there is: `values` are means over its examples, `std` their spread, `M` how many
    examples, `standard_error` how far the mean may be off, so that values ± 1.96 `standard_error` is a 95 % interval. It is indexed
    and saved as any other, and `result[k].plot()` draws that of one class.

    Args:
        saliency: of a batch, whose labels or predictions are known.
        of: "label", the class in y, or "prediction"; None for the labels where there are any.

    Returns:
        A `Saliency` (K, ...), whose `labels` are the classes.

    Raises:
        ValueError: no class is known, or labels are no classes.

    Warns:
        UserWarning: where a class has a single example, so that there is no spread.

    Example:
        >>> from kerasal import Saliency, importance
        >>> found = importance.by_class(Saliency([[1.0, 2.0], [3.0, 2.0], [0.0, 1.0], [0.0, 3.0]], labels=[0, 0, 1, 1]))
        >>> found.values.tolist(), found.labels.tolist(), found.standard_error.round(2).tolist()
        ([[2.0, 2.0], [0.0, 2.0]], [0, 1], [[1.0, 0.0], [0.0, 1.0]])
    """
    found = _classes_of(saliency, of)
    classes, counts = np.unique(found, return_counts=True)
    rows = [found == each for each in classes]
    values = np.asarray(saliency.values, "float64")
    alone = classes[counts == 1]
    if len(alone):
        warn_user(
            f"A spread needs two examples of a class. Received: one of class {', '.join(map(str, alone[:10]))}, so std is None. Leave the "
            "class out to know the others'."
        )
    std = None if len(alone) else np.stack([values[row].std(0, ddof=1) for row in rows])
    scores = None if saliency.scores is None else np.stack([np.mean(saliency.scores[row], 0) for row in rows])
    about = {name: fact for name, fact in saliency.about.items() if name in ("calculator", "model", "target", "method")}
    name = f"{saliency.score_name or 'score'}, mean over the examples of a class"
    return Saliency(
        np.stack([values[row].mean(0) for row in rows]),
        std=std,
        M=counts,
        scores=scores,
        score_name=name,
        axes=saliency.axes,
        about={**about, "mean_over": "examples of a class"},
        feature_names=saliency.feature_names,
        class_names=saliency.class_names,
        labels=classes,
        kind=saliency.kind if saliency.kind in ("table", "numbers") else "",
    )


def _classes_of(saliency: Any, of: str | None) -> np.ndarray:
    """The class of each example, integers (N,)."""
    if not isinstance(saliency, Saliency) or saliency.axes[:1] != ("example",):
        raise ValueError(
            f"by_class averages a Saliency of a batch. Received: {type(saliency).__name__}. Pass what explain returned."
        )
    if of not in (None, "label", "prediction"):
        raise ValueError(f"of is 'label', 'prediction' or None. Received: {of!r}. Choose one.")
    labels, predictions = saliency.labels, saliency.predictions
    of = of or ("prediction" if labels is None else "label")
    if of == "label" and labels is not None:
        found = np.asarray(labels)
        if found.dtype.kind in "iub" or found.dtype.kind == "f" and np.all(found == np.round(found)):
            return found.astype("int64")
        raise ValueError(
            f"Classes are whole numbers. Received: labels of dtype {found.dtype}. Take of='prediction', or average by hand: "
            "saliency[rows].values.mean(0)."
        )
    if of == "prediction" and predictions is not None and "class" in (predictions.dtype.names or ()):
        return np.asarray(predictions["class"]).astype("int64")
    raise ValueError(
        f"by_class needs the class of each example. Received: a Saliency without {of}s of classes. Explain with y=, or a classifier."
    )
