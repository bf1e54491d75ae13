"""Each score against the same number differentiated by hand; scores as values."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import dense, distance, find, spy
from zoo import ZOO, built

from kerasal import GradientCalculator, LayerExtractor, scores

X, Y = ZOO["cnn"].x, ZOO["cnn"].y


def by_hand(function, x=X):
    """Gradient of the sum over examples of function(model, x), and the scores."""
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = function(built("cnn"), x)
    return tape.gradient(score, x).numpy(), score.numpy()


def logit(classes):
    return lambda model, x: tf.gather(dense("head")(model, x), tf.broadcast_to(classes, [5]), axis=1, batch_dims=1)


def output_of(layer, channel):
    def score(model, x):
        with spy(find(model, layer)) as calls:
            model(x)
        return tf.reduce_mean(calls[0][1][..., channel], axis=[1, 2])

    return score


def neuron(layer, channel, row, column):
    def score(model, x):
        with spy(find(model, layer)) as calls:
            model(x)
        return calls[0][1][:, row, column, channel]

    return score


def each(*functions):
    """The n-th function for the n-th example."""
    return lambda model, x: tf.linalg.diag_part(tf.stack([function(model, x) for function in functions]))


SCORES = {
    "neuron": (scores.Unit("inner", 2, position=(1, 0)), None, neuron("inner", 2, 1, 0)),
    "one score per example": (
        [scores.Unit("inner", 3), 1, scores.Unit("inner", 0, (0, 1)), scores.Margin(1, 3), lambda p: p[:, 2] ** 2],
        None,
        each(
            *(output_of("inner", 3), logit(1), neuron("inner", 0, 0, 1)),
            *(lambda m, x: logit(1)(m, x) - logit(3)(m, x), lambda m, x: m(x)[:, 2] ** 2),
        ),
    ),
    "int": (2, None, logit(2)),
    "numpy int": (np.int64(2), None, logit(2)),
    "per example": ([0, 3, 1, 1, 2], None, logit([0, 3, 1, 1, 2])),
    "array per example": (np.array([0, 3, 1, 1, 2]), None, logit([0, 3, 1, 1, 2])),
    "label": (scores.Label(), Y, logit(Y)),
    "label in a column": (scores.Label(), Y[:, None], logit(Y)),
    "one-hot label": (scores.Label(), np.eye(4, dtype="float32")[Y], logit(Y)),
    "unit": (scores.Unit("inner", 3), None, output_of("inner", 3)),
    "margin": (scores.Margin(1, 3), None, lambda m, x: logit(1)(m, x) - logit(3)(m, x)),
    "function of the outputs": (
        lambda p: tf.math.log(p[:, 0]) * p[:, 1],
        None,
        lambda m, x: tf.math.log(m(x)[:, 0]) * m(x)[:, 1],
    ),
}


@pytest.mark.parametrize("what", SCORES)
def test_scores(what):
    score, y, function = SCORES[what]
    found = GradientCalculator(built("cnn"), score).explain(X, y, batch_size=3)
    gradient, values = by_hand(function)
    if what == "function of the outputs" and distance(found.values, gradient) > 1e-5:  # a function may be given logits
        gradient, values = by_hand(lambda m, x: tf.math.log(dense("head")(m, x)[:, 0]) * dense("head")(m, x)[:, 1])
    assert distance(found.values, gradient) < 1e-5
    assert distance(found.scores, values) < 1e-5


def test_eval_fun_calls_the_model_itself():
    gradient, _ = by_hand(lambda model, x: model(x)[:, 1] * 3)
    found = GradientCalculator(built("cnn"), eval_fun=lambda x: 3 * built("cnn")(x)[:, 1]).explain(X, batch_size=2)
    assert distance(found.values, gradient) < 1e-5


def test_eval_fun_with_labels():
    losses = keras.losses.SparseCategoricalCrossentropy(reduction="none")
    gradient, _ = by_hand(lambda model, x: losses(Y, model(x)))
    found = GradientCalculator(built("cnn"), eval_fun=lambda x, y: losses(y, built("cnn")(x))).explain(
        X, Y, batch_size=2
    )
    assert distance(found.values, gradient) < 1e-5


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "compiled object"])
def test_loss_per_example(loss):
    case = ZOO["table"]
    model = case.build()
    objects = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", objects if loss == "compiled object" else keras.losses.MeanSquaredError())
    y = case.y if loss == "compiled object" else np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    x = tf.constant(case.x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = model(x)
        if loss == "compiled object":
            total = tf.nn.sparse_softmax_cross_entropy_with_logits(y, out)
        else:
            total = tf.reduce_mean((out - y) ** 2, -1)
    found = GradientCalculator(model, scores.Loss()).explain(case.x, y, batch_size=2)
    assert distance(found.values, tape.gradient(total, x)) < 1e-5
    assert distance(found.scores, total) < 1e-5


@pytest.mark.parametrize("score, head", [({"kind": 1}, "kind"), ({"size": None}, "size"), ({"size": 0}, "size")])
@pytest.mark.parametrize("name", ["dict of heads", "list of heads"])
def test_a_head(name, score, head):
    model, x = built(name), tf.constant(ZOO[name].x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = dense(head)(model, x)[:, 1 if head == "kind" else 0]
    assert distance(GradientCalculator(model, score).explain(ZOO[name].x).values, tape.gradient(total, x)) < 1e-5


@pytest.mark.parametrize("weights", [{"kind": 1, "size": 0}])
def test_several_heads_add_up(weights):
    one, two, both = (
        GradientCalculator(built("dict of heads"), score).explain(ZOO["dict of heads"].x).values
        for score in ({"kind": 1}, {"size": 0}, weights)
    )
    assert distance(both, one + two) < 1e-5


def test_unit_of_the_target_itself():
    """The mean of a channel over its positions: 1/positions there, nothing elsewhere."""
    calculator = GradientCalculator(built("cnn"), scores.Unit("inner", 1), LayerExtractor("inner"))
    expected = np.zeros((5, 7, 5, 4))
    expected[..., 1] = 1 / 35
    np.testing.assert_allclose(calculator.explain(X).values, expected, rtol=1e-5)


def test_score_name_says_what_is_explained():
    names = [GradientCalculator(built("cnn"), logits=logits).explain(X).score_name for logits in (True, False)]
    assert names[0] != names[1] and "logit" in names[0].lower()


def test_scores_are_those_of_the_clean_input():
    from kerasal import GaussianNoiseSampler

    found = GradientCalculator(built("cnn")).explain(
        X, M=2, noise_sampler=GaussianNoiseSampler(1.0, "absolute"), train=True
    )
    clean = np.asarray(dense("head")(built("cnn"), X))
    assert distance(found.scores, clean.max(-1)) < 1e-5


LAYER = keras.layers.Dense(3, name="layer")
VALUES = {
    "predicted": lambda: None,
    "class": lambda: 2,
    "all": lambda: "all",
    "classes": lambda: np.array([3, 1, 2]),
    "each": lambda: [scores.Unit("conv", 1), scores.Margin(0, 1), 3],
    "heads": lambda: {"kind": scores.Label(), "size": scores.Unit("conv", 1)},
    "function": lambda: tf.reduce_max,
    "label": scores.Label,
    "loss": scores.Loss,
    "margin": lambda: scores.Margin(np.int64(2), 0),
    "unit": lambda: scores.Unit("conv", np.int64(3)),
    "neuron": lambda: scores.Unit(LayerExtractor("conv", call=1), 3, [np.int64(1), 2]),
    "unit of an object": lambda: scores.Unit(LAYER, 0),
}


def again(value):
    """What is made anew of the fields that a constructor takes, arrays and all."""
    if isinstance(value, tuple):
        return tuple(again(part) for part in value)
    if isinstance(value, dict):
        return {key: again(part) for key, part in value.items()}
    if not dataclasses.is_dataclass(value):
        return np.array(value) if isinstance(value, np.ndarray) else value
    fields = [field.name for field in dataclasses.fields(value) if field.init]
    return type(value)(**{name: again(getattr(value, name)) for name in fields})


@pytest.mark.parametrize("what", VALUES)
def test_scores_are_values(what):
    """Equal and of one hash where what was given is; unlike all others; made again from their fields."""
    score = scores.resolve(VALUES[what]())
    for other in (scores.resolve(VALUES[what]()), again(score)):
        assert other == score and hash(other) == hash(score) and other is not score
        assert other.parts() == score.parts() and other.needs_y == score.needs_y and other.choices == score.choices
    assert [name for name in VALUES if scores.resolve(VALUES[name]()) == score] == [what]
    for field in dataclasses.fields(score):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(score, field.name, None)


def test_classes_cannot_be_changed_from_outside():
    given = np.array([3, 1, 2])
    score = scores.resolve(given)
    given[:] = 0
    assert score.classes.tolist() == [3, 1, 2] and score != scores.resolve([3, 1, 1])
    with pytest.raises(ValueError, match="read-only"):
        score.classes[0] = 1


def test_numbers_of_numpy_become_numbers():
    assert repr(scores.resolve(VALUES["margin"]())) == "Margin(a=2, b=0)"
    assert repr(scores.Unit("conv", np.int64(3), [np.int64(1), 2])) == "Unit(layer='conv', index=3, position=(1, 2))"


def test_layer_objects_by_their_paths():
    model = built("nested")
    inner = find(model, "inner")
    unit, named = scores.Unit(inner, 1), scores.Unit("inner", 1)
    assert unit.named(model) == named != unit
    assert scores.Unit(LayerExtractor(inner, "pre"), 1).named(model) == scores.Unit(LayerExtractor("inner", "pre"), 1)
    assert scores.resolve([unit, 2]).named(model) == scores.resolve([named, 2])
    assert scores.resolve({"kind": unit}).named(model) == scores.resolve({"kind": named})
    for same in (named, scores.Label(), scores.resolve(None)):
        assert same.named(model) == same


@pytest.mark.parametrize("losses, entries, what", [(2, 1, "part of y"), (1, 2, "loss")])
def test_a_loss_with_too_few_parts_for_several_outputs(losses, entries, what):
    model = built("list of heads")
    model.compile("sgd", ["mse"] * losses)
    with pytest.raises(ValueError, match=f"one {what} for each output: .*Received: 1. Give as many"):
        GradientCalculator(model, scores.Loss()).explain(
            ZOO["list of heads"].x, [np.zeros((5, 1), "float32")] * entries
        )
