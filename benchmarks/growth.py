"""Growth of seconds and memory with samples, examples, sizes of input and network, windows, classes: kerasal and the loop by hand."""

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


def windows_of(stride):
    """How many windows of 8 pixels that stride has on 28 × 28; the last ones end at the edge by themselves."""
    return (math.ceil((28 - 8) / stride) + 1) ** 2


def wide(width):
    """(parameters, the small CNN on 16 images, of that width)."""
    build = partial(networks.small_cnn, width)
    return build().count_params(), replace(CNN, build=build, shape=(16, 28, 28, 1), rows=256)


def plan(quick):
    """{title: (recipe, kerasal's way, [(number, workload, amount)])}; the same rows a model call where samples or examples grow."""
    if quick:
        few = replace(CNN, shape=(8, 28, 28, 1), rows=32)
        return {
            "samples": ("SmoothGrad", SAME_ROWS, [(M, few, M) for M in (4, 64)]),
            "windows": ("occlusion", KERASAL, [(windows_of(stride), few, (8, stride)) for stride in (8, 4)]),
        }
    few, four = (replace(CNN, shape=(N, 28, 28, 1), rows=256) for N in (16, 4))
    of_classes = [(C, replace(few, build=partial(networks.small_cnn, 32, C))) for C in (2, 10, 50, 250)]
    return {
        "samples": ("SmoothGrad", SAME_ROWS, [(M, few, M) for M in (16, 64, 256, 1024, 4096)]),
        "examples": (
            "SmoothGrad",
            SAME_ROWS,
            [(N, replace(CNN, shape=(N, 28, 28, 1), rows=100), 10) for N in (100, 1000, 10_000)],
        ),
        "pixels a side": ("SmoothGrad", KERASAL, [(size, of_size(size), 16) for size in (96, 160, 224, 320, 448)]),
        "parameters": ("SmoothGrad", KERASAL, [(*wide(width), 64) for width in (8, 16, 32, 64, 128)]),
        "windows": (
            "occlusion",
            KERASAL,
            [(windows_of(stride), four, (8, stride)) for stride in (8, 5, 3, 2, 1)],
        ),
        "classes": ("all classes", KERASAL, [(C, workload, 0) for C, workload in of_classes]),
    }


def measure(quick):
    """Each point and way in a fresh process.

    Yields:
        {title: [{"number", "samples": points of all examples, "carried": MiB of the result,
        way: {"first", "seconds", "mib"}}]}.
    """
    found = {}
    for title, (recipe, ours, points) in plan(quick).items():
        for number, workload, amount in points:
            say(f"growth with {title}: {number}")
            ways = {LIMIT: LIMIT, KERASAL: ours}
            of_ways = {name: in_fresh_process(workload, recipe, way, amount) for name, way in ways.items()}
            found.setdefault(title, []).append({"number": number, **sizes(recipe, number, workload, amount), **of_ways})
            yield found


def sizes(recipe, number, workload, amount):
    """How many points are evaluated, and the MiB of the result."""
    each = number if recipe in ("occlusion", "all classes") else amount
    maps = {"SmoothGrad": 2, "occlusion": 1, "all classes": number}[recipe]  # means and standard deviations
    return {"samples": each * workload.shape[0], "carried": maps * 4 * math.prod(workload.shape) / 2**20}
