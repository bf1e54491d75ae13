"""Draw docs/conductance.png and docs/regions.png: `KERASAL_DATA=… python benchmarks/units_and_regions.py`.

An ImageNet network (MobileNetV1) on photographs: the channels of a layer that carry a prediction, and the regions of pictures by XRAI.
"""

import os
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tests/zoo"))

from imagenet import network_module
from matplotlib.figure import Figure

from kerasal import ConductanceCalculator, regions
from kerasal.visualizers import ImageVisualizer

LAYER = "conv11_pointwise_relu"  # (12, 12, 384)
SHOWN = 12  # bars


def channels(model, photograph, names):
    """Bars of the channels with the largest conductance, and where that of the first three is."""
    found = ConductanceCalculator(model, LAYER).explain(photograph)
    sums = found.values[0].sum((0, 1))
    order = np.argsort(-sums)
    owed = float(found.scores[0] - found.base_scores[0])
    print(f"{names[int(found.predictions['class'][0])]}: {owed:.2f} logits, relative gap {found.relative_gap[0]:.1e}")
    for count in (3, 10, 30):
        print(f"  the first {count} of {len(sums)} channels: {sums[order[:count]].sum():.2f}")
    print(f"  those below 0: {(sums < 0).sum()}, {sums[sums < 0].sum():.2f}")
    figure = Figure(figsize=(11, 3.2), dpi=100, layout="constrained")
    axes = figure.subplots(1, 4, width_ratios=[1.5, 1, 1, 1])
    axes[0].barh([f"channel {k}" for k in order[:SHOWN]][::-1], sums[order[:SHOWN]][::-1], color="#b2182b")
    axes[0].set_xlabel(f"conductance, logits (all: {owed:.1f})")
    axes[0].set_title(LAYER, fontsize=10)
    side = photograph.shape[1]
    for ax, k in zip(axes[1:], order, strict=False):
        wide = np.kron(found.values[0, :, :, k], np.ones((side // 12, side // 12)))
        ImageVisualizer().visualize(wide, photograph[0], scaler=None, ax=ax, show_colorbar=False)
        ax.set_title(f"channel {k}: {sums[k]:.2f}", fontsize=10)
    figure.suptitle(f"What carries “{names[int(found.predictions['class'][0])]}”")
    figure.savefig(ROOT / "docs/conductance.png")


def main():
    data = Path(os.environ.get("KERASAL_DATA", ROOT.parent / "shared/data"))
    network = network_module(data)
    model, names = network.load_mobilenet("softmax"), network.labels()
    pictures = [network.load_image(data / "images" / name) for name in ("dog.jpeg", "bus.jpeg", "cat.bmp")]
    channels(model, pictures[0][None], names)
    found = regions.explain(model, np.stack(pictures))
    for n in range(len(pictures)):
        print(
            names[int(found.saliency.predictions["class"][n])], [round(float(mean), 5) for mean in found.means[n][:4]]
        )
    found.plot(0, save_filepath=ROOT / "docs/regions.png", title=names[int(found.saliency.predictions["class"][0])])


if __name__ == "__main__":
    main()
