"""Callbacks, interruption, progress, and what is refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from closed_forms import linear
from PIL import Image, ImageSequence
from snapshots import prepared, unchanged
from three_parts import refused
from zoo import built

from kerasal import ActivationMaximizer, LayerExtractor, scores
from kerasal.activation_maximization import Fourier, Gif, Jitter, Moment, Print, TotalVariation
from kerasal.activation_maximization.callbacks import CallbackList

KERNEL = np.ones((4, 2))


def pictures(channels=3):
    body = [keras.layers.Flatten(), keras.layers.Dense(3)]
    return keras.Sequential([keras.Input((20, 12, channels)), *body])


def test_print(capsys):
    ActivationMaximizer(linear(KERNEL), [0, 1], (-1, 1), steps=35).maximize(callbacks=[Print(every=10)])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["step 10", "step 20", "step 30", "step 35"]
    assert lines[-1] == "step 35: score 4"


@pytest.mark.parametrize(
    "channels, images, size", [(3, 3, (36 * 5, 120)), (1, 9, (8 * 60, 226))]
)  # letters grow with it
def test_gif(tmp_path, channels, images, size):
    gif = Gif(tmp_path / "units.gif", every=4)
    found = ActivationMaximizer(pictures(channels), 1, (0, 1), steps=10).maximize(count=images, callbacks=gif)
    with Image.open(tmp_path / "units.gif") as film:
        frames = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(film)]
    assert len(frames) == 3 and frames[0].shape == (size[1], size[0], 3)
    expected = (found.pictures()[0, :, :, 0].repeat(5, 0).repeat(5, 1) * 255).round()
    assert np.abs(frames[-1][:100, :60, 0] - expected).mean() < 12  # a palette of 256 colours
    assert np.abs(frames[0].astype(int) - frames[-1]).max() > 50


def test_whose_turn_it_is():
    """Each at its own multiples and after the last step; all are called, also after one that stops."""
    called = []

    def make(name, every, answer):
        def callback(moment):
            called.append((name, moment.step))
            return answer

        callback.every = every
        return callback

    callbacks = CallbackList([make("four", 4, True), make("six", 6, False)])
    assert [callbacks.next_step(step, last=11) for step in (0, 4, 5, 6, 8, 10)] == [4, 6, 6, 8, 11, 11]
    assert CallbackList([]).next_step(3, last=11) == 11
    moment = Moment(12, np.zeros((1, 4)), {})
    assert callbacks.call(moment, is_last=False) and called == [("four", 12), ("six", 12)]
    assert not callbacks.call(Moment(6, moment.images, {}), is_last=False) and called[2:] == [("six", 6)]
    assert callbacks.call(Moment(11, moment.images, {}), is_last=True) and len(called) == 5


def test_a_callback_can_stop_it():
    found = ActivationMaximizer(linear(KERNEL), 0, (-1, 1), steps=50).maximize(
        callbacks=lambda moment: moment.step == 7
    )
    assert found.steps == 7


def test_interruption_gives_back_what_there_is():
    """The model is as before; the images are those of the last step that was told."""
    _, model = prepared("cnn")
    seen = []

    def interrupt(moment):
        seen.append(moment.images)
        if moment.step == 3:
            raise KeyboardInterrupt

    with unchanged(model), pytest.warns(UserWarning, match="3 of 40 steps"):
        found = ActivationMaximizer(model, 0, (0, 1), steps=40).maximize(callbacks=interrupt)
    assert found.steps == 3 and np.isfinite(found.scores).all()
    np.testing.assert_array_equal(found.images, seen[-1])


def test_an_error_of_the_users_function_leaves_nothing():
    _, model = prepared("cnn")

    def fail(images):
        raise RuntimeError("mine")

    with unchanged(model):
        for settings in ({"transforms": [fail]}, {"regularizers": {fail: 1.0}}):
            with pytest.raises(RuntimeError, match="mine"):
                ActivationMaximizer(model, 0, (0, 1), **settings).maximize()


def test_progress(capsys):
    ActivationMaximizer(linear(KERNEL), 0, (-1, 1), steps=12).maximize(show_progress=True)
    assert "12/12" in capsys.readouterr().out


def test_settings_are_fixed_once_used():
    maximizer = ActivationMaximizer(linear(KERNEL), 0, (-1, 1), steps=2)
    maximizer.steps = 3
    assert maximizer.maximize().steps == 3
    with pytest.raises(AttributeError, match="ActivationMaximizer are fixed"):
        maximizer.transforms = [Jitter(1)]


REFUSED = {
    "no score": (dict(score=None), ["score=None", "score=3"]),
    "all": (dict(score="all"), ["list(range(10))"]),
    "predicted in a list": (dict(score=[None, scores.Unit("a", 1)]), ["Predicted"]),
    "range upside down": (dict(input_range=(1, -1)), ["input_range", "(1, -1)"]),
    "range of three": (dict(input_range=(0, 1, 2)), ["(0, 1, 2)"]),
    "regularizer without weight": (dict(regularizers={TotalVariation(): None}), ["TotalVariation"]),
    "class of transforms": (dict(transforms=[Jitter]), ["Jitter", "objects"]),
    "moved spectrum": (dict(parameterization=Fourier(), transform_image=True), ["Fourier", "Leave"]),
    "no steps": (dict(steps=0), ["steps=0"]),
    "optimizer by name": (dict(optimizer="adam"), ["'adam'"]),
    "parameterization": (dict(parameterization="fourier"), ["Fourier()"]),
    "target": (dict(target_extractor="conv"), ["'conv'"]),
    "rule": (dict(relu_rule="deconv"), ["'deconv'"]),
    "no such layer": (dict(target_extractor=LayerExtractor("none")), ["none"]),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what):
    settings, words = REFUSED[what]
    with refused(*words):
        ActivationMaximizer(**{"model": linear(KERNEL), "score": 0, "input_range": (-1, 1)} | settings)


RUNS = {
    "count and list": (dict(score=[0, 1]), dict(count=3), ["count=3", "2 scores"]),
    "count and x": (dict(), dict(count=3, x=np.ones((2, 4))), ["count=3", "2 examples"]),
    "no such class": (dict(score=5), dict(), ["5"]),
    "regularizer over the batch": (
        dict(regularizers={lambda images: tf.reduce_sum(images): 1.0}),
        dict(),
        ["one number per image", "(1,)"],
    ),
    "no gradient": (dict(score=lambda y: tf.round(y[:, 0])), dict(), ["gradient"]),
    "NaN": (dict(score=lambda y: tf.math.log(y[:, 0]), input_range=(-3, -1)), dict(), ["step 0", "image 0"]),
    "wrong shape": (dict(), dict(x=np.ones((2, 5))), ["(2, 5)"]),
    "callback": (dict(), dict(callbacks="print"), ["'print'"]),
}


@pytest.mark.parametrize("what", RUNS)
def test_runs_refused(what):
    settings, run, words = RUNS[what]
    maximizer = ActivationMaximizer(
        **{"model": linear(KERNEL), "score": 0, "input_range": (-1, 1), "steps": 2} | settings
    )
    with refused(*words):
        maximizer.maximize(**run)


def test_an_integer_input_names_the_embedding():
    with refused("LayerExtractor", "inner"):
        ActivationMaximizer(built("lstm"), 0, None).maximize()
