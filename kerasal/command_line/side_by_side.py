"""One picture of the maps of several recipes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kerasal.command_line.explaining import Asked
from kerasal.command_line.messages import say
from kerasal.command_line.output import OutputFolder
from kerasal.visualizers.plots.parts import MOST_EXAMPLES, fitting_images
from kerasal.visualizers.words import prediction_words


def draw_side_by_side(folder: OutputFolder, saliencies: Mapping[str, Any], asked: Asked) -> Path | None:
    """Draw the first examples, a column or line for each recipe.

    Args:
        folder: to write into.
        saliencies: name of the recipe -> `Saliency` of all examples.
        asked: what was explained.

    Returns:
        The path of the picture; None where the kind of example has none.
    """
    first = next(iter(saliencies.values()))
    if any("class" in each.axes for each in saliencies.values()):
        say("no picture: maps of all classes. Pass --score CLASS for a picture of one.")
        return None
    draw = {"image": _images, "text": _texts, "molecule": _molecules, "table": _table}.get(first.kind)
    if draw is None:
        say(f"no picture side by side of kind {first.kind or 'numbers'}; 'kerasal explain' draws each.")
        return None
    shown = {name.replace("_", "\n"): each[:MOST_EXAMPLES] for name, each in saliencies.items()}  # narrow columns
    if asked.class_names is not None:
        for each in shown.values():
            each.class_names = tuple(asked.class_names)
    if len(first) > MOST_EXAMPLES and first.kind != "table":
        say(f"side by side are the first {MOST_EXAMPLES} of {len(first)} examples; measures are of all")
    return draw(folder, saliencies if first.kind == "table" else shown, asked)


def _summed(saliency: Any, axes: int) -> np.ndarray:
    """Values (N, axes …), the rest summed, as pictures of one recipe do."""
    values = np.asarray(saliency.values)
    return values.sum(-1) if values.ndim - 1 > axes else values


def _labels(shown: Mapping[str, Any]) -> list[str]:
    return [prediction_words(one) for one in next(iter(shown.values()))]


def _images(folder: OutputFolder, shown: Mapping[str, Any], asked: Asked) -> Path | None:
    from kerasal.visualizers import ImageVisualizer

    maps = {name: _summed(each, 2) for name, each in shown.items()}
    images = fitting_images(next(iter(shown.values())).explained_input, next(iter(maps.values())).shape)
    if images is None:
        say("no picture side by side: the examples are no images of the size of their maps.")
        return None
    path = folder.file("side_by_side.png")
    how: dict[str, Any] = {"labels": _labels(shown), "image_range": asked.examples.image_range, "overlay": True}
    ImageVisualizer().visualize_batch(maps, images, save_filepath=path, **how)
    return path


def _texts(folder: OutputFolder, shown: Mapping[str, Any], asked: Asked) -> Path:
    from kerasal.visualizers import TextVisualizer
    from kerasal.visualizers.plots.text import words_of

    maps = {name: _summed(each, 1) for name, each in shown.items()}
    first = next(iter(shown.values()))
    words = [words_of(one, next(iter(maps.values())).shape[1]) for one in first]
    cut = {name: [row[: len(text)] for row, text in zip(values, words, strict=True)] for name, values in maps.items()}
    path = folder.file("side_by_side.png")
    TextVisualizer().visualize_batch(cut, words, labels=_labels(shown), save_filepath=path)
    return path


def _molecules(folder: OutputFolder, shown: Mapping[str, Any], asked: Asked) -> Path:
    from rdkit import Chem

    from kerasal.visualizers import MolVisualizer, abs_max_scaler

    maps = {name.replace("\n", " "): list(_summed(each, 1)) for name, each in shown.items()}
    count = len(next(iter(maps.values())))
    mols = [Chem.MolFromSmiles(text) for text in (asked.examples.smiles or ())[:count]]
    cut = {name: [row[: mol.GetNumAtoms()] for row, mol in zip(rows, mols, strict=True)] for name, rows in maps.items()}
    path = folder.file("side_by_side.svg")
    MolVisualizer().visualize_batch(
        cut, mols, _labels(shown), path, scaler=abs_max_scaler
    )  # recipes have units of their own
    return path


def _table(folder: OutputFolder, saliencies: Mapping[str, Any], asked: Asked) -> Path:
    """Mean magnitude of each column, a panel for each recipe."""
    from matplotlib.figure import Figure

    from kerasal.visualizers.base import save_picture

    names = list(asked.examples.feature_names or range(next(iter(saliencies.values())).shape[-1]))
    strength = {name: np.abs(each.values).mean(0) for name, each in saliencies.items()}
    order = np.argsort(-np.mean([values / max(values.max(), 1e-30) for values in strength.values()], 0), kind="stable")[
        :20
    ][::-1]
    figure = Figure(figsize=(1.5 + 3 * len(strength), 1.5 + 0.3 * len(order)), layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, len(strength), sharey=True))
    for ax, (name, values) in zip(axes, strength.items(), strict=True):
        ax.barh(range(len(order)), values[order], color="0.45")
        ax.set_title(name)
        ax.set_xlabel("mean |saliency|")
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_yticks(range(len(order)), [str(names[k]) for k in order])
    path = folder.file("side_by_side.png")
    save_picture(figure, path, "tight")
    return path
