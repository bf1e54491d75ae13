"""Store what other people's code gives on two small fixed networks: attributions in tests/data/peers.npz, measures beside it.

Run it in environments of their own, which record_peers.txt describes:
    python benchmarks/record_peers.py                    # attributions, with the networks and the examples
    python benchmarks/record_peers.py captum xplique     # measures, into peers_of_measures.npz
    python benchmarks/record_peers.py quantus            # in the environment of Quantus, into the same file
The files hold what was given, the results and, as JSON under "record", the versions of the peers and the settings of every result.
"""

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tests" / "zoo"))


def store(path, arrays):
    """Write the file whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    aside = path.with_suffix(".part")
    with open(aside, "wb") as file:
        np.savez_compressed(file, **arrays)
    aside.replace(path)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1024:.1f} KiB")


def main(peers):
    if peers:
        from record_measures import measures

        store(*measures(peers))
    else:
        from record_attributions import attributions

        store(*attributions())


if __name__ == "__main__":
    main(sys.argv[1:])
