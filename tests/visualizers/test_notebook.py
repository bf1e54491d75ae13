"""What a notebook shows: the examples in their kind, facts always, nothing that could run; and a notebook that is executed."""

import base64
import io
import os
import re
import sys
import textwrap
import warnings
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.image import imread

from kerasal.saliency import Saliency

RNG = np.random.default_rng(0)
ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</td></table></div><b>",
    "' onload='x",
    "&lt;i&gt;",
]


class Page(HTMLParser):
    """The tags, attributes and words of a fragment."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.words = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.words.append(data)


def picture(html):
    """The picture in it, (H, W, 3) of 0 to 255; None where there is none."""
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    return np.rint(255 * imread(io.BytesIO(base64.b64decode(found[0])))[..., :3]).astype(int) if found else None


def share(colors, color):
    return np.mean(np.abs(colors - color).max(-1) <= 2)


def table(html):
    """The cells of its first table, row by row."""
    rows = re.findall(r"<tr>(.*?)</tr>", html.split("</table>")[0])
    return [[re.sub("<.*?>", "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in rows]


@pytest.mark.parametrize("shape", [(3, 6, 4), (9, 6, 4), (2, 6, 4, 3), (2, 3, 4, 2, 2)])
def test_images_and_other_numbers_have_a_picture(shape):
    saliency = Saliency(RNG.normal(size=shape))
    assert picture(saliency._repr_html_()) is not None
    assert picture(saliency[0]._repr_html_()) is not None


@pytest.mark.parametrize(
    "saliency, why",
    [
        (Saliency(np.ones((2, 3, 4)), axes=("example", "class", "feature")), "every class"),
        (Saliency(np.full((2, 3), np.nan)), "not all numbers are finite"),
        (Saliency(np.ones((0, 3))), "no numbers"),
        (Saliency(np.ones((2, 3)), kind="molecule"), "SMILES"),
        (Saliency(np.ones((2, 3)), kind="<b>"), "&#x27;&lt;b&gt;&#x27;"),
    ],
)
def test_facts_are_shown_where_there_is_no_picture_and_why(saliency, why):
    page = saliency._repr_html_()
    assert picture(page) is None and "samples M" in page and why in page


def test_one_scale_for_all_maps_with_zero_in_the_middle():
    """Maps of +1 and of -.5: the dark red at the end, and the blue between the third and the fourth of RdBu's eleven."""
    page = Saliency(np.stack([np.full((4, 6), 1.0), np.full((4, 6), -0.5)]))._repr_html_()
    drawn = picture(page)
    middle = drawn[len(drawn) // 2]  # a row of pixels through both maps
    assert share(middle, (103, 0, 31)) > 0.3 and share(middle, (106, 172, 208)) > 0.3


def test_maps_whose_images_are_not_known_are_drawn_alone(tmp_path):
    predictions = {"class": [1, 0, 1], "probability": [0.93, 0.5, 0.7]}
    saliency = Saliency(RNG.normal(size=(3, 6, 4)), kind="image", predictions=predictions)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # as one of odd numbers of an image
        figure = saliency.plot(save_filepath=tmp_path / "a.png", title="maps", limit=2.0)
    assert [ax.get_title() for ax in figure.axes[:3]] == ["class 1 93 %", "class 0 50 %", "class 1 70 %"]
    assert "input" not in {ax.get_title() for ax in figure.axes} and (tmp_path / "a.png").stat().st_size > 3000
    ticks = {text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))}
    assert {"maps", "−2", "0", "2", "saliency"} <= ticks
    with pytest.raises(ValueError, match="ending"):
        saliency.plot(save_filepath=tmp_path / "a.gif")


def grey(**known):
    """Three grey images of 6 x 8 pixels with a saliency of 1 at one pixel of each."""
    maps = np.zeros((3, 6, 8))
    maps[:, 2, 3] = 1, 2, -4
    images = np.full((3, 6, 8, 3), 128, np.uint8)
    predictions = {"class": [1, 0, 1], "probability": [0.93, 0.5, 0.7]}
    known = {"predictions": predictions, "class_names": ["cat", "dog"], "score_name": "logit of class 1", **known}
    return Saliency(maps, axes=("example", "height", "width"), inputs=images, kind="image", **known)


def check_overlay(drawn):
    """One pixel of 48 of the overlay: .8 of the end of inferno over .2 of the grey; those of both panels else stay grey."""
    strong = share(drawn, np.array([252, 255, 164]) * 0.8 + 128 * 0.2)
    assert 0 < strong == pytest.approx(share(drawn, (128, 128, 128)) / (2 * 48 - 1), rel=0.1)


def test_an_image_is_the_overlay_with_class_and_probability():
    page = grey()[0]._repr_html_()
    check_overlay(picture(page))
    assert 'alt="dog 93 %; logit of dog"' in page
    assert 'alt="dog 93 %, cat 50 %, dog 70 %; logit of dog"' in grey()._repr_html_()


