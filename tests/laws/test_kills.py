"""Kills and interrupts at any moment: what the index announces is whole, nothing else is believed, and the run goes on."""

import os
import re
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from forked import fork, kill

from kerasal import Saliency, load_run
from kerasal.callbacks.run_output import RunOutput
from kerasal.tensorboard.archive import Archive
from kerasal.tensorboard.depiction import Depiction

IMAGES = np.zeros((2, 4, 4, 3), "uint8")
FACTS = {"shape": [2, 30, 40]}
RNG = np.random.default_rng(20)


def maps(step):
    return np.full((2, 30, 40), step + 0.5, "float32")


def steps_of(directory):
    """The steps that the index announces, each of which is whole."""
    try:
        run = load_run(directory)
    except FileNotFoundError:
        return []
    for step in run.steps.tolist():
        np.testing.assert_array_equal(run.saliency(step).values, maps(step))
    return run.steps.tolist()


def go_on(directory, count):
    """A training that goes on in a run, as far as maps are concerned."""
    output = RunOutput(directory, ["0", "1"], Depiction("image", arrays={"images": IMAGES}))
    try:
        begin = len(load_run(directory))
    except FileNotFoundError:
        begin = 0
    for step in range(begin, begin + count):
        output.open(step, lambda: FACTS)
        output.write(step, Saliency(maps(step)), {"numbers": {"score": [step, step]}})
    return output


def time_of(directory):
    """Seconds that a training takes from its start to its third step, on this disk."""
    began = time.perf_counter()
    go_on(directory, 3).close()
    return time.perf_counter() - began


@pytest.fixture
def directory(tmp_path):
    """Of a run that is looked at when all is over: nothing is left aside, and it is the only one."""
    yield str(tmp_path / "saliency" / "saliency")
    names = [path.name for path in (tmp_path / "saliency" / "saliency" / "arrays").iterdir()]
    assert [name for name in names if not re.fullmatch(r"\d+\.npz|images\.npz|index\.jsonl", name)] == []
    assert [path.name for path in (tmp_path / "saliency").iterdir()] == ["saliency"]


def test_fifty_kills_lose_no_step_that_was_announced(directory, recwarn):
    """Resumed each time, at once and in the same run, without a word."""
    before, seconds = 0, time_of(directory)
    for _ in range(50):
        process = fork(lambda: go_on(directory, 10**6))
        time.sleep(RNG.uniform(0, 4 * seconds))
        kill(process)
        steps = steps_of(directory)
        assert steps == list(range(len(steps))) and len(steps) >= before
        before = len(steps)
    go_on(directory, 2).close()
    assert before > 10 and len(steps_of(directory)) == before + 2
    assert not recwarn.list


def test_a_kill_between_map_and_line_leaves_a_whole_run(directory):
    go_on(directory, 2)
    Saliency(maps(9)).save(f"{directory}/arrays/2.npz")  # written, and not announced
    for name in (f".{'0a' * 16}.npz", f"3.npz.{'0a' * 16}"):
        Path(directory, "arrays", name).write_bytes(b"PK half a file")
    assert steps_of(directory) == [0, 1]
    go_on(directory, 2).close()
    assert steps_of(directory) == [0, 1, 2, 3]


def test_interrupts_at_any_moment_leave_whole_files(directory):
    """In one process, as in a notebook, where what was interrupted is still there."""

    def interrupt(*_):
        raise KeyboardInterrupt

    seconds, kept, count = time_of(directory), [], 0
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for _ in range(50):
            try:
                signal.setitimer(signal.ITIMER_REAL, RNG.uniform(0.001, 4 * seconds))
                kept.append(go_on(directory, 10**6))
            except KeyboardInterrupt:
                count += 1
    finally:
        signal.signal(signal.SIGALRM, before)
    steps = steps_of(directory)
    assert count == 50 and steps == list(range(len(steps))) and len(steps) > 10
    go_on(directory, 1).close()


def test_names_are_on_the_disk_before_they_are_believed(tmp_path, monkeypatch):
    """Folder, array, name of the array, line of the index: each is synced before the next is written."""
    done, real = [], {name: getattr(os, name) for name in ("fsync", "replace")}

    def synced(file):
        done.append(("sync", os.readlink(f"/proc/self/fd/{file}")))
        real["fsync"](file)

    def renamed(old, new):
        done.append(("name", str(new)))
        real["replace"](old, new)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    archive = Archive(tmp_path / "a" / "run", ["0", "1"], {})
    arrays = str(tmp_path / "a" / "run" / "arrays")
    index = ("sync", f"{arrays}/index.jsonl")
    assert [path for _, path in done[:3]] == [f"{tmp_path}/a/run", f"{tmp_path}/a", str(tmp_path)]
    assert done[3:] == [index, ("sync", arrays)]
    done.clear()
    archive.write(4, Saliency(maps(4)), {})
    (first, temporary), *others = done
    assert first == "sync" and re.fullmatch(r"\.[0-9a-f]{32}\.npz", os.path.basename(temporary))
    assert others == [("name", f"{arrays}/4.npz"), ("sync", arrays), index]
