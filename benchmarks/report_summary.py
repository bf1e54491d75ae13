"""The page of two screens: a line for each recipe and network, how cost grows, and where all figures are."""

import numpy as np
from recipes import KERASAL, LIMIT, OURS

ABOUT = """This page says how long each recipe takes, how its cost grows, and what a map costs while a model trains. Each recipe is compared with other
packages, and with a loop written by hand for just this model, score and statistic: the practical limit. [All figures](benchmarks_all.md)
are on a page of their own, with every way that was measured, the ranges, and what to know about the figures."""
HOW = """Measured on {cores} cores, {system}, CPU, kerasal {kerasal}, TensorFlow {tensorflow}, Keras {keras}. Times are ratios of interleaved rounds
in one process: the median, and in brackets the smallest and the largest. Memory is the peak beyond that of the process, in MiB. The fastest
other package is the one that took the least time among those that do the same. Where there is one, a number above 1 says how many times as
long as kerasal it took."""
BESIDE = """What else kerasal does, each beside a package that does the same, or beside the plain way. A number above 1 says how many times as long the
other took, as the median of interleaved rounds; those over three times slower are timed once. Both did the same work: as many nodes,
masks, passes or draws."""
GROWTH = """Seconds grow as numberᵉ, with e fitted to all points on logarithmic axes. Memory is the peak beyond the result. SmoothGrad grows with
samples, examples, pixels and parameters, occlusion with windows, and all classes at once (`score="all"`) with classes."""
ERRORS = """Seconds until the mean of |gradient| is known to 5 %. kerasal finds out by itself how many samples this takes (`target_error=.05`); the
other packages are told the number."""
TRAINING = """The time of the demo's training with a `SaliencyLogger`, divided by the time of the same training without one, each in a fresh process."""


def summary(figures, plots):
    """The page docs/benchmarks.md.

    Args:
        figures: what `run.measure` gave.
        plots: file names of the plots beside the page: of the recipes, of growth.
    """
    machine = figures["machine"]
    quick = " **A quick run: too short to conclude from.**" if figures["quick"] else ""
    parts = [
        "# Benchmarks",
        ABOUT,
        HOW.format(**machine, **machine["versions"]) + quick,
        recipes_table(figures["recipes"]),
    ]
    parts += [f"![Time and memory of each way]({plots[0]})"]
    if "beside" in figures:
        parts += ["## Other methods, measures and data sets", BESIDE, beside_table(figures["beside"])]
    if "growth" in figures:
        parts += ["## How cost grows", GROWTH, exponents_table(figures["growth"]), f"![Growth]({plots[1]})"]
    if "accuracy" in figures:
        parts += ["## Time to a given error", ERRORS, errors_table(figures["accuracy"]["networks"])]
    if "whole" in figures.get("training", {}):
        parts += ["## While a model trains", TRAINING, training_table(figures["training"]["whole"])]
    return "\n\n".join(parts) + "\n"


def recipes_table(recipes):
    lines = ["| | time ÷ loop by hand | fastest other ÷ kerasal | memory: kerasal, loop, other |", "|---|---|---|---|"]
    for recipe, of_recipe in recipes.items():
        lines.append(f"| **{recipe[0].upper()}{recipe[1:]}** | | | |")
        for found in of_recipe.values():
            ways = found["ways"]
            ours, limit, other = ways[KERASAL], ways[LIMIT], fastest(ways)
            told = f"{other} {ways[other]['seconds'] / ours['seconds']:.3g}" if other else "–"
            memory = ", ".join(mib(way) for way in (ours, limit, ways.get(other, {})))
            lines.append(
                f"| {found['title']}: {found['says']} | {ours['ratio']:.2f} ({ours['low']:.2f}–{ours['high']:.2f}) | {told} | {memory} |"
            )
    return "\n".join(lines)


def beside_table(beside):
    lines = ["| | beside | other ÷ kerasal | kerasal, seconds |", "|---|---|---|---|"]
    for title, found in beside.items():
        once = found["low"] == found["high"]
        ranges = "" if once else f" ({found['low']:.2f}–{found['high']:.2f})"
        lines.append(f"| {title} | {found['other']} | {found['ratio']:.3g}{ranges} | {found['seconds']:.2g} |")
    return "\n".join(lines)


def fastest(ways):
    """The other package that takes least time, or None."""
    others = {name: way["seconds"] for name, way in ways.items() if name not in (*OURS, "eager tape")}
    return min(others, key=others.get) if others else None


def mib(way):
    return f"{way['mib']:.0f}" if "mib" in way else "–"


def exponent(points, way):
    """The slope of log(seconds) over log(number)."""
    numbers, seconds = zip(*((point["number"], point[way]["seconds"]) for point in points), strict=True)
    return np.polyfit(np.log(numbers), np.log(seconds), 1)[0]


def exponents_table(growth):
    lines = ["| with | from – to | e, kerasal | e, loop by hand | seconds of kerasal | memory, MiB |", "|---" * 6 + "|"]
    for title, points in growth.items():
        first, last = points[0], points[-1]
        by_hand = f"{exponent(points, LIMIT):.2f}" if LIMIT in first else "–"
        seconds = " – ".join(f"{point[KERASAL]['seconds']:.2g}" for point in (first, last))
        memory = " – ".join(f"{max(0, point[KERASAL]['mib'] - point['carried']):.0f}" for point in (first, last))
        lines.append(
            f"| {title} | {first['number']:,} – {last['number']:,} | {exponent(points, KERASAL):.2f} | {by_hand} | {seconds} | {memory} |".replace(
                ",", " "
            )
        )
    return "\n".join(lines)


def errors_table(networks):
    lines = ["| | kerasal, seconds | stratified noise | others ÷ kerasal |", "|---|---|---|---|"]
    for title, found in networks.items():
        ways = found["time"]["ways"]
        plain, stratified = (ways[f"kerasal, {noise}"]["seconds"] for noise in ("plain", "stratified"))
        others = {name: way["seconds"] for name, way in ways.items() if "seconds" in way and "kerasal" not in name}
        told = ", ".join(f"{name} {others[name] / plain:.3g}" for name in sorted(others, key=others.get))
        lines.append(f"| {title} | {plain:.2g} | {stratified / plain:.2f} of that | {told} |")
    return "\n".join(lines)


def training_table(whole):
    lines = ["| | with ÷ without (range) |", "|---|---|"]
    for name, found in whole.items():
        lines.append(f"| {name} | {found['ratio']:.2f} ({found['low']:.2f}–{found['high']:.2f}) |")
    return "\n".join(lines)
