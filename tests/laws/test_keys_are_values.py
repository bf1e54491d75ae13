"""Results of a used calculator equal those of a new one, whatever settings came before: in both orders."""

import copy
import dataclasses
import functools
import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L
from zoo import normal, randomised

from kerasal import (
    Background,
    Fold,
    GaussianNoiseSampler,
    GradientCalculator,
    IntegratedGradientsCalculator,
    NoiseSampler,
    OcclusionCalculator,
    Statistic,
    UniformNoiseSampler,
)
from kerasal.calculators.attribution import Attribution

X = normal(4, 3)
absolute = functools.partial(GaussianNoiseSampler, "absolute", 0.5)


def network():
    inner = keras.Sequential([keras.Input((4, 3)), L.Dense(4, "tanh", name="fc")], name="a")
    other = keras.Sequential([keras.Input((4, 4)), L.Dense(4, "tanh", name="fc")], name="b")
    return randomised(keras.Sequential([keras.Input((4, 3)), inner, other, L.Flatten(), L.Dense(2, name="head")]))


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Speckle(NoiseSampler):
    contrast: float = 0.1

    def place(self, target, spread, drawn):
        return target * (1 + self.contrast * drawn)


@dataclasses.dataclass(frozen=True, eq=False, repr=False, slots=True)
class InSlots(NoiseSampler):
    contrast: float = 0.1

    def place(self, target, spread, drawn):
        return target * (1 + self.contrast * drawn)


class OwnInit(NoiseSampler):
    """No dataclass: an `__init__` of its own, with settings of many kinds."""

    def __init__(self, contrast):
        super().__init__(mode="absolute")
        object.__setattr__(self, "contrast", contrast)

    def place(self, target, spread, drawn):
        values = tf.nest.flatten(self.contrast() if callable(self.contrast) else self.contrast)
        return (
            target
            + tf.cast(tf.add_n([tf.reduce_sum(tf.cast(each, tf.float32)) for each in values]), tf.float32) * drawn
        )


def class_of(contrast):
    """Classes of one name."""

    class Made(NoiseSampler):
        def place(self, target, spread, drawn):
            return target * (1 + contrast * drawn)

    return Made()


def element(factor):
    return lambda samples: factor * samples


class Scaled(Statistic):
    def __init__(self, factor):
        self.factor = factor

    def of(self, moments):
        return self.factor * moments.mean


ROWS = np.array([[True], [False], [False], [True]])
NOISE = {
    "mode": (GaussianNoiseSampler(mode="absolute"), GaussianNoiseSampler(mode="relative")),
    "kind": (GaussianNoiseSampler(mode="absolute"), UniformNoiseSampler(mode="absolute")),
    "axis": (GaussianNoiseSampler(axis=1), GaussianNoiseSampler(axis=2)),
    "axes": (GaussianNoiseSampler(axis=(1, 2)), GaussianNoiseSampler(axis=2)),
    "shape of a mask": (absolute(mask=ROWS), absolute(mask=np.tile(ROWS, (1, 3)))),
    "mask of bytes": (absolute(mask=np.array([1, 0, 0], "int8")), absolute(mask=np.array([0, 0, 1], "int8"))),
    "dtype of a mask": (absolute(mask=np.array([[1], [0], [0], [0]])), absolute(mask=np.array([[0], [1], [0], [0]]))),
    "mask of a tensor": (absolute(mask=tf.constant(ROWS)), absolute(mask=tf.constant(~ROWS))),
    "functions": (absolute(mask=lambda t: t > 0), absolute(mask=lambda t: t < 0)),
    "partial": (
        absolute(mask=functools.partial(tf.greater, y=0.0)),
        absolute(mask=functools.partial(tf.greater, y=0.5)),
    ),
    "clip": (absolute(clip=(-1, 1)), absolute(clip=(-0.1, 0.1))),
    "clip of an array": (absolute(clip=np.array([-1.0, 1.0])), absolute(clip=np.array([-0.1, 0.1]))),
    "stratified": (absolute(stratified=True), absolute()),
    "dataclass": (Speckle(contrast=0.2), Speckle(contrast=0.9)),
    "slots": (InSlots(contrast=0.2), InSlots(contrast=0.9)),
    "own init": (OwnInit(0.2), OwnInit(0.9)),
    "list": (OwnInit([0.2, 0.3]), OwnInit([0.2, 0.9])),
    "set": (OwnInit(lambda: sorted({0.2, 0.3})), OwnInit(lambda: sorted({0.9}))),
    "array": (OwnInit(np.array([0.2, 0.3])), OwnInit(np.array([[0.2], [0.9]]))),
    "dtype of an array": (OwnInit(np.array([1], "int64")), OwnInit(np.array([1, 0], "int32"))),
    "tensor": (OwnInit(tf.constant(0.2)), OwnInit(tf.constant(0.9))),
    "dict": (OwnInit({"a": 0.2}), OwnInit({"a": 0.9})),
    "lambda": (OwnInit(lambda: 0.2), OwnInit(lambda: 0.9)),
    "True and 1": (OwnInit(True), OwnInit(2)),
    "classes of one name": (class_of(0.2), class_of(0.9)),
}
METHODS = {
    "lambdas": (element(2.0), element(5.0)),
    "partial": (functools.partial(tf.multiply, 2.0), functools.partial(tf.multiply, 5.0)),
    "statistics": (Fold(tf.abs, Scaled(2.0)), Fold(tf.abs, Scaled(5.0))),
    "statistics of elements": (Fold(tf.abs, Scaled(2.0)), Fold(tf.square, Scaled(2.0))),
}


