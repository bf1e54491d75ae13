"""A `Saliency` of videos: frames chosen evenly and the strongest, the map over each, with class and probability."""

from typing import Any

import numpy as np

from kerasal._storage.base import StrPath
from kerasal.visualizers.base import check_picture_path, save_picture
from kerasal.visualizers.colors import color_limits, color_scale
from kerasal.visualizers.image_values import ImageRange
from kerasal.visualizers.montage import Montage, scale_label, shown_channels
from kerasal.visualizers.plots.parts import is_batch, refuse_classes
from kerasal.visualizers.scale_words import PERCENTILE
from kerasal.visualizers.words import prediction_words, score_words

_MOST_EXAMPLES = 4  # of a batch in one picture
_MOST_FRAMES, _MOST_OF_BATCH = 8, 6


def plot(saliency: Any, **options: Any) -> Any:
    """Draw frames of a video, or of the videos of a batch in rows; see `montage_of`."""
    return montage_of(saliency, "frame", **options)


def montage_of(
    saliency: Any,
    word: str,
    *,
    num_visualize: int | None = None,
    title: str | None = None,
    save_filepath: StrPath | None = None,
    cmap: Any = None,
    alpha: float = 0.8,
    percentile: float = PERCENTILE,
    limit: float | None = None,
    image_range: ImageRange = None,
    bbox_inches: str | None = "tight",
) -> Any:
    """Draw frames or slices of one example or of a batch, on one scale.

    Args:
        saliency: of maps (T, H, W) or (T, H, W, channels), which are summed.
        word: for a frame, "frame" or "slice".
        num_visualize: frames of an example at most, chosen evenly, the strongest among them; None: 8, of a batch 6.
        title: text above; None: the class, its probability and the score.
        save_filepath: `.png`, `.svg` or `.pdf` file to write, in a folder that exists.
        cmap: colour map or its matplotlib name.
        alpha: opacity of the strongest saliency over the frame.
        percentile: see `color_limits`, over all frames, drawn or not.
        limit: saliency at the end of the colours, in place of `percentile`.
        image_range: the numbers of black and white, as for `ImageVisualizer`.
        bbox_inches: passed to matplotlib's `savefig`.

    Returns:
        The figure.

    Raises:
        ValueError: maps of every class, or of another shape; fewer than one frame.
    """
    refuse_classes(saliency, f"A montage of {word}s")
    check_picture_path(save_filepath)
    batch = is_batch(saliency)
    shown = saliency[:_MOST_EXAMPLES] if batch else saliency
    maps = np.asarray(shown.values if batch else shown.values[None], np.float64)
    most = (_MOST_OF_BATCH if len(maps) > 1 else _MOST_FRAMES) if num_visualize is None else num_visualize
    if maps.ndim not in (4, 5) or not maps.size or most < 1:
        raise ValueError(
            f"A montage shows at least one {word} of maps (T, H, W) or (T, H, W, channels). Received: shape {maps.shape[1:]}, "
            f"num_visualize={num_visualize}. Draw other maps as kind='numbers'."
        )
    channels = maps.shape[-1] if maps.ndim == 5 else 1
    maps = maps.sum(-1) if maps.ndim == 5 else maps
    images, told = _fitting(shown.explained_input, maps.shape, batch=batch)
    colors = color_scale(*color_limits(maps, percentile, limit), cmap)
    label = "saliency, summed over channels" if channels > 1 else "saliency"
    montage = Montage(
        maps=maps,
        images=images,
        captions=[prediction_words(one) for one in shown] if batch else [""],
        word=word,
        most=most,
        colors=colors,
        label=scale_label(colors, maps, percentile, is_given=limit is not None, name=label),
        title="\n".join(filter(None, (_title(saliency, len(maps), batch=batch) if title is None else title, told))),
        alpha=alpha,
        image_range=image_range,
    )
    figure = montage.draw()
    save_picture(figure, save_filepath, bbox_inches)
    return figure


def _title(saliency: Any, shown: int, *, batch: bool) -> str:
    """Say what is predicted and explained, and how many of the examples are drawn."""
    if not batch:
        return "\n".join(filter(None, (prediction_words(saliency), score_words(saliency))))
    words: str = score_words(saliency)
    return f"{words} — {shown} of {len(saliency)} examples" if len(saliency) > shown else words


def _fitting(images: np.ndarray | None, shape: tuple[int, ...], *, batch: bool) -> tuple[np.ndarray | None, str]:
    """Give the examples (N, T, H, W, C) where the maps are of their size, and a word on their channels."""
    if images is None or images.dtype.kind not in "fiub":
        return None, ""
    images = images if batch else images[None]
    if images.shape == shape:
        return images[..., None], ""
    return shown_channels(images) if images.ndim == 5 and images.shape[:4] == shape else (None, "")
