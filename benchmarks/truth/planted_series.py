"""Series whose cause is planted: a box of steps and features that is shifted."""

import numpy as np
from task import Planted

BOXES = {"small": (10, 10), "rare in time": (6, 40), "rare in features": (40, 6)}  # steps, features; others are 26 × 26
_MOVE = ("moving", "small")
BACKGROUNDS = ("autoregressive", "harmonic", "NARMA")


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
