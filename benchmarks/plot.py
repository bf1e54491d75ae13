"""The plot of the figures: a row of panels per recipe, time over the limit's at the left, memory added at the right."""

import matplotlib
from matplotlib.ticker import FixedLocator, NullLocator

matplotlib.use("Agg")
import matplotlib.pyplot as plt

TICKS = [0.5, 1, 2, 5, 10, 20, 50]


def draw(figures, path):
    """Points with the range of the rounds on a log axis, and bars from zero on a linear one."""
    recipes = figures["recipes"]
    ways = list(dict.fromkeys(way for of in recipes.values() for found in of.values() for way in found["ways"]))
    colors = {way: f"C{k}" for k, way in enumerate(ways)}
    heights = [sum(len(found["ways"]) for found in of.values()) + len(of) + 2 for of in recipes.values()]
    figure, panels = plt.subplots(
        len(recipes),
        2,
        figsize=(11, 1 + 0.19 * sum(heights)),
        sharey="row",
        height_ratios=heights,
        layout="constrained",
    )
    for (times, memory), (recipe, of_recipe) in zip(panels, recipes.items()):
        draw_recipe(times, memory, of_recipe, colors)
        times.set_title(title_of(recipe, of_recipe), loc="left", fontweight="bold", fontsize=11)
    low, high = (pick(axes.get_xlim()[k] for axes in panels[:, 0]) for k, pick in ((0, min), (1, max)))
    for axes in panels[:, 0]:
        axes.set_xlim(low, high)
    panels[-1, 0].set_xlabel("time ÷ hand-written loop, its range over the rounds")
    panels[-1, 1].set_xlabel("peak memory added, MiB")
    handles = [plt.Line2D([], [], color=color, marker="o", linestyle="none") for color in colors.values()]
    figure.legend(handles, ways, loc="outside lower center", ncols=len(ways), frameon=False)
    figure.suptitle(f"{figures['machine']['cores']} cores" + (", a quick run" if figures["quick"] else ""), fontsize=10)
    aside = path.with_suffix(".part")
    figure.savefig(aside, dpi=150, format="png")
    plt.close(figure)
    aside.replace(path)


def title_of(recipe, of_recipe):
    """The recipe with its amounts: one for all workloads, or each."""
    says = list(dict.fromkeys(found["says"] for found in of_recipe.values()))
    return f"{recipe}: {' · '.join(says)}"


def draw_recipe(times, memory, of_recipe, colors):
    """The panels of a recipe: a line per way, a group of lines per workload, from top to bottom."""
    y, places, labels = 0, [], []
    for found in of_recipe.values():
        places.append(y + (len(found["ways"]) - 1) / 2)
        labels.append(found["title"].replace(", ", "\n"))
        for way, row in found["ways"].items():
            range_ = [[row["ratio"] - row["low"]], [row["high"] - row["ratio"]]]
            times.errorbar(row["ratio"], y, xerr=range_, fmt="o", color=colors[way], markersize=5, linewidth=1.5)
            write(times, f"{row['ratio']:.2f}", row["high"], y)
            if "mib" in row:
                memory.barh(y, max(row["mib"], 0), 0.75, color=colors[way])
            write(memory, f"{row['mib']:.0f}" if "mib" in row else "not measured", max(row.get("mib", 0), 0), y)
            y += 1
        y += 1
    times.set_yticks(places, labels)
    times.invert_yaxis()
    times.axvline(1, color="black", linewidth=0.8, zorder=0)
    times.set_xscale("log")
    times.margins(x=0.12)
    times.xaxis.set_major_locator(FixedLocator(TICKS))
    times.xaxis.set_major_formatter("{x:g}")
    times.xaxis.set_minor_locator(NullLocator())
    memory.set_xlim(0, 1.12 * memory.get_xlim()[1])
    for axes in (times, memory):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(axis="y", length=0)


def write(axes, text, x, y):
    """A number to the right of what it tells."""
    axes.annotate(text, (x, y), (5, 0), textcoords="offset points", va="center", fontsize=8)
