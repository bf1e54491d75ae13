"""`make demo`'s training with a logger and without, each time in a fresh process: what a user waits for."""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from fresh_process import in_fresh_process


def whole_jobs(quick):
    """Returns {recipe: {"without", "with": [seconds, one a round], "ratio": median, "low", "high"}}; rounds interleaved."""
    found = {}
    for name in ("gradient", "SmoothGrad, M = 30"):
        print(f"whole job of the demo, {name}", file=sys.stderr, flush=True)
        seconds = {"without": [], "with": []}
        for k in range(2 if quick else 6):
            for way in sorted(seconds, reverse=k % 2 == 0):
                seconds[way].append(in_fresh_process(name, way == "with", 2 if quick else 60, function=train))
        ratios = [a / b for a, b in zip(seconds["with"], seconds["without"], strict=True)]
        found[name] = {**seconds, "ratio": statistics.median(ratios), "low": min(ratios), "high": max(ratios)}
    return found


def train(name, is_logged, epochs):
    """Seconds from before the model is built to after `fit`, everything imported in between included."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
    import demo
    import keras

    train_x, test_x, train_y, test_y = demo.load_data()
    keras.utils.set_random_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        model = demo.build_model()
        callbacks = [logger(name, folder, test_x[:6], test_y[:6])] if is_logged else []
        how = {"batch_size": 32, "validation_data": (test_x, test_y), "verbose": 0}
        model.fit(train_x, train_y, epochs=epochs, callbacks=callbacks, **how)
        return time.perf_counter() - began


def logger(name, folder, x, y):
    import kerasal

    smooth = {"noise_sampler": kerasal.GaussianNoiseSampler(), "M": 30} if name != "gradient" else {}
    return kerasal.SaliencyLogger(folder, x, y, method="raw", max_overhead=0.05, on_error="raise", **smooth)
