"""Every refusal of x says what to do, and doing it gives maps."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as L
from three_parts import refused

from kerasal import FullGradientCalculator, GradientCalculator, IntegratedGradientsCalculator, LayerExtractor
from kerasal.activation_maximization import ActivationMaximizer

pandas = pytest.importorskip("pandas")
RNG = np.random.default_rng(0)
TABLE = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0], [3.0, 1.0, 0.0]], "float32")
FRAME = pandas.DataFrame(TABLE, columns=list("abc"))
IMAGES = RNG.random((3, 4, 4, 3)).astype("float32")
IDS = RNG.integers(1, 9, (3, 5))
RAGGED = [[1, 2, 3], [4]]
KERAS_2 = keras.__version__.startswith("2.")


def table():
    return keras.Sequential([keras.Input((3,)), L.Dense(2)])


def image():
    return keras.Sequential([keras.Input((4, 4, 3)), L.Conv2D(2, 3, activation="relu"), L.Flatten(), L.Dense(2)])


def grey():
    return keras.Sequential([keras.Input((4, 4, 1)), L.Flatten(), L.Dense(2)])


def words():
    body = [L.Embedding(10, 4, name="emb"), L.GlobalAveragePooling1D(), L.Dense(2)]
    return keras.Sequential([keras.Input((None,), dtype="int32"), *body])


def columns():
    inputs = {name: keras.Input((1,), name=name) for name in "ab"}
    return keras.Model(inputs, L.Dense(2)(L.Concatenate()([inputs["a"], inputs["b"]])))


def two():
    parts = [keras.Input((3,)), keras.Input((3,))]
    return keras.Model(parts, L.Dense(2)(L.Concatenate()(parts)))


EMB = LayerExtractor("emb")
MADE = {"a": np.ones(3), "b": np.zeros(3)}

SITUATIONS = {  # model, target, x, words of the refusal (what it says to do among them), x after doing it
    "a generator": (table, None, (row for row in [TABLE]), ["generator", "np.concatenate"], np.concatenate([TABLE])),
    "a loader": (table, None, {"batch": TABLE}.values(), ["dict_values", "list(x)"], list({"batch": TABLE}.values())),
    "a single text": (words, EMB, "abc", ["text", "[x]"], None),
    "masked numbers": (table, None, np.ma.masked_greater(TABLE, 2), ["masked", ".filled(0)"], np.ma.filled(TABLE, 0)),
    "complex numbers": (table, None, TABLE.astype(complex), ["complex128", "x.real"], TABLE.astype(complex).real),
    "records": (
        table,
        None,
        FRAME.to_records(index=False),
        ["np.stack([x[field] for field in x.dtype.names], -1)"],
        np.stack([FRAME.to_records(index=False)[field] for field in "abc"], -1),
    ),
    "times": (
        table,
        None,
        np.full((2, 3), "2020-01-02", "datetime64[s]"),
        ["datetime64", "np.timedelta64(1, 's')"],
        (np.full((2, 3), "2020-01-02", "datetime64[s]") - np.datetime64("2020-01-01", "s")) / np.timedelta64(1, "s"),
    ),
    "numbers as objects": (table, None, TABLE.astype(object), ["objects", "x.astype('float32')"], TABLE),
    "arrays as objects": (
        table,
        None,
        np.array([*map(list, TABLE), None], object)[:3],
        ["objects", "np.stack(list(x))"],
        np.stack(list(TABLE)),
    ),
    "rows as dicts": (
        columns,
        None,
        [{"a": 1.0, "b": 0.0}] * 3,
        ["list of 3 dicts", "for key in x[0]"],
        {key: np.array([row[key] for row in [{"a": 1.0, "b": 0.0}] * 3]) for key in "ab"},
    ),
    "gaps": (
        table,
        None,
        FRAME.assign(b=[1.0, None, 2.0]),
        ["'b'", "x.fillna(0)"],
        FRAME.assign(b=[1.0, None, 2.0]).fillna(0),
    ),
    "nullable gaps": (
        table,
        None,
        FRAME.assign(b=pandas.array([1, None, 2], dtype="Int64")),
        ["'b'", "x.dropna()"],
        FRAME.assign(b=pandas.array([1, None, 2], dtype="Int64")).dropna(),
    ),
    "categories": (
        table,
        None,
        FRAME[["a", "b"]].assign(kind=pandas.Categorical(["u", "u", "u"])),
        ["'kind' (category)", "pd.get_dummies(x, columns=['kind'])"],
        pandas.get_dummies(FRAME[["a", "b"]].assign(kind=pandas.Categorical(["u", "u", "u"])), columns=["kind"]),
    ),
    "texts in a frame": (
        table,
        None,
        FRAME[["a", "b"]].assign(kind=["u", "u", "u"]),
        ["'kind'", "pd.get_dummies(x, columns=['kind'])"],
        pandas.get_dummies(FRAME[["a", "b"]].assign(kind=["u", "u", "u"]), columns=["kind"]),
    ),
    "a column of times": (
        table,
        None,
        FRAME.assign(c=pandas.to_datetime(["2020", "2021", "2022"])),
        ["'c' (datetime64", "dt.total_seconds()"],
        FRAME.assign(
            c=(
                pandas.to_datetime(pandas.Series(["2020", "2021", "2022"])) - pandas.Timestamp("2020")
            ).dt.total_seconds()
        ),
    ),
    "a column of objects": (
        table,
        None,
        FRAME.astype({"c": object}),
        ["'c' (object)", "x.astype({'c': 'float32'})"],
        FRAME.astype({"c": object}).astype({"c": "float32"}),
    ),
    "a frame for columns": (columns, None, FRAME[["a", "b"]], ["dict(x)"], dict(FRAME[["a", "b"]])),
    "an input missing": (columns, None, {"a": np.ones(3)}, ["'b' missing", "{'a': …, 'b': …}"], MADE),
    "another key": (columns, None, {"a": np.ones(3), "c": np.ones(3)}, ["'b' missing", "'c'"], MADE),
    "one part for two inputs": (
        two,
        None,
        [TABLE],
        ["x[0], x[1]", "1 part", "a list with an array for each"],
        [TABLE, TABLE],
    ),
    "lists of several lengths": (
        words,
        EMB,
        RAGGED,
        ["unequal lengths (1 to 3)", "tf.ragged.constant(x)"],
        tf.ragged.constant(RAGGED),
    ),
    "lists to be padded": (
        words,
        EMB,
        RAGGED,
        ["keras.utils.pad_sequences(x, padding='post')"],
        keras.utils.pad_sequences(RAGGED, padding="post"),
    ),
    "images of several sizes": (image, None, [IMAGES[0], IMAGES[0, :3]], ["x[0][None]", "np.stack"], IMAGES[0][None]),
    "one image": (image, None, IMAGES[0], ["x[None]"], IMAGES[0][None]),
    "one text": (words, EMB, IDS[0], ["x[None]"], IDS[0][None]),
    "grey for colour": (
        image,
        None,
        IMAGES[..., :1],
        ["np.repeat(x, 3, axis=-1)"],
        np.repeat(IMAGES[..., :1], 3, axis=-1),
    ),
    "grey without channels": (
        image,
        None,
        IMAGES[..., 0],
        ["np.repeat(x[..., None], 3, axis=-1)"],
        np.repeat(IMAGES[..., 0][..., None], 3, axis=-1),
    ),
    "colour for grey": (grey, None, IMAGES, ["tf.image.rgb_to_grayscale(x)"], tf.image.rgb_to_grayscale(IMAGES)),
    "RGBA": (image, None, np.concatenate([IMAGES, IMAGES[..., :1]], -1), ["x[..., :3]"], IMAGES),
    "channels first": (image, None, np.moveaxis(IMAGES, -1, 1), ["np.moveaxis(x, 1, -1)"], IMAGES),
    "another size": (
        image,
        None,
        np.ones((2, 8, 8, 3)),
        ["tf.image.resize(x, (4, 4))"],
        tf.image.resize(np.ones((2, 8, 8, 3)), (4, 4)),
    ),
    "other columns": (table, None, TABLE[:, :2], ["3 columns"], TABLE),
    "a data set of examples": (
        table,
        None,
        tf.data.Dataset.from_tensor_slices(TABLE),
        ["x.batch(32)"],
        tf.data.Dataset.from_tensor_slices(TABLE).batch(32),
    ),
    "a data set without end": (
        table,
        None,
        tf.data.Dataset.from_tensor_slices(TABLE).batch(2).repeat(),
        ["x.take(number)"],
        tf.data.Dataset.from_tensor_slices(TABLE).batch(2).repeat().take(2),
    ),
    "an end nobody knows": (
        table,
        None,
        tf.data.Dataset.from_tensor_slices(TABLE).batch(2).repeat().filter(lambda _: True),
        ["x.take(number)"],
        tf.data.Dataset.from_tensor_slices(TABLE).batch(2).repeat().filter(lambda _: True).take(2),
    ),
    "NaN": (
        table,
        None,
        np.where(TABLE > 2, np.nan, TABLE),
        ["example(s) 2", "np.nan_to_num"],
        np.nan_to_num(np.where(TABLE > 2, np.nan, TABLE)),
    ),
    "fractions of ids": (words, EMB, IDS + 0.5, ["fractions", "Round"], np.round(IDS + 0.5)),
    "texts for numbers": (
        table,
        None,
        [["1", "2", "3"]],
        ["numbers as x", "texts"],
        np.array([["1", "2", "3"]]).astype("float32"),
    ),
}


@pytest.mark.parametrize("what", SITUATIONS)
def test_of_data(what):
    make, target, x, words_of_it, mended = SITUATIONS[what]
    calculator = GradientCalculator(make(), 0, target)
    with refused(*words_of_it):
        calculator.explain(x)
    if mended is not None:
        assert calculator.explain(mended).values.size


class Subclassed(keras.Model):
    """An embedding or a picture's numbers in a model whose inputs nobody knows."""

    def __init__(self, first):
        super().__init__()
        self.first, self.head = first, L.Dense(2)

    def call(self, x):
        x = self.first(x)
        return self.head(tf.reduce_mean(x, list(range(1, len(x.shape) - 1))))


