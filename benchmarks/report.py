"""From figures to a page and a plot."""

RECIPES = ("gradient", "SmoothGrad")
ABOUT = """How long gradients and SmoothGrad take, and how much memory, beside a loop written by hand for just this model, score
and statistic (the practical limit), and beside tf-keras-vis."""
HOW = """Measured on {cores} cores, {system}, CPU; {versions}. Times are medians of {rounds} interleaved rounds in one process,
their ratio is to the hand-written loop of the same round, with the smallest and the largest. SmoothGrad draws M = {M} samples.
First call (the gradient, or 2 samples; with tracing) and peak memory beyond that of the process after building the model and
one forward pass: a fresh process each."""


def markdown(figures, plot, notes):
    """The page docs/benchmarks.md.

    Args:
        figures: what `run.measure` gave.
        plot: file name of the plot beside the page.
        notes: what a reader should know of these figures, written by hand.
    """
    versions = ", ".join(f"{name} {number}" for name, number in figures["machine"]["versions"].items())
    parts = [
        "# Benchmarks",
        ABOUT,
        HOW.format(**{**figures, **figures["machine"], "versions": versions})
        + (" **A quick run: too short to conclude from.**" if figures["quick"] else ""),
        f"![Time and memory of each way]({plot})",
    ]
    for recipe in RECIPES:
        parts += [f"## {recipe}", table(figures, recipe)]
    parts += ["## Memory does not grow with M", flat_table(figures)]
    parts += ["## The same numbers", agreement_table(figures)]
    parts += [notes.strip()]
    return "\n\n".join(parts) + "\n"


def table(figures, recipe):
    lines = [
        "| | rows a call | time ÷ limit (range) | seconds | first call, s | memory added, MiB |",
        "|---|---|---|---|---|---|",
    ]
    for found in figures["workloads"].values():
        lines.append(f"| **{found['title']}** | | | | | |")
        for way, row in found[recipe].items():
            lines.append(
                f"| {way} | {rows_of(way, found, recipe)} | {row['ratio']:.2f} ({row['low']:.2f}–{row['high']:.2f}) "
                f"| {row['seconds']:.3g} | {row['first']:.2g} | {row['mib']:.0f} |"
            )
    return "\n".join(lines)


def rows_of(way, found, recipe):
    if recipe == "gradient" or way == "tf-keras-vis":
        return "N"
    return found["rows_chosen"] if way == "kerasal" else found["rows"]


def flat_table(figures):
    samples = list(next(iter(figures["flat"].values())))
    lines = [f"| MiB added by kerasal | {' | '.join(f'M = {M}' for M in samples)} |", "|---" * (len(samples) + 1) + "|"]
    for title, sizes in figures["flat"].items():
        lines.append(f"| {title} | {' | '.join(f'{sizes[M]:.0f}' for M in samples)} |")
    return "\n".join(lines)


def agreement_table(figures):
    lines = ["Relative L2 distance from the hand-written numbers, under the same noise for SmoothGrad.", ""]
    names = list(next(iter(figures["workloads"].values()))["agreement"])
    lines += [f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for found in figures["workloads"].values():
        cells = [f"{found['agreement'][name]:.0e}" for name in names]
        lines.append(f"| {found['title']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(figures, path):
    """Bars of SmoothGrad: time over the limit's with its range, and memory added."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    workloads = list(figures["workloads"].values())
    ways = list(workloads[0]["SmoothGrad"])
    height = 0.8 / len(ways)
    figure, (times, memory) = plt.subplots(
        1, 2, figsize=(11, 1.2 + 1.1 * len(workloads)), sharey=True, layout="constrained"
    )
    for k, way in enumerate(ways):
        rows = [found["SmoothGrad"][way] for found in workloads]
        at = [n + (k - (len(ways) - 1) / 2) * height for n in range(len(rows))]
        ratio = [row["ratio"] for row in rows]
        range_ = [[row["ratio"] - row["low"] for row in rows], [row["high"] - row["ratio"] for row in rows]]
        bars = times.barh(at, ratio, height, label=way, color=f"C{k}")
        times.errorbar(ratio, at, xerr=range_, fmt="none", ecolor="black", capsize=2, linewidth=1)
        for y, value, row in zip(at, ratio, rows):
            times.annotate(
                f"{value:.2f}", (row["high"], y), (4, 0), textcoords="offset points", va="center", fontsize=8
            )
        sizes = [max(row["mib"], 1) for row in rows]
        memory.barh(at, sizes, height, color=bars[0].get_facecolor())
        for y, value in zip(at, sizes):
            memory.annotate(f"{value:.0f}", (value, y), (4, 0), textcoords="offset points", va="center", fontsize=8)
    times.axvline(1, color="black", linewidth=0.8)
    times.set_yticks(range(len(workloads)), [found["title"].replace(", ", "\n") for found in workloads])
    times.invert_yaxis()
    for axes, label in ((times, "time ÷ hand-written loop"), (memory, "peak memory added, MiB")):
        axes.set_xscale("log")
        axes.set_xlabel(label)
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(x=0.15)
    times.set_xticks([1, 2, 5, 10], ["1", "2", "5", "10"])
    times.minorticks_off()
    figure.suptitle(f"SmoothGrad, M = {figures['M']}, {figures['machine']['cores']} cores")
    figure.legend(loc="outside lower center", ncols=len(ways), frameon=False)
    aside = path.with_suffix(".part")
    figure.savefig(aside, dpi=150, format="png")
    plt.close(figure)
    aside.replace(path)
