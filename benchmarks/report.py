"""From figures to the page of all of them."""

from report_accuracy import path_table, samples_table, time_table
from report_training import of_training

ABOUT = """This page has the figures behind [the benchmarks](benchmarks.md): how long each recipe takes, and how much memory. Each recipe is compared
with a loop written by hand for just this model, score and statistic (the practical limit), and with other packages where they have it."""
HOW = """Measured on {cores} cores, {system}, CPU; {versions}. Times are medians of {rounds} interleaved rounds in one process. A ratio is to the
hand-written loop of the same round, with the smallest and the largest in brackets. Ways over three times slower are timed once, and their
ratio is to the loop's median. The first call (with tracing) and the peak of memory were measured in a fresh process each. The peak is
beyond that of the process after its imports, after building the model and after one forward pass. The networks have random weights; deep
ones have the statistics of random images in their BatchNormalizations."""

DIFFERENCES = {
    "gradient": """All examples are one model call, except with PAIR, which takes one example at a time. Xplique gives |gradient|, tf-explain a picture. Captum
explains a PyTorch copy of the small networks, weight for weight.""",
    "SmoothGrad": """The first call is of 2 samples. kerasal and the loop give mean and standard deviation, the others only the mean. tf-keras-vis draws all
samples at once and calls the model for one after another; tf-explain draws all and calls the model once.""",
    "BayesGrad": """Dropout is as in training and BatchNormalization is frozen; VGG16 has a dropout of .5 behind fc1 and fc2. The first call is of 2 samples.
The loop and the other packages draw Keras' or PyTorch's own masks, which depend on how samples are batched. The eager tape is a Python loop
over samples.""",
    "integrated gradients": """The baseline is zeros. kerasal and the loop take gradients at midpoints, and the score at both ends for the completeness gap. Xplique takes
as many gradients by the trapezoid rule, and gives no gap. PAIR and tf-explain average as many gradients, with full weight at both ends.
tf-explain does so in one model call for all nodes of all examples of a class; it leaves out the product with x − baseline and makes a
picture. SHAP takes as many random nodes, for the highest output.""",
    "occlusion": """kerasal, the loop and Captum average over the windows that cover a pixel; Xplique adds them up. tf-explain knows only patches side by side.
It gets smaller patches, as many as the others have windows, fills them with 127.5 and makes a picture of 1 − score, so its numbers are not
compared.""",
}
BESIDE = """Pairs in interleaved rounds of one process, after a first call each; a ratio is of the other to kerasal. The distance is relative L2, where
both compute the same, or nearly: Captum's conductance has other nodes, and its LRP another ε where an output is close to 0.
Shapley values are within 5 % of the true ones each, by as many passes as each needs. The layer and stores are ours beside our own
`explain`. BayesGrad has dropout in the last layers alone; with `method="mean_abs"` it gives |mean| without a standard deviation, and
the loop by hand both."""
GROWTH = """SmoothGrad. Each point is a fresh process, so times are not interleaved and a ratio is only worth about 30 %. Memory is the peak beyond that
of the process before the call, which holds the examples. Samples grow on 16 images of the small CNN in 256 rows a call. Examples grow in
100 rows a call with M = 10. Pixels grow on MobileNetV2 with M = 16, in as many rows as each way chooses. Parameters grow by the width of
the network's layers, with M = 64. Windows are those of occlusion on 4 images of this network, classes those of `score="all"` on 16."""
ACCURACY = """Relative L2 error of a map, the mean of squares over the images, against a map of 20 000 samples (3 000 on the photographs). `saved` says
how many times fewer samples stratified noise (`stratified=True`) needs for the same error. The last columns are the error that
`target_error=.05` reached, and the fewest and most samples that it took."""
TIME = """Seconds until the mean of |gradient| is known to 5 %. kerasal finds out how many samples this takes (`target_error=.05`); the other packages
are told the most that any image needed, {M}. tf-keras-vis, Xplique and tf-explain cannot take this mean, only the mean of the gradient:
their seconds are the time of as many samples."""
PATH = """Integrated gradients from black: the error against 10 000 nodes, and how many midpoint nodes do the work of n trapezoid nodes, as a share of
n. There are three trainings each; the smallest and the largest stand beside the median."""


