"""`layers.Saliency`: the numbers of `recipe.explain` inside a model, served by TensorFlow alone, and trained through."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from three_parts import refused

from kerasal import GaussianNoiseSampler, InputExtractor, Recipe, recipes, scores
from kerasal._tree import mapped
from kerasal.layers import Saliency

L = keras.layers
NUMBERS = np.random.default_rng(11)
ALL = ["saliency", "standard_error", "explained_class", "score"]


def some(*shape):
    return NUMBERS.normal(size=shape).astype("float32")


def pictures():
    x = keras.Input((6, 5, 2), name="picture")
    h = L.BatchNormalization(name="bn")(L.Conv2D(3, 3, activation="relu", name="conv")(x))
    h = L.Dropout(0.3)(L.GlobalAveragePooling2D()(h))
    return keras.Model(x, L.Dense(4, activation="softmax")(h), name="pictures")


def table(dtype=None):
    layers = [L.Dense(6, "tanh", dtype=dtype), L.Dropout(0.2, dtype=dtype), L.Dense(3, use_bias=False, dtype=dtype)]
    return keras.Sequential([keras.Input((4,)), *layers, L.Softmax(dtype="float32")], name="table")


@keras.saving.register_keras_serializable(package="tests")
class Subclassed(keras.Model):
    """One sigmoid unit, written as a class."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.hidden, self.unit = L.Dense(5, "tanh"), L.Dense(1, "sigmoid")

    def call(self, x):
        return self.unit(self.hidden(x))


def subclassed():
    model = Subclassed()
    model(np.zeros((1, 4), "float32"))
    return model


def two_inputs():
    x = {"a": keras.Input((3,), name="a"), "b": keras.Input((2,), name="b")}
    return keras.Model(x, L.Dense(3)(L.Dense(4, "tanh")(L.concatenate([x["a"], x["b"]]))))


def words():
    layers = [L.Embedding(9, 3, name="embedding"), L.LSTM(4), L.Dense(3, activation="softmax")]
    return keras.Sequential([keras.Input((5,), dtype="int32"), *layers])


PICTURES, TABLE, WORDS = some(7, 6, 5, 2), some(7, 4), NUMBERS.integers(1, 9, (7, 5)).astype("int32")
LAWS = {
    "vanilla": (pictures, PICTURES, recipes.vanilla(method="abs", ch_axis=-1)),
    "stratified": (
        pictures,
        PICTURES,
        recipes.smooth_grad(70, noise_sampler=GaussianNoiseSampler(stratified=True), seed=3),
    ),
    "BayesGrad of a layer": (pictures, PICTURES, recipes.bayes_grad(4, target_extractor="conv", method="var", score=2)),
    "occlusion": (pictures, PICTURES, recipes.occlusion(size=3, stride=2)),
    "Grad-CAM": (pictures, PICTURES, recipes.grad_cam()),
    "integrated gradients": (table, TABLE, recipes.integrated_gradients(steps=5, batch_size=4)),
    "every class": (table, TABLE, recipes.vanilla(score="all")),
    "half precision": (lambda: table("mixed_float16"), TABLE, recipes.bayes_smooth_grad(3)),
    "subclassed": (subclassed, TABLE, recipes.smooth_grad(3, method="mean_abs")),
    "two inputs": (two_inputs, {"a": some(7, 3), "b": some(7, 2)}, recipes.smooth_grad(3, target_extractor="b")),
    "words": (words, WORDS, recipes.vanilla(target_extractor="embedding")),
}


@pytest.mark.parametrize("name", LAWS)
def test_the_numbers_are_those_of_explain(name):
    """Batches of 1, 2 and 7, by one graph of any number of examples."""
    make, x, recipe = LAWS[name]
    keras.utils.set_random_seed(5)
    model = make()
    calculator, explained = recipe.build(model), Saliency(model, recipe)
    graph = tf.function(explained).get_concrete_function(
        mapped(lambda each: tf.TensorSpec([None, *each.shape[1:]], each.dtype), x)
    )
    for count in (1, 2, 7):
        some_of_x = mapped(lambda each, count=count: each[:count], x)
        expected = calculator.explain(some_of_x, **recipe.arguments).values
        found = graph(mapped(tf.constant, some_of_x))
        np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())
    assert graph.structured_outputs.shape.rank == expected.ndim and len(explained.weights) == len(model.weights)


