"""The meaning of an image's numbers: where black and white are, or the preprocessing of ImageNet that made them."""

import difflib
from typing import NamedTuple

import numpy as np

IMAGENET_MEAN = np.array([0.485, 0.456, 0.406])  # red, green, blue, of images in [0, 1]
IMAGENET_STD = np.array([0.229, 0.224, 0.225])
CAFFE_MEAN = np.array([103.939, 116.779, 123.68])  # blue, green, red, of images in 0 to 255

_FEWEST = 8  # different numbers, from which on whole steps are no accident
_BRIGHT = 128  # a picture of 0 to 255 without any brighter pixel is a dark one, or white is less than 255
_LEAST_SPAN = 32  # of "caffe": standardised images lie within its bounds too
_TOLERANCE = 1e-3  # of the span from black to white: rounding


class Reading(NamedTuple):
    """The numbers that are drawn black and white.

    Attributes:
        black: number of black, or three, one for each channel.
        white: number of white, likewise.
        words: how images are drawn, in words.
        doubt: why it might be otherwise; empty where there is no doubt.
        is_bgr: True where blue is the first channel.
    """

    black: np.ndarray
    white: np.ndarray
    words: str
    doubt: str = ""
    is_bgr: bool = False

    def shares(self, images: np.ndarray) -> np.ndarray:
        """Give how far numbers are from black (0) to white (1), floats, channels as they are."""
        shares: np.ndarray = (images.astype(np.float64) - self.black) / (self.white - self.black)
        return shares

    def pixels(self, images: np.ndarray) -> np.ndarray:
        """Convert numbers to floats in [0, 1], red first."""
        pixels: np.ndarray = np.clip(self.shares(images), 0, 1)
        return pixels[..., ::-1] if self.is_bgr else pixels


ImageRange = tuple[float, float] | str | Reading | None


def between(black: float, white: float, doubt: str = "") -> Reading:
    """Make the reading of numbers from black to white, the same for all channels."""
    return Reading(
        np.asarray(black), np.asarray(white), f"from black at {black:.4g} to white at {white:.4g}", doubt=doubt
    )


BYTES, UNIT, SIGNED = between(0, 255), between(0, 1), between(-1, 1)
IMAGENET = Reading(
    -IMAGENET_MEAN / IMAGENET_STD,
    (1 - IMAGENET_MEAN) / IMAGENET_STD,
    "as photographs again: they are normalised by the mean and standard deviation of ImageNet",
)
CAFFE = Reading(
    -CAFFE_MEAN,
    255 - CAFFE_MEAN,
    "as photographs again: they are BGR less the means of ImageNet (caffe), as keras.applications prepares for VGG and ResNet",
    is_bgr=True,
)
NAMED = {"imagenet": IMAGENET, "caffe": CAFFE}


def reading_of(images: np.ndarray, image_range: ImageRange = None) -> Reading:
    """Decide which numbers are black and white.

    What the user says holds. Else uint8 is 0 to 255, and of other numbers the first of these that holds:

    1. All of them are one of the 256 steps of 0 to 255, [-1, 1], [0, 1], or, of three channels, of images normalised by
       ImageNet ("imagenet": red first, less the mean, divided by the standard deviation) or less its means ("caffe": blue
       first), and there are 8 different ones or more: so they were made.
    2. They lie in [0, 1]; in [-1, 1]; from 0 to 255.
    3. Each of three channels lies where "imagenet" or "caffe" puts it.
    4. The lowest is black and the highest is white.

    There is doubt about 3 and 4, about numbers that are all equal, about [-1, 1] whose ends are not reached, and about 0 to
    255 where none is above 128.

    Args:
        images: numbers of one image or a batch, channels last.
        image_range: the numbers of black and white, "imagenet", "caffe", or None.

    Returns:
        The reading.

    Raises:
        ValueError: an unknown word, a range that the numbers leave, NaN or infinity.

    Example:
        >>> reading_of(np.array([0, 180], np.uint8)).words
        'from black at 0 to white at 255'
        >>> reading_of(np.array([-3.5, 2.6])).doubt
        'they fit no usual range'
    """
    if images.dtype.kind not in "fiub" or not images.size or not np.isfinite(images).all():
        raise ValueError(
            f"An image holds finite real numbers. Received: dtype {images.dtype}, shape {images.shape}"
            f"{', with NaN or infinity' if images.dtype.kind == 'f' else ''}. Look for the cause upstream."
        )
    if isinstance(image_range, Reading):
        return image_range
    if image_range is not None:
        return _said(images, image_range)
    if images.dtype in (np.uint8, np.bool_):
        return BYTES if images.dtype == np.uint8 else UNIT
    return _made_in_steps(images) or _by_bounds(images)


