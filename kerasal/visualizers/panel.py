"""One picture in one pair of axes, its colour bar, and the words beside it. All that figures of images are made of."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable

from kerasal.visualizers.colors import number_text
from kerasal.visualizers.picture import to_uint8

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
