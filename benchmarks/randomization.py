"""The table of docs/metrics.md under "What a network forgets": maps of an ImageNet network whose weights become random, stage by stage.

    python benchmarks/randomization.py

It reads the network and the six photographs of the shared data (KERASAL_DATA, or ../shared/data), takes two minutes on a core, and
prints the rows: for each recipe the rank correlation of |map| with that of the trained network, mean over the photographs ± its
standard error.
"""

import os
import sys
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path += [str(ROOT / "benchmarks" / "truth"), str(ROOT / "tests" / "zoo")]

from edges import EdgesCalculator
from imagenet import network_module, photographs

from kerasal import Recipe, recipes
from kerasal.metrics import RandomizationCheck

STAGES = 5
RECIPES = {
    "gradient": recipes.vanilla(ch_axis=-1),
    "SmoothGrad, 16 samples": recipes.smooth_grad(M=16, ch_axis=-1),
    "gradient × input": recipes.gradient_times_input(ch_axis=-1),
    "integrated gradients, 16 steps": recipes.integrated_gradients(steps=16, ch_axis=-1),
    "guided backpropagation": recipes.guided_backprop(ch_axis=-1),
    "Grad-CAM": recipes.grad_cam(),
    "edges of the photograph, no network": Recipe(EdgesCalculator, ch_axis=-1),
}


def main():
    data_dir = Path(os.environ.get("KERASAL_DATA", ROOT.parent / "shared" / "data"))
    network = network_module(data_dir)
    model, x = network.load_mobilenet(), photographs(network, data_dir)
    header = None
    warnings.simplefilter(
        "ignore"
    )  # few samples and steps are enough for a ranking, and random networks need many more
    for name, recipe in RECIPES.items():
        begin = time.perf_counter()
        found = RandomizationCheck(model, recipe, steps=STAGES)(x)
        if header is None:
            layers = found.curve.x_name.split()[2]
            header = [f"{share * int(layers):.0f} of {layers}" for share in found.curve.x[1:]]
            print("| recipe |", " | ".join(header), "| verdict |")
            print("|---" * (len(header) + 2) + "|")
        cells = [f"{m:.2f} ± {e:.2f}" for m, e in zip(found.curve.mean[1:], found.curve.mean_error[1:], strict=True)]
        print(f"| {name} |", " | ".join(cells), f"| {found.verdict} |")
        print(f"{name}: {time.perf_counter() - begin:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
