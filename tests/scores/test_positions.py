"""Scores of models that classify every position: regions of a segmentation, boxes of a detector, tokens; several labels."""

import functools

import keras
import numpy as np
import pytest
from by_hand import distance
from keras import layers as L
from three_parts import refused

from kerasal import (
    GaussianNoiseSampler,
    GradientCalculator,
    IntegratedGradientsCalculator,
    OcclusionCalculator,
    Recipe,
    scores,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 4, 6, 3)).astype("float32")
IDS = np.array([[1, 2, 3, 0, 0], [4, 5, 6, 7, 8], [2, 0, 0, 0, 0]])
HOT = np.array([[1, 0, 1, 0], [0, 0, 0, 1], [1, 1, 1, 1], [0, 1, 0, 0]])


@functools.cache
def segmenter(units=3, activation="softmax"):
    """Every pixel of its own: the logits are x @ kernel, known in closed form."""
    model = keras.Sequential([keras.Input((4, 6, 3)), L.Dense(units, activation=activation, name="pixels")])
    model.layers[-1].set_weights([np.eye(3, units) + 0.1, np.zeros(units)])
    return model


class Subclassed(keras.Model):
    """The same, written by hand."""

    def call(self, x, training=False):
        return segmenter()(x)


def nested():
    return keras.Sequential([keras.Input((4, 6, 3)), segmenter()])


@functools.cache
def subclassed():
    model = Subclassed()
    model(X)
    return model


@functools.cache
def detector(kind):
    inputs = keras.Input((4, 6, 3))
    flat = L.Flatten(name="flat")(inputs)
    boxes = L.Reshape((5, 4), name="boxes")(L.Dense(20, name="to_boxes")(flat))
    classes = L.Softmax(name="classes")(L.Reshape((5, 3))(L.Dense(15, name="to_classes")(flat)))
    return keras.Model(inputs, {"boxes": boxes, "classes": classes} if kind is dict else [boxes, classes])


@functools.cache
def tagger():
    layers = [
        keras.Input((5,), dtype="int32"),
        L.Embedding(9, 4, mask_zero=True, name="words"),
        L.LSTM(5, return_sequences=True),
    ]
    return keras.Sequential([*layers, L.Dense(6, activation="softmax", name="tags")])


LOGITS = X @ (np.eye(3) + 0.1)
BEST = LOGITS.argmax(-1)


def mean_over(logits, inside, index):
    """The mean of a class over a region of each example, and its gradient in `segmenter`."""
    share = inside / inside.sum((1, 2), keepdims=True)
    slope = (np.eye(3, logits.shape[-1]) + 0.1)[:, index]
    return (logits[..., index] * share).sum((1, 2)), share[..., None] * slope


@pytest.mark.parametrize("build", [segmenter, nested, subclassed])
def test_the_predicted_region_is_that_of_the_clean_input(build):
    want, gradient = mean_over(LOGITS, BEST == 1, 1)
    found = GradientCalculator(build(), scores.Region(1)).explain(X, batch_size=3)
    assert found.score_name == "mean logit of class 1 over the region predicted as class 1"
    assert distance(found.scores, want) < 1e-6 and distance(found.values, gradient) < 1e-6
    noisy = GradientCalculator(build(), scores.Region(1)).explain(X, M=3, noise_sampler=GaussianNoiseSampler(scale=2.0))
    assert distance(noisy.values, gradient) < 1e-6  # whatever is predicted at the noisy points


def test_points_of_a_path_and_windows_have_the_region_of_the_clean_input():
    want, gradient = mean_over(LOGITS, BEST == 2, 2)
    path = IntegratedGradientsCalculator(segmenter(), scores.Region(2), steps=3).explain(X, batch_size=5)
    assert distance(path.values, gradient * X) < 1e-5 and distance(path.scores, want) < 1e-6
    hidden = OcclusionCalculator(segmenter(), scores.Region(2), size=1).explain(X, batch_size=50)
    assert distance(hidden.values, (gradient * X).sum(-1, keepdims=True)) < 1e-5