def embedding():
    return L.Embedding(10, 4, name="emb")


def sequential(first, *rest, shape, dtype=None):
    return keras.Sequential([keras.Input(shape, dtype=dtype), first, *rest, L.Flatten(), L.Dense(2)])


def nested():
    inner = sequential(embedding(), L.LSTM(3), shape=(5,), dtype="int32")
    inputs = keras.Input((5,), dtype="int32")
    return keras.Model(inputs, L.Dense(2)(inner(inputs)))


def two_embeddings():
    inputs = keras.Input((5,), dtype="int32")
    added = L.Add()([embedding()(inputs), L.Embedding(10, 4, name="other")(inputs)])
    return keras.Model(inputs, L.Dense(2)(L.GlobalAveragePooling1D()(added)))


def one_for_two():
    inputs, shared = [keras.Input((5,), dtype="int32") for _ in range(2)], embedding()
    pooled = [L.GlobalAveragePooling1D()(shared(each)) for each in inputs]
    return keras.Model(inputs, L.Dense(2)(L.Concatenate()(pooled)))


def by_time():
    inner = sequential(embedding(), shape=(5,), dtype="int32")
    inputs = keras.Input((3, 5), dtype="int32")
    return keras.Model(inputs, L.Dense(2)(L.Flatten()(L.TimeDistributed(inner, name="steps")(inputs))))


