"""call=k of a shared layer is the k-th call that was written, at whatever depth, in whatever order Keras runs them."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from keras import layers as L
from three_parts import refused
from zoo import normal

from kerasal import GradCAMCalculator, GradientCalculator, InputExtractor, LayerExtractor, OcclusionCalculator, scores

F = 4  # features of every tensor of the random graphs


def shared_graph(seed):
    """A graph that calls "shared" at random places; what each call gives as functions of the inputs, in the order written."""
    rng = np.random.default_rng(seed)
    shared = L.Dense(F, activation="tanh", name="shared")
    inner_input = keras.Input((F,), name="inner_input")
    inside = keras.Model(inner_input, L.Dense(F)(shared(inner_input)), name="inside")
    inputs = [keras.Input((F,), name=f"input{n}") for n in range(3)]
    tensors, calls = list(inputs), []
    for _ in range(7):
        taken = tensors[rng.integers(len(tensors))]
        if rng.random() < 0.6:
            calls.append(taken)
            tensors.append(shared(taken))
        else:
            taken = L.Dense(F, activation="tanh")(taken) if rng.random() < 0.5 else L.Add()([taken, inputs[0]])
            tensors.append(taken)
    if seed % 2:  # the nested model last, so that the order across layers is known from the data alone
        calls.append(tensors[-1])
        tensors.append(inside(tensors[-1]))
    rng.shuffle(tensors)
    return keras.Model(inputs, L.Dense(1)(L.Concatenate()(tensors + inputs))), inputs, calls, shared


@pytest.mark.parametrize("seed", range(8))
def test_the_kth_call_is_the_kth_written(seed):
    model, inputs, calls, shared = shared_graph(seed)
    x = [normal(F, seed=n) for n in range(3)]
    for k, taken in enumerate(calls):
        target = LayerExtractor("shared", call=k) if len(calls) > 1 else LayerExtractor("shared")
        wanted = shared(keras.Model(inputs, taken)(x))
        assert distance(target.submodel(model)(x), wanted) < 1e-6, k
        unit = GradientCalculator(model, scores.Unit(target, 2), target).explain(x)
        assert distance(unit.scores, np.asarray(wanted)[:, 2]) < 1e-5, k
    with refused("no call number"):
        LayerExtractor("shared", call=len(calls)).submodel(model)


def siamese(how):
    """A twin of two pictures whose second branch is shallower, so that Keras runs it in another order."""
    conv, pool = L.Conv2D(3, 3, activation="relu", name="conv"), L.GlobalAveragePooling2D()
    left, right = keras.Input((8, 6, 2), name="left"), keras.Input((8, 6, 2), name="right")
    if how == "functional":
        parts = [pool(conv(left)), pool(conv(right))]
    elif how == "nested":
        picture = keras.Input((8, 6, 2), name="picture")
        tower = keras.Model(picture, pool(conv(picture)), name="tower")
        parts = [tower(left), tower(right)]
    elif how == "sequential":
        tower = keras.Sequential([keras.Input((8, 6, 2)), conv, pool], name="tower")
        parts = [tower(left), tower(right)]
    else:  # in a subclassed model
        return Twin(conv, pool)
    deeper = L.Dense(3)(L.Dense(3)(parts[1]))
    model = keras.Model([left, right], L.Dense(1)(L.Concatenate()([deeper, parts[0]])))
    return Around(model) if how == "functional in subclassed" else model


class Around(keras.Model):
    """Runs a functional model."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, x, training=False):
        return self.inner(x)


class Twin(keras.Model):
    """Calls its tower for the left picture, then for the right."""

    def __init__(self, conv, pool):
        super().__init__()
        self.conv, self.pool, self.head = conv, pool, L.Dense(1)

    def call(self, pair, training=False):
        left, right = (self.pool(self.conv(part)) for part in pair)
        return self.head(left - 2 * right)


