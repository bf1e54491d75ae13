"""Synthetic tasks whose cause is planted: series with a box, pictures, words and columns."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import planted_methods as methods
import planted_networks as networks
from planted_pictures import shapes, tetrominoes
from planted_series import BACKGROUNDS, BOXES, series
from task import Part, Planted, Task, Trained, fitted

from kerasal.metrics import AveragePrecision, Measurement


def words(rng: np.random.Generator, count: int, kind: str) -> Planted:
    """Make texts of 40 words, three of which say the class: of 20 for either class, among 500."""
    y = rng.integers(0, 2, count)
    x, mask = rng.integers(41, 541, (count, 40)), np.zeros((count, 40), bool)
    for n in range(count):
        places = rng.choice(40, 3, replace=False)
        x[n, places], mask[n, places] = rng.integers(1, 21, 3) + 20 * y[n], True
    return Planted(x.astype("int32"), y, mask)


def columns(rng: np.random.Generator, count: int, kind: str) -> Planted:
    """Make tables of 20 columns; four give the class: two add up, two by their product."""
    x = rng.normal(size=(count, 20))
    logit = 2 * x[:, 3] - 1.5 * x[:, 7] + 2 * x[:, 11] * x[:, 15]
    mask = np.zeros((count, 20), bool)
    mask[:, [3, 7, 11, 15]] = True
    return Planted(x.astype("float32"), (logit > 0).astype(int), mask)


def judge_by(mask: np.ndarray) -> Callable[[list[np.ndarray]], Measurement]:
    """Judge the size of maps, (N, ...) with size 1 for axes they do not tell apart, by the average precision with which they rank the cause."""

    def judge(chunks: list[np.ndarray]) -> Measurement:
        (maps,) = chunks
        spread = maps.reshape(
            maps.shape + (1,) * (mask.ndim - maps.ndim)
        )  # a map of steps is the same for all features
        own = spread.squeeze(-1) if spread.ndim > mask.ndim else spread
        return AveragePrecision(mask)(None, np.broadcast_to(np.abs(own), mask.shape))

    return judge


def constant(steps: int) -> float:
    """Learn at one rate."""
    return 2e-3


def falling(steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    """Learn at a rate that falls to 0."""
    return keras.optimizers.schedules.CosineDecay(2e-3, steps)


def train(
    make: Any, network: Any, kind: str, variant: str, count: int, epochs: int, rate: Callable[[int], Any] = constant
) -> Callable[[int, bool, Path], Trained]:
    """Give what trains a network on planted examples made anew for every seed."""

    def train_one(seed: int, quick: bool, weights: Path) -> Trained:
        rng = np.random.default_rng(seed)
        learnt = make(rng, count // 3 if quick else count, variant)
        held, tested = make(rng, 8 if quick else 30, variant), make(rng, 30 if quick else 100, variant)
        model = network()
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(rate(epochs * -(-len(learnt.x) // 32))), loss)
        fitted(model, weights, lambda: model.fit(learnt.x, learnt.y, batch_size=32, epochs=epochs, verbose=0))
        own = float(np.mean(model.predict(tested.x, verbose=0).argmax(1) == tested.y))
        parts = (Part([part.x], judge_by(part.mask)) for part in (held, tested))
        return Trained(model, own, methods.recipes_of(model, learnt.x, kind), *parts)

    return train_one


CHANCE = "average precision of |map| as a ranking of the planted cause"
SERIES = ("middle", "moving", "small", "rare in time", "rare in features", *BACKGROUNDS)
PICTURES = ("linear", "xor", "translations", "linear, correlated", "xor, correlated", "translations, correlated")


def _task(name: str, truth: str, random: float, train_one: Callable[[int, bool, Path], Trained]) -> Task:
    return Task(name, truth, CHANCE, "accuracy", train_one, random, {})


def tasks() -> list[Task]:
    """List the planted tasks."""
    found = []
    for variant in SERIES:
        steps, features = BOXES.get(variant, (26, 26))
        for network, called in ((networks.cnn_of_series, "convolutions"), (networks.lstm_of_series, "LSTM")):
            words_of = f"background {variant}" if variant in BACKGROUNDS else f"box {variant}"
            made = train(series, network, called, variant, 1500, 8)
            truth = "the box of steps and features that is shifted"
            found.append(_task(f"series, {words_of}, {called}", truth, steps * features / 2500, made))
    for variant in PICTURES:
        made = train(tetrominoes, networks.cnn_of_pictures, "picture", variant, 6000, 8)
        share = 0.125 if variant.startswith("xor") else 0.0625
        found.append(_task(f"tetrominoes, {variant}", "the cells of the tetrominoes", share, made))
    made = train(shapes, networks.cnn_of_shapes, "colour picture", "", 6000, 6, falling)
    found.append(_task("shapes", "the pixels of the disk or the cross that gives the class", 0.06, made))
    for network, kind, called in (
        (networks.network_of_words, "words", "words"),
        (networks.transformer_of_words, "transformer", "words, transformer"),
    ):
        made = train(words, network, kind, "", 4000, 6)
        found.append(_task(called, "the three words that say the class", 0.075, made))
    made = train(columns, networks.network_of_columns, "columns", "", 6000, 15)
    found.append(_task("columns", "the four columns that give the class", 0.2, made))
    return found
