"""Time axes of series: numbers, dates and durations, with ticks that suit them."""

import datetime
from typing import Any, NamedTuple

import matplotlib.dates
import numpy as np
from matplotlib.axes import Axes

_dates: Any = matplotlib.dates  # without annotations


class TimeAxis(NamedTuple):
    """Places of steps on an axis, and the words below it.

    Attributes:
        places: increasing numbers, (T,); days since 1970 of dates.
        label: words below the axis.
        is_dates: whether the places are dates.
        zone: time zone in which dates are told; None for UTC or local ones, as given.
    """

    places: np.ndarray
    label: str
    is_dates: bool = False
    zone: datetime.tzinfo | None = None

    def show_on(self, ax: Axes) -> None:
        """Give the ticks of these times to axes, and to those that share their time."""
        if self.is_dates:
            ax.xaxis_date(self.zone)
            locator = _dates.AutoDateLocator(tz=self.zone, maxticks=8)
            ax.xaxis.set_major_locator(locator)
            ax.xaxis.set_major_formatter(_dates.ConciseDateFormatter(locator, tz=self.zone))
        ax.xaxis.get_offset_text().set_fontsize(8)


def time_axis(time: Any, steps: int, label: str | None = None) -> TimeAxis:
    """Read the times of steps.

    Args:
        time: `(T,)` numbers, `datetime64`, `timedelta64`, datetimes or a pandas index or series of them; None counts the steps.
        steps: T.
        label: words below the axis; None: what is known of the unit.

    Raises:
        TypeError: something else, such as dates as text.
        ValueError: another number of times, missing times, or times that do not increase.

    Example:
        >>> time_axis(np.array(["2024-01-01", "2024-01-02"], "datetime64[D]"), 2).places.tolist()
        [19723.0, 19724.0]
    """
    if time is None:
        return TimeAxis(np.arange(steps, dtype=np.float64), "time step" if label is None else label)
    values = np.asarray(time)
    if values.shape != (steps,):
        raise ValueError(
            f"time has one entry per step, shape ({steps},). Received: shape {values.shape}. Pass the times of the steps that are drawn."
        )
    places, unit, is_dates = _places(values)
    zone = _zone(time, values) if is_dates else None
    if not np.isfinite(places).all() or (np.diff(places) <= 0).any():
        raise ValueError(
            f"time increases from step to step, and none is missing. Received: {values[:3]!r}, …, from {places.min()} to {places.max()}. "
            "Sort the steps by their time and drop those that come twice."
        )
    words = f"time ({unit or zone})" if unit or zone else "time"
    return TimeAxis(places, words if label is None else label, is_dates, zone)


def _places(values: np.ndarray) -> tuple[np.ndarray, str, bool]:
    """Give numbers for times, their unit where it is known, and whether they are dates."""
    if values.dtype.kind in "fiu":
        return values.astype(np.float64), "", False
    if values.dtype.kind == "m":
        return np.where(np.isnat(values), np.nan, values / np.timedelta64(1, "s")), "s", False
    if values.dtype.kind == "M":
        return np.asarray(_dates.date2num(values), np.float64), "", True
    if values.dtype.kind == "O" and all(isinstance(each, datetime.date) for each in values):
        return np.asarray([_dates.date2num(each) for each in values], np.float64), "", True
    raise TypeError(
        f"time holds numbers, datetime64 or datetimes. Received: dtype {values.dtype}, {values[:2]!r}. Convert text by "
        "pandas.to_datetime(time), periods by their to_timestamp()."
    )


def _zone(time: Any, values: np.ndarray) -> datetime.tzinfo | None:
    """Find the time zone of dates: that of a pandas index or series, else of the first datetime."""
    for source in (time, getattr(time, "dt", None), values.flat[0] if values.size else None):
        zone = getattr(source, "tz", None) or getattr(source, "tzinfo", None)
        if isinstance(zone, datetime.tzinfo):
            return zone
    return None
