"""The score: one number per example, the quantity whose saliency is taken. The one place that says which scalar that is."""

import numpy as np
import tensorflow as tf

from kerasal.checks import require
from kerasal.extractors import LayerExtractor
from kerasal.interception import autographed
from kerasal.logits import find_logits
from kerasal.losses import loss_per_example


class Pass:
    """What one pass over the model gives a score to work with.

    Attributes:
        model: the model.
        outputs: the model's outputs as it returns them.
        rows: how many rows the pass has, int32 scalar tensor.
        y: what belongs to each row (labels, targets of the loss), or None.
        chosen: int32 (rows, classes fixed by the score), decided at the clean input.
        readings: {score: value} for scores that read an inner layer.
    """

    def __init__(self, model, outputs, rows, y=None, chosen=None, readings=None, logits=True):
        self.model, self.outputs, self.rows, self.y, self.chosen = model, outputs, rows, y, chosen
        self.readings, self.use_logits = readings or {}, logits
        self.found_logits = False

    def of_head(self, outputs, position):
        """The same pass, seen by the score of one head."""
        chosen = None if self.chosen is None else self.chosen[:, position : position + 1]
        return Pass(self.model, outputs, self.rows, self.y, chosen, self.readings, self.use_logits)

    def classes(self):
        """(rows, C): logits where the output ends in a softmax or sigmoid, the output itself elsewhere."""
        output = self.outputs
        if not tf.is_tensor(output):
            raise ValueError(
                f"A score needs to know which output it means. Received: a model with outputs {_names(output)}. Give "
                "score={'name of the output': ...}, or a function of the outputs that returns one number per example."
            )
        if output.shape.rank != 2:
            raise ValueError(
                f"A class is scored on an output of shape (N, C). Received: an output of shape {output.shape}. Give score= a "
                "function of the outputs that returns one number per example, shape (N,)."
            )
        if self.use_logits:
            output, self.found_logits = find_logits(output)
        return tf.cast(output, tf.float32)

    def word(self):
        return "logit" if self.found_logits else "output"


class Score:
    """Base of the scores. `value` is the score; `choose` fixes classes at the clean input for all samples."""

    needs_y = False
    choices = 0
    extractor = None

    def parts(self):
        """This score and those it is made of."""
        return [self]

    def choose(self, run):
        """int32 (rows, choices): what is decided at the clean input and held fixed over samples."""
        return tf.zeros([run.rows, 0], tf.int32)

    def labels(self, y):
        """Check and convert what belongs to the examples before any work, NumPy in and out."""
        return y

    def check_count(self, examples):
        """Refuse, before any work, what was given for another number of examples."""

    def value(self, run):
        """(rows,): the score of each row; the second result names it."""
        raise NotImplementedError


class Predicted(Score):
    """The class predicted at the clean input (its logit where there is one), held fixed over samples; score=None."""

    choices = 1

    def choose(self, run):
        return tf.argmax(run.classes(), axis=-1, output_type=tf.int32)[:, None]

    def value(self, run):
        values = run.classes()
        name = run.word() if values.shape[-1] == 1 else f"{run.word()} of the predicted class"
        return tf.gather(values, run.chosen[:, 0], axis=1, batch_dims=1), name


class Class(Score):
    """One class for all examples; score=3."""

    def __init__(self, index):
        self.index = _index(index, "score")

    def value(self, run):
        values = run.classes()
        _check_class(self.index, values.shape[-1])
        return values[:, self.index], f"{run.word()} of class {self.index}"


