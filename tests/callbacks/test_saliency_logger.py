"""What a SaliencyLogger writes, read back as TensorBoard reads it, against maps known from the weights."""

import warnings

import keras
import numpy as np
import pytest
from event_files import Logs
from keras import layers as L
from logged_training import NAMES, RNG, RUN, C, H, W, X, Y, everything, fit, linear
from three_parts import refused

from kerasal import GaussianNoiseSampler, GradientCalculator, LayerExtractor, load_run, recipes
from kerasal.tensorboard.map_numbers import concentration, drift
from kerasal.visualizers import render


class Weights(keras.callbacks.Callback):
    """Keeps a copy of the weights at every step that is logged."""

    def on_train_begin(self, logs=None):
        self.at = {0: self.model.get_weights()}

    def on_epoch_end(self, epoch, logs=None):
        self.at[epoch + 1] = self.model.get_weights()


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """A training with a logger: its logs and, by hand from the weights at every step, what belongs into them."""
    keras.utils.set_random_seed(4)
    folder, weights = tmp_path_factory.mktemp("logs"), Weights()
    x = X[:2].copy()
    logger = everything(folder, x, Y[:2], on_error="raise")
    x[:] = 0  # what becomes of x later does not matter
    fit(linear(), logger, weights)
    by_hand = {}
    for step, (kernel, bias) in weights.at.items():
        logits = X[:2].reshape(2, -1) @ kernel + bias
        predicted = logits.argmax(1)
        maps = np.abs(kernel.T[predicted]).reshape(2, H, W, C).sum(-1)
        softmax = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        by_hand[step] = predicted, logits.max(1), softmax.max(1), maps
    return Logs(folder), by_hand


def test_each_picture_is_the_rendered_map_on_a_scale_that_never_shrinks(logged):
    logs, by_hand = logged
    assert logs.images.keys() == {RUN} and logs.images[RUN].keys() == {
        f"{group}/{name}" for name in NAMES for group in ("saliency", "strip")
    }
    for n, name in enumerate(NAMES):
        pictures, limit = logs.images[RUN][f"saliency/{name}"], 0.0
        assert list(pictures) == [0, 1, 2, 3]
        for step, (predicted, _, probability, maps) in by_hand.items():
            limit = max(limit, maps[n].max())  # the 99.5th percentile of 20 numbers
            caption = f"pred {predicted[n]} ({probability[n]:.2f})\nscale 0 to {limit:.2g}; bright is strong"
            expected = render(maps[n], X[n], 0, limit, caption=caption)
            assert expected.shape == (H * 32 + 2 * 21, 3 * W * 32 + 8, 3)
            np.testing.assert_array_equal(pictures[step], expected)


