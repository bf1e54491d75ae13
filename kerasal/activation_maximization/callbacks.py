"""What is told of an ascent while it runs: `Print`, `Gif`, or any function of a `Moment`."""

import dataclasses

import numpy as np

from kerasal.activation_maximization.result import as_pictures
from kerasal.files import check_parent, write_aside


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
        from kerasal.visualizers.picture import caption_strip, rgb_image, to_uint8  # loads matplotlib

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
