"""A grid of pictures: one example per row, the image and one method per column."""

import textwrap
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap
from matplotlib.figure import Figure

from kerasal.visualizers.base import DPI
from kerasal.visualizers.colors import color_limits, color_scale, number_text
from kerasal.visualizers.image_pixels import heat_image, overlay_image, saliency_map, to_uint8

FRAME = "0.6"  # grey


def show_picture(ax: Axes, picture: np.ndarray) -> None:
    """Draws floats in [0, 1], shape `(H, W, 3)`, pixel by pixel, first row at the top, in a thin frame."""
    ax.imshow(to_uint8(picture))
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set(color=FRAME, linewidth=0.5)


def add_colorbar(ax: Axes, colors: ScalarMappable, strongest: float, label: str, beside: bool = True) -> None:
    """Draws the colours beside or below `ax`, as long as its side, with ticks at zero and at the ends.

    Args:
        ax: the axes of the picture.
        colors: see `color_scale`.
        strongest: largest magnitude drawn; if it is beyond the colours, the ends become arrows.
        label: what the numbers are, empty for none.
        beside: at the right; otherwise below.
    """
    width, height = np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())
    thick = 0.05 * max(width, height) / (width if beside else height)  # as thick beside a narrow picture as a wide one
    place = (1 + 0.8 * thick, 0.0, thick, 1.0) if beside else (0.0, -2.2 * thick, 1.0, thick)
    fill_colorbar(ax.inset_axes(place), colors, strongest, label, "vertical" if beside else "horizontal")


def fill_colorbar(cax: Axes, colors: ScalarMappable, strongest: float, label: str, orientation: str) -> None:
    """Draws the colours in axes of their own; see `add_colorbar`."""
    vmin, vmax = colors.get_clim()
    extend = "neither" if strongest <= vmax else "both" if vmin < 0 else "max"
    bar = cax.figure.colorbar(
        colors,
        cax=cax,
        orientation=orientation,
        extend=extend,
        ticks=[vmin, 0.0, vmax] if vmin < 0 else [vmin, vmax],
        format=lambda tick, _: number_text(tick),
    )
    bar.set_label(label, fontsize=8, parse_math=False)
    bar.ax.tick_params(labelsize=8, length=2, color=FRAME)
    bar.outline.set(edgecolor=FRAME, linewidth=0.5)  # type: ignore[operator]


def cell_size(shape: tuple[int, ...], longer_side: float) -> tuple[float, float]:
    """Width and height in inches for a picture of shape `(H, W)`, never thinner than a tenth of the longer side."""
    height, width = np.maximum(shape, max(shape) / 10) * longer_side / max(shape)
    return float(width), float(height)


def caption(label=None, probability: float | None = None) -> str:
    """The prediction in words, e.g. `"7 (0.98)"`. ValueError unless the probability is in [0, 1]."""
    if probability is not None and not 0 <= probability <= 1:
        raise ValueError(f"probability must be in [0, 1]. Received: {probability}. Apply a softmax to logits first.")
    words = ["" if label is None else str(label), "" if probability is None else f"({probability:.2f})"]
    return " ".join(word for word in words if word)


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


def batch_maps(name: str, saliency, shape: tuple[int, ...]) -> np.ndarray:
    """Saliency of a batch of the images' shape `(N, H, W)`, with or without a channel axis of size 1 -> `(N, H, W)`."""
    values = np.asarray(saliency)
    if values.ndim not in (3, 4) or values.shape[:3] != shape:
        raise ValueError(
            f"Each method holds the saliency of the same images, shape {shape} or {(*shape, 1)}. "
            f"Received: {name!r} of shape {values.shape}. Explain the images that are drawn with every method."
        )
    return np.stack([saliency_map(example, f"visualize_batch, method {name!r},") for example in values])


def captions(labels: Sequence | None, probabilities: Sequence[float] | None, n_examples: int) -> list[str]:
    """The prediction of each example in words, see `caption`."""
    for name, given in (("labels", labels), ("probabilities", probabilities)):
        if given is not None and len(given) != n_examples:
            raise ValueError(f"{name} needs one entry per image, {n_examples}. Received: {len(given)}. Name each.")
    nothing = [None] * n_examples
    pairs = zip(nothing if labels is None else labels, nothing if probabilities is None else probabilities)
    return [caption(label, probability) for label, probability in pairs]


def draw_grid(
    maps: Mapping[str, np.ndarray],
    originals: Sequence[np.ndarray],
    row_labels: Sequence[str],
    title: str | None,
    cmap: str | Colormap | None,
    alpha: float | None,
    scale: str,
    percentile: float,
    colorbar_label: str,
) -> Figure:
    """Draws maps `(N, H, W)` by name of their method beside N images `(H, W, 3)`, over them if `alpha` is a number.

    `ImageVisualizer.visualize_batch` describes the arguments and checks what the user gives.

    Raises:
        ValueError: an unknown `scale`.
    """
    groups = _group_by_scale(maps, scale)
    members: dict[Hashable, list[np.ndarray]] = {}
    for (name, n), group in groups.items():
        members.setdefault(group, []).append(maps[name][n])
    strongest = {group: float(np.abs(values).max()) for group, values in members.items()}
    limits = {group: color_limits(np.stack(values), percentile) for group, values in members.items()}
    colors = {group: color_scale(*ends, cmap) for group, ends in limits.items()}

    width, height = cell_size(originals[0].shape[:2], longer_side=1.5)
    bar_width, bar_height = (0.6, 0.0) if scale == "map" else (0.0, 0.6)  # inches for the colour bars
    figsize = (1.5 + width + len(maps) * (width + bar_width), 0.5 + len(originals) * height + bar_height)
    figure = Figure(figsize=figsize, dpi=DPI, layout="constrained")
    axes = figure.subplots(len(originals), 1 + len(maps), squeeze=False)
    for n, original in enumerate(originals):
        show_picture(axes[n, 0], original)
        axes[n, 0].set_ylabel(row_labels[n], rotation=0, ha="right", va="center", fontsize=10, parse_math=False)
        for ax, name in zip(axes[n, 1:], maps):
            group = groups[name, n]
            heat = heat_image(maps[name][n], colors[group])
            show_picture(ax, heat if alpha is None else overlay_image(original, heat, alpha))
            if scale == "map":
                add_colorbar(ax, colors[group], strongest[group], colorbar_label if ax is axes[n, -1] else "")
            elif n == len(originals) - 1:
                add_colorbar(ax, colors[group], strongest[group], colorbar_label, beside=False)
    for ax, name in zip(axes[0], ["input", *maps]):
        ax.set_title(textwrap.fill(name, max(8, int(12 * width))), fontsize=10, parse_math=False)
    if title:
        figure.suptitle(title, fontsize=12, parse_math=False)
    return figure


def _group_by_scale(maps: Mapping[str, np.ndarray], scale: str) -> dict[tuple[str, int], Hashable]:
    """Which group each map (method, example) shares its colours with."""
    cells = [(name, n) for name, values in maps.items() for n in range(len(values))]
    if scale == "map":
        return {cell: cell for cell in cells}
    if scale == "method":
        return {cell: cell[0] for cell in cells}
    if scale == "all":
        return {cell: "all" for cell in cells}
    raise ValueError(f"scale is 'method', 'all' or 'map'. Received: {scale!r}. Pass 'method' to compare examples.")