@pytest.mark.parametrize("form", ["label map", "column", "one-hot", "masks"])
def test_the_labelled_region(form):
    labels = np.roll(BEST, 1, 2)
    y = {"label map": labels, "column": labels[..., None], "one-hot": np.eye(3)[labels], "masks": labels == 1}[form]
    want, gradient = mean_over(LOGITS, labels == 1, 1)
    found = GradientCalculator(segmenter(), scores.Region(1, "label")).explain(X, y, batch_size=3)
    assert distance(found.scores, want) < 1e-6 and distance(found.values, gradient) < 1e-6


def test_one_mask_for_all():
    mask = np.zeros((4, 6), bool)
    mask[1:3, 2:] = True
    found = GradientCalculator(segmenter(), scores.Region(0, mask)).explain(X)
    want, gradient = mean_over(LOGITS, np.tile(mask, [4, 1, 1]), 0)
    assert distance(found.scores, want) < 1e-6 and distance(found.values, gradient) < 1e-6
    assert Recipe.from_json(found.recipe.to_json()) == found.recipe
    assert hash(scores.Region(0, mask)) == hash(scores.Region(0, mask.astype(int))) != hash(scores.Region(0, ~mask))


@pytest.mark.parametrize(("index", "sign"), [(1, 1), (0, -1)])
def test_one_sigmoid_unit_at_each_pixel_is_of_two_classes(index, sign):
    odds = X @ (np.eye(3, 1) + 0.1)
    want, gradient = mean_over(odds, sign * odds[..., 0] > 0, 0)
    found = GradientCalculator(segmenter(1, "sigmoid"), scores.Region(index)).explain(X)
    assert distance(found.scores, sign * want) < 1e-6 and distance(found.values, sign * gradient) < 1e-6
    likely = GradientCalculator(segmenter(1, "sigmoid"), scores.Region(index), logits=False).explain(X)
    assert likely.score_name.startswith("mean probability") and np.all(likely.scores > 0.5)


@pytest.mark.parametrize("kind", [dict, list])
def test_a_box_of_a_detector(kind):
    model = detector(kind)
    kernel, bias = (np.asarray(weight) for weight in model.get_layer("to_classes").weights)
    logits = (X.reshape(4, -1) @ kernel + bias).reshape(4, 5, 3)
    found = GradientCalculator(model, {"classes": scores.At(3)}).explain(X)
    predicted = logits[:, 3].argmax(-1)
    assert distance(found.scores, logits[:, 3].max(-1)) < 1e-5
    assert distance(found.values.reshape(4, -1), kernel.reshape(72, 5, 3)[:, 3, predicted].T) < 1e-6
    boxes = np.asarray((model(X)["boxes"] if kind is dict else model(X)[0])[:, 3, 2])
    both = GradientCalculator(model, {"boxes": scores.At(3, 2), "classes": scores.At(3)}).explain(X)
    assert both.score_name == "output 2 at 3 at boxes + logit of the predicted class at 3 at classes"
    assert distance(both.scores, logits[:, 3].max(-1) + boxes) < 1e-5
    own = GradientCalculator(model, [{"classes": scores.At(n, 1)} for n in range(4)]).explain(X)
    assert distance(own.scores, logits[np.arange(4), np.arange(4), 1]) < 1e-5


def test_choices_of_several_heads_stay_apart():
    inputs = keras.Input((4, 6, 3))
    doubled = L.Softmax(name="b")(2 * segmenter().layers[-1](inputs))
    model = keras.Model(inputs, {"a": segmenter()(inputs), "b": doubled})
    score = {"a": scores.Region(1), "b": scores.At((2, 3))}
    found = GradientCalculator(model, score).explain(X, M=2, noise_sampler=GaussianNoiseSampler())
    twice = 2 * np.exp(LOGITS[:, 2, 3]) / np.exp(LOGITS[:, 2, 3]).sum(-1, keepdims=True)
    assert distance(found.scores, mean_over(LOGITS, BEST == 1, 1)[0] + twice.max(-1)) < 1e-5


