"""What every test shares: quiet TensorFlow, one random seed a test, the folder of shared data."""

import os
from pathlib import Path

import pytest
from imagenet import network_module, photographs

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before any test imports TensorFlow
os.environ.setdefault("MPLBACKEND", "Agg")

ROOT = Path(__file__).parents[1]


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
