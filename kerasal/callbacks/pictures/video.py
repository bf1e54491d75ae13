"""Pictures of videos and volumes: frames or slices, with the map over each."""

import warnings
from typing import Any, ClassVar

import numpy as np

from kerasal.callbacks.pictures.base import DPI, Batch, GrowingScale, Pictures, pixels_of
from kerasal.saliency import Saliency
from kerasal.visualizers.colors import color_limits, color_scale
from kerasal.visualizers.image_pixels import rgb_batch, to_uint8
from kerasal.visualizers.image_values import UNIT, ImageRange, reading_of, warning_words
from kerasal.visualizers.montage import Montage, scale_label, shown_channels

_MOST, _ACROSS = 6, 3  # frames of an example, evenly chosen and the strongest, and of a row
_SIDE, _SIDE_IN_STRIP = 1.3, 1.0  # inches of the longer side of a frame: legible as a card of TensorBoard


class VideoPictures(Pictures):
    """Frames of each video in rows, the map over each on one scale; over steps of training a row each.

    Args:
        frames: uint8 (N, T, H, W, 3), the videos as they look, or None to draw the maps alone.
    """

    kind = "video"
    suits = "maps (N, T, H, W)"
    word: ClassVar[str] = "frame"

    def __init__(self, frames: np.ndarray | None = None):
        self._frames = frames

    @classmethod
    def for_batch(cls, batch: Batch) -> "VideoPictures | None":
        """Suit maps (N, T, H, W) of videos (N, T, H, W) or (N, T, H, W, C)."""
        shape, videos = batch.saliency.shape, batch.target
        if batch.kind.name != cls.kind or len(shape) != 4:
            return None
        if videos is None or videos.ndim not in (4, 5) or videos.shape[:4] != shape:
            return cls()
        return cls(frames_of(videos, batch.image_range))

    def draw(self, n: int, saliency: Saliency, text: str, scale: GrowingScale) -> np.ndarray:
        """Draw one example."""
        limits, frames = (
            scale.update(n, saliency.values),
            None if self._frames is None else self._frames[n : n + 1] / 255,
        )
        return self._drawn(
            saliency.values[None], limits, images=frames, captions=[""], title=text, most=_MOST, side=_SIDE
        )

    def strip(self, n: int, maps: np.ndarray, steps: list[int]) -> np.ndarray:
        """Draw the maps at several steps, a row each."""
        captions = [f"step {step}" for step in steps]
        return self._drawn(maps, None, captions=captions, most=_ACROSS, side=_SIDE_IN_STRIP)

    def facts(self) -> dict[str, Any]:
        """Return the word for a frame."""
        return {"word": self.word}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the videos as they look."""
        return {} if self._frames is None else {"frames": self._frames}

    def _drawn(
        self,
        maps: np.ndarray,
        limits: tuple[float, float] | None,
        *,
        images: np.ndarray | None = None,
        title: str = "",
        **how: Any,
    ) -> np.ndarray:
        colors = color_scale(*(limits or color_limits(maps)))
        label = scale_label(colors, maps, is_given=limits is not None)
        montage = Montage(
            maps=maps,
            images=images,
            word=self.word,
            colors=colors,
            label=label,
            title=title,
            image_range=UNIT,
            across=_ACROSS,
            **how,
        )
        return pixels_of(montage.draw(), DPI)


class VolumePictures(VideoPictures):
    """Slices of each volume along its first axis, as the frames of a video."""

    kind = "volume"
    word = "slice"


def frames_of(videos: np.ndarray, image_range: ImageRange) -> np.ndarray:
    """Make uint8 (N, T, H, W, 3) of videos (N, T, H, W) or (N, T, H, W, C), as they look, black and white the same in all.

    Args:
        videos: the videos; of many channels the mean is shown.
        image_range: as for `ImageVisualizer.visualize`; None finds it, with a warning where that leaves a doubt.

    Raises:
        ValueError: Values are outside the range that was given.
    """
    videos = videos if videos.dtype.kind in "iufb" else videos.astype("float32")
    shown, _ = shown_channels(videos if videos.ndim == 5 else videos[..., None])
    reading = reading_of(shown, image_range)
    if reading.doubt and image_range is None:
        warnings.warn(
            f"SaliencyLogger: {warning_words(reading, shown)} The maps do not depend on it. Pass kind='numbers' to see none.",
            stacklevel=8,
        )
    return np.stack([to_uint8(rgb_batch(video, video.shape[1:3], reading)) for video in shown])
