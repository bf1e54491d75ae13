"""Files of pictures give the arrays that are known, in every format, and the same to a store and to the command."""

import argparse

import keras
import numpy as np
import pytest
from PIL import Image
from three_parts import refused

from kerasal.command_line.photographs import read_photographs
from kerasal.stores.picture_files import PictureReader, pictures_in

RNG = np.random.default_rng(5)
COLORS, GREY, ALPHA = (RNG.integers(0, 256, (7, 6, *rest), "uint8") for rest in ((3,), (), ()))
DEEP = RNG.integers(0, 65536, (7, 6)).astype("uint16")
FEW = COLORS // 128 * 255  # eight colors
GREYS = np.repeat(GREY[..., None], 3, 2)
RGBA = np.concatenate([COLORS, ALPHA[..., None]], 2)

FILES = {  # name: (image, pixels as red, green and blue)
    "colors.png": (COLORS, COLORS),
    "colors.bmp": (COLORS, COLORS),
    "colors.tif": (COLORS, COLORS),
    "colors.WEBP": (COLORS, COLORS),
    "grey.png": (GREY, GREYS),
    "grey.bmp": (GREY, GREYS),
    "transparent.png": (RGBA, COLORS),
    "transparent.webp": (RGBA, COLORS),
    "grey and transparent.png": (np.stack([GREY, ALPHA], 2), GREYS),
    "palette.png": (Image.fromarray(FEW).quantize(8), FEW),
    "palette.bmp": (Image.fromarray(FEW).quantize(8), FEW),
    "palette.gif": (Image.fromarray(FEW).quantize(8), FEW),
    "two.png": (Image.fromarray(GREY).point(lambda v: 255 * (v > 99), "1"), np.where(GREYS > 99, 255, 0)),
    "sixteen.png": (DEEP, np.repeat((DEEP >> 8)[..., None], 3, 2)),
    "sixteen.tiff": (DEEP, np.repeat((DEEP >> 8)[..., None], 3, 2)),
}


def saved(path, image):
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(path, **({"lossless": True, "exact": True} if path.suffix.lower() == ".webp" else {}))
    return path


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_its_pixels(tmp_path, name):
    image, pixels = FILES[name]
    path = saved(tmp_path / name, image)
    found = PictureReader(3)(path)
    assert found.dtype == "float32"
    np.testing.assert_array_equal(found, pixels)
    of_four = PictureReader(4)(path)
    np.testing.assert_array_equal(of_four[..., :3], pixels)
    np.testing.assert_array_equal(of_four[..., 3], ALPHA if "transparent" in name else 255)


def test_of_one_channel_and_of_the_files_own(tmp_path):
    np.testing.assert_array_equal(PictureReader(1)(saved(tmp_path / "a.png", GREY)), GREY[..., None])
    weights = [0.299, 0.587, 0.114]  # ITU-R 601
    np.testing.assert_allclose(PictureReader(1)(saved(tmp_path / "b.png", COLORS))[..., 0], COLORS @ weights, atol=0.51)
    for name, channels in (
        ("grey.png", 1),
        ("colors.png", 3),
        ("transparent.png", 4),
        ("palette.png", 3),
        ("two.png", 1),
    ):
        assert PictureReader(None)(saved(tmp_path / name, FILES[name][0])).shape == (7, 6, channels)


def test_a_jpeg_in_the_colors_of_print(tmp_path):
    smooth = np.linspace(40, 200, 16 * 24 * 3).reshape(16, 24, 3).astype("uint8")
    Image.fromarray(smooth).convert("CMYK").save(tmp_path / "a.jpg", quality=98)
    np.testing.assert_allclose(PictureReader(3)(tmp_path / "a.jpg"), smooth, atol=6)


@pytest.mark.parametrize("size", [(3, 4), (16, 9)])
def test_sizes_are_those_of_the_training(tmp_path, size):
    (tmp_path / "one").mkdir()
    saved(tmp_path / "one" / "a.png", COLORS)
    how = {"image_size": size, "labels": None, "shuffle": False, "batch_size": 1, "verbose": False}
    how = how if keras.__version__ >= "3" else {name: each for name, each in how.items() if name != "verbose"}
    (known,) = keras.utils.image_dataset_from_directory(tmp_path, **how)
    np.testing.assert_allclose(PictureReader(3, size)(tmp_path / "one" / "a.png"), known[0], rtol=1e-6)


def test_what_a_camera_turned_stays_as_it_is_stored_and_is_said_once(tmp_path):
    image, said = Image.fromarray(COLORS), []
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "a.png", exif=exif)
    saved(tmp_path / "b.png", COLORS)
    read = PictureReader(3)
    np.testing.assert_array_equal(read(tmp_path / "b.png"), COLORS)
    read.warn(said.append)
    assert not said
    for _ in range(2):
        np.testing.assert_array_equal(read(tmp_path / "a.png"), COLORS)
        read.warn(said.append)
    assert len(said) == 1 and "a.png" in said[0] and "exif_transpose" in said[0]


@pytest.mark.parametrize("damage", ["cut short.png", "cut short.jpg", "empty.png", "text.png", "unbounded.tif"])
def test_what_cannot_be_read_is_named(tmp_path, damage):
    path = tmp_path / damage
    if damage == "unbounded.tif":
        saved(path, DEEP.astype("float32"))
    else:
        saved(path, np.tile(COLORS, (9, 9, 1)))
        path.write_bytes({"e": b"", "t": b"no picture"}.get(damage[0], path.read_bytes()[: -path.stat().st_size // 3]))
    with refused("a whole file", damage, "Mend or remove"):
        PictureReader(3)(path)


def test_order_hidden_files_and_folders_below(tmp_path):
    names = ["b/x.png", "a.JPG", "b.png", ".hidden.png", "b/c/y.webp", "c.txt", ".kept/z.png"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = [path.relative_to(tmp_path).as_posix() for path in pictures_in(tmp_path)]
    assert found == ["a.JPG", "b/c/y.webp", "b/x.png", "b.png"]


def test_the_command_reads_what_a_store_reads(tmp_path):
    for name, (image, _) in FILES.items():
        saved(tmp_path / name, image)
    model = keras.Sequential([keras.Input((5, 4, 3)), keras.layers.Rescaling(1 / 255), keras.layers.Flatten()])
    found = read_photographs(argparse.Namespace(data=tmp_path, size=None, preprocess="bytes"), model)
    known = [PictureReader(3, (5, 4))(path) for path in pictures_in(tmp_path)]
    np.testing.assert_allclose(found.read(0, len(FILES)), known, atol=1e-4)
    assert sorted(found.names) == sorted(FILES)