def alike(one, other):
    pairs = zip(one, other, strict=True) if isinstance(one, list) else [(one, other)]
    for first, second in pairs:
        np.testing.assert_array_equal(first.values, second.values)


def law(model, *calls):
    """Each call of one used calculator as of a new one, there and back."""
    used = GradientCalculator(model, 0)
    new = [GradientCalculator(model, 0).explain(X, M=3, **how) for how in calls]
    for place in (0, 1, 0):
        alike(used.explain(X, M=3, **calls[place]), new[place])


@pytest.mark.parametrize("what", NOISE)
def test_keys_of_samplers(what):
    one, other = NOISE[what]
    assert one.key == copy.copy(one).key != other.key == copy.copy(other).key
    assert hash(one.key) == hash(copy.copy(one).key)


@pytest.mark.filterwarnings("ignore:The map")
@pytest.mark.parametrize(
    "what", ["shape of a mask", "mask of a tensor", "functions", "slots", "array", "classes of one name"]
)
def test_samplers(what):
    law(network(), *({"noise_sampler": sampler} for sampler in NOISE[what]))


@pytest.mark.filterwarnings("ignore:The map")
@pytest.mark.parametrize("what", METHODS)
def test_methods(what):
    law(network(), *({"noise_sampler": absolute(), "method": method} for method in METHODS[what]))


@pytest.mark.filterwarnings("ignore:The map")
def test_dropout_behind_layers_of_one_name():
    model = network()
    first, second = model.layers[-4].get_layer("fc"), model.layers[-3].get_layer("fc")
    law(model, {"train": {first: 0.5}}, {"train": {second: 0.5}})
    law(model, {"train": {"a/fc": 0.5}}, {"train": {"a/fc": np.float32(0.25)}})


@pytest.mark.filterwarnings("ignore:The map")
def test_settings_that_change_in_place():
    model, factors, mask = network(), [2.0], np.array([True, False, False])
    settings = types.SimpleNamespace(contrast=0.2)
    calls = [
        ({"method": lambda samples: factors[0] * samples}, lambda: factors.__setitem__(0, 5.0)),
        ({"noise_sampler": absolute(mask=mask), "M": 3}, lambda: mask.__setitem__(1, True)),
        ({"noise_sampler": absolute(mask=lambda t: t > factors[0]), "M": 3}, lambda: factors.__setitem__(0, 0.0)),
        ({"noise_sampler": OwnInit(lambda: settings.contrast), "M": 3}, lambda: setattr(settings, "contrast", 0.9)),
    ]
    for how, change in calls:
        used = GradientCalculator(model, 0)
        before = used.explain(X, **how)
        change()
        after = used.explain(X, **how)
        assert not np.array_equal(before.values, after.values)
        alike(after, GradientCalculator(model, 0).explain(X, **how))


def test_arrays_given_to_calculators_are_copies():
    model, baseline, groups = network(), np.zeros((4, 3), "float32"), np.arange(12).reshape(4, 3)
    fill = np.zeros((4, 3), "float32")
    made = [
        IntegratedGradientsCalculator(model, 0, baseline=baseline, steps=64),
        IntegratedGradientsCalculator(model, 0, baseline=Background(baseline[None]), steps=64),
        OcclusionCalculator(model, 0, groups=groups),
        OcclusionCalculator(model, 0, fill=fill),
    ]
    before = [each.explain(X).values for each in made]
    baseline[...], groups[...], fill[...] = 5.0, 0, 5.0
    for each, was in zip(made, before, strict=True):
        np.testing.assert_array_equal(each.explain(X).values, was)
    with pytest.raises(ValueError, match="read-only"):
        made[0].baseline[...] = 5
    made[2].groups.numbers[...] = 0
    assert not np.array_equal(made[2].explain(X).values, before[2])  # seen


class Times(Attribution):
    def __init__(self, factor):
        self.factor = factor

    def attribution(self, score, target, at):
        return score.differentiate(target, lambda found: self.factor * found.gradient)


class OfParts(GradientCalculator):
    """A calculator that folds two methods of one class."""

    def fold(self, session, fold):
        session.fold(fold, Times(2.0))
        return session.fold(fold, Times(5.0))


def test_methods_of_one_class_with_other_settings():
    model = network()
    plain = GradientCalculator(model, 0).explain(X).values
    np.testing.assert_allclose(OfParts(model, 0).explain(X).values, 5 * plain, rtol=1e-6)
