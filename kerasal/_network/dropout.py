"""The layers that are random in training, drawn as a function of (seed, m, n, layer, call) instead of by themselves."""

import keras
import tensorflow as tf

from kerasal._network.interception import place_in, seeds_from
from kerasal.layers.monte_carlo_dropout import MonteCarloDropout


def _in_samples(rows, strength):
    """The strength of what is random: a number, and 0 in the clean pass, where every formula then gives its input exactly."""
    return strength if rows.clean is False else tf.where(rows.clean, 0.0, strength)


def _keep(rows, stream, shape, rate):
    """1 / (1 − rate) where a uniform draw is at least rate, else 0; 1 in the clean pass."""
    rate = _in_samples(rows, rate)
    kept = tf.cast(rows_shaped(rows, "uniform", stream, shape) >= rate, tf.float32)
    return tf.math.divide_no_nan(kept, 1.0 - rate)


def rows_shaped(rows, distribution, stream, shape):
    """Draws of shape `shape` for the rows; its first axis is the rows, or rows times something a layer folded into them."""
    size = tf.reduce_prod(shape) // rows.count
    return tf.reshape(rows.draw(distribution, stream, size), shape)


def _masked_shape(layer, x):
    """Shape of a dropout mask: 1 along the axes that share it, never along the rows."""
    shape = tf.shape(x)
    wanted = layer._get_noise_shape(x) if hasattr(layer, "_get_noise_shape") else layer.noise_shape
    if wanted is None:
        return shape
    fixed = [shape[axis] if size is None or axis == 0 else size for axis, size in enumerate(_listed(wanted, x))]
    return tf.stack(fixed)


def _listed(wanted, x):
    return list(wanted) if isinstance(wanted, (list, tuple)) else tf.unstack(wanted, x.shape.rank)


def _dropout(layer, x, rows, stream):
    return x * tf.cast(_keep(rows, stream, _masked_shape(layer, x), layer.rate), x.dtype)


def _gaussian_dropout(layer, x, rows, stream):
    deviation = _in_samples(rows, (layer.rate / (1.0 - layer.rate)) ** 0.5)
    return x * tf.cast(1.0 + deviation * rows_shaped(rows, "normal", stream, tf.shape(x)), x.dtype)


def _gaussian_noise(layer, x, rows, stream):
    return x + tf.cast(_in_samples(rows, layer.stddev) * rows_shaped(rows, "normal", stream, tf.shape(x)), x.dtype)


def _alpha_dropout(layer, x, rows, stream):
    """Klambauer et al. 2017, arXiv:1706.02515: dropped units go to −α·λ, then mean and variance are put back."""
    dropped_to = -1.0507009873554805 * 1.6732632423543772
    rate = _in_samples(rows, layer.rate)
    kept = tf.cast(rows_shaped(rows, "uniform", stream, _masked_shape(layer, x)) >= rate, x.dtype)
    rate = tf.cast(rate, x.dtype)
    a = ((1 - rate) * (1 + rate * dropped_to**2)) ** -0.5
    return a * (x * kept + dropped_to * (1 - kept)) - a * dropped_to * rate


_KEYED: dict = {  # the most special class first
    MonteCarloDropout: _dropout,
    keras.layers.SpatialDropout1D: _dropout,
    keras.layers.SpatialDropout2D: _dropout,
    keras.layers.SpatialDropout3D: _dropout,
    keras.layers.Dropout: _dropout,
    keras.layers.GaussianDropout: _gaussian_dropout,
    keras.layers.GaussianNoise: _gaussian_noise,
    keras.layers.AlphaDropout: _alpha_dropout,
}
_CELL_MASKS = {  # method of a recurrent cell -> its rate
    "get_dropout_mask": "dropout",
    "get_recurrent_dropout_mask": "recurrent_dropout",
    "get_dropout_mask_for_cell": "dropout",
    "get_recurrent_dropout_mask_for_cell": "recurrent_dropout",
}


def formula_of(layer):
    """The keyed formula of a layer of the Dropout family, or None; a subclass with a `call` of its own has none."""
    for kind, formula in _KEYED.items():
        if isinstance(layer, kind):
            return formula if type(layer).call is kind.call else None
    return None


