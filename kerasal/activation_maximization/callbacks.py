"""What is told of an ascent while it runs: `Print`, `Gif`, or any function of a `Moment`."""

import dataclasses
import warnings

import numpy as np

from kerasal._storage.file_systems import check_parent, write_aside
from kerasal.activation_maximization.result import as_pictures


@dataclasses.dataclass(frozen=True)
class Moment:
    """What a callback gets.

    Attributes:
        step: how many steps were made.
        images: (N, ...), after them.
        losses: {"score": (N,), each regularizer: (N,)}, found at the beginning of the last step.
        input_range: (low, high), or None.
    """

    step: int
    images: np.ndarray
    losses: dict[str, np.ndarray]
    input_range: tuple[float, float] | None = None


class Print:
    """Prints the score and the regularizers, their means over images.

    Args:
        every: how many steps lie between two lines.

    Example:
        >>> import numpy as np
        >>> from kerasal.activation_maximization import Moment, Print
        >>> Print()(Moment(20, np.zeros((2, 4, 4, 3)), {"score": np.array([3.0, 5.0]), "LPNorm(6)": np.array([0.5, 0.5])}))
        step 20: score 4, LPNorm(6) 0.5
    """

    def __init__(self, every=10):
        self.every = every

    def __call__(self, moment):
        found = ", ".join(f"{name} {np.mean(values):.4g}" for name, values in moment.losses.items())
        print(f"step {moment.step}: {found}", flush=True)


class Gif:
    """A film of the images side by side, with the number of the step; written when the ascent ends.

    Args:
        path: ends in .gif, in a folder that exists.
        every: how many steps lie between two pictures.
        seconds: how long each is shown.
        columns: images in a row.

    Raises:
        ValueError: another ending. FileNotFoundError: no such folder.

    Example:
        >>> from kerasal.activation_maximization import Gif
        >>> Gif("units.gif", every=5).every
        5
    """

    def __init__(self, path, every=5, seconds=0.1, columns=8):
        if not str(path).lower().endswith(".gif"):
            raise ValueError(f"A film is saved as .gif. Received: {str(path)!r}. Change the ending.")
        self.path, self.every, self.seconds, self.columns = check_parent(path), every, seconds, columns
        self._frames: list = []

    def __call__(self, moment):
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

    def close(self):
        """Write the file, if there is anything to write."""
        from PIL import Image

        if self._frames:
            first, *others = [Image.fromarray(frame) for frame in self._frames]
            with write_aside(self.path) as aside:
                first.save(
                    aside, format="GIF", save_all=True, append_images=others, duration=int(1000 * self.seconds), loop=0
                )
        self._frames = []


_SECONDS = 0.7  # a call aims at this, so that progress is shown and Ctrl-C obeyed


class Stride:
    """The steps made, and those of the next call.

    Args:
        steps: how many there are to make.
        callbacks: functions of a `Moment`, with `every` and `close()` where they have them.

    Attributes:
        at: how many were made.
        done: whether it is time to end.
    """

    def __init__(self, steps, callbacks):
        self._steps, self.at, self.done, self._seconds = steps, 0, steps == 0, None
        self._callbacks = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]
        for callback in self._callbacks:
            every = getattr(callback, "every", 1)
            if not callable(callback) or isinstance(every, bool) or not isinstance(every, int) or every < 1:
                raise TypeError(
                    "callbacks are functions of a Moment (step, images, losses); `every` of one is an integer above 0. Received: "
                    f"{callback!r}. Give e.g. Print(every=10)."
                )

    def next(self):
        """The step at which the next call ends."""
        least = 1 if self._seconds is None else int(np.clip(_SECONDS / max(self._seconds, 1e-9), 1, 10**6))
        marks = [(self.at // _every(callback) + 1) * _every(callback) for callback in self._callbacks]
        return min(self._steps, self.at + least, *marks)

    def made(self, stop, seconds):
        """A call ended at this step and took these seconds."""
        now = seconds / (stop - self.at)
        self._seconds = now if self._seconds is None else min(now, 0.5 * (now + self._seconds))
        self.at, self.done = stop, stop >= self._steps

    def tell(self, images, losses, input_range):
        """Call the callbacks whose turn it is; one that returns True ends the ascent."""
        moment = Moment(self.at, images, losses, input_range)
        for callback in self._callbacks:
            if self.at % _every(callback) == 0 or self.at >= self._steps:
                self.done = bool(callback(moment)) or self.done

    def interrupted(self):
        """Ctrl-C."""
        warnings.warn(
            f"Interrupted: {self.at} of {self._steps} steps were made; the result is what there was then.", stacklevel=3
        )

    def close(self):
        """Let every callback finish."""
        for callback in self._callbacks:
            if hasattr(callback, "close"):
                callback.close()


def _every(callback):
    return getattr(callback, "every", 1)
