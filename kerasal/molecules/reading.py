"""Molecules read from SMILES; a string that cannot be parsed is named by its row, and the rest is kept."""

import csv
import os
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rdkit import Chem
from rdkit.rdBase import BlockLogs

from kerasal._errors import listed
from kerasal._vocabulary import checks_keywords


class Skipped(NamedTuple):
    """A row that was left out.

    Attributes:
        row: its line in a file, or its position, from 0.
        smiles: the string that was read.
        reason: e.g. "not SMILES".
    """

    row: int
    smiles: str
    reason: str


@checks_keywords
@dataclass(frozen=True)
class Molecules:
    """Molecules that could be parsed, in the order in which they were read.

    `len`, and indexing by a slice or an array of integers or booleans, work as for arrays.

    Attributes:
        smiles: as read, not made canonical: atoms keep the order of the string.
        mols: RDKit's molecules, whose atoms are in the order of the string.
        rows: of each its line in a file, or its position, from 0.
        values: numbers read beside each, float64 (N,), or None.
        skipped: (row, string, reason) of each row that was left out.
    """

    smiles: tuple[str, ...]
    mols: tuple[Chem.Mol, ...]
    rows: tuple[int, ...]
    values: np.ndarray | None = None
    skipped: tuple[Skipped, ...] = ()

    def __len__(self) -> int:
        return len(self.smiles)

    def __repr__(self) -> str:
        values = "without values" if self.values is None else "with values"
        return f"<Molecules: {len(self)} {values}, {len(self.skipped)} left out>"

    def __getitem__(self, key: Any) -> "Molecules":
        chosen = np.arange(len(self))[key]
        if chosen.ndim != 1:
            raise TypeError(
                f"Molecules are indexed by a slice or an array. Received: {key!r}. One molecule is molecules.mols[{key!r}]."
            )
        smiles, mols, rows = (tuple(each[k] for k in chosen) for each in (self.smiles, self.mols, self.rows))
        return Molecules(smiles, mols, rows, None if self.values is None else self.values[chosen], self.skipped)


@checks_keywords
def from_smiles(smiles: Iterable[str], values: Sequence[float] | np.ndarray | None = None) -> Molecules:
    """Parse strings.

    Args:
        smiles: the strings.
        values: a number for each, e.g. its solubility.

    Returns:
        `Molecules`; rows are positions in `smiles`. A warning names what was left out.

    Raises:
        ValueError: nothing could be parsed, or lengths differ.
        TypeError: one string in place of a list.

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
    rows = [_Row(row, text, None if values is None else values[row]) for row, text in enumerate(smiles)]
    return _molecules(rows, "list")


@checks_keywords
def read_smiles(path: str | os.PathLike[str]) -> Molecules:
    """Read a SMILES file: a string a line; whatever follows it after white space is ignored.

    Rows are line numbers from 0; empty lines and lines that begin with # are passed over. A first line whose first word is
    "smiles" is a heading.

    Args:
        path: text file, UTF-8.

    Returns:
        `Molecules`. A warning names what was left out.

    Raises:
        FileNotFoundError: no such file.
        ValueError: nothing could be parsed.
    """
    lines = Path(path).read_text("utf-8").splitlines()
    words = [(row, line.split()[0]) for row, line in enumerate(lines) if line.strip() and not line.startswith("#")]
    if words and words[0][1].lower() == "smiles":
        words = words[1:]
    return _molecules([_Row(row, text) for row, text in words], os.fspath(path))


@checks_keywords
def read_csv(path: str | os.PathLike[str], smiles: str = "smiles", value: str | None = None) -> Molecules:
    """Read a table with a heading.

    Rows are counted from 0 after the heading.

    Args:
        path: comma-separated file, UTF-8.
        smiles: name of the column of strings.
        value: name of a column of numbers, or None. A row whose number cannot be read is left out.

    Returns:
        `Molecules`. A warning names what was left out.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a column that does not exist, or nothing that could be parsed.
    """
    with open(path, newline="", encoding="utf-8-sig") as file:
        table = csv.DictReader(file)
        columns = table.fieldnames or []
        missing = [name for name in (smiles, value) if name is not None and name not in columns]
        if missing:
            raise ValueError(
                f"{os.fspath(path)} has the columns {', '.join(map(repr, columns))}. Received: {missing[0]!r}. Name one of them."
            )
        rows = [
            _Row(row, line[smiles] or "", None if value is None else line[value] or "")
            for row, line in enumerate(table)
        ]
    return _molecules(rows, os.fspath(path))


class _Row(NamedTuple):
    """A string as it was read, and the number beside it: None, a number, or the text of one."""

    row: int
    text: str
    value: float | str | None = None


class _Parsed(NamedTuple):
    smiles: str
    mol: Chem.Mol
    row: int
    value: float | None


def _molecules(rows: Sequence[_Row], source: str) -> Molecules:
    with BlockLogs():
        found = [_parse(row) for row in rows]
    kept = [each for each in found if isinstance(each, _Parsed)]
    skipped = tuple(each for each in found if isinstance(each, Skipped))
    if not kept:
        raise ValueError(
            f"At least one molecule is needed. Received: {len(skipped)} rows of {source}, none that can be used"
            + (f", e.g. row {skipped[0].row}, {skipped[0].smiles!r}: {skipped[0].reason}" if skipped else "")
            + ". Write molecules as SMILES."
        )
    if skipped:
        names = [f"row {each.row} ({each.smiles!r}: {each.reason})" for each in skipped]
        warnings.warn(
            f"{len(skipped)} of {len(rows)} rows of {source} are left out: {listed(names)}. The other {len(kept)} are kept; see "
            "Molecules.rows and Molecules.skipped.",
            stacklevel=3,
        )
    smiles, mols, numbers, values = zip(*kept, strict=True)
    return Molecules(smiles, mols, numbers, None if values[0] is None else np.array(values, np.float64), skipped)


def _parse(row: _Row) -> _Parsed | Skipped:
    mol, reason = _parse_smiles(row.text)
    value, odd = _parse_number(row.value)
    if mol is None or odd:
        return Skipped(row.row, row.text, reason or odd)
    return _Parsed(row.text, mol, row.row, value)


def _parse_smiles(text: Any) -> tuple[Chem.Mol | None, str]:
    """Return (molecule, ""), or (None, the reason)."""
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


def _parse_number(value: float | str | None) -> tuple[float | None, str]:
    """Return (number or None, ""), or (None, the reason)."""
    if value is None:
        return None, ""
    try:
        number = float(value)
    except ValueError:
        return None, f"its number is {value!r}"
    return (number, "") if np.isfinite(number) else (None, "its number is not finite")
