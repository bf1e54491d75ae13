"""Digits in TFRecord files, explained by a pipeline of Apache Beam into a store.

    python examples/beam_pipeline.py [--out FOLDER] [options of Beam, e.g. --direct_running_mode=multi_processing --direct_num_workers=2]

Each file holds neighbouring digits, whose first position is in its name; a part of a file is an element of the pipeline.
"""

import argparse
import tempfile
from pathlib import Path

import apache_beam as beam
import keras
import numpy as np
import tensorflow as tf
from apache_beam.ml.inference.base import RunInference
from apache_beam.options.pipeline_options import PipelineOptions
from sklearn.datasets import load_digits

from kerasal import open_store, recipes
from kerasal.beam import Part, SaliencyModelHandler, WriteToStore, unfinished

RECIPE = recipes.smooth_grad(M=20, method="abs", batch_size=64)
SIZE, OF_FILE = 128, 512  # digits of a part, and of a file: whole parts


def digits():
    """Digits (1797, 8, 8, 1) from 0 to 1, and their classes."""
    found = load_digits()
    return (found.images[..., None] / 16).astype("float32"), found.target.astype("int64")


def prepare(folder, epochs):
    """Train a network, and write the digits to files."""
    x, y = digits()
    keras.utils.set_random_seed(0)
    hidden = [keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.Flatten()]
    model = keras.Sequential([keras.Input((8, 8, 1)), *hidden, keras.layers.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=epochs, verbose=0)
    model.save(folder / "model.keras")
    for first in range(0, len(x), OF_FILE):
        with tf.io.TFRecordWriter(str(folder / f"{first:08d}.tfrecord")) as file:
            for digit, label in zip(x[first : first + OF_FILE], y[first : first + OF_FILE], strict=True):
                file.write(digit.tobytes() + bytes([label]))
    return len(x)


def read(first, folder):
    """The part that begins at a position."""
    file = first // OF_FILE * OF_FILE
    records = tf.data.TFRecordDataset(f"{folder}/{file:08d}.tfrecord").skip(first - file).take(SIZE)
    found = [record.numpy() for record in records]
    x = np.stack([np.frombuffer(record[:-1], "float32").reshape(8, 8, 1) for record in found])
    return Part(first, x, np.array([record[-1] for record in found], "int64"))


def main(folder=None, options=(), epochs=20):
    """Prepare, run the pipeline, and read the store."""
    folder = Path(folder or tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    total, model, store = prepare(folder, epochs), str(folder / "model.keras"), str(folder / "maps")
    with beam.Pipeline(options=PipelineOptions(list(options))) as pipeline:
        firsts = pipeline | beam.Create(unfinished(store, total, SIZE)) | beam.Reshuffle()
        parts = firsts | "Read" >> beam.Map(read, str(folder))
        good, bad = parts | RunInference(SaliencyModelHandler(model, RECIPE)).with_exception_handling()
        good | WriteToStore(store, model, RECIPE, total=total, chunk_size=SIZE)
        bad.failed_inferences | "Tell" >> beam.Map(lambda failed: print(failed[0].first, failed[1]))
    found = open_store(store)
    for digit, estimate in found.statistics().classes.items():
        row, column = np.unravel_index(estimate.mean[..., 0].argmax(), (8, 8))
        print(f"{digit}: {estimate.count} digits, most at row {row}, column {column}")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="folder of the network, the digits and the store (a new one)")
    ours, of_beam = parser.parse_known_args()
    print(main(ours.out, of_beam))
