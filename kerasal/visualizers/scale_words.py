"""Words about the colours of a map: their meaning, and the place where the scale is cut."""

import numpy as np
from matplotlib.cm import ScalarMappable

from kerasal.visualizers.colors import DIVERGING, SEQUENTIAL, limits_text, number_text

PERCENTILE = 99.5  # of the strength of a map, where the scale ends unless the user says otherwise


def color_words(colors: ScalarMappable) -> str:
    """Say what the two ends of the colours mean; "" of a colour map of the user's.

    Example:
        >>> from kerasal.visualizers.colors import color_scale
        >>> color_words(color_scale(-1, 1)), color_words(color_scale(0, 1))
        ('red raises the score, blue lowers it', 'the brighter, the stronger')
    """
    known = {DIVERGING: "red raises the score, blue lowers it", SEQUENTIAL: "the brighter, the stronger"}
    is_signed = colors.get_clim()[0] < 0
    name = colors.get_cmap().name  # type: ignore[no-untyped-call, unused-ignore]
    return known.get(name, "") if is_signed == (name == DIVERGING) else ""


def cut_words(
    colors: ScalarMappable, strongest: float, percentile: float = PERCENTILE, *, is_given: bool = False
) -> str:
    """Say that stronger values than the last colour were drawn like it; "" where there are none.

    Args:
        colors: of the map.
        strongest: largest magnitude of the map.
        percentile: at which the scale is cut.
        is_given: True where the user gave the ends of the scale.
    """
    limit = float(colors.get_clim()[1])
    if strongest <= limit:
        return ""
    place = "the limit given" if is_given else f"the {percentile:g}th percentile"
    return f"scale cut at {place}, {number_text(limit)}; the strongest is {number_text(strongest)}"


def scale_note(
    colors: ScalarMappable, strongest: float, percentile: float = PERCENTILE, *, is_given: bool = False
) -> str:
    """Say what the colours mean and where the scale is cut; see `color_words` and `cut_words`."""
    return joined(color_words(colors), cut_words(colors, strongest, percentile, is_given=is_given))


def joined(*words: str) -> str:
    """Write words after one another; empty ones are left out."""
    return "; ".join(filter(None, words))


def scale_line(vmin: float, vmax: float, values: np.ndarray) -> str:
    """Write the scale of a map in one short line, for a caption of pixels.

    Example:
        >>> scale_line(-0.031, 0.031, np.array([0.05, -0.01])), scale_line(0, 2, np.array([1.0]))
        ('scale ±0.031, cut at 99.5 %; red +, blue −', 'scale 0 to 2; bright is strong')
    """
    cut = f", cut at {PERCENTILE:g} %" if np.abs(values).max() > vmax else ""
    return f"scale {limits_text(vmin, vmax)}{cut}; {'red +, blue −' if vmin < 0 else 'bright is strong'}"
