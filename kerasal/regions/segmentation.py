"""Segments of a picture that overlap: Felzenszwalb's at several scales, each widened."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from kerasal._errors import needed
from kerasal._vocabulary import checks_keywords

_SCALES = (50, 100, 150, 250, 500, 1200)


@checks_keywords
def felzenszwalb(
    image: ArrayLike,
    scales: Sequence[float] = _SCALES,
    sigma: float = 0.8,
    min_size: int = 150,
    widen: int = 5,
    size: tuple[int, int] | None = (224, 224),
) -> np.ndarray:
    """Cut a picture into segments at several scales (Felzenszwalb and Huttenlocher 2004), by scikit-image, as XRAI does.

    Needs scikit-image: `pip install kerasal[regions]`.

    Args:
        image: (H, W) or (H, W, C), numbers of any range; they are stretched to [−1, 1].
        scales: the larger, the fewer segments.
        sigma: of the Gaussian that smoothes the picture first, in pixels.
        min_size: of a segment, in pixels.
        widen: by how many pixels each segment grows on all sides, so that it has its edges.
        size: the picture is resized to before; its segments get the size of the picture again. None: as it is.

    Returns:
        Masks (K, H, W) of booleans, those of one scale after those of another.

    Raises:
        ImportError: scikit-image is not installed.

    Example:
        >>> import numpy as np
        >>> image = np.zeros((40, 60))
        >>> image[:, 30:] = 1
        >>> felzenszwalb(image, scales=(100,), widen=0, size=None).sum((1, 2)).tolist()
        [1200, 1200]
    """
    check_installed()
    from skimage import segmentation, transform

    resize: Any = transform.resize
    pixels = _stretched(np.asarray(image))
    own = pixels.shape[:2]
    if size is not None:
        pixels = resize(pixels, size, order=3, mode="constant", preserve_range=True, anti_aliasing=True)
    found = []
    for scale in scales:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Got image with third dimension")  # channels, of any number
            labels = segmentation.felzenszwalb(pixels, scale=scale, sigma=sigma, min_size=min_size)
        if size is not None:
            back: Any = {"order": 0, "preserve_range": True, "mode": "constant", "anti_aliasing": False}
            labels = resize(labels, own, **back).astype(int)
        found.append(widened(labels, widen))
    return np.concatenate(found)


def check_installed() -> None:
    """Refuse to go on without scikit-image, with what installs it."""
    with needed("skimage", "Segments by Felzenszwalb"):
        import skimage.segmentation  # noqa: F401


def widened(labels: np.ndarray, radius: int) -> np.ndarray:
    """Make a mask of each label that is not negative, grown by a disk.

    Args:
        labels: (H, W), integers.
        radius: of the disk, in pixels.

    Returns:
        Masks (K, H, W).

    Example:
        >>> widened(np.array([[0, 0, 0, 1, 1]]), 1).astype(int).tolist()
        [[[1, 1, 1, 1, 0]], [[0, 0, 1, 1, 1]]]
    """
    names, places = np.unique(labels, return_inverse=True)
    places = places.reshape(labels.shape)
    masks = np.zeros((len(names), *labels.shape), bool)
    rows, columns = (np.arange(length) for length in labels.shape)
    reach = range(-radius, radius + 1)
    for down, right in [(a, b) for a in reach for b in reach if a * a + b * b <= radius * radius]:
        taken_rows, taken_columns = rows[max(0, -down) :], columns[max(0, -right) :]
        taken_rows, taken_columns = (
            taken_rows[taken_rows + down < len(rows)],
            taken_columns[taken_columns + right < len(columns)],
        )
        own = np.ix_(taken_rows, taken_columns)
        masks[(places[own], *np.ix_(taken_rows + down, taken_columns + right))] = True
    return masks[names >= 0]


def _stretched(image: np.ndarray) -> np.ndarray:
    """Stretch the numbers of a picture to [−1, 1]; those of a constant one become −1."""
    pixels = image.astype("float64")
    low, high = pixels.min(), pixels.max()
    stretched: np.ndarray = 2 * (pixels - low) / (high - low if high > low else 1.0) - 1
    return stretched
