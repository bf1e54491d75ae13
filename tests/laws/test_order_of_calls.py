"""Whatever was asked of a calculator before, and whatever failed, a call gives what a new calculator gives.

KERASAL_FUZZ=50 tries fifty times as many calls, each time others. The end of a run tells how many there were.
"""

import random
import warnings

import hypothesis
import keras
import numpy as np
import pytest
from every_calculator import METHODS, WAYS
from fuzz import DONE, FACTOR, told, tried
from hypothesis import strategies as st
from zoo import IMAGE, randomised
from zoo_models import any_size

from kerasal import GaussianNoiseSampler, LayerExtractor, UniformNoiseSampler, scores

WIDTHS = (5, 6, 8)
NOISES = (
    None,
    GaussianNoiseSampler(),
    GaussianNoiseSampler(scale=0.4),
    GaussianNoiseSampler(0.1, "absolute", clip=(-1.0, 1.0)),
    UniformNoiseSampler(),
    GaussianNoiseSampler(mask=np.ones((1, 1, 2), bool)),
    GaussianNoiseSampler(mask=np.array([[[True, False]]])),
    GaussianNoiseSampler(stratified=True),
)
TRAINS = (False, False, True, {"inner": 0.4}, {"inner": 0.2})
SCORES = {"predicted": dict, "label": lambda: {"score": scores.Label()}, "loss": lambda: {"score": scores.Loss()}}
DTYPES = ("float32", "float32", "float64", "float16", "int32")


def _doubled(y, outputs):
    return 2.0 * keras.losses.sparse_categorical_crossentropy(y, outputs)


class Net:
    """A model of pictures of any size, with what users change on it."""

    def __init__(self, pick):
        self.model, self.pick = randomised(any_size()), pick
        self.changes = (self._weights, self._rate, self._factor, self._activation, self._loss, self._step)
        self._loss()

    def change(self):
        self.pick(self.changes)()

    def _weights(self):
        self.model.set_weights([weight * self.pick((0.9, 1.1)) for weight in self.model.get_weights()])

    def _rate(self):
        self.model.get_layer("dropout").rate = self.pick((0.2, 0.3, 0.5))

    def _factor(self):
        self.model.get_layer("factor").scale = self.pick((0.5, 1.0, 2.0))

    def _activation(self):
        self.model.get_layer("inner").activation = self.pick((keras.activations.relu, keras.activations.tanh))

    def _loss(self):
        self.model.compile("sgd", self.pick(("sparse_categorical_crossentropy", _doubled)))

    def _step(self):
        self.model.train_on_batch(np.ones((2, 6, 6, 2), "float32"), np.zeros(2))


def question(rng, takes_y, shape=None):
    """Arguments of a call, of pictures of some shape."""
    pick, count = rng.choice, rng.randint(1, 6)
    shape = shape or (pick(WIDTHS), pick(WIDTHS), 2)
    x = np.random.default_rng(rng.randrange(10)).normal(size=(count, *shape)) * 3
    how = {"x": x.astype(pick(DTYPES)), "noise_sampler": pick(NOISES), "train": pick(TRAINS)}
    how |= {"seed": pick((0, 1, 2**40)), "batch_size": pick((None, 1, 2, 7, 64)), "first_example": pick((0, 0, 3))}
    how["M"] = pick((2, 3, 5)) if how["noise_sampler"] is not None or how["train"] else 1
    if takes_y:
        how["y"] = np.arange(count) % 3
    return how


def spoiled(rng, how):
    """The same arguments with a mistake."""
    wrong = {
        "x": (how["x"][0], how["x"][:0], np.full_like(how["x"], np.nan, "float32"), how["x"][..., :1], "x"),
        "M": (0, -1, 2.5),
        "batch_size": (0,),
        "train": ({"nowhere": 0.5},),
        "noise_sampler": ("much",),
        "seed": (1.5,),
    }
    name = rng.choice(sorted(wrong))
    return {**how, name: rng.choice(wrong[name])}


def asked(rng, how):
    """A function of a calculator that asks: samples, or maps by one or several methods."""
    if rng.random() < 0.3:
        return lambda calculator: [calculator.compute(**how)]
    methods = ["raw", "abs", "square", "mean_abs"] + ["var", "std"] * (how["M"] > 1)
    method = rng.sample(methods, 2) if rng.random() < 0.3 else rng.choice(methods)
    if how["M"] > 1 and method in ("raw", "abs", "square") and rng.random() < 0.2:
        how = {**how, "M": None, "target_error": 0.2, "max_samples": 40}
    fold = {"method": method, "ch_axis": rng.choice((None, -1, 2)), "ch_reduce": rng.choice(("sum", "max", "l2"))}

    def answers(calculator):
        found = calculator.explain(**how, **fold)
        found = found if isinstance(found, list) else [found]
        return [part for each in found for part in (each.values, each.std, each.scores) if part is not None]

    return answers


def outcome(ask, calculator):
    """Numbers, or the error."""
    try:
        return ask(calculator)
    except (ValueError, TypeError) as error:  # others are no refusal
        return type(error), str(error)


def is_same(found, expected):
    if isinstance(found, tuple) or isinstance(expected, tuple):
        return found == expected
    near = (
        np.allclose(a, b, rtol=1e-4, atol=1e-5 * np.abs(b).max(initial=0)) for a, b in zip(found, expected, strict=True)
    )
    return all(a.shape == b.shape for a, b in zip(found, expected, strict=True)) and all(near)


def sequence(method, seed, length):
    """Ask one calculator and new ones the same, with changes and mistakes in between; what differed."""
    rng, wrong = random.Random(seed), []
    net, name = Net(rng.choice), rng.choice(sorted(SCORES))
    target = LayerExtractor("inner") if rng.random() < 0.3 and "cam" not in method and method != "guided" else None

    def new():
        return METHODS[method].make(net.model, target_extractor=target, **SCORES[name]())

    used = new()
    for number in range(length):
        if rng.random() < 0.3:
            net.change()
        how = question(rng, name != "predicted", IMAGE.shape[1:] if method == "expected" else None)
        if rng.random() < 0.2:
            outcome(asked(rng, spoiled(rng, how)), used)
        ask = asked(rng, how)
        found, expected = outcome(ask, used), outcome(ask, new())
        DONE["calls"] += 1
        DONE["refused calls"] += isinstance(expected, tuple)
        if not is_same(found, expected):
            wrong.append(
                (method, name, seed, number, {key: value for key, value in how.items() if key != "x"}, found, expected)
            )
    return wrong


@pytest.mark.parametrize("method", METHODS if FACTOR > 1 else WAYS)
def test_the_order_of_calls_does_not_matter(method):
    @tried(1, shrinks=False)
    @hypothesis.given(st.integers(0, 2**32 - 1))
    def check(seed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            assert sequence(method, seed, 2) == []

    with told():
        check()
