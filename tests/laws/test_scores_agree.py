"""Laws of scores over models: one unit agrees with the softmax of (0, z), a loss with `evaluate`, parts with their sum."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import dense
from three_parts import refused
from zoo import ZOO, built

from kerasal import ActivationMaximizer, GradientCalculator, LayerExtractor, OcclusionCalculator, scores

L, losses = keras.layers, keras.losses
X = ZOO["sigmoid"].x
LABELS = np.array([0, 1, 1, 0, 1])


def as_softmax(model):
    """The two classes of a sigmoid unit as a softmax of (0, z), by the weights of a zoo model."""
    inputs = keras.Input((6,))
    inner, head = model.get_layer("inner"), model.get_layer("head")
    z = L.Dense(1, name="z")(L.Dense(8, activation="tanh", name="twin")(inputs))
    twin = keras.Model(inputs, L.Softmax()(L.Concatenate()([L.Rescaling(0.0)(z), z])))
    twin.get_layer("twin").set_weights(inner.get_weights())
    twin.get_layer("z").set_weights(head.get_weights())
    return twin


@pytest.mark.parametrize("kind", [GradientCalculator, OcclusionCalculator])
@pytest.mark.parametrize("logits", [True, False])
def test_one_unit_is_the_softmax_of_0_and_z(kind, logits):
    unit, twin = built("sigmoid"), as_softmax(built("sigmoid"))
    for score in (scores.Margin(1, 0), scores.Margin(0, 1), *([] if logits else [0, 1, "all", scores.Label()])):
        y = LABELS if score == scores.Label() else None
        one, other = (kind(model, score, logits=logits).explain(X, y) for model in (unit, twin))
        np.testing.assert_allclose(one.values, other.values, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(one.scores, other.scores, rtol=1e-4, atol=1e-6)
        assert one.score_name == other.score_name


def test_the_label_is_the_class_of_each_and_a_part_of_all():
    model = built("sigmoid")
    by_label = GradientCalculator(model, scores.Label()).explain(X, LABELS)
    by_class = GradientCalculator(model, LABELS).explain(X)
    every = GradientCalculator(model, "all").explain(X)
    np.testing.assert_array_equal(by_label.values, by_class.values)
    np.testing.assert_array_equal(by_label.values, every.values[np.arange(5), LABELS])
    margin = GradientCalculator(model, scores.Margin(1, 0)).explain(X)
    np.testing.assert_allclose(margin.values, (every.values[:, 1] - every.values[:, 0]) / 2, rtol=1e-6)


ONE_OUTPUT = [
    name for name, case in ZOO.items() if "heads" not in name and name not in ("mixed", "losses") and case.y is not None
]


@pytest.mark.parametrize("name", ONE_OUTPUT)
def test_the_loss_is_what_evaluate_gives(name):
    """Over the zoo, with sample weights: the loss of each example alone."""
    case, model = ZOO[name], ZOO[name].build()
    count = model(case.x).shape[-1]
    y = np.eye(count, dtype="float32")[case.y % count]
    weights = np.linspace(0.5, 2, 5).astype("float32")
    model.compile("sgd", "mse", run_eagerly=True)
    target = LayerExtractor("inner") if case.target else None
    x = tuple(case.x) if isinstance(case.x, list) else case.x
    data = tf.data.Dataset.from_tensor_slices((x, y, weights)).batch(5)
    found = GradientCalculator(model, scores.Loss(), target).explain(data)
    wanted = []
    for n in range(5):
        one = tf.nest.map_structure(lambda leaf, n=n: leaf[n : n + 1], case.x)
        given = {"sample_weight": weights[n : n + 1], "verbose": 0, "return_dict": True}
        wanted.append(model.evaluate(one, y[n : n + 1], **given)["loss"])
    np.testing.assert_allclose(found.scores, wanted, rtol=1e-4, atol=1e-6)


def test_a_loss_is_the_sum_of_those_of_the_outputs():
    case, model = ZOO["list of heads"], ZOO["list of heads"].build()
    model.compile("sgd", [losses.SparseCategoricalCrossentropy(), "mse"], loss_weights=[2.0, 0.5])
    y = {"kind": case.y, "size": np.ones((5, 1), "float32")}
    whole = GradientCalculator(model, scores.Loss()).explain(case.x, list(y.values()))
    kind, size = (GradientCalculator(model, {name: scores.Loss()}).explain(case.x, y) for name in y)
    np.testing.assert_allclose(whole.values, 2 * kind.values + 0.5 * size.values, rtol=1e-4, atol=1e-6)
    assert kind.score_name == "loss at kind"


class Several(keras.Model):
    def __init__(self, container):
        super().__init__()
        self.container, self.kind, self.size = container, L.Dense(3, "softmax", name="kind"), L.Dense(1, name="size")

    def call(self, x):
        return self.container(self.kind(x), self.size(x))


CONTAINERS = {
    "tuple": lambda a, b: (a, b),
    "list": lambda a, b: [a, b],
    "dict": lambda a, b: {"b": a, "a": b},
    "nested": lambda a, b: {"both": (a, b)},
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_advice_for_several_outputs_works(container):
    """What the message says to give is a score of the first output; positions count as Keras does."""
    (model := Several(CONTAINERS[container]))(X)
    kernels = {"kind": model.kind.get_weights()[0], "size": model.size.get_weights()[0]}
    for score in (None, 1, scores.Margin(0, 1), "all", {"angle": None}, {7: None}):
        with refused("function of the outputs", error=ValueError):
            GradientCalculator(model, score).explain(X)
    if container == "nested":  # no names reach there
        found = GradientCalculator(model, lambda outputs: outputs["both"][1][:, 0]).explain(X)
        np.testing.assert_allclose(found.values, np.tile(kernels["size"][:, 0], (5, 1)), rtol=1e-5)
        return
    with pytest.raises(ValueError, match="score={") as error:
        GradientCalculator(model).explain(X)
    advised = eval(str(error.value).split("score={")[1].split(":")[0])
    first = "size" if container == "dict" else "kind"
    for name in (advised, 0):
        found = GradientCalculator(model, {name: 0}).explain(X)
        np.testing.assert_allclose(found.values, np.tile(kernels[first][:, 0], (5, 1)), rtol=1e-5)
    if keras.__version__.startswith("2.") and container != "dict":  # Keras 2 numbers them from 1
        found = GradientCalculator(model, {"output_2": 0}).explain(X)
        np.testing.assert_allclose(found.values, np.tile(kernels["size"][:, 0], (5, 1)), rtol=1e-5)


def heard(call):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        call()
    return [each for each in told if "labels change nothing" in str(each.message)]


def test_labels_that_nothing_uses_are_told_once_at_the_users_line():
    model, y = built("table"), ZOO["table"].y
    x = ZOO["table"].x
    for how in ({"score": scores.Unit("inner", 1)}, {"score": [0, 1, 2, 0, 1]}, {"eval_fun": lambda x: model(x)[:, 0]}):
        [told] = heard(lambda how=how: GradientCalculator(model, **how).explain(x, y))
        assert told.filename == __file__
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(2)
    for how in ({}, {"eval_fun": lambda x: model(x)[:, 0]}):
        assert not heard(lambda how=how: GradientCalculator(model, **how).explain(data))
    assert heard(lambda: ActivationMaximizer(model, 1, None, steps=1).maximize(x[:1], y[:1]))
    for how in ({"eval_fun": lambda *given: model(given[0])[:, 0]}, {"eval_fun": lambda x, y=None: model(x)[:, 0]}):
        assert not heard(lambda how=how: GradientCalculator(model, **how).explain(x, y))
    by_hand = dense("kind")(built("list of heads"), X)
    found = GradientCalculator(built("list of heads"), {"kind": scores.Label(), "size": None}).explain(
        X, {"kind": LABELS}
    )
    size = GradientCalculator(built("list of heads"), {"size": None}).explain(X)
    np.testing.assert_allclose(found.scores, np.asarray(by_hand)[np.arange(5), LABELS] + size.scores, rtol=1e-5)
