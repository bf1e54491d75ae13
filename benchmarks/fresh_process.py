"""Peak memory and the time of a first call, each in a process of its own. Linux: it reads /proc."""

import multiprocessing
import time
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def memory(field):
    """A field of this process's status in MiB: VmRSS is now, VmHWM the most so far."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def measure(workload, recipe, way, amount):
    """Do a recipe once, after a first call, of few points where the recipe has one, and say what that took.

    Returns:
        {"first": seconds of the first call, "seconds": of the one with the whole amount, "mib": peak memory beyond that of the
        process after its imports, after it built the model and ran it forward once}.
    """
    from recipes import RECIPES

    job = workload.make()
    call = RECIPES[recipe].ways[way](job)
    job.tail(job.points[: job.rows])
    first = RECIPES[recipe].first(amount)
    before = memory("VmRSS")
    CLEAR.write_text("5")  # the peak starts anew from here
    began = time.perf_counter()
    call(first)
    took = time.perf_counter() - began
    began = time.perf_counter()
    call(amount)
    seconds = time.perf_counter() - began
    return {"first": took, "seconds": seconds, "mib": memory("VmHWM") - before}


def in_fresh_process(*arguments, function=measure):
    """The function's result in a new process, forked from one that has imported TensorFlow and done nothing with it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tensorflow"])
    with context.Pool(1, maxtasksperchild=1) as pool:
        return pool.apply(function, arguments)
