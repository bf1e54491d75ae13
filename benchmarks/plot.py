"""The plots of the figures: each way's time over the limit's and its memory, and how both grow."""

import matplotlib
from matplotlib.ticker import EngFormatter, FixedLocator, NullFormatter, NullLocator

matplotlib.use("Agg")
import matplotlib.pyplot as plt

OURS = {"hand-written loop": "black", "kerasal": "C3", "kerasal, same rows": "C1"}
TICKS = [0.3, 1, 3, 10, 30, 100, 1000]


def draw(figures, path):
    """A row of panels per recipe: a line per workload, a dot per way, on log axes; kerasal's numbers at the right."""
    recipes = figures["recipes"]
    peers = dict.fromkeys(
        way for of in recipes.values() for found in of.values() for way in found["ways"] if way not in OURS
    )
    colors = OURS | {way: color for way, color in zip(peers, ("C0", "C2", "C4", "C5", "C6", "C8", "C9"), strict=False)}
    heights = [len(of) + 1.2 for of in recipes.values()]
    figure, panels = plt.subplots(
        len(recipes),
        2,
        figsize=(9.5, 1.2 + 0.36 * sum(heights)),
        sharey="row",
        sharex="col",
        squeeze=False,
        gridspec_kw={"height_ratios": heights, "width_ratios": (3, 2)},
        layout="constrained",
    )
    for (times, memory), (recipe, of_recipe) in zip(panels, recipes.items(), strict=True):
        draw_recipe(times, memory, of_recipe, colors)
        times.set_title(recipe, loc="left", fontweight="bold", fontsize=11)
        times.text(1.02, 1.0, "kerasal", transform=times.transAxes, va="bottom", fontsize=9, color=OURS["kerasal"])
    panels[-1, 0].set_xlabel("time ÷ hand-written loop; kerasal with its range over the rounds")
    panels[-1, 1].set_xlabel("peak memory added, MiB")
    handles = [plt.Line2D([], [], color=color, marker="o", linestyle="none") for color in colors.values()]
    figure.legend(handles, list(colors), loc="outside lower center", ncols=4, frameon=False)
    figure.suptitle(f"{figures['machine']['cores']} cores" + (", a quick run" if figures["quick"] else ""), fontsize=10)
    save(figure, path)


def draw_recipe(times, memory, of_recipe, colors):
    for y, found in enumerate(of_recipe.values()):
        for way, row in found["ways"].items():
            how = {"color": colors[way], "marker": "o", "zorder": 3 if way in OURS else 2}
            times.plot(row["ratio"], y, markersize=7 if way == "kerasal" else 5, **how)
            if row.get("mib", 0) > 0:
                memory.plot(row["mib"], y, markersize=7 if way == "kerasal" else 5, **how)
        ours = found["ways"]["kerasal"]
        times.plot([ours["low"], ours["high"]], [y, y], color=colors["kerasal"], linewidth=2, zorder=3)
        times.text(
            1.02,
            y,
            f"{ours['ratio']:.2f}",
            transform=times.get_yaxis_transform(),
            va="center",
            fontsize=9,
            color=colors["kerasal"],
        )
        if "mib" not in ours:
            memory.text(
                0.02, y, "not measured", transform=memory.get_yaxis_transform(), va="center", fontsize=8, color="grey"
            )
    times.set_yticks(
        range(len(of_recipe)), [found["title"].replace(", ", "\n", 1) for found in of_recipe.values()], fontsize=8
    )
    times.set_ylim(len(of_recipe) - 0.5, -0.5)
    times.axvline(1, color="black", linewidth=0.8, zorder=0)
    for axes, ticks in ((times, TICKS), (memory, [10, 30, 100, 300, 1000, 3000])):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.tick_params(axis="x", labelbottom=True, labelsize=8)
        axes.grid(axis="y", linewidth=0.4)


def draw_growth(growth, path):
    """Panels side by side, one per quantity that grows: milliseconds a sample above, memory beyond the result below."""
    figure, panels = plt.subplots(2, len(growth), figsize=(11, 5.5), sharex="col", squeeze=False, layout="constrained")
    for (times, memory), (title, points) in zip(panels.T, growth.items(), strict=True):
        numbers = [point["number"] for point in points]
        for way in ("hand-written loop", "kerasal"):
            how = {"color": OURS[way], "marker": "o", "markersize": 5, "label": way}
            times.plot(numbers, [1000 * point[way]["seconds"] / point["samples"] for point in points], **how)
            memory.plot(numbers, [point[way]["mib"] - point["carried"] for point in points], **how)
        memory.set_xlabel(title)
        for axes in (times, memory):
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(FixedLocator(numbers if len(numbers) < 5 else numbers[::-2]))
            axes.xaxis.set_major_formatter(EngFormatter(places=0, sep=""))
            axes.xaxis.set_minor_locator(FixedLocator(numbers))
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.set_ylim(0, 1.15 * axes.get_ylim()[1])
            axes.spines[["top", "right"]].set_visible(False)
    panels[0, 0].set_ylabel("ms a sample and example")
    panels[1, 0].set_ylabel("MiB beyond the result")
    panels[0, 0].legend(frameon=False)
    save(figure, path)


def save(figure, path):
    aside = path.with_suffix(".part")
    figure.savefig(aside, dpi=130, format="png")
    plt.close(figure)
    aside.replace(path)
