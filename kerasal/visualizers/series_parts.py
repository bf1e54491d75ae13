"""The parts of a picture of series, checked: maps and signals that fit, channels that are shown, their names, and colours."""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from matplotlib.colors import Colormap
from numpy.typing import ArrayLike

from kerasal.visualizers.base import one_example
from kerasal.visualizers.colors import color_limits, color_scale
from kerasal.visualizers.scale_words import color_words, cut_words
from kerasal.visualizers.series_grid import Colors, Example, Panel, SeriesGrid
from kerasal.visualizers.series_panels import LINE_WORDS, line_colors
from kerasal.visualizers.time_axis import time_axis

STYLES = ("line", "strip")


class Names(NamedTuple):
    """The words of a user about channels: names, units, and how many are drawn."""

    feature_names: Sequence[str] | None
    units: str | Sequence[str] | None
    num_visualize: int

    def of(self, count: int) -> list[str]:
        """Name each of so many channels, with its unit.

        Raises:
            ValueError: there is another number of names or units.
        """
        default = [f"channel {k}" for k in range(count)] if count > 1 else [""]
        names = default if self.feature_names is None else [str(name) for name in self.feature_names]
        units = [self.units] * count if self.units is None or isinstance(self.units, str) else list(self.units)
        for what, given in (("feature_names", names), ("units", units)):
            if len(given) != count:
                raise ValueError(
                    f"{what} has one word per channel, {count}. Received: {len(given)}. Name each channel."
                )
        return [f"{name} ({unit})" if unit else name for name, unit in zip(names, units, strict=True)]

    def shown(self, strengths: np.ndarray) -> np.ndarray:
        """Choose the channels that are drawn, the strongest, in their order.

        Raises:
            ValueError: `num_visualize` is neither -1 nor positive.
        """
        most = operator.index(self.num_visualize)
        if most != -1 and most < 1:
            raise ValueError(f"num_visualize is -1 for all, or at least 1. Received: {most}. Pass -1 to draw all.")
        order = np.argsort(-strengths, kind="stable")
        return np.sort(order if most == -1 else order[:most])


class Coloring(NamedTuple):
    """The words of a user about colours; see `SeriesVisualizer.visualize`."""

    cmap: str | Colormap | None
    percentile: float
    limit: float | tuple[float, float] | None
    label: str

    def of(self, values: np.ndarray, style: str, *, has_band: bool) -> Colors:
        """Choose the colours of maps."""
        low, high = color_limits(values, self.percentile, self.limit)
        is_line = self.cmap is None and style == "line"
        colors = color_scale(low, high, line_colors(is_signed=low < 0) if is_line else self.cmap)
        strongest = float(np.abs(values).max())
        meaning = LINE_WORDS[low < 0] if is_line else color_words(colors)
        words = [": ".join(filter(None, (self.label, meaning)))]
        words += ["band: ±1 std"] if has_band else []
        cut = cut_words(colors, strongest, self.percentile, is_given=self.limit is not None)
        return Colors(colors, strongest, "\n".join(filter(None, (", ".join(words), cut))))


@dataclass(frozen=True)
class Asked:
    """All that a user asks of a picture of series.

    Attributes:
        series: signals, (N, T) or (N, T, C), or None.
        time: see `time_axis`.
        time_label: see `time_axis`.
        labels: words above each example, or None.
        title: words above all.
        style: "line" or "strip".
        names: of channels.
        coloring: of maps.
    """

    series: ArrayLike | None
    time: Any
    time_label: str | None
    labels: Sequence[Any] | None
    title: str | None
    style: str
    names: Names
    coloring: Coloring

    def grid(self, maps: Mapping[str, ArrayLike], stds: Mapping[str, ArrayLike | None]) -> SeriesGrid:
        """Check that all fits, and lay it out.

        Args:
            maps: name of the method -> maps, (N, T) or (N, T, C).
            stds: likewise their standard deviations, or None.

        Raises:
            ValueError: it does not fit.
        """
        if self.style not in STYLES:
            raise ValueError(f"style is one of {STYLES}. Received: {self.style!r}. Pass 'line' to colour the signal.")
        folded = {name: checked_maps(values) for name, values in maps.items()}
        (count, steps), signals = checked_sizes(folded), checked_signals(self.series)
        spreads = {name: _checked_std(stds[name], folded[name]) for name in maps}
        channels = checked_channels(folded, signals, (count, steps))
        captions, time = _captions(self.labels, count), time_axis(self.time, steps, self.time_label)
        is_picture = self.style == "strip" and (signals is None or channels > self.names.num_visualize > 0)
        kept = np.arange(channels) if is_picture else self.names.shown(_strengths(folded, channels))
        every = self.names.of(channels)
        examples = {
            name: [_example(n, values, spreads[name], signals, kept) for n in range(count)]
            for name, values in folded.items()
        }
        widest = max((each[0] for each in examples.values()), key=lambda example: example.values.shape[1])
        with_band = {name for name, spread in spreads.items() if spread is not None and not is_picture}
        return SeriesGrid(
            methods=examples,
            colors={
                name: self.coloring.of(values, self.style, has_band=name in with_band)
                for name, values in folded.items()
            },
            time=time,
            names=[every[k] for k in kept],
            captions=captions,
            panels=_panels(self.style, widest, is_picture=is_picture, has_band=bool(with_band)),
            title="\n".join(filter(None, (self.title, _left_out(kept, channels, folded)))),
        )


