"""Callbacks of an ascent: `Print`, `Gif`, or any function of a `Moment`."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerasal._storage.base import StrPath
from kerasal._storage.file_systems import check_parent, write_aside
from kerasal._vocabulary import checks_keywords
from kerasal.activation_maximization.result import as_pictures


@dataclasses.dataclass(frozen=True)
class Moment:
    """State of an ascent, for a callback.

    Attributes:
        step: number of steps made.
        images: (N, ...), after them.
        losses: {"score": (N,), each regularizer: (N,)}, found at the beginning of the last step.
        input_range: (low, high), or None.
    """

    step: int
    images: np.ndarray
    losses: dict[str, np.ndarray]
    input_range: tuple[float, float] | None = None


Callback = Callable[[Moment], Any]


@checks_keywords
class Print:
    """Prints the score and the regularizers, their means over images.

    Args:
        every: number of steps from one line to the next.

    Example:
        >>> import numpy as np
        >>> from kerasal.activation_maximization import Moment, Print
        >>> Print()(Moment(20, np.zeros((2, 4, 4, 3)), {"score": np.array([3.0, 5.0]), "LPNorm(6)": np.array([0.5, 0.5])}))
        step 20: score 4, LPNorm(6) 0.5
    """

    def __init__(self, every: int = 10):
        self.every = every

    def __call__(self, moment: Moment) -> None:
        """Print one line."""
        found = ", ".join(f"{name} {np.mean(values):.4g}" for name, values in moment.losses.items())
        print(f"step {moment.step}: {found}", flush=True)


@checks_keywords
class Gif:
    """A film of the images side by side, with the number of the step; written when the ascent ends.

    Args:
        path: ends in .gif, in a folder that exists.
        every: number of steps from one picture to the next.
        seconds: time that each is shown.
        columns: images in a row.

    Raises:
        ValueError: another ending.
        FileNotFoundError: no such folder.

    Example:
        >>> from kerasal.activation_maximization import Gif
        >>> Gif("units.gif", every=5).every
        5
    """

    def __init__(self, path: StrPath, every: int = 5, seconds: float = 0.1, columns: int = 8):
        if not str(path).lower().endswith(".gif"):
            raise ValueError(f"A film is saved as .gif. Received: {str(path)!r}. Change the ending.")
        self.path, self.every, self.seconds, self.columns = check_parent(path), every, seconds, columns
        self._frames: list[np.ndarray] = []

    def __call__(self, moment: Moment) -> None:
        """Add a picture."""
        from kerasal.visualizers.image_pixels import caption_strip, rgb_image, to_uint8  # loads matplotlib

        pictures = as_pictures(moment.images, moment.input_range)
        factor = max(1, -(-96 // max(pictures.shape[1:3])))
        tiles = [
            to_uint8(rgb_image(one, one.shape[:2], (0, 1))).repeat(factor, 0).repeat(factor, 1) for one in pictures
        ]
        tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % min(self.columns, len(tiles)))
        wide = min(self.columns, len(tiles))
        rows = [np.concatenate(tiles[at : at + wide], axis=1) for at in range(0, len(tiles), wide)]
        sheet = np.concatenate(rows)
        self._frames.append(np.concatenate([sheet, caption_strip(f"step {moment.step}", sheet.shape[1])]))

    def close(self) -> None:
        """Write the file, if there is anything to write."""
        from PIL import Image

        if self._frames:
            first, *others = [Image.fromarray(frame) for frame in self._frames]
            with write_aside(self.path) as aside:
                first.save(
                    aside, format="GIF", save_all=True, append_images=others, duration=int(1000 * self.seconds), loop=0
                )
        self._frames = []


class CallbackList:
    """The callbacks of one ascent.

    Args:
        callbacks: functions of a `Moment`, with `every` and `close()` where they have them; or one of these.

    Raises:
        TypeError: other things than these.

    Example:
        >>> from kerasal.activation_maximization.callbacks import CallbackList, Print
        >>> CallbackList([Print(every=10), Print(every=4)]).next_step(8, last=50)
        10
    """

    def __init__(self, callbacks: Callback | Sequence[Callback]):
        given: Any = callbacks
        self._callbacks = list(given) if isinstance(given, (list, tuple)) else [given]
        for callback in self._callbacks:
            every: Any = _every(callback)
            if not callable(callback) or isinstance(every, bool) or not isinstance(every, int) or every < 1:
                raise TypeError(
                    "callbacks are functions of a Moment (step, images, losses); `every` of one is an integer above 0. Received: "
                    f"{callback!r}. Give e.g. Print(every=10)."
                )

    def next_step(self, step: int, last: int) -> int:
        """Return the next step after `step` at which a callback is called, at most the last."""
        every = [_every(callback) for callback in self._callbacks]
        return min([last, *((step // each + 1) * each for each in every)])

    def call(self, moment: Moment, *, is_last: bool) -> bool:
        """Call the callbacks whose turn it is, after the last step all; returns True if one of them wants to stop."""
        turns = [each for each in self._callbacks if is_last or moment.step % _every(each) == 0]
        answers = [bool(callback(moment)) for callback in turns]  # of all, also after one that wants to stop
        return any(answers)

    def close(self) -> None:
        """Let every callback finish."""
        for callback in self._callbacks:
            if hasattr(callback, "close"):
                callback.close()


def _every(callback: Any) -> int:
    every: int = getattr(callback, "every", 1)
    return every
