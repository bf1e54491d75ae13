"""Quiet TensorFlow, one random seed a test, the folder of shared data, tests that one stack is enough for, and what was tried."""

import collections
import importlib.metadata
import os
from pathlib import Path

import fuzz
import pytest
from imagenet import network_module, photographs

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before any test imports TensorFlow
os.environ.setdefault("MPLBACKEND", "Agg")

ROOT = Path(__file__).parents[1]

LEFT = pytest.StashKey()  # beginning of a path -> number of tests left to the main stack

# Beginnings of paths in tests/: neither TensorFlow nor Keras does anything there that could differ between the stacks. What a method
# gets from them (layers, masks, dropout, gradients, dtypes, training) is tested on both, for every method and every kind of model.
ARITHMETIC = "arithmetic over passes that the laws of every calculator hold to both stacks"
BOOKKEEPING = "how calls, samples and threads share programs: Python that asks Keras nothing"
FIGURES = "figures of networks and trainings, by what the other tests hold to"
ONE_STACK = {
    "test_architecture.py": "the text of the package",
    "test_distribution.py": "the files around it",
    "test_repository.py": "the text of the files around it",
    "test_site.py": "the text of the pages and docstrings",
    "calculators/test_types.py": "the text of the package",
    "laws/test_vocabulary.py": "the text of the package",
    "visualizers/": "NumPy in, pictures out",
    "metrics/": ARITHMETIC,
    "importance/": ARITHMETIC,
    "concepts/": ARITHMETIC,
    "regions/": ARITHMETIC,
    "molecules/test_graphs.py": "RDKit and NumPy",
    "molecules/test_reading.py": "RDKit and NumPy",
    "tensorboard/test_tab.py": "JavaScript in a browser",
    "tensorboard/test_tab_whole.py": "JavaScript in a browser",
    "tensorboard/test_tab_kinds.py": "JavaScript in a browser",
    "tensorboard/test_small_maps.py": "files",
    "tensorboard/test_bounds.py": "files",
    "tensorboard/test_damaged_runs.py": "files",
    "tensorboard/test_fuzz.py": "files",
    "tensorboard/test_index_files.py": "files",
    "laws/test_disks_that_fail.py": "files",
    "beam/": "Beam and files",
    "stores/test_going_on.py": "files",
    "stores/test_in_small.py": FIGURES,
    "stores/test_statistics.py": ARITHMETIC,
    "stores/test_pictures.py": "files",
    "stores/test_picture_files.py": "files",
    "stores/test_small_disk.py": "files",
    "laws/test_kills.py": "files",
    "laws/test_two_writers.py": "files",
    "calculators/test_completeness_tolerance.py": ARITHMETIC,
    "calculators/test_conductance.py": ARITHMETIC,
    "calculators/test_integrated_gradients.py": ARITHMETIC,
    "calculators/test_lime.py": ARITHMETIC,
    "calculators/test_occlusion.py": ARITHMETIC,
    "calculators/test_rise.py": ARITHMETIC,
    "calculators/test_shapley.py": ARITHMETIC,
    "calculators/test_temporal_rescaling.py": ARITHMETIC,
    "laws/test_batching.py": BOOKKEEPING,
    "laws/test_call_order.py": BOOKKEEPING,
    "laws/test_copies.py": BOOKKEEPING,
    "laws/test_every_calculator.py::test_a_recipe_gives": BOOKKEEPING,
    "laws/test_every_calculator.py::test_an_interruption": BOOKKEEPING,
    "laws/test_every_calculator.py::test_several_methods": BOOKKEEPING,
    "laws/test_every_calculator.py::test_the_same_score": BOOKKEEPING,
    "laws/test_failures_and_threads.py::test_threads": BOOKKEEPING,
    "laws/test_keys_are_values.py": BOOKKEEPING,
    "laws/test_order_of_calls.py": BOOKKEEPING,
    "laws/test_points.py::test_a_path_over_padding": ARITHMETIC,
    "laws/test_properties.py": BOOKKEEPING,
    "recipes/test_recipes.py::test_named_recipe": BOOKKEEPING,
    "_incremental/test_incremental.py": ARITHMETIC,
    "activation_maximization/test_imagenet_units.py": FIGURES,
    "calculators/test_imagenet.py": FIGURES,
    "calculators/test_where_cams_look_table.py": "a page made on the main stack",
    "examples/test_examples.py::test_image_classifier": FIGURES,
    "examples/test_examples.py::test_photograph": FIGURES,
    "examples/test_examples.py::test_t": FIGURES,
    "examples/test_examples.py::test_units_by_their_spectrum": FIGURES,
    "examples/test_molecules.py": FIGURES,
    "examples/test_notebooks.py": FIGURES,
    "test_docs.py::test_the_page_of_concepts": FIGURES,
    "test_docs.py::test_the_page_of_importance": FIGURES,
    "test_docs.py::test_the_page_of_metrics": FIGURES,
    "test_docs.py::test_the_page_of_segmentation": FIGURES,
    "test_docs.py::test_the_page_of_transformers": FIGURES,
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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Escape what was printed of hostile names: a worker sends it as UTF-8."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


def pytest_sessionfinish(session):
    """Give what the property tests of a worker have done to the process that tells it."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["fuzz"] = dict(fuzz.DONE)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Add what the property tests of a worker have done to the sum."""
    if done := getattr(node, "workeroutput", {}).get("fuzz"):
        fuzz.DONE.update(done)


def pytest_terminal_summary(terminalreporter, config):
    """List what was left to the main stack, and what property tests have done."""
    if line := fuzz.in_words():
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
