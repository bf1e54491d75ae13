"""The arguments of a model call: checked against what the model takes, converted, flat, with the target among them."""

from functools import partial

import keras
import numpy as np
import tensorflow as tf

from kerasal._keyed_random import Rows
from kerasal._network.graphs import traced
from kerasal._network.layer_tree import layers_of
from kerasal._network.randomness import Randomness
from kerasal._network.targets import LayerExtractor
from kerasal._tree import leaves, mapped
from kerasal.scores.classes import Classes


class Inputs:
    """What x and y look like, learnt from the first examples, and how a block of them is converted.

    Args:
        model: the Keras model.
        target: an `InputExtractor` or `LayerExtractor`.
        score: a `Score`.
        eval_fun: the user's function, or None.
        x, y: the first examples, as structures of arrays.
        needs_gradient: whether the target must be real-valued.

    Attributes:
        structure: x's structure; position: index of the target among the flat inputs; names: names of the flat inputs;
        with_y: whether `eval_fun` takes y; specs: (inputs, y) as `TensorSpec`s; key: what distinguishes structures.
    """

    def __init__(self, model, target, score, eval_fun, x, y, needs_gradient=True):
        self.needs_gradient = needs_gradient
        self.model, self.target, self.score, self._eval_fun = model, target, score, eval_fun
        self.with_y = eval_fun is not None and y is not None
        self.structure = mapped(lambda leaf: 0, x)
        self.names, self._taken = self._names(x)
        order = [name for name in _symbolic(model) if name in self.names]
        self._order = order if len(order) == len(self.names) else list(x) if isinstance(x, dict) else self.names
        self.position = None if isinstance(target, LayerExtractor) else self.position_of(target)
        for part in zip(leaves(x), self.names, self._taken):
            self._check_shape(*part)
        one = partial(mapped, lambda leaf: leaf[:1])  # example, to learn from
        self._sample = self._converted(one(x), None if y is None else one(y), 0)
        self.specs = mapped(lambda leaf: tf.TensorSpec([None, *leaf.shape[1:]], leaf.dtype), self._sample)
        self.key = repr(self.structure), repr(self.specs), self.position

    def position_of(self, extractor):
        """Index among the flat inputs of what an `InputExtractor` names."""
        return self.names.index(self._order[extractor.position(self._order)])

    def __call__(self, x, y, position):
        """(flat inputs, y) of a block, checked; `position` is where it starts in x."""
        inputs, y = self._converted(x, y, position)
        for name, leaf in zip(self.names, inputs):
            if leaf.dtype.kind == "f" and not np.all(np.isfinite(leaf)):
                bad = np.flatnonzero(~np.isfinite(leaf.reshape(len(leaf), -1)).all(1)) + position
                raise ValueError(
                    f"Inputs are finite numbers. Received: NaN or Inf in input '{name}' of example(s) "
                    f"{', '.join(map(str, bad[:10]))}. Clean or impute them first."
                )
        return inputs, y

    def target_shape(self, forward):
        """Shape of the target, (None, ...)."""
        if self.position is not None:
            return tuple(self.specs[0][self.position].shape)
        found = []

        def trace(inputs, y):
            rows = Rows.plain(inputs)
            found.append(forward.value(inputs, y, Randomness(), rows).shape)
            return 0

        traced(self.model, trace, *self.specs)
        if not found[0].rank or found[0].rank < 1:
            raise ValueError(
                f"{self.target!r}: a target has examples as its first axis. Received: shape {found[0]}. Name another layer."
            )
        return tuple(found[0])

    def check_sum(self, forward):
        """Refuse an `eval_fun` whose scalar is a mean: an example given twice must give twice the value."""
        kinds = []

        def trace(inputs, y):
            value = forward.run_model(inputs, y)
            kinds.append(value.shape.rank if tf.is_tensor(value) else None)
            return tf.reduce_sum(tf.cast(value, tf.float32)) if kinds[-1] == 0 else 0.0

        compiled = traced(self.model, trace, *self.specs)
        if kinds[0] != 0:
            return
        sample = leaves(self._sample)
        once, twice = (float(compiled(*[tf.constant(np.repeat(leaf, k, 0)) for leaf in sample])) for k in (1, 2))
        if abs(twice - 2 * once) > 1e-3 * abs(once):
            raise ValueError(
                "eval_fun returns one number per row, shape (N,), or their sum. Received: a scalar that is no sum: "
                f"{once:.6g} for one example, {twice:.6g} for the same example twice (a mean?), so that gradients would depend "
                "on the batch size. Leave the reduction out."
            )

    def _names(self, x):
        """Names of the flat inputs, and the model's symbolic inputs that they feed (None where unknown)."""
        flat = leaves(x)
        known = _symbolic(self.model)
        symbolic = list(known.values())
        unknown = isinstance(x, dict) and bool(known) and not set(x) <= set(known)
        if symbolic and (len(symbolic) != len(flat) or unknown):
            raise ValueError(
                f"x has one part per input of the model: {', '.join(known)}. Received: {len(flat)} part(s)"
                f"{': ' + ', '.join(map(str, x)) if isinstance(x, dict) else ''}. Pass a list or a dict with an array for each."
            )
        if isinstance(x, dict) and len(x) == len(flat):
            names = sorted(x)
            return names, [known.get(name) for name in names]
        alone = ["x"] if len(flat) == 1 else [f"x[{k}]" for k in range(len(flat))]
        return list(known) or alone, symbolic or [None] * len(flat)

    def _converted(self, x, y, position):
        tf.nest.assert_same_structure(self.structure, x)
        flat = leaves(x)
        inputs = [self._as_input(*part) for part in zip(flat, self.names, self._taken)]
        if self.position is not None and self.needs_gradient and inputs[self.position].dtype.kind != "f":
            raise ValueError(self._integer_target(inputs[self.position].dtype, self.position))
        return inputs, self._as_y(y, position, len(flat[0]))

    def _as_y(self, y, position, count):
        if isinstance(self.score, Classes):
            y = self.score.classes[position : position + count]
            if len(y) != count:
                raise ValueError(
                    f"score has one entry per example. Received: {len(self.score.classes)} entries and more examples in the "
                    "data set. Give as many."
                )
        elif self._eval_fun is None:
            y = self.score.labels(y) if self.score.needs_y else ()
        elif y is None:
            y = ()
        return mapped(lambda leaf: leaf.astype("float32") if leaf.dtype == np.float64 else leaf, y)

    def _check_shape(self, leaf, name, symbolic):
        shape = leaf.shape if symbolic is None else tuple(symbolic.shape)
        fits = len(shape) == leaf.ndim and all(want in (None, have) for want, have in zip(shape[1:], leaf.shape[1:]))
        if not fits:
            one = " For one example pass x[None]." if leaf.shape == shape[1:] else ""
            raise ValueError(
                f"Input '{name}' of model '{self.model.name}' has shape ({', '.join(['N', *map(str, shape[1:])])}). Received: "
                f"shape {leaf.shape}. Reshape x so that examples come first.{one}"
            )

    def _as_input(self, leaf, name, symbolic):
        self._check_shape(leaf, name, symbolic)
        if symbolic is not None:
            dtype = tf.as_dtype(symbolic.dtype)
            if dtype.is_integer and leaf.dtype.kind == "f" and np.any(leaf != np.round(leaf)):
                raise ValueError(
                    f"Input '{name}' takes integers ({dtype.name}). Received: fractions. Round or convert them yourself."
                )
            return (
                leaf
                if leaf.dtype.kind in "US"
                else leaf.astype("float32" if dtype.is_floating else dtype.as_numpy_dtype, copy=False)
            )
        return leaf.astype("float32", copy=False) if leaf.dtype.kind == "f" else leaf

    @property
    def integer_target(self):
        """Whether the target is an input of integers."""
        return self.position is not None and not self.specs[0][self.position].dtype.is_floating

    def check_target(self, position):
        """Refuse an input of integers as a target."""
        if not self.specs[0][position].dtype.is_floating:
            raise ValueError(self._integer_target(self.specs[0][position].dtype.name, position))

    def _integer_target(self, dtype, position):
        embeds = [layer.name for layer in layers_of(self.model) if isinstance(layer, keras.layers.Embedding)]
        way = (
            f"target_extractor=LayerExtractor('{embeds[0]}')"
            if embeds
            else "x.astype('float32') if these are quantities"
        )
        others = f" (layers that embed: {', '.join(embeds)})" if embeds else ""
        return (
            f"A target is real-valued, since integers have no gradient. Received: input '{self.names[position]}' of dtype "
            f"{dtype}. Take the saliency of what it becomes{others}: {way}."
        )


def _symbolic(model):
    """{key or name: symbolic tensor} of the inputs of a functional or Sequential model, in its order; {} for a subclassed."""
    structure = getattr(model, "_inputs_struct", getattr(model, "_nested_inputs", None))
    if isinstance(structure, dict):
        return dict(structure)
    return {tensor.name.split(":")[0]: tensor for tensor in getattr(model, "inputs", None) or []}
