"""Trainings that log into one directory at the same time never mix; one that goes on after a kill does so without a word."""

import contextlib
import json
import os
import threading
import warnings

import keras
import numpy as np
import pytest
from disks import full
from forked import fork, holding, kill
from logged_training import RUN, X, everything, fit, linear

from kerasal import Saliency, load_run
from kerasal._storage.file_systems import storage_of
from kerasal._storage.locks import MARKS, FolderInUseError, MarkLock, SystemLock
from kerasal.callbacks.run_lock import lock_run
from kerasal.tensorboard.archive import Archive


def logger(log_dir, **how):
    return everything(log_dir, X[:2], method="raw", on_error="raise", **how)


def train(log_dir, *callbacks, epochs=1, **how):
    """Train with a logger; return the words that it said."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        fit(linear(), logger(log_dir), *callbacks, epochs=epochs, **how)
    return [str(each.message) for each in heard if "raining" in str(each.message)]


def another_training(run_dir, value=7.0):
    """What a training in another process does: it has the run, writes step 0, and goes on."""
    lock, _ = lock_run(run_dir, 0)
    Archive(lock.directory, ["0", "1"], {"start": 0, "shape": [2, 5, 4]}).write(
        0, Saliency(np.full((2, 5, 4), value)), {}
    )
    return lock


def values(log_dir, name):
    return load_run(log_dir, name).values


def test_a_second_training_in_another_process_is_a_run_of_its_own_until_the_first_is_killed(tmp_path):
    run_dir = str(tmp_path / RUN)
    with holding(lambda: another_training(run_dir)) as process:
        said = train(tmp_path)
        assert len(said) == 1 and f"process {process} on " in said[0] and "saliency_2" in said[0] and "name=" in said[0]
        assert (values(tmp_path, "saliency") == 7).all() and load_run(tmp_path, "saliency_2").steps.tolist() == [0, 1]
        first = values(tmp_path, "saliency_2")
        assert len(train(tmp_path)) == 1  # the finished one is left as it is
        np.testing.assert_array_equal(values(tmp_path, "saliency_2"), first)
        assert load_run(tmp_path, "saliency_3").steps.tolist() == [0, 1]
        kill(process)
        assert train(tmp_path, initial_epoch=1, epochs=2) == []
    run = load_run(tmp_path, "saliency")
    assert run.steps.tolist() == [1, 2] and (run.values != 7).any()  # of other examples: a history of its own


def test_a_killed_run_beside_another_goes_on_there(tmp_path):
    run_dir = str(tmp_path / RUN)
    with holding(lambda: another_training(run_dir)):
        with holding(lambda: another_training(run_dir, value=3.0)) as second:
            assert (values(tmp_path, "saliency_2") == 3).all()
            kill(second)
        said = train(tmp_path)
    assert len(said) == 1 and load_run(tmp_path, "saliency_2").steps.tolist() == [0, 1]
    assert sorted(path.name for path in (tmp_path / "saliency").iterdir()) == ["saliency", "saliency_2"]


def test_one_of_several_is_read_with_a_word_where_no_name_is_given(tmp_path):
    with holding(lambda: another_training(str(tmp_path / RUN))):
        train(tmp_path)
    with pytest.warns(UserWarning, match="'saliency', which is read, and beside it saliency_2"):
        assert load_run(tmp_path).name == "saliency"


class Meanwhile(keras.callbacks.Callback):
    """Does something at the end of an epoch."""

    def __init__(self, work, epoch=0):
        super().__init__()
        self.work, self.epoch = work, epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            self.work()


def test_a_training_in_another_thread_is_a_run_of_its_own(tmp_path):
    said = []

    def second():
        thread = threading.Thread(target=lambda: said.extend(train(tmp_path)))
        thread.start()
        thread.join()

    assert train(tmp_path, Meanwhile(second), epochs=2) == []
    assert len(said) == 1 and "another training in this process" in said[0]
    assert load_run(tmp_path, "saliency").steps.tolist() == [0, 1, 2]
    assert load_run(tmp_path, "saliency_2").steps.tolist() == [0, 1]
    assert train(tmp_path, initial_epoch=2, epochs=3) == []


def test_loops_that_take_turns_in_one_thread_do_not_mix(tmp_path):
    """The later takes the run, as after an interrupt; the earlier, if it lives, moves at its next step."""
    loops = [keras.callbacks.CallbackList([logger(tmp_path)], model=linear()) for _ in range(2)]
    for loop in loops:
        loop.on_train_begin()
        loop.on_epoch_begin(0)
    with pytest.warns(UserWarning, match="from step 1 on, so that their maps do not mix"):
        loops[0].on_epoch_end(0)
    for loop, epoch in [(loops[1], 0), (loops[0], 1), (loops[1], 1)]:
        loop.on_epoch_end(epoch)
    for loop in loops:
        loop.on_train_end()
    for name, loop, steps in (("saliency", loops[1], [0, 1, 2]), ("saliency_2", loops[0], [1, 2])):
        run, kernel = load_run(tmp_path, name), loop.model.get_weights()[0]  # not trained: one map for all steps
        columns = run.number("prediction").astype(int)
        assert run.steps.tolist() == steps
        np.testing.assert_allclose(run.values, kernel.T[columns].reshape(*columns.shape, 5, 4, 3).sum(-1), atol=1e-5)


def test_a_link_to_the_directory_is_the_directory(tmp_path):
    def stop():
        raise RuntimeError

    (tmp_path / "link").symlink_to(tmp_path / "logs")
    kept = logger(tmp_path / "logs")
    with pytest.raises(RuntimeError):
        fit(linear(), kept, Meanwhile(stop, 0))
    assert train(tmp_path / "link" / ".." / "logs", initial_epoch=0, epochs=1) == []
    with holding(lambda: another_training(str(tmp_path / "link" / RUN))):
        assert len(train(tmp_path / "logs")) == 1
    assert kept is not None


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_a_training_after_an_interrupt_goes_on_without_a_word(tmp_path, error):
    def stop():
        raise error

    kept, model = logger(tmp_path), linear()  # as in a notebook, where the logger lives on
    with pytest.raises(error):
        fit(model, kept, Meanwhile(stop, 1), epochs=4)
    assert train(tmp_path, initial_epoch=1, epochs=3) == []
    assert load_run(tmp_path).steps.tolist() == [0, 1, 2, 3]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(model, kept, initial_epoch=3, epochs=4)
    assert load_run(tmp_path).steps.tolist() == [0, 1, 2, 3, 4]


def test_an_interrupted_training_holds_nothing_against_other_processes(tmp_path):
    """Its process may go on with something else, and its logger may live on."""

    def stop():
        raise KeyboardInterrupt

    kept = logger(tmp_path)
    with contextlib.suppress(KeyboardInterrupt):
        fit(linear(), kept, Meanwhile(stop, 1), epochs=4)
    with holding(lambda: another_training(str(tmp_path / RUN))):
        said = train(tmp_path)  # not this training, but the other process has the run now
    assert len(said) == 1 and (values(tmp_path, "saliency") == 7).all() and kept is not None


def test_a_worker_that_outlives_a_killed_training_holds_nothing(tmp_path):
    workers, told = os.pipe()

    def training():
        lock = SystemLock(tmp_path)
        os.write(told, b"%d\n" % fork(lambda: threading.Event().wait(60)))
        return lock

    with holding(training) as process:
        worker = int(os.read(workers, 20))
        with pytest.raises(FolderInUseError, match=f"process {process} on"):
            SystemLock(tmp_path)
        kill(process)
        SystemLock(tmp_path).free()
    os.kill(worker, 9)


def test_a_lock_that_cannot_be_written_is_not_held(tmp_path):
    """Though its error is kept, as a debugger does."""
    end = full()
    try:
        with pytest.raises(OSError, match="large") as kept:
            SystemLock(tmp_path)
    finally:
        end()
    assert SystemLock(tmp_path).is_held() and kept is not None


@pytest.fixture(params=["ram://marks", "memory://marks", "folder"])
def marked(request, tmp_path):
    """A folder without locks of the system."""
    folder = str(tmp_path) if request.param == "folder" else f"{request.param}/{tmp_path.name}"
    storage_of(folder).make_folder(folder)
    return folder


def mark(folder, *, goes_on=False):
    return MarkLock(storage_of(folder), folder, goes_on=goes_on)


def leave(folder, **about):
    """A mark of a training that did not end by itself."""
    name = mark(folder)._name
    storage_of(folder).write(f"{folder}/{MARKS}/{name}", json.dumps(about).encode())


def test_a_mark_of_another_machine_keeps_those_away_that_begin_and_is_taken_by_one_that_goes_on(marked):
    first = mark(marked)
    leave(marked, host="elsewhere", pid=3, since="noon")
    first.free()
    with pytest.raises(FolderInUseError, match="process 3 on elsewhere, since noon"):
        mark(marked)
    second = mark(marked, goes_on=True)
    assert second.is_held() and storage_of(marked).names(f"{marked}/{MARKS}") == [second._name]
    third = mark(marked, goes_on=True)
    assert third.is_held() and not second.is_held()
    second.free()
    assert third.is_held()
    third.free()
    assert mark(marked).is_held()


def test_a_mark_of_a_process_that_has_ended_here_counts_for_nothing(tmp_path):
    process = fork(lambda: mark(str(tmp_path)))
    os.waitpid(process, 0)
    assert mark(str(tmp_path)).is_held()


def test_a_run_elsewhere_is_taken_by_a_training_that_goes_on_and_the_other_moves(tmp_path):
    log_dir = f"ram://two/{tmp_path.name}"
    words = train(log_dir, Meanwhile(lambda: mark(f"{log_dir}/{RUN}", goes_on=True), 0), epochs=3)
    assert len(words) == 1 and "from step 2 on" in words[0]
    assert load_run(log_dir, "saliency").steps.tolist() == [0, 1]
    assert load_run(log_dir, "saliency_2").steps.tolist() == [2, 3]
