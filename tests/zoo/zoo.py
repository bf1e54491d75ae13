"""The zoo: small models of every kind with fixed random weights, their inputs, and their logits by hand."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import zoo_models as models
from by_hand import dense, head, into, plain
from keras import layers as L
from zoo_layers import SubclassedLogits, SubclassedSoftmax

N = 5  # examples of every case


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=(N, *shape)).astype("float32")


def tokens(length=6, vocabulary=9, seed=0):
    """Word numbers; every second row ends in two zeros of padding."""
    ids = np.random.default_rng(seed).integers(1, vocabulary, size=(N, length)).astype("int32")
    ids[::2, -2:] = 0
    return ids


def randomised(model, seed=1):
    """The model with every weight drawn anew, moving statistics included."""
    rng, values = np.random.default_rng(seed), []
    for weight in model.weights:
        name = getattr(weight, "path", weight.name)
        fan_in = max(1, int(np.prod(weight.shape[:-1])))
        value = rng.normal(size=tuple(weight.shape)) * (0.3 if len(weight.shape) < 2 else 1.5 / np.sqrt(fan_in))
        values.append(rng.uniform(0.5, 2.0, value.shape) if "variance" in name or "gamma" in name else value)
    model.set_weights(values)
    return model


@dataclasses.dataclass(frozen=True)
class Case:
    """A kind of model. Each has a layer named "inner" that can be a target.

    Attributes:
        make: () -> the model; `build` draws its weights anew.
        x: its input, N examples.
        logits: (model, x) -> (N, C) or (N, 1), by hand.
        dropout: whether `train=True` has anything to turn on.
        target: "inner" where the first input is of integers, else "".
        score: what a calculator must be told to explain these logits.
        rtol: relative L2 distance allowed.
    """

    make: Callable[[], keras.Model]
    x: Any
    logits: Callable = plain
    dropout: bool = False
    target: str = ""
    score: Any = None
    rtol: float = 1e-5
    y: Any = None

    def build(self):
        model = self.make()
        model(self.x, training=False)
        return randomised(model)

    @property
    def first(self):
        """The first input."""
        return tf.nest.flatten(self.x)[0]


def _case(make, x, logits=plain, **kwargs):
    return Case(make, x, logits, y=np.array([0, 2, 1, 0, 2]), **kwargs)


IMAGE, TABLE = normal(*models.IMAGE), normal(6)
LSTM = functools.partial(L.LSTM, 5, dropout=0.3, recurrent_dropout=0.3)

ZOO = {
    "cnn": _case(models.cnn, IMAGE, dense("head"), dropout=True),
    "sequential": _case(models.sequential, IMAGE, into("softmax")),
    "activation": _case(models.activation, TABLE, into("softmax")),
    "subclassed softmax": _case(SubclassedSoftmax, TABLE, head("head"), dropout=True),
    "subclassed logits": _case(SubclassedLogits, IMAGE),
    "sigmoid": _case(models.sigmoid, TABLE, dense("head"), dropout=True),
    "nested": _case(models.nested, TABLE, dense("head"), dropout=True),
    "nested in sequential": _case(models.nested_sequential, IMAGE, dense("head")),
    "two inputs": _case(models.two_inputs, [IMAGE, normal(4, seed=3)], dense("head"), dropout=True),
    "dict inputs": _case(models.dict_inputs, {"image": IMAGE, "table": normal(4, seed=3)}),
    "dict with tokens": _case(models.dict_with_tokens, {"image": IMAGE, "tokens": tokens()}),
    "dict of heads": _case(lambda: models.heads(dict), TABLE, dense("kind"), dropout=True, score={"kind": None}),
    "list of heads": _case(lambda: models.heads(list), TABLE, head("size"), dropout=True, score={"size": 0}),
    "lstm": _case(lambda: models.recurrent(LSTM()), tokens(), dense("head"), dropout=True, target="inner"),
    "gru": _case(
        lambda: models.recurrent(L.GRU(5, dropout=0.3)), tokens(), dense("head"), dropout=True, target="inner"
    ),
    "bidirectional": _case(
        lambda: models.recurrent(L.Bidirectional(L.SimpleRNN(4, dropout=0.3, recurrent_dropout=0.3))),
        tokens(),
        dense("head"),
        dropout=True,
        target="inner",
    ),
    "attention": _case(models.attention, normal(6, 4), dense("head"), dropout=True),
    "shared": _case(models.shared, TABLE, dropout=True),
    "residual": _case(models.residual, IMAGE, dense("head"), dropout=True),
    "mixed": _case(models.mixed, IMAGE, head("head"), dropout=True, rtol=5e-3),
    "table": _case(models.table, TABLE, dropout=True),
    "series": _case(models.series, normal(11, 2), dropout=True),
    "noisy": _case(models.noisy, IMAGE, dropout=True),
    "graph call": _case(models.graph_call, TABLE, dropout=True),
    "branching": _case(models.branching, TABLE),
    "losses": _case(models.losses, TABLE, dropout=True),
}


@functools.cache
def built(name):
    """The model of a case, shared by all tests that leave it as it is."""
    return ZOO[name].build()
