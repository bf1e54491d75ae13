"""How seconds and memory grow with samples, examples and the size of the input: kerasal and the hand-written loop."""

import sys
from dataclasses import replace
from functools import partial

import networks
from fresh_process import in_fresh_process
from recipes import KERASAL, LIMIT
from workloads import WORKLOADS

CNN, MOBILENET = WORKLOADS["cnn-64"], WORKLOADS["mobilenet-1"]


def of_size(size):
    """MobileNetV2 on pictures of that size; as many rows a call as take the same memory, at least 4."""
    rows = max(4, round(MOBILENET.rows * (224 / size) ** 2))
    return replace(MOBILENET, build=partial(networks.mobilenet, size), shape=(1, size, size, 3), rows=rows)


def plan(quick):
    """{title: [(number, workload, M)]}."""
    if quick:
        return {"samples": [(M, replace(CNN, shape=(8, 28, 28, 1)), M) for M in (4, 64)]}
    return {
        "samples": [(M, replace(CNN, shape=(16, 28, 28, 1)), M) for M in (16, 64, 256, 1024, 4096)],
        "examples": [(N, replace(CNN, shape=(N, 28, 28, 1)), 10) for N in (100, 1000, 10_000)],
        "pixels a side": [(size, of_size(size), 16) for size in (96, 160, 224, 320, 448)],
    }


def measure(quick):
    """SmoothGrad, each point and way in a fresh process.

    Yields:
        {title: [{"number", "samples": M × N, "rows", "carried": MiB of the examples and the result,
        way: {"first", "seconds", "mib"}}]}.
    """
    found = {}
    for title, points in plan(quick).items():
        for number, workload, M in points:
            print(f"growth with {title}: {number}", file=sys.stderr, flush=True)
            of_ways = {way: in_fresh_process(workload, "SmoothGrad", way, M) for way in (LIMIT, KERASAL)}
            size = 4
            for axis in workload.shape:
                size *= axis
            carried = 3 * size / 2**20  # the examples, the means, the standard deviations
            point = {"number": number, "samples": M * workload.shape[0], "carried": carried, **of_ways}
            found.setdefault(title, []).append(point)
            yield found
