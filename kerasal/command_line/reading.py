"""Reading of files into examples that a model takes."""

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kerasal._network.versions import symbolic_inputs
from kerasal.command_line.examples import Examples, kind_of, rows_of
from kerasal.command_line.messages import WrongArgument, say
from kerasal.command_line.photographs import read_photographs


def read_examples(options: argparse.Namespace, model: Any) -> Examples:
    """Read the data of a command for a model.

    Args:
        options: of the command.
        model: the Keras model.

    Returns:
        The examples.

    Raises:
        ValueError: they are none that the model takes, with the way out.
    """
    readers = {
        "photographs": read_photographs,
        "arrays": _read_arrays,
        "table": _read_table,
        "molecules": _read_molecules,
        "texts": _read_texts,
    }
    if options.first is not None and options.first < 1:
        raise WrongArgument(f"--first is 1 or more. Received: {options.first}. Leave it out for all examples.")
    kind = kind_of(options.data, options.smiles)
    found = readers[kind](options, model).limited(options.first)
    say(f"{options.data} is read as {kind}: {len(found)}")
    return found


def read_class_names(path: str | None, model: Any = None) -> list[str] | None:
    """Read the names of classes, one a line.

    Args:
        path: of the file; None for none.
        model: if given, whose classes they have to be.

    Raises:
        ValueError: another number of them than the model has outputs.
    """
    if path is None:
        return None
    names = [line.strip() for line in Path(path).read_text("utf-8").splitlines() if line.strip()]
    shape = getattr(model, "output_shape", None)
    count = shape[-1] if isinstance(shape, tuple) and shape and isinstance(shape[-1], int) else None
    count = 2 if count == 1 else count
    if model is not None and count is not None and len(names) != count:
        raise ValueError(
            f"--class-names has a line for each of the {count} classes. Received: {path!r} with {len(names)}. Name all of them, in the "
            "model's order."
        )
    return names


def _read_arrays(options: argparse.Namespace, model: Any) -> Examples:
    """Arrays of .npy, or of .npz by the names of the model's inputs; `y` are labels."""
    loaded = np.load(options.data, allow_pickle=False)
    arrays = {"x": loaded} if isinstance(loaded, np.ndarray) else {name: loaded[name] for name in loaded.files}
    y = arrays.pop("y", None)
    inputs = list(symbolic_inputs(model))
    if len(arrays) > 1 and set(arrays) != set(inputs):
        raise ValueError(
            f"Arrays of an .npz have the names of the inputs, {', '.join(inputs)}, and y. Received: {', '.join(arrays)}. Name them by "
            "numpy.savez(file, name=array)."
        )
    if not arrays:
        raise ValueError(
            f"DATA has an array of examples. Received: {options.data!r} without one. Write it by numpy.savez(file, x=array)."
        )
    x = arrays if len(arrays) > 1 else next(iter(arrays.values()))
    count = len(next(iter(arrays.values())))
    return Examples("arrays", [str(n) for n in range(count)], rows_of(x), y)


def _read_table(options: argparse.Namespace, model: Any) -> Examples:
    """Columns of a CSV file: one input of numbers, or an input each."""
    heading, rows = _rows(options.data)
    _check_columns([*options.drop, *filter(None, [options.label])], heading, options.data)
    used = [name for name in heading if name not in (*options.drop, options.label)]
    columns = {name: [row[heading.index(name)] for row in rows] for name in heading}
    y = None if options.label is None else _labels(columns[options.label])
    names = [str(n) for n in range(len(rows))]
    inputs = symbolic_inputs(model)
    if len(inputs) > 1:
        _check_columns(list(inputs), used, options.data)
        x = {name: _column(name, columns[name], tensor) for name, tensor in inputs.items()}
        return Examples("table", names, rows_of(x), y)
    matrix = np.stack([_numbers(name, columns[name]) for name in used], 1) if used else np.zeros((len(rows), 0))
    width = next(iter(inputs.values())).shape[-1] if inputs else None
    if width not in (None, len(used)):
        raise ValueError(
            f"The model takes {width} columns. Received: {len(used)} of {options.data!r}: {', '.join(used)}. Leave out what is no feature, "
            "--drop COLUMN --label COLUMN."
        )
    return Examples("table", names, rows_of(matrix), y, feature_names=used)


