"""Long work: progress is shown, Ctrl-C is obeyed, memory is flat, and a run ends where it should."""

import signal
import threading
import time
import tracemalloc

import keras
import numpy as np
import pytest
import tensorflow as tf
from zoo import ZOO, built

from kerasal import GaussianNoiseSampler, GradientCalculator
from kerasal._network.graphs import size_of_row


@pytest.fixture
def interruptible():
    """Ctrl-C as Python has it by default; a process started in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_stops_a_long_run_and_leaves_the_model_as_it_was():
    model, x = built("cnn"), ZOO["cnn"].x
    calculator = GradientCalculator(model)
    few = calculator.explain(x, M=2, noise_sampler=GaussianNoiseSampler(), batch_size=4)
    weights = [np.asarray(weight) for weight in model.get_weights()]
    pressed = []

    def press():
        time.sleep(1.5)
        pressed.append(time.perf_counter())
        signal.raise_signal(signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        calculator.explain(x, M=10**8, noise_sampler=GaussianNoiseSampler(), batch_size=4)  # days
    assert time.perf_counter() - pressed[0] < 20  # about a second where the machine has nothing else to do
    for now, before in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(now, before)
    again = calculator.explain(x, M=2, noise_sampler=GaussianNoiseSampler(), batch_size=4)
    np.testing.assert_array_equal(again.values, few.values)


@pytest.mark.parametrize("form", ["array", "dataset"])
def test_progress_counts_examples_times_samples(form, capsys):
    x = ZOO["table"].x
    given = x if form == "array" else tf.data.Dataset.from_tensor_slices(x).batch(2)
    calculator = GradientCalculator(built("table"))
    calculator.explain(given, M=7, noise_sampler=GaussianNoiseSampler(), batch_size=3, show_progress=True)
    assert str(7 * len(x)) in capsys.readouterr().out
    calculator.explain(given, M=7, noise_sampler=GaussianNoiseSampler(), batch_size=3)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_no_second_copy_of_examples_or_results_is_made(dtype):
    model = keras.Sequential([keras.Input((20, 30, 2)), keras.layers.Flatten(), keras.layers.Dense(3)])
    x = np.random.default_rng(0).uniform(0, 9, (3000, 20, 30, 2)).astype(dtype)
    calculator = GradientCalculator(model)
    how = {"M": 3, "noise_sampler": GaussianNoiseSampler(), "batch_size": 40, "method": "abs"}
    calculator.explain(x[:90], **how)
    tracemalloc.start()
    saliency = calculator.explain(x, **how)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1.1 * (saliency.values.nbytes + saliency.std.nbytes)


def test_a_bad_example_at_the_end_is_found_before_any_work():
    x, calls = np.ones((70, 4), "float32"), []
    x[69, 2] = np.nan

    def of_rows(rows):
        counted = tf.numpy_function(lambda: calls.append(1) or np.float32(0), [], tf.float32)
        with tf.control_dependencies([counted]):
            return tf.reduce_sum(tf.square(rows), 1)

    calculator = GradientCalculator(keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)]), eval_fun=of_rows)
    with pytest.raises(ValueError, match=r"NaN or Inf .* of example\(s\) 69"):
        calculator.explain(x, batch_size=10)
    assert not calls
    calculator.explain(x[:69], batch_size=10)
    assert calls


def test_inputs_and_results_are_not_shared_with_the_caller():
    x = ZOO["table"].x.copy()
    before = x.copy()
    result = GradientCalculator(built("table")).explain(x, M=3, noise_sampler=GaussianNoiseSampler(), train=True)
    np.testing.assert_array_equal(x, before)
    result.values[:] = 0.0
    assert np.abs(GradientCalculator(built("table")).explain(x).values).max() > 0


def test_a_step_is_packed_to_at_most_batch_size_rows():
    rows = []

    class Counts(keras.layers.Layer):
        def call(self, x):
            tf.py_function(lambda n: rows.append(int(n)), [tf.shape(x)[0]], [])
            return 2.0 * x

    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(1)(Counts()(inputs)))
    rows.clear()
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    GradientCalculator(model).compute(x, M=7, noise_sampler=GaussianNoiseSampler(), batch_size=12)
    assert rows[:3] == [3, 1, 1]  # two rows beside one another and alone
    assert max(rows) == 10 and sum(rows[3:]) == 5 * (
        1 + 7
    )  # the clean pass, then two samples of five examples at a time
    rows.clear()
    GradientCalculator(model).compute(x, M=3, noise_sampler=GaussianNoiseSampler(), batch_size=2)
    assert max(rows) == 2 and sum(rows[3:]) == 5 * (1 + 3)


def size_of(model, *shape):
    @tf.function(input_signature=[tf.TensorSpec([None, *shape])])
    def run(x):
        return model(x)

    return size_of_row(run.get_concrete_function().graph.outputs)


def test_the_size_of_a_row_is_what_convolutions_and_products_give():
    layers = keras.layers
    network = [keras.Input((8, 6, 3)), layers.Conv2D(4, 3), layers.ReLU(), layers.Flatten(), layers.Dense(5)]
    assert size_of(keras.Sequential(network), 8, 6, 3) == 6 * 4 * 4 + 5
    assert size_of(lambda x: tf.sin(tf.cos(x)), 8, 6, 3) == 4 * 8 * 6 * 3 // 16  # input and output count too


def test_what_rows_have_in_common_is_not_of_a_row():
    """As the pass over the examples, of which each window changes a part."""

    @tf.function(input_signature=[tf.TensorSpec([None, 6, 5, 2]), tf.TensorSpec([None, 2, 2, 2])])
    def run(pictures, windows):
        kernel = tf.ones([2, 2, 2, 3])
        return tf.reduce_sum(tf.nn.conv2d(pictures, kernel, 1, "VALID")) + tf.nn.conv2d(windows, kernel, 1, "VALID")

    graph = run.get_concrete_function().graph
    assert size_of_row(graph.outputs) == 5 * 4 * 3 + 3
    assert size_of_row(graph.outputs, since=graph.inputs[1:]) == 3
