"""The layers that are random in training, drawn as a function of (seed, m, n, layer, call) instead of by themselves."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

from kerasal._keyed_random import Distribution, Rows
from kerasal._network.interception import Call, Handler, place_in, seeds_from
from kerasal._network.versions import MASKS_OF_CELLS, noise_shape
from kerasal.layers.monte_carlo_dropout import MonteCarloDropout

Formula = Callable[[keras.layers.Layer, tf.Tensor, Rows, Any], tf.Tensor]
"""Function of (layer, x, rows, stream) that gives the noisy x."""


def _keep(rows: Rows, stream: Any, shape: tf.Tensor, rate: float) -> tf.Tensor:
    """Draw 1 / (1 − rate) where a uniform number is at least rate, else 0; 1 in the clean pass."""
    strength = rows.in_samples(rate)
    kept = tf.cast(_draw(rows, "uniform", stream, shape) >= strength, tf.float32)
    return tf.math.divide_no_nan(kept, 1.0 - strength)


def _draw(rows: Rows, distribution: Distribution, stream: Any, shape: tf.Tensor) -> tf.Tensor:
    """Draw numbers of a shape whose first axis is the rows, or rows times something a layer folded into them."""
    size = tf.reduce_prod(shape) // rows.count
    return tf.reshape(rows.draw(distribution, stream, size), shape)


def _mask_shape(layer: keras.layers.Layer, x: tf.Tensor) -> tf.Tensor:
    """Compute the shape of a dropout mask: 1 along the axes that share it, never along the rows."""
    shape, wanted = tf.shape(x), noise_shape(layer, x)
    if wanted is None:
        return shape
    sizes = list(wanted) if isinstance(wanted, (list, tuple)) else tf.unstack(wanted, x.shape.rank)
    return tf.stack([shape[axis] if size is None or axis == 0 else size for axis, size in enumerate(sizes)])


def _dropout(layer: keras.layers.Layer, x: tf.Tensor, rows: Rows, stream: Any) -> tf.Tensor:
    """Srivastava et al. 2014, scaled by 1 / (1 − rate)."""
    return x * tf.cast(_keep(rows, stream, _mask_shape(layer, x), layer.rate), x.dtype)


def _gaussian_dropout(layer: keras.layers.Layer, x: tf.Tensor, rows: Rows, stream: Any) -> tf.Tensor:
    deviation = rows.in_samples((layer.rate / (1.0 - layer.rate)) ** 0.5)
    return x * tf.cast(1.0 + deviation * _draw(rows, "normal", stream, tf.shape(x)), x.dtype)


def _gaussian_noise(layer: keras.layers.Layer, x: tf.Tensor, rows: Rows, stream: Any) -> tf.Tensor:
    deviation = rows.in_samples(layer.stddev)
    return x + tf.cast(deviation * _draw(rows, "normal", stream, tf.shape(x)), x.dtype)


def _alpha_dropout(layer: keras.layers.Layer, x: tf.Tensor, rows: Rows, stream: Any) -> tf.Tensor:
    """Klambauer et al. 2017, arXiv:1706.02515: dropped units go to −α·λ, then mean and variance are put back."""
    dropped_to = -1.0507009873554805 * 1.6732632423543772
    strength = rows.in_samples(layer.rate)
    kept = tf.cast(_draw(rows, "uniform", stream, _mask_shape(layer, x)) >= strength, x.dtype)
    rate = tf.cast(strength, x.dtype)
    a = ((1 - rate) * (1 + rate * dropped_to**2)) ** -0.5
    return a * (x * kept + dropped_to * (1 - kept)) - a * dropped_to * rate


_FORMULAS: dict[type[keras.layers.Layer], Formula] = {  # the most special class first
    MonteCarloDropout: _dropout,
    keras.layers.SpatialDropout1D: _dropout,
    keras.layers.SpatialDropout2D: _dropout,
    keras.layers.SpatialDropout3D: _dropout,
    keras.layers.Dropout: _dropout,
    keras.layers.GaussianDropout: _gaussian_dropout,
    keras.layers.GaussianNoise: _gaussian_noise,
    keras.layers.AlphaDropout: _alpha_dropout,
}


def formula_of(layer: keras.layers.Layer) -> Formula | None:
    """Find the keyed formula of a layer of the Dropout family; None, also for a subclass with a `call` of its own."""
    for kind, formula in _FORMULAS.items():
        if isinstance(layer, kind):
            return formula if type(layer).call is kind.call else None
    return None


def draws_masks(layer: keras.layers.Layer) -> bool:
    """Tell whether the layer is recurrent with `dropout` or `recurrent_dropout`."""
    cell = getattr(layer, "cell", None)
    return any(getattr(cell, rate, 0) and hasattr(cell, method) for method, rate in MASKS_OF_CELLS.items())


def is_random(layer: keras.layers.Layer) -> bool:
    """Tell whether the layer is random in training by a rule known here, at a rate above 0."""
    if formula_of(layer) is not None:
        return bool(getattr(layer, "rate", None) or getattr(layer, "stddev", None))
    return draws_masks(layer)


def keyed_handler(layer: keras.layers.Layer, position: int, rows: Rows) -> Handler:
    """Make the interception handler that makes a layer random.

    Args:
        layer: one that `is_random`.
        position: of the layer in the model; names its stream.
        rows: of the pass.
    """
    formula = formula_of(layer)
    if formula is None:
        return lambda call: _run_recurrent(call, position, rows)
    return lambda call: _run_keyed(formula, call, position, rows)


def dropout_behind(rate: float, position: int, rows: Rows) -> Handler:
    """Make an interception handler that puts dropout behind a layer.

    Args:
        rate: share of elements set to 0.
        position: of the layer in the model; names the stream.
        rows: of the pass.
    """

    def handle(call: Call) -> tf.Tensor:
        x = call.run()
        if not tf.is_tensor(x):
            raise ValueError(
                f"train={{layer: rate}} puts dropout behind a layer with one output. Received: layer '{call.layer.name}' with "
                f"several. Name another layer."
            )
        return x * tf.cast(_keep(rows, ("behind", position, call.index), tf.shape(x), rate), x.dtype)

    return handle


def unpaired_handler(rows: Rows) -> Handler:
    """Make an interception handler for a layer that draws by itself: random in samples, in inference mode at the clean input.

    Args:
        rows: of the pass.
    """

    def seed_of(count: int) -> tf.Tensor:
        sample: Any = rows.samples
        words = tf.bitcast(rows.key[0] + tf.cast(sample[0] + 1, tf.uint64), tf.uint32)
        return words + tf.constant([0, 7919 * count], tf.uint32)

    def handle(call: Call) -> Any:
        call.kwargs["training"] = True
        with seeds_from(call.layer, seed_of):
            noisy = call.run()
        call.kwargs["training"] = False
        return tf.nest.map_structure(lambda plain, other: tf.where(rows.clean, plain, other), call.run(), noisy)

    return handle


def _run_keyed(formula: Formula, call: Call, position: int, rows: Rows) -> tf.Tensor:
    """Run a layer of the Dropout family with draws of ours."""
    x = call.args[0]
    if x.shape.rank and x.shape[0] == 1:  # not yet per example, such as a table of positions: every row draws its own
        x = tf.repeat(x, rows.count, axis=0)
    noisy = formula(call.layer, x, rows, (position, call.index))
    noisy.set_shape(x.shape)
    return noisy


def _run_recurrent(call: Call, position: int, rows: Rows) -> Any:
    """Run an LSTM, GRU or SimpleRNN in training mode with masks of ours."""
    call.kwargs["training"] = True
    with _RecurrentMasks(call, position, rows).in_place():
        return call.run()


class _RecurrentMasks:
    """The masks of one call of a recurrent layer: one per row, the same at every time step."""

    def __init__(self, call: Call, position: int, rows: Rows) -> None:
        self._call, self._position, self._rows = call, position, rows
        self._drawn: dict[str, list[tf.Tensor]] = {}

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Give the masks in place of the layer's own and its cell's."""
        layer, replaced = self._call.layer, []
        try:
            for owner in (layer, layer.cell):
                for method, name in MASKS_OF_CELLS.items():
                    rate = getattr(layer.cell, name, 0)
                    if rate and hasattr(owner, method):
                        replaced.append((owner, method))
                        owner.__dict__[method] = self._method(method, rate, getattr(owner, method))
            yield
        finally:
            for owner, method in replaced:
                owner.__dict__.pop(method, None)

    def _method(self, method: str, rate: float, own: Callable[..., Any]) -> Callable[..., Any]:
        def masks_of(inputs: tf.Tensor, *args: Any, **kwargs: Any) -> Any:
            if place_in(self._call.graph) == "outside":  # another thread's
                return own(inputs, *args, **kwargs)
            return self._masks(method, rate, inputs, *args, **kwargs)

        return masks_of

    def _masks(
        self, method: str, rate: float, inputs: tf.Tensor, training: Any = None, count: int | None = None
    ) -> tf.Tensor | list[tf.Tensor]:
        """Give the mask, or one for each of `count` gates; called as Keras 2 (with count) and Keras 3 do."""
        cell = self._call.layer.cell
        count = count or getattr(cell, "dropout_mask_count", None) or 1
        if method not in self._drawn:
            trailing = list(inputs.shape[1:])
            if len(trailing) == 2 and hasattr(cell, "units"):
                trailing[0] = 1  # (rows, time, features): shared by time steps
            with self._call.graph.as_default():  # outside the loop over time
                shape = tf.stack([self._rows.count, count, *trailing])  # one draw for all gates
                stream = (self._position, self._call.index, method)
                drawn = tf.cast(_keep(self._rows, stream, shape, rate), inputs.dtype)
                self._drawn[method] = tf.unstack(drawn, count, axis=1)
        masks = self._drawn[method]
        return masks if count > 1 else masks[0]