def _rows(path: str) -> tuple[list[str], list[list[str]]]:
    """Heading and rows of a CSV file."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        lines = [line for line in csv.reader(file) if line]
    if len(lines) < 2:
        raise ValueError(
            f"A table has a heading and rows. Received: {path!r} with {len(lines)} lines. Write a heading first."
        )
    odd = [n for n, line in enumerate(lines) if len(line) != len(lines[0])]
    if odd:
        raise ValueError(
            f"All lines of a table have {len(lines[0])} cells, as its heading. Received: line {odd[0] + 1} with {len(lines[odd[0]])}. Mend it."
        )
    return lines[0], lines[1:]


def _check_columns(asked: Sequence[str], there: Sequence[str], path: str) -> None:
    missing = [name for name in asked if name not in there]
    if missing:
        raise ValueError(f"{path} has the columns {', '.join(there)}. Received: {missing[0]!r}. Name one of them.")


def _numbers(name: str, cells: Sequence[str]) -> np.ndarray:
    """A column of numbers, float32."""
    try:
        return np.array(cells, np.float32)
    except ValueError:
        odd = next(n for n, cell in enumerate(cells) if not _is_number(cell))
        raise ValueError(
            f"A model of one input takes columns of numbers. Received: column {name!r}, {cells[odd]!r} in row {odd}. Pass --drop {name}, or "
            "--label for the true class; else encode it as for the training."
        ) from None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _column(name: str, cells: Sequence[str], tensor: Any) -> np.ndarray:
    """A column as the input of its name takes it, (N, 1) or (N,)."""
    is_text = "string" in str(tensor.dtype)
    values = np.array(cells, object) if is_text else _numbers(name, cells)
    values = values if is_text else values.astype(str(getattr(tensor.dtype, "name", tensor.dtype)))
    return values[:, None] if len(tensor.shape) == 2 else values


def _labels(cells: Sequence[str]) -> np.ndarray:
    """True classes as integers, true numbers as floats, or words as they are."""
    if not all(map(_is_number, cells)):
        return np.array(cells)
    numbers = np.array(cells, np.float64)
    return numbers.astype(np.int64) if np.all(numbers == np.rint(numbers)) else numbers


def _read_molecules(options: argparse.Namespace, model: Any) -> Examples:
    """Molecules of SMILES, as the graphs of `kerasal.molecules`."""
    inputs = set(symbolic_inputs(model))
    if not {"atoms", "bonds", "mask"} <= inputs:
        raise ValueError(
            "SMILES go into graph networks as kerasal.molecules.ggnn makes them, with the inputs atoms, bonds and mask. Received: a model "
            f"with {', '.join(sorted(inputs)) or 'inputs without names'}. Compute what it takes, and pass a table or .npz of that."
        )
    from kerasal.molecules import read_csv, read_smiles, to_graphs

    is_table = options.smiles is not None
    found = read_csv(options.data, options.smiles, options.label) if is_table else read_smiles(options.data)
    names = [str(row) for row in found.rows]
    return Examples("molecules", names, rows_of(to_graphs(found)), found.values, smiles=found.smiles)


def _read_texts(options: argparse.Namespace, model: Any) -> Examples:
    """Lines of a text file, for a model that takes strings."""
    first = next(iter(symbolic_inputs(model).values()), None)
    if first is None or "string" not in str(first.dtype):
        raise ValueError(
            f"Texts go into a model of strings, with its TextVectorization inside. Received: an input of {getattr(first, 'dtype', 'no type')}. "
            "Put the layer into the model, or pass the numbers of its tokens as .npy."
        )
    lines = [line for line in Path(options.data).read_text("utf-8").splitlines() if line.strip()]
    if not lines:
        raise ValueError(f"A file of texts has a text a line. Received: {options.data!r}, which is empty. Write some.")
    return Examples("texts", [str(n) for n in range(len(lines))], rows_of(np.array(lines, object)))
