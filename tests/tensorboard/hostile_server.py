"""The tab's routes asked by fifty threads for hostile files, in a process of its own, which tells its peak memory as JSON."""

import collections
import json
import re
import sys
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

sys.path[:0] = [str(Path(__file__).parents[1] / "instruments"), str(Path(__file__).parents[2])]

import numpy as np
from fuzz import FACTOR
from hostile_files import hostile_files
from werkzeug.test import Client

from kerasal import Saliency
from kerasal.tensorboard.archive import Archive
from kerasal.tensorboard.depiction import Depiction
from kerasal.tensorboard.plugin import SaliencyPlugin

THREADS, ROUNDS = 50, FACTOR


def build(root):
    """A run of hostile files, one of large maps, and one with an index of junk."""
    hostile = Archive(
        root / "saliency" / "hostile", ["0", "1"], {}, Depiction("image", {}, {"images": np.zeros((2, 9), "u1")})
    )
    files = hostile_files()
    for step, content in enumerate(files.values()):
        hostile.write(step, Saliency(np.ones((2, 3))), {"time": 0})
        (root / "saliency" / "hostile" / "arrays" / f"{step}.npz").write_bytes(content)
    (root / "saliency" / "hostile" / "arrays" / "images.npz").write_bytes(files["bomb"])
    large = Archive(root / "saliency" / "large", [str(n) for n in range(4)], {})
    for step in range(12):
        large.write(step, Saliency(np.full((4, 1000, 1000), step, "float32")), {"time": 0})
    Archive(root / "saliency" / "junk", ["0"], {}).write(0, Saliency([[1.0]]), {})
    with open(root / "saliency" / "junk" / "arrays" / "index.jsonl", "a") as file:
        file.writelines(json.dumps({"step": k, "junk": [[]] * 200_000}) + "\n" for k in range(20))


def questions(steps):
    """(route, query) of one round."""
    for route in ("/runs", "/run", "/map", "/history", "/array", "/small", "/ends", "/small_array"):
        for run in ("hostile", "large", "junk", "none"):
            for step in steps:
                yield (
                    route,
                    {
                        "run": f"saliency/{run}",
                        "step": step,
                        "example": step % 4,
                        "first": 0,
                        "thousandths": 99_500,
                        "name": "images",
                    },
                )


def ask_all(apps, seed, codes):
    order = list(questions(np.random.default_rng(seed).integers(0, 30, 2).tolist()))
    for k in np.random.default_rng(seed).permutation(len(order)):
        route, query = order[k]
        codes[Client(apps[route]).get("/", query_string=query).status_code] += 1


def main():
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        apps = SaliencyPlugin(SimpleNamespace(logdir=folder, flags=None)).get_plugin_apps()
        Client(apps["/runs"]).get("/")
        Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
        before = _kilobytes("VmRSS") / 1000
        codes = collections.Counter()
        for turn in range(ROUNDS):
            threads = [threading.Thread(target=ask_all, args=(apps, turn * THREADS + k, codes)) for k in range(THREADS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    peak = _kilobytes("VmHWM") / 1000
    told = {
        "threads": THREADS,
        "answers": codes.total(),
        "codes": dict(codes),
        "5xx": sum(count for code, count in codes.items() if code >= 500),
        "MB before": round(before),
        "MB at the peak": round(peak),
        "MB more at the peak": round(peak - before),
    }
    print(json.dumps(told))


def _kilobytes(name):
    return int(re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])


if __name__ == "__main__":
    main()
