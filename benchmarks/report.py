"""From figures to a page and a plot."""

ABOUT = """How long each recipe takes, and how much memory, beside a loop written by hand for just this model, score and statistic
(the practical limit), and beside tf-keras-vis, Xplique and tf-explain where they have it."""
HOW = """Measured on {cores} cores, {system}, CPU; {versions}. Times are medians of {rounds} interleaved rounds in one
process, their ratio is to the hand-written loop of the same round, with the smallest and the largest; ways over three times slower are timed
once. First call (with tracing) and peak memory beyond that of the process after its imports, building the model and one forward pass: a fresh process each."""

DIFFERENCES = {
    "gradient": "All examples are one model call.",
    "SmoothGrad": """The first call is of 2 samples. tf-keras-vis draws all samples at once and calls the model for one after
another.""",
    "integrated gradients": """From zeros. kerasal and the loop take gradients at midpoints, and the score at both ends for the
completeness gap. Xplique takes as many gradients by the trapezoid rule, and no gap. tf-explain averages as many, with full weight
at both ends, in one model call for all nodes of all examples of a class; it leaves out the product with x − baseline and makes a
picture.""",
    "occlusion": """kerasal and the loop average over the windows that cover a pixel; Xplique adds them up. tf-explain knows only
patches side by side: it gets smaller ones, as many as the others have windows, fills them with 127.5 and makes a picture of
1 − score, so its numbers are not compared.""",
}

TRAINING = """A logged step of 16 examples (`python benchmarks/run.py --training`): kerasal writes each example's original, heat and overlay, six
numbers each, and the maps as arrays; tf-explain writes one grid of grey pictures. The same class, as many samples and nodes; five
interleaved rounds. The first call has the compiling."""
OVERHEAD = """`max_overhead`: seconds inside the logger (6 examples; SmoothGrad, M = 30, where nothing else is said), from the start to the film strips, over those of the
rest of the same training. The first map, with its compiling, and the last are written whatever the budget says."""


def markdown(figures, plot, notes):
    """The page docs/benchmarks.md.

    Args:
        figures: what `run.measure` gave.
        plot: file name of the plot beside the page.
        notes: what a reader should know of these figures, written by hand.
    """
    rounds = [found["rounds"] for of_recipe in figures["recipes"].values() for found in of_recipe.values()]
    versions = ", ".join(f"{name} {number}" for name, number in figures["machine"]["versions"].items())
    parts = [
        "# Benchmarks",
        ABOUT,
        HOW.format(
            **figures["machine"]
            | {"versions": versions, "rounds": "–".join(map(str, sorted({min(rounds), max(rounds)})))}
        )
        + (" **A quick run: too short to conclude from.**" if figures["quick"] else ""),
        f"![Time and memory of each way]({plot})",
    ]
    for recipe, of_recipe in figures["recipes"].items():  # those that were measured
        parts += [f"## {recipe[0].upper()}{recipe[1:]}", DIFFERENCES[recipe], table(recipe, of_recipe)]
        parts += [agreement(of_recipe)]
    if figures["flat"]:
        parts += ["## Memory does not grow with the samples", flat_table(figures)]
    if "training" in figures:
        parts += [
            "## While a model trains",
            TRAINING,
            steps_table(figures["training"]),
            OVERHEAD,
            overhead_table(figures["training"]),
        ]
    parts += [notes.strip()]
    return "\n\n".join(parts) + "\n"


def table(recipe, of_recipe):
    lines = [
        "| | rows a call | time ÷ limit (range) | seconds | first call, s | memory added, MiB |",
        "|---|---|---|---|---|---|",
    ]
    for found in of_recipe.values():
        lines.append(f"| **{found['title']}**: {found['says']} | | | | | |")
        for way, row in found["ways"].items():
            lines.append(
                f"| {way} | {rows_of(way, recipe, found)} | {row['ratio']:.2f} ({row['low']:.2f}–{row['high']:.2f}) "
                f"| {row['seconds']:.3g} | "
                + (f"{row['first']:.2g} | {row['mib']:.0f} |" if "mib" in row else "– | – |")
            )
    return "\n".join(lines)


def rows_of(way, recipe, found):
    """Rows of a model call, N examples."""
    if recipe == "gradient" or way == "tf-keras-vis":
        return "N"
    if (recipe, way) == ("integrated gradients", "tf-explain"):
        return "all"
    return found["rows_chosen"] if way == "kerasal" else found["rows"]


def agreement(of_recipe):
    """One line: how far the numbers are from the hand-written ones, at worst."""
    ways = next(iter(of_recipe.values()))["agreement"]
    worst = [f"{way} {max(found['agreement'][way] for found in of_recipe.values()):.0e}" for way in ways]
    return f"Relative L2 distance from the hand-written numbers, at most: {'; '.join(worst)}."


def flat_table(figures):
    samples = list(next(iter(figures["flat"].values())))
    lines = [f"| MiB added by kerasal | {' | '.join(f'M = {M}' for M in samples)} |", "|---" * (len(samples) + 1) + "|"]
    for title, sizes in figures["flat"].items():
        lines.append(f"| {title} | {' | '.join(f'{sizes[M]:.0f}' for M in samples)} |")
    return "\n".join(lines)


def steps_table(training):
    lines = ["| | s a step (range) | ÷ kerasal | first, s | KiB a step |", "|---|---|---|---|---|"]
    for job, recipes in training["steps"].items():
        for recipe, ways in recipes.items():
            lines.append(f"| **{job}**: {recipe} | | | | |")
            for way, row in ways.items():
                lines.append(
                    f"| {way} | {row['seconds']:.3g} ({row['low']:.3g}–{row['high']:.3g}) "
                    f"| {row['seconds'] / ways['kerasal']['seconds']:.2f} | {row['first']:.2g} | {row['bytes'] / 1024:.0f} |"
                )
    return "\n".join(lines)


def overhead_table(training):
    lines = ["| | max_overhead | seconds | in the logger | share | of it the first map | maps |", "|---" * 7 + "|"]
    for job in training["overhead"]:
        for run in job["runs"]:
            rest = run["seconds"] - run["spent"]
            lines.append(
                f"| {job['title']} | {job['max_overhead']:.0%} | {run['seconds']:.1f} | {run['spent']:.2f} "
                f"| {run['spent'] / rest:.1%} | {run['first'] / rest:.1%} | {run['maps']} |"
            )
    return "\n".join(lines)
