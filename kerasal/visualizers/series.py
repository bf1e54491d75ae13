"""Saliency of time series: the signal in the colours of its map, or above a strip of them, on a time axis of the user's."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from kerasal._storage.base import StrPath
from kerasal.visualizers.base import BaseVisualizer, check_picture_path, one_example, save_picture, std_of
from kerasal.visualizers.series_parts import Asked, Coloring, Names


class SeriesVisualizer(BaseVisualizer):
    """Visualizer of time series: T steps of one or more channels, which share one time axis.

    Two ways to draw, `style`:

    * `"line"`: the signal itself as a line in the colours of the saliency; grey is zero. Short events stand out.
    * `"strip"`: the signal as a dark line, and the saliency as a strip of colours below it; white is zero. The signal stays readable
      where it is dense. More channels than `num_visualize` become rows of one picture.

    Where a standard deviation over samples is known, the saliency is drawn as a curve too, in a band of ±1 std. A series of up to
    about 500 steps is drawn step by step. Of a longer one, every column of pixels shows the lowest and the highest value of its steps,
    in the colour of the strongest saliency among them, so that a single step is never lost. NaN in the signal is a gap.

    Example:
        >>> signal = np.sin(np.linspace(0, 20, 200))
        >>> saliency = np.where(np.arange(200) == 120, -1.0, 0.0)
        >>> time = np.datetime64("2024-03-01") + np.arange(200) * np.timedelta64(1, "h")
        >>> figure = SeriesVisualizer().visualize(saliency, signal, time, ["load"], units="kW")
        >>> figure.axes[0].get_ylabel(), float(figure.axes[0].collections[0].get_array().min())
        ('load (kW)', -1.0)
    """

    def visualize(
        self,
        saliency: ArrayLike,
        series: ArrayLike | None = None,
        time: Any = None,
        feature_names: Sequence[str] | None = None,
        save_filepath: StrPath | None = None,
        title: str | None = "Series saliency map",
        cmap: str | Colormap | None = None,
        *,
        style: str = "line",
        units: str | Sequence[str] | None = None,
        num_visualize: int = 8,
        std: ArrayLike | None = None,
        percentile: float = 100.0,
        limit: float | tuple[float, float] | None = None,
        time_label: str | None = None,
        colorbar_label: str = "saliency",
        bbox_inches: str | None = "tight",
    ) -> Figure:
        """Draw one example.

        Args:
            saliency: array or `Saliency` of one example, shape `(T,)`, `(T, 1)` or `(T, C)`; one number a step is of all channels.
            series: the signal, shape `(T,)` or `(T, C)`, NaN where it is missing. None: the saliency alone is drawn.
            time: time of each step, `(T,)`: numbers, `datetime64`, `timedelta64`, datetimes, a pandas `DatetimeIndex`. None: counts.
            feature_names: one name per channel. None: `channel 0`, `channel 1`, ...
            save_filepath: `.png`, `.svg` or `.pdf` file to write, in a folder that exists.
            title: text above, None for none.
            cmap: colour map or its matplotlib name, e.g. `"coolwarm"`.
            style: `"line"` or `"strip"`, see above.
            units: of all channels, or of each, written behind its name.
            num_visualize: draw at most so many channels, those of the largest Σ|saliency|; -1 draws all.
            std: standard deviation, shape of `saliency`. None: that of a `Saliency`, if any.
            percentile: see `color_limits`: 100 cuts nothing, so that a single step stands out; with 99.5 the strongest 0.5 percent
                share the colour of the end.
            limit: saliency at the end of the colours, or the pair of both ends, in place of `percentile`, to compare pictures.
            time_label: words below the time axis. None: what is known of its unit.
            colorbar_label: name of the numbers, drawn in their own units.
            bbox_inches: passed to matplotlib's `savefig`.

        Returns:
            The figure; the panels are the first of its `axes`, from the top.

        Raises:
            ValueError: a batch, shapes that do not fit, times that do not increase, an unknown style or file ending. Nothing is drawn.
            TypeError: times that are none, such as dates as text.
            FileNotFoundError: the folder of `save_filepath` is missing.
        """
        check_picture_path(save_filepath)
        values = one_example(saliency, "SeriesVisualizer", "shape (T,) or (T, C)")
        spread = std_of(saliency) if std is None else std
        asked = Asked(
            series=None if series is None else np.asarray(series)[None],
            time=time,
            time_label=time_label,
            labels=None,
            title=title,
            style=style,
            names=Names(feature_names, units, num_visualize),
            coloring=Coloring(cmap, percentile, limit, colorbar_label),
        )
        figure = asked.grid({"": values[None]}, {"": None if spread is None else np.asarray(spread)[None]}).draw()
        save_picture(figure, save_filepath, bbox_inches)
        return figure

    def visualize_batch(
        self,
        saliencies: ArrayLike | Mapping[str, ArrayLike],
        series: ArrayLike | None = None,
        time: Any = None,
        feature_names: Sequence[str] | None = None,
        labels: Sequence[Any] | None = None,
        save_filepath: StrPath | None = None,
        title: str | None = None,
        cmap: str | Colormap | None = None,
        *,
        style: str = "line",
        units: str | Sequence[str] | None = None,
        num_visualize: int = 3,
        percentile: float = 100.0,
        limit: float | tuple[float, float] | None = None,
        time_label: str | None = None,
        colorbar_label: str = "saliency",
        bbox_inches: str | None = "tight",
    ) -> Figure:
        """Draw several examples below one another, and methods side by side; the maps of a method share their colours.

        Args:
            saliencies: `Saliency` or array of the batch, shape `(N, T)`, `(N, T, 1)` or `(N, T, C)`; or name of the method -> such.
            series: the signals, shape `(N, T)` or `(N, T, C)`, or None.
            time: of the steps of all examples; as for `visualize`.
            feature_names: as for `visualize`.
            labels: words above each example, such as its class.
            save_filepath: as for `visualize`.
            title: text above all.
            cmap: as for `visualize`.
            style: as for `visualize`.
            units: as for `visualize`.
            num_visualize: draw at most so many channels, those of the largest Σ|saliency| over all; -1 draws all.
            percentile: see `color_limits`, over the maps of a method.
            limit: as for `visualize`.
            time_label: as for `visualize`.
            colorbar_label: as for `visualize`.
            bbox_inches: as for `visualize`.

        Returns:
            The figure.

        Raises:
            ValueError: shapes or lengths that do not fit; as for `visualize`.
            TypeError: as for `visualize`.
            FileNotFoundError: as for `visualize`.

        Example:
            >>> maps, series = np.zeros((2, 50, 3)), np.ones((2, 50, 3))
            >>> maps[1, 20, 2] = 1.0
            >>> figure = SeriesVisualizer().visualize_batch(maps, series, labels=["at rest", "walking"], num_visualize=1)
            >>> [ax.get_ylabel() for ax in figure.axes[:2]], figure.axes[1].get_title(loc="left")
            (['channel 2', 'channel 2'], 'walking')
        """
        check_picture_path(save_filepath)
        methods = dict(saliencies) if isinstance(saliencies, Mapping) else {"": saliencies}
        asked = Asked(
            series=series,
            time=time,
            time_label=time_label,
            labels=labels,
            title=title,
            style=style,
            names=Names(feature_names, units, num_visualize),
            coloring=Coloring(cmap, percentile, limit, colorbar_label),
        )
        figure = asked.grid(methods, {name: std_of(each) for name, each in methods.items()}).draw()
        save_picture(figure, save_filepath, bbox_inches)
        return figure
