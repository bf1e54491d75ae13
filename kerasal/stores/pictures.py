"""A folder of pictures as a data set: sub-folders are classes, names are ids, the size is the model's."""

import concurrent.futures
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from kerasal._errors import warn_user
from kerasal._network.versions import symbolic_inputs
from kerasal.stores.picture_files import ENDINGS, PictureReader, pictures_in
from kerasal.stores.portions import Portion
from kerasal.stores.sources import Parse, Source

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
    files = _files(folder, classes)
    read, reader = _reader(model, parse, files[0])

    def batches(size: int) -> Iterator[Portion]:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for begin in range(0, len(files), _AT_ONCE):
                some = files[begin : begin + _AT_ONCE]
                x = np.stack(list(pool.map(read, some)))
                reader.warn(warn_user)
                y = np.array([file.label for file in some]) if classes else None
                yield Portion.of(x, y, [file.id for file in some])

    return Source(batches, len(files), classes or None)


def _files(folder: str, classes: list[str]) -> list[_File]:
    """List the pictures of a folder, class by class."""
    inside = [Path(folder, name) for name in classes]
    found = [path for path in pictures_in(folder) if path.parent == Path(folder)]
    if found and classes:
        raise ValueError(
            f"A folder has pictures, or a folder of pictures for each class. Received: {folder!r} with both. Move the pictures, or name "
            "the folder of one class."
        )
    listed: list[tuple[Path, int | None]] = [(path, None) for path in found]
    listed += [(path, label) for label, each in enumerate(inside) for path in pictures_in(each)]
    if not listed:
        raise ValueError(
            f"A folder of pictures has files that end in {', '.join(ENDINGS)}. Received: {folder!r} without any. Check the path."
        )
    return [_File(str(path), path.relative_to(folder).as_posix(), label) for path, label in listed]


def _reader(model: Any, parse: Parse | None, first: _File) -> tuple[Any, PictureReader]:
    """Return the function that reads a picture as the model takes it, and what it reads files with."""
    if parse is not None:
        whole = PictureReader(None)
        return lambda file: np.asarray(parse(tf.constant(whole(file.path)))), whole
    inputs = list(symbolic_inputs(model).values())
    shape = tuple(inputs[0].shape) if len(inputs) == 1 else ()
    if len(shape) != 4 or shape[-1] not in (1, 3, 4):
        raise ValueError(
            f"A folder of pictures is explained for a model that takes (N, H, W, C), with 1, 3 or 4 channels. Received: model "
            f"'{model.name}' of {shape or 'unknown'}. Pass parse=, a function of a picture that gives what the model takes."
        )
    if None not in shape[1:3]:
        sized = PictureReader(shape[-1], shape[1:3])
        return lambda file: sized(file.path), sized
    own = PictureReader(shape[-1])
    size = own(first.path).shape[:2]
    return lambda file: _of_size(own(file.path), size, file.id), own


def _of_size(picture: np.ndarray, size: tuple[int, ...], name: str) -> np.ndarray:
    """Return a picture, or refuse it for its size."""
    if picture.shape[:2] != size:
        raise ValueError(
            f"Pictures have one size where the model takes any. Received: {name!r} of {picture.shape[:2]} behind {size}. Pass parse=, "
            "e.g. lambda picture: tf.image.resize(picture, (224, 224))."
        )
    return picture