def cast_between_layers():
    inputs = keras.Input((4, 4, 3), dtype="uint8")
    numbers = tf.cast(inputs, "float32") if KERAS_2 else keras.ops.cast(inputs, "float32")
    return keras.Model(inputs, L.Dense(2)(L.Flatten()(L.Conv2D(2, 3, name="conv")(numbers / 255))))


def subclassed(first, x):
    model = Subclassed(first)
    model(x)
    return model


PIXELS = RNG.integers(0, 256, (3, 4, 4, 3)).astype("uint8")
LOOKUP = {"vocabulary": ["u", "v"], "output_mode": "one_hot"}
NO_GRADIENT = {  # model, x, the layer that the refusal names (None: which one differs between the stacks)
    "ids": (lambda: sequential(embedding(), shape=(5,), dtype="int32"), IDS, "emb"),
    "ids in a recurrent network": (lambda: sequential(embedding(), L.LSTM(3), shape=(5,), dtype="int64"), IDS, "emb"),
    "ids in floats": (lambda: sequential(embedding(), shape=(5,)), IDS.astype("float32"), "emb"),
    "ids in floats, nested": (nested, IDS.astype("float64"), "emb"),
    "ids in a subclassed model": (lambda: subclassed(embedding(), IDS), IDS, "emb"),
    "ids in floats in a subclassed model": (lambda: subclassed(embedding(), IDS), IDS.astype("float32"), "emb"),
    "two embeddings": (two_embeddings, IDS, "emb"),
    "one embedding for two inputs": (one_for_two, [IDS, IDS], "emb"),
    "an embedding by time steps": (by_time, RNG.integers(1, 9, (2, 3, 5)), "steps"),
    "counts of categories": (
        lambda: sequential(L.CategoryEncoding(10, name="counts"), shape=(5,), dtype="int32"),
        IDS,
        "counts",
    ),
    "pixels": (lambda: sequential(L.Rescaling(1 / 255, name="scale"), shape=(4, 4, 3), dtype="uint8"), PIXELS, "scale"),
    "pixels as floats": (
        lambda: sequential(L.Rescaling(1 / 255, name="scale"), shape=(4, 4, 3), dtype="uint8"),
        PIXELS.astype("float32"),
        "scale",
    ),
    "pixels in a subclassed model": (lambda: subclassed(L.Rescaling(1 / 255, name="scale"), PIXELS), PIXELS, "scale"),
    "pixels that no layer makes real": (cast_between_layers, PIXELS, None),
    "categories of text": (
        lambda: sequential(L.StringLookup(**LOOKUP), shape=(1,), dtype="string"),
        np.array(["u", "v"]),
        None,
    ),
    "rounded numbers": (lambda: sequential(L.Lambda(tf.round, name="round"), shape=(3,)), TABLE, "round"),
    "bins": (lambda: sequential(L.Discretization([0.0, 1.0]), embedding(), shape=(3,)), TABLE, "emb"),
    "integers into Dense": (
        lambda: sequential(L.Dense(2, name="first"), shape=(3,), dtype="int32"),
        TABLE.astype(int),
        "first",
    ),
}


