"""The part of the page on trainings."""

TRAINING = """A logged step of 16 examples (`python benchmarks/run.py --only training`). kerasal writes the original, heat and overlay of each example,
six numbers each, and the maps as arrays; tf-explain writes one grid of grey pictures. Both have the same class, and as many samples and
nodes; there are five interleaved rounds. The first call includes the compiling."""
OVERHEAD = """`max_overhead`: the seconds inside the logger, from the start to the film strips, divided by the seconds of the rest of the same training (6
examples; SmoothGrad, M = 30, where nothing else is said). The first map, with its compiling, and the last are written whatever the budget
says."""


WHOLE = """What a user waits for: the time of the demo's training with the logger (`max_overhead=.05`), divided by the time of the same training
without it. Each is timed in a fresh process that has imported TensorFlow and Keras, in six interleaved rounds."""


def of_training(training):
    """Paragraphs and tables."""
    parts = [TRAINING, steps_table(training), OVERHEAD, overhead_table(training)]
    return [*parts, WHOLE, whole_table(training["whole"])] if "whole" in training else parts


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


def whole_table(whole):
    lines = ["| | seconds with, median | without | with ÷ without (range) |", "|---|---|---|---|"]
    for name, found in whole.items():
        seconds = " | ".join(f"{sorted(found[way])[len(found[way]) // 2]:.1f}" for way in ("with", "without"))
        lines.append(f"| {name} | {seconds} | {found['ratio']:.2f} ({found['low']:.2f}–{found['high']:.2f}) |")
    return "\n".join(lines)