class Label(Score):
    """The class of each example in `y`: integers (N,) or (N, 1), or one-hot rows (N, C).

    Example:
        >>> from kerasal import scores
        >>> scores.Label().needs_y
        True
    """

    needs_y = True

    def labels(self, y):
        if y is None:
            raise ValueError("scores.Label() takes the class of each example from y. Received: y=None. Pass y= the labels.")
        labels = np.asarray(y)
        if labels.ndim == 2 and labels.shape[1] > 1:
            if not (np.all((labels == 0) | (labels == 1)) and np.all(labels.sum(1) == 1)):
                raise ValueError(
                    f"Labels are integers (N,) or one-hot rows (N, C). Received: shape {labels.shape} that is not one-hot. For "
                    "soft or multiple labels use scores.Loss() or a function of the outputs."
                )
            return labels.argmax(1).astype("int32")
        if labels.ndim == 2:
            labels = labels[:, 0]
        if labels.ndim != 1 or labels.dtype.kind not in "iu" or np.any(labels < 0):
            raise ValueError(
                f"Labels are integers ≥ 0, one per example, or one-hot rows. Received: shape {labels.shape}, dtype "
                f"{labels.dtype}. Convert them, e.g. y.astype('int32')."
            )
        return labels.astype("int32")

    def value(self, run):
        values = run.classes()
        last = values.shape[-1] - 1
        y = require(
            tf.reduce_all(run.y <= last), run.y, f"A label is a class of the output, 0 to {last}", tf.reduce_max(run.y), "Correct y."
        )
        return tf.gather(values, y, axis=1, batch_dims=1), f"{run.word()} of the label"


class Classes(Label):
    """One class per example, given with the score; score=[3, 1, 4]."""

    needs_y = False

    def __init__(self, classes):
        self.classes = super().labels(np.asarray(classes))

    def check_count(self, examples):
        if examples is not None and len(self.classes) != examples:
            raise ValueError(
                f"score has one class per example. Received: {len(self.classes)} classes and {examples} examples. Give as many, "
                "or one class for all."
            )


class Loss(Score):
    """The model's compiled loss of each example; needs `y`. Its saliency is positive where more input means more loss.

    Example:
        >>> from kerasal import scores
        >>> scores.Loss().needs_y
        True
    """

    needs_y = True

    def labels(self, y):
        if y is None:
            raise ValueError("scores.Loss() compares the output with y. Received: y=None. Pass y= as to model.fit.")
        return tf.nest.map_structure(np.asarray, y)

    def value(self, run):
        return loss_per_example(run.model, run.y, run.outputs), "loss"


class Unit(Score):
    """The mean activation of one unit or channel (last axis) of any layer.

    Args:
        layer: a layer's name, path or object.
        index: which unit or channel.

    Example:
        >>> from kerasal import scores
        >>> scores.Unit("conv2", 7).index
        7
    """

    def __init__(self, layer, index):
        self.extractor = layer if isinstance(layer, LayerExtractor) else LayerExtractor(layer)
        self.index = _index(index, "index")

    def value(self, run):
        activation = tf.cast(run.readings[self], tf.float32)
        _check_class(self.index, activation.shape[-1])
        unit = activation[..., self.index]
        return tf.reduce_mean(tf.reshape(unit, [tf.shape(unit)[0], -1]), 1), f"unit {self.index} of {self.extractor!r}"


class Margin(Score):
    """How far class `a` is ahead of class `b`: the difference of their logits.

    Example:
        >>> from kerasal import scores
        >>> scores.Margin(2, 0).a
        2
    """

    def __init__(self, a, b):
        self.a, self.b = _index(a, "a"), _index(b, "b")
        if self.a == self.b:
            raise ValueError(f"Margin takes two different classes. Received: a={a}, b={b}. Their difference would be 0.")

    def value(self, run):
        values = run.classes()
        for index in (self.a, self.b):
            _check_class(index, values.shape[-1])
        return values[:, self.a] - values[:, self.b], f"{run.word()} of class {self.a} minus class {self.b}"


class Function(Score):
    """Any function of the model's outputs that returns one number per example, shape (N,)."""

    def __init__(self, function):
        self.function = function

    def value(self, run):
        values = one_per_row(autographed(self.function)(run.outputs), "The score function", run.rows)
        return values, getattr(self.function, "__name__", "function")


