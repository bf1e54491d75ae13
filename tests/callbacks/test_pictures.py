"""Texts and molecules in a logger's pictures: the strongest colour where the strongest number is, one scale over steps."""

import logging
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from event_files import Logs
from keras import layers as L
from logged_training import RUN, everything, fit, linear
from three_parts import refused

import kerasal
from kerasal import GradientCalculator, LayerExtractor, Saliency, load_run
from kerasal.callbacks import MoleculePictures, Storage, TextPictures, recorder
from kerasal.callbacks.pictures.base import GrowingScale
from kerasal.tensorboard.metadata import size_in_words

pytest.importorskip("rdkit")
RNG = np.random.default_rng(5)
DARK_RED, DARK_BLUE = (103, 0, 31), (5, 48, 97)  # the ends of ColorBrewer RdBu, 11 classes
TOKENS = [["not", "bad", "<img src=x onerror=alert(1)>", "at", "all"], ["good"]]
NUMBERS = np.array([[1, 2, 3, 4, 5, 0], [6, 0, 0, 0, 0, 0]])  # of the tokens; 0 is padding
SMILES = ["CCO", "[NH4+]"]


def of_text(numbers=(1.0, -2.0, 0.0, 0.5, 1.0, 9.0), std=None):
    return Saliency(np.array([numbers, (3.0, 0, 0, 0, 0, 0)], "float32"), std=std)


def count(pixels, color):
    return int((np.abs(pixels.astype(int) - color).max(-1) <= 1).sum())


def test_a_text_is_coloured_on_the_scale_so_far_and_padding_counts_nothing():
    pictures, scale = TextPictures(TOKENS), GrowingScale(signed=True)
    pictures.check(of_text())
    first = pictures.draw(0, of_text()[0], "pred 1", scale)
    weaker = pictures.draw(0, of_text((1.0, -1.0, 0, 0, 0, 0))[0], "pred 1", scale)
    bar = 60  # pixels of an end of the colour bar, or fewer
    assert count(first, DARK_BLUE) > 5 * bar and count(first, DARK_RED) < bar  # −2 is the limit, 9 is padding
    assert count(weaker, DARK_BLUE) < bar  # a scale never shrinks
    assert pictures.draw(1, of_text()[1], "", scale).shape[1] == first.shape[1]


def test_a_strip_of_a_text_has_a_row_per_step():
    pictures, maps = TextPictures(TOKENS), np.zeros((3, 6, 1), "float32")
    maps[2, 1] = -4.0
    one, three = pictures.strip(0, maps[:1], [0]), pictures.strip(0, maps, [0, 5, 7])
    assert three.shape[0] > one.shape[0] and three.shape[1] == one.shape[1]
    rows = np.flatnonzero((np.abs(three.astype(int) - DARK_BLUE).max(-1) <= 1).sum(1) > 10)
    assert rows.min() > 0.3 * len(three)  # in the third row of three alone


@pytest.mark.parametrize("shape", [(2, 4), (2, 4, 1)])
def test_a_molecule_is_coloured_and_its_strip_is_a_row_on_one_scale(shape):
    pictures, scale = MoleculePictures(SMILES), GrowingScale(signed=True)
    values = np.zeros((2, 4), "float32")
    values[0, :3], values[1, 0] = (0.0, -1.0, 2.0), 1.0
    maps = Saliency(values.reshape(shape))
    pictures.check(maps)
    drawn = pictures.draw(0, maps[0], "output 3", scale)
    red, blue = (255, 0, 0), (0, 0, 255)
    assert count(drawn, red) > 500 > count(drawn, blue)  # the oxygen, full; the other end is in the bar alone
    strip = pictures.strip(0, np.stack([maps.values[0], -maps.values[0]]), [0, 1])
    middle = strip.shape[1] // 2
    assert count(strip[:, :middle], red) > 300 and count(strip[:200, middle:], red) == 0
    assert count(strip[:200, middle:], blue) > 300


def test_a_structure_is_what_a_chemist_draws():
    """Bonds are 1.5 long and at 120°, RDKit's way; rings have alternate bonds; hydrogens are where no bond is."""
    ethanol, ammonium = MoleculePictures(SMILES).facts()["molecules"]
    assert [label for label, *_ in ethanol["atoms"]] == ["", "", "OH"] and ammonium["atoms"] == [["NH₄⁺", 0.0, 0.0]]
    places = np.array([place for _, *place in ethanol["atoms"]])
    np.testing.assert_allclose(np.linalg.norm(np.diff(places, axis=0), axis=1), 1.5, atol=0.15)
    molecules = MoleculePictures(["c1ccncc1", "NCC", "[13CH4]", "[O-2].[Ca+2]", "C=C", "C#N"]).facts()["molecules"]
    labels = ["".join(label for label, *_ in molecule["atoms"]) for molecule in molecules]
    assert labels[0] == "N" and labels[1] in ("H₂N", "NH₂") and labels[2:] == ["¹³CH₄", "O²⁻Ca²⁺", "", "N"]
    assert sorted(order for *_, order in molecules[0]["bonds"]) == [1, 1, 1, 2, 2, 2]
    assert [molecules[k]["bonds"][0][2] for k in (4, 5)] == [2, 3]


