"""Models and data that all tests of the command share."""

import pytest
import shell


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """The folder of models and data; photographs (3, 18, 14, 3); rows of the table (23, 4)."""
    folder = tmp_path_factory.mktemp("shop")
    return folder, *shell.write_all(folder)
