"""Time and memory of gradients and SmoothGrad side by side: kerasal, a hand-written compiled loop, tf-keras-vis.

Run it by `make bench`. It takes about ten minutes on two cores, `--quick` two, and writes figures.json, benchmarks.md and
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
M_FLAT = (16, 1024)


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument(
        "--quick", action="store_true", help="few samples, three rounds, one small workload and one large"
    )
    parser.add_argument("--rounds", type=int, default=None, help="interleaved rounds (5; 3 with --quick)")
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

    names = ("tensorflow", "keras", "numpy", "tf-keras-vis")
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
    from agreement import check
    from fresh_process import in_fresh_process
    from timing import ratios
    from timing import rounds as timed
    from ways import LIMIT, WAYS, rows_kerasal_chooses
    from workloads import WORKLOADS

    samples = 4 if quick else 50
    names = ["mobilenet-1", "cnn-64"] if quick else list(WORKLOADS)
    figures = {"machine": machine(), "M": samples, "rounds": rounds, "quick": quick, "workloads": {}}
    for name in names:
        workload = WORKLOADS[name]
        say(f"{workload.title}: the same numbers?")
        found = {"title": workload.title, "rows": workload.rows, "agreement": check(workload)}
        model, x = workload.make()
        found["rows_chosen"] = rows_kerasal_chooses(model, x, samples)
        ways = {way: make(model, x, workload.rows) for way, make in WAYS.items()}
        for recipe, M in (("gradient", 0), ("SmoothGrad", samples)):
            say(f"{workload.title}: {recipe}")
            calls = {way: partial(call, M) for way, call in ways.items()}
            for call in ways.values():
                call(min(M, 2))  # traced here, not in the rounds; M is not part of a trace
            found[recipe] = ratios(timed(calls, rounds), LIMIT)
            for way in WAYS:
                found[recipe][way].update(in_fresh_process(name, way, M))
        figures["workloads"][name] = found
        del model, ways, calls
        gc.collect()
    flat = (4, 64) if quick else M_FLAT
    figures["flat"] = {}
    for name in ("mobilenet-1", "cnn-64"):
        say(f"{WORKLOADS[name].title}: memory at M = {flat[0]} and {flat[1]}")
        figures["flat"][WORKLOADS[name].title] = {M: in_fresh_process(name, "kerasal", M)["mib"] for M in flat}
    return figures


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
