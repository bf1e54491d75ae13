"""Laws of the points that are looked at: what is masked stays, several targets move together, gaps are told."""

import contextlib
import functools
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from by_hand import distance
from closed_forms import summed
from keras import layers as L
from three_parts import refused
from zoo import ZOO, built, normal, randomised

from kerasal import (
    Background,
    GaussianNoiseSampler,
    GradientCalculator,
    InputExtractor,
    IntegratedGradientsCalculator,
    LayerExtractor,
    OcclusionCalculator,
    Recipe,
    UniformNoiseSampler,
)


@contextlib.contextmanager
def heard(*words, count=1):
    """So many warnings, each with all words."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", "The map of M=")
        yield
    texts = [str(each.message) for each in told if each.category is UserWarning]
    assert len(texts) == count and all(word in text for text in texts for word in words), texts


# A mask of the noise with one row per example


LENGTHS = np.array([4, 7, 4, 1, 6])
REAL = (np.arange(7) < LENGTHS[:, None])[..., None]  # (5, 7, 1)


@pytest.mark.parametrize("kind, mode", [(GaussianNoiseSampler, "relative"), (UniformNoiseSampler, "absolute")])
def test_a_mask_of_each_example_is_that_example_alone(kind, mode):
    """In every batch, also where its points are drawn until they are enough, and from a data set."""
    model, x = summed(shape=(7, 3), power=3), normal(7, 3)
    calculator, how = GradientCalculator(model), {"M": 4, "method": "abs", "seed": 2}
    whole = calculator.explain(x, noise_sampler=kind(mode, scale=0.2, mask=REAL), **how)
    for rows in (1, 2, 64):
        again = calculator.explain(x, noise_sampler=kind(mode, scale=0.2, mask=REAL), batch_size=rows, **how)
        assert distance(again.values, whole.values) < 1e-6
    data = tf.data.Dataset.from_tensor_slices(x).batch(2)
    found = calculator.explain(data, noise_sampler=kind(mode, scale=0.2, mask=REAL), **how)
    assert distance(found.values, whole.values) < 1e-6
    for n in (0, 1, 3):  # each is another program
        alone = kind(mode, scale=0.2, mask=REAL[n])
        wanted = GradientCalculator(model).explain(x[n : n + 1], noise_sampler=alone, first_example=n, **how)
        np.testing.assert_allclose(whole.values[n], wanted.values[0], rtol=1e-5)
    plain = calculator.explain(x, method="abs").values
    np.testing.assert_allclose((whole.values / plain)[~REAL[..., 0]], 1, rtol=1e-5)


def test_a_mask_of_each_example_leaves_with_it():
    calculator, x = GradientCalculator(summed(shape=(7, 3), power=2)), normal(7, 3)
    sampler = GaussianNoiseSampler(mode="absolute", scale=0.3, mask=REAL)
    found = calculator.explain(x, noise_sampler=sampler, target_error=0.04, batch_size=20)
    for n in range(5):
        alone = GaussianNoiseSampler(mode="absolute", scale=0.3, mask=REAL[n])
        M = int(found[n].M)
        wanted = calculator.explain(x[n : n + 1], noise_sampler=alone, first_example=n, M=M).values[0]
        np.testing.assert_allclose(found.values[n], wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(5,), (5, 7), (4, 7, 1), (5, 6, 1), (5, 7, 2), (1, 5, 7, 3)])
def test_a_mask_that_fits_no_example_is_refused(shape):
    sampler = GaussianNoiseSampler(mask=np.ones(shape, bool))
    with refused("mask", "Received"):
        GradientCalculator(summed(shape=(7, 3))).explain(normal(7, 3), noise_sampler=sampler)


def test_a_mask_of_a_function_that_does_not_fit_is_refused():
    sampler = GaussianNoiseSampler(mask=lambda target: target[:, :2] > 0)
    with refused("mask", "(None, 2, 3)"):
        GradientCalculator(summed(shape=(7, 3))).explain(normal(7, 3), noise_sampler=sampler)


# Completeness


def cube():
    return summed(shape=(4, 3), power=3)


def test_a_gap_above_a_fifth_is_told_and_the_ways_out_work():
    """x³ with one node in the middle gives 3/4 of it: a quarter is missing."""
    x = np.abs(normal(4, 3))
    x[2] = 0  # nothing to explain, and no gap
    with heard("add up", "steps (now 1)", "completeness_tolerance", "example(s) 0, 1, 3, 4:", "0.25"):
        found = IntegratedGradientsCalculator(cube(), steps=1).explain(x)
    np.testing.assert_allclose(found.relative_gap, [0.25, 0.25, 0, 0.25, 0.25], atol=1e-4)
    for settings in ({"steps": 2}, {"completeness_tolerance": 0.05}):
        with heard(count=0):
            IntegratedGradientsCalculator(cube(), **settings).explain(x)


def test_a_gap_of_hardly_any_difference_says_so():
    """sin(2πx) + 100 from 0 to nearly 1: what should be missing is small, and the gap large beside that alone."""
    table = keras.Input((1,))
    model = keras.Model(table, L.Lambda(lambda x: 100 + tf.sin(2 * np.pi * x))(table))
    with heard("hardly differs", "completeness_gap"):
        IntegratedGradientsCalculator(model, steps=3, quadrature="linspace").explain(np.array([[0.98]]))


@pytest.mark.parametrize("how", [{}, {"M": 3, "noise_sampler": GaussianNoiseSampler(scale=0.01)}])
def test_a_gap_is_told_of_classes_and_samples_too(how):
    table = keras.Input((4,))
    model = randomised(keras.Model(table, L.Dense(3)(L.Lambda(lambda x: x**3)(table))))
    with heard("example(s) 0, 1, 2, 3, 4:", "relative gap"):
        IntegratedGradientsCalculator(model, "all", steps=1).explain(normal(4), **how)


# Several targets are one

A, B = InputExtractor("a"), InputExtractor("b")


def product(shape=(4,)):
    """f = Σ a b: the gradient of each is the other, with its noise."""
    a, b = keras.Input(shape, name="a"), keras.Input(shape, name="b")
    return keras.Model([a, b], L.Lambda(lambda c: tf.reduce_sum(c, 1, keepdims=True))(L.Multiply()([a, b])))


PAIR = [normal(4), 10 * normal(4, seed=1)]


@functools.cache
def of_product(*targets):
    """The gradients of both, one calculator for all tests."""
    return GradientCalculator(product(), target_extractor=list(targets))


def noise_of(targets, sampler, **how):
    """{target: its noise (M, N, 4)}, seen in the gradient of the other."""
    samples = of_product(*targets).compute(PAIR, noise_sampler=sampler, **how)
    by = dict(zip(targets, samples, strict=True))
    return {A: by[B] - PAIR[0], B: by[A] - PAIR[1]}


def test_noise_moves_all_targets_each_by_its_own_range():
    M = 400
    found = noise_of([A, B], GaussianNoiseSampler(scale=0.1), M=M)
    for target, x in zip((A, B), PAIR, strict=True):
        wanted = 0.1 * np.ptp(x, 1, keepdims=True)
        np.testing.assert_allclose(found[target].std((0, 2)), wanted[:, 0], rtol=0.1)
    a, b = (found[target].reshape(M, -1) for target in (A, B))
    assert np.abs(np.corrcoef(a.T, b.T)[:20, 20:]).max() < 5 / np.sqrt(M)  # independent
    squares = summed(shape=(4,), power=2)
    alone = GradientCalculator(squares).compute(PAIR[0], M=M, noise_sampler=GaussianNoiseSampler(scale=0.1))
    np.testing.assert_allclose(found[A], alone / 2 - PAIR[0], atol=1e-5)  # the first is drawn as if alone


def test_noise_of_several_is_a_function_of_seed_sample_and_example():
    sampler = GaussianNoiseSampler(scale=0.1)
    found = noise_of([A, B], sampler, M=5, seed=3)
    for how in ({"batch_size": 1}, {"batch_size": 7}):
        again = noise_of([B, A], sampler, M=5, seed=3, **how)
        assert all(np.allclose(found[target], again[target], atol=1e-5) for target in (A, B))
    calculator = of_product(B, A)
    part = calculator.compute([x[2:4] for x in PAIR], M=5, seed=3, noise_sampler=sampler, first_example=2)
    np.testing.assert_allclose(part[0] - PAIR[0][2:4], found[A][:, 2:4], atol=1e-5)
    in_order = of_product(A, B).explain(PAIR, M=5, noise_sampler=sampler)
    turned = calculator.explain(PAIR, M=5, noise_sampler=sampler)
    for one, other in zip(in_order, turned[::-1], strict=True):
        np.testing.assert_array_equal(one.values, other.values)


def test_each_target_may_have_its_own_sampler():
    samplers = [GaussianNoiseSampler(mode="absolute", scale=[0, 1, 2, 3], clip=(-2, 2)), None]
    found = noise_of([A, B], samplers, M=60)
    assert not found[B].any() and not found[A][..., 0].any() and found[A][..., 1:].any()
    assert np.abs(found[A] + PAIR[0])[..., 1:].max() <= 2 + 1e-5
    real = np.arange(4) < np.array([1, 4, 2, 3, 4])[:, None]
    found = noise_of(
        [B, A], [UniformNoiseSampler(mode="absolute", mask=real), GaussianNoiseSampler()], M=3, batch_size=4
    )
    assert np.all((found[B] != 0).any(0) == real) and np.all(found[A] != 0)
    with refused("one for each target"):
        noise_of([A, B], [GaussianNoiseSampler()], M=3)
    with refused("stratified"):
        noise_of([A, B], [GaussianNoiseSampler(stratified=True), GaussianNoiseSampler()], M=3)


@pytest.mark.parametrize("settings", [{}, {"completeness_tolerance": 0.01}, {"score": "all"}])
@pytest.mark.parametrize("name", ["two inputs", "dict inputs", "dict with tokens"])
def test_the_parts_of_a_joint_path_add_up(name, settings):
    """To the difference of the model's own outputs, with one gap for all, whatever the batch."""
    case, model = ZOO[name], built(name)
    others = {"two inputs": InputExtractor(1), "dict inputs": InputExtractor("table")}
    targets = [others.get(name, LayerExtractor("embed")), InputExtractor("image")]
    settings = {"score": 1, **settings}
    found = IntegratedGradientsCalculator(model, target_extractor=targets, **settings).explain(case.x)
    total = sum(part.values.reshape(*part.scores.shape, -1).sum(-1) for part in found)
    zero = tf.nest.map_structure(np.zeros_like, case.x)
    if name == "dict with tokens":
        weights = model.get_layer("embed").get_weights()
        model.get_layer("embed").set_weights([0 * weights[0]])
        at_zero = case.logits(model, zero)
        model.get_layer("embed").set_weights(weights)
    else:
        at_zero = case.logits(model, zero)
    owed = np.asarray(case.logits(model, case.x) - at_zero)
    owed = owed if settings["score"] == "all" else owed[:, 1]
    np.testing.assert_allclose(total, owed, rtol=0.01, atol=0.01 * np.abs(owed).max())
    np.testing.assert_array_equal(found[0].completeness_gap, found[1].completeness_gap)
    np.testing.assert_allclose(total - owed, found[0].completeness_gap, atol=1e-4)
    if "completeness_tolerance" not in settings:
        calculator = IntegratedGradientsCalculator(model, target_extractor=targets[::-1], **settings)
        for part, other in zip(calculator.explain(case.x, batch_size=9)[::-1], found, strict=True):
            np.testing.assert_allclose(part.values, other.values, atol=1e-5)


