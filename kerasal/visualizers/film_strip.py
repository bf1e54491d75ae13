"""One example's maps at several steps, side by side on one scale."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from kerasal.visualizers.base import DPI
from kerasal.visualizers.colors import color_limits, color_scale
from kerasal.visualizers.panel import add_colorbar, cell_size, show_picture
from kerasal.visualizers.picture import heat_image

MOST = 10  # steps


def chosen_steps(steps: Sequence[int], most: int = MOST) -> list[int]:
    """At most so many of the steps, evenly among them, the first and the last included.

    Example:

    >>> chosen_steps(range(0, 101, 5), 5)
    [0, 25, 50, 75, 100]
    """
    steps = list(steps)
    places = np.unique(np.rint(np.linspace(0, len(steps) - 1, min(most, len(steps)))).astype(int))
    return [steps[place] for place in places]


def film_strip(maps, steps: Sequence[int], columns: Sequence[str] | None = None, original=None) -> Figure:
    """Draws maps over steps with one colour scale.

    Args:
        maps: (S, H, W), or (S, features) of a table: a row per feature.
        steps: what each is called, (S,).
        columns: names of the features.
        original: the image, floats in [0, 1] of shape (H, W, 3), drawn first; None for none.

    Returns: the figure.

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
        return _rows(maps, steps, columns, colors, strongest)
    pictures = [("input", original)] if original is not None else []
    pictures += [(f"step {step}", heat_image(values, colors)) for step, values in zip(steps, maps)]
    return row_of_pictures(pictures, colors, strongest, longer_side=1.5)


def row_of_pictures(pictures, colors, strongest: float, longer_side: float) -> Figure:
    """Named pictures (H, W, 3) of one size side by side, and the colour bar of their maps.

    Args:
        pictures: [(name, floats in [0, 1])].
        colors, strongest: see `add_colorbar`.
        longer_side: of each, inches.
    """
    width, height = cell_size(pictures[0][1].shape[:2], longer_side)
    figure = Figure(figsize=(len(pictures) * (width + 0.1) + 0.9, height + 0.5), dpi=DPI, layout="constrained")
    axes = figure.subplots(1, len(pictures), squeeze=False)[0]
    for ax, (name, picture) in zip(axes, pictures):
        show_picture(ax, picture)
        ax.set_title(name, fontsize=9)
    add_colorbar(axes[-1], colors, strongest, "saliency")
    return figure


def _rows(maps, steps, columns, colors, strongest) -> Figure:
    names = [f"feature {k}" for k in range(maps.shape[1])] if columns is None else [str(name) for name in columns]
    figure = Figure(figsize=(2.5 + 0.45 * len(steps), 1.0 + 0.22 * len(names)), dpi=DPI, layout="constrained")
    ax = figure.subplots()
    ax.imshow(heat_image(maps.T, colors), aspect="auto")
    ax.set_xticks(range(len(steps)), [str(step) for step in steps], fontsize=8)
    ax.set_yticks(range(len(names)), names, fontsize=8, parse_math=False)
    ax.set_xlabel("step", fontsize=9)
    add_colorbar(ax, colors, strongest, "saliency")
    return figure
