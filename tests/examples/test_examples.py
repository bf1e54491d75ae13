"""The examples run from the shell's point of view, on small settings, and write what they promise."""

import importlib.util
import json

import pytest
from example_run import EXAMPLES, run


def test_methods(tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    run("methods.py", monkeypatch, "--out", tmp_path, "--epochs", 1, "--samples", 2, "--digits", 2)
    figures = json.loads((tmp_path / "methods.json").read_text())
    assert (tmp_path / "methods.png").stat().st_size > 10_000
    assert figures["methods"]["FullGrad"]["worst relative gap"] < 1e-4
    assert figures["methods"]["integrated gradients"]["worst relative gap"] < 0.05


def figures_of(name, monkeypatch, out, *arguments):
    """Run an example on small settings; its JSON, after a look that its pictures are there."""
    pytest.importorskip("sklearn")
    run(f"{name}.py", monkeypatch, "--out", out, *arguments)
    assert (out / f"{name}.png").stat().st_size > 20_000
    return json.loads((out / f"{name}.json").read_text("utf-8"))


def test_table_iris(tmp_path, monkeypatch):
    found = figures_of("table_iris", monkeypatch, tmp_path, "--seeds", 2, "--epochs", 25, "--samples", 5)
    assert all(set(counts.values()) == {2} for counts in found["petals are the top two"].values())
    assert min(found["accuracy"]) > 0.9
    assert all(
        sum(shares.values()) == pytest.approx(1, abs=1e-3)
        for recipes in found["shares of seed 0"].values()
        for shares in recipes.values()
    )


def test_table_breast_cancer(tmp_path, monkeypatch):
    """17 of 30 components explain 99.11 % of the variance; correlation .946 of the logistic regressions (known figures)."""
    found = figures_of(
        "table_breast_cancer", monkeypatch, tmp_path, "--epochs", 30, "--samples", 5, "--folds", 2, "--compared", 40
    )
    best = found["recipes that no other is surely better than"]
    assert "integrated" in best["Insertion, fill 0.0"] and "gradient" not in best["Insertion, fill 0.0"]
    assert (tmp_path / "compared.png").stat().st_size > 20_000
    assert (found["components of PCA"], found["variance they explain"]) == (17, 0.9911)
    assert found["accuracy on all data, as fitted"]["logistic regression"] == 0.9877
    assert found["signed correlation of the two logistic regressions"] == pytest.approx(0.946, abs=0.002)
    assert found["rank correlations of |importance|"]["network"]["logistic regression"] > 0.5
    assert (tmp_path / "decision_tree.png").stat().st_size > 50_000


def test_text_sentiment(tmp_path, monkeypatch):
    small = ("--reviews", 2500, "--epochs", 6, "--samples", 3, "--steps", 16, "--explained", 40, "--shown", 2)
    found = figures_of("text_sentiment", monkeypatch, tmp_path, *small)
    chance, methods = next(v for k, v in found.items() if k.startswith("share")), found["methods"]
    assert found["test accuracy"] > 0.9
    assert min(methods[name]["average precision"] for name in ("integrated gradients", "occlusion")) > 2.5 * chance
    assert "occlusion" in found["recipes that no other is surely better than"]["RocAuc"]
    assert (tmp_path / "text_sentiment.html").read_text("utf-8").count("<span title=") > 50


def test_time_series(tmp_path, monkeypatch):
    """Convolutions are looked through to the planted cause; of an LSTM, the gradient points elsewhere."""
    small = ("--train", 300, "--epochs", 10, "--samples", 3, "--steps", 8, "--explained", 10)
    found = figures_of("time_series", monkeypatch, tmp_path, *small)
    assert (tmp_path / "time_series_methods.png").stat().st_size > 20_000
    for name, times in (("heartbeats, convolutions", 5), ("boxes, convolutions", 1.5)):
        shares = found[name]["share of the saliency in the cause"]
        chance = found[name]["chance: share of the cause in the elements"]
        assert all(share["mean"] > times * chance for share in shares.values()), (name, shares)
    assert (tmp_path / "compared.png").stat().st_size > 20_000
    shares = found["boxes, LSTM"]["share of the saliency in the cause"]
    assert shares["gradient"]["mean"] < 0.09


@pytest.mark.slow
def test_image_classifier(tmp_path, monkeypatch, data_dir):
    """SmoothGrad finds the objects: twice their share of the area, or more."""
    photographs = [data_dir / "images" / name for name in ("bus.jpeg", "dog.jpeg")]
    chosen = ("--data", data_dir, "--steps", 8, "--images", *photographs)
    found = figures_of("image_classifier", monkeypatch, tmp_path, *chosen)
    top = {name: five[0][0].split(",")[0] for name, five in found["top five"].items()}
    assert top == {"bus.jpeg": "trailer truck", "dog.jpeg": "Eskimo dog"}
    shares = found["saliency inside the object's box ÷ its share of the area"]
    assert min(of["SmoothGrad"] for of in shares.values()) >= 2
    assert max(found["relative completeness gap"]["FullGrad"]) < 1e-4
    assert (tmp_path / "five_classes.png").stat().st_size > 50_000


@pytest.mark.slow
def test_photograph(tmp_path, monkeypatch, data_dir, capsys):
    pytest.importorskip("skimage")
    monkeypatch.syspath_prepend(EXAMPLES)  # as Python does for a script
    run("photograph.py", monkeypatch, "--out", tmp_path, "--data", data_dir)
    assert "goldfish" in capsys.readouterr().out and (tmp_path / "photograph.png").stat().st_size > 300_000


def test_image_classifier_says_what_it_lacks(tmp_path, monkeypatch):
    for arguments, words in (
        (("--network", "MobileNetV9"), "MobileNetV9"),
        (("--weights", tmp_path / "none.weights.h5"), "--weights"),
    ):
        with pytest.raises(SystemExit, match=words):
            run("image_classifier.py", monkeypatch, "--out", tmp_path, *arguments)


def test_feature_visualization(tmp_path, monkeypatch, data_dir):
    """A few steps along the gradient make an ImageNet network sure of a class."""
    small = ("--data", data_dir, "--units", "dumbbell", "lemon", "--ways", "blog", "--steps", 25, "--fresh", 2)
    found = figures_of("feature_visualization", monkeypatch, tmp_path, *small, "--gif", tmp_path / "units.gif")
    blog = found["ways"]["blog"]
    assert blog["steps"] == 25 and min(blog["probability"]) > 0.5 and len(blog["top class under fresh transforms"]) == 2
    assert (tmp_path / "units.gif").stat().st_size > 20_000


def test_units_turned_by_tensorflow_addons(tmp_path, monkeypatch, data_dir):
    """The image itself is turned by tfa.image.rotate at each step; without tensorflow-addons the option says what to install."""
    few = ("--data", data_dir, "--units", "lemon", "--ways", "blog, image moved", "--steps", 25, "--fresh", 2)
    if importlib.util.find_spec("tensorflow_addons") is None:
        with pytest.raises(SystemExit, match="pip install"):
            run("feature_visualization.py", monkeypatch, "--out", tmp_path, *few, "--rotate-with", "tfa")
        return
    found = figures_of("feature_visualization", monkeypatch, tmp_path, *few, "--rotate-with", "tfa")
    assert found["rotation"] == "tfa" and found["ways"]["blog, image moved"]["probability"][0] > 0.3


@pytest.mark.slow
def test_units_by_their_spectrum(tmp_path, monkeypatch, data_dir):
    """Turned and rolled anew they are still the class, with less fine grain for their contrast than without the spectrum."""
    units = ("--units", "dalmatian", "bell pepper", "lemon", "--steps", 100)
    ways = figures_of(
        "feature_visualization",
        monkeypatch,
        tmp_path,
        "--data",
        data_dir,
        *units,
        "--ways",
        "blog",
        "Fourier, seen moved",
    )["ways"]
    ours, blog = ways["Fourier, seen moved"], ways["blog"]
    assert all(ours["top class under fresh transforms"]) and ours["mean under fresh transforms"] > 0.95
    assert blog["mean under fresh transforms"] < 0.5
    assert ours["total variation ÷ contrast"] < 0.4 * blog["total variation ÷ contrast"]
    assert ours["total variation"] < 1.1 * blog["total variation"]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_every_example_tells_how_to_use_it(path, monkeypatch, capsys):
    pytest.importorskip("sklearn")
    with pytest.raises(SystemExit):
        run(path.name, monkeypatch, "--help")
    assert "--out" in capsys.readouterr().out