def test_a_row_of_a_table_has_names_values_and_errors_the_strongest_first():
    known = {
        "feature_names": ["age", "size", "year"],
        "std": [[0.4, 0.2, 0.0]] * 2,
        "M": 4,
        "axes": ("example", "feature"),
    }
    saliency = Saliency([[1.0, -3.0, 2.0]] * 2, inputs=np.array([[39, 0.5, 1984]] * 2), kind="table", **known)
    assert table(saliency[0]._repr_html_()) == [
        ["feature", "value", "saliency", "± standard error"],
        ["size", "0.5", "−3", "0.1"],
        ["year", "1984", "2", "0"],
        ["age", "39", "1", "0.2"],
    ]
    assert "background:#053061" in saliency[0]._repr_html_()  # the blue at the end of RdBu
    without = Saliency([1.0, -3.0], axes=("feature",))._repr_html_()
    assert table(without) == [["feature", "saliency"], ["feature 1", "−3"], ["feature 0", "1"]]


def test_rows_of_a_table_are_in_the_order_of_the_columns():
    values = np.tile([0.5, -3.0, 2.0], (30, 1))
    saliency = Saliency(
        values,
        feature_names=list("abc"),
        inputs=np.tile([39, 0.5, -0.25], (30, 1)),
        predictions={"output": np.arange(30.0)},
    )
    page = saliency._repr_html_()
    assert table(page)[0] == ["example", "prediction", "a", "b", "c"]
    assert table(page)[2] == ["1", "predicted 1", "39 (0.5)", "0.5 (−3)", "−0.25 (2)"] and len(table(page)) == 6
    assert "5 of 30 examples" in page and "features, the strongest" not in page
    wide = Saliency(np.tile(np.arange(12.0), (2, 1)))._repr_html_()
    assert table(wide)[0] == ["example", *(f"feature {k}" for k in range(2, 12))] and "10 of 12 features" in wide


def test_words_of_texts_are_in_their_order():
    tokens = [["not", "a", "good", "film", None], ["good", "good", None, None, None]] * 3
    saliency = Saliency(RNG.normal(size=(6, 5, 3)), axes=("example", "position", "feature"), kind="text", tokens=tokens)
    spans = re.findall(r"<span title=[^>]*>([^<]*)</span>", saliency._repr_html_())
    assert spans == ["not", "a", "good", "film", "good", "good", "not", "a", "good", "film"]
    assert "3 of 6 texts" in saliency._repr_html_() and "texts" not in saliency[1]._repr_html_()
    long = Saliency(np.ones(1000), axes=("position",), kind="text", tokens=[["w"] * 1000][0])._repr_html_()
    assert long.count(">w</span>") == 300 and "700 more words" in long


def test_molecules_are_their_drawing():
    pytest.importorskip("rdkit")
    saliency = Saliency([[1.0, -2.0, 0.5]], axes=("example", "atom"), kind="molecule", smiles=["CCO"])
    for each in (saliency, saliency[0]):
        source = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', each._repr_html_())
        assert base64.b64decode(source[0]).decode() == each.plot()


def test_facts_are_told_with_the_meaning_of_errors():
    """Errors .3/√9 = .1 of a strongest value of 2: 5 %; √(2 · .01) over √(5 − .02): 6.3 %."""
    saliency = Saliency(
        [[1.0, -2.0]], std=[[0.3, 0.3]], M=9, score_name="logit of <b>", relative_gap=[0.02], about={"calculator": "IG"}
    )
    page = saliency._repr_html_()
    assert "<b>" not in page and "logit of &lt;b&gt;" in page and "calculator" in page
    assert "median 5 % of the strongest value: how far a single value may be off" in page
    assert "6.3 %: how far a whole map may be from that of endless samples" in page
    assert "at most 2 %: how much the values&#x27; sum misses" in page
    noise = Saliency([[0.1, 0.1]] * 2, std=[[9.0, 9.0]] * 2, M=2)._repr_html_()
    assert "median all of it, hidden in noise, worst all of it" in noise


def hostile():
    known = {"class_names": ATTACKS, "score_name": ATTACKS[1], "about": {ATTACKS[0]: ATTACKS[1]}, "unpaired": ATTACKS}
    predictions = {"class": [0, 1, 2, 3, 4], "probability": [0.5] * 5}
    of_all = {**known, "predictions": predictions, "labels": ATTACKS}
    yield Saliency(RNG.normal(size=(5, 5)), feature_names=ATTACKS, inputs=np.array([ATTACKS] * 5, object), **of_all)
    yield Saliency(RNG.normal(size=(5, 5)), feature_names=ATTACKS, axes=(ATTACKS[0], ATTACKS[1]), kind="table")
    yield Saliency(RNG.normal(size=(5, 5)), kind="text", tokens=[ATTACKS] * 5, **of_all)
    yield Saliency(RNG.normal(size=(5, 8, 8)), kind="image", **of_all)
    yield Saliency(RNG.normal(size=(5, 8, 8)), kind="series", **of_all)
    yield Saliency(RNG.normal(size=(5, 3)), kind="molecule", smiles=ATTACKS, **of_all)
    yield Saliency(RNG.normal(size=(5, 3)), kind=ATTACKS[0])


