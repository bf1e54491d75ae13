"""Time of the look, at every call of a calculator, at whether anything changed that its programs were compiled from.

.venv/bin/python benchmarks/check_of_changes.py
"""

import statistics
import time

import keras
import numpy as np

from kerasal import GaussianNoiseSampler, GradientCalculator

CALLS, ROUNDS = 200, 15


def small():
    """Make a network of three layers."""
    body = [keras.layers.Dense(16, "relu"), keras.layers.Dropout(0.2), keras.layers.Dense(3)]
    return keras.Sequential([keras.Input((8,)), *body])


def with_closures():
    """Make the same with a `Lambda` that closes over a table of 256 kB, and a list."""
    table, factors = np.ones((256, 256), "float32"), [1.0] * 100
    scaled = keras.layers.Lambda(lambda x: x * table[0, 0] * factors[0], output_shape=(8,))
    return keras.Sequential([keras.Input((8,)), scaled, keras.layers.Dense(16, "relu"), keras.layers.Dense(3)])


def milliseconds(look):
    """Measure a call: the median of rounds."""
    found = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        for _ in range(CALLS):
            look()
        found.append((time.perf_counter() - begin) / CALLS * 1e3)
    return statistics.median(found)


def main():
    """Print milliseconds a call for each network."""
    networks = {
        "three layers": small(),
        "three layers, a table of 256 kB": with_closures(),
        "MobileNetV2": keras.applications.MobileNetV2(weights=None),
        "ResNet50": keras.applications.ResNet50(weights=None),
    }
    for name, model in networks.items():
        calculator = GradientCalculator(model, 0)
        if model.count_params() < 10_000:
            x, sampler = np.ones((2, 8), "float32"), GaussianNoiseSampler()
            calculator.explain(x, noise_sampler=sampler, M=2, target_error=None)
            print(f"{name:34} call {milliseconds(lambda: calculator.explain(x)):.3f} ms", flush=True)  # noqa: B023
        print(f"{name:34} check {milliseconds(calculator.traces.of_now):.3f} ms", flush=True)


if __name__ == "__main__":
    main()
