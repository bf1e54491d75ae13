"""A disk that is full, taken away or made read-only costs the steps of that time; training goes on, and so does the log."""

import shutil
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from disks import During, full, read_only
from event_files import Logs
from logged_training import RUN, X, everything, fit, linear
from three_parts import refused

from kerasal import load_run

STEPS = list(range(7))


def train(log_dir, *callbacks, epochs=6, on_error="warn"):
    """The words that were said, and the weights that are left."""
    keras.utils.set_random_seed(1)
    model = linear()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        fit(model, *callbacks, everything(log_dir, X[:2], on_error=on_error), epochs=epochs)
    return [
        str(each.message) for each in heard if "ogger" in str(each.message) or "raining" in str(each.message)
    ], model


def events(log_dir):
    """The steps that TensorBoard has of numbers, and of pictures."""
    logs = Logs(log_dir)
    return (
        list(logs.scalars[RUN]["saliency/concentration"]),
        list(next(images for tag, images in logs.images[RUN].items() if tag.startswith("saliency/"))),
    )


def check_maps(log_dir, steps):
    """All maps of these steps are whole, and their numbers follow one another."""
    run = load_run(log_dir)
    assert run.steps.tolist() == steps and np.isfinite(run.values).all()
    assert all(run.number("distance")[k].min() >= 0 for k in range(len(steps)))


@pytest.mark.parametrize("size", [0, 8000], ids=["for anything", "for events alone"])
def test_a_full_disk_that_is_freed_costs_the_steps_of_its_time(tmp_path, size):
    said, model = train(tmp_path, During(lambda: full(size), epoch=2, until=4))
    kept = [0, 1, 2, 5, 6] if size == 0 else STEPS  # a small map may still fit, and its events not
    check_maps(tmp_path, kept)
    for steps in events(tmp_path):
        assert sorted({*steps} - {4}) == [0, 1, 2, 5, 6]  # of 4 a part may fit into a new file
    assert "failed at step 3" in said[0] and "goes on" in said[0]
    assert len(said) == (2 if size == 0 else 1) and (size or "3, 4" in said[1])
    assert not tf.summary.scalar("of the user", 1.0, 0)  # no writer of the logger's is left as the default
    keras.utils.set_random_seed(1)
    alone = linear()
    fit(alone, epochs=6)
    for one, other in zip(model.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_disk_that_gets_full_before_the_first_step_is_filled_when_there_is_room(tmp_path):
    said, _ = train(tmp_path, During(full, epoch=0, until=1), epochs=3)
    check_maps(tmp_path, [2, 3])
    assert (
        events(tmp_path) == ([2, 3], [2, 3]) and "failed at step 0" in said[0] and "0, 1" in said[1] and len(said) == 2
    )


def test_a_disk_that_is_full_before_training_is_refused(tmp_path):
    end = full()
    try:
        with refused("log_dir", "large", error=OSError):
            train(tmp_path / "logs")
    finally:
        end()
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize("what", [".", RUN, f"{RUN}/arrays", f"{RUN}/arrays/index.jsonl"])
def test_what_is_deleted_during_training_is_made_again_and_no_later_step_is_lost(tmp_path, what):
    log_dir = tmp_path / "logs"

    def delete():
        path = log_dir / what
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    said, _ = train(log_dir, During(delete, epoch=2))
    check_maps(log_dir, [3, 4, 5, 6])
    assert [step for step in events(log_dir)[0] if step > 2] == [3, 4, 5, 6]
    assert len(said) == 1 and "deleted during training" in said[0] and "from step 3 on" in said[0]
    assert load_run(log_dir).images.shape[0] == 2


def test_a_folder_that_is_read_only_for_a_while_costs_the_steps_of_its_time(tmp_path):
    said, _ = train(tmp_path, During(lambda: read_only(tmp_path), epoch=2, until=4))
    check_maps(tmp_path, [0, 1, 2, 5, 6])
    assert "failed at step 3" in said[0] and "3, 4" in said[1] and len(said) == 2
    assert [path.name for path in (tmp_path / "saliency").iterdir()] == ["saliency"]


def test_an_error_of_the_disk_is_raised_where_the_user_wants_that(tmp_path):
    during = During(full, epoch=1)
    with pytest.raises(OSError, match="large"):
        try:
            train(tmp_path, during, on_error="raise")
        finally:
            during.end()
    check_maps(tmp_path, [0, 1])


def test_another_training_in_the_place_of_a_deleted_one_is_left_alone(tmp_path):
    """The first had its folder deleted, and another training began there: the first moves."""

    def replace():
        shutil.rmtree(tmp_path / "saliency")
        train(tmp_path, epochs=1)

    said, _ = train(tmp_path, During(replace, epoch=2), epochs=4)
    assert load_run(tmp_path, "saliency").steps.tolist() == [0, 1]
    assert load_run(tmp_path, "saliency_2").steps.tolist() == [3, 4]
    assert any("from step 3 on" in each for each in said)
