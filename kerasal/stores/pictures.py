"""A folder of pictures as a data set: sub-folders are classes, names are ids, the size is the model's."""

import concurrent.futures
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from kerasal._network.versions import symbolic_inputs
from kerasal.stores.portions import Portion
from kerasal.stores.sources import Parse, Source

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
_AT_ONCE = 64  # pictures that are decoded before they are put together


class _File(NamedTuple):
    """A picture: its path, its path below the folder, and the number of its class, or None."""

    path: str
    id: str
    label: int | None


def of_pictures(folder: str, model: Any, parse: Parse | None) -> Source:
    """Read the pictures of a folder, float32 from 0 to 255, in the order of their names.

    Args:
        folder: with pictures, or with a folder of pictures for each class.
        model: whose input says the size and the number of channels.
        parse: function of a picture (H, W, C), a float32 tensor from 0 to 255 of its own size, that gives what the model takes; None
            to give the model's size to each, as `keras.utils.image_dataset_from_directory` does.

    Raises:
        ValueError: no pictures, pictures beside folders of pictures, a model that takes none.
    """
    classes = sorted(each.name for each in os.scandir(folder) if each.is_dir() and not each.name.startswith("."))
    files = [_File(os.path.join(folder, name), name, None) for name in _names(folder)]
    if files and classes:
        raise ValueError(
            f"A folder has pictures, or a folder of pictures for each class. Received: {folder!r} with both. Move the pictures, or name "
            "the folder of one class."
        )
    for label, name in enumerate(classes):
        files += [_File(os.path.join(folder, name, each), f"{name}/{each}", label) for each in _names(folder, name)]
    if not files:
        raise ValueError(
            f"A folder of pictures has files that end in {', '.join(ENDINGS)}. Received: {folder!r} without any. Check the path."
        )
    read = _Reader(model, parse, files[0])

    def batches(size: int) -> Iterator[Portion]:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for begin in range(0, len(files), _AT_ONCE):
                some = files[begin : begin + _AT_ONCE]
                x = np.stack(list(pool.map(read, some)))
                y = np.array([file.label for file in some]) if classes else None
                yield Portion.of(x, y, [file.id for file in some])

    return Source(batches, len(files), classes or None)


def _names(*folder: str) -> list[str]:
    found = os.scandir(os.path.join(*folder))
    return sorted(each.name for each in found if each.is_file() and Path(each.name).suffix.lower() in ENDINGS)


class _Reader:
    """Reads pictures as the model takes them."""

    def __init__(self, model: Any, parse: Parse | None, first: _File):
        self._parse = parse
        inputs = list(symbolic_inputs(model).values())
        shape = tuple(inputs[0].shape) if len(inputs) == 1 else ()
        if parse is None and (len(shape) != 4 or shape[-1] not in (1, 3, 4)):
            raise ValueError(
                f"A folder of pictures is explained for a model that takes (N, H, W, C), with 1, 3 or 4 channels. Received: model "
                f"'{model.name}' of {shape or 'unknown'}. Pass parse=, a function of a picture that gives what the model takes."
            )
        self._channels = shape[-1] if parse is None else 0
        self._size = shape[1:3] if parse is None else (None, None)
        if parse is None and None in self._size:
            self._size = self._decoded(first).shape[:2]
            self._says_size = False
        else:
            self._says_size = True

    def __call__(self, file: _File) -> np.ndarray:
        """Return a picture as the model takes it."""
        picture = self._decoded(file)
        if self._parse is not None:
            return np.asarray(self._parse(picture))
        if not self._says_size and picture.shape[:2] != self._size:
            raise ValueError(
                f"Pictures have one size where the model takes any. Received: {file.id!r} of {tuple(picture.shape[:2])} behind "
                f"{tuple(self._size)}. Pass parse=, e.g. lambda picture: tf.image.resize(picture, (224, 224))."
            )
        return np.asarray(picture if picture.shape[:2] == self._size else tf.image.resize(picture, self._size))

    def _decoded(self, file: _File) -> Any:
        try:
            picture = tf.io.decode_image(tf.io.read_file(file.path), self._channels, expand_animations=False)
        except tf.errors.InvalidArgumentError as error:
            raise ValueError(
                f"A folder of pictures has whole pictures. Received: {file.path!r}, which cannot be read ({str(error)[:80]}). Remove it."
            ) from error
        return tf.cast(picture, tf.float32)
