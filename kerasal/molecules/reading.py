"""Reads molecules from SMILES; what cannot be parsed is named by row and string, and the rest is kept."""

import csv
import os
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rdkit import Chem
from rdkit.rdBase import BlockLogs

from kerasal._errors import listed


@dataclass(frozen=True)
class Molecules:
    """Molecules that could be parsed, in the order in which they were read.

    Attributes:
        smiles: as read, not made canonical: atoms keep the order of the string.
        mols: RDKit's molecules, whose atoms are in the order of the string.
        rows: where each was read: its line in a file, or its position, from 0.
        values: numbers read beside each, float64 (N,), or None.
        skipped: (row, string, reason) of what was left out.

    `len`, and indexing by a slice or an array of integers or booleans, work as for arrays.
    """

    smiles: tuple[str, ...]
    mols: tuple
    rows: tuple[int, ...]
    values: np.ndarray | None = None
    skipped: tuple[tuple[int, str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.smiles)

    def __getitem__(self, key) -> "Molecules":
        chosen = np.arange(len(self))[key]
        if chosen.ndim != 1:
            raise TypeError(
                f"Molecules are indexed by a slice or an array. Received: {key!r}. One molecule is molecules.mols[{key!r}]."
            )
        smiles, mols, rows = (tuple(each[k] for k in chosen) for each in (self.smiles, self.mols, self.rows))
        return Molecules(smiles, mols, rows, None if self.values is None else self.values[chosen], self.skipped)


def from_smiles(smiles: Iterable[str], values: Sequence[float] | None = None) -> Molecules:
    """Molecules of strings.

    Args:
        smiles: the strings.
        values: a number for each, e.g. its solubility.

    Returns: `Molecules`; rows are positions in `smiles`.

    Raises:
        ValueError: nothing could be parsed, or lengths differ. A warning names what was left out.

    Example:
        >>> from kerasal.molecules import from_smiles
        >>> from_smiles(["CCO", "c1ccncc1"]).mols[1].GetNumAtoms()
        6
    """
    if isinstance(smiles, str):
        raise TypeError(f"smiles is a list of strings. Received: the string {smiles!r}. Put it into a list.")
    smiles = list(smiles)
    if values is not None and len(values) != len(smiles):
        raise ValueError(
            f"values needs a number per string, {len(smiles)}. Received: {len(values)}. Leave it out if there is none."
        )
    return _parsed([(row, text, None if values is None else values[row]) for row, text in enumerate(smiles)], "list")


def read_smiles(path: str | os.PathLike) -> Molecules:
    """Molecules of a SMILES file: a string a line, and whatever follows it after white space is ignored.

    Rows are line numbers from 0; empty lines and lines that begin with # are passed over. A first line whose first word is
    "smiles" is a heading.

    Raises:
        FileNotFoundError: no such file. ValueError: nothing could be parsed. A warning names what was left out.
    """
    lines = Path(path).read_text("utf-8").splitlines()
    words = [(row, line.split()[0]) for row, line in enumerate(lines) if line.strip() and not line.startswith("#")]
    if words and words[0][1].lower() == "smiles":
        words = words[1:]
    return _parsed([(row, text, None) for row, text in words], os.fspath(path))


def read_csv(path: str | os.PathLike, smiles: str = "smiles", value: str | None = None) -> Molecules:
    """Molecules of a table with a heading.

    Args:
        path: comma-separated file, UTF-8.
        smiles: name of the column of strings.
        value: name of a column of numbers, or None. A row whose number cannot be read is left out.

    Rows are counted from 0 after the heading.

    Raises:
        FileNotFoundError: no such file. ValueError: a column that does not exist, nothing that could be parsed. A warning
            names what was left out.
    """
    with open(path, newline="", encoding="utf-8-sig") as file:
        table = csv.DictReader(file)
        columns = table.fieldnames or []
        missing = [name for name in (smiles, value) if name is not None and name not in columns]
        if missing:
            raise ValueError(
                f"{os.fspath(path)} has the columns {', '.join(map(repr, columns))}. Received: {missing[0]!r}. Name one of them."
            )
        rows = [(row, line[smiles] or "", None if value is None else line[value]) for row, line in enumerate(table)]
    return _parsed(rows, os.fspath(path))


def _parsed(rows, source) -> Molecules:
    """`Molecules` of (row, string, number or None or the text of one)."""
    kept, skipped = [], []
    with BlockLogs():
        for row, text, value in rows:
            mol, reason = _molecule(text)
            try:
                number = None if value is None else float(value)
                reason = reason or (
                    "its number is not finite" if number is not None and not np.isfinite(number) else ""
                )
            except ValueError:
                reason = reason or f"its number is {value!r}"
            if reason:
                skipped.append((row, text, reason))
            else:
                kept.append((text, mol, row, number))
    if not kept:
        raise ValueError(
            f"At least one molecule is needed. Received: {len(skipped)} rows of {source}, none that can be used"
            + (f", e.g. row {skipped[0][0]}, {skipped[0][1]!r}: {skipped[0][2]}" if skipped else "")
            + ". Write molecules as SMILES."
        )
    if skipped:
        told = [f"row {row} ({text!r}: {reason})" for row, text, reason in skipped]
        warnings.warn(
            f"{len(skipped)} of {len(rows)} rows of {source} are left out: {listed(told)}. The other {len(kept)} are kept; see "
            "Molecules.rows and Molecules.skipped.",
            stacklevel=3,
        )
    smiles, mols, numbers, values = zip(*kept)
    return Molecules(smiles, mols, numbers, None if values[0] is None else np.array(values), tuple(skipped))


def _molecule(text):
    """(molecule, "") or (None, why not)."""
    if not isinstance(text, str) or not text.strip():
        return None, "no SMILES"
    mol = Chem.MolFromSmiles(text.strip(), sanitize=False)
    if mol is None:
        return None, "not SMILES"
    if not mol.GetNumAtoms():
        return None, "no atoms"
    problems = Chem.DetectChemistryProblems(mol)
    if problems:
        return None, problems[0].Message()
    return Chem.MolFromSmiles(text.strip()), ""
