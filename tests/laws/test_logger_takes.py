"""A SaliencyLogger takes what fit takes: any kind of example, and its last map is that of the model which fit leaves."""

import importlib
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from event_files import Logs
from keras import layers as L
from logged_training import everything
from three_parts import refused

from kerasal import GradientCalculator, LayerExtractor, load_run
from kerasal._network.versions import KERAS_2
from kerasal._saliency.kinds import KINDS as EXAMPLE_KINDS
from kerasal.callbacks import TextPictures
from kerasal.callbacks.checkpoints import weights_of
from kerasal.callbacks.kinds import ELSEWHERE
from kerasal.callbacks.pictures.choose import AUTOMATIC
from kerasal.tensorboard.picture_kinds import picture_kinds

RNG = np.random.default_rng(2)
RUN = "saliency/saliency"


def network(shape, *layers, loss="mse", optimizer="sgd"):
    model = keras.Sequential([keras.Input(shape), *layers, L.Flatten(), L.Dense(1)])
    model.compile(optimizer, loss)
    return model


def normal(*shape):
    return RNG.normal(size=(16, *shape)).astype("float32")


def random(*shape):
    return RNG.random((16, *shape), "float32")


def fit(folder, model, x, *callbacks, y=None, epochs=1, **how):
    """Train with a logger. Return what it says, its run, and the pictures of its first example."""
    y = np.zeros(len(x)) if y is None else y
    logger = everything(folder, x[:2], y[:2], **{"method": "raw", "on_error": "raise", **how})
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        model.fit(x, y, epochs=epochs, verbose=0, callbacks=[*callbacks, logger])
    said = [str(each.message) for each in heard if "SaliencyLogger" in str(each.message)]
    return said, load_run(folder), Logs(folder).images.get(RUN, {})


