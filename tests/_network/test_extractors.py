"""Targets: any input, any layer at any depth, before or after, at any of its calls; and the models that lead to them."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance, find, hand_gradient, spy
from closed_forms import summed
from keras import layers as L
from zoo import ZOO, Case, built, normal

from kerasal import GradientCalculator, InputExtractor, LayerExtractor
from kerasal._network.given_targets import as_extractors


def gradient_of_input(model, x, which):
    """Gradient of the predicted logit with respect to one leaf of a structure of inputs, by hand."""
    flat = [tf.constant(part) for part in tf.nest.flatten(x)]
    with tf.GradientTape() as tape:
        tape.watch(flat[which])
        top = tf.reduce_max(model(tf.nest.pack_sequence_as(x, flat), training=False), axis=1)
    return tape.gradient(top, flat[which]).numpy()


@pytest.mark.parametrize("which, position", [(0, 0), (1, 1), ("image", 0), ("table", 1)])
@pytest.mark.parametrize("kind", ["two inputs", "dict inputs"])
def test_each_input(kind, which, position):
    x = ZOO[kind].x
    found = GradientCalculator(built(kind), target_extractor=InputExtractor(which), logits=False).explain(x)
    assert distance(found.values, gradient_of_input(built(kind), x, position)) < 1e-5


@pytest.mark.parametrize("given", ["in its order", "in another order"])
def test_a_dict_whose_keys_are_not_sorted(given):
    """The model's first input is "zebra"; TensorFlow flattens dicts by sorted keys."""
    zebra, apple = keras.Input((2,), name="zebra"), keras.Input((3,), name="apple")
    y = L.Add()([L.Dense(1, use_bias=False)(zebra), L.Dense(1, use_bias=False)(apple)])
    model = keras.Model({"zebra": zebra, "apple": apple}, y)
    weights = {weight.shape[0]: np.asarray(weight)[:, 0] for weight in model.weights}
    x = {"zebra": np.ones((4, 2), "float32"), "apple": np.ones((4, 3), "float32")}
    x = x if given == "in its order" else dict(reversed(x.items()))
    for name in x:
        found = GradientCalculator(model, target_extractor=InputExtractor(name)).explain(x).values
        np.testing.assert_allclose(found, [weights[x[name].shape[1]]] * 4, rtol=1e-6)


@pytest.mark.parametrize("bad", ["picture", 2, -1, 1.5])
def test_an_input_that_is_not_there(bad):
    with pytest.raises((ValueError, TypeError), match="Received"):
        GradientCalculator(built("two inputs"), target_extractor=InputExtractor(bad)).explain(ZOO["two inputs"].x)


def same(*extractors, name):
    values = [GradientCalculator(built(name), target_extractor=e).explain(ZOO[name].x).values for e in extractors]
    expected, _ = hand_gradient(ZOO[name], built(name), layer="inner")
    assert all(distance(value, expected) < 1e-5 for value in values)


def test_a_layer_by_name_path_and_object():
    holder = next(layer.name for layer in find(built("nested"), "middle").layers if isinstance(layer, keras.Model))
    same(
        LayerExtractor("inner"),
        LayerExtractor(f"middle/{holder}/inner"),
        LayerExtractor(f"{holder}/inner"),
        LayerExtractor(find(built("nested"), "inner")),
        name="nested",
    )


@pytest.mark.parametrize("name", ["cnn", "nested in sequential", "subclassed softmax", "residual", "mixed"])
def test_before_a_layer(name):
    expected, _ = hand_gradient(ZOO[name], built(name), layer="inner", timing="pre")
    calculator = GradientCalculator(built(name), target_extractor=LayerExtractor("inner", timing="pre"))
    assert distance(calculator.explain(ZOO[name].x).values, expected) < ZOO[name].rtol


