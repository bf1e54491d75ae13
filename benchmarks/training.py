"""The cost of maps while a model trains: a logged step of SaliencyLogger and of tf-explain's callbacks, and `max_overhead`."""

import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import keras
import numpy as np
from networks import mobilenet, small_cnn
from timing import rounds
from whole_job import whole_jobs
from workloads import WORKLOADS

import kerasal

EXAMPLES, ROUNDS, POINTS = 16, 5, 5
RECIPES = {
    "gradient": ({}, "VanillaGradientsCallback", {}),
    "Grad-CAM": ({"calculator": "GradCAMCalculator"}, "GradCAMCallback", {}),
    "SmoothGrad, 5 samples": (
        {"M": POINTS, "noise_sampler": kerasal.GaussianNoiseSampler()},
        "SmoothGradCallback",
        {"num_samples": POINTS},
    ),
    "integrated gradients, 5 nodes": (
        {"calculator": "IntegratedGradientsCalculator", "steps": POINTS},
        "IntegratedGradientsCallback",
        {"n_steps": POINTS},
    ),
}
SMOOTH = {"noise_sampler": kerasal.GaussianNoiseSampler(), "M": 30, "method": "raw"}
JOBS = {
    "small CNN 28": (small_cnn, WORKLOADS["cnn-64"].shape[1:], list(RECIPES)),
    "MobileNetV2 224": (mobilenet, (224, 224, 3), ["gradient"]),
}


def measure(quick):
    """Yields {"steps": {job: {recipe: ...}}, "overhead": [...], "whole": ...}, see `logged_steps`, `overhead`, `whole_job.py`."""
    steps = {}
    for job in list(JOBS)[: 1 if quick else None]:
        build, shape, recipes = JOBS[job]
        keras.utils.set_random_seed(0)
        x = np.random.default_rng(0).random((EXAMPLES, *shape), "float32")
        steps[job] = {recipe: logged_steps(build(), x, *RECIPES[recipe]) for recipe in recipes}
    yield {"steps": steps, "overhead": [*demo_jobs(quick), long_job(2 if quick else 15)], "whole": whole_jobs(quick)}


def logged_steps(model, x, ours, theirs, how):
    """One recipe's logged step of all examples, by both.

    Returns: {way: {"first": seconds with compiling, "seconds": median, "low", "high", "bytes": of a step on disk}}.
    """
    import tf_explain.callbacks

    model = keras.Model(model.inputs[0], model.outputs[0])  # tf-explain knows no Sequential of Keras 3
    if theirs == "GradCAMCallback":
        how = {"layer_name": next(layer.name for layer in reversed(model.layers) if len(layer.output.shape) == 4)}
    with tempfile.TemporaryDirectory() as folder:
        places = {way: Path(folder, way) for way in ("kerasal", "tf-explain")}
        ours = dict(ours)
        steps, name = ours.pop("steps", None), ours.pop("calculator", "GradientCalculator")
        more = {} if steps is None else {"steps": steps}
        logger = kerasal.SaliencyLogger(
            places["kerasal"],
            x,
            calculator=lambda model: getattr(kerasal, name)(model, 0, **more),
            on_error="raise",
            max_overhead=None,
            **ours,
        )
        other = getattr(tf_explain.callbacks, theirs)((x, None), 0, output_dir=places["tf-explain"], **how)
        epoch, found = iter(range(10**6)), {}
        firsts = {"kerasal": partial(begin, logger), "tf-explain": lambda: other.on_epoch_end(next(epoch))}
        for way, callback in (("kerasal", logger), ("tf-explain", other)):
            callback.set_model(model)
            found[way] = {"first": seconds_of(firsts[way])}
        sizes = {way: size_of(place) for way, place in places.items()}
        calls = {"kerasal": lambda: logger.on_epoch_end(next(epoch)), "tf-explain": firsts["tf-explain"]}
        for way, times in rounds(calls, ROUNDS, list(calls)).items():
            found[way] |= {"seconds": statistics.median(times), "low": min(times), "high": max(times)}
            found[way]["bytes"] = (size_of(places[way]) - sizes[way]) / len(times)
    return found


def begin(logger):
    """Up to the first map, as `fit` does."""
    logger.set_params({"steps": 1})
    logger.on_train_begin()
    logger.on_epoch_begin(0)


def overhead(title, share, examples, fit, times, recipe=SMOOTH):
    """A training with `max_overhead`, a few times.

    Args:
        examples: (x, y) of the logger.
        fit: function of a list of callbacks, which trains a new model.
        times: how often.
        recipe: of the logger.

    Returns: {"title", "max_overhead", "runs": [{"seconds", "spent", "first": of them in the logger and in its start, "maps"}]}.
    """
    found = []
    for _ in range(times):
        with tempfile.TemporaryDirectory() as folder:
            logger = kerasal.SaliencyLogger(folder, *examples, max_overhead=share, on_error="raise", **recipe)
            spent = timed(logger)
            seconds = seconds_of(partial(fit, [logger]))
            maps = len(kerasal.load_run(folder))
        found.append({"seconds": seconds, "spent": sum(spent), "first": spent[0], "maps": maps})
    return {"title": title, "max_overhead": share, "runs": found}


def timed(callback):
    """Seconds of each call of a hook, a list that grows."""
    spent = []

    def wrap(hook):
        def call(*args, **kwargs):
            began = time.perf_counter()
            hook(*args, **kwargs)
            spent.append(time.perf_counter() - began)

        return call

    for name in [name for name in vars(type(callback)) if name.startswith("on_")]:
        setattr(callback, name, wrap(getattr(callback, name)))
    return spent


def demo_jobs(quick):
    """The training of `make demo`, with either of its loggers, and a third as long."""
    plan = [("gradient", {"method": "raw"}, 60), ("SmoothGrad, M = 30", SMOOTH, 60), ("SmoothGrad, M = 30", SMOOTH, 20)]
    return [demo_job(*each, times=3) for each in plan] if not quick else [demo_job(*plan[0][:2], epochs=2, times=1)]


def demo_job(name, recipe, epochs, times):
    sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
    import demo

    train_x, test_x, train_y, test_y = demo.load_data()

    def fit(callbacks):
        keras.utils.set_random_seed(0)
        how = {"batch_size": 32, "validation_data": (test_x, test_y), "verbose": 0}
        demo.build_model().fit(train_x, train_y, epochs=epochs, callbacks=callbacks, **how)

    return overhead(f"make demo, {epochs} epochs, {name}", 0.05, (test_x[:6], test_y[:6]), fit, times, recipe)


def long_job(epochs, seconds=10):
    """A small CNN, each epoch on as many examples as take about so long."""
    count = 512
    rng = np.random.default_rng(0)
    x, y = rng.random((count, *JOBS["small CNN 28"][1]), "float32"), rng.integers(0, 10, count)

    def compiled():
        keras.utils.set_random_seed(0)
        model = small_cnn()
        model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        return model

    model = compiled()
    model.fit(x, y, verbose=0)
    repeats = max(1, round(seconds / seconds_of(partial(model.fit, x, y, verbose=0))))
    x, y = np.tile(x, (repeats, 1, 1, 1)), np.tile(y, repeats)
    title = f"small CNN 28, {epochs} epochs of {len(x)} images"

    def fit(callbacks):
        compiled().fit(x, y, epochs=epochs, callbacks=callbacks, verbose=0)

    return overhead(title, 0.02, (x[:6], y[:6]), fit, 1)


def seconds_of(call):
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def size_of(folder):
    """Bytes of all files below."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
