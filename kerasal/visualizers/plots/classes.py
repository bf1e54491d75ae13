"""Maps of every class of an image, score="all": a grid of the classes with the highest scores, named."""

from typing import Any

import numpy as np

from kerasal._storage.base import StrPath
from kerasal.visualizers.base import check_picture_path, save_picture
from kerasal.visualizers.class_grid import ClassGrid
from kerasal.visualizers.colors import color_limits, color_scale, number_text
from kerasal.visualizers.image_pixels import rgb_batch
from kerasal.visualizers.image_values import ImageRange
from kerasal.visualizers.plots.parts import fitting_images, is_batch
from kerasal.visualizers.scale_words import PERCENTILE
from kerasal.visualizers.words import class_words, prediction_words

MOST_CLASSES, MOST_IMAGES = 5, 4


def plot(
    saliency: Any,
    *,
    top: int = MOST_CLASSES,
    title: str | None = "",
    cmap: Any = None,
    alpha: float = 0.8,
    percentile: float = PERCENTILE,
    limit: float | None = None,
    image_range: ImageRange = None,
    colorbar_label: str | None = None,
    save_filepath: StrPath | None = None,
    bbox_inches: str | None = "tight",
) -> Any:
    """Draw the maps of the classes with the highest scores over each image, on one scale.

    Args:
        saliency: of maps (classes, H, W) or (classes, H, W, channels), which are summed; one example or a batch.
        top: number of classes of each image, at most.
        title: words above; "" for what the result knows, None for none.
        cmap: as for `ImageVisualizer.visualize`, like all below.
        alpha: likewise.
        percentile: likewise, over all maps that are drawn.
        limit: likewise.
        image_range: likewise.
        colorbar_label: likewise.
        save_filepath: likewise.
        bbox_inches: likewise.

    Returns:
        The figure.

    Raises:
        ValueError: `top` below 1, or maps of other axes.
    """
    check_picture_path(save_filepath)
    batch = is_batch(saliency)
    examples = list(saliency[:MOST_IMAGES]) if batch else [saliency]
    values = np.stack([one.values for one in examples])
    if values.ndim not in (4, 5) or top < 1:
        raise ValueError(
            f"A grid of classes shows maps (classes, H, W) of images, one class or more. Received: axes {saliency.axes}, top={top}. "
            "Explain with score=3 or the like to draw one class."
        )
    is_folded = values.ndim == 5
    maps = values.sum(-1) if is_folded else values
    chosen = [highest(one, top) for one in examples]
    drawn = np.stack([each[classes] for each, classes in zip(maps, chosen, strict=True)])
    images = saliency.explained_input
    images = images if images is None or batch else images[None]
    fitting = fitting_images(images, (len(drawn), *drawn.shape[2:]))
    shown = "" if not batch or len(examples) == len(saliency) else f" — {len(examples)} of {len(saliency)} examples"
    words = prediction_words(examples[0]) if len(examples) == 1 else ""
    known = "\n".join(filter(None, (words, f"{saliency.score_name}{shown}")))
    figure = ClassGrid(
        maps=drawn,
        originals=None if fitting is None else rgb_batch(fitting, drawn.shape[2:], image_range),
        titles=[titles_of(one, classes) for one, classes in zip(examples, chosen, strict=True)],
        row_labels=[prediction_words(one) for one in examples] if len(examples) > 1 else [""],
        heading=known if title == "" else title or "",
        colors=color_scale(*color_limits(drawn, percentile, limit), cmap),
        alpha=alpha,
        percentile=percentile,
        bar_label=colorbar_label or ("saliency, summed over channels" if is_folded else "saliency"),
    ).draw()
    save_picture(figure, save_filepath, bbox_inches)
    return figure


def highest(saliency: Any, top: int) -> np.ndarray:
    """Choose the classes with the highest scores of one example, the highest first; the first ones where none is known."""
    count = saliency.values.shape[0]
    order = np.arange(count) if saliency.scores is None else np.argsort(-saliency.scores, kind="stable")
    return order[:top]


def titles_of(saliency: Any, classes: np.ndarray) -> list[str]:
    """Name classes of one example, with their probabilities, else with their scores."""
    names = [class_words(int(index), saliency.class_names) for index in classes]
    if saliency.scores is None:
        return names
    probabilities = probabilities_of(saliency)
    if probabilities is None:
        return [
            f"{name}, score {number_text(float(saliency.scores[k]))}" for name, k in zip(names, classes, strict=True)
        ]
    return [f"{name} {100 * probabilities[k]:.0f} %" for name, k in zip(names, classes, strict=True)]


def probabilities_of(saliency: Any) -> np.ndarray | None:
    """Find the probability of every class of one example: the way from scores to them that gives the one that is known.

    Args:
        saliency: of one example, with `scores` (classes,).

    Returns:
        (classes,), or None where neither the scores themselves, nor their softmax, nor their sigmoid give what the model predicted.
    """
    predicted, scores = saliency.predictions, np.asarray(saliency.scores, np.float64)
    if predicted is None or "probability" not in predicted.dtype.names or int(predicted["class"]) >= len(scores):
        return None
    powers = np.exp(scores - scores.max())
    for found in (scores, powers / powers.sum(), 1 / (1 + np.exp(-np.clip(scores, -500, 500)))):
        if (
            abs(found[int(predicted["class"])] - float(predicted["probability"])) < 1e-3
            and 0 <= found.min() <= found.max() <= 1
        ):
            return np.asarray(found)
    return None
