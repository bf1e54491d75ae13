"""Quiet TensorFlow, one random seed a test, the folder of shared data, tests that one stack is enough for, and what was tried."""

import collections
import importlib.metadata
import os
import sys
from pathlib import Path

import pytest
from imagenet import network_module, photographs

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before any test imports TensorFlow
os.environ.setdefault("MPLBACKEND", "Agg")

ROOT = Path(__file__).parents[1]

LEFT = pytest.StashKey()  # beginning of a path -> number of tests left to the main stack

# Beginnings of paths in tests/: neither TensorFlow nor Keras does anything there that could differ between the stacks.
ONE_STACK = {
    "test_architecture.py": "the text of the package",
    "calculators/test_where_cams_look_table.py": "a page made on the main stack",
    "test_repository.py": "the text of the files around it",
    "calculators/test_types.py": "the text of the package",
    "visualizers/": "NumPy in, pictures out",
    "molecules/test_graphs.py": "RDKit and NumPy",
    "molecules/test_reading.py": "RDKit and NumPy",
    "tensorboard/test_tab.py": "JavaScript in a browser",
    "examples/test_examples.py::test_t": "figures of trainings, by what the other tests hold to",
    "examples/test_examples.py::test_image_classifier": "figures of a network, by what the other tests hold to",
    "examples/test_examples.py::test_units_by_their_spectrum": "figures of a network, by what the other tests hold to",
    "concepts/test_inference.py": "NumPy",
    "concepts/test_tcav.py::test_random": "NumPy, and gradients that the other tests hold to",
    "concepts/test_tcav.py::test_standard_error": "NumPy",
    "metrics/test_truth_board.py": "figures of trainings, by what the other tests hold to",
    "metrics/test_randomization_of_a_real_network.py": "figures of a network, by what the other tests hold to",
    "test_docs.py::test_the_page_of_segmentation": "two trainings, by what the other tests hold to",
    "test_docs.py::test_the_page_of_importance": "a training, by what the other tests hold to",
    "test_docs.py::test_the_page_of_concepts": "a training, by what the other tests hold to",
    "test_docs.py::test_the_page_of_transformers": "a training, by what the other tests hold to",
    "examples/test_molecules.py": "figures of trainings, by what the other tests hold to",
}


def pytest_collection_modifyitems(config, items):
    """Leave to the main stack what is the same on both, unless files are named on the command line."""
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if not whole or int(importlib.metadata.version("keras").split(".")[0]) > 2:
        return
    left = {item: begin for item in items for begin in ONE_STACK if item.nodeid.startswith(f"tests/{begin}")}
    config.hook.pytest_deselected(items=list(left))
    items[:] = [item for item in items if item not in left]
    config.stash[LEFT] = collections.Counter(left.values())


def pytest_terminal_summary(terminalreporter, config):
    """List what was left to the main stack, and what property tests have done."""
    if line := sys.modules["fuzz"].in_words() if "fuzz" in sys.modules else "":
        terminalreporter.section(line)
    left = config.stash.get(LEFT, {})
    if left:
        terminalreporter.section(f"{sum(left.values())} tests run on the main stack only")
    for begin, count in left.items():
        terminalreporter.line(f"{count:5}  tests/{begin}: {ONE_STACK[begin]}")


@pytest.fixture(autouse=True)
def fixed_seed():
    """The same initial weights in every test, whichever tests ran before."""
    import keras

    keras.utils.set_random_seed(20180704)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real models and data: $KERASAL_DATA, or ../shared/data beside the checkout.

    Without it the test is skipped, saying so.
    """
    folder = Path(os.environ.get("KERASAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"{folder} is not a folder; set KERASAL_DATA to the shared data")
    return folder


@pytest.fixture(scope="session")
def network(data_dir):
    """The module that loads an ImageNet network."""
    return network_module(data_dir)


@pytest.fixture(scope="session")
def images(network, data_dir):
    """Its photographs, (6, 224, 224, 3)."""
    return photographs(network, data_dir)
