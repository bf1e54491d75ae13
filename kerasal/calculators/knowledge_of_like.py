"""The knowledge of a result that holds for another map of the same examples."""

from typing import Any

from kerasal._folds.moments import Moments
from kerasal.saliency import Saliency

_OF_EXAMPLES = ("inputs", "class_names", "predictions", "labels", "kind", "tokens", "smiles", "score_name", "unpaired")
_ABOUT = ("score", "input")


def knowledge_of_like(like: Saliency, shape: tuple[int, ...], axes: tuple[str, ...], fold: Moments) -> dict[str, Any]:
    """Collect the keywords of a `Saliency` that another one of the same examples gives.

    Args:
        like: the other one.
        shape: of the map.
        axes: of the map.
        fold: how its samples became a map.

    Returns:
        Names of features only where the map has one number for each, scores where it has the same classes, scores at the baseline only
        where its values are sums with their signs.

    Raises:
        TypeError: `like` is no `Saliency`.
        ValueError: it is of other examples.
    """
    if not isinstance(like, Saliency):
        raise TypeError(f"like is a Saliency, from explain. Received: {like!r:.80}. Pass e.g. calculator.explain(x).")
    if like.axes[:1] != ("example",) or len(like) != shape[0]:
        raise ValueError(
            f"like is a result of the same {shape[0]} examples. Received: {like!r}. Explain the x from which the samples are."
        )
    known = {name: getattr(like, name) for name in _OF_EXAMPLES}
    known["about"] = {name: like.about[name] for name in _ABOUT if name in like.about}
    names = like.feature_names
    if names is not None and len(axes) > 1 and axes[-1] == like.axes[-1] and shape[-1] == len(names):
        known["feature_names"] = names
    classes = 1 + ("class" in axes)
    if like.scores is not None and like.scores.shape == shape[:classes]:
        known["scores"] = like.scores
        is_sum = fold.name == "raw" and (fold.ch_axis is None or fold.ch_reduce == "sum")
        known["base_scores"] = like.base_scores if is_sum else None
    return known
