"""Draw photographs by DeepLIFT and by composites of relevance, as docs/backward_rules.md has them, and print what they add up to.

It reads the network and three photographs of the shared data (KERASAL_DATA, or ../shared/data), and takes a minute on a core.
`python benchmarks/backward_rules.py docs/backward_rules.png`
"""

import sys
import time

import numpy as np
from trained import photograph_network

import kerasal
from kerasal import rules

PLUS = rules.Unbiased(rules.ZPlus())
NAMES = ("goldfish", "brown bear", "trailer truck")
OTHER = 1  # tench: a class that none of them is predicted as
WAYS = {  # name -> function of (model, score) that gives a calculator; the photographs are within −1 and 1, black is −1
    "integrated\ngradients": lambda model, score=None: kerasal.IntegratedGradientsCalculator(
        model, score, baseline=-1.0
    ),
    "DeepLIFT": lambda model, score=None: kerasal.DeepLIFTCalculator(model, score, baseline=-1.0),
    "ε": lambda model, score=None: kerasal.LRPCalculator(model, score, rules="epsilon"),
    "ε + γ + z\u1d2e": lambda model, score=None: kerasal.LRPCalculator(
        model, score, rules=rules.Composite(convolution=rules.Gamma(), first=rules.ZBox(-1, 1))
    ),
    "ε + z⁺": lambda model, score=None: kerasal.LRPCalculator(model, score, rules="epsilon_plus"),
    "ε + z⁺,\nno biases": lambda model, score=None: kerasal.LRPCalculator(
        model, score, rules=rules.Composite(convolution=PLUS)
    ),
}


def main(path):
    model, x = photograph_network()
    found = {}
    for name, make in WAYS.items():
        calculator = make(model)
        calculator.explain(x, show_progress=False)  # compiled
        began = time.perf_counter()
        whole = calculator.explain(x, show_progress=False)
        took = time.perf_counter() - began
        sums = " ".join(f"{each:.3g}" for each in whole.values.sum((1, 2, 3)))
        print(f"{' '.join(name.split())}: {took:.2f} s, sums {sums}, scores {whole.scores.round(2)}")
        maps = calculator.explain(x, ch_axis=-1, show_progress=False).values  # (3, 192, 192)
        others = make(model, OTHER).explain(x, ch_axis=-1, show_progress=False).values
        alike = [np.corrcoef(one.ravel(), other.ravel())[0, 1] for one, other in zip(maps, others, strict=True)]
        print(f"  correlation with the map of another class: {np.round(alike, 2)}")
        found[name] = maps / np.quantile(np.abs(maps), 0.995, (1, 2), keepdims=True)
    kerasal.ImageVisualizer().visualize_batch(
        found,
        np.clip((x + 1) / 2, 0, 1),
        labels=NAMES,
        colorbar_label="of the map's 99.5th percentile",
        save_filepath=path,
        title="Three photographs by rules for each layer",
    )


if __name__ == "__main__":
    main(sys.argv[1])
