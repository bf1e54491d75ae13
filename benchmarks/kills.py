"""Trainings with a `SaliencyLogger` that are killed at random moments and resumed, and one whose disk gets full for a while.

    python benchmarks/kills.py [kills]

The disk is a tmpfs of 2 MB, which only root may mount; it is left out elsewhere. The tests have both in small.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import keras
import numpy as np
from keras import layers as L

from kerasal import SaliencyLogger, load_run

RNG = np.random.default_rng(0)
X, Y = RNG.random((64, 8, 8, 1), "float32"), np.arange(64) % 3
EPOCHS = 10_000


class Does(keras.callbacks.Callback):
    """Does something after some epochs."""

    def __init__(self, **work):
        super().__init__()
        self.work = {int(name[1:]): action for name, action in work.items()}

    def on_epoch_end(self, epoch, logs=None):
        self.work.get(epoch, lambda: None)()


def train(log_dir, first=0, epochs=EPOCHS, *callbacks):
    """A training that goes on at an epoch."""
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), L.Conv2D(4, 3, activation="relu"), L.Flatten(), L.Dense(3, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    logger = SaliencyLogger(log_dir, X[:2], Y[:2], max_overhead=None)
    model.fit(X, Y, initial_epoch=first, epochs=epochs, verbose=0, callbacks=[*callbacks, logger])


def steps_of(log_dir):
    """The steps that are announced, each read whole."""
    if not Path(log_dir, "saliency", "saliency", "arrays", "index.jsonl").exists():
        return []
    run = load_run(log_dir)
    assert len(run) == 0 or np.isfinite(run.values).all()
    return run.steps.tolist()


def kills(count):
    """Fork, train, kill at a random moment, look, go on. TensorFlow is imported and not yet started where it forks."""
    log_dir, steps, seconds = tempfile.mkdtemp(), [], 4.0
    warnings.simplefilter("error")
    for _ in range(count):
        process = os.fork()
        if not process:
            train(log_dir, max(steps, default=0))
            os._exit(0)
        time.sleep(random.uniform(0, seconds))
        os.kill(process, signal.SIGKILL)
        assert os.waitpid(process, 0)[1] == signal.SIGKILL
        found = steps_of(log_dir)
        assert found == list(range(len(found))) and len(found) >= len(steps), (found, steps)
        steps = found
        assert os.listdir(Path(log_dir, "saliency") if steps else log_dir) in (["saliency"], [])
    print(f"{count} kills at 0 to {seconds:.0f} s: {len(steps)} steps announced, in one run, all whole, none lost")


def full_disk():
    """A disk of 2 MB that is full from the third epoch to the sixth."""
    disk = tempfile.mkdtemp()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], check=True)
    try:
        filling = Path(disk, "filling")

        def fill():
            with open(filling, "wb", buffering=0) as file:
                try:
                    while file.write(bytes(512)):
                        pass
                except OSError as error:
                    print(f"the disk: {error}")

        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            train(disk, 0, 9, Does(_2=fill, _5=filling.unlink))
        for each in heard:
            print(f"it says: {each.message}")
        print(f"maps of the steps {load_run(disk).steps.tolist()} of 0 to 9")
    finally:
        subprocess.run(["umount", disk], check=True)


if __name__ == "__main__":
    kills(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
    full_disk() if os.geteuid() == 0 else print("the full disk is left out: only root may mount one")
