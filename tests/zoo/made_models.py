"""Models that hypothesis makes up: layers of every kind in a row, in every form that users write, with their logits by hand."""

import contextlib
import dataclasses
import random
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from by_hand import dense, head, into, plain
from hypothesis import strategies as st
from keras import layers as L
from made_steps import FIRST, STEPS, Step
from zoo import Case

N = 3  # examples
SHAPES = {"image": (7, 6, 2), "series": (8, 3), "table": (5,), "tokens": (6,)}
MERGES = {"concatenate": L.Concatenate, "add": L.Add, "multiply": L.Multiply}
FORMS = ("functional", "functional", "nested", "nested twice", "sequential", "subclassed")
HEADS = ("softmax", "softmax", "linear", "activation", "sigmoid", "one")


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a made-up model is of; the same plan gives the same model.

    Attributes:
        kind: of the first input, a key of SHAPES.
        steps: (name of a step, number that chooses its settings) of the way from the first input.
        form: how it is written.
        head: what comes last.
        second: kind of a second input, or ""; merge: how it joins the first.
        outputs: "one", or the container of two heads.
        is_mixed: whether layers compute in float16.
    """

    kind: str
    steps: tuple[tuple[str, int], ...]
    form: str
    head: str
    second: str = ""
    merge: str = "concatenate"
    outputs: str = "one"
    is_mixed: bool = False

    @property
    def is_random(self) -> bool:
        return any(name in ("dropout", "noise", "drop_recurrent", "drop_attention") for name, _ in self.steps)

    @property
    def x(self) -> Any:
        first = values(self.kind, 0)
        return [first, values(self.second, 1)] if self.second else first

    def case(self) -> Case:
        """The model as a case of the zoo."""
        target = "inner" if self.kind == "tokens" else ""
        score = {"kind": None} if self.outputs != "one" else None
        y = np.array([0, 2, 1]) if self.head not in ("sigmoid", "one") else np.array([0, 1, 1])
        rtol = 3e-2 if self.is_mixed else 2e-4
        return Case(self.make, self.x, self._logits(), self.is_random, target, score, rtol, y)

    def make(self) -> keras.Model:
        with policy("mixed_float16") if self.is_mixed else contextlib.nullcontext():
            return _FORMS[self.form](self)

    def first_steps(self) -> list[Step]:
        return [
            FIRST[self.kind](self.steps[0][1]),
            *(STEPS[self.kind][name](number) for name, number in self.steps[1:]),
        ]

    def _logits(self) -> Any:
        if self.outputs != "one":
            return dense("kind")
        if self.form == "subclassed":
            return head("head")
        return {"softmax": dense("head"), "sigmoid": dense("head"), "activation": into("softmax")}.get(self.head, plain)


@contextlib.contextmanager
def policy(name):
    """Layers made meanwhile, and their inputs, are of a dtype."""
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(name)
    keras.backend.set_floatx("float64" if name == "float64" else "float32")
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)
        keras.backend.set_floatx("float32")


def values(kind, seed):
    """An input of a kind, (N, ...)."""
    rng = np.random.default_rng(seed)
    if kind == "tokens":
        return rng.integers(0, 9, size=(N, *SHAPES[kind])).astype("int32")
    return rng.normal(size=(N, *SHAPES[kind])).astype("float32")


def plan_of(seed: int) -> Plan:
    """A plan; every kind of step, form, head and input is among a few dozen of them, as often as any other."""
    rng = random.Random(seed)
    kind = rng.choice(("image", "image", "series", "table", "tokens"))
    names = [rng.choice(sorted(STEPS[kind])) for _ in range(rng.randint(1, 4))]
    steps = tuple((name, rng.randrange(60)) for name in ("first", *names))
    form, last = rng.choice(FORMS), rng.choice(HEADS)
    several = form not in ("sequential", "subclassed")
    second = rng.choice(("", "", "table", "tokens", "series")) if several else ""
    outputs = rng.choice(("one", "one", "one", "dict", "list")) if several else "one"
    return Plan(kind, steps, form, last, second, rng.choice(sorted(MERGES)), outputs, rng.random() < 1 / 8)


SEEDS = st.integers(0, 2**32 - 1)
PLANS = SEEDS.map(plan_of)


def _input(kind):
    return keras.Input(SHAPES[kind], dtype="int32" if kind == "tokens" else None)


def _flat():
    return L.Flatten(name="flat")


def _heads(plan, x):
    """The outputs of a functional model."""
    if plan.outputs != "one":
        a = L.Dense(3, activation="softmax", dtype=_head_dtype(plan), name="kind")(x)
        b = L.Dense(1, dtype=_head_dtype(plan), name="size")(x)
        return {"kind": a, "size": b} if plan.outputs == "dict" else [a, b]
    for layer in _head_layers(plan):
        x = layer(x)
    return x


def _head_dtype(plan):
    return "float32" if plan.is_mixed else None


def _head_layers(plan):
    dtype = _head_dtype(plan)
    if plan.head == "activation":
        return [L.Dense(3, name="head", dtype=dtype), L.Activation("softmax", name="softmax", dtype=dtype)]
    units = 1 if plan.head in ("sigmoid", "one") else 3
    activation = {"softmax": "softmax", "sigmoid": "sigmoid"}.get(plan.head)
    return [L.Dense(units, activation=activation, name="head", dtype=dtype)]


def _functional(plan, depth=0):
    """The way through the steps is a model in a model, `depth` deep."""
    first = _input(plan.kind)
    steps, x = plan.first_steps(), first
    if depth:
        x = steps[0].applied(x)
        x = _nested(steps[1:], x, depth)(x)
    else:
        for step in steps:
            x = step.applied(x)
    x = _flat()(x)
    inputs = first
    if plan.second:
        second = _input(plan.second)
        y = L.Embedding(9, 4, name="second")(second) if plan.second == "tokens" else second
        y = L.Dense(6, activation="tanh")(L.Flatten()(y))
        x, inputs = MERGES[plan.merge]()([L.Dense(6)(x), y]), [first, second]
    return keras.Model(inputs, _heads(plan, x))


def _nested(steps, x, depth):
    inputs = keras.Input(tuple(x.shape[1:]), dtype=x.dtype)
    y = inputs
    if depth > 1:
        middle = len(steps) // 2
        for step in steps[:middle]:
            y = step.applied(y)
        y = _nested(steps[middle:], y, depth - 1)(y)
    else:
        for step in steps:
            y = step.applied(y)
    return keras.Model(inputs, y, name=f"nested_{depth}")


def _sequential(plan):
    steps = [step for step in plan.first_steps() if step.joint is None]
    x, body = _input(plan.kind), []
    inputs = x
    for step in steps:
        layers = step.layers_for(x)
        for layer in layers:
            x = layer(x)
        body += layers
    return keras.Sequential([inputs, *body, _flat(), *_head_layers(plan)])


class Subclassed(keras.Model):
    """The steps one after the other in code, and a softmax that no layer shows."""

    def __init__(self, plan):
        super().__init__()
        self.plan_steps, x = plan.first_steps(), _input(plan.kind)
        for step in self.plan_steps:  # layers are chosen by the shapes that come
            x = step.applied(x)
        for step in self.plan_steps:
            step.made_anew()
        self.parts = [step.layers for step in self.plan_steps]
        self.flat, self.head = _flat(), _head_layers(plan)[0]
        self.head.activation = keras.activations.linear
        self.last = {"softmax": tf.nn.softmax, "activation": tf.nn.softmax, "sigmoid": tf.sigmoid}.get(plan.head)

    def call(self, x):
        for step in self.plan_steps:
            x = step.in_code(x)
        x = self.head(self.flat(x))
        return x if self.last is None else self.last(x)


_FORMS = {
    "functional": _functional,
    "nested": lambda plan: _functional(plan, 1),
    "nested twice": lambda plan: _functional(plan, 2),
    "sequential": _sequential,
    "subclassed": Subclassed,
}
