"""Each change of docs/follows_changes.md, tried: programs are traced again, or are not and the page says so."""

import collections
import functools
import os
import re
import sys
import types
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L
from zoo import normal

from kerasal import (
    ActivationMaximizer,
    GradientCalculator,
    IntegratedGradientsCalculator,
    OcclusionCalculator,
    scores,
)
from kerasal.activation_maximization import TotalVariation

PAGE = Path(__file__).parents[2] / "docs" / "follows_changes.md"
KERAS_2 = keras.__version__.startswith("2.")
X = normal(4)
NUMBER = 1.0
CASES = {}  # words of the page -> function that gives (calculator, change)


def case(words, *, on=(True, True)):
    """Register a case; `on`: whether it can be tried with Keras 2 and with Keras 3."""

    def keep(make):
        if on[0 if KERAS_2 else 1]:
            CASES[words] = make
        return make

    return keep


def network(*layers):
    return keras.Sequential([keras.Input((4,)), *layers, L.Dense(2, name="head")])


def around(function):
    """A model with a function inside."""
    return network(L.Lambda(function) if KERAS_2 else L.Lambda(function, output_shape=(4,)))


def of(function, change):
    return GradientCalculator(around(function), 0), change


class Numbers:
    """Numbers as users keep them."""

    shared = 1.0
    __slots__ = ("__dict__", "slot")

    def __init__(self):
        self.number, self.slot, self.hidden = 1.0, 1.0, 1.0

    @property
    def of_property(self):
        return self.hidden

    def score(self, outputs):
        return self.number * outputs[:, 0]


class Own(L.Layer):
    def __init__(self):
        super().__init__()
        self.number, self._private, self.settings = 1.0, 1.0, {"a": [{"b": 1.0}]}

    def call(self, x):
        return x * self.number


