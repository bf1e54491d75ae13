"""Store what the attributions of others give on two small fixed networks, in tests/data/peers.npz; see record_peers.py."""

import json
from importlib.metadata import version

import numpy as np
from peer_captum import captum_image, captum_tokens
from peer_copies import torch_copy
from peer_keras import pair, tf_keras_vis, xplique
from peer_networks import IMAGE, LENGTH, NETWORKS, PEERS, VOCABULARY

SEED = 13
EXPLAINED = np.array([1, 3, 0], "int32")  # class per example
PACKAGES = ("saliency", "tf-keras-vis", "xplique", "captum", "tensorflow", "keras", "torch", "numpy", "scipy")


def draw_weights(model, rng):
    """Kernels of unit gain; biases, scales and statistics far from their initial values."""
    drawn = []
    for weight in model.weights:
        shape, name = tuple(weight.shape), weight.name.split("/")[-1]
        if "variance" in name or "gamma" in name:
            drawn.append(rng.uniform(0.4, 1.6, shape))
        elif len(shape) == 1:
            drawn.append(rng.normal(0, 0.3, shape))
        else:
            fan_in = 1 if "embeddings" in name else np.prod(shape[:-1])
            drawn.append(rng.normal(0, np.sqrt(2 / fan_in), shape))
    return [array.astype("float32") for array in drawn]


def draw(name, rng):
    """(model, {key: array}): the network with its weights, its examples, one baseline per example, logits."""
    model = NETWORKS[name]()
    weights = draw_weights(model, rng)
    model.set_weights(weights)
    if name == "image":
        x, baseline = rng.random((3, *IMAGE), "float32"), rng.random((3, *IMAGE), "float32") / 2
    else:
        x = rng.integers(1, VOCABULARY, (3, LENGTH), "int32")
        baseline = np.zeros_like(x)
    arrays = {f"{name}.weights.{i}": array for i, array in enumerate(weights)}
    arrays |= {f"{name}.x": x, f"{name}.baseline": baseline, f"{name}.classes": EXPLAINED}
    return model, arrays | {f"{name}.logits": np.asarray(model(x))}


def check(results):
    """Every result is finite, and no example of it is zero: there is something to compare with."""
    for key, array in results.items():
        flat = np.abs(array).reshape(len(array), -1)
        if not np.isfinite(flat).all() or (flat.max(axis=1) == 0).any():
            raise RuntimeError(
                f"Every peer attributes something to every example. Received: {key} with the largest values "
                f"{flat.max(axis=1)}. Choose another SEED."
            )


def attributions():
    """(path, arrays): what the file holds."""
    rng = np.random.default_rng(SEED)
    image, arrays = draw("image", rng)
    tokens, more = draw("tokens", rng)
    arrays |= more
    x, baseline = arrays["image.x"], arrays["image.baseline"]
    ids, padding = arrays["tokens.x"], arrays["tokens.baseline"]

    def copy(name, model):
        return torch_copy(name, model.get_weights(), arrays[f"{name}.x"], arrays[f"{name}.logits"])

    found = {
        **pair(image, x, EXPLAINED, baseline),
        **tf_keras_vis(image, x, EXPLAINED),
        **xplique(image, x, EXPLAINED),
        **captum_image(copy("image", image), x, EXPLAINED, baseline),
        **captum_tokens(copy("tokens", tokens), ids, EXPLAINED, padding),
    }
    results = {key: np.asarray(array, "float32") for key, (array, _) in found.items()}
    check(results)
    settings = {key: setting for key, (_, setting) in found.items()}
    record = json.dumps({"versions": {name: version(name) for name in PACKAGES}, "settings": settings})
    for key, array in results.items():
        print(f"{key:45} {array.shape!s:18} largest {np.abs(array).max():.3g}")
    return PEERS, {**arrays, **results, "record": np.array(record)}
