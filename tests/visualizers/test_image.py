import os
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread

from kerasal.saliency import Saliency
from kerasal.visualizers.colors import color_limits, color_scale, limits_text
from kerasal.visualizers.image import ImageVisualizer
from kerasal.visualizers.image_pixels import caption_strip, render, rgb_image

DARK_RED, NEAR_WHITE, DARK_BLUE = (103, 0, 31), (247, 247, 247), (5, 48, 97)  # ColorBrewer RdBu, 11 classes
INFERNO_LOW, INFERNO_HIGH = (0, 0, 4), (252, 255, 164)  # the ends of inferno, #000004 and #fcffa4
SIGNED = np.array([[2.0, 0.0, -2.0], [0.0, -2.0, 0.0]])
ALL = ("original", "heat", "overlay")


def draw(*args, **kwargs):
    return ImageVisualizer().visualize(*args, **kwargs)


def pixels(figure, ax, size):
    """The colour at the middle of each element of the picture in `ax`, as drawn, first row at the top."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return colours(np.asarray(canvas.buffer_rgba())[..., :3], ax, size)


def colours(drawn, ax, size):
    found = np.zeros((*size, 3), np.uint8)
    for row, column in np.ndindex(size):
        x, y = ax.transAxes.transform(((column + 0.5) / size[1], 1 - (row + 0.5) / size[0]))
        found[row, column] = drawn[int(len(drawn) - y), int(x)]
    return found


# ---------------------------------------------------------------------------------------------------- pixels


def test_signed_map_is_centred_on_zero_with_the_first_row_on_top():
    figure = draw(SIGNED)
    expected = [[DARK_RED, NEAR_WHITE, DARK_BLUE], [NEAR_WHITE, DARK_BLUE, NEAR_WHITE]]
    np.testing.assert_array_equal(pixels(figure, figure.axes[0], (2, 3)), expected)


def test_zero_keeps_its_colour_when_the_map_is_lopsided():
    figure = draw([[4.0, 0.0], [-0.001, 0.0], [1.0, 2.0]], scaler=None)
    drawn = pixels(figure, figure.axes[0], (3, 2))
    np.testing.assert_array_equal(drawn[:, 1][:2], [NEAR_WHITE, NEAR_WHITE])
    np.testing.assert_array_equal(drawn[0, 0], DARK_RED)


def test_unsigned_map_starts_at_zero():
    figure = draw([[3.0, 0.0], [0.0, 3.0], [3.0, 3.0]])
    high, low = INFERNO_HIGH, INFERNO_LOW
    expected = [[high, low], [low, high], [high, high]]
    np.testing.assert_allclose(pixels(figure, figure.axes[0], (3, 2)).astype(int), expected, atol=1)


def test_map_of_zeros_is_all_zero_colour():
    figure = draw(np.zeros((2, 3)))
    np.testing.assert_allclose(pixels(figure, figure.axes[0], (2, 3)), np.full((2, 3, 3), INFERNO_LOW), atol=1)


def test_jet_on_request():
    figure = draw([[1.0, 0.0, -1.0]], cmap="jet")
    expected = [[(128, 0, 0), (125, 255, 122), (0, 0, 128)]]  # jet: dark red, green in the middle, dark blue
    np.testing.assert_allclose(pixels(figure, figure.axes[0], (1, 3)).astype(int), expected, atol=4)


def test_panels_from_left_to_right():
    image = np.array([[[255, 0, 0], [0, 0, 0], [255, 255, 255]], [[0, 0, 255], [0, 255, 0], [10, 20, 30]]], np.uint8)
    figure = draw(SIGNED, image, panels=ALL, alpha=0.25)
    assert [ax.get_title() for ax in figure.axes] == list(ALL)
    original, heat, overlay = (pixels(figure, ax, (2, 3)).astype(float) for ax in figure.axes)
    np.testing.assert_array_equal(original, image)
    np.testing.assert_array_equal(heat[0], [DARK_RED, NEAR_WHITE, DARK_BLUE])
    opacity = 0.25 * np.array([[1, 0, 1], [0, 1, 0]])[..., None]  # of |saliency| 2, 0, 2
    np.testing.assert_allclose(overlay, (1 - opacity) * image + opacity * heat, atol=0.5 + 1e-6)
    np.testing.assert_array_equal(overlay[SIGNED == 0], image[SIGNED == 0])  # in its own colours


def test_opacity_is_in_proportion_to_the_strength():
    image = np.zeros((1, 5))
    figure = draw([[0.0, 0.25, 0.5, 1.0, 3.0]], image, cmap="gray", limit=1.0, scaler=None, alpha=0.8)
    expected = [
        0.8 * strength * strength * 255 for strength in (0, 0.25, 0.5, 1, 1)
    ]  # the colour itself is in proportion, too
    np.testing.assert_allclose(pixels(figure, figure.axes[0], (1, 5))[0, :, 0], expected, atol=1.5)


@pytest.mark.parametrize("alpha, shown", [(0.0, np.full((1, 2, 3), 51)), (1.0, [[DARK_RED, DARK_BLUE]])])
def test_alpha_is_the_opacity_of_the_heat(alpha, shown):
    figure = draw([[1.0, -1.0]], np.full((1, 2), 0.2), alpha=alpha)  # the overlay is what an image gives by default
    np.testing.assert_array_equal(pixels(figure, figure.axes[0], (1, 2)), shown)


def test_percentile_cuts_the_strongest_and_the_bar_says_so():
    values = np.ones((20, 50))
    values[7, 3:7] = [100, 100, 100, 0]  # 3 of 1000 are stronger than the rest
    assert color_limits(values, 99.5) == (0, 1) and color_limits(values, 99.8) == (0, 100)
    assert color_limits(values, 100) == (0, 100)
    assert color_limits(np.array([[1.0, 5.0], [-3.0, 2.0]])) == (-5, 5)  # 99.5 cuts nothing of fewer than 200
    sparse = np.zeros((20, 50))
    sparse[3, 4] = -7
    assert color_limits(sparse) == (-7, 7)

    figure = draw(values, scaler=None)
    (bar,) = figure.axes[0].child_axes
    assert [label.get_text() for label in bar.get_yticklabels()] == ["0", "1"]
    np.testing.assert_allclose(pixels(figure, figure.axes[0], (20, 50))[0, 0], INFERNO_HIGH, atol=1)


@pytest.mark.parametrize(
    "scaler, ticks, label",
    [(None, ["−2", "0", "2"], "saliency"), ("default", ["−1", "0", "1"], "saliency / max |saliency|")],
)
def test_colorbar_has_zero_in_the_middle_and_says_what_it_shows(scaler, ticks, label):
    figure = draw(SIGNED, **({} if scaler == "default" else {"scaler": scaler}))
    (bar,) = figure.axes[0].child_axes
    assert [tick.get_text() for tick in bar.get_yticklabels()] == ticks
    assert np.mean(bar.get_ylim()) == 0 and bar.get_ylabel() == label
    assert not draw(SIGNED, show_colorbar=False).axes[0].child_axes
    assert not draw(SIGNED, np.zeros((2, 3)), panels="original").axes[0].child_axes


def test_limit_makes_pictures_comparable():
    figure = draw([[2.0, 1.0]], scaler=None, limit=2.0, cmap="gray")
    np.testing.assert_allclose(pixels(figure, figure.axes[0], (1, 2))[0, :, 0], [255, 127.5], atol=1)
    half = draw([[1.0, 0.0]], scaler=None, limit=2.0, cmap="gray")
    np.testing.assert_allclose(pixels(half, half.axes[0], (1, 2))[0, :, 0], [127.5, 0], atol=1)


def test_one_channel_and_one_example_of_a_batch():
    batch = Saliency(np.stack([SIGNED, -SIGNED])[..., None], axes=("example", "height", "width", "channel"))
    figure = draw(batch[1])
    assert tuple(pixels(figure, figure.axes[0], (2, 3))[0, 0]) == DARK_BLUE


# ---------------------------------------------------------------------------------------------------- images


@pytest.mark.parametrize(
    "image, expected",
    [
        (np.array([[0, 51, 255]], np.uint8), [0, 0.2, 1]),
        (np.array([[0.0, 0.2, 1.0]], np.float32), [0, 0.2, 1]),
        (np.array([[-1.0, -0.6, 1.0]], np.float32), [0, 0.2, 1]),
        (np.array([[[0], [51], [255]]], np.uint8), [0, 0.2, 1]),
    ],
)
def test_grey_images(image, expected):
    rgb = rgb_image(image, (1, 3))
    assert rgb.shape == (1, 3, 3)
    np.testing.assert_allclose(rgb, np.repeat(np.reshape(expected, (1, 3, 1)), 3, -1), atol=1e-7)


def test_colours_opacity_and_named_range():
    image = np.array([[[255, 0, 51], [0, 255, 0]]], np.uint8)
    np.testing.assert_allclose(rgb_image(image, (1, 2)), [[[1, 0, 0.2], [0, 1, 0]]])
    see_through = np.array([[[1.0, 0.0, 0.0, 0.25], [0.0, 0.0, 1.0, 0.0]]])
    np.testing.assert_allclose(rgb_image(see_through, (1, 2)), [[[1, 0.75, 0.75], [1, 1, 1]]])
    np.testing.assert_allclose(rgb_image([[0, 4, 16]], (1, 3), (0, 16))[..., 0], [[0, 0.25, 1]])
    np.testing.assert_allclose(rgb_image(np.array([[0.0, 1.0]]), (1, 2), (-1, 1))[..., 0], [[0.5, 1]])


@pytest.mark.parametrize("image_range", [(0, 8), (1, 16), (16, 0), (3, 3)])
def test_image_range_that_does_not_hold(image_range):
    with pytest.raises(ValueError, match="image_range names the values of black and white.*Received"):
        rgb_image(np.array([[0, 16]]), (1, 2), image_range)


# ---------------------------------------------------------------------------------------------------- words, files


def test_title_with_the_prediction():
    assert draw(SIGNED).axes[0].get_title() == "Image saliency map"
    assert draw(SIGNED, label=7, probability=0.984).axes[0].get_title() == "Image saliency map\n7 (0.98)"
    assert draw(SIGNED, title=None, label="a $dog$ cat").axes[0].get_title() == "a $dog$ cat"
    figure = draw(SIGNED, np.zeros((2, 3)), panels=ALL, label="cat")
    assert figure.get_suptitle() == "Image saliency map\ncat"


@pytest.mark.parametrize(
    "ending, start", [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF"), (".PNG", b"\x89PNG")]
)
def test_saves_and_replaces(ending, start, tmp_path):
    path = tmp_path / f"map{ending}"
    path.write_bytes(b"old")
    assert isinstance(draw(SIGNED, save_filepath=str(path)), Figure)
    assert path.read_bytes().startswith(start)
    assert os.listdir(tmp_path) == [path.name]


def test_saved_pixels_are_the_drawn_ones(tmp_path):
    figure = draw(SIGNED, save_filepath=tmp_path / "map.png", bbox_inches=None)
    saved = np.rint(imread(tmp_path / "map.png") * 255)[..., :3]
    assert saved.shape[:2] == tuple(np.rint(figure.get_size_inches()[::-1] * figure.dpi))
    np.testing.assert_array_equal(colours(saved, figure.axes[0], (2, 3)), pixels(figure, figure.axes[0], (2, 3)))


def test_failed_save_leaves_the_old_picture(tmp_path, monkeypatch):
    def full_disk(figure, file, **kwargs):
        file.write_bytes(b"half")
        raise OSError("No space left on device")

    (tmp_path / "map.png").write_bytes(b"old")
    monkeypatch.setattr(Figure, "savefig", full_disk)
    with pytest.raises(OSError, match="No space"):
        draw(SIGNED, save_filepath=tmp_path / "map.png")
    assert (tmp_path / "map.png").read_bytes() == b"old" and os.listdir(tmp_path) == ["map.png"]


def test_draws_into_given_axes():
    figure = Figure(figsize=(6, 3))
    left, right = figure.subplots(1, 2)
    assert draw(SIGNED, ax=right) is figure
    assert tuple(pixels(figure, right, (2, 3))[0, 0]) == DARK_RED and not left.images


@pytest.mark.parametrize(
    "saliency, kwargs, message",
    [
        (
            Saliency(np.ones((1, 32, 48, 3))),
            {},
            r"ImageVisualizer draws one example, shape .*\. Received shape \(1, 32, 48, 3\).* e\.g\. saliency\[0\]\.",
        ),
        (np.ones((1, 32, 48, 3)), {}, r"Received shape \(1, 32, 48, 3\)\. Index the batch first, e\.g\. saliency\[0\]"),
        (Saliency(np.ones((5, 4))), {}, r"Received shape \(5, 4\), a batch"),
        (np.ones((5, 4, 3)), {}, r"one number per pixel.*Received shape \(5, 4, 3\)\. Reduce .* ch_axis=-1"),
        (np.ones(4), {}, r"Received shape \(4,\)"),
        (np.ones((0, 4)), {}, r"Received shape \(0, 4\)"),
        ([[np.inf, 0.0]], {}, "finite real numbers. Received: dtype float64, with NaN or infinity"),
        ([[True, False]], {}, "finite real numbers. Received: dtype bool"),
        (SIGNED, dict(image=np.zeros((3, 2))), r"same height and width. Received: image \(3, 2\), saliency \(2, 3\)"),
        (SIGNED, dict(image=np.zeros((1, 2, 3, 3))), r"An image has shape .* Received shape \(1, 2, 3, 3\)"),
        (SIGNED, dict(image=np.zeros((2, 3, 2))), r"An image has shape .* Received shape \(2, 3, 2\)"),
        (
            SIGNED,
            dict(image=np.full((2, 3), np.nan)),
            "finite real numbers. Received: dtype float64, .* NaN or infinity",
        ),
        (SIGNED, dict(image=np.ones((2, 3)), image_range="imagnet"), "'imagnet'. Pass 'imagenet'"),
        (SIGNED, dict(image=np.zeros((2, 3)), alpha=1.5), r"alpha must be in \[0, 1\]\. Received: 1.5"),
        (SIGNED, dict(panels=("heat", "overlay")), r"where there is no image\. Received: \('heat', 'overlay'\)"),
        (SIGNED, dict(image=np.zeros((2, 3)), panels=("heat", "side")), "panels are some of .* Received: .*'side'"),
        (SIGNED, dict(panels=()), r"panels are some of .* Received: \(\)"),
        (SIGNED, dict(cmap="jett"), "cmap must be a colour map of matplotlib. Received: 'jett'"),
        (SIGNED, dict(percentile=0), r"percentile must be in \(0, 100\]. Received: 0"),
        (SIGNED, dict(limit=-1.0), "limit must be a positive number. Received: -1"),
        (SIGNED, dict(probability=98), r"probability must be in \[0, 1\]. Received: 98"),
        (SIGNED, dict(image=np.zeros((2, 3)), panels=ALL, ax=Figure().subplots()), "One pair of axes takes one panel"),
    ],
)
def test_errors_leave_no_file(saliency, kwargs, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        draw(saliency, save_filepath=tmp_path / "map.png", **kwargs)
    assert os.listdir(tmp_path) == []


def test_bad_paths_are_refused_before_anything_else(tmp_path):
    nonsense = np.ones((5, 5, 5, 5))
    with pytest.raises(ValueError, match=r"saved as \.png, \.svg, \.pdf\. Received: 'map\.jpg'"):
        draw(nonsense, save_filepath="map.jpg")
    with pytest.raises(FileNotFoundError, match="folder that exists. Received: .*missing"):
        draw(nonsense, save_filepath=tmp_path / "missing" / "map.png")


# ---------------------------------------------------------------------------------------------------- grid

MAPS = {
    "vanilla": np.array([[[4.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [[2.0, 1.0, 0.0], [0.0, 0.0, 4.0]]]),
    "half": Saliency(np.array([[[2.0, 0.0, 1.0], [0.0, 0.0, 0.0]], [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]])[..., None]),
}
IMAGES = np.array([[[0.0, 0.2, 0.4], [0.6, 0.8, 1.0]], [[1.0, 0.0, 0.0], [0.0, 0.0, -0.0]]])


def grid(maps=MAPS, images=IMAGES, **kwargs):
    return ImageVisualizer().visualize_batch(maps, images, **kwargs)


@pytest.mark.parametrize(
    "scale, first, second",
    [
        ("method", [[255, 127.5], [255, 127.5]], [2, 1]),  # each column reaches its own maximum, 4 and 2
        ("all", [[255, 127.5], [127.5, 63.75]], [2, 1]),  # both reach 4
        ("map", [[255, 127.5], [255, 255]], [2, 1]),
    ],
)
def test_grid_shares_its_colours(scale, first, second):
    figure = grid(scale=scale, cmap="gray")
    axes = np.reshape(figure.axes, (2, 3))
    corner = [[pixels(figure, axes[n, 1 + k], (2, 3))[0, 0, 0] for n in range(2)] for k in range(2)]
    np.testing.assert_allclose(corner, first, atol=1)


def test_grid_rows_columns_and_words():
    figure = grid(labels=["pred 7", 3], probabilities=[0.984, 0.5], title="digits", colorbar_label="logit per unit")
    axes = np.reshape(figure.axes, (2, 3))
    assert [ax.get_title() for ax in axes[0]] == ["input", "vanilla", "half"]
    assert [ax.get_ylabel() for ax in axes[:, 0]] == ["pred 7 (0.98)", "3 (0.50)"]
    assert figure.get_suptitle() == "digits"
    np.testing.assert_array_equal(pixels(figure, axes[0, 0], (2, 3))[..., 0], [[0, 51, 102], [153, 204, 255]])
    np.testing.assert_allclose(pixels(figure, axes[1, 1], (2, 3))[1, 2], INFERNO_HIGH, atol=1)
    bars = [[len(ax.child_axes) for ax in row] for row in axes]
    assert bars == [[0, 0, 0], [0, 1, 1]]
    assert axes[1, 2].child_axes[0].get_xlabel() == "logit per unit"
    assert [tick.get_text() for tick in axes[1, 2].child_axes[0].get_xticklabels()] == ["0", "2"]


def test_grid_signs_are_per_scale():
    figure = grid({"signed": np.stack([SIGNED, SIGNED]), "unsigned": np.abs(np.stack([SIGNED, SIGNED]))})
    axes = np.reshape(figure.axes, (2, 3))
    assert tuple(pixels(figure, axes[1, 1], (2, 3))[0, 1]) == NEAR_WHITE
    np.testing.assert_allclose(pixels(figure, axes[1, 2], (2, 3))[0, 1], INFERNO_LOW, atol=1)


def test_grid_images_share_one_range():
    signed = IMAGES.copy()
    signed[0, 0, 0] = -1  # so that all lie in [-1, 1], and 0 is grey in both
    figure = grid(images=signed)
    assert pixels(figure, figure.axes[3], (2, 3))[0, 1, 0] == 128


def test_grid_overlays_and_saves(tmp_path):
    figure = grid(overlay=True, alpha=0.5, cmap="gray", save_filepath=tmp_path / "grid.png")
    drawn = pixels(figure, figure.axes[4], (2, 3))[0, :, 0]
    assert drawn[0] == pytest.approx(0.75 * 255 + 0.25 * 127.5, abs=1)  # 2 of 4: half of alpha
    assert drawn[1] == pytest.approx(0.875 * 0 + 0.125 * 63.75, abs=1)
    assert os.listdir(tmp_path) == ["grid.png"]


@pytest.mark.parametrize(
    "kwargs, message",
    [
        (dict(maps={}), "at least one method and one image"),
        (dict(maps=MAPS["vanilla"]), "Received: saliencies of type ndarray"),
        (dict(images=IMAGES[:0]), r"images of shape \(0, 2, 3\)"),
        (dict(images=IMAGES[:1]), r"the same images, shape \(1, 2, 3\).*Received: 'vanilla' of shape \(2, 2, 3\)"),
        (dict(maps={"bad": np.ones((2, 2, 3, 3))}), r"method 'bad', draws one number per pixel.*ch_axis=-1"),
        (dict(maps={**MAPS, "odd": np.ones((2, 3, 2))}), r"Received: 'odd' of shape \(2, 3, 2\)"),
        (dict(labels=["one"]), "labels needs one entry per image, 2. Received: 1"),
        (dict(probabilities=[0.1, 0.2, 0.3]), "probabilities needs one entry per image, 2. Received: 3"),
        (dict(scale="row"), "scale is 'method', 'all' or 'map'. Received: 'row'"),
    ],
)
def test_grid_errors(kwargs, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        grid(**kwargs, save_filepath=tmp_path / "grid.png")
    assert os.listdir(tmp_path) == []


# ---------------------------------------------------------------------------------------------------- render


def test_render_pixel_by_pixel():
    image = np.array([[255, 0, 51], [0, 102, 0]], np.uint8)
    picture = render(SIGNED, image, vmin=-2, vmax=2, alpha=0.5)
    factor = 54  # the smallest whole number that makes 3 columns at least 160 pixels
    assert picture.dtype == np.uint8 and picture.shape == (2 * factor + 26, 3 * 3 * factor + 2 * 4, 3)
    left, middle, right = (picture[: 2 * factor, k * (3 * factor + 4) :][:, : 3 * factor] for k in range(3))
    heat = np.array([[DARK_RED, NEAR_WHITE, DARK_BLUE], [NEAR_WHITE, DARK_BLUE, NEAR_WHITE]])
    for panel, expected in ((left, np.repeat(image[..., None], 3, -1)), (middle, heat)):
        np.testing.assert_array_equal(panel, expected.repeat(factor, 0).repeat(factor, 1))
    opacity = np.array([[0.5, 0, 0.5], [0, 0.5, 0]])[..., None]
    blended = opacity * heat + (1 - opacity) * image[..., None]
    assert np.abs(right[::factor, ::factor] - blended).max() <= 0.5 + 1e-6
    np.testing.assert_array_equal(picture[-26:], np.full((26, picture.shape[1], 3), 255))  # no caption, white


def test_render_scale_is_given_not_taken_from_the_map():
    picture = render([[1.0, -4.0]], np.zeros((1, 2)), vmin=-2, vmax=2, cmap="gray")
    heat = picture[0, 160 + 4 :][:160:80, 0]
    np.testing.assert_allclose(heat, [0.75 * 255, 0], atol=1)


def ink(strip):
    """Rows and columns of what is written, [(first row, last row), (first column, last column)]."""
    dark = np.argwhere((strip < 128).any(-1))
    return [(dark[:, axis].min(), dark[:, axis].max()) for axis in (0, 1)]


def test_captions_are_legible_where_a_picture_is_shrunk_to_a_card():
    """TensorBoard shows pictures 330 pixels wide: there a capital is 8 pixels high or more, however large the image is."""
    for size in (8, 28, 224, 600):
        image = np.zeros((size, size), np.uint8)
        picture = render(np.zeros((size, size)), image, 0, 1, caption="HOT 7 (0.98)")
        (top, bottom), (left, right) = ink(picture[-round(1.6 * picture.shape[1] / 30) :])
        assert (bottom - top) * 330 / picture.shape[1] >= 7.5
        assert left >= 4 and right < picture.shape[1] / 2  # not stretched


def test_captions_too_long_get_smaller_letters_and_then_an_end():
    strip = caption_strip(
        "one line\npred tabby, tabby cat (0.37), Egyptian cat (0.27), true tiger cat and more of it " * 2, 488
    )
    assert strip.shape == (3 * 26, 488, 3)
    for k in range(3):
        (top, bottom), (left, right) = ink(strip[26 * k : 26 * (k + 1)])
        assert left >= 4 and right < 488 and top >= 1 and bottom < 26
    assert caption_strip("a", 90).shape == (20, 90, 3)


@pytest.mark.parametrize(
    "vmin, vmax, message",
    [
        (-1, 2, r"zero in the middle\. Received: vmin=-1, vmax=2"),
        (0, 0, "Received: vmin=0, vmax=0"),
        (-2, np.inf, "Received: vmin=-2, vmax=inf"),
        (0, 2, "vmin=0 hides negative saliency. Received: minimum -2"),
    ],
)
def test_render_limits(vmin, vmax, message):
    with pytest.raises(ValueError, match=message):
        render(SIGNED, np.zeros((2, 3)), vmin, vmax)


def test_limits_in_words():
    assert limits_text(-0.0312, 0.0312) == "±0.031" and limits_text(0.0, 12.0) == "0 to 12"
    assert color_scale(0, 1).cmap.name == "inferno"


# ---------------------------------------------------------------------------------------------------- imports


def test_importing_loads_no_more_than_is_used():
    script = """
import sys
import kerasal.visualizers
from kerasal.visualizers import abs_max_scaler
assert "ImageVisualizer" in dir(kerasal.visualizers)
assert "matplotlib" not in sys.modules
from kerasal.visualizers import ImageVisualizer, TableVisualizer, render
ImageVisualizer().visualize([[1.0, -1.0]])
TableVisualizer().visualize([1.0, -1.0])
assert "matplotlib.pyplot" not in sys.modules
assert "tensorflow" not in sys.modules
try:
    kerasal.visualizers.ImageVisualiser
except AttributeError as error:
    assert "ImageVisualizer" in str(error)
else:
    raise AssertionError("no error for a name that does not exist")
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
