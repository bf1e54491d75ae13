"""Letters of all the world in pictures: fonts that have them, cells as wide as they are, and words where no font has them."""

import itertools
import warnings

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from kerasal import Saliency
from kerasal.visualizers import TextVisualizer, fonts
from kerasal.visualizers.text_signs import visible

NO_FONT = "\U00016a40\U00016a41"  # Mro, of which no font is at hand here
CELL, PAD = 10, 2  # points: of a letter as wide as the font is high, inside a box


def made_font(path, letters, name):
    """A font whose letters are black squares, one em wide."""
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0)), pen.lineTo((100, 800)), pen.lineTo((900, 800)), pen.lineTo((900, 0)), pen.closePath()
    square, names = pen.glyph(), [".notdef", *(f"u{ord(letter):X}" for letter in letters)]
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(names)
    font.setupCharacterMap({ord(letter): f"u{ord(letter):X}" for letter in letters})
    font.setupGlyf(dict.fromkeys(names, square))
    font.setupHorizontalMetrics(dict.fromkeys(names, (1000, 100)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": name, "styleName": "Regular"})
    font.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWeightClass=400)
    font.setupPost()
    font.save(path)


@pytest.fixture
def square_font(tmp_path):
    made_font(tmp_path / "squares.ttf", NO_FONT, "Squares")
    before = list(font_manager.fontManager.ttflist)
    font_manager.fontManager.addfont(tmp_path / "squares.ttf")
    yield "Squares"
    font_manager.fontManager.ttflist[:] = before
    font_manager.fontManager._findfont_cached.cache_clear()


def drawn(tokens, **options):
    figure = TextVisualizer().visualize(np.linspace(-1, 1, len(tokens)), tokens, **options)
    FigureCanvasAgg(figure).draw()
    ax = figure.axes[0]
    return figure, list(ax.patches), [text.get_text() for text in ax.texts]


def test_a_font_that_has_the_letters_is_found(square_font):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure, boxes, words = drawn(["a", NO_FONT[0], NO_FONT, "b"])
    assert words == ["a", NO_FONT[0], NO_FONT, "b"]
    assert [box.get_width() for box in boxes[1:3]] == [pytest.approx(n * CELL + 2 * PAD, abs=1.6) for n in (1, 2)]
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]
    box = boxes[2]
    x, y = figure.axes[0].transData.transform((box.get_x() + PAD + 1.5 * CELL, box.get_y() + box.get_height() / 2))
    assert pixels[len(pixels) - round(y), round(x)].tolist() in ([0, 0, 0], [255, 255, 255])  # inside the second square


def test_letters_without_a_font_are_told():
    way = r"No font at hand has the letters .*drawn as .*save as \.html.*Or install Noto Sans Mro"
    with pytest.warns(UserWarning, match=way) as warned:
        _, boxes, words = drawn(["good", NO_FONT, "bad"], title=NO_FONT)
    assert [each.filename for each in warned] == [__file__] and words == ["good", fonts.MISSING * 2, "bad"]
    assert all(a.get_x() + a.get_width() <= b.get_x() for a, b in itertools.pairwise(boxes))


def test_the_way_out_goes(tmp_path):
    """HTML has the letters themselves, and says nothing of fonts."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert NO_FONT in TextVisualizer().html([1.0, 2.0], [NO_FONT, "b"])
        TextVisualizer().visualize([1.0, 2.0], [NO_FONT, "b"], tmp_path / "a.html")
    assert NO_FONT in (tmp_path / "a.html").read_text("utf-8")


@pytest.mark.parametrize(
    "letters, font",
    [("中日", "Noto Sans CJK"), ("한", "Noto Sans CJK"), ("か", "Noto Sans CJK"), ("न", "Noto Sans Devanagari")]
    + [("👍", "Noto Emoji"), ("中न", "Noto Sans CJK and Noto Sans Devanagari")],
)
def test_a_font_to_install_is_named(letters, font):
    assert fonts._fonts_to_install(letters) == font


@pytest.mark.parametrize(
    "token, sign",
    [("", "∅"), (" ", "␣"), ("   ", "␣␣␣"), ("\u3000", "␣"), ("\xa0", "␣"), ("\n\n", "↵↵"), ("\u2028", "↵")]
    + [("\u200b", "U+200B"), ("\u0301", "◌\u0301"), ("a b", "a b"), ("##ing", "##ing"), ("▁the", "▁the"), ("Ġa", "Ġa")]
    + [("e\u0301", "e\u0301"), ("\ud800", "\ufffd"), ("a\tb", "a⇥b")],
)
def test_signs(token, sign):
    assert visible(token) == sign


def test_text_that_runs_from_right_to_left_is_set_so():
    tokens = [*"אבגד", "film"]
    _, boxes, words = drawn(tokens, width=3)
    assert words == tokens
    assert all(a.get_x() >= b.get_x() + b.get_width() for a, b in itertools.pairwise(boxes))
    assert boxes[0].get_x() + boxes[0].get_width() == pytest.approx(3 * 72)
    _, boxes, _ = drawn(["film", *"אבגד"], width=3)
    assert boxes[0].get_x() == 0


def test_a_token_wider_than_the_text_is_shortened_in_the_middle():
    figure, boxes, words = drawn(["a", "begin" + "x" * 400 + "end", "b"], width=4)
    assert words[1].startswith("beginx") and words[1].endswith("xend") and words[1].count("…") == 1
    assert 3.7 * 72 < boxes[1].get_width() <= 4 * 72 and figure.get_size_inches()[0] < 4.3
    assert "x" * 400 in TextVisualizer().html([1.0], ["begin" + "x" * 400 + "end"])


def test_five_hundred_tokens_are_all_there():
    tokens = [f"t{k}" for k in range(500)]
    _, boxes, words = drawn(tokens)
    assert words == tokens and len({(box.get_x(), box.get_y()) for box in boxes}) == 500


def test_names_in_every_picture_are_in_fonts_that_have_their_letters(square_font, tmp_path):
    saliency = Saliency([[1.0, -2.0], [0.5, 3.0]], axes=("example", "feature"), feature_names=[NO_FONT, "plain ±"])
    figure = saliency.plot(save_filepath=tmp_path / "a.png")
    families = {text.get_text(): text.get_fontfamily() for text in figure.findobj(Text) if text.get_text()}
    assert "Squares" in families[NO_FONT] and "plain ±" in families


def test_names_without_a_font_are_told(tmp_path):
    saliency = Saliency([[1.0, -2.0], [0.5, 3.0]], axes=("example", "feature"), feature_names=[NO_FONT, "plain"])
    with pytest.warns(
        UserWarning, match="Name classes and features in other letters. Or install Noto Sans Mro"
    ) as warned:
        figure = saliency.plot(save_filepath=tmp_path / "a.png")
    assert len(warned) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # said once a figure, and nothing by matplotlib
        figure.savefig(tmp_path / "b.png")
