"""Store what the measures of Captum, Xplique and Quantus give for maps of peers.npz; see record_peers.py."""

import json
from importlib.metadata import version

import numpy as np
from peer_measures import MEASURES

PEERS = MEASURES.with_name("peers.npz")
SEED = 5
BESIDE = {
    "captum": ("torch", "numpy"),
    "xplique": ("tensorflow", "keras", "numpy", "scipy"),
    "quantus": ("torch", "numpy"),
}


def given(arrays):
    """What is asked beside the examples: what is taken from each of them, channels last, and a box of each image."""
    rng = np.random.default_rng(SEED)
    shapes = {
        "image": arrays["image.x"].shape[1:],
        "tokens": arrays["captum.layer_integrated_gradients_embed"].shape[1:],
    }
    taken = {name: rng.uniform(-0.3, 0.3, (4, *shape)).astype("float32") for name, shape in shapes.items()}
    mask = np.zeros((3, 12, 9), bool)
    mask[0, 2:7, 1:5] = mask[1, 1:5, 3:9] = mask[2, 0:4, 0:9] = True
    return taken, mask


def ask(peer, arrays, taken, mask):
    if peer == "captum":
        from measures_captum import captum

        return captum(arrays, taken)
    if peer == "xplique":
        from measures_xplique import xplique

        return xplique(arrays)
    from measures_quantus import quantus_measures

    return quantus_measures(arrays, mask)


def measures(peers):
    """(path, arrays): results of these peers, with those of the others that the file has."""
    arrays = dict(np.load(PEERS))
    taken, mask = given(arrays)
    kept = dict(np.load(MEASURES)) if MEASURES.exists() else {}
    record = json.loads(str(kept.pop("record", '{"versions": {}, "settings": {}}')))
    for peer in peers:
        found = ask(peer, arrays, taken, mask)
        kept = {key: array for key, array in kept.items() if not key.startswith(f"{peer}.")}
        kept |= {key: np.asarray(array, "float64") for key, (array, _) in found.items()}
        settings = {key: about for key, about in record["settings"].items() if not key.startswith(f"{peer}.")}
        record["settings"] = settings | {key: about for key, (_, about) in found.items()}
        record["versions"][peer] = {name: version(name) for name in (peer, *BESIDE[peer])}
    for key, array in kept.items():
        print(f"{key:45} {array.shape!s:18} {np.array2string(array.ravel()[:3], precision=4)}")
    kept |= {f"infidelity.taken.{name}": array for name, array in taken.items()} | {"mask": mask}
    return MEASURES, kept | {"record": np.array(json.dumps(record))}
