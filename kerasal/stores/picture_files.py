"""Files of pictures as arrays, the same array wherever a picture is read."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kerasal._storage.base import StrPath

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
_OF_CHANNELS = {1: "L", 3: "RGB", 4: "RGBA"}  # modes of Pillow
_ORIENTATION = 0x0112  # the tag of EXIF


def pictures_in(folder: StrPath) -> list[Path]:
    """List the files of pictures in a folder and below, in the order of their names; hidden ones are left out.

    Args:
        folder: that exists.
    """
    found = list[Path]()
    for path, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            Path(path, name) for name in names if not name.startswith(".") and Path(name).suffix.lower() in ENDINGS
        ]
    return sorted(found)


class PictureReader:
    """Reads pictures, float32 from 0 to 255, (H, W, C).

    They are decoded by Pillow, of 16 bits the upper 8, of several pictures in a file the first, and get their size as by
    `keras.utils.image_dataset_from_directory`: bilinear, neither cropped nor smoothed. Transparency is left out where the model takes
    three channels. As Keras does, it leaves them as they are stored where EXIF says that they are to be turned, and notes that.

    Args:
        channels: 1, 3 or 4; None for those of each file.
        size: (height, width), or None for that of each file.

    Example:
        >>> import tempfile, PIL.Image
        >>> path = tempfile.mkdtemp() + "/a.png"
        >>> PIL.Image.new("RGB", (6, 4), "red").save(path)
        >>> PictureReader(3, (2, 3))(path).shape
        (2, 3, 3)
    """

    def __init__(self, channels: int | None, size: tuple[int, int] | None = None):
        self._channels, self._size = channels, size
        self._turned, self._told = "", False

    def __call__(self, path: StrPath) -> np.ndarray:
        """Read a picture.

        Args:
            path: of its file.

        Raises:
            ValueError: it is damaged, or no picture of 8 or 16 bits.
        """
        picture = self._decoded(path).astype("float32")
        if self._size is None or picture.shape[:2] == self._size:
            return picture
        import tensorflow as tf

        return np.asarray(tf.image.resize(picture, self._size))

    def warn(self, say: Callable[[str], None]) -> None:
        """Say, once, that a picture that was read is to be turned.

        Args:
            say: what gives a warning.
        """
        if self._turned and not self._told:
            self._told = True
            say(
                f"{self._turned!r}, and perhaps others, are stored turned, with a note (EXIF) of how a viewer turns them back. They go in as "
                "they are stored, as Keras reads them. If the model was trained on upright ones, save them turned, e.g. by "
                "PIL.ImageOps.exif_transpose."
            )

    def _decoded(self, path: StrPath) -> np.ndarray:
        """Return a picture of its own size, uint8."""
        from PIL import Image

        try:
            with Image.open(path) as image:
                if image.getexif().get(_ORIENTATION, 1) != 1:
                    self._turned = self._turned or os.fspath(path)
                pixels = np.asarray(self._converted(image))
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:  # Pillow's, of damaged files
            raise ValueError(
                f"A picture is a whole file that Pillow reads, of 8 or 16 bits a channel. Received: {os.fspath(path)!r} ({error}). Mend or "
                "remove it."
            ) from error
        return pixels if pixels.ndim == 3 else pixels[..., None]

    def _converted(self, image: Any) -> Any:
        """Return an image of 8 bits a channel, in the wanted mode."""
        if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG"):  # older ones of Pillow say I
            from PIL import Image

            image = Image.fromarray((np.asarray(image) >> 8).astype("uint8"))
        if image.mode in ("I", "F"):
            raise ValueError(f"of mode {image.mode}: numbers without a white")
        if image.mode in ("P", "PA"):
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        if self._channels is not None:
            return image.convert(_OF_CHANNELS[self._channels])
        return image if image.mode in ("L", "LA", "RGB", "RGBA") else image.convert("L" if image.mode == "1" else "RGB")