def test_all_parts():
    """Standard error, class and score; of one sigmoid unit class 1 is explained."""
    keras.utils.set_random_seed(5)
    model, recipe = table(), recipes.smooth_grad(4)
    expected, found = recipe.explain(model, TABLE), Saliency(model, recipe, returns=ALL)(TABLE)
    np.testing.assert_allclose(found["standard_error"], expected.standard_error, atol=1e-6)
    np.testing.assert_allclose(found["score"], expected.scores, atol=1e-6)
    np.testing.assert_array_equal(found["explained_class"], model.predict(TABLE, verbose=0).argmax(1))
    for score, index in ((None, 1), (0, 0)):
        layer = Saliency(subclassed(), recipes.vanilla(score=score), returns=["explained_class"])
        assert set(np.asarray(layer(TABLE)["explained_class"])) == {index}


SERVED = """
import sys
sys.modules["kerasal"] = None
import numpy as np, tensorflow as tf
given = np.load("given.npz")
for name in ("exported", "saved"):
    serve = tf.saved_model.load(name).signatures["serving_default"]
    for count in (1, 7):
        answers = serve(tf.constant(given["x"][:count]))
        assert name == "saved" or set(answers) == {"prediction", *given["names"]}
        for part in ("prediction", *given["names"]) if name == "exported" else ():
            np.testing.assert_allclose(answers[part], given[f"{part} {count}"], atol=1e-5)
    try:
        serve(tf.zeros([2, 3, 3, 1]))
    except (tf.errors.InvalidArgumentError, ValueError, TypeError) as error:
        print("refused")
"""


