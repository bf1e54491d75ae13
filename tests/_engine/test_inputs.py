"""What x may be: arrays, tensors, structures of them, frames, data sets. The numbers are the same."""

import functools
import gc
import warnings
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from zoo import ZOO, built

from kerasal import GaussianNoiseSampler, GradientCalculator, LayerExtractor, scores

X, Y = ZOO["table"].x, np.array([0, 1, 2, 0, 1])
IMAGE, TABLE = ZOO["two inputs"].x
LABEL = scores.Label()
HOW = {"M": 2, "noise_sampler": GaussianNoiseSampler(), "train": True}


@functools.cache
def calculator(name, score=None):
    return GradientCalculator(built(name), score)


def explain(name, x, y=None, score=None, **kwargs):
    return calculator(name, score).explain(x, y, **{**HOW, **kwargs})


@pytest.fixture(scope="module")
def expected():
    return explain("table", X).values


class Batches(getattr(keras.utils, "PyDataset", keras.utils.Sequence)):
    """Batches of 2, 2, 1 with labels."""

    def __init__(self, *columns):
        super().__init__()
        self.columns = columns

    def __len__(self):
        return 3

    def __getitem__(self, i):
        batch = [tf.nest.map_structure(lambda part: part[2 * i : 2 * i + 2], column) for column in self.columns]
        return tuple(batch) if len(batch) > 1 else batch[0]


def _frame():
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(X, columns=list("abcdef"))


FORMS = {
    "float64": lambda: X.astype("float64"),
    "tensor": lambda: tf.constant(X),
    "variable": lambda: tf.Variable(X),
    "list of rows": lambda: X.tolist(),
    "list of one array": lambda: [X],
    "not contiguous": lambda: np.asfortranarray(X),
    "read only": lambda: np.frombuffer(X.tobytes(), "float32").reshape(X.shape),
    "frame": _frame,
    "dataset": lambda: tf.data.Dataset.from_tensor_slices(X).batch(2),
    "dataset of one batch": lambda: tf.data.Dataset.from_tensor_slices(X).batch(5).prefetch(1),
    "sequence": lambda: Batches(X),
}


@pytest.mark.parametrize("form", FORMS)
def test_one_input(form, expected):
    assert distance(explain("table", FORMS[form]()).values, expected) < 1e-6


@pytest.mark.parametrize("form", ["dataset", "sequence"])
def test_batches_bring_their_labels(form):
    forms = {"dataset": lambda: tf.data.Dataset.from_tensor_slices((X, Y)).batch(2), "sequence": lambda: Batches(X, Y)}
    expected = explain("table", X, Y, LABEL)
    assert distance(explain("table", forms[form](), score=LABEL).values, expected.values) < 1e-6
    assert distance(explain("table", X, 2 - Y, LABEL).values, expected.values) > 1e-2


def test_integers_and_booleans_become_floats():
    """A float input takes 0/1 and 0…255 as Keras does."""
    whole = np.random.default_rng(0).integers(0, 2, X.shape)
    expected = explain("table", whole.astype("float32")).values
    for kind in ("int64", "uint8", "bool"):
        assert distance(explain("table", whole.astype(kind)).values, expected) < 1e-6


@pytest.mark.parametrize("make", [list, tuple])
@pytest.mark.parametrize("convert", [np.asarray, tf.constant])
def test_two_inputs(make, convert):
    expected = explain("two inputs", [IMAGE, TABLE]).values
    assert distance(explain("two inputs", make(convert(part) for part in (IMAGE, TABLE))).values, expected) < 1e-6


def test_a_mix_of_arrays_and_tensors():
    expected = explain("two inputs", [IMAGE, TABLE]).values
    assert distance(explain("two inputs", [IMAGE, tf.constant(TABLE)]).values, expected) < 1e-6


