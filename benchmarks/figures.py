"""All figures, as figures.json holds them."""

import gc
import os
import platform
import sys
from functools import partial
from importlib.metadata import version

from agreement import check
from fresh_process import in_fresh_process
from peers import Cannot
from recipes import KERASAL, LIMIT, RECIPES, SAME_ROWS
from timing import ratios, rounds
from ways import rows_kerasal_chooses
from workloads import WORKLOADS

from kerasal import __version__

ENOUGH = 10  # seconds of rounds below which there are more of them


def measure(quick, count, workloads=None, recipes=None, before=None):
    """Everything that the page tells of these recipes; given out after each, so that a run that is cut loses little.

    Args:
        quick: few points, of the small workload alone.
        count: of interleaved rounds.
        workloads: names of those to measure; None for all.
        recipes: names of those to measure on them; None for all.
        before: figures of an earlier run, which are kept where nothing is measured.

    Yields:
        {"machine": ..., "quick": ..., "recipes": {recipe: {workload: `measure_one`}}}.
    """
    wanted = RECIPES if recipes is None else {name: RECIPES[name] for name in recipes}
    names = workloads or (["cnn-64"] if quick else list(WORKLOADS))
    figures = {"recipes": {}, **(before or {}), "machine": machine(), "quick": quick}
    for name in names:
        job = WORKLOADS[name].make()
        for recipe in [each for each in WORKLOADS[name].recipes if each in wanted]:
            figures["recipes"].setdefault(recipe, {})[name] = measure_one(WORKLOADS[name], job, recipe, quick, count)
            gc.collect()
            yield figures


def machine():
    """The machine as far as figures depend on it, and nothing that names the machine."""
    peers = ("tf-keras-vis", "saliency", "xplique", "tf-explain", "shap", "captum", "torch")
    names = ("tensorflow", "keras", "numpy", *peers)
    return {
        "system": platform.system(),
        "cores": len(os.sched_getaffinity(0)),
        "versions": {
            "kerasal": __version__,
            "Python": platform.python_version(),
            **{name: version(name) for name in names},
        },
    }


def measure_one(workload, job, recipe, quick, count):
    """A recipe on a workload: agreement first, then seconds, then each way in fresh processes.

    Returns:
        {"title", "says": the amount, "rows": of the limit, "rows_chosen": by kerasal, "agreement": {way: distance}, "rounds",
        "cannot": {way: why}, "ways": {way: {"seconds", "ratio", "low", "high"}}}, and "first" and "mib" of `in_fresh_process`.
    """
    what = RECIPES[recipe]
    amount = what.few if quick and what.few else what.amount(workload)
    first = what.first(amount)
    say(f"{workload.title}, {recipe}: {what.says(amount)}")
    chosen = rows_kerasal_chooses(what.by_kerasal, job, amount)
    made, cannot = {}, {}
    for way, make in what.ways.items():
        try:
            made[way] = make(job)
        except Cannot as reason:
            cannot[way] = str(reason)
    if recipe == "gradient" or chosen == job.rows:
        del made[SAME_ROWS]
    values = {way: call(first)[0] for way, call in made.items()}  # traced here; the number of samples is not in a trace
    found = {
        "title": workload.title,
        "says": what.says(amount),
        "rows": job.rows,
        "rows_chosen": chosen,
        "cannot": cannot,
        "agreement": check(recipe, values, made, job, first),
    }
    seconds = rounds({way: partial(call, amount) for way, call in made.items()}, count, (LIMIT, KERASAL), enough=ENOUGH)
    found |= {"rounds": len(seconds[LIMIT]), "ways": ratios(seconds, LIMIT)}
    for way in (way for way in made if way != SAME_ROWS):
        fresh = in_fresh_process(workload, recipe, way, amount)
        found["ways"][way] |= {"first": fresh["first"], "mib": fresh["mib"]}
    return found


def say(text):
    print(text, file=sys.stderr, flush=True)
