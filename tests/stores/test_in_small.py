"""The experiments of benchmarks/data_sets.py in small: kills at random moments, peak memory, numbers of time and size."""

import importlib.util
import sys
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "benchmarks" / "data_sets.py"


@pytest.fixture(scope="module")
def experiments():
    spec = importlib.util.spec_from_file_location("data_sets", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules["data_sets"] = module
    spec.loader.exec_module(module)
    return module


def test_kills_at_random_moments_leave_whole_chunks_and_end_in_the_same_files(experiments, tmp_path):
    found = experiments.kills(2000, 2, tmp_path)
    assert found["same_files"] and len(found["examples_after_each"]) == 2


def test_memory_does_not_grow_with_the_pictures(experiments, tmp_path):
    assert experiments.memory(1000, 6000, tmp_path)["growth"] < 0.1


def test_time_and_size_are_measured(experiments, tmp_path):
    found = experiments.main("growth", 1000, folder=tmp_path)
    assert found["chunks"] == 1 and 1000 < found["bytes_per_picture"] < 4000
