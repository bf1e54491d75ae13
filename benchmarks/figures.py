"""All figures, as figures.json holds them."""

import gc
import os
import platform
import sys
from functools import partial
from importlib.metadata import version

from agreement import check
from fresh_process import in_fresh_process
from recipes import KERASAL, LIMIT, RECIPES
from timing import ratios, rounds
from ways import rows_kerasal_chooses
from workloads import WORKLOADS

from kerasal import __version__

FLAT = (16, 256)  # samples
BUDGET = 60  # seconds for the rounds of a recipe on a workload, unless three rounds take longer


def measure(quick, most_rounds, workloads=None, before=None):
    """Everything that the page tells, but trainings; given out after each recipe, so that a run that is cut loses little.

    Args:
        quick, most_rounds: see run.py.
        workloads: names of those to measure; None for all.
        before: figures of an earlier run, whose other workloads are kept.

    Yields:
        {"machine": ..., "quick": ..., "recipes": {recipe: {workload: `measure_one`}}, "flat": {title: {M: MiB}}}.
    """
    names = workloads or (["cnn-64"] if quick else list(WORKLOADS))
    figures = {"recipes": {}, "flat": {}, **(before or {}), "machine": machine(), "quick": quick}
    for name in names:
        model, x = WORKLOADS[name].make()
        for recipe in RECIPES:
            of_recipe = figures["recipes"].setdefault(recipe, {})
            of_recipe[name] = measure_one(name, model, x, recipe, quick, most_rounds)
            gc.collect()
            yield figures
        if WORKLOADS[name].fresh:
            title, amounts = WORKLOADS[name].title, (4, 64) if quick else FLAT
            say(f"{title}: memory at M = {amounts[0]} and {amounts[1]}")
            figures["flat"][title] = {M: in_fresh_process(name, "SmoothGrad", KERASAL, M)["mib"] for M in amounts}
            yield figures


def machine():
    """What the figures depend on, and nothing that names the machine."""
    names = ("tensorflow", "keras", "numpy", "tf-keras-vis", "xplique", "tf-explain")
    return {
        "system": platform.system(),
        "cores": len(os.sched_getaffinity(0)),
        "versions": {
            "kerasal": __version__,
            "Python": platform.python_version(),
            **{name: version(name) for name in names},
        },
    }


def measure_one(name, model, x, recipe, quick, most_rounds):
    """A recipe on a workload: agreement first, then seconds, then each way in fresh processes.

    Returns:
        {"title", "says": the amount, "rows": of the limit, "rows_chosen": by kerasal, "agreement": {way: distance}, "rounds",
        "ways": {way: {"seconds", "ratio", "low", "high"}}}, and "first" and "mib" of `in_fresh_process`.
    """
    workload, what = WORKLOADS[name], RECIPES[recipe]
    amount = what.amount(workload, quick)
    first = what.first(amount)
    say(f"{workload.title}, {recipe}: {what.says(amount)}")
    made = {way: make(model, x, workload.rows) for way, make in what.ways.items()}
    values = {way: call(first)[0] for way, call in made.items()}  # traced here; the number of samples is not in a trace
    found = {
        "title": workload.title,
        "says": what.says(amount),
        "rows": workload.rows,
        "rows_chosen": rows_kerasal_chooses(what.ways[KERASAL], model, x, amount),
        "agreement": check(recipe, values, made, model, x, workload.rows, first),
    }
    seconds = rounds({way: partial(call, amount) for way, call in made.items()}, most_rounds, LIMIT, BUDGET)
    found |= {"rounds": len(seconds[LIMIT]), "ways": ratios(seconds, LIMIT)}
    for way in what.ways if workload.fresh else ():
        found["ways"][way].update(in_fresh_process(name, recipe, way, amount))
    return found


def say(text):
    print(text, file=sys.stderr, flush=True)
