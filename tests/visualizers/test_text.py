"""Text: colours at their tokens, everything escaped, padding left out, refusals before anything is written."""

import itertools
import os
import re

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from three_parts import refused

from kerasal.saliency import Saliency
from kerasal.visualizers.colors import readable_on
from kerasal.visualizers.text import TextVisualizer

WHITE, DARK_RED, DARK_BLUE = "#f7f7f7", "#67001f", "#053061"  # middle and ends of ColorBrewer RdBu, 11 classes
TOKENS = ["not", "bad", "<b>&", "acting"]
SIGNED = [0.0, -2.0, 2.0, 1.0]
draw = TextVisualizer().visualize


def boxes(figure):
    """[(word, its background, its ink)] in reading order, the box and the word checked to be in one place."""
    FigureCanvasAgg(figure).draw()
    ax = figure.axes[0]
    found = []
    words = [text for text in ax.texts]
    for box in (patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)):
        across, down = box.get_x() + box.get_width() / 2, box.get_y() + box.get_height() / 2
        (word,) = [text for text in words if np.allclose(text.get_position(), (across, down))]
        found.append((box.get_y(), box.get_x(), word.get_text(), to_hex(box.get_facecolor()), word.get_color()))
    return [tuple(rest) for _, _, *rest in sorted(found)]


def test_known_saliency_has_known_colours():
    found = boxes(draw(SIGNED, TOKENS))
    assert [word for word, _, _ in found] == TOKENS
    assert [color for _, color, _ in found[:3]] == [WHITE, DARK_BLUE, DARK_RED]
    assert [ink for _, _, ink in found[:3]] == ["#000000", "#ffffff", "#ffffff"]


def test_as_drawn():
    """The pixels of the boxes, beside their words."""
    figure = draw([1.0, -1.0], ["    ", "    "], title=None)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels, ax = np.asarray(canvas.buffer_rgba())[..., :3], figure.axes[0]
    for box, expected in zip(ax.patches, (DARK_RED, DARK_BLUE), strict=True):
        x, y = ax.transData.transform((box.get_x() + 4, box.get_y() + 4))
        assert to_hex(pixels[len(pixels) - round(y), round(x)] / 255) == expected


def test_unsigned_saliency_starts_at_white():
    found = boxes(draw([0.0, 4.0], ["a", "b"]))
    assert found[0][1] == "#fff5f0" and found[1][1] == "#67000d"  # the ends of ColorBrewer Reds, 9 classes


def test_padding_neither_shown_nor_scaled():
    assert [word for word, _, _ in boxes(draw([0.5, 1.0, -99.0], ["a", "b", None]))] == ["a", "b"]
    assert boxes(draw([0.5, 1.0, -99.0], ["a", "b", None])) == boxes(draw([0.5, 1.0], ["a", "b"]))


def test_what_cannot_be_seen_is_shown_by_a_sign():
    assert [word for word, _, _ in boxes(draw([1, 1, 1, 1.0], ["\n", "", " ", "a\x00$b$"]))] == [
        "↵",
        "∅",
        "␣",
        "a\ufffd$b$",
    ]


def test_long_texts_wrap_inside_the_figure():
    figure = draw(np.arange(60.0), [f"token{k}" for k in range(60)], width=4)
    FigureCanvasAgg(figure).draw()
    ax = figure.axes[0]
    assert [word for word, _, _ in boxes(figure)] == [f"token{k}" for k in range(60)]
    assert len({box.get_y() for box in ax.patches}) > 5
    for box in ax.patches:
        assert box.get_x() >= 0 and box.get_x() + box.get_width() <= ax.get_xlim()[1]
    window = [text.get_window_extent() for text in ax.texts]
    assert all(0 <= extent.x0 and extent.x1 <= figure.bbox.width for extent in window)
    assert all(0 <= extent.y0 and extent.y1 <= figure.bbox.height for extent in window)


def test_no_box_covers_another():
    figure = draw(np.arange(40.0), ["wide words" * (1 + k % 3) for k in range(40)])
    spans = [(p.get_y(), p.get_x(), p.get_x() + p.get_width()) for p in figure.axes[0].patches]
    for (line, _, end), (next_line, start, _) in itertools.pairwise(spans):
        assert next_line > line or start >= end


def test_batches_share_one_scale_when_unscaled():
    saliencies = {"one": np.array([[1.0, -4.0], [0.0, 2.0]]), "two": [[2.0, 0.0], [4.0, -1.0]]}
    figure = TextVisualizer().visualize_batch(saliencies, [["a", "b"]] * 2, ["pos", "neg"], [0.9, 0.8], scaler=None)
    found = boxes(figure)
    assert found[1][1] == DARK_BLUE and found[6][1] == DARK_RED  # -4 of one, 4 of two
    words = [text.get_text() for text in figure.axes[0].texts]
    assert words.index("pos (0.90)") < words.index("one") < words.index("two") < words.index("neg (0.80)")


def test_html_is_escaped_and_tells_values():
    saliency = Saliency([SIGNED], std=[[0.1, 0.2, 0.3, 0.4]], M=9, axes=("example", "token"))
    page = TextVisualizer().html(saliency[0], TOKENS, title='<script>"x"</script>')
    assert "<b>" not in page and "<script>" not in page and "&lt;b&gt;&amp;" in page
    spans = re.findall(r'<span title="([^"]*)" style="background:(#\w+);color:(#\w+)[^"]*">([^<]*)</span>', page)
    assert [span[0] for span in spans] == ["0 ± 0.1", "−2 ± 0.2", "2 ± 0.3", "1 ± 0.4"]
    assert [span[1] for span in spans[:3]] == [WHITE, DARK_BLUE, DARK_RED]


@pytest.mark.parametrize(
    "ending, magic", [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF"), ("html", b"<!doc")]
)
def test_files(ending, magic, tmp_path):
    path = tmp_path / f"text.{ending}"
    assert isinstance(draw(SIGNED, TOKENS, path), Figure)
    assert path.read_bytes().startswith(magic) and os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize(
    "saliency, tokens, error, words",
    [
        (Saliency(np.ones((2, 3))), list("abc"), ValueError, "saliency[0]"),
        ([1.0, 2.0], list("abc"), ValueError, "3 tokens"),
        (np.ones((3, 4)), list("abc"), ValueError, "ch_axis=-1"),
        ([1.0, 2.0, 3.0], "abc", TypeError, "'abc'"),
        ([1.0, 2.0], ["a", 7], TypeError, "7"),
        ([1.0], [None], ValueError, "padding"),
        ([np.nan], ["a"], ValueError, "NaN"),
    ],
)
def test_what_is_refused(saliency, tokens, error, words, tmp_path):
    with refused(words, error=error):
        draw(saliency, tokens, tmp_path / "text.png")
    assert os.listdir(tmp_path) == []


def test_batches_that_do_not_fit():
    with refused("labels"):
        TextVisualizer().visualize_batch({"a": [[1.0]]}, [["x"]], labels=[1, 2])
    with refused("at least one method"):
        TextVisualizer().visualize_batch({}, [["x"]])
    with refused(".html"):
        draw([1.0], ["a"], "text.bmp")


def test_ink_can_be_read():
    """Contrast by the definition of WCAG 2.2: black on white has 21, and none is below 4.5."""
    assert readable_on((1, 1, 1)) == "#000000" and readable_on((0, 0, 0)) == "#ffffff"
    assert readable_on((0.45, 0.45, 0.45)) == "#ffffff" and readable_on((0.47, 0.47, 0.47)) == "#000000"
