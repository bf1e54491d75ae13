"""Synthetic tasks whose cause is planted: series with a box, tetrominoes, words and columns."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
from edges import EdgesCalculator
from task import Part, Task, Trained

from kerasal import Background, Recipe, recipes
from kerasal.metrics import AveragePrecision, Measurement

L = keras.layers


class Planted(NamedTuple):
    """Examples with their cause.

    Attributes:
        x: (N, ...); y: the class, (N,); mask: True where the cause is, (N, ...) of the maps.
    """

    x: np.ndarray
    y: np.ndarray
    mask: np.ndarray


def judge_by(mask: np.ndarray) -> Callable[[np.ndarray], Measurement]:
    """Judge the size of maps by the average precision with which they rank the cause."""
    return lambda maps: AveragePrecision(mask)(None, np.abs(maps.reshape(mask.shape)))


def series(rng: np.random.Generator, count: int, kind: str) -> Planted:
    """Make series of 50 steps and 50 features; a box shifted by ±1 gives the class (Ismail et al. 2020, arXiv:2010.13924)."""
    steps = features = 50
    noise = rng.normal(size=(count, steps, features))
    if kind == "autoregressive":
        for step in range(1, steps):
            noise[:, step] = 0.9 * noise[:, step - 1] + np.sqrt(1 - 0.9**2) * noise[:, step]
    y, mask = rng.integers(0, 2, count), np.zeros((count, steps, features), bool)
    long, wide = {"small": (10, 10), "rare in time": (6, 40), "rare in features": (40, 6)}.get(kind, (26, 26))
    for n in range(count):
        moves = kind in ("moving", "small")
        begin = rng.integers(0, steps - long + 1) if moves else (steps - long) // 2
        first = rng.integers(0, features - wide + 1) if moves else (features - wide) // 2
        mask[n, begin : begin + long, first : first + wide] = True
    x = noise + mask * (2 * y[:, None, None] - 1)
    return Planted(x.astype("float32"), y, mask)


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


def cnn_of_series() -> keras.Model:
    """Make a temporal convolutional network."""
    body = [L.Conv1D(32, 5, padding="same", dilation_rate=2**k, activation="relu", name=f"conv{k}") for k in range(3)]
    return keras.Sequential([keras.Input((50, 50)), *body, L.GlobalAveragePooling1D(), L.Dense(2)])


def lstm_of_series() -> keras.Model:
    """Make a recurrent network."""
    return keras.Sequential([keras.Input((50, 50)), L.LSTM(16, name="lstm"), L.Dense(2)])


def cnn_of_pictures() -> keras.Model:
    """Make a small convolutional network."""
    body = [L.Conv2D(24, 3, padding="same", activation="relu", name=f"conv{k}") for k in range(3)]
    return keras.Sequential([keras.Input((8, 8, 1)), *body, L.Flatten(), L.Dense(32, "relu"), L.Dense(2)])


def network_of_words() -> keras.Model:
    """Make a convolutional network of words."""
    body = [L.Embedding(541, 16, name="embed"), L.Conv1D(32, 3, padding="same", activation="relu", name="conv")]
    return keras.Sequential([keras.Input((40,), dtype="int32"), *body, L.GlobalMaxPooling1D(), L.Dense(2)])


def network_of_columns() -> keras.Model:
    """Make a multilayer perceptron."""
    return keras.Sequential([keras.Input((20,)), L.Dense(64, "relu"), L.Dense(64, "relu"), L.Dense(2)])


def recipes_of(model: keras.Model, learnt: Planted, kind: str) -> dict[str, Recipe]:
    """Give every method that applies to a kind of input: "series", "picture", "words" or "columns"."""
    at: dict[str, Any] = {"target_extractor": "embed", "ch_axis": -1} if kind == "words" else {}
    x, size = learnt.x, 3 if kind == "picture" else 1
    if kind == "words":
        x = model.get_layer("embed")(learnt.x[:500]).numpy()
    mean = x.mean((0, 1)) if kind == "words" else x.mean(0)
    found = {
        "gradient": recipes.vanilla(**at, **({"ch_reduce": "l2"} if at else {})),
        "gradient × input": recipes.gradient_times_input(**at),
        "SmoothGrad": recipes.smooth_grad(M=20, **at, **({"ch_reduce": "l2"} if at else {})),
        "SmoothGrad × input": recipes.smooth_grad(M=20, multiply_target=True, **at),
        "IG from 0": recipes.integrated_gradients(steps=32, **at),
        "IG from the mean": recipes.integrated_gradients(steps=32, baseline=mean, **at),
        "expected gradients": recipes.expected_gradients(Background(x[:64], drawn=True), M=20, steps=4, **at),
    }
    if kind == "series":
        found["temporal rescaling"] = recipes.temporal_rescaling()
        found["occlusion of 5 steps of 5 features"] = recipes.occlusion(5, 5, slide_axis=(1, 2))
    else:
        found["occlusion by 0"] = recipes.occlusion(size=size, **at)
        found["occlusion by the mean"] = recipes.occlusion(size=size, fill=mean, **at)
    if kind in ("picture", "columns"):
        found["guided backpropagation"] = recipes.guided_backprop()
        found["FullGrad"] = Recipe("FullGradientCalculator")
    if kind == "picture":
        found |= {"Grad-CAM": recipes.grad_cam(), "LayerCAM": Recipe("LayerCAMCalculator")}
        found["edges of the picture (no network)"] = Recipe(EdgesCalculator)
    return found


def train(make: Any, network: Any, kind: str, variant: str, count: int, epochs: int) -> Callable[[int, bool], Trained]:
    """Give what trains a network on planted examples made anew for every seed."""

    def train_one(seed: int, quick: bool) -> Trained:
        rng = np.random.default_rng(seed)
        learnt = make(rng, 400 if quick else count, variant)
        held, tested = make(rng, 40, variant), make(rng, 60 if quick else 120, variant)
        model = network()
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(2e-3), loss)
        model.fit(learnt.x, learnt.y, batch_size=32, epochs=2 if quick else epochs, verbose=0)
        own = float(np.mean(model.predict(tested.x, verbose=0).argmax(1) == tested.y))
        parts = (Part(part.x, judge_by(part.mask)) for part in (held, tested))
        return Trained(model, own, recipes_of(model, learnt, kind), *parts)

    return train_one


CHANCE = "average precision of |map| as a ranking of the plant"


def _task(name: str, truth: str, random: float, train_one: Callable[[int, bool], Trained]) -> Task:
    return Task(name, truth, CHANCE, "accuracy", train_one, random, {})


def tasks() -> list[Task]:
    """List the planted tasks."""
    found = []
    for variant, share in (("middle", 0.27), ("moving", 0.27), ("autoregressive", 0.27), ("rare in time", 0.096)):
        for network, called in ((cnn_of_series, "convolutions"), (lstm_of_series, "LSTM")):
            name = f"series, box {variant}, {called}"
            made = train(series, network, "series", variant, 1500, 8)
            found.append(_task(name, "the box of steps and features that is shifted", share, made))
    for variant in ("linear", "xor", "translations", "linear, correlated", "translations, correlated"):
        made = train(tetrominoes, cnn_of_pictures, "picture", variant, 6000, 8)
        found.append(
            _task(f"tetrominoes, {variant}", "the cells of the tetromino", 0.125 if variant == "xor" else 0.0625, made)
        )
    found.append(
        _task(
            "words", "the three words that say the class", 0.075, train(words, network_of_words, "words", "", 4000, 6)
        )
    )
    found.append(
        _task(
            "columns",
            "the four columns that give the class",
            0.2,
            train(columns, network_of_columns, "columns", "", 6000, 15),
        )
    )
    return found
