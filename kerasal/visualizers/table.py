"""Saliency of table columns as horizontal bars."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from kerasal._storage.base import StrPath
from kerasal.visualizers.base import (
    DPI,
    BaseVisualizer,
    SaliencyLike,
    check_picture_path,
    one_example,
    root_figure,
    save_picture,
)
from kerasal.visualizers.scalers import Scaler, abs_max_scaler, scaled_name
from kerasal.visualizers.shown import Picture

POSITIVE, NEGATIVE = "#b2182b", "#2166ac"  # red raises the score, blue lowers it
SORTS = ("descending", "ascending", "none")
TALLEST = 40.0  # inches


class TableVisualizer(BaseVisualizer):
    """Visualizer of tables: one importance per feature, a saliency, coefficients, a forest's `feature_importances_`, ….

    `visualize` draws one example, `visualize_dataset` all of them: mean and spread.

    Example:
        >>> figure = TableVisualizer().visualize([0.1, -0.5, 0.3], ["age", "dose", "weight"], num_visualize=2)
        >>> [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
        ['dose', 'weight']
    """

    def visualize(
        self,
        saliency: ArrayLike,
        feature_names: Sequence[str] | None = None,
        save_filepath: StrPath | None = None,
        num_visualize: int = -1,
        scaler: Scaler | None = abs_max_scaler,
        sort: str = "descending",
        title: str | None = "Feature importance",
        color: Any = (POSITIVE, NEGATIVE),
        xlabel: str | None = None,
        *,
        std: ArrayLike | None = None,
        ax: Axes | None = None,
        bbox_inches: str | None = "tight",
    ) -> Figure:
        """Draw one example, or any other vector of importances.

        Args:
            saliency: array or `Saliency` of one example, shape `(features,)`.
            feature_names: one name per feature. None: `feature 0`, `feature 1`, ...
            save_filepath: `.png`, `.svg` or `.pdf` file to write, in a folder that exists.
            num_visualize: draw at most so many features, those of largest magnitude; -1 draws all.
            scaler: applied to all features before any is left out; must be linear. None: draw their own units.
            sort: by magnitude, from the top: `"descending"`, `"ascending"`, or `"none"` for the given order.
            title: text above, None for none.
            color: a matplotlib colour, or a pair of them: for positive and for negative importances.
            xlabel: None: names what the scaler makes of the importance, and what the error bars are.
            std: error bars, shape `(features,)`, in the units of `saliency`. None: the `std` of a `Saliency`, if any.
            ax: axes to draw in.
            bbox_inches: passed to matplotlib's `savefig`.

        Returns:
            The figure (that of `ax`, if given).

        Raises:
            ValueError: a batch, names or std that do not fit, an unknown sort or file ending. Nothing is drawn.
            FileNotFoundError: the folder of `save_filepath` is missing.
        """
        check_picture_path(save_filepath)
        values = one_example(saliency, "TableVisualizer", "shape (features,)")
        if values.ndim != 1 or values.size == 0:
            raise ValueError(
                f"TableVisualizer draws one example, shape (features,). Received shape {values.shape}. Index the batch "
                "first, e.g. saliency[0], or draw all of it: visualize_dataset(saliency)."
            )
        whiskers = " (whiskers: ±1 std)"
        if std is None and isinstance(saliency, SaliencyLike):
            std, whiskers = saliency.std, f" (whiskers: ±1 std over {saliency.M} samples)"
        reach = None if std is None else _symmetric_reach(std, values.shape)
        names = _feature_names(feature_names, len(values))
        order = _order(values, num_visualize, sort)
        label = scaled_name("importance", scaler) + ("" if reach is None else whiskers)
        bars = _Bars(*_scaled(values, reach, scaler), names, order)
        figure = bars.draw(ax, color, label if xlabel is None else xlabel, title)
        save_picture(figure, save_filepath, bbox_inches)
        return figure

    def visualize_dataset(
        self,
        saliency: ArrayLike,
        feature_names: Sequence[str] | None = None,
        save_filepath: StrPath | None = None,
        num_visualize: int = -1,
        scaler: Scaler | None = abs_max_scaler,
        sort: str = "descending",
        title: str | None = "Feature importance over a data set",
        color: Any = (POSITIVE, NEGATIVE),
        xlabel: str | None = None,
        *,
        ax: Axes | None = None,
        bbox_inches: str | None = "tight",
    ) -> Figure:
        """Draw the mean over examples, and as whiskers the range that holds the middle 80 % of them.

        Args:
            saliency: array or `Saliency` of a batch, shape `(N, features)`.
            feature_names: as for `visualize`.
            save_filepath: as for `visualize`.
            num_visualize: as for `visualize`.
            scaler: applied to the mean; as for `visualize`.
            sort: as for `visualize`.
            title: as for `visualize`.
            color: as for `visualize`.
            xlabel: None: names what the scaler makes of the mean, and what the whiskers are.
            ax: as for `visualize`.
            bbox_inches: as for `visualize`.

        Returns:
            The figure (that of `ax`, if given).

        Raises:
            ValueError: as for `visualize`.
            FileNotFoundError: as for `visualize`.
        """
        check_picture_path(save_filepath)
        every = np.asarray(saliency, np.float64)
        if every.ndim != 2 or 0 in every.shape or not np.isfinite(every).all():
            raise ValueError(
                f"visualize_dataset draws finite numbers of shape (examples, features). Received shape {every.shape}"
                f"{'' if np.isfinite(every).all() else ', with NaN or infinity'}. Draw a single example by visualize."
            )
        mean = every.mean(0)
        names = _feature_names(feature_names, len(mean))
        order = _order(mean, num_visualize, sort)
        low, high = np.percentile(every, [10, 90], axis=0)
        reach = np.maximum([mean - low, high - mean], 0)  # of a skewed feature, the mean may lie outside
        bars = _Bars(*_scaled(mean, reach if len(every) > 1 else None, scaler), names, order)
        whiskers = f" (whiskers: 80 % of {len(every)} examples)" if len(every) > 1 else ""
        label = f"mean {scaled_name('importance', scaler)}{whiskers}" if xlabel is None else xlabel
        figure = bars.draw(ax, color, label, title)
        save_picture(figure, save_filepath, bbox_inches)
        return figure


@dataclass(frozen=True)
class _Bars:
    """Importances of features, and the order of those that are drawn.

    Attributes:
        values: scaled importances, (features,).
        reach: length of the whiskers below and above each value, (2, features), or None.
        names: of the features.
        order: indices of the features that are drawn, from the top.
    """

    values: np.ndarray
    reach: np.ndarray | None
    names: Sequence[str]
    order: np.ndarray

    def draw(self, ax: Axes | None, color: Any, xlabel: str, title: str | None) -> Figure:
        """Draw into `ax`, or into a figure as tall as needed."""
        count, shown = len(self.order), self.values[self.order]
        if ax is None:
            figure = Picture(figsize=(6.0, min(1.2 + 0.28 * count, TALLEST)), dpi=DPI, layout="constrained")
            ax = figure.subplots()
        positive, negative = color if isinstance(color, (tuple, list)) and len(color) == 2 else (color, color)
        ax.barh(
            np.arange(count),
            shown,
            color=[positive if value >= 0 else negative for value in shown],
            xerr=None if self.reach is None else self.reach[:, self.order],
            error_kw={"ecolor": "0.3", "elinewidth": 1, "capsize": 2},
        )
        ax.set_yticks(np.arange(count), [self.names[k] for k in self.order], parse_math=False)
        ax.set_ylim(count - 0.4, -0.6)  # first row at the top
        ax.axvline(0, color="0.3", linewidth=0.8)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(axis="y", length=0)
        ax.set_xlabel(xlabel, parse_math=False)
        ax.set_title(title or "", parse_math=False)
        return root_figure(ax)


def _symmetric_reach(std: ArrayLike, shape: tuple[int, ...]) -> np.ndarray:
    """Return whiskers (2, features) as long as the standard deviation, after a check of it."""
    std = np.asarray(std, np.float64)
    if std.shape != shape or not (std >= 0).all():
        raise ValueError(
            f"std needs one number per feature, not negative, shape {shape}. Received: shape {std.shape}, "
            f"{std}. Pass std=None to draw no error bars."
        )
    return np.stack([std, std])


def _feature_names(feature_names: Sequence[str] | None, n_features: int) -> list[str]:
    names = [f"feature {k}" for k in range(n_features)] if feature_names is None else [str(n) for n in feature_names]
    if len(names) != n_features:
        raise ValueError(
            f"feature_names needs one name per feature, {n_features}. Received: {len(names)}. Name each column."
        )
    return names


def _order(values: np.ndarray, num_visualize: int, sort: str) -> np.ndarray:
    """Choose the indices of the features to draw, from the top."""
    if sort not in SORTS:
        raise ValueError(f"sort is one of {SORTS}. Received: {sort!r}. Pass 'descending' for the largest at the top.")
    if operator.index(num_visualize) != -1 and num_visualize < 1:
        raise ValueError(f"num_visualize is -1 for all, or at least 1. Received: {num_visualize}. Pass -1 to draw all.")
    largest_first = np.argsort(-np.abs(values.astype(np.float64)), kind="stable")
    kept = largest_first if num_visualize == -1 else largest_first[:num_visualize]
    return {"descending": kept, "ascending": kept[::-1], "none": np.sort(kept)}[sort]


def _scaled(
    values: np.ndarray, reach: np.ndarray | None, scaler: Scaler | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Scale values and whiskers by a linear scaler, whose slope is read off the values."""
    scaled = values if scaler is None else np.asarray(scaler(values))
    if reach is None or scaled is values:
        return scaled, reach
    strongest, spread = np.argmax(np.abs(values)), np.ptp(values)
    slope = np.ptp(scaled) / spread if spread > 0 else scaled[strongest] / (values[strongest] or np.nan)
    offset = scaled[strongest] - slope * values[strongest]
    if not (slope > 0 and np.allclose(scaled, slope * values + offset, atol=1e-6 * np.abs(scaled).max())):
        raise ValueError(
            "Error bars need a linear scaler and importances that it can scale. "
            f"Received: {values} scaled to {scaled}. Pass scaler=None."
        )
    return scaled, reach * slope
