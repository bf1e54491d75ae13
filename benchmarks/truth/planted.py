"""Synthetic tasks whose cause is planted: series with a box, tetrominoes, words and columns."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import planted_methods as methods
import planted_networks as networks
from task import Part, Task, Trained

from kerasal.metrics import AveragePrecision, Measurement


class Planted(NamedTuple):
    """Examples with their cause.

    Attributes:
        x: (N, ...); y: the class, (N,); mask: True where the cause is, (N, ...) of the maps.
    """

    x: np.ndarray
    y: np.ndarray
    mask: np.ndarray


def judge_by(mask: np.ndarray) -> Callable[[list[np.ndarray]], Measurement]:
    """Judge the size of maps by the average precision with which they rank the cause."""

    def judge(chunks: list[np.ndarray]) -> Measurement:
        (maps,) = chunks
        whole = maps.reshape(
            maps.shape + (1,) * (mask.ndim - maps.ndim)
        )  # maps of whole steps are the same for all features
        own = whole[..., 0] if whole.ndim > mask.ndim else whole
        return AveragePrecision(mask)(None, np.broadcast_to(np.abs(own), mask.shape))

    return judge


BOXES = {"small": (10, 10), "rare in time": (6, 40), "rare in features": (40, 6)}  # steps, features; others are 26 × 26
_MOVE = ("moving", "small")
_BACKGROUNDS = ("autoregressive", "harmonic", "NARMA")


def series(rng: np.random.Generator, count: int, kind: str) -> Planted:
    """Make series of 50 steps and 50 features; a box shifted by ±1 gives the class (Ismail et al. 2020, arXiv:2010.13924).

    Args:
        rng: of the noise.
        count: of series.
        kind: of the box, "middle", "moving", "small" (moves too), "rare in time" or "rare in features", in Gaussian noise; or
            of what is behind a box in the middle: "autoregressive", "harmonic" or "NARMA".
    """
    steps = features = 50
    behind = background(rng, count, steps, features, kind)
    y, mask = rng.integers(0, 2, count), np.zeros((count, steps, features), bool)
    long, wide = BOXES.get(kind, (26, 26))
    for n in range(count):
        begin = rng.integers(0, steps - long + 1) if kind in _MOVE else (steps - long) // 2
        first = rng.integers(0, features - wide + 1) if kind in _MOVE else (features - wide) // 2
        mask[n, begin : begin + long, first : first + wide] = True
    x = behind + mask * (2 * y[:, None, None] - 1)
    return Planted(x.astype("float32"), y, mask)


def background(rng: np.random.Generator, count: int, steps: int, features: int, kind: str) -> np.ndarray:
    """Make what is behind a box, (count, steps, features), of mean about 0 and variance 1."""
    noise = rng.normal(size=(count, steps, features))
    if kind == "autoregressive":
        for step in range(1, steps):
            noise[:, step] = 0.9 * noise[:, step - 1] + np.sqrt(1 - 0.9**2) * noise[:, step]
    elif kind == "harmonic":
        period, phase = rng.uniform(5, 25, (count, 1, features)), rng.uniform(0, 2 * np.pi, (count, 1, features))
        noise = np.sqrt(2) * np.sin(2 * np.pi * np.arange(steps)[:, None] / period + phase) + 0.3 * noise
    elif kind == "NARMA":
        noise = _narma(rng.uniform(0, 0.5, (count, steps + 20, features)))[:, 20:]
    return noise if kind != "NARMA" else (noise - noise.mean((0, 1))) / noise.std((0, 1))


def _narma(drive: np.ndarray) -> np.ndarray:
    """Nonlinear autoregressive moving average of order 10 (Atiya and Parlos 2000), kept finite by a hyperbolic tangent."""
    found = np.zeros_like(drive)
    for step in range(10, drive.shape[1]):
        before = found[:, step - 10 : step].sum(1)
        own = 0.3 * found[:, step - 1] + 0.05 * found[:, step - 1] * before
        found[:, step] = np.tanh(own + 1.5 * drive[:, step - 10] * drive[:, step - 1] + 0.1)
    return found


_TETROMINOES = ([(0, 0), (1, 0), (2, 0), (2, 1)], [(0, 0), (0, 1), (0, 2), (1, 1)])  # L and T


def tetrominoes(rng: np.random.Generator, count: int, kind: str) -> Planted:
    """Make pictures of 8 × 8 with tetrominoes in noise (XAI-TRIS, Clark et al. 2023, arXiv:2306.12816).

    Args:
        rng: of the noise.
        count: of pictures.
        kind: "linear": an L at the top left or a T at the bottom right says the class; "xor": both are there, with signs that are
            alike or not; "translations": either, anywhere; "correlated" behind it: smooth noise.
    """
    y, mask = rng.integers(0, 2, count), np.zeros((count, 8, 8), bool)
    signal = np.zeros((count, 8, 8))
    for n in range(count):
        if kind.startswith("translations"):
            cells = np.rot90(_bitmap(y[n]), rng.integers(0, 4))
            row, column = rng.integers(0, 8 - cells.shape[0] + 1), rng.integers(0, 8 - cells.shape[1] + 1)
            places = [(cells, row, column, 1.0)]
        elif kind.startswith("xor"):
            sign = rng.choice([-1.0, 1.0])
            places = [(_bitmap(0), 1, 1, sign), (_bitmap(1), 5, 4, sign * (2 * y[n] - 1))]
        else:
            places = [(_bitmap(y[n]), *((1, 1), (5, 4))[y[n]], 1.0)]
        for cells, row, column, height in places:
            at = (n, slice(row, row + cells.shape[0]), slice(column, column + cells.shape[1]))
            signal[at] += height * cells
            mask[at] |= cells
    noise = rng.normal(size=(count, 8, 8))
    if kind.endswith("correlated"):
        for axis in (1, 2):
            noise = sum(np.roll(noise, shift, axis) * weight for shift, weight in ((-1, 1), (0, 2), (1, 1)))
        noise /= noise.std()
    x = 0.9 * signal + 0.35 * noise
    return Planted(x[..., None].astype("float32"), y, mask)


def _bitmap(which: int) -> np.ndarray:
    cells = np.zeros((3, 3), bool)
    cells[tuple(np.array(_TETROMINOES[which]).T)] = True
    return cells[: cells.any(1).nonzero()[0][-1] + 1, : cells.any(0).nonzero()[0][-1] + 1]


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


def train(make: Any, network: Any, kind: str, variant: str, count: int, epochs: int) -> Callable[[int, bool], Trained]:
    """Give what trains a network on planted examples made anew for every seed."""

    def train_one(seed: int, quick: bool) -> Trained:
        rng = np.random.default_rng(seed)
        learnt = make(rng, count // 3 if quick else count, variant)
        held, tested = make(rng, 30, variant), make(rng, 30 if quick else 100, variant)
        model = network()
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(2e-3), loss)
        model.fit(learnt.x, learnt.y, batch_size=32, epochs=epochs, verbose=0)
        own = float(np.mean(model.predict(tested.x, verbose=0).argmax(1) == tested.y))
        parts = (Part([part.x], judge_by(part.mask)) for part in (held, tested))
        return Trained(model, own, methods.recipes_of(model, learnt.x, kind), *parts)

    return train_one


CHANCE = "average precision, of |map| as a ranking of the plant"
SERIES = ("middle", "moving", "small", "rare in time", "rare in features", *_BACKGROUNDS)
PICTURES = ("linear", "xor", "translations", "linear, correlated", "xor, correlated", "translations, correlated")


def _task(name: str, truth: str, random: float, train_one: Callable[[int, bool], Trained]) -> Task:
    return Task(name, truth, CHANCE, "accuracy", train_one, random, {})


def tasks() -> list[Task]:
    """List the planted tasks."""
    found = []
    for variant in SERIES:
        steps, features = BOXES.get(variant, (26, 26))
        for network, called in ((networks.cnn_of_series, "convolutions"), (networks.lstm_of_series, "LSTM")):
            words_of = f"background {variant}" if variant in _BACKGROUNDS else f"box {variant}"
            made = train(series, network, called, variant, 1500, 8)
            truth = "the box of steps and features that is shifted"
            found.append(_task(f"series, {words_of}, {called}", truth, steps * features / 2500, made))
    for variant in PICTURES:
        made = train(tetrominoes, networks.cnn_of_pictures, "picture", variant, 6000, 8)
        share = 0.125 if variant.startswith("xor") else 0.0625
        found.append(_task(f"tetrominoes, {variant}", "the cells of the tetrominoes", share, made))
    made = train(words, networks.network_of_words, "words", "", 4000, 6)
    found.append(_task("words", "the three words that say the class", 0.075, made))
    made = train(columns, networks.network_of_columns, "columns", "", 6000, 15)
    found.append(_task("columns", "the four columns that give the class", 0.2, made))
    return found
