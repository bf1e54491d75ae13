"""`explain_dataset` on many pictures: peak memory, kills at random moments, throughput beside `explain`, growth by chunks.

    python benchmarks/data_sets.py memory 1000 100000     # one after the other in a process: its peak memory after each
    python benchmarks/data_sets.py kills 20000 10         # SIGKILL at 10 random moments, then whole: the same files
    python benchmarks/data_sets.py throughput 20000 5     # seconds of explain ÷ seconds of explain_dataset, in turn
    python benchmarks/data_sets.py growth 100000          # seconds of each tenth of the chunks, bytes of the store

Pictures are 28 × 28, made when they are asked for, so that none is kept by the system either. Numbers are printed as JSON.
"""

import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
from keras import layers as L

from kerasal import explain_dataset, open_store, recipes

BATCH = 500
SMOOTH = recipes.smooth_grad(M=10, method="abs")
RECIPES = {"smooth": SMOOTH, "vanilla": recipes.vanilla(), "calls of 500": SMOOTH.replace(batch_size=500)}
RECIPES["chunks of 500"] = RECIPES["calls of 500"]


class Pictures(getattr(keras.utils, "PyDataset", None) or keras.utils.Sequence):
    """Batches of random pictures, a function of their number."""

    def __init__(self, count):
        super().__init__()
        self.count = count

    def __len__(self):
        return (self.count + BATCH - 1) // BATCH

    def __getitem__(self, n):
        size = min(BATCH, self.count - n * BATCH)
        return np.random.default_rng(n).random((size, 28, 28, 1), "float32")


def network():
    """A small CNN."""
    keras.utils.set_random_seed(1)
    hidden = [L.Conv2D(8, 3, activation="relu"), L.MaxPooling2D(), L.Conv2D(16, 3, activation="relu"), L.Flatten()]
    return keras.Sequential([keras.Input((28, 28, 1)), *hidden, L.Dense(10, activation="softmax")], name="network")


def explained(count, path, recipe="smooth"):
    """Explain so many pictures into a store."""
    size = BATCH if recipe == "chunks of 500" else None
    return explain_dataset(network(), RECIPES[recipe], Pictures(count), path, chunk_size=size, show_progress=False)


def child(path, recipe, *counts):
    """Explain so many pictures, then so many, in a process of its own; it tells when it begins and, of each, its peak memory in MB."""
    command = [sys.executable, __file__, "child", str(path), recipe, *map(str, counts)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def memory(few, many, folder):
    """Peak memory for few pictures, and then for many; calls of the model are of one size: what differs is the number of them."""
    told = child(folder, "calls of 500", few, many).communicate()[0]
    peaks = [float(number) for number in told.split()[1:]]
    return {"pictures": [few, many], "peak_MB": peaks, "growth": round(peaks[1] / peaks[0] - 1, 3)}


def marks(path):
    """The hash of every file of a store."""
    return {
        str(file.relative_to(path)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(Path(path).rglob("*"))
        if file.is_file()
    }


def kills(count, times, folder):
    """Kill a process at random moments, look at what is there, and go on; in the end the files are those of no kill."""
    seconds, _ = timed(lambda: explained(count, folder / "whole" / str(count), "chunks of 500"))
    seen, killed = [0], folder / "killed" / str(count)
    for _ in range(times):
        process = child(folder / "killed", "chunks of 500", count)
        process.stdout.readline()
        wanted = seen[-1] + BATCH * random.randint(0, 1)
        while process.poll() is None and look(killed) < wanted:
            time.sleep(0.01)
        time.sleep(random.uniform(0, seconds * BATCH / count))
        process.send_signal(signal.SIGKILL)
        ended = process.wait()
        assert ended in (-signal.SIGKILL, 0), ended
        seen.append(look(killed))
        assert seen == sorted(seen), seen
    explained(count, killed, "chunks of 500")
    same = marks(folder / "killed") == marks(folder / "whole")
    return {"pictures": count, "kills": times, "examples_after_each": seen[1:], "same_files": same}


def look(path):
    """Check every finished chunk, and count the examples."""
    if not (path / "arrays" / "zarr.json").exists():
        return 0
    store = open_store(path)
    store.check()
    return len(store)


def throughput(count, times, folder):
    """Seconds of `explain` and of `explain_dataset`, in turn, each with its trace: by the clock, and of all cores; ratios of medians."""
    x = np.concatenate([Pictures(count)[n] for n in range(len(Pictures(count)))])
    found = {}
    for name in ("smooth", "vanilla"):
        seconds = {"explain": [], "store": []}
        for turn in range(times + 1):
            path = folder / f"{name}{turn}"
            alone = timed(lambda: RECIPES[name].explain(network(), x))  # noqa: B023  called at once
            stored = timed(lambda: explain_dataset(network(), RECIPES[name], x, path, show_progress=False))  # noqa: B023
            shutil.rmtree(path)
            if turn:  # the first is a warm-up
                seconds["explain"].append(alone)
                seconds["store"].append(stored)
        (clock, cores), (clock_of_store, cores_of_store) = (np.median(seconds[each], 0) for each in seconds)
        found[name] = {
            "ratio": round(clock / clock_of_store, 3),
            "ratio_of_core_seconds": round(cores / cores_of_store, 3),
            "pictures_per_second": round(count / clock_of_store),
            "core_hours_per_million": round(cores_of_store / count * 1e6 / 3600, 3),
        }
    return {"pictures": count, **found}


def timed(work):
    """Seconds by the clock, and of all cores."""
    began, cores = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - cores


def growth(count, folder):
    """Seconds of each tenth of the chunks, by the time of their records; bytes of the store, of which files there are."""
    store = explained(count, folder / "growth", "vanilla")
    records = sorted((folder / "growth" / "commits").iterdir())
    ends = [path.stat().st_mtime for path in records][:: max(1, len(records) // 10)]
    size = sum(file.stat().st_size for file in Path(folder / "growth").rglob("*") if file.is_file())
    began = time.perf_counter()
    len(open_store(folder / "growth"))
    opened = time.perf_counter() - began
    began = time.perf_counter()
    store[count - 1]
    read = time.perf_counter() - began
    began = time.perf_counter()
    store.statistics()
    return {
        "pictures": count,
        "chunks": len(records),
        "seconds_of_tenths": np.diff(ends).round(2).tolist(),
        "bytes_per_picture": round(size / count),
        "seconds_to_open": round(opened, 4),
        "seconds_to_read_one": round(read, 4),
        "seconds_of_statistics": round(time.perf_counter() - began, 3),
    }


def main(what, *numbers, folder=None):
    """Run one of the experiments in a folder, by default a new one that is removed."""
    folder = Path(folder or tempfile.mkdtemp())
    try:
        found = {"memory": memory, "kills": kills, "throughput": throughput, "growth": growth}[what](*numbers, folder)
    finally:
        shutil.rmtree(folder)
    print(json.dumps(found))
    return found


if __name__ == "__main__":
    if sys.argv[1] == "child":
        print("begins", flush=True)
        for count in sys.argv[4:]:
            explained(int(count), Path(sys.argv[2], count), sys.argv[3])
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000, flush=True)
        os._exit(0)
    main(sys.argv[1], *map(int, sys.argv[2:]))
