"""Event files read back through the code that feeds TensorBoard's own pages."""

import tensorflow as tf
from tensorboard import context
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer

_ALL = {"scalars": 0, "images": 0, "tensors": 0}  # 0: keep every step; TensorBoard itself keeps ten images


class Logs:
    """What TensorBoard finds under a directory.

    Attributes:
        scalars: {run: {tag: {step: float}}}.
        images: {run: {tag: {step: uint8 pixels (H, W, C)}}}.
    """

    def __init__(self, directory):
        multiplexer = EventMultiplexer(tensor_size_guidance=_ALL).AddRunsFromDirectory(str(directory))
        multiplexer.Reload()
        self._provider = MultiplexerDataProvider(multiplexer, str(directory))
        self._context = context.RequestContext()
        everything = {"ctx": self._context, "experiment_id": "", "downsample": 10**6}
        scalars = self._provider.read_scalars(plugin_name="scalars", **everything)
        self.scalars = self._steps(scalars, lambda datum: datum.value)
        images = self._provider.read_blob_sequences(plugin_name="images", **everything)
        self.images = self._steps(images, lambda datum: self._pixels(datum.values))

    @staticmethod
    def _steps(runs, read):
        return {
            run: {tag: {datum.step: read(datum) for datum in series} for tag, series in tags.items()}
            for run, tags in runs.items()
        }

    def _blob(self, reference):
        return self._provider.read_blob(self._context, blob_key=reference.blob_key)

    def _pixels(self, references):
        width, height, png = (self._blob(part) for part in references)
        pixels = tf.io.decode_png(png).numpy()
        assert pixels.shape[:2] == (int(height), int(width))
        return pixels
