"""Record the regions that PAIR's XRAI finds, with its segments and maps, into tests/data.

`python benchmarks/record_pair_regions.py`, in an environment with saliency==0.2.1 and scikit-image==0.26.0; TensorFlow is not needed.
The test is tests/regions/test_peer.py.
"""

from pathlib import Path

import numpy as np
from saliency.core import xrai

WAY = Path(__file__).parents[1] / "tests/data/pair_regions.npz"


def picture(rng):
    """(60, 86, 3): a gradient of light, a disk, a box and noise."""
    rows, columns = np.mgrid[:60, :86]
    image = np.stack([rows / 60, columns / 86, 0.3 + 0 * rows], -1)
    image[(rows - 27) ** 2 + (columns - 27) ** 2 < 220] = (0.9, 0.2, 0.1)
    image[36:54, 53:80] = (0.1, 0.7, 0.9)
    return (image + rng.normal(size=image.shape) * 0.03).astype("float16").astype("float32")


def gradients(rng):
    """(60, 86, 3): noise, more of it and positive in the box and at the disk's edge."""
    rows, columns = np.mgrid[:60, :86]
    strength = 0.2 + 1.0 * ((rows > 36) & (rows < 54) & (columns > 53) & (columns < 80))
    strength += 0.7 * (np.abs(np.hypot(rows - 27, columns - 27) - 15) < 2)
    return (rng.normal(size=(60, 86, 3)) * 0.3 + strength[..., None]).astype("float16").astype("float32")


def main():
    rng = np.random.default_rng(3)
    image, slopes = picture(rng), gradients(rng)
    masks = xrai._get_segments_felzenszwalb(image)
    found = {"image": image, "map": slopes, "masks": np.packbits(np.array(masks), axis=-1)}
    for name, settings in {"all": {}, "third": {"area_threshold": 0.33}}.items():
        how = xrai.XRAIParameters(return_xrai_segments=True, **settings)
        made = xrai.XRAI().GetMaskWithDetails(image, None, base_attribution=slopes, extra_parameters=how)
        found |= {f"values {name}": made.attribution_mask, f"ranks {name}": made.segments.astype("int16")}

    def model(points, call_model_args=None, expected_keys=None):  # f = Σ w x³ / 3, whose gradient is w x²
        return {"INPUT_OUTPUT_GRADIENTS": slopes * points**2}

    how = xrai.XRAIParameters(steps=2000, return_ig_attributions=True)
    made = xrai.XRAI().GetMaskWithDetails(image, model, segments=masks, batch_size=50, extra_parameters=how)
    found |= {"integrated": np.mean(made.ig_attribution, 0).astype("float32"), "values of model": made.attribution_mask}
    np.savez_compressed(WAY, **found)


if __name__ == "__main__":
    main()
