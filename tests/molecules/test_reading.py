"""Reading: what cannot be parsed is named by row and string, the rest is kept in order."""

import os

import numpy as np
import pytest
from three_parts import refused

pytest.importorskip("rdkit")
from kerasal.molecules import Molecules, from_smiles, read_csv, read_smiles


def test_a_smiles_file(tmp_path):
    path = tmp_path / "some.smi"
    path.write_text("# made by hand\nCCO ethanol 7\n\nc1ccncc1\tpyridine\nC1CC\nO\n", "utf-8")
    with pytest.warns(UserWarning, match=r"1 of 4 rows of .*some\.smi.*row 4 \('C1CC': not SMILES\).*other 3 are kept"):
        found = read_smiles(path)
    assert found.smiles == ("CCO", "c1ccncc1", "O") and found.rows == (1, 3, 5) and found.values is None
    assert [mol.GetNumAtoms() for mol in found.mols] == [3, 6, 1]
    assert found.skipped == ((4, "C1CC", "not SMILES"),)
    assert repr(found) == "<Molecules: 3 without values, 1 left out>"


def test_a_heading_is_no_molecule(tmp_path, recwarn):
    (tmp_path / "some.smi").write_text("SMILES name\nCC ethane\n", "utf-8")
    assert read_smiles(tmp_path / "some.smi").rows == (1,) and not recwarn


def test_a_table(tmp_path):
    """A byte order mark, quotes, a number that is none, and carbon with five bonds."""
    path = tmp_path / "some.csv"
    path.write_bytes(
        '\ufeffname,smiles,"log, S"\n"a, b",CCO ,-0.5\nb,C(C)(C)(C)(C)C,1\nc,CC,high\nd,,2\ne,C,-3e0\nf,O,nan\n'.encode()
    )
    with pytest.warns(UserWarning, match="4 of 6 rows"):
        found = read_csv(path, value="log, S")
    assert [text.strip() for text in found.smiles] == ["CCO", "C"] and found.rows == (0, 4)
    np.testing.assert_array_equal(found.values, [-0.5, -3.0])
    reasons = {row: reason for row, _, reason in found.skipped}
    assert set(reasons) == {1, 2, 3, 5} and "valence" in reasons[1] and "'high'" in reasons[2]
    assert reasons[3] == "no SMILES" and "finite" in reasons[5]
    with pytest.warns(UserWarning, match="2 of 6"):
        assert len(read_csv(path)) == 4  # without a column of numbers only strings decide


def test_a_row_that_ends_early_has_no_number(tmp_path):
    (tmp_path / "a.csv").write_text("smiles,y\nC,1\nCC\n", "utf-8")
    with pytest.warns(UserWarning, match="1 of 2"):
        found = read_csv(tmp_path / "a.csv", value="y")
    assert found.values.tolist() == [1] and found.values.dtype == np.float64
    assert (found.skipped[0].row, found.skipped[0].smiles, found.skipped[0].reason) == (1, "CC", "its number is ''")


def test_strings_keep_their_atoms_in_order():
    found = from_smiles(["OCC", "CCO"], [1, 2])
    assert [[atom.GetSymbol() for atom in mol.GetAtoms()] for mol in found.mols] == [list("OCC"), list("CCO")]
    np.testing.assert_array_equal(found.values, [1, 2])


def test_indexing():
    found = from_smiles(["C", "CC", "CCC"], [1.0, 2.0, 3.0])
    assert found[1:].smiles == ("CC", "CCC") and found[1:].rows == (1, 2)
    few = found[np.array([True, False, True])]
    assert isinstance(few, Molecules) and few.smiles == ("C", "CCC") and few.values.tolist() == [1, 3]
    assert found[np.array([2, 0])].smiles == ("CCC", "C") and len(found) == 3
    with refused("molecules.mols[1]"):
        found[1]


@pytest.mark.parametrize(
    "read, words",
    [
        (lambda folder: from_smiles("CCO"), "list"),
        (lambda folder: from_smiles(["CC"], [1, 2]), "values"),
        (lambda folder: from_smiles(["C1CC", ""]), "row 0, 'C1CC': not SMILES"),
        (lambda folder: from_smiles([]), "at least one"),
        (lambda folder: from_smiles([None]), "no SMILES"),
        (lambda folder: read_csv(folder / "a.csv", smiles="structure"), "'structure'"),
        (lambda folder: read_csv(folder / "a.csv", value="logS"), "'logS'"),
    ],
)
def test_what_is_refused(read, words, tmp_path):
    (tmp_path / "a.csv").write_text("smiles,y\nC,1\n", "utf-8")
    with refused(words):
        read(tmp_path)


def test_a_file_that_is_missing(tmp_path):
    for read in (read_smiles, read_csv):
        with pytest.raises(FileNotFoundError, match="none"):
            read(tmp_path / "none")


def test_rdkit_stays_quiet(capfd):
    with pytest.warns(UserWarning):
        from_smiles(["C", "C1CC", "C(C)(C)(C)(C)C"])
    assert capfd.readouterr().err == ""


def test_the_file_that_comes_with_rdkit():
    """4999 molecules of the NCI, nine of which break the rules of valence."""
    from rdkit import RDConfig

    with pytest.warns(UserWarning, match="9 of 4999"):
        found = read_smiles(os.path.join(RDConfig.RDDataDir, "NCI", "first_5K.smi"))
    assert len(found) == 4990 and found.rows[0] == 0 and 2097 in {row for row, _, _ in found.skipped}
