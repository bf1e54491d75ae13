"""Time, memory and accuracy side by side: kerasal, hand-written compiled loops, and other packages.

Run it by `make bench`. It takes about an hour and three quarters on two cores, `--quick` a few minutes, and writes figures.json,
the pages and plots docs/benchmarks*.
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = ("recipes", "beside", "growth", "accuracy", "training")


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--quick", action="store_true", help="few points, three rounds, the small workload alone")
    parser.add_argument("--rounds", type=int, default=None, help="interleaved rounds at least (5; 3 with --quick)")
    parser.add_argument(
        "--out", type=Path, help="folder of what it writes (benchmarks/ and docs/; runs/benchmarks with --quick)"
    )
    parser.add_argument("--only", nargs="*", choices=PARTS, help="some parts; the figures of others are kept")
    parser.add_argument(
        "--workloads", nargs="+", help="recipes on some of the workloads of workloads.py; others are kept"
    )
    parser.add_argument("--recipes", nargs="+", help="some of the recipes of recipes.py; others are kept")
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
    names = ("benchmarks.md", "benchmarks_all.md", "benchmarks.png", "benchmarks_growth.png")
    page, of_all, *plots = ((out or ROOT / "docs") / name for name in names)
    found = json.loads(figures.read_text("utf-8")) if figures.exists() else {}
    for part in PARTS if given.only is None else given.only:
        for so_far in measure(part, given, found):
            found = so_far
            write(figures, json.dumps(found, indent=1) + "\n")
    if "recipes" not in found:
        sys.exit("The page begins with recipes. Received: figures without any. Run without --only first.")
    from plot import draw, draw_growth
    from report import markdown
    from report_summary import summary

    write(page, summary(found, names[2:]))
    write(of_all, markdown(found, (ROOT / "benchmarks/notes.md").read_text("utf-8")))
    draw(found, plots[0])
    if "growth" in found:
        draw_growth(found["growth"], plots[1])
    print(page.read_text("utf-8"))


def measure(part, given, found):
    """All figures with those of a part anew, given out whenever there is something to keep."""
    if part == "recipes":
        from figures import measure

        yield from measure(
            given.quick, given.rounds or (3 if given.quick else 5), given.workloads, given.recipes, found
        )
    else:
        from importlib import import_module

        for of_part in import_module(part).measure(given.quick):
            yield {**found, part: of_part}


def write(path, text):
    """Write aside, then rename: an interrupted run leaves no half a file."""
    aside = path.with_suffix(".part")
    aside.write_text(text, "utf-8")
    aside.replace(path)


if __name__ == "__main__":
    main()
