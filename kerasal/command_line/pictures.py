"""Pictures of what was explained, a file for each example, or one of a table or of texts."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from kerasal.command_line.examples import Examples
from kerasal.command_line.messages import say
from kerasal.command_line.output import OutputFolder, wrote

_MOST = {"arrays": 20, "molecules": 100}  # pictures of examples, where --pictures is not given
_ENDINGS = {"molecules": ".svg"}


def names_of_pictures(examples: Examples, most: int | None) -> list[str]:
    """Name the pictures of the first examples.

    Args:
        examples: the examples.
        most: how many at most; None for all photographs, and the first of other kinds.

    Returns:
        Names of files in the output folder.
    """
    if examples.kind in ("table", "texts"):
        return []
    count = min(len(examples), _MOST.get(examples.kind, len(examples)) if most is None else most)
    if count < len(examples):
        say(
            f"pictures are drawn of the first {count} of {len(examples)} examples (--pictures N for more); values are of all"
        )
    ending = _ENDINGS.get(examples.kind, ".png")
    shown = list(examples.names[:count])
    if examples.kind != "photographs":
        return [f"pictures/{name}{ending}" for name in shown]
    stems = [PurePosixPath(name).with_suffix(ending).as_posix() for name in examples.names]
    twice = {stem for stem in stems if stems.count(stem) > 1} if len({*stems}) < len(stems) else set[str]()
    return [f"{name}{ending}" if stem in twice else stem for name, stem in zip(shown, stems, strict=False)]


def draw_examples(folder: OutputFolder, saliency: Any, names: Sequence[str], image_range: Any) -> None:
    """Draw each example into its file.

    Args:
        folder: to write into.
        saliency: a `Saliency` of as many examples or more.
        names: of the files.
        image_range: how photographs are drawn; None for what else is explained.
    """
    options = {} if image_range is None else {"image_range": image_range}
    for n, name in enumerate(names):
        path = folder.file(name)
        saliency[n].plot(save_filepath=path, **options)
        wrote(path)


def draw_whole(folder: OutputFolder, saliency: Any) -> None:
    """Draw all rows of a table in one picture, all texts on one page; nothing of other kinds.

    Args:
        folder: to write into.
        saliency: a `Saliency` of all examples.
    """
    if "class" in saliency.axes:
        say("no picture: maps of all classes are in values.npz. Pass --score CLASS for a picture of one.")
    elif saliency.kind == "table":
        saliency.plot(save_filepath=folder.file("table.png"))
        wrote(folder.path / "table.png")
    elif saliency.kind == "text":
        folder.text("texts.html", _page(saliency))


def _page(saliency: Any) -> str:
    """All texts as HTML, each with its prediction, on one scale."""
    from kerasal.command_line.tables import per_element
    from kerasal.visualizers import TextVisualizer
    from kerasal.visualizers.plots.text import words_of
    from kerasal.visualizers.words import prediction_words, score_words

    values = per_element(saliency.values, saliency)
    strongest = float(abs(values).max()) or 1.0
    limit = (-strongest if (values < 0).any() else 0.0, strongest)
    parts = [
        TextVisualizer().html(row[: len(words)], words, scaler=None, title=prediction_words(one), limit=limit)
        for one, row in zip(saliency, values, strict=True)
        for words in [words_of(one, values.shape[1])]
    ]
    head = f"<p>Saliency: {score_words(saliency)}. Red speaks for it, blue against it; a word says its number under the pointer.</p>"
    return "\n".join(['<!doctype html>\n<meta charset="utf-8">\n<title>kerasal: texts</title>', head, *parts, ""])