def test_each_number_is_the_one_computed_by_hand(logged):
    logs, by_hand = logged
    found = logs.scalars[RUN]
    for step, (predicted, scores, probabilities, maps) in by_hand.items():
        numbers = {"score": scores, "probability": probabilities, "concentration": concentration(maps)}
        if step:
            numbers["drift"] = drift(maps, by_hand[step - 1][3])
        for quantity, values in numbers.items():
            logged = [found[f"{quantity}/{name}"][step] for name in NAMES]
            np.testing.assert_allclose(logged, values, rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(found[f"saliency/{quantity}"][step], np.mean(values), rtol=1e-5, atol=1e-6)
        assert [found[f"prediction/{name}"][step] for name in NAMES] == predicted.tolist()
    assert 0 not in found["saliency/drift"] and not any(tag.startswith("uncertainty") for tag in found)
    assert list(found["saliency/seconds"]) == [0, 1, 2, 3] and 0 < found["saliency/seconds"][3] < 60


@pytest.mark.parametrize("update_freq", ["epoch", 3])
def test_loggers_stand_side_by_side_and_beside_keras_own(tmp_path, update_freq):
    """Keras' callback may record at some batches only; that must not silence ours. A linear model's std is 0."""
    kinds = {"plain": {}, "signed": {"method": "raw", "M": 4, "noise_sampler": GaussianNoiseSampler()}}
    loggers = [everything(tmp_path, X[:2], name=name, on_error="raise", **how) for name, how in kinds.items()]
    other = keras.callbacks.TensorBoard(tmp_path, update_freq=update_freq)
    fit(linear(), other, *loggers, epochs=2)
    logs = Logs(tmp_path)
    ours = {f"saliency/{name}" for name in kinds}
    assert logs.images.keys() == ours and logs.scalars.keys() == ours | {"train"}
    for run in ours:
        assert [list(logs.images[run][f"saliency/{n}"]) for n in range(2)] == [[0, 1, 2]] * 2
    np.testing.assert_allclose(list(logs.scalars["saliency/signed"]["saliency/uncertainty"].values()), 0, atol=1e-6)


@pytest.mark.parametrize("every, steps", [(1, [3, 4, 5, 6]), (2, [3, 4, 6]), (5, [3, 5, 6])])
def test_steps_count_completed_epochs_also_after_a_resume(tmp_path, every, steps):
    fit(linear(), everything(tmp_path, X[:1], every=every, on_error="raise"), initial_epoch=3, epochs=6)
    logs = Logs(tmp_path)
    assert list(logs.images[RUN]["saliency/0"]) == list(logs.scalars[RUN]["saliency/score"]) == steps


def test_the_first_map_is_of_the_weights_that_training_starts_from(tmp_path):
    class Restores(keras.callbacks.Callback):
        """As BackupAndRestore does, after the logger has begun."""

        def on_train_begin(self, logs=None):
            self.model.set_weights([np.full_like(weight, 0.25) for weight in self.model.get_weights()])

    fit(linear(), everything(tmp_path, X[:2], on_error="raise"), Restores(), epochs=1)
    scores = [Logs(tmp_path).scalars[RUN][f"score/{n}"][0] for n in range(2)]
    np.testing.assert_allclose(scores, 0.25 * X[:2].reshape(2, -1).sum(1) + 0.25, rtol=1e-5)


@pytest.mark.parametrize("batches, steps", [(2, [0, 1, 2]), (1, [1, 2])])
def test_a_model_that_is_not_built_is_explained_after_its_first_batch(tmp_path, batches, steps):
    model = keras.Sequential([L.Flatten(), L.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    n = 20 * batches
    with pytest.warns(UserWarning, match="first map comes after its first batch") as said:
        fit(model, everything(tmp_path, X[:2], on_error="raise"), epochs=2, x=X[:n], y=Y[:n])
    assert sum("SaliencyLogger" in str(warning.message) for warning in said) == 1
    assert list(Logs(tmp_path).images[RUN]["saliency/1"]) == steps


def test_a_table_in_a_dict_of_inputs_is_drawn_as_bars(tmp_path):
    inputs = {"table": keras.Input((7,), name="table"), "image": keras.Input((H, W, C), name="image")}
    joined = L.Concatenate()([L.Dense(2, name="few")(inputs["table"]), L.Flatten()(inputs["image"])])
    model = keras.Model(inputs, L.Dense(1, name="head")(joined))
    model.compile("sgd", "mse")
    x, y = {"table": RNG.normal(size=(40, 7)).astype("float32"), "image": X}, RNG.normal(size=(40, 1))
    few = {key: value[:3] for key, value in x.items()}
    recipes = {
        "table": {"y": y[:3]},
        "layer": {"calculator": lambda model: GradientCalculator(model, target_extractor=LayerExtractor("few"))},
    }
    loggers = [everything(tmp_path, few, name=name, on_error="raise", **how) for name, how in recipes.items()]
    fit(model, *loggers, x=x, y=y)
    logs = Logs(tmp_path)
    names = [f"{n} label {value:.3g}" for n, value in enumerate(y[:3, 0])]
    tags = [f"{group}/{name}" for group in ("saliency", "strip") for name in names]
    assert list(logs.images["saliency/table"]) == tags
    pictures = logs.images["saliency/layer"]["saliency/0"]
    assert {picture.shape for picture in pictures.values()} == {(140, 384, 3)} and np.ptp(pictures[3]) == 255
    kernel, bias, head, head_bias = model.get_weights()
    joined = np.concatenate([few["table"] @ kernel + bias, few["image"].reshape(3, -1)], 1)
    numbers = logs.scalars["saliency/table"]
    scores = (joined @ head + head_bias)[:, 0]
    np.testing.assert_allclose([numbers[f"score/{name}"][3] for name in names], scores, rtol=1e-4)
    known = concentration(np.abs(kernel @ head[:2]).T)  # the saliency of the table is kernel · head
    np.testing.assert_allclose([numbers[f"concentration/{name}"][3] for name in names], known.repeat(3), rtol=1e-4)
    assert "saliency/output" in numbers and "saliency/probability" not in numbers


@pytest.mark.parametrize(
    "bad, words",
    [
        ({"name": "a/b"}, ["a/b"]),
        ({"name": ".."}, [".."]),
        ({"every": 0}, ["every=0"]),
        ({"unit": "step"}, ["'step'"]),
        ({"visualizer": "text"}, ["'text'"]),
        ({"on_error": "ignore"}, ["ignore"]),
        ({"M": 0}, ["M=0"]),
        ({"method": "absolute"}, ["absolute"]),
        ({"noise_sampler": 0.15}, ["0.15"]),
        ({"calculator": "gradient"}, ["gradient"]),
        ({"x": X[:0]}, ["at least one"]),
        ({"y": Y[:3]}, ["2 examples", "3"]),
    ],
)
def test_values_that_cannot_be_right_are_refused_at_once(tmp_path, bad, words):
    with refused(*words):
        everything(**{"log_dir": tmp_path, "x": X[:2], **bad})


def test_that_samples_are_too_few_is_said_once(tmp_path):
    model = keras.Sequential([keras.Input((H, W, C)), L.Flatten(), L.Dropout(0.5), L.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        fit(model, everything(tmp_path, X[:2], method="raw", ch_axis=None, train=True, M=2, on_error="raise"))
    assert len([each for each in told if "The map of M=2" in str(each.message)]) == 1


def test_a_recipe_gives_the_maps_that_it_gives_by_itself(tmp_path):
    recipe, model = recipes.integrated_gradients(steps=3, method="abs", ch_axis=-1, score=2), linear()
    fit(model, everything(tmp_path, X[:2], Y[:2], recipe=recipe, on_error="raise"), epochs=1)
    np.testing.assert_array_equal(load_run(tmp_path).values[-1], recipe.explain(model, X[:2]).values)


def test_a_recipe_and_its_keywords_are_one_logger(tmp_path):
    """Channels of images are folded where neither says how, so that they can be drawn."""
    keywords = {"M": 3, "noise_sampler": GaussianNoiseSampler(scale=0.3), "method": "raw", "seed": 5}
    by_recipe = recipes.smooth_grad(M=3, scale=0.3, seed=5)
    loggers = [
        everything(tmp_path, X[:2], name="recipe", recipe=by_recipe, on_error="raise"),
        everything(tmp_path, X[:2], name="keywords", on_error="raise", **keywords),
    ]
    fit(linear(), *loggers, epochs=1)
    one, other = (load_run(tmp_path, name) for name in ("recipe", "keywords"))
    np.testing.assert_array_equal(one.values, other.values)
    assert one.values.shape == (2, 2, H, W) and one.std is not None
    pictures = Logs(tmp_path).images
    for tag, of_steps in pictures["saliency/recipe"].items():
        for step, picture in of_steps.items():
            np.testing.assert_array_equal(picture, pictures["saliency/keywords"][tag][step])


@pytest.mark.parametrize(
    "both",
    [
        {"calculator": GradientCalculator},
        {"M": None},
        {"noise_sampler": None},
        {"train": False},
        {"method": "abs"},
        {"ch_axis": "auto"},
        {"ch_reduce": "sum"},
        {"batch_size": None},
        {"seed": 0, "M": 3},
    ],
    ids=lambda both: "-".join(both),
)
def test_a_recipe_is_refused_together_with_what_it_decides_even_a_default(tmp_path, both):
    with refused("Recipe('GradientCalculator')", *both, error=ValueError):
        everything(tmp_path, X[:2], recipe=recipes.vanilla(), **both)
    if "calculator" in both:
        with refused("calculator", error=ValueError):
            everything(tmp_path, X[:2], None, GradientCalculator, recipe=recipes.vanilla())


@pytest.mark.parametrize(
    "recipe, words, error",
    [
        ("smooth_grad", "'smooth_grad'", TypeError),
        (recipes.vanilla(M=0), "M=0", ValueError),
        (recipes.vanilla(method=["raw", "abs"]), "one map per example", ValueError),
    ],
)
def test_a_recipe_that_cannot_be_right_is_refused_at_once(tmp_path, recipe, words, error):
    with refused(words, error=error):
        everything(tmp_path, X[:2], recipe=recipe)
