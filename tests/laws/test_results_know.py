"""A result knows what it is of: inputs, predictions, names, labels, the score it starts from, and the kind of the examples."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from every_calculator import METHODS, PAIRS, calculator
from keras import layers as L
from snapshots import prepared
from zoo import normal

from kerasal import (
    GaussianNoiseSampler,
    GradientCalculator,
    IntegratedGradientsCalculator,
    LayerExtractor,
    OcclusionCalculator,
    Recipe,
    Saliency,
    scores,
)
from kerasal.visualizers.words import prediction_words

PARTS = ("inputs", "feature_names", "class_names", "predictions", "labels", "base_scores", "kind", "tokens")


def seen(structure):
    return [np.asarray(leaf) for leaf in tf.nest.flatten(structure)]


FIRST = [(method, entry.models[0]) for method, entry in METHODS.items()]
ODD = [
    (method, name)
    for method, name in PAIRS
    if name in ("list of heads", "dict of heads", "sigmoid", "mixed", "subclassed logits")
]


@pytest.mark.parametrize("method, name", sorted({*FIRST, *ODD}))
def test_inputs_and_predictions_are_those_of_the_model(method, name):
    case, model = prepared(name)
    result = calculator(method, name, model).explain(case.x, M=2, noise_sampler=GaussianNoiseSampler(scale=0.2))
    for own, given in zip(seen(result.inputs), seen(case.x), strict=True):
        np.testing.assert_array_equal(own.reshape(given.shape), given)
    outputs = model.predict(case.x, verbose=0)
    if not isinstance(outputs, np.ndarray) or outputs.ndim != 2 or result.predictions is None:
        assert result.predictions is None or not isinstance(outputs, np.ndarray)
        return
    field = result.predictions.dtype.names[-1]
    if outputs.shape[1] == 1 and field == "probability":
        outputs = np.concatenate([1 - outputs, outputs], 1)
    if " class" in result.score_name and outputs.shape[1] > 1:
        assert field != "output"  # the score's name speaks of classes, and so does the prediction
    if field == "class":
        np.testing.assert_array_equal(result.predictions["class"], outputs.argmax(1))
        return
    np.testing.assert_allclose(result.predictions[field], outputs.max(1), rtol=1e-4, atol=1e-6)
    if field == "probability":
        np.testing.assert_array_equal(result.predictions["class"], outputs.argmax(1))


@pytest.mark.parametrize("method", [name for name in METHODS if "integrated" in name or name == "expected"])
def test_values_and_the_score_they_start_from_add_up(method):
    name = METHODS[method].models[0]
    case, model = prepared(name)
    result = calculator(method, name, model).explain(case.x)
    sums = result.values.reshape(len(result), -1).sum(1)
    np.testing.assert_allclose(result.base_scores + sums, result.scores + result.completeness_gap, rtol=1e-4, atol=1e-5)


def test_the_score_at_the_baseline_is_the_models():
    model = keras.Sequential([keras.Input((4,)), L.Dense(5, "tanh"), L.Dense(3, "softmax")])
    x = normal(4, seed=1)
    result = IntegratedGradientsCalculator(model, baseline=0.5, steps=400, score=2).explain(x)
    logits = keras.Model(model.inputs, model.layers[-2].output)(np.full((1, 4), 0.5)).numpy() @ model.layers[-1].kernel
    np.testing.assert_allclose(result.base_scores, np.full(5, (logits + model.layers[-1].bias)[0, 2]), rtol=1e-4)
    np.testing.assert_allclose(result.base_scores + result.values.sum(1), result.scores, atol=1e-4)
    of_all = IntegratedGradientsCalculator(model, score="all", steps=400).explain(x)
    np.testing.assert_allclose(of_all.base_scores + of_all.values.sum(-1), of_all.scores, atol=1e-4)


def logits_model(units, loss):
    model = keras.Sequential([keras.Input((4,)), L.Dense(5, "tanh"), L.Dense(units)])
    model.compile("sgd", loss)
    return model


@pytest.mark.parametrize(
    "units, loss, probabilities",
    [
        (
            3,
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            lambda z: np.exp(z) / np.exp(z).sum(1, keepdims=True),
        ),
        (
            3,
            keras.losses.CategoricalCrossentropy(from_logits=True),
            lambda z: np.exp(z) / np.exp(z).sum(1, keepdims=True),
        ),
        (3, keras.losses.BinaryCrossentropy(from_logits=True), lambda z: 1 / (1 + np.exp(-z))),
        (
            1,
            keras.losses.BinaryCrossentropy(from_logits=True),
            lambda z: np.stack([1 / (1 + np.exp(z)), 1 / (1 + np.exp(-z))], 1)[..., 0],
        ),
        (1, "mse", None),
        (3, "mse", None),
    ],
    ids=["sparse", "one-hot", "labels", "two classes", "number", "numbers"],
)
def test_the_loss_tells_what_outputs_are(units, loss, probabilities):
    model, x = logits_model(units, loss), normal(4, seed=2)
    outputs = model.predict(x, verbose=0)
    predictions = GradientCalculator(model).explain(x).predictions
    if probabilities is None:
        np.testing.assert_allclose(predictions["output"], outputs.max(1), rtol=1e-5)
        return
    expected = probabilities(outputs.astype("float64"))
    np.testing.assert_array_equal(predictions["class"], expected.argmax(1))
    np.testing.assert_allclose(predictions["probability"], expected.max(1), rtol=1e-5)


def subclassed(units):
    class Plain(keras.Model):
        def __init__(self):
            super().__init__()
            self.first, self.last = L.Dense(5, "tanh"), L.Dense(units)

        def call(self, x):
            return self.last(self.first(x))

    model = Plain()
    model(np.zeros((1, 4), "float32"))
    return model


def nested(units):
    inner = keras.Sequential([keras.Input((4,)), L.Dense(5, "tanh"), L.Dense(units)])
    inputs = keras.Input((4,))
    return keras.Model(inputs, inner(inputs))


SCORES = {  # given -> whether it is of a class
    "predicted": (None, True),
    "a class": (2, True),
    "a class each": ([0, 1, 2, 1, 0], True),
    "a margin": (scores.Margin(1, 0), True),
    "the label": (scores.Label(), True),
    "all": ("all", True),
    "each its own": ([0, 1, scores.Margin(0, 1), 1, 0], True),
    "one function among them": ([0, 1, lambda outputs: outputs[:, 0] * 2, 1, 0], False),
    "a function": (lambda outputs: outputs[:, 1], False),
}


@pytest.mark.parametrize("what", SCORES)
@pytest.mark.parametrize("make", [subclassed, nested])
def test_the_largest_of_outputs_that_are_scored_as_classes_is_the_class(make, what):
    """Nothing says that they are logits, so that no probability is known."""
    score, is_of_a_class = SCORES[what]
    model, x = make(3), normal(4, seed=7)
    outputs = np.asarray(model(x))
    result = GradientCalculator(model, score).explain(x, *([[0, 1, 2, 0, 1]] if what == "the label" else []))
    assert result.predictions.dtype.names == (("class",) if is_of_a_class else ("output",))
    if is_of_a_class:
        np.testing.assert_array_equal(result.predictions["class"], outputs.argmax(1))
        named = Saliency(result.values, axes=result.axes, predictions=result.predictions, class_names=["a", "b", "c"])
        assert [prediction_words(one) for one in named] == ["abc"[k] for k in outputs.argmax(1)]
        assert prediction_words(result[0]).startswith(f"class {outputs[0].argmax()}")
    else:
        np.testing.assert_allclose(result.predictions["output"], outputs.max(1), rtol=1e-5)


@pytest.mark.parametrize("make", [subclassed, nested])
def test_one_linear_output_is_a_number(make):
    model, x = make(1), normal(4, seed=8)
    predictions = GradientCalculator(model).explain(x).predictions
    np.testing.assert_allclose(predictions["output"], np.asarray(model(x))[:, 0], rtol=1e-5)


@pytest.mark.parametrize(
    "loss, field",
    [
        ("mae", "output"),
        ("huber", "output"),
        ("log_cosh", "output"),
        ("categorical_hinge", "class"),
        ("hinge", "class"),
    ],
)
def test_a_loss_of_numbers_keeps_outputs_numbers(loss, field):
    model, x = logits_model(3, loss), normal(4, seed=9)
    assert GradientCalculator(model).explain(x).predictions.dtype.names == (field,)


def test_a_class_alone_goes_along(tmp_path):
    result = GradientCalculator(nested(3)).explain(normal(4, seed=7), [0, 0, 1, 1, 2])
    result.save(tmp_path / "a.npz")
    loaded = Saliency.load(tmp_path / "a.npz")
    np.testing.assert_array_equal(loaded.predictions, result.predictions)
    assert loaded[2].predictions["class"] == result.predictions["class"][2]
    np.testing.assert_array_equal(result.to_xarray()["predicted_class"], result.predictions["class"])
    one = loaded[0]
    ending = "(right)" if one.predictions["class"] == 0 else "(true: 0)"
    assert prediction_words(one) == f"class {one.predictions['class']} {ending}"


def test_a_score_of_an_inner_layer_computes_no_output():
    case, model = prepared("cnn")
    assert GradientCalculator(model, scores.Unit("inner", 1)).explain(case.x).predictions is None


class Inside(keras.Model):
    """Outputs within outputs, which only a function scores."""

    def __init__(self):
        super().__init__()
        self.dense = L.Dense(2)

    def call(self, x):
        return {"a": {"b": self.dense(x)}}


def test_a_function_scores_outputs_that_have_no_names():
    model, x = Inside(), normal(3, seed=6)
    model(x)
    result = GradientCalculator(model, lambda outputs: outputs["a"]["b"][:, 1]).explain(x)
    np.testing.assert_allclose(result.values, np.tile(np.asarray(model.dense.kernel)[:, 1], (5, 1)), rtol=1e-6)
    assert result.predictions is None


def known(tmp_path=None):
    model = keras.Sequential([keras.Input((3,)), L.Dense(5, "tanh"), L.Dense(2, "softmax")])
    frame = pd.DataFrame(normal(3, seed=3), columns=["age", "size", "β"])
    calc = IntegratedGradientsCalculator(model)
    return calc, frame, calc.explain(frame, [0, 1, 1, 0, 1], class_names=["no", "yes"])


def test_names_of_channels_that_share_one_number_go_to_the_picture():
    series = normal(8, 3)
    model = keras.Sequential([keras.Input((8, 3)), L.Conv1D(2, 3), L.GlobalMaxPooling1D(), L.Dense(2)])
    hidden, names = OcclusionCalculator(model, size=2), ["a", "b", "c"]
    with pytest.raises(ValueError, match=r"each of 1.*Received: 3 names.*plot\(feature_names="):
        hidden.explain(series, feature_names=names)
    figure = hidden.explain(series).plot(feature_names=names)
    assert set(names) <= {ax.get_ylabel() for ax in figure.axes}


@pytest.mark.filterwarnings("ignore:.*y is not used")
def test_all_of_it_goes_along(tmp_path):
    """Through indexing, and through a file."""
    calc, frame, result = known()
    assert (result.feature_names, result.class_names, result.kind) == (("age", "size", "β"), ("no", "yes"), "table")
    np.testing.assert_array_equal(result.labels, [0, 1, 1, 0, 1])
    one, some = result[3], result[[4, 1]]
    np.testing.assert_array_equal(one.inputs, frame.to_numpy()[3])
    np.testing.assert_array_equal(some.inputs, frame.to_numpy()[[4, 1]])
    assert one.predictions == result.predictions[3] and one.labels == 0 and one.base_scores == result.base_scores[3]
    assert one.feature_names == some.feature_names == result.feature_names
    for saliency in (result, one, some):
        saliency.save(tmp_path / "a.npz")
        loaded = Saliency.load(tmp_path / "a.npz")
        for part in PARTS:
            np.testing.assert_array_equal(
                np.asarray(getattr(loaded, part)), np.asarray(getattr(saliency, part)), err_msg=part
            )
    result.save(tmp_path / "b.npz", with_inputs=False)
    assert Saliency.load(tmp_path / "b.npz").inputs is None
    assert result.recipe.explain(calc.model, frame, class_names=["no", "yes"]).class_names == ("no", "yes")
    with pytest.raises(TypeError, match="class_names"):
        Recipe("GradientCalculator", class_names=["no", "yes"])


def test_structures_of_inputs_come_back(tmp_path):
    a, b = keras.Input((3,), name="a"), keras.Input((2, 4), name="b")
    model = keras.Model({"a": a, "b": b}, L.Dense(2)(L.Concatenate()([a, L.Flatten()(b)])))
    x = {"b": normal(2, 4, seed=1), "a": normal(3, seed=2)}
    result = GradientCalculator(model, 0).explain(x)
    result.save(tmp_path / "a.npz")
    loaded = Saliency.load(tmp_path / "a.npz")
    assert list(loaded.inputs) == list(result.inputs) == ["b", "a"]
    for name, array in x.items():
        assert result.inputs[name] is array
        np.testing.assert_array_equal(loaded.inputs[name], array)


def test_of_a_data_set_inputs_and_labels_are_kept():
    model = keras.Sequential([keras.Input((3,)), L.Dense(4, "softmax")])
    x, y = normal(3, seed=4), np.arange(5) % 4
    data = tf.data.Dataset.from_tensor_slices((x, tf.one_hot(y, 4))).batch(2)
    result = GradientCalculator(model, None).explain(data)
    np.testing.assert_array_equal(result.inputs, x)
    np.testing.assert_array_equal(result.labels, y)


def text_model(words):
    vectorize = L.TextVectorization(output_sequence_length=5, vocabulary=words)
    inputs = keras.Input((1,), dtype="string")
    embedded = L.Embedding(len(words) + 2, 3, name="embed")(vectorize(inputs))
    return keras.Model(inputs, L.Dense(1, "sigmoid")(L.GlobalAveragePooling1D()(embedded)))


def test_words_of_texts_are_found(tmp_path):
    model = text_model(["good", "bad", "film"])
    texts = np.array(["Good film!", "a BAD, bad film"], object)
    result = GradientCalculator(model, target_extractor=LayerExtractor("embed")).explain(texts)
    assert (result.kind, result.axes[0], result.shape) == ("text", "example", (2, 5, 3))
    assert result.tokens == (("good", "film", None, None, None), ("[UNK]", "bad", "bad", "film", None))
    assert result[1].tokens == result.tokens[1]
    result.save(tmp_path / "a.npz")
    assert Saliency.load(tmp_path / "a.npz").tokens == result.tokens


def kinds():
    yield "image", (7, 5, 2), [L.Conv2D(3, 2), L.Flatten()]
    yield "series", (20, 3), [L.Conv1D(3, 4), L.Flatten()]
    yield "series", (20, 3), [L.LSTM(3)]
    yield "table", (6,), [L.Dense(4)]
    yield "video", (4, 6, 5, 3), [L.Conv3D(2, 2), L.Flatten()]


@pytest.mark.parametrize("kind, shape, body", kinds(), ids=lambda value: value if isinstance(value, str) else "")
def test_the_kind_is_that_of_the_network(kind, shape, body):
    model = keras.Sequential([keras.Input(shape), *body, L.Dense(2, "softmax")])
    x = normal(*shape, seed=5)
    for calc in (GradientCalculator(model), OcclusionCalculator(model), IntegratedGradientsCalculator(model, steps=2)):
        assert calc.explain(x).kind == kind
    assert GradientCalculator(model).explain(x, kind="numbers").kind == "numbers"
