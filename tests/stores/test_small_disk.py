"""A disk that gets full, as the system does it: a file system in memory of few bytes, which only root may mount."""

import errno
import subprocess

import numpy as np
import pytest
from small_store import NOISY, X, explained, files_of, small

from kerasal import open_store

MANY = np.concatenate([X] * 4)  # 84 examples, eleven chunks


@pytest.fixture
def disk(tmp_path):
    """A function that mounts a disk of so many kilobytes, or changes its size; skips where that is not allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def of_size(kilobytes, how="size"):
        command = ["mount", "-t", "tmpfs", "-o", f"{how}={kilobytes}k", "tmpfs", str(folder)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"no file system can be mounted: {error}")  # needs root; test_going_on.py fills a disk without
        return folder

    yield of_size
    subprocess.run(["umount", str(folder)], check=False, capture_output=True)


def test_a_disk_that_gets_full_keeps_what_is_finished_and_goes_on_when_it_has_grown(disk, tmp_path):
    folder = disk(200)
    with pytest.raises(OSError, match=r"after \d+ examples, which can be read. Make room") as told:
        explained(folder / "maps", MANY)
    assert told.value.errno == errno.ENOSPC
    left, known = open_store(folder / "maps"), NOISY.explain(small(), MANY).values
    count = len(left)
    assert 8 <= count < 84 and count % 8 == 0 and f"after {count} examples" in str(told.value)
    left.check()
    np.testing.assert_array_equal(left[:].values, known[:count])
    disk(4000, "remount,size")
    np.testing.assert_array_equal(explained(folder / "maps", MANY)[:].values, known)
    explained(tmp_path / "whole", MANY)
    assert files_of(folder / "maps") == files_of(tmp_path / "whole")


def test_a_disk_that_is_full_from_the_beginning_is_said_and_has_no_store(disk):
    folder = disk(24)
    with pytest.raises(OSError, match="after 0 examples, which can be read. Make room"):
        explained(folder / "maps", MANY)
    with pytest.raises(FileNotFoundError):
        open_store(folder / "maps")
    disk(4000, "remount,size")
    assert len(explained(folder / "maps", MANY)) == 84