def test_a_layer_with_several_outputs_or_inputs():
    """`pre` is the first input: Add gives each of its inputs the slope 1."""
    inputs = keras.Input((4,))
    model = keras.Model(inputs, L.Dense(1, use_bias=False)(L.Add(name="add")([inputs, L.Dense(4)(inputs)])))
    kernel = np.asarray(model.weights[-1])[:, 0]
    found = GradientCalculator(model, target_extractor=LayerExtractor("add")).explain(normal(4))
    np.testing.assert_allclose(found.values, [kernel] * 5, rtol=1e-5)


def test_a_call_that_does_not_happen():
    with pytest.raises(ValueError, match="Received"):
        GradientCalculator(built("shared"), target_extractor=LayerExtractor("shared", call=2)).explain(ZOO["shared"].x)


def test_bad_arguments():
    for arguments in (("a", "after"), ("a", "post", -1), (3,)):
        with pytest.raises((ValueError, TypeError), match="Received"):
            LayerExtractor(*arguments)


def nodes(model):
    layers = list(model._flatten_layers())
    return [(len(layer._inbound_nodes), len(getattr(layer, "_outbound_nodes", []))) for layer in layers]


@pytest.mark.parametrize("timing", ["post", "pre"])
@pytest.mark.parametrize("name", ZOO)
def test_submodel_gives_what_passes_the_layer(name, timing):
    case, model = ZOO[name], built(name)
    with spy(find(model, "inner")) as calls:
        model(case.x, training=False)
    expected = np.asarray(calls[0][timing == "post"])
    before = nodes(model)
    submodel = LayerExtractor("inner", timing).submodel(model)
    assert isinstance(submodel, keras.Model)
    found = submodel(case.x, training=False)
    assert nodes(model) == before
    assert distance(found, expected) < case.rtol
    assert distance(submodel.predict(case.x, verbose=0), expected) < case.rtol
    assert nodes(model) == before


def _shared_inside():
    """A nested model that calls its layer twice, called once."""
    a, layer, inputs = keras.Input((6,)), L.Dense(6, activation="tanh", name="shared"), keras.Input((6,))
    return keras.Model(inputs, L.Dense(2)(keras.Model(a, layer(layer(a)))(inputs)))


def _shared_around():
    """A nested model that calls its layer once, called twice."""
    a, inputs = keras.Input((6,)), keras.Input((6,))
    inside = keras.Model(a, L.Dense(6, activation="tanh", name="shared")(a))
    return keras.Model(inputs, L.Dense(2)(inside(inside(inputs))))


SHARED = {"flat": lambda: built("shared"), "inside": _shared_inside, "around": _shared_around}


@pytest.mark.parametrize("call", [0, 1])
@pytest.mark.parametrize("where", SHARED)
def test_one_call_of_a_shared_layer(where, call):
    """The layer's value, and the gradient there, are those of that call wherever the sharing is."""
    model, x = SHARED[where](), normal(6)
    expected, value = hand_gradient(Case(lambda: model, x), model, layer="shared", call=call)
    target = LayerExtractor("shared", call=call)
    assert distance(GradientCalculator(model, target_extractor=target).explain(x).values, expected) < 1e-5
    assert distance(target.submodel(model).predict(x, verbose=0), value) < 1e-5
    with pytest.raises(ValueError, match="call="):
        LayerExtractor("shared").submodel(model).predict(x, verbose=0)


def test_submodel_shares_weights():
    model = ZOO["table"].build()
    submodel = LayerExtractor("inner").submodel(model)
    before = submodel.predict(ZOO["table"].x, verbose=0)
    model.set_weights([weight * 2 for weight in model.get_weights()])
    np.testing.assert_allclose(submodel.predict(ZOO["table"].x, verbose=0), 2 * before, rtol=1e-5)  # a ReLU layer


def test_only_what_is_downstream_counts():
    """At a layer after the dropout, the dropout's masks change the point but not a linear gradient."""
    model = summed(L.Dropout(0.5), L.Dense(3, use_bias=False, name="after"), shape=(4,))
    calculator = GradientCalculator(model, target_extractor=LayerExtractor("after"))
    np.testing.assert_array_equal(calculator.compute(normal(4), M=3, train=True), np.ones((3, 5, 3)))


