"""Parameterizations: the numbers that are optimised, the pixels themselves or the spectrum of an image that looks natural."""

import numpy as np
import tensorflow as tf

from kerasal._keyed_random import Rows
from kerasal._vocabulary import checks_keywords

Range = tuple[float, float] | None  # (low, high) of the input, or None where there are no limits

# The square root of the covariance of the colours of ImageNet's pixels (Olah et al. 2017): a grey, a blue against
# yellow and a green against purple component, the first far larger.
_COLOURS = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]], "float32")


@checks_keywords
class Parameterization:
    """Base of parameterizations. A subclass says how to start, what image some numbers stand for, and how to get back.

    In its methods `limits` is (low, high), the input range, or None; `shape` is (N, ...), of the images.
    """

    def start(self, rows: Rows, shape: tuple[int, ...], limits: Range) -> tf.Tensor:
        """Draw parameters to start from; `rows` are the `Rows` of the images, and draw by `rows.draw`."""
        raise NotImplementedError

    def of(self, images: tf.Tensor, limits: Range) -> tf.Tensor:
        """Compute the parameters that stand for images (N, ...)."""
        raise NotImplementedError

    def images(self, parameters: tf.Tensor, shape: tuple[int, ...], limits: Range) -> tf.Tensor:
        """Compute the images (N, ...) that parameters stand for."""
        raise NotImplementedError

    def kept(self, parameters: tf.Tensor, limits: Range) -> tf.Tensor:
        """Move parameters after a step so that the images are in their range."""
        return parameters

    def learning_rate(self, limits: Range) -> float:
        """Choose the learning rate of Adam, where no optimizer is given."""
        return 0.05


@checks_keywords
class Pixels(Parameterization):
    """The pixels themselves, clipped to the input range after every step.

    Args:
        start: half the width of the uniform noise around the middle of the range that images start from, as a share of the
            range (around 0 and absolute where there is no range).

    Example:
        >>> from kerasal.activation_maximization import Pixels
        >>> Pixels(start=0.1)
        Pixels(start=0.1)
    """

    def __init__(self, start: float = 0.0625):
        if not start > 0:
            raise ValueError(
                f"start is a share of the input range above 0. Received: start={start!r}. Give e.g. 0.0625."
            )
        self.width = float(start)

    def __repr__(self) -> str:
        return f"Pixels(start={self.width:g})"

    def start(self, rows: Rows, shape: tuple[int, ...], limits: Range) -> tf.Tensor:
        """Draw images around the middle of the range."""
        low, high = limits or (-0.5, 0.5)
        drawn = rows.draw("uniform", "start", int(np.prod(shape[1:])))
        return (low + high) / 2 + self.width * (high - low) * tf.reshape(2 * drawn - 1, shape)

    def of(self, images: tf.Tensor, limits: Range) -> tf.Tensor:
        """Return the images, clipped to the range."""
        return self.kept(images, limits)

    def images(self, parameters: tf.Tensor, shape: tuple[int, ...], limits: Range) -> tf.Tensor:
        """Return the parameters."""
        return parameters

    def kept(self, parameters: tf.Tensor, limits: Range) -> tf.Tensor:
        """Clip to the range."""
        return parameters if limits is None else tf.clip_by_value(parameters, *limits)

    def learning_rate(self, limits: Range) -> float:
        """Choose a fiftieth of the range."""
        return 0.05 if limits is None else 0.02 * (limits[1] - limits[0])


