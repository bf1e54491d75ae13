"""The loss a model was compiled with, one number per example."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from kerasal._network.interception import autographed
from kerasal._network.outputs import Output, outputs_of, per_output
from kerasal._network.precision import as_real
from kerasal._network.versions import arguments_of_loss, computes_own_loss, loss_object, loss_weights, mask_of
from kerasal._vocabulary import checks_keywords
from kerasal.scores.base import Score, ScoreValue
from kerasal.scores.passes import Pass


class Weighted(NamedTuple):
    """The y of examples together with their sample weights, as a data set of (x, y, sample_weight) gives them."""

    y: Any
    weights: Any


@checks_keywords
@dataclasses.dataclass(frozen=True)
class Loss(Score):
    """The model's compiled loss of each example, as `model.evaluate` gives it of that example alone; needs `y`.

    Its saliency is positive where more input means more loss. Masked steps are left out and sample weights count as in
    `evaluate`: weights come with a data set, `explain(dataset)` of (x, y, sample_weight). Losses that layers add are left
    out, since they are of a whole batch; `score_name` says so.

    y is held fixed, also where it is x itself. For an autoencoder, whose loss follows x on both sides, give a function in
    place of the score: `eval_fun=lambda x: tf.reduce_mean((x - model(x)) ** 2, axis=1)`.

    Example:
        >>> from kerasal import scores
        >>> scores.Loss().needs_y, scores.Loss() == scores.Loss()
        (True, True)
    """

    needs_y = True

    def labels(self, y: Any) -> Any:
        """Check that there is a y, as `model.fit` takes it."""
        if y is None:
            raise ValueError("scores.Loss() compares the output with y. Received: y=None. Pass y= as to model.fit.")
        return tf.nest.map_structure(_numbers, y)

    def value(self, run: Pass) -> ScoreValue:
        """Compute the loss of each row."""
        name = "loss without added losses" if run.model.losses else "loss"
        y, weights = run.y if isinstance(run.y, Weighted) else (run.y, None)
        whole = run if run.whole is None else run.whole
        outputs = outputs_of(run.model, whole.outputs)
        if run.place is not None:
            y, weights = [y if output.is_called(run.place) else None for output in outputs], None
        return ScoreValue(loss_per_example(run.model, y, outputs, weights, run.place), name)


def _numbers(y: Any) -> np.ndarray:
    """Make an array of what belongs to an output; TypeError for anything but numbers."""
    array = np.asarray(y)
    if array.dtype.kind in "fiub" or array.ndim == 0 or array.dtype.kind == "V":
        return array
    kinds = {"U": "texts", "S": "texts", "O": "objects", "M": "dates", "m": "spans of time", "c": "complex numbers"}
    raise TypeError(
        f"A loss compares the output with numbers, y as model.fit takes it. Received: {kinds.get(array.dtype.kind, array.dtype)}. "
        "Number the classes, e.g. np.unique(y, return_inverse=True)[1], in the order of the training."
    )


def loss_per_example(
    model: keras.Model, y: Any, outputs: Sequence[Output], weights: Any = None, place: Any = None
) -> tf.Tensor:
    """Compute the loss a model was compiled with, before the mean over examples.

    Args:
        model: a compiled Keras model.
        y: labels of the rows, structured like the outputs where there are several.
        outputs: what the model returned.
        weights: sample weights of the rows, structured like y or one for all outputs; None for none.
        place: the position of the one output whose loss is asked for, unweighted; None for all.

    Returns:
        Real numbers (rows,); for several outputs the sum of their losses, weighted as compiled.

    Raises:
        ValueError: the model is not compiled with a loss, or the loss does not give one number per example.
    """
    _check_compiled(model)
    losses = per_output(model.loss, outputs, "loss")
    targets = per_output(_complete(y, losses), outputs, "part of y")
    factors = [None] * len(outputs) if place is not None else per_output(loss_weights(model), outputs, "loss weight")
    terms = []
    for output, loss, target, factor, weight in zip(
        outputs, losses, targets, factors, per_output(weights, outputs, "sample weight"), strict=True
    ):
        if loss is not None and place in (None, output.position):
            if target is None:
                raise ValueError(
                    f"scores.Loss() compares each output with its part of y. Received: none for {output.name!r}. Give "
                    f"y={{{output.name!r}: …}} as well."
                )
            term = _one(loss, target, output, weight)
            terms.append(term if factor is None else factor * term)
    if not terms:
        raise ValueError(
            f"scores.Loss() needs a loss at the output. Received: none for {place!r}. Compile one, or name another output."
        )
    precise = tf.float64 in [term.dtype for term in terms]
    return tf.add_n([tf.cast(term, tf.float64) for term in terms] if precise else terms)


def _check_compiled(model: keras.Model) -> None:
    """Refuse a model without a compiled loss, or with one of its own making."""
    way = "give eval_fun=, a function of (x, y) that calls the model and returns one number per row"
    if computes_own_loss(model):
        raise ValueError(
            "scores.Loss() is the loss given to model.compile. Received: a model with a compute_loss of its own, which is of a "
            f"whole batch. Rather {way}."
        )
    if getattr(model, "loss", None) is None:
        raise ValueError(
            f"scores.Loss() needs a model compiled with a loss. Received: '{model.name}', which has none. Call "
            f"model.compile(loss=...), or {way}."
        )


def _complete(y: Any, losses: Sequence[Any]) -> Any:
    """Put None for outputs without a loss into a list of y that leaves them out, as Keras allows."""
    with_loss = sum(loss is not None for loss in losses)
    if not isinstance(y, (list, tuple)) or len(y) == len(losses) or len(y) != with_loss:
        return y
    rest = iter(y)
    return [None if loss is None else next(rest) for loss in losses]


def _one(loss: Any, y: tf.Tensor, output: Output, weight: tf.Tensor | None) -> tf.Tensor:
    """Compute the loss at one output, (rows,)."""
    function, given = loss_object(loss, y, output.tensor), output.tensor
    mask = mask_of(given)
    y, given = arguments_of_loss(function, y, given)
    if y.shape.rank is not None and y.shape.rank == given.shape.rank - 1 and given.shape[-1] == 1:
        y = y[..., None]
    values = autographed(function.call)(y, given)
    if values.shape.rank == 0:
        raise ValueError(
            f"scores.Loss() needs a loss with one number per example. Received: the loss of '{output.name}' returns a scalar. "
            "Let its `call(y_true, y_pred)` return shape (N,), or give score= a function of the outputs."
        )
    masks = [tf.cast(each, bool) for each in (mask, mask_of(values)) if each is not None]
    mask = masks[0] & masks[1] if len(masks) == 2 else masks[0] if masks else None
    return _reduced(as_real(values), mask, weight, str(function.reduction))


def _reduced(values: tf.Tensor, mask: tf.Tensor | None, weight: tf.Tensor | None, reduction: str) -> tf.Tensor:
    """Reduce losses (rows, ...) to one number per row, as Keras reduces those of a batch with this row alone.

    Args:
        values: the losses.
        mask: True for what counts, (rows, ...), or None.
        weight: sample weights, (rows,) or (rows, ...), or None.
        reduction: of the loss: the mean over what is not masked, the "sum", a mean over the weights, or "none", a mean over all.
    """
    factors = [] if weight is None else [tf.cast(weight, values.dtype)]
    if mask is not None:
        counts = tf.cast(mask, values.dtype)
        is_mean = reduction in ("auto", "mean", "sum_over_batch_size")
        share = tf.reduce_mean(counts, list(range(1, counts.shape.rank)), keepdims=True)
        factors.append(tf.math.divide_no_nan(counts, share) if is_mean else counts)
    total: tf.Tensor | None = None
    for factor in factors:
        total = factor if total is None else tf.multiply(*_of_same_rank(total, factor))
    if total is not None:
        values, total = _of_same_rank(values, total)
        values = values * total
    axes = list(range(1, values.shape.rank))
    if reduction == "sum":
        return tf.reduce_sum(values, axes)
    if reduction == "mean_with_sample_weight" and total is not None:
        return tf.math.divide_no_nan(tf.reduce_sum(values, axes), tf.reduce_sum(total, axes))
    return tf.reduce_mean(values, axes)


def _of_same_rank(one: tf.Tensor, other: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Give two tensors the same rank: a last axis of size 1 goes where the other has none, else one is added."""
    pair = [one, other]
    for place, tensor in enumerate(pair):
        if tensor.shape.rank == pair[1 - place].shape.rank + 1 and tensor.shape[-1] == 1 and tensor.shape.rank > 1:
            pair[place] = tf.squeeze(tensor, -1)
    rank = max(tensor.shape.rank for tensor in pair)
    padded = [tf.reshape(t, tf.concat([tf.shape(t), [1] * (rank - t.shape.rank)], 0)) for t in pair]
    return padded[0], padded[1]