def test_extractors_are_values():
    assert InputExtractor("image") == InputExtractor("image") != InputExtractor(0)
    assert LayerExtractor("a", call=1) == LayerExtractor("a", "post", 1) != LayerExtractor("a", "pre", 1)
    assert len({LayerExtractor("a"), LayerExtractor("a"), LayerExtractor("b"), InputExtractor()}) == 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        LayerExtractor("a").timing = "pre"


def test_extractors_of_layer_objects_are_those_of_the_same_object():
    one, other = (L.Dense(2, name="same") for _ in range(2))
    assert LayerExtractor(one) == LayerExtractor(one) != LayerExtractor(other)
    assert len({LayerExtractor(one), LayerExtractor(one), LayerExtractor(other)}) == 2
    assert repr(LayerExtractor(one)) == repr(LayerExtractor("same")) == "LayerExtractor('same', timing='post')"


def test_a_layer_object_by_its_path():
    """The path means the same layer of another such model; what has a name stays as it is."""
    model, other = built("nested"), ZOO["nested"].build()
    other.set_weights(model.get_weights())
    target = LayerExtractor(find(model, "inner"), "pre", call=0)
    named = target.named(model)
    assert named == LayerExtractor("inner", "pre", call=0) and named.find(model) is target.layer
    with pytest.raises(ValueError, match="is of another model"):
        target.find(other)
    x = ZOO["nested"].x
    maps = [GradientCalculator(m, target_extractor=e).explain(x).values for m, e in ((model, target), (other, named))]
    np.testing.assert_allclose(*maps, rtol=1e-5)
    for extractor in (LayerExtractor("inner"), InputExtractor(0)):
        assert extractor.named(model) is extractor


def test_a_layer_object_whose_name_is_found_twice():
    inputs = keras.Input((3,))
    model = keras.Model(
        inputs, keras.Sequential([L.Dense(3, name="twin")], name="outer")(L.Dense(3, name="twin")(inputs))
    )
    inside, outside = find(find(model, "outer"), "twin"), model.get_layer("twin")
    assert LayerExtractor(inside).named(model).layer == "outer/twin"
    assert LayerExtractor(outside).named(model).layer == "twin"
    assert [LayerExtractor(layer).named(model).find(model) for layer in (inside, outside)] == [inside, outside]


def test_a_layer_object_whose_path_another_layer_has():
    class Twins(keras.Model):
        def __init__(self):
            super().__init__()
            self.one, self.two = L.Dense(3, name="twin"), L.Dense(3, name="twin")

        def call(self, x):
            return self.two(self.one(x))

    model = Twins()
    model(normal(4))
    with pytest.raises(ValueError, match="must mean one layer"):
        LayerExtractor(model.two).named(model)


def test_targets_as_users_give_them():
    target = LayerExtractor("a")
    assert as_extractors(None) == [InputExtractor(0)]
    assert as_extractors(target) == as_extractors([target]) == as_extractors((target,)) == [target]
    assert as_extractors("a") == as_extractors(["a"]) == [target]
    for bad in (0, [], [target, 3], {"a": target}, LayerExtractor):
        with pytest.raises(TypeError, match="target_extractor is .*Received"):
            as_extractors(bad)


def test_an_input_layer_is_the_input():
    """By its name, itself, alone or in a list; a layer inside another one of that name is not."""
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    model = keras.Model([a, b], L.Dense(2)(L.Concatenate()([L.Dense(3)(a), b])))
    for target in ("b", LayerExtractor("b"), LayerExtractor(model.get_layer("b")), model.get_layer("b")):
        assert as_extractors(target, model) == as_extractors([target], model) == [InputExtractor("b")]
    inner = keras.Sequential([keras.Input((4,)), L.Dense(3, name="a")], name="inner")
    nested = keras.Model(a, inner(a))
    assert as_extractors(LayerExtractor("inner/a"), nested) == [LayerExtractor("inner/a")]
    assert as_extractors(LayerExtractor("a"), nested) == [InputExtractor("a")]
