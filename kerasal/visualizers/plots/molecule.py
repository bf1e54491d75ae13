"""A `Saliency` of molecules: atoms in the colours of their map, with SMILES, class and probability."""

from typing import Any

import numpy as np
from rdkit import Chem

from kerasal.visualizers.colors import red_blue_cmap
from kerasal.visualizers.molecule import MolVisualizer, color_words
from kerasal.visualizers.molecule_graph import Graph, checked_molecule
from kerasal.visualizers.plots.parts import MOST_EXAMPLES, is_batch, refuse_classes
from kerasal.visualizers.scalers import scaled_name
from kerasal.visualizers.shown import Svg
from kerasal.visualizers.words import prediction_words, score_words

_COLUMNS, _ONE, _OF_BATCH = 4, (500, 375), (300, 240)  # of a grid; pixels
_FROM_GRAPH = "drawn from atoms and bonds: hydrogens and charges are not known"


def plot(saliency: Any, *, smiles: Any = None, **options: Any) -> Svg:
    """Draw one molecule, or those of a batch in a grid on one scale.

    Args:
        saliency: of (atoms,) or (atoms, features) numbers; features, as of an embedding, are summed.
        smiles: the string of each molecule, in place of those of the `Saliency`. Where there are none, a molecule is drawn from the
            graph that the model was given, if `kerasal.molecules.to_graphs` made it.
        **options: of `MolVisualizer.visualize_batch`, such as `show_values`, `legends`, `save_filepath`.

    Returns:
        An SVG, which is a `str`.

    Raises:
        ValueError: maps of another shape, or that are not zero at padding; molecules that are not known, or others than were explained.
    """
    refuse_classes(saliency, "A picture of a molecule")
    batch = is_batch(saliency)
    maps = _checked_maps(saliency, batch=batch)
    strings = _strings(smiles, saliency, len(maps), batch=batch)
    shown = range(min(len(maps), MOST_EXAMPLES))
    mols = [_molecule(saliency, n if batch else (), None if strings is None else strings[n]) for n in shown]
    examples = [saliency[n] if batch else saliency for n in shown]
    is_plain = saliency.values.ndim - batch == 1
    told: dict[str, Any] = {
        "legends": [_caption(one, None if strings is None else strings[n]) for n, one in enumerate(examples)],
        "scale_label": _label(saliency, maps[: len(shown)], options, has_strings=strings is not None),
        "columns": min(len(shown), _COLUMNS),
        "size": _OF_BATCH if batch else _ONE,
    }
    drawn = [one if is_plain else row for one, row in zip(examples, maps, strict=False)]
    return MolVisualizer().visualize_batch({"": drawn}, mols, **{**told, **options})


def _checked_maps(saliency: Any, *, batch: bool) -> np.ndarray:
    """Give the maps (N, A); ValueError where they are none of atoms."""
    values = np.asarray(saliency.values)
    values = values if batch else values[None]
    mask = _part(saliency, "mask")
    mask = None if mask is None else np.reshape(mask, (len(values), -1))
    fits = values.ndim in (2, 3) and (mask is None or values.shape[1] == mask.shape[1])
    if not fits or not len(values):
        atoms = "" if mask is None else f" of {mask.shape[1]} atoms"
        raise ValueError(
            f"A molecule has maps (atoms,) or (atoms, features){atoms}. Received: shape {values.shape[1:]}, {len(values)} examples. Explain "
            "a layer with a place for each atom, e.g. target_extractor='embed', or draw it as kind='numbers'."
        )
    maps: np.ndarray = values.sum(-1) if values.ndim == 3 else values
    if mask is not None and np.any(maps[mask == 0]):
        raise ValueError(
            "Maps of molecules are zero at padding. Received: others than zero there, so that the model lets padding count, or the map is "
            "of something else than atoms. Leave padding out of the score, as kerasal.layers.MaskedReadout does."
        )
    return maps


def _part(saliency: Any, name: str) -> np.ndarray | None:
    """Give one of the arrays that `to_graphs` makes, where the model was given it."""
    inputs = saliency.inputs
    return np.asarray(inputs[name]) if isinstance(inputs, dict) and name in inputs else None


def _strings(smiles: Any, saliency: Any, count: int, *, batch: bool) -> list[str] | None:
    """Give the SMILES of each example, or None where none are known."""
    given = saliency.smiles if smiles is None else getattr(smiles, "smiles", smiles)
    if given is None:
        return None
    strings = [given] if isinstance(given, str) else list(given)
    if len(strings) != count:
        where = f"each of {count} examples" if batch else "one molecule"
        raise ValueError(f"smiles has the string of {where}. Received: {len(strings)}. Pass those that were explained.")
    return strings


def _molecule(saliency: Any, place: Any, string: str | None) -> Chem.Mol:
    """Make the molecule of an example, checked against what the model was given."""
    atoms, bonds, mask = (_part(saliency, name) for name in ("atoms", "bonds", "mask"))
    parts = None if atoms is None or bonds is None or mask is None else (atoms[place], bonds[place], mask[place])
    graph = None if parts is None else Graph.of(*parts)
    if string is not None:
        return checked_molecule(string, graph, None if mask is None else int(np.count_nonzero(mask[place])))
    if graph is None:
        raise ValueError(
            "A molecule is drawn from its SMILES, or from the graph of kerasal.molecules.to_graphs. Received: neither. Pass the strings, "
            "explain(..., smiles=['CCO', ...]) or plot(smiles=['CCO', ...])."
        )
    return graph.molecule()


def _caption(saliency: Any, string: str | None) -> str:
    return "\n".join(filter(None, (string, prediction_words(saliency))))


def _label(saliency: Any, maps: np.ndarray, options: dict[str, Any], *, has_strings: bool) -> str:
    """Say what is explained, what the colours mean, how many examples are left out, and what is not known of the molecules."""
    scaler = options.get("scaler")
    score, name = score_words(saliency), scaled_name("saliency", scaler)
    meaning = color_words(options.get("color_fn", red_blue_cmap), scaler, is_signed=bool((maps < 0).any()))
    is_cut = is_batch(saliency) and len(saliency) > len(maps)
    left = f"{len(maps)} of {len(saliency)} molecules" if is_cut else ""
    lines = (f"{name}: {score}" if score else name, meaning, left, "" if has_strings else _FROM_GRAPH)
    return "\n".join(filter(None, lines))
