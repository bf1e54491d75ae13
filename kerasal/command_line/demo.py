"""`kerasal demo`: the main job on data of its own, in a minute."""

import argparse
from pathlib import Path
from typing import Any

from kerasal.command_line import arguments
from kerasal.command_line.messages import say
from kerasal.command_line.output import OutputFolder, wrote

EXAMPLES = """examples:
  kerasal demo
  kerasal demo --out my_demo

A small network learns to tell rings from crosses among distractors. DIR gets the network, pictures, and what the commands make of
them, which are printed: explained, and compared."""
_SIDE, _CLASSES = 40, ("cross", "ring")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command.

    Args:
        parser: of the command.
    """
    arguments.add_out(parser, default="kerasal_demo")


def run(options: argparse.Namespace) -> None:
    """Train, and run the other commands.

    Args:
        options: as they were typed.
    """
    folder = OutputFolder(options.out, overwrite=options.overwrite)
    model, photographs, names = _made(folder)
    again = ["--overwrite"] if options.overwrite else []
    explained, compared = str(folder.path / "explained"), str(folder.path / "compared")
    abs_map, given = ["--set", "method=abs", "ch_axis=-1"], [str(model), str(photographs), "--class-names", str(names)]
    for argv in (
        ["explain", *given, "--recipe", "smooth_grad", *abs_map, "--out", explained, *again],
        [
            "compare",
            *given,
            "--recipes",
            "vanilla",
            "smooth_grad",
            "integrated_gradients",
            *abs_map,
            "--out",
            compared,
            *again,
        ],
    ):
        say(f"$ kerasal {' '.join(argv)}")
        if options.main(argv):
            raise RuntimeError(
                f"The commands of the demo end well. Received: an error of kerasal {argv[0]}, above. Mend it, and run it again."
            )
    say(f"look at {explained}/*.png: the ring or the cross should be bright, squares and noise dark;")
    say(
        f"at {compared}/side_by_side.png: the same pictures by three recipes; and at measures.png beside it: deletion, where lower is better."
    )


def _made(folder: OutputFolder) -> tuple[Path, Path, Path]:
    """Train the network, and write it with some pictures and the names of classes."""
    from kerasal.command_line.models import start_tensorflow

    say("training a small network on rings and crosses")
    start_tensorflow()
    import keras

    keras.utils.set_random_seed(0)
    x, y = drawn(600, 0)
    model = _network()
    model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=8, batch_size=32, verbose=0)
    test, truth = drawn(200, 1)
    say(f"it is right on {100 * model.evaluate(test, truth, verbose=0)[1]:.0f} % of 200 new pictures")
    path = folder.file("model.keras")
    model.save(path)
    wrote(path)
    folder.text("class_names.txt", "\n".join(_CLASSES) + "\n")
    for n in range(8):
        picture = folder.file(f"pictures/{_CLASSES[truth[n]]}_{n}.png")
        keras.utils.save_img(picture, test[n], scale=False)
    wrote(folder.path / "pictures")
    return path, folder.path / "pictures", folder.path / "class_names.txt"


def drawn(count: int, seed: int) -> tuple[Any, Any]:
    """Draw pictures of a ring or a cross beside two grey squares, on noise.

    Args:
        count: how many.
        seed: of their places and colours.

    Returns:
        Pictures (count, 40, 40, 3) of 0 to 255, and their classes, 0 a cross and 1 a ring.
    """
    import numpy as np

    numbers = np.random.default_rng(seed)
    x = numbers.uniform(30, 90, (count, _SIDE, _SIDE, 3))
    y = numbers.integers(0, 2, count)
    grid = np.mgrid[-6:7, -6:7]
    ring = np.abs(np.hypot(*grid) - 5) < 1
    cross = np.abs(np.abs(grid[0]) - np.abs(grid[1])) < 1
    for picture, kind in zip(x, y, strict=True):
        for mark in (None, None, ring if kind else cross):
            top, left = numbers.integers(0, _SIDE - 13, 2)
            window = picture[top : top + 13, left : left + 13]
            if mark is None:
                window[3:9, 3:9] = numbers.uniform(120, 180)
            else:
                window[mark] = numbers.uniform(150, 255, 3)
    return x.astype("float32"), y


def _network() -> Any:
    """Build a small convolutional network that takes pixels of 0 to 255."""
    import keras

    layers = keras.layers
    body = [
        layers.Rescaling(1 / 255),
        layers.Conv2D(16, 5, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(32, 5, activation="relu"),
        layers.GlobalMaxPooling2D(),
        layers.Dense(2, activation="softmax"),
    ]
    return keras.Sequential([keras.Input((_SIDE, _SIDE, 3)), *body], name="rings_and_crosses")
