"""Photographs as a model takes them: of its size, and with pixels as it was trained on."""

import argparse
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kerasal._network.layer_tree import layers_of
from kerasal._network.versions import symbolic_inputs
from kerasal.command_line.examples import Examples
from kerasal.command_line.messages import WrongArgument, say
from kerasal.stores.picture_files import ENDINGS, PictureReader, pictures_in
from kerasal.visualizers.image_values import BYTES, NAMED, SIGNED, UNIT, Reading

_WORDS = {"bytes": BYTES, "unit": UNIT, "signed": SIGNED, **NAMED}
_INSIDE = ("Rescaling", "Normalization")  # layers that make numbers of bytes


def read_photographs(options: argparse.Namespace, model: Any) -> Examples:
    """Find photographs, which are read as they are needed.

    Args:
        options: of the command: `data`, `size`, `preprocess`.
        model: the Keras model.

    Returns:
        The examples; names are paths below the folder.

    Raises:
        ValueError: no photographs, a model that takes none, or of which the size is not known.
    """
    root = Path(options.data)
    files = [root] if root.is_file() else pictures_in(root)
    if not files:
        raise ValueError(
            f"A folder of photographs has files {', '.join(ENDINGS)}. Received: {str(root)!r}, which has none. Convert them."
        )
    height, width, channels = _shape(options.size, model)
    convert, reading = _conversion(options.preprocess, model)
    pixels = PictureReader(channels, (height, width))

    def read(first: int, last: int) -> np.ndarray:
        found = np.stack([pixels(path) for path in files[first:last]])
        pixels.warn(lambda words: say(f"warning: {words}"))
        return np.asarray(convert(found), np.float32)

    folder = root.parent if root.is_file() else root
    names = [path.relative_to(folder).as_posix() for path in files]
    return Examples("photographs", names, read, image_range=reading)


def _shape(size: tuple[int, int] | None, model: Any) -> tuple[int, int, int]:
    """Height, width and channels of the model's pictures."""
    shapes = [tuple(tensor.shape) for tensor in symbolic_inputs(model).values()]
    shape = shapes[0] if shapes else (None, None, None, 3)
    if len(shapes) > 1 or len(shape) != 4 or shape[-1] not in (1, 3, 4):
        raise ValueError(
            f"A model of photographs has one input (N, H, W, 1, 3 or 4). Received: inputs of shape {', '.join(map(str, shapes))}. Pass what it "
            "takes as .npy or .npz."
        )
    wanted = tuple(shape[1:3])
    if size is None and None in wanted:
        raise WrongArgument(
            "The model takes photographs of any size. Received: no --size. Pass --size HEIGHT WIDTH, e.g. --size 224 224."
        )
    if size is not None and any(own not in (None, given) for own, given in zip(wanted, size, strict=True)):
        raise WrongArgument(
            f"The model takes photographs of {wanted[0]} × {wanted[1]}. Received: --size {size[0]} {size[1]}. Leave it out."
        )
    height, width = wanted if size is None else size
    return height, width, shape[-1]


def _conversion(how: str | None, model: Any) -> tuple[Callable[[np.ndarray], Any], Reading]:
    """Find the function that makes the model's numbers of bytes, and how these are drawn again."""
    if how is None:
        _warn_of_bytes(model)
        how = "bytes"
    if how in _WORDS:
        reading = _WORDS[how]
        return lambda pixels: _from_shares(pixels / 255, reading), reading
    try:
        convert = importlib.import_module(f"keras.applications.{how}").preprocess_input
    except (ImportError, AttributeError):
        raise WrongArgument(
            f"--preprocess is {', '.join(_WORDS)}, or a module of keras.applications. Received: {how!r}. Pass e.g. signed, or mobilenet_v2."
        ) from None
    return convert, _reading_of(convert, how)


def _from_shares(shares: np.ndarray, reading: Reading) -> np.ndarray:
    """Numbers of a reading, of how far pixels are from black (0) to white (1), red first."""
    shares = shares[..., ::-1] if reading.is_bgr else shares
    return np.asarray(reading.black + shares * (reading.white - reading.black))


def _reading_of(convert: Callable[[np.ndarray], Any], name: str) -> Reading:
    """Find by three pixels which numbers a function makes of black and white, and whether blue comes first."""
    pixels = np.zeros((3, 1, 1, 3), np.float32)
    pixels[1], pixels[2, ..., 0] = 255, 255
    black, white, red = (np.asarray(each, np.float64)[0, 0] for each in np.asarray(convert(pixels)))
    is_bgr = bool(abs(red[2] - black[2]) > abs(red[0] - black[0]))
    return Reading(black, white, f"as photographs again, from what {name} makes of them", is_bgr=is_bgr)


def _warn_of_bytes(model: Any) -> None:
    """Say that pixels go in as they are read, where nothing in the model shows that it takes them so."""
    if any(type(layer).__name__ in _INSIDE for layer in layers_of(model)):
        return
    name = model.name.lower()
    module = next((key for key in _FAMILIES if name.startswith(key)), None)
    way = (
        f"--preprocess {_FAMILIES[module]}, as its name {model.name!r} suggests"
        if module
        else "--preprocess unit, signed or the like"
    )
    say(
        "warning: pixels go in as 0 to 255. Nothing in the model rescales them; if it was trained on other numbers, the maps and the "
        f"predictions are wrong. Pass {way}; --preprocess bytes says that 0 to 255 is right."
    )


_FAMILIES = {  # begins of the names of networks of keras.applications whose pixels are prepared outside -> module
    "mobilenetv2": "mobilenet_v2",
    "mobilenet": "mobilenet",
    "resnet50v2": "resnet_v2",
    "resnet101v2": "resnet_v2",
    "resnet152v2": "resnet_v2",
    "resnet": "resnet",
    "vgg16": "vgg16",
    "vgg19": "vgg19",
    "inception_v3": "inception_v3",
    "inception_resnet_v2": "inception_resnet_v2",
    "xception": "xception",
    "densenet": "densenet",
    "nasnet": "nasnet",
}
