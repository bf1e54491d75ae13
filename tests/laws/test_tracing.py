"""One trace per calculator and input structure; changed weights are seen without another."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import dense, distance, hand_gradient
from keras import layers as L
from zoo import ZOO, Case, normal, randomised

from kerasal import GaussianNoiseSampler, GradientCalculator, LayerExtractor, scores

NOISE = GaussianNoiseSampler()


class Counts(L.Layer):
    """Counts how often Python runs its call."""

    calls = 0

    def call(self, x):
        type(self).calls += 1
        return x


@pytest.fixture
def model():
    inputs = keras.Input((6,))
    x = L.Dropout(0.3)(L.Dense(8, activation="tanh", name="inner")(Counts()(inputs)))
    return randomised(keras.Model(inputs, L.Dense(3, activation="softmax", name="head")(x)))


def runs(function, *args, **kwargs):
    """How often the layer's Python ran meanwhile."""
    before = Counts.calls
    function(*args, **kwargs)
    return Counts.calls - before


X = normal(6)
SAME = {
    "again": {},
    "a last partial batch": {"batch_size": 4},
    "another batch size": {"batch_size": 7},
    "one row a call": {"batch_size": 1},
    "another seed": {"seed": 9},
    "more samples": {"M": 11},
    "another position": {"first_example": 3},
}


@pytest.mark.parametrize("how", [{}, {"M": 3, "noise_sampler": NOISE}])
def test_a_call_while_a_function_is_traced_is_refused_and_leaves_nothing(model, how):
    """What is traced there belongs to its graph: kept, it would break every later call."""
    calculator, wanted = GradientCalculator(model), GradientCalculator(model).explain(X, **how).values
    dataset = tf.data.Dataset.from_tensor_slices(X).batch(2)
    kinds = [
        lambda x: X,
        lambda x: x,
        lambda x: dataset,
        tf.sparse.from_dense,
        lambda x: tf.RaggedTensor.from_tensor(x),
    ]

    def explained(x, place):
        return calculator.explain(kinds[place](x), **how).values

    for place in range(len(kinds)):
        inside = tf.function(functools.partial(explained, place=place), autograph=False)
        with pytest.raises(ValueError, match=r"Received: a call inside of a tf\.function.*kerasal\.layers\.Saliency"):
            inside(tf.constant(X))
    assert np.array_equal(calculator.explain(X, **how).values, wanted)


@pytest.mark.parametrize("target", [None, LayerExtractor("inner")])
@pytest.mark.parametrize(
    "how", [{}, {"noise_sampler": NOISE}, {"train": True}, {"noise_sampler": NOISE, "train": True}]
)
def test_nothing_retraces(model, target, how):
    calculator = GradientCalculator(model, target_extractor=target)
    base = {"M": 3 if how else 1, **how}
    assert runs(calculator.explain, X, **base) > 0
    for what, change in SAME.items():
        arguments = {**base, **change} if how else {**base, **change, "M": 1}
        assert runs(calculator.explain, X, **arguments) == 0, what
    assert runs(calculator.explain, X[:2], **base) == 0, "fewer examples"
    assert runs(calculator.explain, np.concatenate([X] * 3), **base) == 0, "more examples"
    model.set_weights([weight * 0.5 for weight in model.get_weights()])
    assert runs(calculator.explain, X, **base) == 0, "changed weights"


def test_the_first_explanation_traces_few_times(model):
    """A pass to learn what is random, one to find the prediction, one to differentiate: not one per sample or batch."""
    how = {"M": 20, "noise_sampler": NOISE, "train": True, "batch_size": 3}
    assert runs(lambda: GradientCalculator(model).explain(X, **how)) <= 4


def test_compute_after_explain_does_not_trace_without_end(model):
    calculator = GradientCalculator(model)
    how = {"M": 3, "noise_sampler": NOISE}
    calculator.explain(X, **how)
    calculator.compute(X, **how)
    assert runs(lambda: (calculator.explain(X, **how), calculator.compute(X, **how))) == 0


@pytest.mark.parametrize("score", [scores.Label(), [0, 2, 1, 1, 0]])
def test_other_classes_do_not_retrace(model, score):
    calculator = GradientCalculator(model, score)
    labels = np.array([0, 1, 2, 0, 1]) if isinstance(score, scores.Label) else None
    calculator.explain(X, labels)
    assert runs(calculator.explain, X, None if labels is None else 2 - labels) == 0


def test_a_score_function_is_traced_once(model):
    calls = []

    def score(outputs):
        calls.append(1)
        return outputs[:, 0]

    calculator = GradientCalculator(model, score)
    calculator.explain(X, M=2, noise_sampler=NOISE)
    first = len(calls)
    for change in ({"seed": 5}, {"M": 7}, {"batch_size": 2}, {"batch_size": 3}):
        calculator.explain(X, **{"M": 2, "noise_sampler": NOISE, **change})
    assert first == len(calls) <= 2


@pytest.mark.parametrize("name", ["cnn", "lstm", "subclassed softmax"])
def test_changed_weights_change_the_result(name):
    case = ZOO[name]
    model = case.build()
    calculator = GradientCalculator(model, target_extractor=LayerExtractor("inner"))
    before = calculator.explain(case.x).values
    model.set_weights([np.asarray(weight) * 0.7 for weight in model.get_weights()])
    expected, _ = hand_gradient(case, model, layer="inner")
    assert distance(expected, before) > 0.05
    assert distance(calculator.explain(case.x).values, expected) < 1e-5


def test_training_between_explanations_does_not_retrace(model):
    calculator = GradientCalculator(model)
    model.compile("adam", "sparse_categorical_crossentropy")
    labels = np.array([0, 1, 2, 0, 1])
    model.train_on_batch(X, labels)
    before = calculator.explain(X, M=2, train=True).values
    model.train_on_batch(X, labels)
    assert runs(calculator.explain, X, M=2, train=True) == 0
    assert distance(calculator.explain(X, M=2, train=True).values, before) > 1e-4


def test_a_new_layer_below_is_seen(model):
    """Weights that were exchanged for others (LoRA, quantisation) make a new trace, not an old answer."""
    calculator = GradientCalculator(model)
    before = calculator.explain(X).values
    inner = model.get_layer("inner")
    if not hasattr(inner, "enable_lora"):
        pytest.skip("LoRA came with Keras 3")
    inner.enable_lora(2)
    inner.lora_kernel_b.assign(np.ones((2, 8)))
    expected, _ = hand_gradient(Case(lambda: model, X, dense("head")), model)
    assert distance(expected, before) > 1e-3
    assert distance(calculator.explain(X).values, expected) < 1e-5
