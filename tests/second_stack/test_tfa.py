"""tensorflow-addons on the second stack: its layers are explained, its optimizers and losses logged, its transforms plugged in."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance, find, plain, spy
from keras import layers as L
from logged_training import everything
from snapshots import unchanged
from three_parts import refused
from zoo import randomised

from kerasal import (
    ActivationMaximizer,
    FullGradientCalculator,
    GaussianNoiseSampler,
    GradCAMCalculator,
    GradientCalculator,
    IntegratedGradientsCalculator,
    LayerExtractor,
    load_run,
    scores,
)
from kerasal.activation_maximization import Blur, Jitter, Rotate, Transform, transformed

tfa = pytest.importorskip("tensorflow_addons", reason="tensorflow-addons runs on the second stack only")

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(5, 8, 6, 4)).astype("float32"), np.array([0, 2, 1, 1, 0])
ONE_HOT = np.eye(3, dtype="float32")[Y]
LAYERS = {
    "group": lambda: [tfa.layers.GroupNormalization(groups=2, name="tfa")],
    "instance": lambda: [tfa.layers.InstanceNormalization(name="tfa")],
    "filter response": lambda: [tfa.layers.FilterResponseNormalization(name="tfa"), tfa.layers.TLU()],
    "weight": lambda: [tfa.layers.WeightNormalization(L.Conv2D(5, 2, activation="relu"), data_init=False, name="tfa")],
    "spectral": lambda: [tfa.layers.SpectralNormalization(L.Conv2D(5, 2, activation="relu"), name="tfa")],
    "maxout": lambda: [tfa.layers.Maxout(2, name="tfa")],
    "gelu": lambda: [tfa.layers.GELU(name="tfa")],
    "pooling": lambda: [tfa.layers.AdaptiveAveragePooling2D((3, 2), name="tfa")],
    "pyramid": lambda: [tfa.layers.SpatialPyramidPooling2D([1, 2], name="tfa")],
}
NO_SHARE = {  # what FullGrad cannot account for
    "group": "GroupNormalization",
    "instance": "InstanceNormalization",
    "maxout": "Maxout",
    "gelu": "GELU",
    "filter response": "FilterResponseNormalization",
    "pyramid": "AdaptiveAveragePooling2D",
}


def network(what, activation="softmax"):
    """A convolution, layers of tensorflow-addons, dropout, a head; all weights random."""
    model = keras.Sequential(
        [
            *(keras.Input((8, 6, 4)), L.Conv2D(4, 3, activation="relu", name="conv"), *LAYERS[what]()),
            *(L.Dropout(0.3), L.Flatten(), L.Dense(3, activation, name="head")),
        ]
    )
    return randomised(model)


def logits(model, x):
    with spy(find(model, "head")) as calls:
        plain(model, x)
    return tf.matmul(calls[0][0], find(model, "head").kernel) + find(model, "head").bias


def gradients(model):
    """Of the predicted class's logit, by a tape; and that logit."""
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = tf.gather(logits(model, x), np.argmax(plain(model, X), -1), axis=1, batch_dims=1)
    return tape.gradient(score, x).numpy(), score.numpy()


@pytest.mark.parametrize("what", LAYERS)
def test_layers_are_explained(what):
    """Gradients by a tape, and nothing left on the model."""
    model = network(what)
    expected, score = gradients(model)
    with unchanged(model):
        found = GradientCalculator(model).explain(X, batch_size=2)
    assert distance(found.values, expected) < 1e-5 and distance(found.scores, score) < 1e-5


