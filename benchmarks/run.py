"""Time and memory of each recipe side by side: kerasal, hand-written compiled loops, tf-keras-vis, Xplique, tf-explain.

Run it by `make bench`. It takes about twenty minutes on two cores, `--quick` three, and writes figures.json, benchmarks.md and
benchmarks.png.
"""

import argparse
import gc
import json
import os
import platform
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
FLAT = (16, 512)  # samples
BUDGET = 60  # seconds for the rounds of a recipe on a workload, after three of them


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument(
        "--quick", action="store_true", help="few points, three rounds, one small workload and one large"
    )
    parser.add_argument("--rounds", type=int, default=None, help="interleaved rounds at most (5; 3 with --quick)")
    parser.add_argument(
        "--out", type=Path, help="folder of what it writes (benchmarks/ and docs/; runs/benchmarks with --quick)"
    )
    parser.add_argument("--report", action="store_true", help="measure nothing, write the page and the plot again")
    given = parser.parse_args()
    if given.rounds is not None and given.rounds < 1:
        parser.error(f"--rounds is 1 or more. Received: {given.rounds}. Give e.g. --rounds 5.")
    return given


def machine():
    """What the figures depend on, and nothing that names the machine."""
    from kerasal import __version__

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


def measure(quick, rounds):
    """All figures, as JSON holds them."""
    from fresh_process import in_fresh_process
    from recipes import KERASAL, RECIPES
    from workloads import WORKLOADS

    names = ["mobilenet-1", "cnn-64"] if quick else list(WORKLOADS)
    figures = {"machine": machine(), "quick": quick, "recipes": {recipe: {} for recipe in RECIPES}, "flat": {}}
    for name in names:
        model, x = WORKLOADS[name].make()
        for recipe in RECIPES:
            figures["recipes"][recipe][name] = measure_one(name, model, x, recipe, quick, rounds)
        del model
        gc.collect()
    for name in ("mobilenet-1", "cnn-64"):
        title, amounts = WORKLOADS[name].title, (4, 64) if quick else FLAT
        say(f"{title}: memory at M = {amounts[0]} and {amounts[1]}")
        figures["flat"][title] = {M: in_fresh_process(name, "SmoothGrad", KERASAL, M)["mib"] for M in amounts}
    return figures


def measure_one(name, model, x, recipe, quick, rounds):
    """Figures of a recipe on a workload."""
    from agreement import check
    from fresh_process import in_fresh_process
    from recipes import KERASAL, LIMIT, RECIPES
    from timing import ratios
    from timing import rounds as timed
    from ways import rows_kerasal_chooses
    from workloads import WORKLOADS

    workload, what = WORKLOADS[name], RECIPES[recipe]
    amount = what.amount(workload, quick)
    say(f"{workload.title}, {recipe}: the same numbers?")
    found = {"title": workload.title, "says": what.says(amount), "rows": workload.rows}
    found["agreement"] = check(workload, model, x, recipe)
    found["rows_chosen"] = rows_kerasal_chooses(what.ways[KERASAL], model, x, amount)
    say(f"{workload.title}, {recipe}: {found['says']}")
    calls = {way: partial(make(model, x, workload.rows), amount) for way, make in what.ways.items()}
    for call in calls.values():
        call.func(what.first(amount))  # traced here, not in the rounds; the number of samples is not part of a trace
    seconds = timed(calls, rounds, BUDGET)
    found["rounds"], found["ways"] = len(seconds[LIMIT]), ratios(seconds, LIMIT)
    for way in what.ways:
        found["ways"][way].update(in_fresh_process(name, recipe, way, amount))
    return found


def say(text):
    print(text, file=sys.stderr, flush=True)


def main():
    given = parse()
    out = given.out or (ROOT / "runs/benchmarks" if given.quick else None)
    if out:
        out.mkdir(parents=True, exist_ok=True)
    figures = (out or ROOT / "benchmarks") / "figures.json"
    page, plot = ((out or ROOT / "docs") / name for name in ("benchmarks.md", "benchmarks.png"))
    if given.report and not figures.exists():
        sys.exit(f"--report reads the figures of a run. Received: no {figures.name} there. Run without --report first.")
    if not given.report:
        found = measure(given.quick, given.rounds or (3 if given.quick else 5))
        write(figures, json.dumps(found, indent=1) + "\n")
    from report import draw, markdown

    found = json.loads(figures.read_text("utf-8"))
    write(page, markdown(found, plot.name, (ROOT / "benchmarks/notes.md").read_text("utf-8")))
    draw(found, plot)
    print(page.read_text("utf-8"))


def write(path, text):
    """Write aside, then rename: an interrupted run leaves no half a file."""
    aside = path.with_suffix(".part")
    aside.write_text(text, "utf-8")
    aside.replace(path)


if __name__ == "__main__":
    main()
