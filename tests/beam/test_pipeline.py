"""Pipelines of Apache Beam give the maps of one call, with one worker and with two, and again after a worker has died."""

import os
import sys

import apache_beam as beam
import keras
import numpy as np
import pytest
from apache_beam.ml.inference.base import KeyedModelHandler, RunInference
from apache_beam.options.pipeline_options import PipelineOptions
from small_store import NOISY, X, Y, check_same, explained, files_of, small
from three_parts import refused

from kerasal import open_store, recipes, scores
from kerasal.beam import Part, SaliencyModelHandler, WriteToStore, unfinished

RECIPE = NOISY.replace(score=scores.Label())  # calls of four rows


@pytest.fixture
def path(tmp_path):
    small().save(tmp_path / "small.keras")
    return tmp_path / "small.keras"


def part(first, x=X):
    return Part(first, x[first : first + 8], Y[first : first + 8])


@pytest.fixture(autouse=True)
def path_of_workers(monkeypatch):
    """Processes of workers find what this one finds."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))


def options(workers):
    if workers == 1:
        return PipelineOptions(["--runner=DirectRunner"])
    return PipelineOptions(
        ["--runner=DirectRunner", "--direct_running_mode=multi_processing", f"--direct_num_workers={workers}"]
    )


def run(path, store, workers=1, firsts=None):
    firsts = unfinished(store, 21, 8) if firsts is None else firsts
    with beam.Pipeline(options=options(workers)) as pipeline:
        parts = pipeline | beam.Create(firsts) | beam.Reshuffle() | beam.Map(part)
        results = parts | RunInference(SaliencyModelHandler(path, RECIPE))
        results | WriteToStore(store, path, RECIPE, total=21, chunk_size=8)


@pytest.mark.parametrize("workers", [1, 2])
def test_maps_are_those_of_one_call_and_the_store_is_that_of_explain_dataset(tmp_path, path, workers):
    run(path, tmp_path / "maps", workers)
    store = open_store(tmp_path / "maps")
    assert store.is_complete
    check_same(store[:], RECIPE.explain(small(), X, Y))
    known = explained(tmp_path / "known", model=keras.models.load_model(path), y=Y, recipe=RECIPE)
    np.testing.assert_array_equal(store.statistics().elements.low, known.statistics().elements.low)
    found, wanted = files_of(tmp_path / "maps"), files_of(tmp_path / "known")
    assert {name: content for name, content in found.items() if name.startswith(("arrays/", "statistics/"))} == {
        name: content for name, content in wanted.items() if name.startswith(("arrays/", "statistics/"))
    }
    explained(tmp_path / "maps", model=keras.models.load_model(path), y=Y, recipe=RECIPE)  # goes on with it


def test_a_part_that_comes_again_gives_the_same_files(tmp_path, path):
    """As a runner gives parts again whose worker has died: finished ones, and some of which a part of the files is there."""
    run(path, tmp_path / "maps")
    known = files_of(tmp_path / "maps")
    for left in ("commits/00000001.json", "commits/00000002.json", "arrays/std/c.2.0.0.0", "end.json"):
        (tmp_path / "maps" / left).unlink()
    assert unfinished(tmp_path / "maps", 21, 8) == [8, 16]
    run(path, tmp_path / "maps")
    assert files_of(tmp_path / "maps") == known
    run(path, tmp_path / "maps", firsts=[0, 8, 8, 16])
    assert files_of(tmp_path / "maps") == known


def test_what_is_refused_is_put_aside_and_the_rest_is_there(tmp_path, path):
    x = X.copy()
    x[9, 0, 0, 0] = np.nan
    with beam.Pipeline(options=options(1)) as pipeline:
        parts = pipeline | beam.Create([0, 8, 16]) | beam.Map(part, x)
        good, bad = parts | RunInference(SaliencyModelHandler(path, RECIPE)).with_exception_handling()
        good | WriteToStore(tmp_path / "maps", path, RECIPE, total=21, chunk_size=8)
        bad.failed_inferences | beam.Map(lambda failed: (tmp_path / "bad").write_text(str(failed[1])))
    told = (tmp_path / "bad").read_text()
    assert "NaN or Inf in x of example(s) 1" in told and "counted from 8" in told
    assert unfinished(tmp_path / "maps", 21, 8) == [8] and not open_store(tmp_path / "maps").is_complete


def test_keys_and_metrics_are_those_of_beam(tmp_path, path):
    pipeline = beam.Pipeline(options=options(1))
    handler = KeyedModelHandler(SaliencyModelHandler(path, RECIPE))
    keyed = pipeline | beam.Create([("a", 0), ("b", 16)]) | beam.MapTuple(lambda key, first: (key, part(first)))
    found = keyed | RunInference(handler)
    found | beam.MapTuple(lambda key, result: np.save(tmp_path / key, result.inference.values))
    result = pipeline.run()
    result.wait_until_finish()
    known = RECIPE.explain(small(), X, Y).values
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), known[:8])
    np.testing.assert_array_equal(np.load(tmp_path / "b.npy"), known[16:])
    names = {each.key.metric.name: each.committed for each in result.metrics().query()["counters"]}
    assert names["num_inferences"] == 2


def test_what_gives_no_certain_numbers_is_refused_beforehand(tmp_path, path):
    with refused("calls of one size", "batch_size=64"):
        SaliencyModelHandler(path, recipes.vanilla())
    with refused("whole calls", "chunk_size=8"):
        WriteToStore(tmp_path / "maps", path, RECIPE, total=21, chunk_size=10)
    with refused("a Recipe"):
        SaliencyModelHandler(path, "vanilla")