@pytest.mark.parametrize("saliency", hostile())
def test_nothing_of_a_hostile_result_runs(saliency):
    for each in (saliency, saliency[2]) if saliency.axes[0] == "example" else (saliency,):
        page = Page(each._repr_html_())
        assert set(page.tags) <= {"div", "span", "table", "tr", "th", "td", "img", "details", "summary"}
        assert {name for name, _ in page.attributes} <= {"style", "src", "alt", "title", "dir"}
        sources = [value for name, value in page.attributes if name == "src"]
        assert all(re.fullmatch(r"data:image/(png|svg\+xml);base64,[\w+/=]+", source) for source in sources)
        assert not any("script" in value or "url" in value for name, value in page.attributes if name == "style")
    if saliency.tokens:
        assert all(attack in Page(saliency[0]._repr_html_()).words for attack in ATTACKS)


def test_a_page_is_small_however_many_examples_there_are():
    noise = RNG.random((1000, 60, 80, 3), dtype=np.float32)
    assert len(Saliency(noise[..., 0] - 0.5, kind="image", inputs=noise)._repr_html_()) < 2_000_000
    photographs = RNG.random((8, 300, 400, 3), dtype=np.float32)
    assert len(Saliency(photographs[..., 0] - 0.5, kind="image", inputs=photographs)._repr_html_()) < 2_000_000
    names = ["x" * 1000] * 200
    known = {
        "feature_names": names,
        "class_names": names,
        "score_name": names[0],
        "about": {str(k): names for k in range(99)},
    }
    assert len(Saliency(RNG.normal(size=(1000, 200)), **known)._repr_html_()) < 50_000
    text = Saliency(RNG.normal(size=(20, 5000)), kind="text", tokens=[["x" * 1000] * 5000] * 20)
    assert len(text._repr_html_()) < 500_000


CELLS = """
    import keras, numpy as np, kerasal
    from keras import layers as L
    model = keras.Sequential([keras.Input((6, 8, 1)), L.Flatten(), L.Dense(2)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    kernel = np.zeros((48, 2), "float32")
    kernel[2 * 8 + 3, 1] = 10
    model.set_weights([kernel, np.zeros(2)])
    images = np.full((1000, 6, 8, 1), 0.5, "float32")
    result = kerasal.GradientCalculator(model, 1).explain(images, class_names=["cat", "dog"], kind="image")
    result[0]
    ---
    result
    ---
    result[0].plot()
    ---
    row = keras.Sequential([keras.Input((3,)), L.Dense(1)])
    row.set_weights([np.array([[1.0], [-3.0], [2.0]]), np.zeros(1)])
    calculator = kerasal.GradientCalculator(row)
    calculator.explain(np.array([[39.0, 0.5, 1984.0]]), feature_names=["age", "size", "year"])[0]
    ---
    kerasal.Saliency([[1.0, -2.0]], axes=("example", "position"), kind="text", tokens=[["good", "<film>"]])
    ---
    kerasal.Saliency([[1.0, -2.0, 0.0]], axes=("example", "atom"), kind="molecule", smiles=["CCO"]).plot()
"""


def test_a_notebook_shows_results(tmp_path, monkeypatch):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    cells = [nbformat.v4.new_code_cell(code) for code in textwrap.dedent(CELLS).strip().split("\n---\n")]
    notebook = nbclient.NotebookClient(
        nbformat.v4.new_notebook(cells=cells), timeout=300, kernel_name="python3"
    ).execute()
    one, many, figure, row, text, molecule = (
        next(output for output in cell.outputs if output.output_type == "execute_result").data
        for cell in notebook.cells
    )
    check_overlay(picture(one["text/html"]))
    assert 'alt="dog 99 %; output of dog"' in one["text/html"] and one["text/plain"].startswith("<Saliency (height=6")
    assert picture(many["text/html"]) is not None and len(many["text/html"]) < 1_000_000
    assert imread(io.BytesIO(base64.b64decode(figure["image/png"]))).shape[0] > 200
    assert table(row["text/html"])[1:] == [["size", "0.5", "−3"], ["year", "1984", "2"], ["age", "39", "1"]]
    assert re.findall(r"<span title=[^>]*>([^<]*)</span>", text["text/html"]) == ["good", "&lt;film&gt;"]
    assert molecule["image/svg+xml"].count("<ellipse") == 3 and "Svg of" in molecule["text/plain"]


def test_values_of_features_are_those_of_pictures():
    """Of grouped columns the category; none beside the units of a layer, though they may be as many."""
    values, x = [[1.0, 3.0, -2.0]], np.array([[0.125, 0.0, 1.0]])
    axes, names = ("example", "feature"), ["size", "colour_red", "colour_blue"]
    table = Saliency(values, axes=axes, feature_names=names, inputs=x, about={"input": 0}, kind="table")
    html = table.grouped({"colour": names[1:]})[0]._repr_html_()
    assert html.index("colour") < html.index("blue") and "0.125" in html
    of_layer = {"input": 0, "target": "LayerExtractor('dense', timing='post')"}
    assert "0.125" not in Saliency(values, axes=axes, inputs=x, about=of_layer, kind="table")[0]._repr_html_()
