"""Images as people have them: whatever preprocessing made of a photograph, the photograph is drawn, or a warning says why not."""

import warnings

import numpy as np
import pytest
from three_parts import refused

from kerasal.visualizers import ImageVisualizer
from kerasal.visualizers.image_pixels import rgb_image
from kerasal.visualizers.image_values import reading_of

RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (24, 20, 3)).astype(np.uint8)  # red, green, blue
PHOTO[0, 0], PHOTO[0, 1] = 0, 255
GREY = PHOTO[..., 0]
FLOATS = PHOTO.astype(np.float64)
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
BLUE_GREEN_RED = np.array([103.939, 116.779, 123.68])
DARK = RNG.uniform(0, 40, (24, 20, 3))


def drawn(image, image_range=None):
    """The picture in 0 to 255, and the warnings that were given."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        picture = rgb_image(image, (24, 20), image_range)
    return np.rint(255 * picture), [str(each.message) for each in heard]


PREPARED = {  # what a photograph is made into, by the definitions of Keras and torchvision
    "uint8": PHOTO,
    "int64": PHOTO.astype(np.int64),
    "0 to 255": FLOATS.astype(np.float32),
    "[0, 1]": (FLOATS / 255).astype(np.float32),
    "[-1, 1]": (FLOATS / 127.5 - 1).astype(np.float32),
    "imagenet": ((FLOATS / 255 - MEAN) / STD).astype(np.float32),
    "caffe": (FLOATS[..., ::-1] - BLUE_GREEN_RED).astype(np.float32),
    "float16": (FLOATS / 255).astype(np.float16),
}


@pytest.mark.parametrize("name", PREPARED)
@pytest.mark.parametrize("channels_first", [False, True])
def test_the_photograph_is_found_again(name, channels_first):
    image = PREPARED[name]
    picture, said = drawn(np.moveaxis(image, -1, 0) if channels_first else image)
    assert np.abs(picture - PHOTO).max() <= (1 if name == "float16" else 0) and not said


@pytest.mark.parametrize("name", ["uint8", "0 to 255", "[0, 1]", "[-1, 1]"])
@pytest.mark.parametrize("shape", [(24, 20), (24, 20, 1), (1, 24, 20)])
def test_grey_photographs(name, shape):
    picture, said = drawn(PREPARED[name][..., 0].reshape(shape))
    np.testing.assert_array_equal(picture, np.repeat(GREY[..., None], 3, -1))
    assert not said


@pytest.mark.parametrize("scale", [1, 255])
def test_the_fourth_channel_is_opacity_over_white(scale):
    opacity = np.where(np.arange(20) < 10, 255, 0)[None, :, None] * np.ones((24, 20, 1))
    picture, said = drawn(np.concatenate([FLOATS, opacity], -1) / scale)
    np.testing.assert_array_equal(picture, np.where(opacity > 0, PHOTO, 255))
    assert not said


@pytest.mark.parametrize("image_range, name", [("imagenet", "imagenet"), ("caffe", "caffe"), ((-1, 1), "[-1, 1]")])
def test_words_and_pairs_say_what_it_is(image_range, name):
    picture, said = drawn(PREPARED[name], image_range)
    np.testing.assert_array_equal(picture, PHOTO)
    assert not said


RESIZED = RNG.uniform(0, 255, (24, 20, 3))  # numbers between the steps, as resizing makes them


@pytest.mark.parametrize(
    "image, picture, words",
    [
        (RESIZED, RESIZED, None),
        (RESIZED / 255, RESIZED, None),
        (RESIZED / 127.5 - 1, RESIZED, None),
        ((RESIZED / 255 - MEAN) / STD, RESIZED, "mean and standard deviation of ImageNet"),
        (RESIZED[..., ::-1] - BLUE_GREEN_RED, RESIZED, "BGR less the means of ImageNet"),
        (DARK, DARK, "none is above 128: they are dark"),
        (np.floor(DARK), np.floor(DARK), "none is above 128: they are dark"),
        (np.zeros((24, 20, 3)), np.zeros((24, 20, 3)), "all their numbers are 0"),
        (np.full((24, 20), 0.25), np.full((24, 20, 3), 64), "all their numbers are 0.25"),
        (DARK / 100 - 0.2, 127.5 * (DARK / 100 + 0.8), "do not reach its ends"),
    ],
)
def test_what_only_the_range_tells_is_said(image, picture, words):
    found, said = drawn(image)
    np.testing.assert_allclose(found, picture, atol=0.51)
    assert len(said) == bool(words) and all(words in each and "image_range=" in each for each in said)


def test_a_standardised_photograph_is_drawn_from_its_lowest_to_its_highest_number_and_that_is_said():
    contrast = RNG.normal(size=(24, 20, 3))
    image = (contrast - contrast.mean()) / contrast.std()
    found, said = drawn(image)
    stretched = 255 * (image - image.min()) / np.ptp(image)
    np.testing.assert_allclose(found, stretched, atol=0.51)
    assert len(said) == 1 and f"black at {image.min():.4g} to white at {image.max():.4g}" in said[0]


def test_a_batch_has_one_black_and_white():
    """An image of a batch in [-1, 1] that has no dark pixel is not drawn as one in [0, 1]."""
    bright = (FLOATS // 2 + 128) / 127.5 - 1
    batch = np.stack([FLOATS / 127.5 - 1, bright])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = ImageVisualizer().visualize_batch({"a": np.ones((2, 24, 20))}, batch)
    second = np.asarray(figure.axes[2].images[0].get_array())
    np.testing.assert_array_equal(second, FLOATS // 2 + 128)


def test_a_warning_is_shown_at_the_users_line():
    with pytest.warns(UserWarning, match="Images that hold") as heard:
        ImageVisualizer().visualize(np.ones((24, 20)), DARK)
    assert heard[0].filename == __file__


def test_the_rule_is_one_for_all_who_draw():
    assert reading_of(PHOTO).words == "from black at 0 to white at 255"
    assert reading_of(np.array([[0, 1]])).doubt == "they may be almost black ones of 0 to 255"
    assert reading_of(np.array([[True, False]])).words == "from black at 0 to white at 1"
    assert reading_of(np.array([[0, 65535]], np.uint16)).doubt == "they fit no usual range"


def test_what_is_refused():
    with refused("imagenet", "'imagnet'"):
        rgb_image(PHOTO, (24, 20), "imagnet")
    with refused("three channels"):
        rgb_image(GREY / 255, (24, 20), "imagenet")
    with refused("three channels"):
        rgb_image(PHOTO, (24, 20), "caffe")
    with refused("values of black and white"):
        rgb_image(PHOTO, (24, 20), (0, 1))
    with refused("NaN"):
        rgb_image(np.full((24, 20), np.nan), (24, 20))
    with refused("An image has shape"):
        rgb_image(np.ones((24, 20, 5)), (24, 20))
