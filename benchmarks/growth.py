"""Growth of seconds and memory with samples, examples and the size of the input: kerasal and the hand-written loop."""

import math
from dataclasses import replace
from functools import partial

import networks
from figures import say
from fresh_process import in_fresh_process
from recipes import KERASAL, LIMIT, SAME_ROWS
from workloads import WORKLOADS

CNN, MOBILENET = WORKLOADS["cnn-64"], WORKLOADS["mobilenet-1"]


def of_size(size):
    """MobileNetV2 on pictures of that size; as many rows a call as take the same memory, at least 4."""
    rows = max(4, round(MOBILENET.rows * (224 / size) ** 2))
    return replace(MOBILENET, build=partial(networks.mobilenet, size), shape=(1, size, size, 3), rows=rows)


def plan(quick):
    """{title: (kerasal's way, [(number, workload, M)])}; the same rows a model call where samples or examples grow."""
    if quick:
        return {"samples": (SAME_ROWS, [(M, replace(CNN, shape=(8, 28, 28, 1), rows=32), M) for M in (4, 64)])}
    few = replace(CNN, shape=(16, 28, 28, 1), rows=256)
    numbers = (100, 1000, 10_000)
    return {
        "samples": (SAME_ROWS, [(M, few, M) for M in (16, 64, 256, 1024, 4096)]),
        "examples": (SAME_ROWS, [(N, replace(CNN, shape=(N, 28, 28, 1), rows=100), 10) for N in numbers]),
        "pixels a side": (KERASAL, [(size, of_size(size), 16) for size in (96, 160, 224, 320, 448)]),
    }


def measure(quick):
    """SmoothGrad, each point and way in a fresh process.

    Yields:
        {title: [{"number", "samples": M × N, "carried": MiB of the result,
        way: {"first", "seconds", "mib"}}]}.
    """
    found = {}
    for title, (ours, points) in plan(quick).items():
        for number, workload, M in points:
            say(f"growth with {title}: {number}")
            ways = {LIMIT: LIMIT, KERASAL: ours}
            of_ways = {name: in_fresh_process(workload, "SmoothGrad", way, M) for name, way in ways.items()}
            carried = 2 * 4 * math.prod(workload.shape) / 2**20  # means and standard deviations
            point = {"number": number, "samples": M * workload.shape[0], "carried": carried, **of_ways}
            found.setdefault(title, []).append(point)
            yield found
