"""Time and memory of SmoothGrad by the rows of a model call, of several networks: what `call_size.rows_of` is chosen by.

Run it as `python benchmarks/rows.py [rounds] [network …]`. Times are ratios to the fastest of the same rounds; memory is what a process of
its own adds while it explains.
"""

import functools
import gc
import re
import statistics
import subprocess
import sys
from pathlib import Path

import keras
import networks
import numpy as np
from timing import rounds

from kerasal import GradientCalculator, recipes
from kerasal._engine.call_size import rows_of
from kerasal._engine.compiled import Program

L = keras.layers
M = 50


def two_convolutions():
    """Two convolutions on 64 × 64."""
    inputs = keras.Input((64, 64, 3))
    hidden = L.Conv2D(32, 3, activation="relu")(L.Conv2D(16, 3, activation="relu")(inputs))
    return keras.Model(inputs, L.Dense(10)(L.GlobalAveragePooling2D()(hidden)))


def lstm():
    """Series of 100 steps of 8 channels."""
    inputs = keras.Input((100, 8))
    return keras.Model(inputs, L.Dense(3)(L.LSTM(32)(inputs)))


NETWORKS = {  # name: (network, examples, rows that are tried)
    "MLP 150 x 4": (networks.iris_mlp, (150, 4), (256, 1024, 4096, 16384)),
    "LSTM 32 x 100 x 8": (lstm, (32, 100, 8), (32, 128, 512, 1600)),
    "CNN 64 x 28 x 28": (networks.small_cnn, (64, 28, 28, 1), (16, 32, 64, 128, 256, 960)),
    "two convolutions 16 x 64 x 64": (two_convolutions, (16, 64, 64, 3), (8, 16, 32, 64, 128, 320)),
    "MobileNetV2 4 x 224 x 224": (networks.mobilenet, (4, 224, 224, 3), (4, 8, 16, 32)),
    "ResNet50 1 x 224 x 224": (networks.resnet50, (1, 224, 224, 3), (4, 8, 16)),
    "VGG16 1 x 224 x 224": (networks.vgg16, (1, 224, 224, 3), (4, 5, 8, 11, 16)),
}


def made(name):
    """A function that explains with so many rows a call, and the size of a row."""
    keras.utils.set_random_seed(0)
    build, shape, _ = NETWORKS[name]
    calculator, x = GradientCalculator(build()), np.random.default_rng(0).random(shape, "float32")
    arguments = recipes.smooth_grad(M=M, method="abs").arguments

    def explain(rows):
        return calculator.explain(x, **arguments, batch_size=rows)

    explain(2)
    return explain, row_size(calculator)


def row_size(calculator):
    """The size of a row of the one program that a calculator has traced."""
    kept = [entry.value for entry in calculator.traces.of_now()._values.values()]
    (size,) = {value.notes.row_size for value in kept if isinstance(value, Program)}
    return size


def added(name, rows):
    """MiB that a process adds to its peak by explaining."""
    words = [sys.executable, __file__, "--memory", name, str(rows)]
    return float(subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()[-1])


def memory(name, rows):
    """Print what `added` reads."""
    explain, _ = made(name)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = of_process("VmRSS")
    explain(rows)
    print(of_process("VmHWM") - before)


def of_process(field):
    """A figure of Linux about this process, in MiB."""
    return int(re.search(rf"{field}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def main(count=5, *names):
    """Print a line for each number of rows."""
    for name in names or NETWORKS:
        explain, size = made(name)
        default = rows_of(size)
        tried = sorted({*NETWORKS[name][2], default})
        calls = {rows: functools.partial(explain, rows) for rows in tried}
        for call in calls.values():
            call()
        seconds = rounds(calls, int(count), tried)
        fastest = min(statistics.median(times) for times in seconds.values())
        print(f"{name}: a row of {size} numbers, {default} rows by default", flush=True)
        for rows in tried:
            median = statistics.median(seconds[rows])
            print(
                f"  {rows:6} rows  {median:7.3f} s  {median / fastest:5.2f}  {added(name, rows):7.0f} MiB", flush=True
            )


if __name__ == "__main__":
    memory(sys.argv[2], int(sys.argv[3])) if "--memory" in sys.argv else main(*sys.argv[1:])
