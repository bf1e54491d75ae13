"""HTML of a `Saliency` for notebooks: a picture where its shape allows one, and how it was made."""

import base64
import io
from html import escape
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kerasal._errors import samples_in_words
from kerasal.visualizers.colors import color_limits, color_scale
from kerasal.visualizers.film_strip import tiled_pictures
from kerasal.visualizers.image_pixels import heat_image
from kerasal.visualizers.table import TableVisualizer

MOST_MAPS, MOST_BARS = 6, 20  # in a picture


def notebook_html(saliency: Any) -> str:
    """Write a batch or one example as HTML: maps `(N, H, W)` or `(N, H, W, C)` and tables `(N, features)` with a picture.

    Args:
        saliency: a `Saliency`.

    Returns:
        An HTML fragment that fetches nothing.
    """
    figure, words = _picture(saliency)
    rows = "".join(
        f'<tr><th style="text-align:left">{escape(str(name))}</th>'
        f'<td style="text-align:left">{escape(_short(value))}</td></tr>'
        for name, value in _facts(saliency).items()
    )
    picture = "" if figure is None else f'<img alt="{escape(words)}" style="max-width:100%" src="{_png(figure)}">'
    caption = f"<div>{escape(words)}</div>" if words else ""
    return f"<div>{picture}{caption}<details><summary>{escape(repr(saliency))}</summary><table>{rows}</table></details></div>"


def _facts(saliency: Any) -> dict[str, Any]:
    """List what is known of a `Saliency` and how it was made, by name."""
    facts = {
        "score": saliency.score_name or "not named",
        "shape": ", ".join(f"{name} {size}" for name, size in zip(saliency.axes, saliency.shape, strict=True)),
        "samples M": samples_in_words(saliency.M),
    }
    if saliency.std is not None:
        strongest = np.abs(saliency.values).max()
        error = np.median(saliency.standard_error) / strongest if strongest else 0.0
        facts["median standard error"] = f"{100 * error:.2g} % of the strongest value"
    if saliency.relative_gap is not None:
        facts["completeness gap"] = f"at most {100 * float(np.max(saliency.relative_gap)):.2g} %"
    facts |= {name: value for name, value in saliency.about.items() if value not in (None, False, "", [], {})}
    if saliency.unpaired:
        facts["unpaired"] = ", ".join(saliency.unpaired)
    return facts


def _picture(saliency: Any) -> tuple[Figure | None, str]:
    """Draw a figure and say what it shows, or give (None, "") where the shape has no picture or values are not finite."""
    values = saliency.values
    batch = saliency.axes[:1] == ("example",)
    target_rank = values.ndim - batch
    if "class" in saliency.axes or not values.size or not np.isfinite(values).all():
        return None, ""
    if target_rank == 1:
        visualizer = TableVisualizer()
        if batch and len(values) > 1:
            return visualizer.visualize_dataset(values, num_visualize=MOST_BARS, scaler=None, title=None), ""
        return visualizer.visualize(
            saliency[0] if batch else saliency, num_visualize=MOST_BARS, scaler=None, title=None
        ), ""
    if target_rank not in (2, 3):
        return None, ""
    maps = values if batch else values[None]
    words = [f"{MOST_MAPS} of {len(maps)} examples"] if len(maps) > MOST_MAPS else []
    maps = maps[:MOST_MAPS]
    if target_rank == 3:
        words += [f"sum over the {maps.shape[-1]} channels"] if maps.shape[-1] > 1 else []
        maps = maps.sum(-1)
    return _maps(maps), ", ".join(words)


def _maps(maps: np.ndarray) -> Figure:
    """Draw heat maps (N, H, W) in a row on one scale."""
    colors = color_scale(*color_limits(maps))
    pictures = [(str(n), heat_image(values, colors)) for n, values in enumerate(maps)]
    return tiled_pictures(pictures, colors, float(np.abs(maps).max()))


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 100 else text[:99] + "…"


def _png(figure: Figure) -> str:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=100, bbox_inches="tight")
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"