def test_saved_loaded_cloned_exported_and_served(tmp_path):
    """The model in a network around it, whose weights stay one; TensorFlow alone serves the numbers of `explain`."""
    keras.utils.set_random_seed(5)
    model, recipe = pictures(), recipes.bayes_smooth_grad(3)
    x = keras.Input((6, 5, 2), name="x")
    network = keras.Model(x, {"prediction": model(x), **Saliency(model, recipe, returns=ALL, name="explained")(x)})
    assert network.count_params() == model.count_params()
    network.save(tmp_path / "network.keras")
    loaded, cloned = keras.models.load_model(tmp_path / "network.keras"), keras.models.clone_model(network)
    cloned(PICTURES)
    cloned.set_weights(network.get_weights())
    answers = network.predict(PICTURES, verbose=0)
    for other in (loaded, cloned):
        assert other.get_layer("explained").model is other.get_layer("pictures") and len(other.weights) == len(
            network.weights
        )
        np.testing.assert_array_equal(other.predict(PICTURES, verbose=0)["saliency"], answers["saliency"])
    loaded.export(str(tmp_path / "exported"))
    tf.saved_model.save(network, str(tmp_path / "saved"))
    given = {f"{name} 7": answers[name] for name in answers} | {
        f"{name} 1": value for name, value in network.predict(PICTURES[:1], verbose=0).items()
    }
    np.savez(tmp_path / "given.npz", x=PICTURES, names=ALL, **given)
    np.testing.assert_allclose(given["saliency 1"], recipe.explain(model, PICTURES[:1]).values, atol=1e-6)
    done = subprocess.run([sys.executable, "-c", SERVED], check=False, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.split() == ["refused", "refused"], done.stderr[-2000:]


@pytest.mark.parametrize(
    "make, x, recipe",
    [
        (table, TABLE, recipes.bayes_smooth_grad(2, score=1)),
        (words, WORDS, recipes.vanilla(score=1, target_extractor="embedding")),
    ],
)
def test_double_derivatives_are_finite_differences(make, x, recipe):
    """Of a loss of the saliency, at the weight of each kernel where it is steepest."""
    keras.utils.set_random_seed(1)
    model = make()
    explained = tf.function(Saliency(model, recipe))

    def loss():
        return tf.reduce_sum(tf.square(explained(tf.constant(x))))

    with tf.GradientTape() as tape:
        value = loss()
    derivatives = tape.gradient(value, model.trainable_weights)
    kernels = [each for each in zip(model.trainable_weights, derivatives, strict=True) if "kernel" in each[0].name]
    for weight, derivative in kernels:
        derivative, before = np.asarray(derivative), np.asarray(weight)
        steepest, losses = np.unravel_index(np.abs(derivative).argmax(), derivative.shape), []
        for step in (0.01, -0.01):
            moved = before.copy()
            moved[steepest] += step
            weight.assign(moved)
            losses.append(float(loss()))
        weight.assign(before)
        np.testing.assert_allclose((losses[0] - losses[1]) / 0.02, derivative[steepest], rtol=1e-3)


def on_confounder(_, saliency):
    """The squared saliency of the second column, (N,)."""
    return tf.square(saliency[:, 1])


@pytest.mark.parametrize("weight, least, most", [(0.0, 0.0, 0.75), (30.0, 0.9, 1.0)])
def test_right_for_the_right_reasons(weight, least, most):
    """A column that gives the label away in training alone is unlearnt (Ross et al. 2017)."""
    keras.utils.set_random_seed(2)
    numbers = np.random.default_rng(2)
    y = numbers.integers(0, 2, 300)
    signal = (2 * y - 1 + 0.5 * numbers.normal(size=300)) * 0.5
    train, test = (
        np.stack([signal, given], 1).astype("float32") for given in (2 * y - 1, numbers.choice([-1, 1], 300))
    )
    x = keras.Input((2,))
    model = keras.Sequential(
        [keras.Input((2,)), L.Dense(8, "tanh"), L.Dense(2, activation="softmax")], name="prediction"
    )
    model.compile("sgd", "sparse_categorical_crossentropy", ["accuracy"])  # of a training of its own
    layer = Saliency(model, recipes.vanilla(score=scores.Margin(1, 0)), name="saliency")
    network = keras.Model(x, [model(x), layer(x)])
    network.compile(
        keras.optimizers.Adam(0.03), ["sparse_categorical_crossentropy", on_confounder], loss_weights=[1, weight]
    )
    network.fit(train, [y, np.zeros((300, 2), "float32")], epochs=40, batch_size=50, verbose=0)
    right = np.mean(model.predict(test, verbose=0).argmax(1) == y)
    assert least <= right <= most


@pytest.mark.parametrize(
    "recipe, words",
    [
        (Recipe("GradientCalculator", train=True, target_error=0.1), "Give M="),
        (recipes.vanilla(method=["raw", "abs"]), "Make a layer for each"),
        (recipes.vanilla(target_extractor=[InputExtractor(0)]), "Make a layer for each"),
        (recipes.vanilla(score=scores.Label()), "Give score=None"),
        (recipes.vanilla(score=[0, 1]), "a function of the outputs"),
        (recipes.vanilla(eval_fun=lambda x: x), "a function of the outputs"),
        (recipes.integrated_gradients(None, completeness_tolerance=0.1), "Give steps="),
        (recipes.integrated_gradients(3, baseline=TABLE), "one for all"),
    ],
)
def test_recipes_that_no_graph_follows_are_refused(recipe, words):
    with refused("Received", words):
        Saliency(table(), recipe)(TABLE)


def test_other_refusals():
    with refused("Saliency(model"):
        Saliency(table(), "vanilla")
    with refused("returns lists"):
        Saliency(table(), recipes.vanilla(), returns=["map"])
    with refused("Leave it out"):
        Saliency(table(), recipes.vanilla(), returns=["standard_error"])(TABLE)
    with refused("keras.Input((40,))"):
        model = keras.Sequential([keras.Input((None, 4)), L.GlobalAveragePooling1D(), L.Dense(2)])
        Saliency(model, recipes.vanilla())(keras.Input((None, 4)))


def test_no_examples_are_refused():
    """In a graph too, where a pool's gradient of nothing would end the process."""
    x = keras.Input((8, 8, 2))
    h = L.Flatten()(L.MaxPooling2D(2)(L.Conv2D(4, 3, padding="same", activation="tanh")(x)))
    layer = Saliency(keras.Model(x, L.Dense(3)(L.Dropout(0.3)(h))), Recipe("GradientCalculator", M=3, train=True))
    run = tf.function(layer, input_signature=[tf.TensorSpec([None, 8, 8, 2])])
    with pytest.raises(tf.errors.InvalidArgumentError, match="one example or more"):
        run(tf.zeros([0, 8, 8, 2]))
    assert run(some(2, 8, 8, 2)).shape == (2, 8, 8, 2)


def test_a_file_in_safe_mode_imports_nothing_of_others(tmp_path):
    layer = Saliency(table(), recipes.vanilla(score=np.linalg.norm))
    config = keras.saving.serialize_keras_object(layer)
    with refused("safe_mode=False"):
        keras.saving.deserialize_keras_object(config)
    assert keras.saving.deserialize_keras_object(config, safe_mode=False).recipe == layer.recipe


@keras.saving.register_keras_serializable(package="tests")
class Counting(L.Layer):
    """Counts its calls, in inference too."""

    def build(self, input_shape):
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")

    def call(self, x):
        self.calls.assign_add(1.0)
        return x * 2.0


class InPython(L.Layer):
    """Doubled by NumPy, with its gradient."""

    def call(self, x):
        @tf.custom_gradient
        def doubled(x):
            return tf.ensure_shape(tf.numpy_function(lambda a: 2 * a, [x], x.dtype), x.shape), lambda up: 2.0 * up

        return doubled(x)

    def compute_output_shape(self, input_shape):
        return input_shape


@pytest.mark.parametrize("kind, words", [(Counting, "variables"), (InPython, "Python")])
def test_models_that_no_graph_may_run_are_refused(kind, words):
    """Nothing has changed afterwards, and `explain` is the way out."""
    inner = kind()
    model = keras.Sequential([keras.Input((4,)), inner, L.Dense(3, use_bias=False)])
    before = [np.array(weight) for weight in model.weights]
    for call in (
        lambda: Saliency(model, recipes.vanilla(score=1))(TABLE),
        lambda: tf.function(Saliency(model, recipes.vanilla(score=1)))(tf.constant(TABLE)),
    ):
        with refused(words, "recipe.explain"):
            call()
    with pytest.raises(ValueError, match=words):
        Saliency(model, recipes.vanilla(score=1))(keras.Input((4,)))
    for weight, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)
    kernel = np.asarray(model.layers[-1].kernel)
    found = recipes.vanilla(score=1).explain(model, TABLE).values
    np.testing.assert_allclose(found, np.tile(2 * kernel[:, 1], (7, 1)), rtol=1e-5)


LOADED = """
import sys, keras, numpy as np
import kerasal.layers
given = np.load("given.npz")
answers = keras.models.load_model("network.keras").predict(given["x"], verbose=0)
np.testing.assert_allclose(answers, given["saliency"], atol=1e-6)
print("loaded")
"""


def test_loaded_in_a_fresh_process(tmp_path):
    """`import kerasal.layers` is enough: no name of it has to be taken."""
    keras.utils.set_random_seed(5)
    model, x = table(), keras.Input((4,))
    network = keras.Model(x, Saliency(model, recipes.smooth_grad(3))(x))
    network.save(tmp_path / "network.keras")
    np.savez(tmp_path / "given.npz", x=TABLE, saliency=network.predict(TABLE, verbose=0))
    done = subprocess.run([sys.executable, "-c", LOADED], check=False, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.split() == ["loaded"], done.stderr[-2000:]
