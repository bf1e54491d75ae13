"""A folder of pictures: classes, names, sizes."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from three_parts import refused

from kerasal import explain_dataset, recipes

RNG = np.random.default_rng(2)
PICTURES = RNG.integers(0, 256, (5, 7, 6, 3), "uint8")


def model(height=7, width=6, classes=2):
    keras.utils.set_random_seed(1)
    body = [keras.layers.Conv2D(3, 3, activation="relu"), keras.layers.GlobalAveragePooling2D()]
    return keras.Sequential([keras.Input((height, width, 3)), *body, keras.layers.Dense(classes, "softmax")])


def saved(folder, pictures, names):
    for picture, name in zip(pictures, names, strict=True):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tf.io.encode_png(picture).numpy())
    return folder


def explained(folder, store, net, **options):
    recipe = recipes.vanilla(batch_size=2)
    return explain_dataset(net, recipe, folder, store, chunk_size=4, show_progress=False, **options)


def test_folders_are_classes_and_names_are_ids(tmp_path):
    names = ["cat/b.png", "cat/c.png", "dog/a.png", "dog/d.png", "dog/e.PNG"]
    store = explained(saved(tmp_path / "x", PICTURES, names), tmp_path / "maps", model())
    known = recipes.vanilla(batch_size=2).explain(model(), PICTURES.astype("float32"))
    np.testing.assert_array_equal(store[:].values, known.values)
    assert store.ids.tolist() == names and store[:].labels.tolist() == [0, 0, 1, 1, 1]
    assert store[0].class_names == ("cat", "dog")


def test_a_flat_folder_has_no_labels(tmp_path):
    store = explained(
        saved(tmp_path / "x", PICTURES, [f"{n}.png" for n in range(5)]), tmp_path / "maps", model(classes=3)
    )
    assert store[:].labels is None and store.ids[4] == "4.png"


def test_pictures_get_the_size_of_the_model(tmp_path):
    folder = saved(tmp_path / "x", [PICTURES[0], PICTURES[1, :4], PICTURES[2, :, :5]], ["a.png", "b.png", "c.png"])
    store = explained(folder, tmp_path / "maps", model(8, 9))
    sized = [tf.image.resize(part, (8, 9)) for part in (PICTURES[0], PICTURES[1, :4], PICTURES[2, :, :5])]
    known = recipes.vanilla(batch_size=2).explain(model(8, 9), np.stack(sized))
    np.testing.assert_array_equal(store[:].values, known.values)


def test_sizes_that_differ_are_refused_where_nothing_says_one(tmp_path):
    folder = saved(tmp_path / "x", [PICTURES[0], PICTURES[1, :5]], ["a.png", "b.png"])
    with refused("one size", "b.png"):
        explained(folder, tmp_path / "maps", model(None, None))
    assert not (tmp_path / "maps").exists()
    store = explained(folder, tmp_path / "maps", model(None, None), parse=lambda p: tf.image.resize(p, (6, 4)) / 255)
    assert store[:].shape == (2, 6, 4, 3)


def test_what_is_no_picture_is_named(tmp_path):
    folder = saved(tmp_path / "x", PICTURES[:2], ["a.png", "b.png"])
    (folder / "c.png").write_bytes(b"no picture")
    with refused("a whole file", "c.png"):
        explained(folder, tmp_path / "maps", model())
    (folder / "d").mkdir()
    with refused("folder of pictures for each class"):
        explained(folder, tmp_path / "maps", model())


@pytest.mark.parametrize("shape", [(4,), (4, 4, 7)])
def test_a_model_of_no_pictures_is_refused(tmp_path, shape):
    net = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(2)])
    folder = saved(tmp_path / "x", PICTURES[:2], ["a.png", "b.png"])
    with refused("takes (N, H, W, C)"):
        explained(folder, tmp_path / "maps", net)