HOW = ["functional", "nested", "sequential", "subclassed", "functional in subclassed"]


def pair():
    return [normal(8, 6, 2, seed=1), normal(8, 6, 2, seed=2)]


@pytest.mark.parametrize("how", HOW)
def test_one_index_everywhere(how):
    """Of submodels, scores, targets, several targets, class activation maps and windows."""
    built, x = siamese("functional" if how.startswith("functional") else how), pair()
    model = Around(built) if how.endswith("in subclassed") else built
    model([part[:1] for part in x])
    conv = next(layer for layer in model._flatten_layers() if layer.name == "conv")
    targets = [LayerExtractor("conv", call=k) for k in range(2)]
    for k, target in enumerate(targets):
        value = np.asarray(conv(x[k]))
        assert distance(target.submodel(model)(x), value) < 1e-6
        found = GradientCalculator(model, scores.Unit(target, 1), InputExtractor(k)).explain(x)
        assert distance(found.scores, value[..., 1].mean((1, 2))) < 1e-5
    together = GradientCalculator(model, target_extractor=targets).explain(x)
    for k, target in enumerate(targets):
        alone = GradientCalculator(model, target_extractor=target).explain(x)
        assert distance(together[k].values, alone.values) < 1e-5
        hidden = OcclusionCalculator(model, target_extractor=target, size=(6, 4)).explain(x).values
        by_gradient = np.sum(alone.values * conv(x[k]), (1, 2, 3))  # all behind it is linear
        assert distance(hidden[:, 0, 0, 0], by_gradient) < 1e-4
        dark = [part * (n != k) for n, part in enumerate(x)]  # no bias: dark pictures have no features
        cam = GradCAMCalculator(model, lambda outputs: outputs[:, 0] ** 2, InputExtractor(k), layer=target)
        assert not cam.explain(dark).values.any() and cam.explain(dark[::-1]).values.any()


@pytest.mark.parametrize("how", HOW[:3])
def test_the_error_says_where_each_call_comes_from(how):
    model, x = siamese(how), pair()
    for explain in (
        lambda: GradientCalculator(model, target_extractor=LayerExtractor("conv")).explain(x),
        lambda: LayerExtractor("conv").submodel(model),
    ):
        with refused("call=0 is made of input 'left'", "call=1 of input 'right'"):
            explain()


def test_written_from_the_last_input_on():
    """The order written, not that of the inputs."""
    q1, q2, dense = keras.Input((F,), name="q1"), keras.Input((F,), name="q2"), L.Dense(3, name="dense")
    second = dense(q2)
    first = dense(q1)
    model = keras.Model([q1, q2], L.Dense(1)(L.Concatenate()([first, L.Dense(2)(second)])))
    x = [normal(F, seed=1), normal(F, seed=2)]
    for call, which in enumerate([1, 0]):
        assert distance(LayerExtractor("dense", call=call).submodel(model)(x), dense(x[which])) < 1e-6
    with refused("call=0 is made of input 'q2'"):
        LayerExtractor("dense").submodel(model)


def test_two_models_of_one_layer_are_each_counted_alone():
    """Nodes of other models, made before, do not count."""
    dense = L.Dense(3, name="dense")
    other = keras.Input((F,))
    keras.Model(other, dense(dense_like := other))
    assert dense_like is other
    model = keras.Model(a := keras.Input((F,)), L.Dense(1)(dense(a)))
    x = normal(F)
    assert distance(LayerExtractor("dense").submodel(model)(x), dense(x)) < 1e-6


def test_the_model_runs_as_before_afterwards():
    model, x = siamese("functional"), pair()
    before = model._nodes_by_depth
    GradientCalculator(model, target_extractor=LayerExtractor("conv", call=1)).explain(x)
    assert model._nodes_by_depth is before
    assert distance(model.predict(x, verbose=0), model(x)) < 1e-6
    assert tf.nest.flatten(before)
