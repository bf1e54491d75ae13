"""The colour of a saliency: zero is the middle of a diverging colour map, or the start of a sequential one."""

from collections.abc import Callable

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize, to_hex, to_rgb

from kerasal._vocabulary import checks_keywords

DIVERGING = "RdBu_r"  # red raises the score, blue lowers it, near-white is zero
SEQUENTIAL = "inferno"

Color = tuple[float, float, float]  # red, green and blue in [0, 1]
ColorFunction = Callable[[float], Color]


@checks_keywords
def red_blue_cmap(value: float) -> Color:
    """Color a number from blue at -1 over white at 0 to red at 1, RGB in [0, 1]; stronger ones as the ends.

    Example:
        >>> red_blue_cmap(1), red_blue_cmap(0), red_blue_cmap(-1)
        ((1.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.0, 0.0, 1.0))
    """
    rest = 1.0 - min(abs(float(value)), 1.0)
    return (1.0, rest, rest) if value > 0 else (rest, rest, 1.0)


def color_limits(
    values: np.ndarray, percentile: float = 99.5, limit: float | tuple[float, float] | None = None
) -> tuple[float, float]:
    """Choose the values at the two ends of the colours: `(-limit, limit)` if any value is negative, else `(0, limit)`.

    Args:
        values: finite array of any shape.
        percentile: at most `100 - percentile` percent of the values are stronger than the limit and get its colour.
            With 99.5, fewer than 200 values are never cut. 100 cuts nothing.
        limit: the limit itself, a positive number, in place of the percentile, or the pair of both ends.

    Returns:
        (low, high).

    Raises:
        ValueError: `percentile` outside (0, 100], `limit` not positive.
    """
    if isinstance(limit, tuple):
        return limit
    if not 0 < percentile <= 100:
        raise ValueError(f"percentile must be in (0, 100]. Received: {percentile}. Pass 100 to cut nothing.")
    if limit is None:
        magnitude = np.abs(values)
        strongest = float(np.percentile(magnitude, percentile, method="higher"))
        limit = strongest or float(magnitude.max()) or 1.0  # mostly zero: the maximum; all zero: any
    if not 0 < limit < np.inf:
        raise ValueError(f"limit must be a positive number. Received: {limit}. Pass None to take it from the values.")
    return (-limit if np.min(values) < 0 else 0.0), float(limit)


def color_scale(vmin: float, vmax: float, cmap: str | Colormap | None = None) -> ScalarMappable:
    """Make the colours of the values `vmin` to `vmax`; weaker and stronger ones get the colour of the end.

    Args:
        vmin: 0, or `-vmax` for signed values, so that zero is in the middle.
        vmax: a positive number.
        cmap: a colour map or its matplotlib name, e.g. `"jet"`. None: a diverging one for signed values, else a
            sequential one.

    Returns:
        A matplotlib mappable, whose `to_rgba` gives the colours.

    Raises:
        ValueError: limits other than these, or a name matplotlib does not know.
    """
    if not (0 < vmax < np.inf and vmin in (0, -vmax)):
        raise ValueError(
            "Colours span (0, limit), or (-limit, limit) with zero in the middle. "
            f"Received: vmin={vmin}, vmax={vmax}. Pass the result of color_limits(values)."
        )
    if cmap is None:
        cmap = DIVERGING if vmin < 0 else SEQUENTIAL
    if isinstance(cmap, str):
        if cmap not in matplotlib.colormaps:
            raise ValueError(
                f"cmap must be a colour map of matplotlib. Received: {cmap!r}. Try 'jet', 'RdBu_r' or 'inferno'."
            )
        cmap = matplotlib.colormaps[cmap]
    if vmin < 0:
        cmap = cmap.resampled(257)  # odd: zero has a colour of its own, exactly in the middle
    return ScalarMappable(Normalize(vmin, vmax), cmap)


def color_of(value: float, colors: ScalarMappable) -> str:
    """Return the colour of one value, e.g. `"#67001f"`."""
    red, green, blue, _ = colors.to_rgba(np.asarray([value]))[0]
    return to_hex((red, green, blue))


def readable_on(color: str | Color) -> str:
    """Return black or white, whichever has the higher contrast on a colour (WCAG 2.2, relative luminance)."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(color)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else "#ffffff"


def number_text(number: float) -> str:
    """Write two digits of a number, e.g. `"−0.031"` or `"110"`."""
    return f"{float(f'{number:.2g}'):g}".replace("-", "−")


def limits_text(vmin: float, vmax: float) -> str:
    """Write limits in words, e.g. `"±0.031"` or `"0 to 0.031"`."""
    return f"±{number_text(vmax)}" if vmin < 0 else f"0 to {number_text(vmax)}"
