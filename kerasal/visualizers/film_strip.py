"""Pictures in rows from left to right, such as maps of one example over the steps of a training."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from kerasal.visualizers.arrangement import GAP, LARGEST, PAGE, Spaces, as_tiles, text_width, wrapped
from kerasal.visualizers.base import DPI
from kerasal.visualizers.colorbars import add_colorbar
from kerasal.visualizers.colors import color_limits, color_scale
from kerasal.visualizers.image_pixels import heat_image
from kerasal.visualizers.scale_words import scale_note
from kerasal.visualizers.sheet import BAR_ROOM, HEADING, NOTE, TITLE, Sheet, room_for
from kerasal.visualizers.shown import Picture

MOST_STEPS = 10
STRIP = 5.2  # inches: a strip so wide is legible as a card of TensorBoard


def chosen_steps(steps: Sequence[int], most: int = MOST_STEPS) -> list[int]:
    """Choose at most so many of the steps, evenly among them, the first and the last included.

    Example:
        >>> chosen_steps(range(0, 101, 5), 5)
        [0, 25, 50, 75, 100]
    """
    steps = list(steps)
    positions = np.unique(np.rint(np.linspace(0, len(steps) - 1, min(most, len(steps)))).astype(int))
    return [steps[position] for position in positions]


def film_strip(
    maps: ArrayLike,
    steps: Sequence[Any],
    columns: Sequence[str] | None = None,
    original: np.ndarray | None = None,
) -> Figure:
    """Draw maps over steps with one colour scale.

    Args:
        maps: (S, H, W), or (S, features) of a table: a row per feature.
        steps: number of each step, (S,).
        columns: names of the features.
        original: the image, floats in [0, 1] of shape (H, W, 3), drawn first; None for none.

    Returns:
        The figure.

    Raises:
        ValueError: other shapes.

    Example:
        >>> figure = film_strip(np.ones((3, 4, 5)), [0, 5, 10])
        >>> [ax.get_title() for ax in figure.axes]
        ['step 0', 'step 5', 'step 10']
    """
    maps = np.asarray(maps, np.float64)
    if maps.ndim not in (2, 3) or len(maps) != len(steps) or not maps.size:
        raise ValueError(
            f"A film strip takes maps (S, H, W) or (S, features) at {len(steps)} steps. Received: shape {maps.shape}. "
            "Fold the channels first, e.g. ch_axis=-1."
        )
    colors = color_scale(*color_limits(maps))
    strongest = float(np.abs(maps).max())
    if maps.ndim == 2:
        return _rows_of_features(maps, steps, columns, colors, strongest)
    pictures = [("input", original)] if original is not None else []
    pictures += [(f"step {step}", heat_image(values, colors)) for step, values in zip(steps, maps, strict=True)]
    enough = 0.8 * np.sqrt(max(maps.shape[1:]) / min(maps.shape[1:]))  # the same area, whatever the shape
    return tiled_pictures(pictures, colors, strongest, page=STRIP, enough=float(enough))


def tiled_pictures(
    pictures: Sequence[tuple[str, np.ndarray]],
    colors: ScalarMappable,
    strongest: float,
    heading: str = "",
    page: float = PAGE,
    label: str = "saliency",
    enough: float = LARGEST,
) -> Figure:
    """Draw named pictures (H, W, 3) of one size in rows from left to right, and the colour bar of their maps.

    Args:
        pictures: [(name, floats in [0, 1])].
        colors: see `add_colorbar`.
        strongest: see `add_colorbar`.
        heading: words above all.
        page: width of the figure at most, inches.
        label: name of the numbers.
        enough: see `as_tiles`.

    Returns:
        The figure.
    """
    names = [wrapped(name, page / 3, TITLE) for name, _ in pictures]
    longest = max(names, key=lambda name: name.count("\n"))
    pitch, width = max(text_width(name, TITLE) for name in names) + GAP, page
    for _ in range(2):  # words get narrower as the figure does
        note, above = wrapped(scale_note(colors, strongest), width - 0.2, NOTE), wrapped(heading, width - 0.2, HEADING)
        words = max(text_width(note, NOTE), text_width(above, HEADING))
        spaces = Spaces(width=words, right=BAR_ROOM + 0.35, pitch=pitch, **room_for(above, note, longest))
        arrangement = as_tiles(pictures[0][1].shape[:2], len(pictures), spaces, page, enough)
        width = arrangement.size[0]
    sheet = Sheet(arrangement, above, note)
    axes = [
        sheet.show(place, picture, name)
        for place, name, (_, picture) in zip(arrangement.places(), names, pictures, strict=False)
    ]
    last = axes[min(arrangement.columns, len(axes)) - 1]
    sheet.bar(last, colors, strongest, label, is_below=False, rows=arrangement.rows)
    return sheet.figure


def _rows_of_features(
    maps: np.ndarray, steps: Sequence[Any], columns: Sequence[str] | None, colors: ScalarMappable, strongest: float
) -> Figure:
    names = [f"feature {k}" for k in range(maps.shape[1])] if columns is None else [str(name) for name in columns]
    figure = Picture(figsize=(STRIP, 1.2 + 0.22 * len(names)), dpi=DPI, layout="constrained")
    ax = figure.subplots()
    ax.imshow(heat_image(maps.T, colors), aspect="auto")
    ax.set_xticks(range(len(steps)), [str(step) for step in steps], fontsize=9)
    ax.set_yticks(range(len(names)), names, fontsize=9, parse_math=False)
    ax.set_xlabel(f"step\n{wrapped(scale_note(colors, strongest), 3.5, 9)}", fontsize=9)
    add_colorbar(ax, colors, strongest, "saliency")
    return figure