CONV1D, CONV2D = lambda: [L.Conv1D(4, 3)], lambda *grey: [*grey, L.Conv2D(2, 3)]
IMAGENET = (RNG.integers(0, 256, (16, 12, 10, 3)) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
CAFFE = 255 * random(12, 10, 3) - np.array([103.9, 116.8, 123.7], "float32")
KINDS = {  # x, layers -> kind, whether there are channels to fold, words that are said
    "standardised series": (normal(24, 3), CONV1D, "series", None),
    "wide series": (normal(24, 9), CONV1D, "series", None),
    "word vectors": (normal(15, 30), CONV1D, "series", None),
    "series in [0, 1]": (random(24, 3), lambda: [L.GRU(3)], "series", None),
    "rows of a digit": (random(12, 12), lambda: [L.GRU(3)], "series", "taken for series"),
    "series, all at once": (normal(24, 9), list, "series", "taken for series"),
    "grey images, all at once": (random(12, 9), list, "image", "taken for grey images"),
    "digits": (random(12, 12), lambda: CONV2D(L.Reshape((12, 12, 1))), "image", None),
    "standardised digits": (normal(12, 12), lambda: CONV2D(L.Reshape((12, 12, 1))), "image", "black at"),
    "photographs in [0, 1]": (random(12, 10, 3), CONV2D, "image", None),
    "photographs in [-1, 1]": (2 * random(12, 10, 3) - 1, CONV2D, "image", None),
    "photographs in 0..255": (255 * random(12, 10, 3), lambda: CONV2D(L.Rescaling(1 / 255)), "image", None),
    "dark photographs": (40 * random(12, 10, 3), lambda: CONV2D(L.Rescaling(1 / 255)), "image", "none is above 128"),
    "photographs less their mean": (CAFFE, CONV2D, "image", "caffe"),
    "photographs as for ImageNet": (IMAGENET, CONV2D, "image", None),
    "standardised photographs": (normal(12, 10, 3), CONV2D, "image", "black at"),
    "many channels": (normal(12, 10, 6), CONV2D, "image", "black at"),
    "channels first": (random(3, 12, 10), lambda: CONV2D(L.Permute((2, 3, 1))), "image", None),
    "videos": (random(3, 6, 5, 3), lambda: [L.Conv3D(2, 3, padding="same")], "video", None),
    "videos in 0..255": (255 * random(3, 6, 5, 1), lambda: [L.Conv3D(2, 3, padding="same")], "video", None),
    "standardised videos": (normal(3, 6, 5, 3), lambda: [L.Conv3D(2, 3, padding="same")], "video", "black at"),
    "fields": (random(3, 6, 5, 2), lambda: [L.Conv3D(2, 3, padding="same")], "numbers", "logged as numbers"),
    "a table": (normal(5), list, "table", None),
}


@pytest.mark.parametrize("name", KINDS)
def test_examples_of_any_kind_train_and_are_what_the_network_treats_them_as(tmp_path, name):
    x, layers, kind, words = KINDS[name]
    model = network(x.shape[1:], *layers())
    said, run, pictures = fit(tmp_path, model, x)
    folded = {"channels first": 1}.get(name, -1) if (kind, x.ndim) in (("image", 4), ("video", 5)) else None
    wanted = GradientCalculator(model).explain(x[:2]).values
    wanted = wanted if folded is None else wanted.sum(folded)
    assert run.picture.kind == kind and run.steps.tolist() == [0, 1]
    np.testing.assert_allclose(run.values[-1], wanted, atol=1e-6)
    assert bool(pictures) == (name != "fields")
    assert len(said) == bool(words) and all(words in each for each in said), said
    if kind == "series":
        np.testing.assert_array_equal(run.array("series"), x[:2])
    if kind == "image":
        assert run.images.shape == (2, *wanted.shape[1:], 3)


SIGNALS = [L.Conv1D, L.LSTM, L.GRU, L.SimpleRNN, lambda size, *_: L.Dense(size), L.SeparableConv1D]


@pytest.mark.parametrize("layer, shape", [(k, shape) for k in range(6) for shape in ((12, 12), (9 + k, 8 - k))])
def test_a_standardised_series_is_never_taken_for_a_picture(shape, layer):
    """Nor one of whole numbers, or in double precision: a mean of 0 and a deviation of 1 leave [-1, 1] on both sides."""
    args = (4, 3) if "Conv" in SIGNALS[layer].__name__ else (4,)
    model = network(shape, SIGNALS[layer](*args))
    x = RNG.normal(size=(3, *shape))
    x = (x - x.mean((0, 1))) / x.std((0, 1))
    for given in (x, np.rint(x)):
        assert GradientCalculator(model).explain(given).kind == "series"


@pytest.mark.parametrize("kind", ["image", "series", "numbers"])
def test_the_kind_that_is_said_ends_the_doubt(tmp_path, kind):
    x, layers, *_ = KINDS["grey images, all at once"]
    said, run, pictures = fit(tmp_path, network(x.shape[1:], *layers()), x, kind=kind)
    assert run.picture.kind == kind and bool(pictures) == (kind != "numbers")
    assert all("black at" in each for each in said)


def test_a_range_or_kind_that_is_advised_ends_the_warning(tmp_path):
    x, layers, *_ = KINDS["standardised photographs"]
    assert not fit(tmp_path, network(x.shape[1:], *layers()), x, image_range=(-9, 9))[0]
    assert not fit(tmp_path / "other", network(x.shape[1:], *layers()), x, kind="numbers")[0]


@pytest.mark.parametrize("shape", [(3, 6, 5, 2), (3, 6, 5)], ids=str)
@pytest.mark.parametrize("kind", ["video", "volume"])
def test_videos_and_volumes_are_said_where_the_shape_leaves_it_open(tmp_path, kind, shape):
    x = random(*shape)
    model = network(shape, *([] if x.ndim == 5 else [L.Reshape((*shape, 1))]), L.Conv3D(2, 3, padding="same"))
    said, run, pictures = fit(tmp_path, model, x, kind=kind)
    assert (run.picture.kind, run.values.shape, said) == (kind, (2, 2, 3, 6, 5), [])
    assert [len(steps) for steps in pictures.values()] == [2, 2, 1, 1]  # two examples, and their strips
    shown = (255 * (x[:2].mean(-1) if x.ndim == 5 else x[:2]))[..., None]
    np.testing.assert_allclose(run.array("frames"), np.rint(np.repeat(shown, 3, -1)), atol=1)
    assert run.picture.facts == {"word": "frame" if kind == "video" else "slice"}


def test_every_kind_that_a_result_has_is_drawn_by_the_logger_or_its_way_is_told():
    drawn = {each.kind for each in AUTOMATIC} | {"numbers"}
    assert drawn | set(ELSEWHERE) == set(EXAMPLE_KINDS) and not drawn & set(ELSEWHERE)
    for kind in EXAMPLE_KINDS:
        assert callable(importlib.import_module(f"kerasal.visualizers.plots.{kind}").plot)
        assert kind in picture_kinds()


@pytest.mark.parametrize(
    "how, words",
    [
        ({"kind": "serie"}, ["'serie'", "Pass 'series'"]),
        ({"kind": "text"}, ["TextPictures"]),
        ({"kind": 3}, ["3"]),
        ({"kind": "image", "visualizer": lambda saliency, n: None}, ["visualizer"]),
    ],
)
def test_kinds_that_cannot_be_are_refused_at_once(tmp_path, how, words):
    with refused(*words):
        everything(tmp_path, normal(3), **how)


def test_a_kind_that_does_not_fit_is_refused_before_training_and_its_way_out_works(tmp_path):
    model, x = network((24, 3), *CONV1D()), normal(24, 3)
    weights = model.get_weights()
    with refused("kind='table'", "(2, 24, 3)", "kind='numbers'"):
        fit(tmp_path, model, x, kind="table")
    assert all(np.array_equal(*pair) for pair in zip(weights, model.get_weights(), strict=True))
    assert fit(tmp_path, model, x, kind="numbers")[1].values.shape == (2, 2, 24, 3)


class Sets(keras.callbacks.Callback):
    """Changes the weights at one moment of training."""

    def __init__(self, moment, factor=2.0):
        super().__init__()
        setattr(self, moment, lambda *args, **kwargs: self.change(factor))

    def change(self, factor):
        self.model.set_weights([factor * weight for weight in self.model.get_weights()])


def stopper():
    return keras.callbacks.EarlyStopping("loss", patience=1, restore_best_weights=True)


ENDINGS = {  # callbacks before, after, how it is compiled -> steps
    "nothing": ([], [], {}, [0, 1, 2]),
    "set before the logger": ([Sets("on_train_end")], [], {}, [0, 1, 2, 3]),
    "set after the logger": ([], [Sets("on_train_end")], {}, [0, 1, 2, 3]),
    "set after two loggers": ([], [Sets("on_train_end"), "logger"], {}, [0, 1, 2, 3]),
    "set after each epoch": ([], [Sets("on_epoch_end")], {}, [0, 1, 2, 3]),
    "set before each epoch": ([Sets("on_epoch_end")], [], {}, [0, 1, 2]),
    "averaged": ([], [], {"use_ema": True, "ema_momentum": 0.5}, [0, 1, 2, 3]),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_the_last_map_is_that_of_the_model_which_fit_leaves(tmp_path, name):
    before, after, optimizer, steps = ENDINGS[name]
    x = normal(3)
    model = network((3,), L.Dense(4, "tanh"), optimizer=keras.optimizers.Adam(0.1, **optimizer))
    logger = everything(tmp_path, x[:2], method="raw", on_error="raise")
    other = everything(tmp_path, x[:2], name="other", on_error="raise")
    after = [other if each == "logger" else each for each in after]
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        model.fit(x, x[:, 0], epochs=2, verbose=0, callbacks=[*before, logger, *after])
    run = load_run(tmp_path, "saliency")
    assert run.steps.tolist() == steps
    np.testing.assert_allclose(run.values[-1], GradientCalculator(model).explain(x[:2]).values, atol=1e-6)
    said = [str(each.message) for each in heard if "weights were changed" in str(each.message)]
    assert len(said) == (1 + (other in after) if len(steps) == 4 else 0)
    assert f"strip/{0}" in Logs(tmp_path).images[RUN]


@pytest.mark.parametrize("is_first", [False, True])
def test_restored_weights_are_named_by_their_step(tmp_path, is_first):
    x = normal(3)
    model = network((3,), L.Dense(4, "tanh"), optimizer=keras.optimizers.SGD(1.0))
    worse = Sets("on_epoch_begin", 3.0)  # the loss grows: the first epoch is the best, the second the last
    logger, stop = everything(tmp_path, x[:2], method="raw", on_error="raise"), stopper()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        model.fit(x, x[:, 0], epochs=5, verbose=0, callbacks=[worse, *([logger, stop] if is_first else [stop, logger])])
    run = load_run(tmp_path)
    if KERAS_2 and not is_first:  # it restores at the end of the epoch, before the logger's turn
        assert run.steps.tolist() == [0, 1, 2]
    else:
        assert run.steps.tolist() == [0, 1, 2, 3] and run.lines[3]["note"] == "weights of step 1"
        assert any("weights of step 1, is written as step 3" in str(each.message) for each in heard)
    np.testing.assert_array_equal(run.values[-1], run.values[1])


def test_a_list_of_callbacks_is_left_as_it_was(tmp_path):
    loggers = [everything(tmp_path, normal(3)[:1], name=name, on_error="raise") for name in "ab"]
    callbacks = keras.callbacks.CallbackList(loggers, model=network((3,)))
    for _ in range(2):
        callbacks.on_train_begin()
        callbacks.on_epoch_begin(0)
        callbacks.on_epoch_end(0)
        callbacks.on_train_end()
        assert callbacks.callbacks == loggers


class Blocks(keras.callbacks.Callback):
    """Puts a file in the place of the folder of maps for an epoch."""

    def __init__(self, folder, epoch):
        super().__init__()
        self.folder, self.epoch = folder / RUN / "arrays", epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            self.folder.rename(self.folder.with_name("away"))
            self.folder.write_text("")
        elif epoch == self.epoch + 1:
            self.folder.unlink()
            self.folder.with_name("away").rename(self.folder)


def test_a_disk_that_fails_costs_the_maps_of_its_time(tmp_path):
    x = normal(3)
    said, run, _ = fit(tmp_path, network((3,)), x, Blocks(tmp_path, 1), epochs=4, on_error="warn")
    assert run.steps.tolist() == [0, 1, 3, 4] and len(said) == 1 and "failed at step 2" in said[0]


@pytest.mark.parametrize("place", ["", "saliency"])
def test_a_folder_that_cannot_be_is_refused_before_training(tmp_path, place):
    model, x, log_dir = network((3,)), normal(3), tmp_path / "logs"
    (log_dir / place).parent.mkdir(parents=True, exist_ok=True)
    (log_dir / place).write_text("")
    with refused("log_dir", str(log_dir), error=OSError):
        fit(log_dir, model, x)
    assert fit(tmp_path / "another", model, x)[1].steps.tolist() == [0, 1]


def test_what_is_wrong_for_a_model_that_is_built_by_fit_stops_nothing(tmp_path):
    x, y = normal(3), np.zeros(16)
    model = keras.Sequential([L.Dense(1)])
    model.compile("sgd", "mse")
    logger = everything(tmp_path, x[:2, :2])
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        model.fit(x, y, epochs=3, batch_size=4, verbose=0, callbacks=[logger])
    said = [str(each.message) for each in heard if "failed before its first map" in str(each.message)]
    assert len(said) == 1 and "(2, 2)" in said[0] and model.history.epoch == [0, 1, 2]


def test_batches_of_several_widths_are_refused_and_one_is_taken(tmp_path):
    batches = [(np.ones((2, width, 3), "float32"), np.zeros(2, "float32")) for width in (4, 6)]
    data = tf.data.Dataset.from_generator(
        lambda: iter(batches), output_signature=(tf.TensorSpec([None, None, 3]), tf.TensorSpec([None]))
    )
    with refused("(4, 3)", "(6, 3)", "next(iter(data))"):
        everything(tmp_path, data)
    inputs = keras.Input((None, 3))
    model = keras.Model(inputs, L.Dense(1)(L.GlobalAveragePooling1D()(inputs)))
    model.compile("sgd", "mse")
    logger = everything(tmp_path, *next(iter(data)), on_error="raise")
    model.fit(data, verbose=0, callbacks=[logger])
    assert load_run(tmp_path).values.shape == (2, 2, 4, 3)


TEXTS = ["good film", "bad film", "good", "bad bad film"] * 4
FORMS = {
    "list": list,
    "objects": lambda texts: np.array(texts, object),
    "tensor": tf.constant,
}


def test_strings_in_any_container_beside_numbers(tmp_path):
    split = L.TextVectorization(max_tokens=9, output_sequence_length=4)
    split.adapt(TEXTS)
    text, numbers = keras.Input((), dtype="string", name="text"), keras.Input((2,), name="numbers")
    pooled = L.GlobalAveragePooling1D()(L.Embedding(9, 3, name="embed")(split(text)))
    outputs = L.Dense(1, "sigmoid")(L.Concatenate()([pooled, numbers]))
    model = keras.Model({"text": text, "numbers": numbers}, outputs)
    model.compile("sgd", "binary_crossentropy")
    beside, y = normal(2), np.arange(16) % 2
    loggers = [
        everything(
            tmp_path,
            {"text": form(TEXTS[:2]), "numbers": beside[:2]},
            y[:2].astype(bool),
            lambda model: GradientCalculator(model, target_extractor=LayerExtractor("embed")),
            name,
            method="raw",
            ch_axis=-1,
            visualizer=TextPictures([text.split() for text in TEXTS[:2]]),
            on_error="raise",
        )
        for name, form in FORMS.items()
    ]
    model.fit(
        {"text": tf.constant(TEXTS), "numbers": tf.constant(beside)}, tf.constant(y), verbose=0, callbacks=loggers
    )
    runs = [load_run(tmp_path, name) for name in FORMS]
    for run in runs:
        np.testing.assert_allclose(run.values, runs[0].values, atol=1e-6)
        assert run.values.shape == (2, 2, 4) and run.examples == ["0 label 0", "1 label 1"]


def test_frames_with_columns_of_booleans(tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"fare": np.arange(16) / 4, "is_paid": np.arange(16) % 2 == 0})
    model, y = network((2,)), np.arange(16) % 2
    logger = everything(tmp_path, frame[:2], y[:2], method="raw", on_error="raise")
    model.fit(frame.astype("float32") if KERAS_2 else frame, y, verbose=0, callbacks=[logger])
    run = load_run(tmp_path)
    assert run.facts["columns"] == ["fare", "is_paid"] and Logs(tmp_path).images[RUN]
    np.testing.assert_allclose(run.values[-1], np.tile(model.get_weights()[0].T, (2, 1)), atol=1e-6)


def test_maps_of_a_layer_lie_over_the_image(tmp_path):
    x = random(12, 10, 3)
    model = network((12, 10, 3), L.Rescaling(2.0, name="scaled"), L.Conv2D(2, 3))
    scaled = lambda model: GradientCalculator(model, target_extractor=LayerExtractor("scaled"))
    said, run, pictures = fit(tmp_path, model, x, calculator=scaled, ch_axis=-1)
    assert not said and pictures and run.images.shape == (2, 12, 10, 3)


NAMES_OF_BEST = ["best-{epoch:02d}.weights.h5", "best-{epoch}.h5"]
OTHER_NAMES = ["best.weights.tf", "best"] if KERAS_2 else ["best.keras"]  # Keras 2.14 itself fails to write best.keras


@pytest.mark.parametrize("name", [*NAMES_OF_BEST, *OTHER_NAMES])
def test_the_best_weights_of_a_checkpoint_have_the_last_map(tmp_path, name):
    x, weights_only = normal(3), ".weights." in name
    model = network((3,), L.Dense(4, "tanh"), optimizer=keras.optimizers.SGD(0.01, momentum=0.5))
    best = keras.callbacks.ModelCheckpoint(
        str(tmp_path / name), "loss", save_best_only=True, save_weights_only=weights_only
    )
    logger = everything(tmp_path, x[:2], method="raw", on_error="raise")
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        model.fit(x, x[:, 0], epochs=3, verbose=0, callbacks=[Sets("on_epoch_begin", 1.7), logger, best])
    run = load_run(tmp_path)
    assert run.steps.tolist() == [0, 1, 2, 3, 4] and run.lines[4]["note"].startswith("weights of step 1, kept in best")
    assert any("ModelCheckpoint keeps other weights" in str(each.message) for each in heard)
    np.testing.assert_array_equal(run.values[4], run.values[1])
    assert run.values[1].all() and not np.allclose(run.values[1], run.values[3])
    np.testing.assert_allclose(run.values[3], GradientCalculator(model).explain(x[:2]).values, atol=1e-6)


def test_a_checkpoint_that_is_what_fit_leaves_or_of_another_training_has_no_map(tmp_path):
    x = normal(3)
    model = network((3,), L.Dense(4, "tanh"), optimizer=keras.optimizers.SGD(0.01))
    better = keras.callbacks.ModelCheckpoint(str(tmp_path / "better.h5"), "loss", save_best_only=True)
    none = keras.callbacks.ModelCheckpoint(
        str(tmp_path / "old.h5"), "loss", save_best_only=True, initial_value_threshold=0.0
    )
    model.save(tmp_path / "old.h5")
    logger = everything(tmp_path, x[:2], method="raw", on_error="raise")
    model.fit(x, x[:, 0], epochs=2, verbose=0, callbacks=[logger, better, none])
    assert load_run(tmp_path).steps.tolist() == [0, 1, 2] and (tmp_path / "better.h5").exists()


def test_weights_and_moments_are_the_training_s_own_after_a_look_at_a_checkpoint(tmp_path):
    x, path = normal(3), str(tmp_path / "first.keras")
    model = network((3,), L.Dense(4, "tanh"), optimizer=keras.optimizers.Adam(0.1))
    model.fit(x, x[:, 0], verbose=0)
    model.save(path)
    first = model.get_weights()
    model.fit(x, x[:, 0], verbose=0)
    own = model.optimizer.variables() if callable(model.optimizer.variables) else model.optimizer.variables
    last, moments = model.get_weights(), [np.array(each) for each in own]
    with weights_of(model, path):
        assert all(map(np.array_equal, model.get_weights(), first)) and not np.array_equal(first[0], last[0])
    assert all(map(np.array_equal, model.get_weights(), last))
    assert all(map(np.array_equal, map(np.array, own), moments))