@pytest.mark.parametrize("what", ["instance", "weight"])
def test_noise_dropout_and_paths(what):
    """The path's gap is the difference of two plain forward passes."""
    model = network(what)
    with unchanged(model):
        path = IntegratedGradientsCalculator(model, baseline=X / 2, completeness_tolerance=0.02).explain(X)
        noisy = GradientCalculator(model).explain(X, M=4, noise_sampler=GaussianNoiseSampler(), train=True)
    assert np.max(path.relative_gap) < 0.02 and noisy.std.min() > 0
    place = (np.arange(5), np.argmax(plain(model, X), -1))
    drop = np.asarray(logits(model, X))[place] - np.asarray(logits(model, X / 2))[place]
    np.testing.assert_allclose(path.values.sum((1, 2, 3)), drop + path.completeness_gap, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("what", ["group", "weight", "spectral"])
def test_layers_as_targets(what):
    model = network(what)
    classes = np.argmax(plain(model, X), -1)
    with tf.GradientTape() as tape, spy(find(model, "tfa"), tape) as watched:
        score = tf.gather(logits(model, tf.constant(X)), classes, axis=1, batch_dims=1)
    expected = tape.gradient(score, watched[0][1])
    found = GradientCalculator(model, target_extractor=LayerExtractor("tfa")).explain(X)
    assert distance(found.values, expected) < 1e-5
    assert GradCAMCalculator(model).explain(X).shape == (5, 8, 6, 1)


def test_full_gradients_of_normalised_weights_add_up():
    """The bias is that of the layer inside."""
    for what in ("weight", "spectral"):
        found = FullGradientCalculator(network(what)).explain(X)
        assert found.relative_gap.max() < 1e-4


@pytest.mark.parametrize("what", NO_SHARE)
def test_full_gradient_says_what_it_cannot_account_for(what):
    with refused(NO_SHARE[what], "IntegratedGradients"):
        FullGradientCalculator(network(what)).explain(X)


def test_multi_head_attention():
    inputs = keras.Input((6, 4))
    attended = tfa.layers.MultiHeadAttention(head_size=3, num_heads=2, dropout=0.2)([inputs, inputs])
    model = randomised(keras.Model(inputs, L.Dense(3, name="head")(L.Flatten()(attended))))
    x = tf.constant(X[:, 0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        top = tf.reduce_max(model(x, training=False), -1)
    with unchanged(model):
        found = GradientCalculator(model).explain(X[:, 0])
        bayes = GradientCalculator(model).explain(X[:, 0], train=True, M=8)
    assert distance(found.values, tape.gradient(top, x)) < 1e-5 and bayes.std.max() > 0


def of_loss(model):
    return GradientCalculator(model, scores.Loss())


OPTIMIZERS = {
    "AdamW": lambda: tfa.optimizers.AdamW(weight_decay=1e-3),
    "RectifiedAdam": lambda: tfa.optimizers.RectifiedAdam(1e-2),
    "Lookahead": lambda: tfa.optimizers.Lookahead(tfa.optimizers.LAMB(1e-2), sync_period=2),
    "MovingAverage": lambda: tfa.optimizers.MovingAverage("sgd"),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_with_a_logger_is_training(name, tmp_path):
    """The same weights and optimizer state to the bit, and a finite map at every step."""
    ends = []
    for logged in (False, True):
        keras.utils.set_random_seed(6)
        model = network("group")
        model.compile(OPTIMIZERS[name](), tfa.losses.SigmoidFocalCrossEntropy())
        logger = [everything(tmp_path, X[:2], ONE_HOT[:2], calculator=of_loss, image_range=(-5, 5), on_error="raise")]
        model.fit(X, ONE_HOT, batch_size=2, epochs=2, verbose=0, callbacks=logger * logged)
        ends.append([variable.numpy().tobytes() for variable in [*model.variables, *model.optimizer.variables()]])
    assert ends[0] == ends[1]
    run = load_run(tmp_path, "saliency")
    assert list(run.steps) == [0, 1, 2] and np.isfinite(run.values).all() and np.all(run.values.std((1, 2, 3)) > 0)


@pytest.mark.parametrize(
    "loss", [tfa.losses.SigmoidFocalCrossEntropy(alpha=0.4, gamma=1.5), tfa.losses.PinballLoss(0.3)]
)
def test_losses(loss):
    """Per example, also where the compiled loss is a mean."""
    model = network("group")
    model.compile("sgd", loss)
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        values = [tf.reduce_sum(loss(ONE_HOT[n : n + 1], model(x[n : n + 1], training=False))) for n in range(5)]
        total = tf.add_n(values)
    found = GradientCalculator(model, scores.Loss()).explain(X, ONE_HOT, batch_size=3)
    np.testing.assert_allclose(found.scores, values, rtol=1e-5)
    assert distance(found.values, tape.gradient(total, x)) < 1e-5


def test_a_loss_that_mixes_examples_is_refused():
    model = network("group", None)
    model.compile("sgd", tfa.losses.TripletSemiHardLoss())
    with refused("one number per example", "score="):
        GradientCalculator(model, scores.Loss()).explain(X, Y)


class Fixed(Transform):
    """A transform of ours whose draws are all one number."""

    def __init__(self, inner, value):
        self.inner, self.value = inner, value

    def move(self, images, draw):
        return self.inner.move(images, lambda distribution, count: tf.fill([tf.shape(images)[0], count], self.value))


def filtered(images):
    return tfa.image.gaussian_filter2d(images, filter_shape=7, sigma=0.5)


TRANSFORMS = {  # ours, tensorflow-addons'
    **{
        f"rotate, {interpolation}, {fill}": (
            Fixed(Rotate(0.2, interpolation, fill), 1.5),
            lambda images, how=(interpolation, fill): tfa.image.rotate(images, 0.3, how[0], fill_mode=how[1]),
        )
        for interpolation, fill in (("nearest", "constant"), ("bilinear", "reflect"), ("bilinear", "nearest"))
    },
    "translate": (
        Fixed(Jitter(1, normal=True), 2.0),
        lambda images: tfa.image.translate(images, [2.0, 2.0], fill_mode="wrap"),
    ),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_equal_ours(name):
    ours, theirs = TRANSFORMS[name]
    np.testing.assert_allclose(transformed(X, [ours]), transformed(X, [theirs]), atol=1e-5)


@pytest.mark.parametrize("moves_image", [False, True])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_ascents_through_them_equal_ours(name, moves_image):
    model = network("instance")
    found = [
        ActivationMaximizer(model, [0, 2], (-1, 1), transforms=[one], transform_image=moves_image, steps=8).maximize()
        for one in TRANSFORMS[name]
    ]
    assert distance(found[0].images, found[1].images) < 1e-4


def test_blur_equals_its_filter():
    inner = (slice(None), slice(2, 6), slice(2, 4))
    np.testing.assert_allclose(transformed(X, [Blur(0.5)])[inner], transformed(X, [filtered])[inner], atol=2e-3)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_ascent_by_its_optimizers(name):
    found = ActivationMaximizer(network("group"), [0, 1, 2], (-1, 1), optimizer=OPTIMIZERS[name](), steps=30).maximize()
    assert np.all(found.scores > found.history["score"][0])