@pytest.mark.parametrize("kind", [GradientCalculator, IntegratedGradientsCalculator])
def test_a_predicted_class_beside_the_choices_of_another_head(kind):
    """The gradient of a sum of scores is the sum of theirs, whichever rows of a pass each of them decides from."""
    inputs = keras.Input((4, 6, 3))
    pixels = segmenter()(inputs)
    pooled = L.Softmax(name="whole")(3 * L.GlobalAveragePooling2D()(pixels))
    model = keras.Model(inputs, {"pixels": pixels, "whole": pooled})
    score = {"whole": None, "pixels": scores.At((2, 3))}
    how = {"M": 5, "noise_sampler": GaussianNoiseSampler(0.3)}
    both = kind(model, score).explain(X, **how)
    alone = [kind(model, {name: part}).explain(X, **how) for name, part in score.items()]
    assert distance(both.values, alone[0].values + alone[1].values) < 1e-5
    assert distance(both.scores, alone[0].scores + alone[1].scores) < 1e-6


@pytest.mark.parametrize(("score", "places"), [(scores.At(1), [1, 1, 1]), (scores.At("last"), [2, 4, 0])])
def test_one_token(score, places):
    last = tagger().get_layer("tags")
    hidden = keras.Model(tagger().inputs, last.input)(IDS)
    kernel, bias = (np.asarray(weight) for weight in last.weights)
    logits = (np.asarray(hidden) @ kernel + bias)[np.arange(3), places]
    found = GradientCalculator(tagger(), score, "words").explain(IDS, batch_size=2)
    assert distance(found.scores, logits.max(-1)) < 1e-5
    behind = np.arange(5)[None] > np.array(places)[:, None]  # an LSTM does not know what comes
    assert not found.values[behind].any() and np.all(np.abs(found.values[~behind & (IDS > 0)]).sum(-1) > 0)


def test_several_labels():
    model = keras.Sequential([keras.Input((5,)), L.Dense(4, activation="sigmoid", name="labels")])
    kernel = model.get_weights()[0]
    x = X.reshape(4, -1)[:, :5]
    found = GradientCalculator(model, scores.Labels()).explain(x, HOT, batch_size=3)
    share = HOT / HOT.sum(1, keepdims=True)
    assert (
        distance(found.values, share @ kernel.T) < 1e-6 and distance(found.scores, (share * (x @ kernel)).sum(1)) < 1e-5
    )
    for y, word in (
        (None, "y="),
        (HOT[:, 1:], "column"),
        (HOT * 0, "example 0"),
        (HOT * 0.5, "soft"),
        (HOT[:, 0], "multi-hot"),
    ):
        with refused(word):
            GradientCalculator(model, scores.Labels()).explain(x, y)


REFUSED = [
    (lambda: scores.Region(-1), "index"),
    (lambda: scores.Region(1, "x"), "mask"),
    (lambda: scores.Region(1, np.zeros((4, 6))), "without any"),
    (lambda: scores.Region(1, np.full((4, 6), 0.5)), "> 0.5"),
    (lambda: scores.At("lst"), "last"),
    (lambda: scores.At(None), "position"),
    (lambda: scores.At(-1), "counted"),
    (lambda: scores.At((1, True)), "position"),
    (lambda: GradientCalculator(segmenter(), scores.Region(7)).explain(X), "7"),
    (lambda: GradientCalculator(segmenter(), scores.Region(1, np.ones((3, 3)))).explain(X), "(4, 6)"),
    (lambda: GradientCalculator(segmenter(), scores.Region(1, "label")).explain(X), "y="),
    (lambda: GradientCalculator(segmenter(), scores.Region(1, "label")).explain(X, BEST[:, :3]), "label map"),
    (lambda: GradientCalculator(segmenter(), scores.Region(1, "label")).explain(X, BEST * 0), "example 0"),
    (lambda: GradientCalculator(segmenter(1, None), scores.Region(0)).explain(X), "sigmoid"),
    (lambda: GradientCalculator(segmenter(), scores.At(9)).explain(X), "(4, 6)"),
    (lambda: GradientCalculator(segmenter(), scores.At((9, 0))).explain(X), "(4, 6)"),
    (lambda: GradientCalculator(segmenter(), scores.At("last")).explain(X), "mask_zero"),
    (lambda: GradientCalculator(detector(list), scores.At(1)).explain(X), "'boxes'"),
    (lambda: GradientCalculator(tagger(), scores.At("last"), "words").explain(IDS * 0), "padding"),
]


@pytest.mark.parametrize(("call", "word"), REFUSED)
def test_refused_in_words(call, word):
    with refused(word):
        call()