@pytest.mark.parametrize("what", NO_GRADIENT)
def test_of_targets_without_a_gradient(what):
    """The layer is found in the traced graph, and is a target for every method."""
    make, x, layer = NO_GRADIENT[what]
    model = make()
    advised = _advised(GradientCalculator, model, x)
    assert layer is None or advised.layer == layer
    found = GradientCalculator(model, 0, advised).explain(x)
    assert len(found) == len(tf.nest.flatten(x)[0]) and np.abs(found.values).max() > 0


@pytest.mark.parametrize("what", ["ids in floats", "ids in a subclassed model", "pixels"])
def test_of_targets_without_a_gradient_for_other_methods(what):
    make, x, layer = NO_GRADIENT[what]
    model = make()
    advised = _advised(IntegratedGradientsCalculator, model, x)
    assert advised.layer == layer and advised == _advised(FullGradientCalculator, model, x)
    assert np.abs(IntegratedGradientsCalculator(model, 0, advised).explain(x).values).max() > 0


def _advised(kind, model, x):
    """The target that the refusal names."""
    with pytest.raises(ValueError, match="Received") as told:
        kind(model, 0).explain(x)
    _, found, rest = str(told.value).partition("target_extractor=LayerExtractor(")
    assert found, told.value
    return eval(f"LayerExtractor({rest.partition(')')[0]})")