class Holder(keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks, self.head = [L.Activation("tanh"), L.Activation("relu")], L.Dense(2)

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def holder():
    model = Holder()
    model(X)
    return model


def setting(layer, name, value):
    return GradientCalculator(network(layer), 0), lambda: setattr(layer, name, value)


def entry(values, place=0):
    """A function that closes over a container, of which an entry is changed."""
    return of(lambda x: x * values[place], lambda: values.__setitem__(place, 3.0))


case("a rate of dropout")(lambda: setting(L.Dropout(0.1), "rate", 0.5))
case("an activation")(lambda: setting(L.Dense(4), "activation", tf.nn.relu))
case("another number of a layer of Keras")(lambda: setting(L.BatchNormalization(), "epsilon", 0.5))
case("`trainable`")(lambda: setting(L.Dense(4), "trainable", False))
case("an attribute of a layer of one's own")(lambda: setting(Own(), "number", 2.0))
case("a private attribute of such a layer")(lambda: setting(Own(), "_private", 2.0))


@case("what is deep inside an attribute")
def deep():
    layer = Own()
    return GradientCalculator(network(layer), 0), lambda: layer.settings["a"][0].__setitem__("b", 2.0)


@case("the dtype policy of a layer")
def policy():
    if KERAS_2:
        layer = L.Dense(4)
        return GradientCalculator(network(layer), 0), lambda: layer._set_dtype_policy("mixed_bfloat16")
    return setting(L.Dense(4), "dtype_policy", "mixed_bfloat16")


@case("LoRA", on=(False, True))
def lora():
    layer = L.Dense(4)
    return GradientCalculator(network(layer), 0), lambda: layer.enable_lora(2)


@case("quantised weights", on=(False, True))
def quantized():
    model = network(L.Dense(4))
    return GradientCalculator(model, 0), lambda: model.quantize("int8")


@case("`Sequential.add` and `pop`")
def popped():
    model = network(L.Activation("tanh"))
    return GradientCalculator(model, 0), model.pop


@case("a layer in a list of a subclassed model")
def replaced():
    model = holder()
    return GradientCalculator(model, 0), lambda: model.blocks.__setitem__(0, L.Activation("softplus"))


@case("the order of such a list")
def reordered():
    model = holder()
    return GradientCalculator(model, 0), model.blocks.reverse


@case("`call` of a layer")
def call_of_layer():
    layer = L.Dense(4)
    return GradientCalculator(network(layer), 0), lambda: setattr(layer, "call", lambda x: 2 * x)


@case("`call` of a model")
def call_of_model():
    model = holder()
    return GradientCalculator(model, 0), lambda: setattr(model, "call", lambda x: 2 * x)


@case("`call` of a class, also of Keras")
def call_of_class():
    was = L.Dense.call
    return GradientCalculator(network(), 0), lambda: (setattr(L.Dense, "call", lambda *a, **k: was(*a, **k)), was)


@case("an attribute of a class")
def of_class():
    numbers = Numbers()
    return of(lambda x: x * numbers.shared, lambda: setattr(Numbers, "shared", 2.0))


@case("the function of a `Lambda`")
def of_lambda():
    model = around(lambda x: x)
    return GradientCalculator(model, 0), lambda: setattr(model.layers[-2], "function", lambda x: 2 * x)


@case("a compiled loss")
def loss():
    model = network()
    model.compile("sgd", "mse")
    return GradientCalculator(model, scores.Loss()), lambda: model.compile("sgd", "mae")


@case("label smoothing of a compiled loss")
def smoothing():
    model, found = network(), keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    model.compile("sgd", found)
    return GradientCalculator(model, scores.Loss()), lambda: found._fn_kwargs.update(label_smoothing=0.5)


@case("loss weights")
def weights_of_losses():
    inputs = keras.Input((4,))
    model = keras.Model(inputs, [L.Dense(2)(inputs), L.Dense(3)(inputs)])
    model.compile("sgd", ["mse", "mse"], loss_weights=[1.0, 2.0])
    again = functools.partial(model.compile, "sgd", ["mse", "mse"], loss_weights=[1.0, 5.0])
    return GradientCalculator(model, scores.Loss()), again


@case("a number that a function closes over")
def closed_over():
    number = 1.0

    def change():
        nonlocal number
        number = 2.0

    return of(lambda x: x * number, change)


case("an entry of a list")(lambda: entry([1.0]))
case("an entry of a long list, among the first 1 000")(lambda: entry([1.0] * 5000, 500))
case("an entry of a dict")(lambda: entry({0: 1.0}))
case("an entry of a deque")(lambda: entry(collections.deque([1.0])))
case("an entry of an array, in place")(lambda: entry(np.ones(4)))
case("an entry of an array up to 1 MB")(lambda: entry(np.ones(100_000), 777))
case("an entry of an array of objects")(lambda: entry(np.array([1.0, "a"], object)))


@case("an entry of a set")
def of_set():
    values = {1.0}
    return of(lambda x: x * len(values), lambda: values.add(2.0))


@case("all numbers of a larger array")
def all_numbers():
    values = np.ones(1_000_000)
    return of(lambda x: x * values[0], lambda: values.__imul__(2.0))


@case("a few numbers of a larger array")
def few_numbers():
    values = np.ones(1_000_000)
    return of(lambda x: x * values[1], lambda: values.__setitem__(1, 2.0))


@case("an entry of a long list beyond the first 1 000")
def far_entry():
    return entry([1.0] * 5000, 3000)


@case("a constant of TensorFlow, replaced")
def constant():
    values = [tf.constant(1.0)]
    return of(lambda x: x * values[0], lambda: values.__setitem__(0, tf.constant(2.0)))


case("a global number")(lambda: of(lambda x: x * NUMBER, lambda: globals().update(NUMBER=NUMBER + 1)))


@case("an attribute of a module of one's own")
def of_module():
    module = types.ModuleType("settings_of_mine")
    module.number = 1.0
    return of(lambda x: x * module.number, lambda: setattr(module, "number", 2.0))


@case("an attribute of a module that is imported inside the function")
def imported_inside():
    sys.modules["settings_of_mine"] = module = types.ModuleType("settings_of_mine")
    module.number = 1.0

    def function(x):
        import settings_of_mine

        return x * settings_of_mine.number

    return of(function, lambda: setattr(module, "number", 2.0))


@case("a default argument")
def default():
    def function(x, factors=[1.0]):  # noqa: B006
        return x * factors[0]

    return of(function, lambda: function.__defaults__[0].append(2.0))


@case("a default keyword")
def default_keyword():
    def function(x, *, factor=1.0):
        return x * factor

    return of(function, lambda: function.__kwdefaults__.update(factor=2.0))


@case("an attribute of a function")
def of_function():
    def function(x):
        return x * function.factor

    function.factor = 1.0
    return of(function, lambda: setattr(function, "factor", 2.0))


@case("code of a function")
def code():
    def function(x):
        return x

    return of(function, lambda: setattr(function, "__code__", (lambda x: 2 * x).__code__))


@case("what an inner function closes over")
def inner():
    factors = [1.0]

    def scaled(x):
        return x * factors[0]

    return of(lambda x: scaled(x), lambda: factors.append(2.0))


@case("inside `functools.partial`")
def partial():
    factors = [1.0]
    function = functools.partial(lambda factors, outputs: factors[0] * outputs[:, 0], factors)
    return GradientCalculator(network(), function), lambda: factors.append(2.0)


@case("inside a `tf.function`")
def of_graph():
    factors = [1.0]
    function = tf.function(lambda outputs: factors[0] * outputs[:, 0])
    return GradientCalculator(network(), function), lambda: factors.append(2.0)


@case("an object whose method is the score")
def of_method():
    numbers = Numbers()
    return GradientCalculator(network(), numbers.score), lambda: setattr(numbers, "number", 2.0)


@case("an attribute in a slot")
def in_slot():
    numbers = Numbers()
    return of(lambda x: x * numbers.slot, lambda: setattr(numbers, "slot", 2.0))


@case("what a property reads")
def of_property():
    numbers = Numbers()
    return of(lambda x: x * numbers.of_property, lambda: setattr(numbers, "hidden", 2.0))


@case("another model that a function calls")
def other_model():
    other, layer = network(), L.Dropout(0.1)
    other = network(layer)
    return GradientCalculator(network(), eval_fun=lambda x: other(x)[:, 0]), lambda: setattr(layer, "rate", 0.5)


@case("what the function of a baseline or a fill closes over")
def baseline():
    factors = [1.0]
    start = IntegratedGradientsCalculator(network(), 0, baseline=lambda target: factors[0] * target)
    OcclusionCalculator(network(), 0, fill=lambda target: factors[0] * target)
    return start, lambda: factors.append(2.0)


@case("an attribute of a regularizer of an `ActivationMaximizer`")
def regularizer():
    penalty = TotalVariation()
    maximizer = ActivationMaximizer(network(), 0, None, regularizers={penalty: 0.1})
    return maximizer, lambda: vars(penalty).update(order=7)


@case("`floatx` and `image_data_format`")
def of_keras():
    return GradientCalculator(network(), 0), lambda: keras.backend.set_image_data_format("channels_first")


@case("`Normalization.adapt`")
def adapted():
    layer = L.Normalization()
    layer.adapt(X)
    return GradientCalculator(network(layer), 0), lambda: layer.adapt(3 * X)


@case("environment variables")
def environment():
    return of(lambda x: x * float(os.environ.get("KERASAL_NUMBER", "1")), lambda: os.environ.update(KERASAL_NUMBER="2"))


@case("what is inside an installed library")
def of_library():
    return of(lambda x: x * np.testing.verbose, lambda: setattr(np.testing, "verbose", np.testing.verbose + 1))


def _rows():
    """The rows of the page: {words: outcome}."""
    rows = re.findall(r"^\| (.+?) \| (traced again|at once|not seen) \|", PAGE.read_text(), re.MULTILINE)
    return dict(rows)


@pytest.fixture(autouse=True)
def put_back():
    call = L.Dense.call
    yield
    L.Dense.call, Numbers.shared = call, 1.0
    keras.backend.set_image_data_format("channels_last")
    os.environ.pop("KERASAL_NUMBER", None)


@pytest.mark.parametrize("words", CASES)
def test_a_change_is_as_the_page_says(words):
    calculator, change = CASES[words]()
    known = calculator.traces.of_now()
    assert calculator.traces.of_now() is known
    change()
    is_traced_again = calculator.traces.of_now() is not known
    assert is_traced_again is (_rows()[words] == "traced again")
    if not is_traced_again:  # the way out
        calculator.reset()
        assert calculator.traces.of_now() is not known
