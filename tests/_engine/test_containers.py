"""Containers that predict takes give the numbers of plain arrays, on functional, Sequential, nested and subclassed models."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L
from three_parts import refused

from kerasal import GradientCalculator, InputExtractor, LayerExtractor, OcclusionCalculator

pandas = pytest.importorskip("pandas")
TEXTS = ["good film really great", "bad film really awful", "good but awful"]
RNG = np.random.default_rng(0)
TABLE = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0], [3.0, 1.0, 0.0]], "float32")


def kernel_of(model):
    """The weights of a linear model of one output: its gradient, by hand."""
    return model.get_weights()[0].ravel()


def linear(*shape, **kwargs):
    return keras.Sequential([keras.Input(shape, **kwargs), L.Flatten(), L.Dense(1)])


def two_columns():
    inputs = {name: keras.Input((1,), name=name) for name in "ba"}
    return keras.Model(inputs, L.Dense(1)(L.Concatenate()([inputs["a"], inputs["b"]])))


def text_model():
    split = L.TextVectorization(max_tokens=20, output_sequence_length=5)
    split.adapt(TEXTS)
    body = [split, L.Embedding(20, 4, name="emb"), L.GlobalAveragePooling1D(), L.Dense(1)]
    return keras.Sequential([keras.Input((), dtype="string"), *body])


STRINGS = {
    "array": np.array,
    "array of objects": lambda texts: np.array(texts, object),
    "array of bytes": lambda texts: np.array([text.encode() for text in texts]),
    "tensor": tf.constant,
    "column": pandas.Series,
    "column of objects": lambda texts: pandas.Series(texts, dtype=object),
    "column of categories": lambda texts: pandas.Series(texts, dtype="category"),
    "data set": lambda texts: tf.data.Dataset.from_tensor_slices(texts).batch(2),
    "column (N, 1)": lambda texts: np.array(texts)[:, None],
    "frame of one column": lambda texts: pandas.DataFrame({"text": texts}),
}


@pytest.mark.parametrize("form", STRINGS)
def test_texts(form):
    calculator = GradientCalculator(text_model(), target_extractor=LayerExtractor("emb"), multiply_target=True)
    expected = calculator.explain(TEXTS).values
    assert expected.shape == (3, 5, 4) and np.abs(expected).max() > 0
    np.testing.assert_allclose(calculator.explain(STRINGS[form](TEXTS)).values, expected, rtol=1e-5)
    with refused("text", "LayerExtractor('emb')"):
        GradientCalculator(calculator.model).explain(STRINGS[form](TEXTS))


@pytest.mark.parametrize("form", ["array of objects", "tensor", "column"])
def test_texts_beside_the_target(form):
    text, numbers = keras.Input((), dtype="string", name="text"), keras.Input((3,), name="numbers")
    split = L.TextVectorization(max_tokens=20, output_mode="multi_hot")
    split.adapt(TEXTS)
    joined = L.Concatenate()([L.Dense(2, use_bias=False, name="words")(split(text)), numbers])
    model = keras.Model([text, numbers], L.Dense(1, name="head")(joined))
    x = [STRINGS[form](TEXTS), TABLE]
    head = model.get_layer("head").get_weights()[0].ravel()
    found = GradientCalculator(model, target_extractor=InputExtractor("numbers")).explain(x, batch_size=2)
    np.testing.assert_allclose(found.values, np.tile(head[2:], (3, 1)), rtol=1e-5)
    occluded = OcclusionCalculator(model, target_extractor=InputExtractor("numbers")).explain(x)
    np.testing.assert_allclose(occluded.values, head[2:] * TABLE, atol=1e-5)


FRAMES = {
    "numbers and booleans": lambda: pandas.DataFrame({"a": TABLE[:, 0], "b": TABLE[:, 1] > 0, "c": TABLE[:, 2]}),
    "integers and booleans": lambda: pandas.DataFrame(
        {"a": TABLE[:, 0] > 2, "b": TABLE[:, 1].astype(int), "c": [2, 0, 0]}
    ),
    "nullable, without gaps": lambda: pandas.DataFrame(
        {
            "a": pandas.array([1, 0, 3], dtype="Int64"),
            "b": pandas.array([False, True, True], dtype="boolean"),
            "c": pandas.array([2.0, 0.0, 0.0], dtype="Float64"),
        }
    ),
    "sparse columns": lambda: pandas.DataFrame(TABLE, columns=list("abc")).astype(pandas.SparseDtype("float32", 0)),
    "columns of one name": lambda: pandas.DataFrame(TABLE > 0, columns=["a", "a", "b"]).astype({"b": "float32"}),
    "dummies": lambda: pandas.get_dummies(pandas.DataFrame({"n": [1.0, 0.0, 3.0], "sex": ["m", "f", "f"]})),
}


@pytest.mark.parametrize("form", FRAMES)
def test_frames(form):
    frame, model = FRAMES[form](), linear(3)
    found = GradientCalculator(model, multiply_target=True).explain(frame)
    np.testing.assert_allclose(found.values, kernel_of(model) * frame.astype("float32").to_numpy(), rtol=1e-5)


COLUMNS = {
    "columns of pandas": lambda table: dict(pandas.DataFrame(table, columns=["a", "b"])),
    "arrays (N,)": lambda table: {"a": table[:, 0], "b": table[:, 1]},
    "tensors (N,)": lambda table: {"b": tf.constant(table[:, 1]), "a": tf.constant(table[:, 0])},
    "arrays (N, 1)": lambda table: {"a": table[:, :1], "b": table[:, 1:]},
    "one key more": lambda table: {"a": table[:, 0], "b": table[:, 1], "id": np.arange(len(table))},
    "data set": lambda table: tf.data.Dataset.from_tensor_slices((COLUMNS["arrays (N,)"](table), np.zeros(3))).batch(2),
}


@pytest.mark.parametrize("form", COLUMNS)
def test_columns_of_one_number(form):
    table, model = TABLE[:, :2], two_columns()
    calculator = GradientCalculator(model, target_extractor=InputExtractor("b"), multiply_target=True)
    found = calculator.explain(COLUMNS[form](table))
    np.testing.assert_allclose(
        found.values, kernel_of(model)[1] * table[:, 1:], rtol=1e-5
    )  # (N, 1), as the model has it


def test_a_last_axis_of_one():
    """(N, H, W) for a model of (H, W, 1), and (N, F, 1) for one of (F,), as predict takes them."""
    images = RNG.random((3, 4, 5)).astype("float32")
    model = linear(4, 5, 1)
    found = GradientCalculator(model, multiply_target=True).explain(images)
    np.testing.assert_allclose(found.values[..., 0], kernel_of(model).reshape(4, 5) * images, rtol=1e-5)
    model = linear(3)
    found = GradientCalculator(model).explain(TABLE[..., None])
    np.testing.assert_allclose(found.values, np.tile(kernel_of(model), (3, 1)), rtol=1e-5)
    with refused("x[None]"):  # one grey image, not four of 5 × 1
        GradientCalculator(keras.Sequential([keras.Input((None, None, 1)), L.GlobalMaxPooling2D()])).explain(
            images[0][..., None]
        )


@pytest.mark.parametrize("sparse", [True, False])
def test_sparse_tables(sparse):
    scipy_sparse = pytest.importorskip("scipy.sparse")
    model = keras.Sequential([keras.Input((3,), sparse=sparse), L.Dense(1)])
    for x in (tf.sparse.from_dense(TABLE), scipy_sparse.csr_matrix(TABLE), scipy_sparse.coo_matrix(TABLE)):
        found = GradientCalculator(model, multiply_target=True).explain(x)
        np.testing.assert_allclose(found.values, kernel_of(model) * TABLE, rtol=1e-5)


def test_a_list_of_examples():
    images = RNG.integers(0, 256, (3, 4, 5, 2)).astype("uint8")
    model = linear(4, 5, 2)
    expected = GradientCalculator(model, multiply_target=True).explain(images).values
    for x in (list(images), tuple(images.astype("float32")), [tf.constant(image) for image in images], [images]):
        np.testing.assert_allclose(GradientCalculator(model, multiply_target=True).explain(x).values, expected)
    found = GradientCalculator(model, multiply_target=True).explain([images[0]])
    np.testing.assert_allclose(found.values, expected[:1])
    rows = [[np.float32(1), np.float64(0), 2], [0, 1, np.int8(0)], [True, 1, 0]]  # NumPy's numbers are no arrays
    assert GradientCalculator(linear(3)).explain(rows).shape == (3, 3)


def test_pictures():
    image = pytest.importorskip("PIL.Image")
    pixels = RNG.integers(0, 256, (3, 4, 5, 3)).astype("uint8")
    model = linear(4, 5, 3)
    expected = GradientCalculator(model, multiply_target=True).explain(pixels).values
    found = GradientCalculator(model, multiply_target=True).explain([image.fromarray(each) for each in pixels])
    np.testing.assert_allclose(found.values, expected)


def test_a_list_for_a_model_of_a_dict():
    """Keras takes the parts of a list in the order of the sorted keys."""
    inputs = {name: keras.Input((1,), name=name) for name in "ab"}
    model = keras.Model(inputs, L.Dense(1)(L.Concatenate()([inputs["b"], inputs["a"]])))
    found = GradientCalculator(model, target_extractor=InputExtractor("b")).explain([TABLE[:, 0], TABLE[:, 1]])
    np.testing.assert_allclose(found.values, np.full((3, 1), kernel_of(model)[0]), rtol=1e-5)


def order_told(x):
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        GradientCalculator(linear(3)).explain(x)
    return any("order" in str(each.message) for each in heard)


def test_the_order_of_a_data_set():
    data = tf.data.Dataset.from_tensor_slices(TABLE)
    assert order_told(data.shuffle(3).batch(2).prefetch(1))
    assert order_told(data.batch(1).shuffle(3, seed=1))
    assert order_told(tf.data.Dataset.range(2).interleave(lambda _: data.shuffle(3)).batch(2))
    assert order_told(data.map(lambda row: row + tf.random.normal([])).batch(2))
    assert order_told(data.map(lambda row: row, num_parallel_calls=2, deterministic=False).batch(2))
    kept = data.shuffle(3, reshuffle_each_iteration=False).batch(2)
    cached = data.shuffle(3).cache().batch(2)
    for x in (TABLE, data.batch(2), data.map(lambda row: 2 * row).batch(2).prefetch(1), kept, cached):
        assert not order_told(x)
    for x in (kept, cached):  # what the warning advises keeps the order
        assert all(np.array_equal(one, other) for one, other in zip(x, x, strict=True))


class Rows(getattr(keras.utils, "PyDataset", keras.utils.Sequence)):
    """A row a batch."""

    def __init__(self, *, shuffle):
        super().__init__()
        self.shuffle = shuffle

    def __len__(self):
        return 3

    def __getitem__(self, n):
        return TABLE[n : n + 1]


def test_the_order_of_a_sequence():
    assert order_told(Rows(shuffle=True)) and not order_told(Rows(shuffle=False))


def test_a_data_set_is_read_once():
    """Like predict: what a generator has left is not begun again."""
    rows = iter(TABLE[:, None])
    data = tf.data.Dataset.from_generator(lambda: rows, output_signature=tf.TensorSpec([None, 3]))
    model = linear(3)
    found = GradientCalculator(model, multiply_target=True).explain(data)
    np.testing.assert_allclose(found.values, kernel_of(model) * TABLE, rtol=1e-5)


IDS = [[1, 2, 3], [4, 5, 6], [7], [8, 1, 2, 3, 4]]


def embedded(mask):
    body = [
        L.Embedding(10, 4, mask_zero=mask, name="emb"),
        L.LSTM(4) if mask else L.GlobalAveragePooling1D(),
        L.Dense(1),
    ]
    return keras.Sequential([keras.Input((None,), dtype="int32"), *body])


def one_by_one(calculator, **kwargs):
    """Maps of the texts alone, padded with 0 to the longest."""
    alone = [calculator.explain(np.array([ids]), **kwargs).values[0] for ids in IDS]
    return np.stack([np.pad(each, [(0, 5 - len(each)), (0, 0)]) for each in alone])


def test_ragged_texts_are_explained_at_their_own_length():
    calculator = GradientCalculator(embedded(mask=False), target_extractor=LayerExtractor("emb"), multiply_target=True)
    ragged = tf.ragged.constant(IDS)
    for x in (ragged, tf.data.Dataset.from_tensor_slices(ragged).ragged_batch(3)):
        np.testing.assert_allclose(calculator.explain(x).values, one_by_one(calculator), rtol=1e-5, atol=1e-7)


def test_batches_of_several_widths():
    calculator = GradientCalculator(embedded(mask=True), target_extractor=LayerExtractor("emb"))
    data = tf.data.Dataset.from_generator(lambda: iter(IDS), output_signature=tf.TensorSpec([None], tf.int32))
    found = calculator.explain(data.padded_batch(2))
    np.testing.assert_allclose(found.values, one_by_one(calculator), rtol=1e-4, atol=1e-7)
    reduced = calculator.explain(data.padded_batch(2), ch_axis=-1, method=["raw", "abs"])
    np.testing.assert_allclose(reduced[0].values, found.values.sum(-1), rtol=1e-4, atol=1e-7)
    assert reduced[1].shape == (4, 5) and len(found.scores) == 4


def test_noise_on_batches_of_several_widths():
    """The noise of an example, and its error bars, are those that it has alone."""
    from kerasal import GaussianNoiseSampler

    calculator = GradientCalculator(embedded(mask=True), target_extractor=LayerExtractor("emb"))
    how = {"M": 3, "noise_sampler": GaussianNoiseSampler(), "method": "abs"}
    data = tf.data.Dataset.from_generator(lambda: iter(IDS), output_signature=tf.TensorSpec([None], tf.int32))
    found = calculator.explain(data.padded_batch(1), **how)
    last = calculator.explain(np.array(IDS[3:]), first_example=3, **how)
    np.testing.assert_allclose(found.values[3], last.values[0], rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(found.std[3], last.std[0], rtol=1e-4, atol=1e-7)
    assert not found.values[2, 1:].any() and not found.std[2, 1:].any()
    samples = calculator.compute(data.padded_batch(1), M=3, noise_sampler=GaussianNoiseSampler())
    assert samples.shape == (3, 4, 5, 4)


def test_images_of_several_sizes():
    model = keras.Sequential(
        [keras.Input((None, None, 1)), L.Conv2D(2, 3, activation="relu"), L.GlobalAveragePooling2D(), L.Dense(2)]
    )
    images = [RNG.random((1, *size, 1)).astype("float32") for size in ((5, 7), (6, 4))]
    data = tf.data.Dataset.from_generator(lambda: iter(images), output_signature=tf.TensorSpec([None, None, None, 1]))
    found = GradientCalculator(model, 1).explain(data).values
    assert found.shape == (2, 6, 7, 1)
    for n, image in enumerate(images):
        alone = GradientCalculator(model, 1).explain(image).values[0]
        np.testing.assert_allclose(found[n, : alone.shape[0], : alone.shape[1]], alone, rtol=1e-5)
