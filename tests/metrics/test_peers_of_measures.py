"""Other people's measures of the same maps and networks (data/peers_of_measures.npz).

Where a peer defines something otherwise, the difference is named at the test and repaired by hand there.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from peer_measures import (
    FILL,
    GRID,
    RADIUS,
    TOGETHER,
    WINDOW,
    measured,
    of_few_numbers,
    pixels,
)
from peer_networks import rebuild, stored
from scipy.stats import rankdata

from kerasal import recipes
from kerasal.metrics import (
    Complexity,
    Deletion,
    Infidelity,
    Insertion,
    MaxSensitivity,
    PointingGame,
    RelevanceMass,
    RelevanceRank,
    SensitivityN,
    Sparseness,
    Squares,
)

STORED, MEASURED = stored(), measured()
X, CLASSES, MASK = STORED["image.x"], STORED["image.classes"].tolist(), MEASURED["mask"]
GRADIENT, INTEGRATED = STORED["pair.gradient"], STORED["captum.integrated_gradients_gausslegendre"]
PIXELS = pixels(STORED)
ACROSS = PIXELS.shape[1] * PIXELS.shape[2]


def near(found, key, rtol=1e-3):
    np.testing.assert_allclose(found, MEASURED[key], rtol=rtol, atol=1e-5)


class Given(Squares):
    """The same four perturbations of every example, as Captum has them from its perturb_func."""

    def __init__(self, taken):
        super().__init__(1)
        object.__setattr__(self, "taken", taken)

    def drawn(self, score, target, places, count):
        chosen = tf.gather(tf.constant(self.taken), places)[:, None]
        return tf.broadcast_to(chosen, tf.concat([tf.shape(places), tf.shape(target)], 0))


def infidelity(maps, key="image", **how):
    taken = MEASURED[f"infidelity.taken.{key}"]
    measure = Infidelity(rebuild(key), CLASSES, Given(taken), samples=len(taken), **how)
    return measure(STORED[f"{key}.x"], maps).values


def test_infidelity_of_the_same_perturbations():
    near(infidelity(GRADIENT), "captum.infidelity")
    near(infidelity(INTEGRATED, normalize=True), "captum.infidelity_normalize")
    embedded = STORED["captum.layer_integrated_gradients_embed"]
    near(infidelity(embedded, "tokens", target_extractor="embed"), "captum.infidelity_embed")


@pytest.mark.parametrize("key", ["windows", "multiply_by_inputs"])
def test_infidelity_of_random_windows(key):
    """Captum saw each window once, which is the expectation of windows drawn here: within 4 standard errors of 4096 of them.

    With `multiply_by_inputs` Captum divides what is taken by x − baseline, for maps that have it as a factor; so is the map here.
    """
    maps = GRADIENT if key == "windows" else INTEGRATED / (X - FILL)
    found = Infidelity(rebuild("image"), CLASSES, Squares(WINDOW, fill=FILL), samples=4096)(X, maps)
    expected = MEASURED[f"captum.infidelity_{key}"]
    assert np.all(np.abs(found.values - expected) < 4 * found.standard_error)
    assert np.all(found.standard_error < 0.05 * expected)


def test_max_sensitivity():
    """The noise is what `MaxSensitivity` draws; both keep the class."""
    model = rebuild("image")
    found = MaxSensitivity(model, recipes.vanilla(score=CLASSES), RADIUS, 10)(X)
    near(found.values, "captum.sensitivity_max_gradient")
    path = {"steps": 20, "quadrature": "gauss_legendre", "baseline": FILL}
    found = MaxSensitivity(model, recipes.integrated_gradients(score=CLASSES, **path), RADIUS, 10)(X)
    near(found.values, "captum.sensitivity_max_integrated_gradients")


@pytest.mark.parametrize("kind, key", [(Deletion, "deletion"), (Insertion, "insertion")])
def test_deletion_and_insertion(kind, key):
    """Where steps do not divide the number of pixels, Xplique rounds counts down and weighs steps alike; counts are to the nearest
    here, and weighed by their share. The curve of all counts has Xplique's.
    """
    model = rebuild("image")
    near(kind(model, CLASSES, FILL, 12)(X, PIXELS).values, f"xplique.{key}")
    every = kind(model, CLASSES, FILL, ACROSS)(X, PIXELS)
    curve = every.curve.y[:, np.linspace(0, ACROSS, 11, dtype="int32")]
    near((curve[:, 1:] + curve[:, :-1]).mean(1) / 2, f"xplique.{key}_uneven")
    if kind is Deletion:
        near(every.values, "xplique.deletion_all")


def test_deletion_of_channels_together_and_of_probabilities():
    """Xplique takes the mean over channels of a map; elements of a map with channels go one by one here."""
    model = rebuild("image")
    near(Deletion(model, CLASSES, FILL, 12)(X, INTEGRATED.mean(-1)).values, "xplique.deletion_channels")
    model = keras.Model(model.inputs, keras.layers.Activation("softmax")(model.output))
    near(Deletion(model, CLASSES, FILL, 12, logits=False)(X, PIXELS).values, "xplique.deletion_softmax")


class OfRanks(SensitivityN):
    """Spearman's correlation in place of Pearson's."""

    def measured(self, found, score_name):
        return super().measured(rankdata(found, axis=0), score_name)


class OfChance(OfRanks):
    """Of sets that hold each cell with the chance .2: one of each sample, of a size that is drawn."""

    def measured(self, found, score_name):
        sizes = np.random.default_rng(0).binomial(GRID**2, 0.2, len(found))
        found = np.concatenate([np.zeros_like(found[:, :, :1]), found], 2)  # nothing hidden, nothing lost
        return super().measured(found[np.arange(len(found)), :, sizes][:, :, None], score_name)


def test_mu_fidelity():
    """Xplique correlates ranks, of sets that hold each cell by chance and so differ in size. Of sets of one size, each once, it is
    the expectation of ranks correlated here: within 4 standard errors of 2000 sets. Of sets by chance, 1024 here and 4096
    there: within 4 standard errors of the difference.
    """
    rows, columns = np.arange(12)[:, None] // (12 // GRID), np.arange(9) // (9 // GRID)
    groups, model = (rows * GRID + columns)[..., None], rebuild("image")
    found = OfRanks(model, CLASSES, FILL, (TOGETHER / GRID**2,), 2000, groups)(X, PIXELS)
    off = np.abs(found.values - MEASURED["xplique.mu_fidelity_of_one_size"])
    assert np.all(off < 4 * found.standard_error) and np.all(found.standard_error < 0.03)
    found = OfChance(model, CLASSES, FILL, np.arange(1, GRID**2) / GRID**2, 1024, groups)(X, PIXELS)
    off = np.abs(found.values - MEASURED["xplique.mu_fidelity"])
    assert np.all(off < 4 * np.sqrt(1 + 1024 / 4096) * found.standard_error) and np.all(found.standard_error < 0.04)


def test_pixel_flipping():
    """Quantus hides each channel of a pixel alone, leaves out the clean score, and does not divide the area by the steps."""
    model, steps = rebuild("image"), MEASURED["quantus.pixel_flipping"].shape[1]
    found = Deletion(model, CLASSES, FILL, steps)(X, INTEGRATED)
    curve = found.curve.y
    near(curve[:, 1:], "quantus.pixel_flipping")
    near(steps * found.values - (curve[:, 0] + curve[:, 1]) / 2, "quantus.pixel_flipping_auc")
    model = keras.Model(model.inputs, keras.layers.Activation("softmax")(model.output))
    near(
        Deletion(model, CLASSES, FILL, steps, logits=False)(X, INTEGRATED).curve.y[:, 1:],
        "quantus.pixel_flipping_softmax",
    )


@pytest.mark.parametrize("kind, key", [(Sparseness, "sparseness"), (Complexity, "complexity")])
def test_spread(kind, key):
    near(kind()(None, INTEGRATED).values, f"quantus.{key}")
    near(kind()(None, PIXELS).values, f"quantus.{key}_pixels")


def test_pointing_game():
    """One of several largest elements in the mask is enough for Quantus, which counts an empty mask as a hit."""
    near(PointingGame(MASK)(None, PIXELS).values, "quantus.pointing_game")
    shared = PointingGame(MASK)(None, of_few_numbers(PIXELS)).values
    assert np.any((shared > 0) & (shared < 1))
    near(shared > 0, "quantus.pointing_game_ties")
    empty = MASK & (np.arange(3) > 0).reshape(-1, 1, 1)
    found = PointingGame(empty)(None, PIXELS).values
    assert np.isnan(found[0]) and MEASURED["quantus.pointing_game_empty"][0] == 1
    np.testing.assert_array_equal(found[1:], MEASURED["quantus.pointing_game_empty"][1:])


def test_relevance():
    """Quantus divides signed sums, which have no bounds; by `abs` it takes sizes."""
    near(RelevanceMass(MASK)(None, np.abs(PIXELS)).values, "quantus.relevance_mass_abs")
    near(RelevanceMass(MASK)(None, PIXELS).values, "quantus.relevance_mass_positive")
    near((PIXELS * MASK).sum((1, 2)) / PIXELS.sum((1, 2)), "quantus.relevance_mass")
    near(RelevanceRank(MASK)(None, PIXELS).values, "quantus.relevance_rank")
    near(RelevanceRank(MASK)(None, np.abs(PIXELS)).values, "quantus.relevance_rank_abs")