def markdown(figures, notes):
    """The page docs/benchmarks_all.md.

    Args:
        figures: what `run.measure` gave.
        notes: what a reader should know of these figures, written by hand.
    """
    rounds = [found["rounds"] for of_recipe in figures["recipes"].values() for found in of_recipe.values()]
    versions = ", ".join(f"{name} {number}" for name, number in figures["machine"]["versions"].items())
    of_rounds = "–".join(map(str, sorted({min(rounds), max(rounds)})))
    parts = [
        "# Benchmarks: all figures",
        ABOUT,
        HOW.format(**figures["machine"] | {"versions": versions, "rounds": of_rounds})
        + (" **A quick run: too short to conclude from.**" if figures["quick"] else ""),
    ]
    for recipe, of_recipe in figures["recipes"].items():  # those that were measured
        parts += [f"## {recipe[0].upper()}{recipe[1:]}", DIFFERENCES[recipe], table(recipe, of_recipe)]
        parts += [agreement(of_recipe)]
    if "beside" in figures:
        parts += ["## Other methods, measures and data sets", BESIDE, beside_table(figures["beside"])]
    if "growth" in figures:
        parts += [
            "## How cost grows",
            GROWTH,
            growth_table(figures["growth"]),
        ]
    if "accuracy" in figures:
        parts += ["## Time to a given error", ACCURACY, samples_table(figures["accuracy"]["networks"])]
        for title, found in figures["accuracy"]["networks"].items():
            parts += [f"### Time to 5 %: {title}", TIME.format(M=found["time"]["M"]), time_table(found["time"]["ways"])]
        if "path" in figures["accuracy"]:
            parts += ["### Nodes of a path", PATH, path_table(figures["accuracy"]["path"])]
    if "training" in figures:
        parts += ["## While a model trains", *of_training(figures["training"])]
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
            once = row["low"] == row["high"]
            lines.append(
                f"| {way} | {rows_of(way, recipe, found)} | {row['ratio']:.2f}"
                + ("" if once else f" ({row['low']:.2f}–{row['high']:.2f})")
                + f" | {row['seconds']:.3g} | "
                + (f"{row['first']:.2g} | {row['mib']:.0f} |" if "mib" in row else "– | – |")
            )
        if found["cannot"]:
            lines.append(f"| {'; '.join(f'{way}: {why}' for way, why in found['cannot'].items())} | | | | | |")
    return "\n".join(lines)


def rows_of(way, recipe, found):
    """Rows of a model call, N examples."""
    if way == "PAIR":
        return found["rows"] if recipe == "integrated gradients" else 1
    if recipe == "gradient" or way in ("tf-keras-vis", "eager tape"):
        return "N"
    if way == "tf-explain" and recipe != "occlusion" or way == "SHAP":
        return "all"
    return found["rows_chosen"] if way == "kerasal" else found["rows"]


def agreement(of_recipe):
    """One line: how far the numbers are from the hand-written ones, at worst."""
    worst = {}
    for found in of_recipe.values():
        for way, distance in found["agreement"].items():
            worst[way] = max(distance, worst.get(way, 0))
    told = "; ".join(f"{way} {distance:.0e}" for way, distance in worst.items())
    return (
        f"Relative L2 distance from the hand-written numbers, at most: {told}."
        if told
        else "No package draws the masks of another, so their numbers are not compared."
    )


def beside_table(beside):
    lines = ["| | beside | other ÷ kerasal (range) | kerasal, seconds | rounds | distance |", "|---" * 6 + "|"]
    for title, found in beside.items():
        alike = "–" if found["alike"] is None else f"{found['alike']:.0e}"
        ratio = f"{found['ratio']:.3g} ({found['low']:.3g}–{found['high']:.3g})"
        lines.append(f"| {title} | {found['other']} | {ratio} | {found['seconds']:.2g} | {found['rounds']} | {alike} |")
    return "\n".join(lines)


def growth_table(growth):
    lines = [
        "| | samples × examples | seconds | ÷ limit | MiB | of it the result | MiB of the limit |",
        "|---" * 7 + "|",
    ]
    for title, points in growth.items():
        for point in points:
            ours, limit = point["kerasal"], point.get("hand-written loop")
            ratio, of_limit = (f"{ours['seconds'] / limit['seconds']:.2f}", f"{limit['mib']:.0f}") if limit else "––"
            lines.append(
                f"| {point['number']} {title} | {point['samples']} | {ours['seconds']:.3g} "
                f"| {ratio} | {ours['mib']:.0f} | {point['carried']:.0f} | {of_limit} |"
            )
    return "\n".join(lines)
