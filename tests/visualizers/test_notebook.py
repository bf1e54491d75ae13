"""What a notebook shows: a picture where the shape has one, facts always, nothing that could run."""

import base64
import io
import re

import numpy as np
import pytest
from matplotlib.image import imread

from kerasal.saliency import Saliency

RNG = np.random.default_rng(0)


def picture(html):
    """The picture in it, (H, W, 3) floats; None where there is none."""
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    return imread(io.BytesIO(base64.b64decode(found[0])))[..., :3] if found else None


@pytest.mark.parametrize("shape", [(5, 7), (1, 7), (3, 6, 4), (9, 6, 4), (2, 6, 4, 3)])
def test_tables_and_images_have_a_picture(shape):
    saliency = Saliency(RNG.normal(size=shape))
    assert picture(saliency._repr_html_()) is not None
    assert picture(saliency[0]._repr_html_()) is not None


@pytest.mark.parametrize(
    "saliency",
    [
        Saliency(np.ones((2, 3, 4, 5, 6))),
        Saliency(np.ones((2, 3, 4)), axes=("example", "class", "feature")),
        Saliency(np.full((2, 3), np.nan)),
        Saliency(np.ones((0, 3))),
    ],
)
def test_other_shapes_have_facts_alone(saliency):
    page = saliency._repr_html_()
    assert picture(page) is None and "samples M" in page


def test_one_scale_for_all_maps_with_zero_in_the_middle():
    """Maps of +1 and of -.5: the dark red at the end, and the blue between the third and the fourth of RdBu's eleven."""
    page = Saliency(np.stack([np.full((4, 6), 1.0), np.full((4, 6), -0.5)]))._repr_html_()
    drawn = np.rint(255 * picture(page)).astype(int)
    middle = drawn[len(drawn) // 2]  # a row of pixels through both maps
    assert share(middle, (103, 0, 31)) > 0.3 and share(middle, (106, 172, 208)) > 0.3


def share(colors, color):
    return np.mean(np.abs(colors - color).max(-1) <= 2)


def test_facts_are_told_and_escaped():
    saliency = Saliency(
        [[1.0, -2.0]],
        std=[[0.3, 0.3]],
        M=9,
        score_name="logit of <b>",
        relative_gap=[0.02],
        about={"calculator": "IG"},
    )
    page = saliency._repr_html_()
    assert "<b>" not in page and "logit of &lt;b&gt;" in page
    assert "at most 2 %" in page and "5 % of the strongest value" in page and "calculator" in page