@pytest.mark.parametrize("timing", ["post", "pre"])
def test_a_layer_of_integers(timing):
    """A target that gives integers or texts: the layer behind it is named."""
    split = L.TextVectorization(vocabulary=["good", "bad"], output_sequence_length=3, name="split")
    model = keras.Sequential([keras.Input((), dtype="string"), split, embedding(), L.Flatten(), L.Dense(2)])
    texts = ["good film", "bad film"]
    with refused("LayerExtractor('split'", "target_extractor=LayerExtractor('emb')"):
        GradientCalculator(model, 0, LayerExtractor("split", timing=timing)).explain(texts)
    assert GradientCalculator(model, 0, EMB).explain(texts).shape == (2, 3, 4)


def test_an_optimised_image_has_the_same_advice():
    model = sequential(embedding(), shape=(5,))
    with refused("LayerExtractor('emb')"):
        ActivationMaximizer(model, 0, input_range=(0, 9), steps=1).maximize(IDS.astype("float32"))


def test_several_targets_have_the_same_advice():
    from kerasal import InputExtractor

    with refused("LayerExtractor('emb', call=1)"):
        GradientCalculator(one_for_two(), 0, [InputExtractor(1), LayerExtractor("emb", call=0)]).explain([IDS, IDS])
    targets = [LayerExtractor("emb", call=1), LayerExtractor("emb", call=0)]
    assert len(GradientCalculator(one_for_two(), 0, targets).explain([IDS, IDS])) == 2


class Four(keras.Model):
    """A model that computes four rows at a time."""

    def __init__(self, rows):
        super().__init__()
        self.rows, self.head = rows, L.Dense(2)

    def call(self, x):
        return self.head(tf.reshape(x, (self.rows, 6)))


@pytest.mark.parametrize("kind", [GradientCalculator, IntegratedGradientsCalculator])
def test_a_fixed_number_of_rows(kind):
    x = RNG.normal(size=(8, 6)).astype("float32")
    fixed, free = Four(4), Four(-1)
    fixed(x[:4]), free(x[:4])
    free.set_weights(fixed.get_weights())
    for given, how in ((x, {}), (x[:6], {"batch_size": 4}), (x, {"batch_size": 8})):
        with refused("4", "-1 for the rows", "batch_size=4"):
            kind(fixed, 0).explain(given, **how)
    expected = kind(free, 0).explain(x).values
    np.testing.assert_allclose(kind(fixed, 0).explain(x, batch_size=4).values, expected, rtol=1e-5)
    any_rows = keras.Sequential([keras.Input((6,), batch_size=4), L.Dense(2)])
    assert kind(any_rows, 0).explain(x[:3]).shape == (3, 6)  # an Input says four, and nothing in the model needs them


class Task(keras.Model):
    """A model with a preprocessor, like the tasks of KerasHub."""

    def __init__(self):
        inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in ("token_ids", "padding_mask")}
        mask = L.Lambda(lambda each: tf.cast(each, "float32")[..., None])(inputs["padding_mask"])
        pooled = L.GlobalAveragePooling1D()(L.Multiply()([embedding()(inputs["token_ids"]), mask]))
        super().__init__(inputs, L.Dense(2)(pooled))
        self.preprocessor = None


def test_texts_for_a_task_with_a_preprocessor():
    task = Task()
    task.preprocessor = lambda texts: {
        "token_ids": np.array([[len(word) for word in text.split()] for text in texts]),
        "padding_mask": np.ones((len(texts), 2), "int32"),
    }
    texts = ["good film", "bad film"]
    calculator = GradientCalculator(task, 0, EMB)
    for x in (texts, np.array(texts, object), tf.data.Dataset.from_tensor_slices(texts).batch(2)):
        with refused("token_ids", "x = model.preprocessor(texts)"):
            calculator.explain(x)
    assert calculator.explain(task.preprocessor(texts)).shape == (2, 2, 4)