@pytest.mark.parametrize("form", ["dataset", "sequence", "named"])
def test_a_dict_of_inputs(form):
    x = ZOO["dict inputs"].x
    expected = explain("dict inputs", x, train=False).values
    forms = {
        "dataset": lambda: tf.data.Dataset.from_tensor_slices(x).batch(3),
        "sequence": lambda: Batches(x),
        "named": lambda: {"table": x["table"], "image": tf.constant(x["image"])},
    }
    assert distance(explain("dict inputs", forms[form](), train=False).values, expected) < 1e-6


def test_a_dataset_of_two_inputs_and_labels():
    data = tf.data.Dataset.from_tensor_slices(((IMAGE, TABLE), Y)).batch(2)
    expected = explain("two inputs", [IMAGE, TABLE], Y, LABEL).values
    assert distance(explain("two inputs", data, score=LABEL).values, expected) < 1e-6


def test_the_users_array_is_not_written_to():
    x = X.copy()
    explain("table", x)
    np.testing.assert_array_equal(x, X)


def test_tokens_of_any_integer_type():
    case = ZOO["lstm"]
    calculator = GradientCalculator(built("lstm"), target_extractor=LayerExtractor("inner"))
    expected = calculator.explain(case.x).values
    for kind in ("int64", "uint8"):
        assert distance(calculator.explain(case.x.astype(kind)).values, expected) < 1e-6


def test_an_array_of_compute_is_float32():
    samples = GradientCalculator(built("table")).compute(X.astype("float64"), **HOW)
    assert samples.dtype == np.float32 and samples.shape == (2, 5, 6)


def _bounded(x, most=50):
    """The rows, raising when more than `most` batches are taken."""
    left = iter(range(most))

    def take(batch):
        next(left)
        return batch

    return lambda batch: tf.ensure_shape(tf.numpy_function(take, [batch], tf.float32), [None, x.shape[1]])


def test_an_endless_dataset_is_refused_before_it_is_read():
    data = tf.data.Dataset.from_tensor_slices(X).batch(2).repeat().map(_bounded(X))
    with pytest.raises(ValueError, match="Received"):
        explain("table", data)


def test_fractions_are_no_tokens():
    """Nothing is repaired silently: 3.5 is not rounded to a word."""
    case = ZOO["lstm"]
    with pytest.raises((ValueError, TypeError), match="Received"):
        GradientCalculator(built("lstm"), target_extractor=LayerExtractor("inner")).explain(case.x + 0.5)


@pytest.mark.parametrize("number", [1e200, np.nan, -np.inf])
def test_numbers_that_float32_does_not_have_are_refused_without_a_word_of_numpy(number):
    x = X.astype("float64")
    x[1, 2] = number
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=r"Inputs are finite numbers. Received: NaN or Inf in x of example\(s\) 0"):
            GradientCalculator(built("table")).explain(x[1:])
        with pytest.raises(ValueError, match=r"NaN or Inf in x of example\(s\) 1"):
            GradientCalculator(built("table")).explain(tf.data.Dataset.from_tensor_slices(x).batch(2))


@pytest.mark.parametrize("how", [{}, HOW])
def test_a_used_calculator_keeps_no_examples(how):
    used, x, y = GradientCalculator(built("table"), LABEL), X.copy(), Y.copy()
    alive = weakref.ref(x), weakref.ref(y)
    used.explain(x, y, **how)
    del x, y
    gc.collect()
    assert [each() for each in alive] == [None, None]


@pytest.mark.parametrize("spoilt", ["x", "y"])
def test_a_later_call_with_inputs_of_the_same_kind_is_checked(spoilt):
    used, x, y = GradientCalculator(built("table"), LABEL), X.copy(), Y.copy()
    used.explain(x, y)
    if spoilt == "x":
        x[3, 1] = np.nan
    else:
        y[3] = 7
    with pytest.raises(ValueError, match="NaN or Inf in x|label") as info:
        used.explain(x, y)
    assert "3" in str(info.value)
