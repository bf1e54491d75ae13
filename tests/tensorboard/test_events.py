"""Pictures and numbers in event files, and the numbers that describe a map, against closed forms."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from event_files import Logs
from three_parts import refused

from kerasal.tensorboard import metadata
from kerasal.tensorboard.events import write_image, write_scalars
from kerasal.tensorboard.map_numbers import concentration, drift, uncertainty

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 9, 3), "uint8")


def test_tensorboard_reads_pictures_and_numbers_back(tmp_path):
    writer = tf.summary.create_file_writer(str(tmp_path / "run"))
    with writer.as_default():
        for step in (0, 1, 7):
            assert write_image("saliency/0 label a/b", PIXELS[step % 2 :], step)
            assert write_scalars({"drift/0": np.float64(step) / 4}, step)
        assert write_image("grey", PIXELS[..., :1], 2) and write_image("clear", np.dstack([PIXELS, PIXELS[..., 0]]), 2)
    writer.close()
    logs = Logs(tmp_path)
    assert logs.scalars == {"run": {"drift/0": {0: 0.0, 1: 0.25, 7: 1.75}}}
    images = logs.images["run"]
    assert sorted(images) == ["clear", "grey", "saliency/0 label a/b"]
    assert {step: pixels.shape for step, pixels in images["saliency/0 label a/b"].items()} == {
        0: (5, 9, 3),
        1: (4, 9, 3),
        7: (4, 9, 3),
    }
    np.testing.assert_array_equal(images["saliency/0 label a/b"][7], PIXELS[1:])
    np.testing.assert_array_equal(images["grey"][2], PIXELS[..., :1])
    np.testing.assert_array_equal(images["clear"][2][..., 3], PIXELS[..., 0])


def test_nothing_is_written_where_tf_summary_writes_nothing(tmp_path):
    assert not write_scalars({"no writer": 1.0}, 0)
    with tf.summary.create_file_writer(str(tmp_path)).as_default(), tf.summary.record_if(False):
        assert not write_scalars({"not recorded": 1.0}, 0)
        assert not write_image("not recorded", PIXELS, 0)
    assert not Logs(tmp_path).scalars and not Logs(tmp_path).images


@pytest.mark.parametrize("pixels", [PIXELS / 255, PIXELS[0], PIXELS[None], PIXELS[..., :2], PIXELS[:0]])
def test_other_pixels_are_refused(pixels):
    with refused("uint8", str(pixels.shape)):
        write_image("tag", pixels, 0)


def test_several_numbers_are_refused():
    with refused("(2,)"):
        write_scalars({"tag": [1.0, 2.0]}, 0)


SCRIPT = """
import os, signal, sys
sys.modules["tensorboard"] = None  # as after pip install tensorflow==2.21
import numpy as np, tensorflow as tf
from kerasal.tensorboard.events import write_image, write_scalars
writer = tf.summary.create_file_writer(sys.argv[1])
with writer.as_default():
    for step in range(3):
        write_image("picture", np.full((2, 3, 3), step, "uint8"), step)
        write_scalars({"number": step / 2}, step)
    writer.flush()
    write_scalars({"number": 99.0}, 99)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_without_the_package_tensorboard_and_killed_after_a_flush(tmp_path):
    killed = subprocess.run([sys.executable, "-c", SCRIPT, tmp_path], check=False, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    logs = Logs(tmp_path)
    assert {step: logs.scalars["."]["number"][step] for step in range(3)} == {0: 0.0, 1: 0.5, 2: 1.0}
    assert [int(logs.images["."]["picture"][step].mean()) for step in range(3)] == [0, 1, 2]


def test_what_reader_and_writer_share_needs_no_tensorflow():
    check = (
        "import sys, kerasal.tensorboard.metadata, kerasal.tensorboard.map_numbers; print('tensorflow' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", check], text=True).strip() == "False"


def test_tags_and_directories():
    assert metadata.run_directory("gs://bucket/logs", "a") == os.path.join("gs://bucket/logs", "saliency", "a")
    name = metadata.example_name(3, "7")
    assert metadata.tag_of_picture(name) == "saliency/3 label 7"
    assert metadata.tag_of_number("drift", name) == "drift/3 label 7"
    assert metadata.tag_of_mean("drift") == "saliency/drift" and metadata.example_name(3) == "3"


def test_concentration_of_known_entropies():
    shared = np.zeros((13, 3, 2, 2))
    for k in range(13):
        shared.reshape(13, 12)[k, :k] = (-1) ** k * 10.0 ** (k - 6)
    expected = [0.0, *(1 - np.log(k) / np.log(12) for k in range(1, 13))]  # k equal elements of 12; a map of zeros
    np.testing.assert_allclose(concentration(shared), expected, atol=1e-12)
    np.testing.assert_allclose(concentration([[-2.0, 1, 0, 1], [4, -2, 2, 0]]), 0.25)  # entropy 1.5 of 2 bits
    np.testing.assert_array_equal(concentration([[3.0], [0.0]]), [1, 0])


def test_drift_is_one_minus_spearman():
    now = np.array([[1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [-5, 7, 0, 1, 2], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1]], float)
    before = np.array([[2, 4, 6, 90, 8], [5, 4, 3, 2, 1], [5, 7, 0, 1, 2], [0, 1, 0, 0, 0], [3, 3, 3, 3, 3]], float)
    # Spearman 1 − 6 Σd² / n(n² − 1): Σd² = 2; 40; (3² + 1 + 1 + 1) of [1 5 2 3 4] against [4 5 1 2 3]
    np.testing.assert_allclose(drift(now, before), [0.1, 2.0, 0.6, 1.0, 0.0], atol=1e-12)


def test_equal_elements_share_their_mean_rank():
    """Ranks 1.5, 1.5, 3 against 1, 2, 3: correlation 1.5 / sqrt(1.5 · 2)."""
    np.testing.assert_allclose(drift([[[4.0, 4.0, 8.0]]], [[[0.1, 0.2, 0.3]]]), 1 - 1.5 / np.sqrt(3))


def test_drift_ignores_a_monotone_change():
    values = np.random.default_rng(1).normal(size=(2, 4, 3))
    np.testing.assert_allclose(drift(np.exp(3 * values), values), 0, atol=1e-12)


def test_drift_of_other_shapes_is_refused():
    with refused("(2, 6)", "(2, 5)"):
        drift(np.ones((2, 6)), np.ones((2, 5)))


def test_uncertainty_is_the_mean_std():
    np.testing.assert_allclose(uncertainty([[[1.0, 2.0, 6.0]], [[0.0, 0.5, 0.25]]]), [3, 0.25])
