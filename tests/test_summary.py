"""`kerasal.summary.saliency` in a written loop, read back as TensorBoard reads it."""

import numpy as np
import pytest
import tensorflow as tf
from event_files import Logs
from three_parts import refused

import kerasal
from kerasal.tensorboard.map_numbers import concentration
from kerasal.visualizers import render

MAPS = np.array([[[0.0, 2.0, 1.0], [0.5, 0.0, 0.0]], [[1.0, 0.0, 0.0], [0.0, 0.0, 4.0]]])
RESULT = kerasal.Saliency(MAPS, std=np.full(MAPS.shape, 0.25), M=9, scores=[1.5, -2.0], relative_gap=[0.1, 0.0])
IMAGES = np.linspace(0, 1, 12).reshape(2, 2, 3, 1)


def test_pictures_and_numbers(tmp_path):
    with tf.summary.create_file_writer(str(tmp_path)).as_default():
        assert kerasal.summary.saliency("smooth", RESULT, 4, IMAGES, labels=["cat", "dog"])
    logs = Logs(tmp_path)
    pictures, numbers = logs.images["."], logs.scalars["."]
    assert list(pictures) == ["smooth/0 label cat", "smooth/1 label dog"]
    expected = render(
        MAPS[1], IMAGES[1], 0, 4.0, caption="score -2\nscale 0 to 4; bright is strong", image_range=(0, 1)
    )
    np.testing.assert_array_equal(pictures["smooth/1 label dog"][4], expected)
    assert numbers["smooth/score/1 label dog"] == {4: -2.0} and numbers["smooth/uncertainty/0 label cat"] == {4: 0.25}
    assert numbers["smooth/gap/0 label cat"][4] == pytest.approx(0.1)


def test_tables_are_bars_and_other_shapes_have_numbers(tmp_path):
    with tf.summary.create_file_writer(str(tmp_path)).as_default():
        kerasal.summary.saliency("table", kerasal.Saliency([[1.0, -2.0]]), 0, columns=["age", "dose"])
        kerasal.summary.saliency("volume", kerasal.Saliency(np.ones((1, 2, 3, 4, 5)), scores=[7.0]), 0)
    logs = Logs(tmp_path)
    assert list(logs.images["."]) == ["table/0"] and logs.scalars["."]["volume/score/0"] == {0: 7.0}


def test_without_a_writer_nothing_is_written():
    assert kerasal.summary.saliency("smooth", RESULT, 4, IMAGES) is False


def test_what_is_refused():
    with refused("not one example"):
        kerasal.summary.saliency("smooth", RESULT[0], 4)
    with refused("images"):
        kerasal.summary.saliency("smooth", RESULT, 4, IMAGES[:1])


def test_maps_of_an_own_loop_are_a_run_of_the_tab(tmp_path):
    images = np.zeros((2, 4, 3, 1), "float32")
    for step in (0, 3):
        values = np.arange(24, dtype="float32").reshape(2, 4, 3) + step
        result = kerasal.Saliency(values, axes=("example", "row", "column"))
        kerasal.summary.saliency(
            "gradient", result, step, images=images, labels=["a", "b"], image_range=(0, 1), log_dir=tmp_path
        )
    run = kerasal.load_run(tmp_path, "gradient")
    assert run.steps.tolist() == [0, 3] and run.examples == ["0 label a", "1 label b"] and run.picture.kind == "image"
    np.testing.assert_array_equal(run.values[1], values)
    np.testing.assert_array_equal(run.images, np.zeros((2, 4, 3, 3)))
    np.testing.assert_allclose(run.number("concentration")[0, 1], concentration(run.values[0])[1])