class Heads(Score):
    """Scores of some of a model's several outputs; their sum where there is more than one; score={"head": ...}."""

    def __init__(self, heads):
        self.heads = {name: resolve(score) for name, score in heads.items()}
        self.needs_y = any(score.needs_y for score in self.heads.values())
        self.choices = len(self.heads)
        if not heads or any(isinstance(score, (Heads, Classes)) for score in self.heads.values()):
            raise ValueError(
                f"A dict of scores maps an output's name to a score: None, a class, a function, … Received: {heads!r}. Give "
                "e.g. score={'digit': None}."
            )

    def parts(self):
        return [self, *self.heads.values()]

    def labels(self, y):
        return {name: score.labels(_of_head(y, name)) for name, score in self.heads.items() if score.needs_y}

    def _runs(self, run):
        outputs = run.outputs
        if tf.is_tensor(outputs):
            raise ValueError(
                f"A dict of scores is for a model with several outputs. Received: score for {list(self.heads)} and a model with "
                "one output. Give the score itself."
            )
        named = outputs if isinstance(outputs, dict) else dict(zip(run.model.output_names, outputs))
        for position, (name, score) in enumerate(self.heads.items()):
            if name not in named:
                raise ValueError(f"score names an output of the model: {', '.join(named)}. Received: {name!r}. Name one of them.")
            part = run.of_head(named[name], position)
            part.y = run.y.get(name) if isinstance(run.y, dict) else None
            yield name, score, part

    def choose(self, run):
        def first(score, part):
            return score.choose(part) if score.choices else tf.zeros([part.rows, 1], tf.int32)

        return tf.concat([first(score, part) for _, score, part in self._runs(run)], 1)

    def value(self, run):
        scored = [(name, *score.value(part)) for name, score, part in self._runs(run)]
        return tf.add_n([value for _, value, _ in scored]), " + ".join(f"{word} at {name}" for name, _, word in scored)


def resolve(score):
    """The `Score` meant by what the user gave: None, an int, one int per example, a Score, a function, a dict of heads."""
    if score is None:
        return Predicted()
    if isinstance(score, Score):
        return score
    if isinstance(score, (int, np.integer)) and not isinstance(score, bool):
        return Class(score)
    if isinstance(score, dict):
        return Heads(score)
    if isinstance(score, (list, tuple, np.ndarray)) or tf.is_tensor(score):
        return Classes(score)
    if callable(score) and not isinstance(score, type):
        return Function(score)
    raise TypeError(
        "score is None (the predicted class), a class, one class per example, scores.Label(), scores.Loss(), scores.Unit(...), "
        f"scores.Margin(...), a function of the outputs, or a dict of these by output. Received: {score!r} (type "
        f"{type(score).__name__}). Choose one."
    )


def one_per_row(values, what, rows):
    """float32 (rows,), or a ValueError that says what `what` must return."""
    if values is None or not hasattr(values, "__array__") and not tf.is_tensor(values):
        raise ValueError(
            f"{what} must return one number per example, shape (N,). Received: {values!r}. Return a tensor computed from the "
            "model's output."
        )
    values = tf.convert_to_tensor(values)
    if values.shape.rank == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.shape.rank == 1:
        expected = f"{what} must return one number per example: of the model's N rows, (numbers returned, N) are"
        counts = tf.stack([tf.size(values), rows])
        remedy = "Do not select or join rows in it."
        return tf.cast(require(tf.equal(tf.size(values), rows), values, expected, counts, remedy), tf.float32)
    mean = " (a mean or sum over the batch would mix examples)" if values.shape.rank == 0 else ""
    raise ValueError(
        f"{what} must return one number per example, shape (N,){mean}. Received: shape {values.shape}. For class c of a "
        "classifier pass score=c."
    )


def _index(value, name):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
        raise ValueError(f"{name} is an integer from 0, not counted from the end. Received: {name}={value!r}. Give 0, 1, …")
    return int(value)


def _check_class(index, size):
    if size is not None and index >= size:
        raise ValueError(
            f"The class or unit must be one of the {size} there are. Received: {index}. Give a number from 0 to {size - 1}."
        )


def _of_head(y, name):
    return y.get(name) if isinstance(y, dict) else y


def _names(outputs):
    return ", ".join(map(str, outputs)) if isinstance(outputs, dict) else f"0 to {len(outputs) - 1}"