def draws_masks(layer):
    """Whether the layer is recurrent with `dropout` or `recurrent_dropout`."""
    cell = getattr(layer, "cell", None)
    return any(getattr(cell, rate, 0) and hasattr(cell, method) for method, rate in _CELL_MASKS.items())


def is_random(layer):
    """Whether the layer is random in training by a rule known here, at a rate above 0."""
    if formula_of(layer) is not None:
        return bool(getattr(layer, "rate", None) or getattr(layer, "stddev", None))
    return draws_masks(layer)


def keyed_handler(layer, position, rows):
    """An interception handler that makes the layer random; `position` of the layer in the model names its stream."""
    if formula_of(layer) is not None:
        return lambda call: _apply(call, position, rows)
    return lambda call: _run_recurrent(call, position, rows)


def dropout_behind(rate, position, rows):
    """An interception handler that puts dropout at `rate` behind a layer."""

    def handle(call):
        x = call.run()
        if not tf.is_tensor(x):
            raise ValueError(
                f"train={{layer: rate}} puts dropout behind a layer with one output. Received: layer '{call.layer.name}' with "
                f"several. Name another layer."
            )
        return x * tf.cast(_keep(rows, ("behind", position, call.index), tf.shape(x), rate), x.dtype)

    return handle


def unpaired_handler(rows):
    """An interception handler for a layer that draws by itself: random in samples, in inference mode at the clean input."""

    def seed_of(count):
        words = tf.bitcast(rows.key[0] + tf.cast(rows.samples[0] + 1, tf.uint64), tf.uint32)
        return words + tf.constant([0, 7919 * count], tf.uint32)

    def handle(call):
        call.kwargs["training"] = True
        with seeds_from(call.layer, seed_of):
            noisy = call.run()
        if rows.clean is False:
            return noisy
        call.kwargs["training"] = False
        return tf.nest.map_structure(lambda a, b: _neutral_when_clean(rows, a, b), call.run(), noisy)

    return handle


def _neutral_when_clean(rows, plain, noisy):
    return noisy if rows.clean is False else tf.where(rows.clean, plain, noisy)


def _apply(call, position, rows):
    x = call.args[0]
    if rows.clean is True:
        return x
    if x.shape.rank and x.shape[0] == 1:  # not yet per example, such as a table of positions: every row draws its own
        x = tf.repeat(x, rows.count, axis=0)
    noisy = formula_of(call.layer)(call.layer, x, rows, (position, call.index))
    noisy.set_shape(x.shape)
    return noisy


def _run_recurrent(call, position, rows):
    """Run an LSTM, GRU or SimpleRNN in training mode with masks of ours, one per row, the same at every time step."""
    masks, replaced = {}, []

    def mask_of(method, rate, own):
        def masks_of(inputs, *args, **kwargs):
            if place_in(call.graph) == "outside":  # another thread's
                return own(inputs, *args, **kwargs)
            return ours(inputs, *args, **kwargs)

        def ours(inputs, training=None, count=None):
            count = count or getattr(call.layer.cell, "dropout_mask_count", None) or 1
            if method not in masks:
                trailing = list(inputs.shape[1:])
                if len(trailing) == 2 and hasattr(call.layer.cell, "units"):
                    trailing[0] = 1  # (rows, time, features): shared by time steps
                with call.graph.as_default():  # outside the loop over time
                    shape = tf.stack([rows.count, count, *trailing])  # one draw for all gates
                    drawn = tf.cast(_keep(rows, (position, call.index, method), shape, rate), inputs.dtype)
                    masks[method] = tf.unstack(drawn, count, axis=1)
            return masks[method] if count > 1 else masks[method][0]

        return masks_of

    for owner in (call.layer, call.layer.cell):
        for method, name in _CELL_MASKS.items():
            rate = getattr(call.layer.cell, name, 0)
            if rate and hasattr(owner, method):
                replaced.append((owner, method))
                owner.__dict__[method] = mask_of(method, rate, getattr(owner, method))
    call.kwargs["training"] = True
    try:
        return call.run()
    finally:
        for owner, method in replaced:
            owner.__dict__.pop(method, None)
