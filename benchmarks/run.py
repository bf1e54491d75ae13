"""Time and memory of each recipe side by side: kerasal, hand-written compiled loops, tf-keras-vis, Xplique, tf-explain.

Run it by `make bench`. It takes about twenty minutes on two cores, `--quick` two, and writes figures.json, benchmarks.md and
benchmarks.png.
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--quick", action="store_true", help="few points, three rounds, the small workload alone")
    parser.add_argument("--rounds", type=int, default=None, help="interleaved rounds at most (5; 3 with --quick)")
    parser.add_argument(
        "--out", type=Path, help="folder of what it writes (benchmarks/ and docs/; runs/benchmarks with --quick)"
    )
    parser.add_argument(
        "--workloads", nargs="+", help="some of the workloads of workloads.py, by name; others are kept"
    )
    parser.add_argument("--training", action="store_true", help="measure only what maps cost while a model trains")
    parser.add_argument("--report", action="store_true", help="measure nothing, write the page and the plot again")
    given = parser.parse_args()
    if given.rounds is not None and given.rounds < 1:
        parser.error(f"--rounds is 1 or more. Received: {given.rounds}. Give e.g. --rounds 5.")
    return given


def main():
    given = parse()
    out = given.out or (ROOT / "runs/benchmarks" if given.quick else None)
    if out:
        out.mkdir(parents=True, exist_ok=True)
    figures = (out or ROOT / "benchmarks") / "figures.json"
    page, plot = ((out or ROOT / "docs") / name for name in ("benchmarks.md", "benchmarks.png"))
    if (given.report or given.training) and not figures.exists():
        sys.exit(
            f"--report and --training read the figures of a run. Received: no {figures.name} there. Run without --report first."
        )
    if not given.report:
        import training
        from figures import measure

        found = json.loads(figures.read_text("utf-8")) if figures.exists() else {}
        if not given.training:
            rounds = given.rounds or (3 if given.quick else 5)
            for so_far in measure(given.quick, rounds, given.workloads, found):
                found = so_far
                write(figures, json.dumps(found, indent=1) + "\n")
        if not given.workloads:
            found["training"] = training.measure(given.quick)
            write(figures, json.dumps(found, indent=1) + "\n")
    from plot import draw
    from report import markdown

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
