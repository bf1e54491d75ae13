"""Small networks and files as users of the command have them, one network for each kind of data."""

import shutil

import keras
import numpy as np
from keras import layers as L

from kerasal.molecules import ggnn

COLUMNS = ("length", "width", "height", "weight")
TEXTS = ("great film", "awful boring film", "not great")
SMILES = ("CCO", "c1ccncc1", "CC(=O)O", "CCCCCC")


def _pictures():
    body = [L.Rescaling(1 / 255), L.Conv2D(4, 3, activation="relu", name="conv"), L.GlobalAveragePooling2D()]
    return keras.Sequential([keras.Input((18, 14, 3)), *body, L.Dense(4, "softmax")])


def _table():
    return keras.Sequential([keras.Input((4,)), L.Dense(6, "tanh"), L.Dropout(0.2), L.Dense(3, "softmax")])


def _texts():
    words = L.TextVectorization(vocabulary=["great", "awful", "boring", "not"], output_sequence_length=4)
    body = [words, L.Embedding(6, 4, name="embed"), L.GlobalAveragePooling1D(), L.Dense(1, "sigmoid")]
    return keras.Sequential([keras.Input((1,), dtype="string"), *body])


MODELS = {
    "pictures": _pictures,
    "table": _table,
    "texts": _texts,
    "molecules": lambda: ggnn(units=6, steps=2, dropout=0.2),
}
MODEL_OF = {
    "photographs/": "pictures",
    "dog.jpg": "pictures",
    "images.npz": "pictures",
    "table.csv": "table",
    "reviews.txt": "texts",
    "molecules.csv": "molecules",
}  # data -> model


def write_all(folder):
    """Write every kind of data, and a model for each, named by `MODELS`."""
    numbers = np.random.default_rng(4)
    keras.utils.set_random_seed(7)
    for name, make in MODELS.items():
        make().save(folder / f"{name}.keras")
    photographs = numbers.integers(0, 256, (3, 18, 14, 3)).astype("float32")
    (folder / "photographs" / "more").mkdir(parents=True)
    for place, picture in zip(("a.png", "b.png", "more/c.png"), photographs, strict=True):
        keras.utils.save_img(folder / "photographs" / place, picture, scale=False)
    keras.utils.save_img(folder / "dog.jpg", photographs[0], scale=False)
    np.savez(folder / "images.npz", x=photographs, y=np.array([2, 0, 1]))
    rows = numbers.normal(size=(23, 4)).astype("float32")
    lines = [",".join([*map(str, row), f"kind {n % 3}"]) for n, row in enumerate(rows)]
    (folder / "table.csv").write_text("\n".join([",".join((*COLUMNS, "species")), *lines]))
    (folder / "reviews.txt").write_text("\n".join(TEXTS) + "\n")
    (folder / "molecules.csv").write_text("\n".join(["smiles,value", *(f"{each},1.5" for each in SMILES)]))
    (folder / "names.txt").write_text("cat\ndog\nbird\nfish\n")
    return photographs, rows


def with_model(source, folder, data):
    """Copy all data into a folder, and the model that takes some of them as model.keras."""
    shutil.copytree(source, folder, dirs_exist_ok=True)
    shutil.copy(source / f"{MODEL_OF[data]}.keras", folder / "model.keras")
