"""Seconds that XRAI takes beside PAIR's on one picture: `.venv-bench/bin/python benchmarks/regions_and_pair.py`, after `make bench`.

Both get the map, and both the picture, or PAIR's segments of it. Runs alternate; the ratio is of their medians.
"""

import argparse
import time

import numpy as np
from saliency.core import xrai as pair
from sklearn.datasets import load_sample_image

from kerasal import regions


def seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--runs", type=int, default=3)
    told = parser.parse_args()
    image = load_sample_image("china.jpg")[:: 427 // told.side, :: 640 // told.side][: told.side, : told.side].astype(
        "float32"
    )
    values = np.random.default_rng(0).normal(size=image.shape).astype("float32")
    masks = pair._get_segments_felzenszwalb(image)
    kept = np.array([mask for mask in masks if mask.any()])
    ways = {
        "the picture": (
            lambda: pair.XRAI().GetMask(image, None, base_attribution=values),
            lambda: regions.xrai(values[None], images=image[None], min_area=50),
        ),
        "segments": (
            lambda: pair.XRAI().GetMask(image, None, base_attribution=values, segments=masks),
            lambda: regions.xrai(values[None], kept, min_area=50),
        ),
    }
    print(f"{image.shape[0]} × {image.shape[1]} pixels, {len(kept)} segments")
    for name, (theirs, ours) in ways.items():
        np.testing.assert_allclose(ours().saliency.values[0], theirs(), rtol=1e-4, atol=1e-6)
        taken = np.median([[seconds(theirs), seconds(ours)] for _ in range(told.runs)], 0)
        print(f"from {name}: PAIR {taken[0]:.2f} s, kerasal {taken[1]:.2f} s, {taken[0] / taken[1]:.1f} times as fast")


if __name__ == "__main__":
    main()