@pytest.mark.parametrize("how", [{}, {"M": 3, "noise_sampler": GaussianNoiseSampler()}, {"M": 3, "train": True}])
@pytest.mark.parametrize("kind", [GradientCalculator, IntegratedGradientsCalculator])
def test_a_list_of_one_is_the_one_alone(kind, how):
    case, model = ZOO["two inputs"], built("two inputs")
    (found,) = kind(model, target_extractor=[InputExtractor("table")]).explain(case.x, **how)
    alone = kind(model, target_extractor=InputExtractor("table")).explain(case.x, **how)
    np.testing.assert_array_equal(found.values, alone.values)
    assert found.std is None or np.array_equal(found.std, alone.std)


def test_everything_at_once_on_a_joint_path():
    """Noise, dropout shared by targets and points, several methods: d a b with a mask d of 0 or 2, on the way from 0."""
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    total = L.Lambda(lambda c: tf.reduce_sum(c, 1, keepdims=True))
    model = keras.Model([a, b], total(L.Dropout(0.5)(L.Multiply()([a, b]))))
    calculator = IntegratedGradientsCalculator(model, target_extractor=[A, B], steps=4)
    how = {"M": 6, "train": True, "noise_sampler": GaussianNoiseSampler(scale=0.1), "seed": 1}
    in_a, in_b = calculator.compute(PAIR, **how)
    np.testing.assert_allclose(in_a, in_b, rtol=1e-4, atol=1e-4)
    noise = noise_of([A, B], how["noise_sampler"], M=6, seed=1)
    half = (PAIR[0] + noise[A]) * (PAIR[1] + noise[B]) / 2
    np.testing.assert_allclose(in_a[in_a != 0], 2 * half[in_a != 0], rtol=1e-3)
    assert 0.2 < np.mean(in_a == 0) < 0.8
    explained = calculator.explain(PAIR, method=["raw", "abs"], batch_size=13, **how)
    for each, samples in zip(explained, (in_a, in_b), strict=True):
        np.testing.assert_allclose(each[0].values, samples.mean(0), rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(each[1].std, np.abs(samples).std(0, ddof=1), rtol=1e-3, atol=1e-4)
        assert np.all(each[0].relative_gap < 1e-3)


def test_a_joint_result_has_one_error_and_one_recipe():
    model, sampler = product(), [GaussianNoiseSampler(scale=0.1), UniformNoiseSampler(scale=0.3)]
    calculator = GradientCalculator(model, target_extractor=[A, B])
    found = calculator.explain(PAIR, noise_sampler=sampler, target_error=0.1)
    np.testing.assert_array_equal(found[0].M, found[1].M)
    again = Recipe.from_json(found[1].recipe.to_json()).explain(model, PAIR)
    for part, other in zip(found, again, strict=True):
        np.testing.assert_array_equal(part.values, other.values)
    assert found[0].about["joint_targets"] == ["InputExtractor('a')", "InputExtractor('b')"]


BASELINES = {  # what is given -> what it is for a and b
    "list": ([1.0, None], 1.0, 0.0),
    "names": ({"b": np.arange(4.0)}, 0.0, np.arange(4.0)),
    "extractors": ({A: -PAIR[0], B: 2.0}, -PAIR[0], 2.0),
    "functions": ([lambda a: a / 2, lambda b: 0 * b], PAIR[0] / 2, 0.0),
    "one for all": (0.5, 0.5, 0.5),
}


@pytest.mark.parametrize("what", BASELINES)
@pytest.mark.parametrize("turned", [False, True])
def test_baselines_of_each_target(what, turned):
    """∫ (a₀ + t (a − a₀)) dt (b − b₀) is (a + a₀) (b − b₀) / 2."""
    given, a, b = BASELINES[what]
    targets = [B, A] if turned else [A, B]
    given = given[::-1] if turned and isinstance(given, list) else given
    found = IntegratedGradientsCalculator(product(), target_extractor=targets, baseline=given).explain(PAIR)
    in_a, in_b = found[::-1] if turned else found
    np.testing.assert_allclose(in_a.values, (PAIR[1] + b) * (PAIR[0] - a) / 2, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(in_b.values, (PAIR[0] + a) * (PAIR[1] - b) / 2, rtol=1e-4, atol=1e-4)


def test_backgrounds_are_taken_together():
    """The d-th of one with the d-th of the other, whether averaged or drawn."""
    a, b = normal(4, seed=5)[:3], normal(4, seed=6)[:3]
    wanted = np.mean([(PAIR[1] + b[d]) * (PAIR[0] - a[d]) / 2 for d in range(3)], 0)
    make = IntegratedGradientsCalculator
    found = make(product(), target_extractor=[A, B], baseline=[Background(a), Background(b)], steps=8).explain(PAIR)
    np.testing.assert_allclose(found[0].values, wanted, rtol=1e-4, atol=1e-4)
    drawn = {A: Background(a, drawn=True), B: Background(b, drawn=True)}
    samples = make(product(), target_extractor=[A, B], baseline=drawn, steps=8).compute(PAIR, M=20)[0]
    each = np.stack([(PAIR[1] + b[d]) * (PAIR[0] - a[d]) / 2 for d in range(3)])
    assert np.abs(samples[:, None] - each).max(-1).min(1).max() < 1e-3
    with refused("baselines of several targets", "2 and 3"):
        make(product(), target_extractor=[A, B], baseline=[Background(a), Background(b[:2])])


def test_what_several_targets_cannot_be():
    model, x = built("two inputs"), ZOO["two inputs"].x
    chain = [LayerExtractor("inner"), InputExtractor("image")]
    for settings in ({"target_extractor": chain},):
        with refused("LayerExtractor('inner'", "behind InputExtractor('image')", "alone"):
            IntegratedGradientsCalculator(model, **settings).explain(x)
        with refused("LayerExtractor('inner'", "behind InputExtractor('image')", "alone"):
            GradientCalculator(model, **settings).explain(x, noise_sampler=GaussianNoiseSampler())
    for target in chain:  # the advice
        IntegratedGradientsCalculator(model, target_extractor=target, steps=2).explain(x)
    with refused("twice"):
        IntegratedGradientsCalculator(model, target_extractor=[InputExtractor(0), InputExtractor("image")]).explain(x)
    with refused("integers", "LayerExtractor('embed')"):
        targets = [InputExtractor("image"), InputExtractor("tokens")]
        IntegratedGradientsCalculator(built("dict with tokens"), target_extractor=targets).explain(
            ZOO["dict with tokens"].x
        )
    with refused("keys", "'c'"):
        IntegratedGradientsCalculator(product(), target_extractor=[A, B], baseline={"c": 1.0})
    with refused("one for each target"):
        IntegratedGradientsCalculator(product(), target_extractor=[A, B], baseline=[1.0, 2.0, 3.0])
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    unused = keras.Model([a, b], L.Lambda(lambda both: both[0] + 0 * tf.round(both[1]))([a, b]))
    with refused("gradient", "InputExtractor('b')"):
        IntegratedGradientsCalculator(unused, 0, target_extractor=[A, B]).explain(PAIR)


# Values that mean "missing"

PAD = -7.0


class NegativeIsMissing(L.Layer):
    """A mask of a user's: steps whose first number is the padding are missing; handed on as they are."""

    def call(self, x):
        return x + 0.0

    def compute_mask(self, x, mask=None):
        return tf.not_equal(x[..., 0], PAD) if tf.is_tensor(x) else keras.ops.not_equal(x[..., 0], PAD)


class MaskedMean(L.Layer):
    """The mean over real steps of what passes; without a mask over all."""

    def call(self, x, mask=None):
        weight = tf.ones_like(x[..., 0]) if mask is None else tf.cast(mask, x.dtype)
        return tf.reduce_sum(x * weight[..., None], 1) / tf.reduce_sum(weight, 1)[:, None]

    def compute_mask(self, x, mask=None):
        return None

    def compute_output_shape(self, shape):
        return (shape[0], shape[-1])


class Subclassed(keras.Model):
    """The mask goes from layer to layer by itself, or is asked for and handed on."""

    def __init__(self, masking, *body, by_hand=False):
        super().__init__()
        self.masking, self.body, self.by_hand = masking, list(body), by_hand

    def call(self, x):
        mask = self.masking.compute_mask(x) if self.by_hand else None
        x = self.masking(x)
        for layer in self.body:
            x, mask = layer(x, mask=mask) if mask is not None else layer(x), None
        return x


def functional(masking, *body, width=3):
    x = inputs = keras.Input((None, width))
    for layer in (masking, *body):
        x = layer(x)
    return keras.Model(inputs, x)


def sequential(masking, *body):
    return keras.Sequential([keras.Input((None, 3)), masking, *body])


def nested(masking, first, *body):
    inner = functional(masking, first)
    inputs = keras.Input((None, 3))
    return keras.Model(inputs, keras.Sequential([inner, *body])(inputs))


def subclassed(*layers, **how):
    model = Subclassed(*layers, **how)
    model(np.zeros((1, 4, 3), "float32"))
    return model


def attending():
    """Attention to real steps alone, and their mean."""
    x = inputs = keras.Input((None, 3))
    x = L.Masking(PAD)(x)
    x = L.Add()([L.Dense(4)(x), L.MultiHeadAttention(2, 3, output_shape=4)(L.Dense(4)(x), L.Dense(4)(x))])
    return keras.Model(inputs, L.Dense(1)(L.GlobalAveragePooling1D()(x)))


def masked_later():
    """The mask is made of what a layer before gave."""
    scaled = keras.Sequential([keras.Input((None, 3)), L.Rescaling(1.0, -PAD), L.Masking(0.0)])
    return keras.Sequential([keras.Input((None, 3)), scaled, L.GRU(4), L.Dense(1)])


SERIES = {
    "functional": lambda: functional(L.Masking(PAD), L.LSTM(4), L.Dense(1)),
    "sequential": lambda: sequential(L.Masking(PAD), L.Bidirectional(L.GRU(3)), L.Dense(1)),
    "nested": lambda: nested(L.Masking(PAD), L.Dense(5, activation="tanh"), L.SimpleRNN(4), L.Dense(1)),
    "subclassed": lambda: subclassed(L.Masking(PAD), L.LSTM(4, return_sequences=True), MaskedMean(), L.Dense(1)),
    "asked for": lambda: subclassed(NegativeIsMissing(), L.LSTM(4), L.Dense(1), by_hand=True),
    "of a user": lambda: functional(NegativeIsMissing(), L.Dense(3, activation="tanh"), MaskedMean(), L.Dense(1)),
    "attention": attending,
    "later": masked_later,
}


def padded():
    """Five series of seven steps at most, and how long they are."""
    x = normal(7, 3) + 2  # no step is near the padding
    return np.where(REAL, x, np.float32(PAD))


@pytest.fixture(params=SERIES, scope="module")
def series(request):
    return randomised(SERIES[request.param]())


def test_a_path_over_padding_is_that_of_the_series_alone(series):
    """Without the padding there is no mask to know; from a baseline, and through one, that means missing too."""
    calculator = IntegratedGradientsCalculator(series, steps=8, baseline=PAD)
    found = calculator.explain(padded(), batch_size=7)
    assert not found.values[~REAL[..., 0]].any()
    alone = calculator.explain(padded()[:3:2, :4])  # both have four steps
    np.testing.assert_allclose(found.values[:3:2, :4], alone.values, atol=2e-5)
    np.testing.assert_allclose(found.scores[:3:2], alone.scores, atol=1e-5)


def test_a_path_of_tolerance_through_what_means_missing():
    model = randomised(SERIES["functional"]())
    calculator = IntegratedGradientsCalculator(model, completeness_tolerance=0.02, baseline=2 * PAD)
    found = calculator.explain(padded())
    assert not found.values[~REAL[..., 0]].any() and found.relative_gap.max() < 0.02


def test_noise_leaves_padding_alone(series, mode="relative"):
    """As with the mask given by hand, where padding is exact and the model masks it by itself."""
    x, how = padded(), {"M": 3, "seed": 4}
    calculator = GradientCalculator(series)
    found = calculator.compute(x, noise_sampler=GaussianNoiseSampler(mode=mode, scale=0.3), **how)
    assert not found[:, ~REAL[..., 0]].any()
    by_hand = GaussianNoiseSampler(mode=mode, scale=0.3, mask=REAL)
    wanted = calculator.compute(x, noise_sampler=by_hand, batch_size=4, **how)
    np.testing.assert_allclose(found, wanted, atol=2e-5)


def test_noise_that_is_clipped_to_the_padding_masks_nothing():
    model = randomised(functional(L.Masking(0.0), L.LSTM(4), L.Dense(1)))
    x = np.abs(normal(7, 3)) * REAL
    sampler = GaussianNoiseSampler(mode="absolute", scale=3.0, clip=(0, 9))
    found = GradientCalculator(model).compute(x, M=40, noise_sampler=sampler)
    assert np.all(found[:, REAL[..., 0]].any(-1)) and not found[:, ~REAL[..., 0]].any()


def test_occlusion_hides_no_padding(series):
    """What is hidden of real steps is what falls when they are replaced by hand; padding has none of it."""
    x = padded()
    found = OcclusionCalculator(series, fill=1.0, size=2).explain(x).values[..., 0]
    assert not found[~REAL[..., 0]].any()
    score = np.asarray(series(x))[:, 0]
    falls = []
    for start in range(6):
        hidden = x.copy()
        hidden[:, start : start + 2] = np.where(REAL[:, start : start + 2], 1, PAD)
        falls.append(score - np.asarray(series(hidden))[:, 0])
    wanted = [np.mean([falls[s] for s in range(6) if s <= t < s + 2], 0) for t in range(7)]
    np.testing.assert_allclose(found, np.where(REAL[..., 0], np.stack(wanted, 1), 0), atol=1e-5)


def test_a_fill_that_means_missing_makes_a_step_missing(series):
    x = padded()
    x[:, 0] = normal(3) + 2
    found = OcclusionCalculator(series, fill=PAD).explain(x[:2]).values[:, 1, 0]
    gone = x[:2].copy()
    gone[:, 1] = PAD
    np.testing.assert_allclose(found, np.asarray(series(x[:2]) - series(gone))[:, 0], atol=1e-5)


IDS = np.where(REAL[..., 0], np.random.default_rng(0).integers(1, 9, (5, 7)), 0).astype("int32")


def texts(*body):
    ids = keras.Input((7,), dtype="int32")
    x = L.Embedding(9, 3, mask_zero=True, name="embed")(ids)
    for layer in body:
        x = layer(x)
    return randomised(keras.Model(ids, x))


@pytest.mark.parametrize("target", [LayerExtractor("embed"), LayerExtractor("read", timing="pre")])
def test_embedded_padding_stays(target):
    model = texts(L.LSTM(4, name="read"), L.Dense(1))
    noise = {"noise_sampler": GaussianNoiseSampler(scale=0.3), "M": 3}
    calculator = GradientCalculator(model, target_extractor=target)
    by_hand = {"noise_sampler": GaussianNoiseSampler(scale=0.3, mask=REAL), "M": 3}
    found, wanted = calculator.compute(IDS, **noise), calculator.compute(IDS, **by_hand)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    path = IntegratedGradientsCalculator(model, target_extractor=target).explain(IDS)
    assert not path.values[~REAL[..., 0]].any() and path.relative_gap.max() < 0.01
    shown = OcclusionCalculator(model, target_extractor=target).explain(IDS)
    assert not shown.values[~REAL[..., 0]].any()


def test_padded_ids_are_not_hidden():
    model = texts(L.GRU(4), L.Dense(1))
    found = OcclusionCalculator(model, fill=3).explain(IDS).values
    assert not found[~REAL[..., 0]].any()
    swapped = IDS.copy()
    swapped[:, 0] = 3
    np.testing.assert_allclose(found[:, 0], np.asarray(model(IDS) - model(swapped))[:, 0], atol=1e-5)


def test_padding_that_the_model_reads_has_its_gradient():
    """A convolution takes no masks: its padding is a word like others, for every method."""
    model = texts(L.Conv1D(4, 3, activation="tanh"), L.GlobalAveragePooling1D(), L.Dense(1))
    embedded = LayerExtractor("embed")
    found = IntegratedGradientsCalculator(model, target_extractor=embedded).explain(IDS)
    assert np.all(found.values[~REAL[..., 0]].any(-1)) and found.relative_gap.max() < 0.01
    samples = GradientCalculator(model, target_extractor=embedded).compute(
        IDS, M=2, noise_sampler=GaussianNoiseSampler()
    )
    assert np.all(samples[:, ~REAL[..., 0]].any(-1)) and np.abs(samples[0] - samples[1]).max() > 1e-3


def test_missing_steps_of_one_target_of_several():
    """A series with padding and a table: dropout, noise and a path at once, in every batch."""
    steps, table = keras.Input((7, 3), name="steps"), keras.Input((2,), name="table")
    x = L.LSTM(4)(L.Masking(PAD)(steps))
    model = randomised(keras.Model([steps, table], L.Dense(1)(L.Dropout(0.3)(L.Multiply()([x, L.Dense(4)(table)])))))
    targets = [InputExtractor("table"), InputExtractor("steps")]
    x, how = [padded(), normal(2)], {"M": 4, "train": True, "noise_sampler": GaussianNoiseSampler()}
    calculator = IntegratedGradientsCalculator(model, target_extractor=targets)
    found, again = calculator.explain(x, **how), calculator.explain(x, batch_size=3, **how)
    for one, other in zip(found, again, strict=True):
        np.testing.assert_allclose(one.values, other.values, atol=1e-5)
    assert not found[1].values[~REAL[..., 0]].any() and found[1].values[REAL[..., 0]].all()
    assert np.all(found[0].relative_gap < 0.02)


# Numbers that depend on exact values


def of_columns(**layers):
    """A table whose columns are handed to layers one by one; the last two numbers are quantities."""
    table = keras.Input((5,))
    parts = [L.Dense(2)(L.Lambda(lambda t: t[:, 3:])(table))]
    for place, layer in layers.items():
        column = int(place[1:])
        parts.append(L.Flatten()(layer(L.Lambda(lambda t, k=column: t[:, k : k + 1])(table))))
    return randomised(keras.Model(table, L.Dense(1)(L.Concatenate()(parts))))


EXACT = {
    "an id for an embedding": (lambda: of_columns(c1=L.Embedding(9, 2, name="embed")), ["1 by Cast", "'embed'"]),
    "a rounded year": (lambda: of_columns(c0=L.Lambda(lambda c: tf.round(c / 10))), ["0 by Round"]),
    "buckets": (
        lambda: of_columns(
            c2=keras.Sequential([L.Discretization([1.0, 3.0]), L.Lambda(lambda c: tf.cast(c, "float32"))])
        ),
        ["2 by"],
    ),
    "two of them": (
        lambda: of_columns(c0=L.Lambda(tf.floor), c2=L.Lambda(lambda c: tf.one_hot(tf.cast(c[:, 0], "int32"), 4))),
        ["0 by Floor", "2 by Cast"],
    ),
}
CLEAR = {
    "relu": lambda: of_columns(c0=L.Activation("relu")),
    "a gate": lambda: of_columns(c1=L.Lambda(lambda c: tf.where(c > 0, c, 0.1 * c))),
    "its shape": lambda: of_columns(c1=L.Lambda(lambda c: c * tf.cast(tf.shape(c)[1], c.dtype))),
    "straight through": lambda: of_columns(c1=L.Lambda(lambda c: c + tf.stop_gradient(tf.round(c) - c))),
    "codes of features": lambda: of_columns(
        c1=keras.Sequential([L.Dense(4), L.Lambda(lambda c: c * tf.one_hot(tf.argmax(c, -1), 4))])
    ),
}
INTEGERS = np.array([[1, 2, 3, 0.5, 0.3], [4, 1, 2, 0.2, 0.1], [2, 3, 1, 0.7, 0.6]], "float32")


@pytest.mark.parametrize("what", EXACT)
def test_columns_with_a_meaning_by_their_value_are_named(what):
    make, words = EXACT[what]
    model = make()
    with heard("exact values", *words):
        found = GradientCalculator(model).explain(INTEGERS)
    with heard("exact values", "mask=", *words):
        GradientCalculator(model).explain(INTEGERS, M=2, noise_sampler=GaussianNoiseSampler())
    if "'embed'" in words:  # the advice
        with heard(count=0):
            assert GradientCalculator(model, None, LayerExtractor("embed")).explain(INTEGERS).values.any()
            assert OcclusionCalculator(model, fill=1).explain(INTEGERS).values.any()
    assert found.values[:, 3:].all()


@pytest.mark.parametrize("what", CLEAR)
def test_what_reads_no_exact_values_is_not_told(what):
    model = CLEAR[what]()
    with heard(count=0):
        GradientCalculator(model).explain(INTEGERS)
        GradientCalculator(model).explain(INTEGERS, M=2, noise_sampler=GaussianNoiseSampler())


def test_masks_are_no_exact_values():
    for name in ("functional", "of a user", "asked for"):
        with heard(count=0):
            how = {"M": 2, "noise_sampler": GaussianNoiseSampler()}
            GradientCalculator(randomised(SERIES[name]())).explain(padded(), **how)


def test_a_mask_in_code_is_told_where_points_move():
    """Nobody but the user can tell which steps the comparison leaves out."""
    steps = keras.Input((7, 3))
    real = L.Lambda(lambda x: x * tf.cast(tf.not_equal(x, PAD), x.dtype))(steps)
    model = randomised(keras.Model(steps, L.Dense(1)(L.GRU(3)(real))))
    with heard(count=0):
        GradientCalculator(model).explain(padded())
    with heard("NotEqual", "mask="):
        GradientCalculator(model).explain(padded(), M=2, noise_sampler=GaussianNoiseSampler())