def checked_maps(values: ArrayLike) -> np.ndarray:
    """Give maps (N, T, C), of (N, T, C) or (N, T).

    Raises:
        ValueError: another shape, no numbers, NaN or infinity.
    """
    found = one_example(np.asarray(values), "SeriesVisualizer", "shape (T,) or (T, C)")
    found = found[..., None] if found.ndim == 2 else found
    if found.ndim != 3 or not found.size:
        raise ValueError(
            f"SeriesVisualizer draws one number per step, or per step and channel, shape (T,) or (T, C). Received: shape {found.shape[1:]}. "
            "Index a batch first, e.g. saliency[0], or draw all of it by visualize_batch; fold other axes."
        )
    return found.astype(np.float64)


def checked_sizes(maps: Mapping[str, np.ndarray]) -> tuple[int, int]:
    """Give N and T of the maps of all methods.

    Raises:
        ValueError: there is no method, or they differ.
    """
    sizes = {values.shape[:2] for values in maps.values()}
    if len(sizes) != 1:
        shapes = {name: values.shape for name, values in maps.items()}
        raise ValueError(
            f"visualize_batch draws the same examples and steps for each method, at least one. Received: shapes {shapes}. "
            "Explain the series that are drawn with every method."
        )
    return sizes.pop()


def checked_signals(series: ArrayLike | None) -> np.ndarray | None:
    """Give signals (N, T, C) as floats, NaN where they are missing; None stays None.

    Raises:
        ValueError: another shape, no numbers, infinity.
    """
    if series is None:
        return None
    found = np.asarray(series)
    is_real = found.dtype.kind in "fiub"
    found = found.astype(np.float64) if is_real else found
    if not is_real or found.ndim not in (2, 3) or np.isinf(found).any():
        raise ValueError(
            f"A signal has real numbers, shape (T,) or (T, C), NaN where it is missing. Received: dtype {found.dtype}, shape "
            f"{found.shape[1:]}{', with infinity' if is_real and np.isinf(found).any() else ''}. Pass time first, channels last."
        )
    return found[..., None] if found.ndim == 2 else found


def checked_channels(maps: Mapping[str, np.ndarray], signals: np.ndarray | None, size: tuple[int, int]) -> int:
    """Give the number of channels, where maps and signals are of the same steps and channels.

    Raises:
        ValueError: they are not.
    """
    of_maps = {values.shape[2] for values in maps.values()}
    channels = max(of_maps) if signals is None else int(signals.shape[2])
    fits = signals is None or signals.shape[:2] == size
    if not fits or not of_maps <= {1, channels}:
        shapes = ", ".join(str(values.shape[1:]) for values in maps.values())
        other = "other maps" if signals is None else f"{signals.shape[0]} of shape {signals.shape[1:]}"
        raise ValueError(
            f"A signal (T, C) has a map (T,), (T, 1) or (T, C) of the same steps. Received: {size[0]} maps of shape {shapes}, signals: "
            f"{other}. Pass the series as the model saw it, time first; fold or index the channels of the map."
        )
    return channels


def _checked_std(std: ArrayLike | None, maps: np.ndarray) -> np.ndarray | None:
    if std is None:
        return None
    found = np.asarray(std, np.float64)
    found = found[..., None] if found.ndim == 2 else found
    if found.shape != maps.shape or not (found >= 0).all():
        raise ValueError(
            f"std has a number for each of the map, not negative, shape {maps.shape[1:]}. Received: shape {found.shape[1:]}. Pass "
            "std=None to draw no band."
        )
    return found


def _captions(labels: Sequence[Any] | None, count: int) -> list[str]:
    if labels is not None and len(labels) != count:
        raise ValueError(f"labels has one entry per example, {count}. Received: {len(labels)}. Name each.")
    return [""] * count if labels is None else [str(label) for label in labels]


def _example(
    n: int, maps: np.ndarray, stds: np.ndarray | None, signals: np.ndarray | None, kept: np.ndarray
) -> Example:
    of_map = kept if maps.shape[-1] > 1 else slice(None)
    return Example(
        maps[n][:, of_map],
        None if stds is None else stds[n][:, of_map],
        None if signals is None else signals[n][:, kept],
    )


def _left_out(kept: np.ndarray, channels: int, maps: Mapping[str, np.ndarray]) -> str:
    """Say which channels are drawn where some are not; "" where all are."""
    if len(kept) == channels:
        return ""
    is_shared = all(values.shape[-1] == 1 for values in maps.values())
    return f"{len(kept)} of {channels} channels, {'which share one map' if is_shared else 'those of the largest Σ|saliency|'}"


def _strengths(maps: Mapping[str, np.ndarray], channels: int) -> np.ndarray:
    """Give Σ|saliency| of each channel, each method in units of its strongest."""
    shares = [np.abs(values).sum((0, 1)) / (np.abs(values).max() or 1) for values in maps.values()]
    return np.asarray(sum(np.broadcast_to(share, channels) for share in shares))


def _panels(style: str, example: Example, *, is_picture: bool, has_band: bool) -> list[Panel]:
    """List the panels of each example, from the top: below each channel its map, or that of all channels at the end."""
    if is_picture:
        return [*([Panel("signals")] if example.signal is not None else []), Panel("maps")]
    of_map = example.values.shape[1]
    if example.signal is None:
        return [Panel("curve", k) for k in range(of_map)]
    channels = example.signal.shape[1]
    signal, strips, curve = ("plain", ["strip"], "plain curve") if style == "strip" else ("signal", [], "curve")
    below = [*strips, *([curve] if has_band else [])]
    if of_map < channels:
        return [*(Panel(signal, k) for k in range(channels)), *(Panel(draws) for draws in below)]
    return [Panel(draws, k) for k in range(channels) for draws in (signal, *below)]