def warning_words(reading: Reading, images: np.ndarray) -> str:
    """Say how images are drawn, why that is in doubt, and what to do."""
    return (
        f"Images that hold {images.min():.4g} to {images.max():.4g} are drawn {reading.words}, but {reading.doubt}. Pass "
        "image_range=(black, white), 'imagenet' or 'caffe' to say what they are."
    )


def _said(images: np.ndarray, image_range: tuple[float, float] | str) -> Reading:
    """Take the user's word, where the numbers agree."""
    if isinstance(image_range, str):
        if image_range not in NAMED:
            near = difflib.get_close_matches(image_range, NAMED, 1)
            raise ValueError(
                f"image_range is (black, white), 'imagenet' or 'caffe'. Received: {image_range!r}. Pass "
                f"{repr(near[0]) if near else 'e.g. (0, 255)'}."
            )
        reading = NAMED[image_range]
        fits = images.shape[-1:] == (3,) and _is_inside(reading, images, tolerance=0.02)
        what = f"image_range={image_range!r} is of three channels, as preprocessing makes them"
    else:
        low, high = image_range
        reading = between(low, high)
        fits = low < high and _is_inside(reading, images)
        what = "image_range names the values of black and white, and the image lies between them"
    if not fits:
        raise ValueError(
            f"{what}. Received: image_range={image_range!r}, image {images.min()} to {images.max()}, shape {images.shape}. "
            "Pass e.g. image_range=(0, 16)."
        )
    return reading


def _made_in_steps(images: np.ndarray) -> Reading | None:
    """Find the reading by which all numbers are whole steps of 256; None where there is none, or there are few numbers."""
    known = [BYTES, SIGNED, UNIT, *(NAMED.values() if images.shape[-1:] == (3,) else ())]
    found = next((reading for reading in known if _is_inside(reading, images) and _has_steps(reading, images)), None)
    if found is None or len(np.unique(images)) < _FEWEST:
        return None
    return _dark(found) if found is BYTES and images.max() <= _BRIGHT else found


def _by_bounds(images: np.ndarray) -> Reading:
    """Find the reading by the lowest and highest numbers."""
    low, high = float(images.min()), float(images.max())
    if _is_inside(UNIT, images):
        is_whole = images.dtype.kind in "iu"  # of 0 to 255 it would be black
        doubt = f"all their numbers are {low:.4g}" if low == high and not is_whole else ""
        return UNIT._replace(doubt="they may be almost black ones of 0 to 255" if is_whole and high else doubt)
    if _is_inside(SIGNED, images):
        is_full = low < -0.8 and high > 0.8
        return SIGNED._replace(doubt="" if is_full else "they do not reach its ends, as standardised images might not")
    if _is_inside(BYTES, images):
        return BYTES if high > _BRIGHT else _dark(BYTES)
    for reading in NAMED.values() if images.shape[-1:] == (3,) else ():
        is_wide = reading is not CAFFE or high - low > _LEAST_SPAN
        if is_wide and _is_inside(reading, images):
            return reading._replace(doubt="only their lowest and highest numbers tell it")
    return between(low, high if high > low else low + 1, "they fit no usual range")


def _dark(reading: Reading) -> Reading:
    return reading._replace(doubt=f"none is above {_BRIGHT}: they are dark, or white is less than 255")


def _is_inside(reading: Reading, images: np.ndarray, tolerance: float = _TOLERANCE) -> bool:
    """Tell whether all numbers are between black and white."""
    shares = reading.shares(images)
    return bool(shares.min() >= -tolerance and shares.max() <= 1 + tolerance)


def _has_steps(reading: Reading, images: np.ndarray) -> bool:
    """Tell whether all numbers are among the 256 of a byte."""
    steps = 255 * reading.shares(images)
    return bool(np.abs(steps - np.rint(steps)).max() < 0.01)
