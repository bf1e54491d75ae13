"""A grid of pictures: one example per row, the image and one method per column."""

import textwrap
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from matplotlib.colors import Colormap
from matplotlib.figure import Figure

from kerasal.visualizers.base import DPI
from kerasal.visualizers.colors import color_limits, color_scale
from kerasal.visualizers.panel import add_colorbar, caption, cell_size, show_picture
from kerasal.visualizers.picture import heat_image, overlay_image, saliency_map


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