def test_tokens_are_in_the_log_with_their_maps(tmp_path):
    """A mean of embeddings and a linear head: a token's share is its embedding's product with the head, over T."""
    model = keras.Sequential(
        [keras.Input((6,), dtype="int32"), L.Embedding(7, 3, name="embed"), L.GlobalAveragePooling1D(), L.Dense(1)]
    )
    model.compile("sgd", "mse")

    def calculator(model):
        return GradientCalculator(model, target_extractor=LayerExtractor("embed"), multiply_target=True)

    how = dict(calculator=calculator, method="raw", ch_axis=-1, visualizer=TextPictures(TOKENS), on_error="raise")
    fit(model, everything(tmp_path, NUMBERS, **how), x=NUMBERS, y=np.ones((2, 1)), epochs=1)
    run = load_run(tmp_path)
    table, head, _ = model.get_weights()
    np.testing.assert_allclose(run.values[-1], (table @ head)[NUMBERS][..., 0] / 6, atol=1e-6)
    assert run.facts["tokens"] == TOKENS
    assert set(Logs(tmp_path).images[RUN]) == {"saliency/0", "saliency/1", "strip/0", "strip/1"}
    how.update(ch_axis=None, name="unfolded")
    with refused("(2, 6, 3)", "ch_axis=-1"):
        fit(model, everything(tmp_path, NUMBERS, **how), x=NUMBERS, y=np.ones((2, 1)), epochs=1)
    assert not (tmp_path / "saliency" / "unfolded").exists()


def test_molecules_by_summary(tmp_path):
    values = np.array([[1.0, 2, 3, 0], [4, 0, 0, 0]], "float32")
    with tf.summary.create_file_writer(str(tmp_path)).as_default():
        assert kerasal.summary.saliency("m", Saliency(values), 3, visualizer=MoleculePictures(SMILES))
    assert {tag: list(steps) for tag, steps in Logs(tmp_path).images["."].items()} == {"m/0": [3], "m/1": [3]}


@pytest.mark.parametrize(
    "make, words, error",
    [
        (lambda: TextPictures(["not bad"]), ["string"], TypeError),
        (lambda: TextPictures([["a", 3]]), ["3"], TypeError),
        (lambda: TextPictures([["a"], [None]]), ["example 1"], ValueError),
        (lambda: TextPictures(TOKENS).check(Saliency(np.ones((2, 6, 3)))), ["(2, 6, 3)", "ch_axis=-1"], ValueError),
        (lambda: TextPictures(TOKENS).check(Saliency(np.ones((2, 4)))), ["5 tokens", "(2, 4)"], ValueError),
        (lambda: TextPictures(TOKENS).check(Saliency(np.ones((3, 6)))), ["2 examples", "(3, 6)"], ValueError),
        (lambda: MoleculePictures("CCO"), ["'CCO'"], TypeError),
        (lambda: MoleculePictures(["C(C"]), ["C(C"], ValueError),
        (lambda: MoleculePictures([3]), ["3"], TypeError),
        (lambda: MoleculePictures(SMILES).check(Saliency(np.ones((2, 4)))), ["3 of example 0"], ValueError),
        (lambda: everything("logs", NUMBERS, visualizer=TOKENS), ["TextPictures"], TypeError),
    ],
)
def test_what_cannot_be_drawn_is_refused(make, words, error):
    with refused(*words, error=error):
        make()


def test_the_disk_a_step_takes_is_told_once_and_much_of_it_warned_of(tmp_path, caplog, monkeypatch):
    x = RNG.random((2, 5, 4, 3), "float32")
    with caplog.at_level(logging.INFO, "kerasal"):
        fit(linear(), everything(tmp_path, x, storage=Storage(pictures="off"), on_error="raise"), epochs=2)
    size = load_run(tmp_path).lines[0]["bytes"]
    (told,) = [record.getMessage() for record in caplog.records if record.name == "kerasal"]
    events = re.fullmatch(rf".* a step takes .* of disk \({size_in_words(size)} of maps, (.*) kB of events\)", told)[1]
    written = sum(path.stat().st_size for path in (tmp_path / RUN).glob("events*"))
    assert written / 4 < 1000 * float(events) < written / 2  # of three steps
    monkeypatch.setattr(recorder, "_LARGE", size - 1)
    with pytest.warns(UserWarning, match="kB of disk") as said:
        fit(linear(), everything(tmp_path, x, name="large", on_error="raise"), epochs=2)
    assert sum("of disk" in str(warning.message) for warning in said) == 1
