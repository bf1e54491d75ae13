"""A worker of a pipeline that is killed in the middle: what the runner does, and the store after the next run.

    python benchmarks/beam_workers.py [seconds to wait for the runner]

DirectRunner, two processes. The first worker that is asked for one part is killed by SIGKILL.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import apache_beam as beam
import data_sets
import keras
import numpy as np
from apache_beam.ml.inference.base import RunInference
from apache_beam.options.pipeline_options import PipelineOptions

from kerasal import open_store
from kerasal.beam import Part, SaliencyModelHandler, WriteToStore, unfinished

TOTAL, SIZE = 3000, 250
RECIPE = data_sets.SMOOTH.replace(batch_size=250)
X = data_sets.Pictures(TOTAL)


def read(first, mark):
    """A part; of one of them the first reader dies."""
    if first == 5 * SIZE and mark and not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    batch = X[first // data_sets.BATCH]
    begin = first % data_sets.BATCH
    return Part(first, batch[begin : begin + SIZE])


def pipeline(model, store, mark):
    """Explain what the store lacks."""
    running = ["--runner=DirectRunner", "--direct_running_mode=multi_processing", "--direct_num_workers=2"]
    with beam.Pipeline(options=PipelineOptions(running)) as made:
        parts = made | beam.Create(unfinished(store, TOTAL, SIZE)) | beam.Reshuffle() | "Read" >> beam.Map(read, mark)
        results = parts | RunInference(SaliencyModelHandler(model, RECIPE))
        results | WriteToStore(store, model, RECIPE, total=TOTAL, chunk_size=SIZE)


def run(model, store, mark, seconds):
    """Run the pipeline in a process group of its own; say how it ended."""
    command = [sys.executable, __file__, "run", str(model), str(store), str(mark)]
    found_by_workers = {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])}
    environment = {**os.environ, **found_by_workers}
    process = subprocess.Popen(command, env=environment, start_new_session=True, stderr=subprocess.DEVNULL)
    began = time.perf_counter()
    try:
        ended = f"ended with {process.wait(seconds)}"
    except subprocess.TimeoutExpired:
        ended = "neither went on nor ended, and was stopped"
    os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
    left = len(unfinished(store, TOTAL, SIZE))
    print(f"the pipeline {ended} after {time.perf_counter() - began:.0f} s; {left} of {TOTAL // SIZE} parts are left")


def main(seconds):
    """Kill a worker, go on, and compare with a pipeline of no kill and with one call."""
    folder = Path(tempfile.mkdtemp())
    data_sets.network().save(folder / "network.keras")
    run(folder / "network.keras", folder / "killed", folder / "mark", seconds)
    run(folder / "network.keras", folder / "killed", "", 10 * seconds)
    run(folder / "network.keras", folder / "whole", "", 10 * seconds)
    print("the same files:", data_sets.marks(folder / "killed") == data_sets.marks(folder / "whole"))
    x = np.concatenate([X[n] for n in range(len(X))])
    known = RECIPE.explain(keras.models.load_model(folder / "network.keras"), x)
    print("the maps of one call:", np.array_equal(open_store(folder / "killed")[:].values, known.values))


if __name__ == "__main__":
    pipeline(*sys.argv[2:]) if sys.argv[1:2] == ["run"] else main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