@checks_keywords
class Fourier(Parameterization):
    """The spectrum of the image, scaled as that of photographs (amplitude ∝ 1 / frequency), in decorrelated colours.

    Olah, Mordvintsev and Schubert 2017, https://distill.pub/2017/feature-visualization. Steepest ascent then moves what is large
    in photographs first, and the pictures are smooth without a penalty. A sigmoid keeps the image in the input range. Images
    are (N, H, W, C), parameters (N, C, H, W // 2 + 1, 2).

    Args:
        decay: power of the frequency the amplitudes fall with.
        start: standard deviation of the spectrum to start from.
        decorrelate: mix images of three channels of grey, blue-yellow and green-purple, as photographs are.

    Example:
        >>> from kerasal.activation_maximization import Fourier
        >>> Fourier().shape_of((8, 30, 20, 3))
        (8, 3, 30, 11, 2)
    """

    def __init__(
        self,
        decay: float = 1.0,
        start: float = 0.01,
        decorrelate: bool = True,  # noqa: FBT001, FBT002 (a position since 0.1)
    ):
        if not start > 0:
            raise ValueError(f"start is a standard deviation above 0. Received: start={start!r}. Give e.g. 0.01.")
        self.decay, self.deviation, self.decorrelate = float(decay), float(start), decorrelate

    def __repr__(self) -> str:
        return f"Fourier(decay={self.decay:g}, start={self.deviation:g}, decorrelate={self.decorrelate})"

    def shape_of(self, shape: tuple[int, ...]) -> tuple[int, int, int, int, int]:
        """Compute the shape of the parameters of images of a shape; ValueError for another rank than (N, H, W, C)."""
        if len(shape) != 4:
            raise ValueError(
                f"Fourier() makes images (N, H, W, C). Received: shape {tuple(shape)}. Use Pixels() for other inputs."
            )
        return shape[0], shape[3], shape[1], shape[2] // 2 + 1, 2

    def start(self, rows: Rows, shape: tuple[int, ...], limits: Range) -> tf.Tensor:
        """Draw a white spectrum."""
        found = self.shape_of(shape)
        drawn = rows.draw("normal", "start", int(np.prod(found[1:])))
        return self.deviation * tf.reshape(drawn, found)

    def of(self, images: tf.Tensor, limits: Range) -> tf.Tensor:
        """Compute the spectrum of images; those at the ends of the range are moved inside by a thousandth of it."""
        self.shape_of(images.shape)
        if limits is not None:
            low, high = limits
            share = tf.clip_by_value((images - low) / (high - low), 1e-3, 1 - 1e-3)
            images = tf.math.log(share / (1 - share))
        mixing = self._mixing(images.shape[3])
        if mixing is not None:
            images = tf.tensordot(images, np.linalg.inv(mixing), [[3], [1]])
        spectrum = tf.signal.rfft2d(tf.transpose(images, [0, 3, 1, 2]))
        return tf.stack([tf.math.real(spectrum), tf.math.imag(spectrum)], -1) / self._scale(images.shape)

    def images(self, parameters: tf.Tensor, shape: tuple[int, ...], limits: Range) -> tf.Tensor:
        """Compute the images of a spectrum."""
        scaled = parameters * self._scale(shape)
        channels = tf.signal.irfft2d(tf.complex(scaled[..., 0], scaled[..., 1]), fft_length=[shape[1], shape[2]])
        images = tf.transpose(tf.ensure_shape(channels, [None, shape[3], shape[1], shape[2]]), [0, 2, 3, 1])
        mixing = self._mixing(shape[3])
        if mixing is not None:
            images = tf.tensordot(images, mixing, [[3], [1]])
        return images if limits is None else limits[0] + (limits[1] - limits[0]) * tf.sigmoid(images)

    def _mixing(self, channels: int) -> np.ndarray | None:
        """Return the matrix that mixes the components to colours, (3, 3), or None."""
        if channels != 3 or not self.decorrelate:
            return None
        return np.asarray(_COLOURS / np.linalg.norm(_COLOURS, axis=0).max())

    def _scale(self, shape: tuple[int, ...]) -> np.ndarray:
        """Compute the amplitude that a parameter of 1 stands for, (H, W // 2 + 1, 1), of images of a shape."""
        height, width = shape[1:3]
        frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
        amplitude = np.sqrt(height * width) / 4 / np.maximum(frequency, 1 / max(height, width)) ** self.decay
        return np.asarray(amplitude[..., None], "float32")
