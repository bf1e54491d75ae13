"""The cost of a right map: samples and seconds to 5 % error, stratified noise, promises of `target_error`, nodes of a path."""

from functools import partial

import numpy as np
from figures import say
from keras.layers import AveragePooling2D, MaxPooling2D
from peer_pair import magnitudes_by_pair
from peer_torch import magnitudes_by_captum
from peers import Cannot, gradient_by_tf_explain, gradient_by_tf_keras_vis, gradient_by_xplique
from timing import ratios, rounds
from trained import digits_network, folder, photograph_network
from workloads import SCALE, Job

import kerasal

TARGET = 0.05
TRAININGS = 3  # of each network whose paths are looked at
METHODS = ("raw", "abs", "square")
PEERS = {
    "PAIR": magnitudes_by_pair,
    "Captum": magnitudes_by_captum,
    "tf-keras-vis": gradient_by_tf_keras_vis,
    "Xplique": gradient_by_xplique,
    "tf-explain": gradient_by_tf_explain,
}
PATHS = (
    ("ReLU, largest of two pools", "relu", MaxPooling2D, 2),
    ("ReLU, largest of one pool", "relu", MaxPooling2D, 1),
    ("GELU, largest of two pools", "gelu", MaxPooling2D, 2),
    ("GELU, largest of one pool", "gelu", MaxPooling2D, 1),
    ("GELU, means of two pools", "gelu", AveragePooling2D, 2),
)


def measure(quick):
    """Yields {"networks": {title: {"samples": ..., "time": ...}}, "path": {title: [`of_path` of each training]}}, see
    `of_network`, `of_time`."""
    if folder() is None:
        say("accuracy: left out, KERASAL_DATA names no folder (see trained.py).")
        return
    found = {"networks": {}}
    model, x, right = digits_network()
    digits = f"digits CNN 28 (test accuracy {right:.3f}), {len(x)} images"
    plan = [(digits, model, x, 0.1, METHODS, 1000 if quick else 20000, 2 if quick else 8)]
    if not quick:
        network, photographs = photograph_network()
        plan.append((f"ImageNet MobileNet, {len(photographs)} images", network, photographs, SCALE, ("abs",), 3000, 2))
    for title, *what, methods, reference, seeds in plan:
        say(title)
        found["networks"][title] = of_network(*what, methods, reference, seeds, 1 if quick else 5)
        yield found
    for title, activation, pooling, pools in PATHS:
        say(f"digits CNN, {title}")
        trained = [digits_network(activation, pooling, pools, seed) for seed in range(1 if quick else TRAININGS)]
        of_trainings = [of_path(model, x, 1000 if quick else 10000) for model, x, _ in trained]
        title = f"digits CNN, {title} (test accuracy {min(right for *_, right in trained):.3f} or more)"
        found.setdefault("path", {})[title] = of_trainings
        yield found


def errors(maps, truth):
    """Relative L2 distance of each example's map."""
    axes = tuple(range(1, truth.ndim))
    return np.sqrt(np.sum((maps - truth) ** 2, axes) / np.sum(truth**2, axes))


def of_network(model, x, scale, methods, reference, seeds, count):
    """Samples that noise of `scale` needs.

    Args:
        methods: folds of the samples.
        reference: samples of the maps that are taken for the truth.
        seeds: how many maps of 128 samples are averaged over.
        count: of rounds of the times.

    Returns:
        {"samples": {method: {"plain", "stratified": mean error at M = 128, "saved": ratio of their squares,
        "target": {noise: [error promised, error, smallest M, largest M]}}}, "time": `of_time`}.
    """
    calculator = kerasal.GradientCalculator(model)
    noises = {
        "plain": kerasal.GaussianNoiseSampler(scale=scale),
        "stratified": kerasal.GaussianNoiseSampler(scale=scale, stratified=True),
    }
    found, truths = {}, {}
    for method in methods:
        how = {"method": method}
        truth = calculator.explain(x, M=reference, noise_sampler=noises["plain"], seed=10**6, **how).values
        truths[method] = truth
        of_method = found[method] = {"target": {}}
        for name, noise in noises.items():
            at_128 = [
                errors(calculator.explain(x, M=128, noise_sampler=noise, seed=seed, **how).values, truth)
                for seed in range(seeds)
            ]
            of_method[name] = float(np.sqrt(np.mean(np.square(at_128))))
            until = calculator.explain(x, noise_sampler=noise, target_error=TARGET, max_samples=reference, **how)
            real = float(np.sqrt(np.mean(errors(until.values, truth) ** 2)))
            of_method["target"][name] = [TARGET, real, int(np.min(until.M)), int(np.max(until.M))]
        of_method["saved"] = (of_method["plain"] / of_method["stratified"]) ** 2
    return {"samples": found, "time": of_time(calculator, model, x, scale, noises, truths["abs"], count)}


def of_time(calculator, model, x, scale, noises, truth, count):
    """Seconds until the mean of |gradient| is known to 5 %.

    kerasal finds out how many samples that takes; a peer is told the most that any example needed.

    Returns:
        {way: {"seconds" and "ratio" to kerasal's with plain noise as of `timing.ratios`, "error": of all examples, None where a peer cannot give
        this mean, "cannot": why it is not timed}}.
    """

    def ours(noise):
        return calculator.explain(x, noise_sampler=noise, method="abs", target_error=TARGET, max_samples=10**4)

    M = int(np.max(ours(noises["plain"]).M))
    job = Job(model, x, None, x, model, None, None, 16 if x.shape[1] > 100 else 1600)
    calls = {f"kerasal, {name}": partial(lambda noise: ours(noise).values, noise) for name, noise in noises.items()}
    found = {}
    for name, make in PEERS.items():
        try:
            way = make(job, scale)
        except Cannot as reason:
            found[name] = {"cannot": str(reason)}
            continue
        calls[name] = partial(lambda way: way(M)[0], way)
        way(2)
    for name, call in calls.items():
        values = call() if name in TRUE else None
        found[name] = {"error": None if values is None else float(np.sqrt(np.mean(errors(values, truth) ** 2)))}
    seconds = rounds(calls, count, ("kerasal, plain", "kerasal, stratified"))
    for name, measured in ratios(seconds, "kerasal, plain").items():
        found[name] |= measured
    return {"M": M, "ways": found}


TRUE = ("kerasal, plain", "kerasal, stratified", "PAIR", "Captum")  # those that can take the mean of |gradient|


def of_path(model, x, many):
    """Numbers of nodes that two rules need for the same error of the map, from zeros.

    Args:
        many: nodes of the map that is taken for the truth.

    Returns:
        {"nodes": [...], "midpoint": [error at each], "trapezoid": [...], "share": {nodes of the trapezoid: those that the midpoint
        rule needs for the error which these have, over these}}.
    """
    nodes = [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256]

    def of(steps, quadrature):
        calculator = kerasal.IntegratedGradientsCalculator(model, steps=steps, quadrature=quadrature)
        return calculator.explain(x).values

    truth = of(many, "midpoint")
    curves = {
        rule: [float(np.mean(errors(of(steps, rule), truth))) for steps in nodes] for rule in ("midpoint", "trapezoid")
    }
    share = {}
    for steps in (16, 32, 64, 128, 256):
        error = curves["trapezoid"][nodes.index(steps)]
        enough = np.interp(-np.log(error), -np.log(curves["midpoint"]), np.log(nodes))
        share[steps] = float(np.exp(enough) / steps)
    return {"nodes": nodes, **curves, "share": share}
