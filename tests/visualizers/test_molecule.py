"""Molecules: every atom and bond in the colour of its saliency, read back from the SVG; the caller's molecule untouched."""

import os
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from three_parts import refused

Chem = pytest.importorskip("rdkit.Chem")
from kerasal.saliency import Saliency
from kerasal.visualizers import MolVisualizer, SmilesVisualizer, normalize_scaler, red_blue_cmap

draw, draw_smiles = MolVisualizer().visualize, SmilesVisualizer().visualize
ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


def styled(svg):
    """[(tag, class, colour or "none", element)] of what is filled, in the order in which it is drawn."""
    for element in ElementTree.fromstring(svg.encode("latin-1")).iter():
        fill = re.search(r"fill:(#\w+|none)", element.get("style", ""))
        if fill:
            yield element.tag.rpartition("}")[2], element.get("class") or "", fill[1].lower(), element


def discs(svg):
    """[(atom, colour, radius)] in the order in which they are drawn; grids have an atom-0 per molecule."""
    return [
        (int(kind.removeprefix("atom-")), color, float(element.get("rx")))
        for tag, kind, color, element in styled(svg)
        if tag == "ellipse"
    ]


def colors(svg):
    return {atom: color for atom, color, _ in discs(svg)}


def bonds(svg):
    """{(atom, atom): colour of the bond's band}."""
    found = {}
    for tag, kind, color, _ in styled(svg):
        ends = tuple(sorted(int(number) for number in re.findall(r"atom-(\d+)", kind)))
        if tag == "path" and len(ends) == 2 and color != "none":
            found[ends] = color
    return found


def hexed(rgb):
    """As RDKit writes a colour, rounded down."""
    return "#" + "".join(f"{int(255 * part):02x}" for part in rgb)


def test_the_colour_map():
    """Chainer Chemistry's, at 1, 0 and -1 and halfway."""
    assert red_blue_cmap(1) == (1, 0, 0) and red_blue_cmap(0) == (1, 1, 1) and red_blue_cmap(-1) == (0, 0, 1)
    assert red_blue_cmap(0.25) == (1, 0.75, 0.75) and red_blue_cmap(-0.25) == (0.75, 0.75, 1)
    assert red_blue_cmap(7) == (1, 0, 0) and red_blue_cmap(-7) == (0, 0, 1)


def test_every_atom_and_bond_has_its_colour():
    """C-C-O with 2, -1, 0.5: shares 1, -.5, .25; bonds (1 - .5) / 2 = .25 and (-.5 + .25) / 2 = -.125, which is blue."""
    svg = draw([2.0, -1.0, 0.5], Chem.MolFromSmiles("CCO"))
    assert colors(svg) == {0: "#ff0000", 1: "#7f7fff", 2: "#ffbfbf"}
    assert bonds(svg) == {(0, 1): "#ffbfbf", (1, 2): "#dfdfff"}


def test_a_real_molecule_atom_by_atom():
    mol = Chem.MolFromSmiles(ASPIRIN)
    values = np.random.default_rng(1).normal(size=13)
    svg = draw(values, mol)
    shares = values / np.abs(values).max()
    assert colors(svg) == {atom: hexed(red_blue_cmap(share)) for atom, share in enumerate(shares)}
    expected = {tuple(sorted((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()))) for bond in mol.GetBonds()}
    assert bonds(svg) == {ends: hexed(red_blue_cmap(shares[list(ends)].mean())) for ends in expected}


def test_scalers_limits_and_own_colours():
    mol = Chem.MolFromSmiles("CCO")
    assert colors(draw([1.0, 2.0, -1.0], mol, scaler=None, limit=4))[1] == "#ff7f7f"
    assert colors(draw([1.0, 2.0, -1.0], mol, scaler=None)) == colors(draw([1.0, 2.0, -1.0], mol))
    assert colors(draw([1.0, 3.0, 0.0], mol, scaler=normalize_scaler, limit=1))[1] == "#ff3f3f"  # 3 of 4
    green = draw([1.0, 2.0, -1.0], mol, color_fn=lambda share: (0.0, abs(share), 0.0))
    assert colors(green) == {0: "#007f00", 1: "#00ff00", 2: "#007f00"}
    assert set(colors(draw([0.0, 0.0, 0.0], mol)).values()) == {"#ffffff"}


@pytest.mark.parametrize("ratio, shown", [(1.0, {0, 1, 2, 3}), (0.5, {1, 3}), (0.26, {1, 3}), (0.25, {1}), (1e-9, {1})])
def test_visualize_ratio_keeps_the_strongest(ratio, shown):
    svg = draw([0.5, -4.0, 0.0, 2.0], Chem.MolFromSmiles("CCCO"), visualize_ratio=ratio)
    assert set(colors(svg)) == shown and colors(svg)[1] == "#0000ff"
    assert set(bonds(svg)) == {(a, a + 1) for a in range(3) if {a, a + 1} <= shown}


def test_the_callers_molecule_stays_as_it_is():
    mol = Chem.MolFromSmiles(ASPIRIN)
    before = mol.ToBinary(Chem.PropertyPickleOptions.AllProps)
    draw(np.arange(13.0), mol, show_values=True, legend="aspirin")
    assert mol.ToBinary(Chem.PropertyPickleOptions.AllProps) == before
    assert mol.GetNumConformers() == 0 and sum(bond.GetIsAromatic() for bond in mol.GetBonds()) == 6
    assert not any(atom.HasProp("atomNote") for atom in mol.GetAtoms())


def test_coordinates_of_the_caller_are_kept_when_flat():
    from rdkit.Chem import rdDepictor

    mol = Chem.MolFromSmiles("CCO")
    rdDepictor.Compute2DCoords(mol)
    positions = mol.GetConformer().GetPositions().copy()
    draw([1.0, 2.0, 3.0], mol)
    np.testing.assert_array_equal(mol.GetConformer().GetPositions(), positions)


def test_doubt_makes_discs_smaller():
    """Full size from two standard deviations on, and its fixed share where the mean is 0."""
    saliency = Saliency([[2.0, 1.0, 0.0]], std=[[1.0, 1.0, 1.0]], M=9, axes=("example", "atom"))
    svg = draw(saliency[0], Chem.MolFromSmiles("CCO"))
    (_, _, full), (_, _, half), (_, _, least) = discs(svg)
    assert least < half < full and half == pytest.approx((full + least) / 2, rel=0.02)
    assert full == pytest.approx(discs(draw([2.0, 1.0, 0.0], Chem.MolFromSmiles("CCO")))[0][2], rel=0.01)


def test_a_grid_has_one_scale():
    mols = [Chem.MolFromSmiles(text) for text in ("CC", "CO")]
    saliencies = {"one": [[1.0, -4.0], [0.0, 2.0]], "two": [[2.0, 0.0], [4.0, -1.0]]}
    svg = MolVisualizer().visualize_batch(saliencies, mols, ["ethane", "methanol"])
    shares = [0.25, -1, 0.5, 0, 0, 0.5, 1, -0.25]  # row by row: ethane by one and two, methanol by one and two
    assert [color for _, color, _ in discs(svg)] == [hexed(red_blue_cmap(share)) for share in shares]
    each = MolVisualizer().visualize_batch(saliencies, mols, scaler=lambda values: values / np.abs(values).max())
    assert discs(each)[5][1] == "#ff0000"


def test_the_order_of_atoms_is_that_of_the_string():
    """However a molecule is written, an atom keeps its colour; drawn alike when canonical."""
    mol = Chem.MolFromSmiles(ASPIRIN)
    values = np.arange(13) - 4.5
    expected = draw_smiles(values, ASPIRIN)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(13).tolist()
        text = Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False)
        read = Chem.MolFromSmiles(text)
        match = read.GetSubstructMatch(mol)  # position in `read` of each atom of `mol`, which is its own only image
        other = np.zeros(13)
        other[list(match)] = values
        assert draw_smiles(other, text) == expected, text
    as_given = draw_smiles(values, ASPIRIN, use_canonical_smiles=False)
    assert as_given == draw(values, mol) and sorted(colors(as_given).values()) == sorted(colors(expected).values())


def test_oxygen_stays_red():
    """The canonical form of OCC is CCO: the first number belongs to oxygen, the third atom drawn."""
    assert colors(draw_smiles([1.0, 0.0, -0.5], "OCC")) == {0: "#7f7fff", 1: "#ffffff", 2: "#ff0000"}
    kept = draw_smiles([1.0, 0.0, -0.5], "OCC", use_canonical_smiles=False)
    assert colors(kept) == {0: "#ff0000", 1: "#ffffff", 2: "#7f7fff"}


def test_hydrogens():
    """With saliency of their own, or with none."""
    none = colors(draw_smiles([1.0, -1.0], "OC", add_Hs=True))
    assert len(none) == 6 and sorted(none.values()) == ["#0000ff", "#ff0000"] + ["#ffffff"] * 4
    own = colors(draw_smiles([1.0, -1.0, 0.5, 0.5, 0.5, 0.5], "OC", add_Hs=True))
    assert sorted(own.values()) == ["#0000ff", "#ff0000"] + ["#ff7f7f"] * 4


def test_padding_after_the_atoms():
    padded = np.array([1.0, -0.5, 0.25, 0, 0], "float32")
    assert draw(padded, Chem.MolFromSmiles("CCO")) == draw(padded[:3], Chem.MolFromSmiles("CCO"))
    assert draw_smiles(padded, "CCO") == draw_smiles(padded[:3], "CCO")
    saliency = Saliency([padded], std=[padded * 0 + 0.3], M=4, axes=("example", "atom"))[0]
    assert len(discs(draw_smiles(saliency, "OCC"))) == 3


def test_values_and_scale_are_written():
    quiet = draw([1.0, -1.0], Chem.MolFromSmiles("CO"), show_scale=False)
    assert len(draw([1.0, -1.0], Chem.MolFromSmiles("CO"), show_scale=False, show_values=True)) > len(quiet)
    bar = [color for _, kind, color, _ in styled(draw([1.0, -1.0], Chem.MolFromSmiles("CC"))) if not kind]
    assert "#0000ff" in bar and "#ff0000" in bar and "#ffffff" in bar
    unsigned = [color for _, kind, color, _ in styled(draw([1.0, 0.5], Chem.MolFromSmiles("CO"))) if not kind]
    assert "#ff0000" in unsigned and "#0000ff" not in unsigned


@pytest.mark.parametrize("ending, magic", [("svg", b"<?xml"), ("png", b"\x89PNG\r\n"), ("PNG", b"\x89PNG\r\n")])
def test_files(ending, magic, tmp_path):
    path = tmp_path / f"molecule.{ending}"
    svg = draw([1.0, -0.5, 0.25], Chem.MolFromSmiles("CCO"), path)
    assert path.read_bytes().startswith(magic) and os.listdir(tmp_path) == [path.name]
    assert svg.startswith("<?xml") and (ending != "svg" or path.read_text("utf-8") == svg)


def inks(svg):
    """Colours of what is drawn over RDKit's letters, where no scale is drawn: halos, then letters."""
    return [color for tag, kind, color, _ in styled(svg) if tag == "path" and not kind and color != "none"]


def test_letters_can_be_read_on_their_discs():
    """White on blue, a halo of eight shifts and one sign for each of O and H; black stays on red (5.3 to 4.0) and on no disc."""
    ethanol, quiet = Chem.MolFromSmiles("CCO"), {"show_scale": False}
    assert inks(draw([0.0, 1.0, -1.0], ethanol, **quiet)) == ["#0000ff"] * 2 * 8 + ["#ffffff"] * 2
    assert inks(draw([0.0, -1.0, 1.0], ethanol, **quiet)) == inks(draw([0.0, 1.0, -0.25], ethanol, **quiet)) == []
    assert inks(draw([1.0, 0.5, -0.9], ethanol, visualize_ratio=0.3, **quiet)) == []
    methanol, water = Chem.MolFromSmiles("CO"), Chem.MolFromSmiles("O")
    saliencies = {"": [[0.0, 1.0], [-1.0], [0.0, -1.0], [1.0]]}
    grid = MolVisualizer().visualize_batch(saliencies, [methanol, water] * 2, columns=2, **quiet)
    assert (
        inks(grid) == ["#0000ff"] * 5 * 8 + ["#ffffff"] * 5
    )  # H, 2 and O of the first water, OH of the second methanol


def test_a_halo_has_the_shape_of_its_letter():
    """No box: a halo is the letter itself, moved by its width in eight directions."""
    svg = draw([0.0, 1.0, -1.0], Chem.MolFromSmiles("CCO"), show_scale=False)
    drawn = [
        (color, points(element))
        for tag, kind, color, element in styled(svg)
        if tag == "path" and not kind and color != "none"
    ]
    halo, letter = ([each for color, each in drawn if color == ink] for ink in ("#0000ff", "#ffffff"))
    for k, white in enumerate(letter):
        around = halo[8 * k : 8 * k + 8]
        for shifted in around:
            np.testing.assert_allclose(np.ptp(shifted, 0), np.ptp(white, 0), atol=0.2)
            assert np.hypot(*(shifted - white).mean(0)) == pytest.approx(1.8, abs=0.1)


def points(element):
    return np.array(re.findall(r"-?[\d.]+", element.get("d")), float).reshape(-1, 2)


def letters(svg):
    """Width and height of the signs of atoms, in pixels."""
    drawn = ElementTree.fromstring(svg.encode("latin-1")).iter("{http://www.w3.org/2000/svg}path")
    marks = [points(path) for path in drawn if path.get("style") is None and path.get("class")]
    return np.array([np.ptp(each, 0) for each in marks])


@pytest.mark.parametrize("smiles", ["CCO", ASPIRIN, "Clc1cc(Cl)c(cc1Cl)c2cc(Cl)c(Cl)c(Cl)c2Cl", "CCCCCCCCCCCCCCCCO"])
def test_a_drawing_fills_its_cell_with_letters_that_can_be_read(smiles):
    """Most of the cell's width or height, but for bonds of a quarter of the cell; capitals at least 9 pixels high."""
    mol = Chem.MolFromSmiles(smiles)
    saliencies = {"": [np.ones(mol.GetNumAtoms()), [1.0, 1.0]]}
    svg = MolVisualizer().visualize_batch(saliencies, [mol, Chem.MolFromSmiles("CC")], size=(300, 240))
    places = [element for tag, kind, _, element in styled(svg) if tag == "ellipse" and float(element.get("cx")) < 300]
    x, y = (np.array([float(element.get(name)) for element in places]) for name in ("cx", "cy"))
    radius, nearest = float(places[0].get("rx")), np.hypot(*np.diff([x[:2], y[:2]]).ravel())
    shares = (np.ptp(x) + 2 * radius) / 300, (np.ptp(y) + 2 * radius) / 240
    assert max(shares) > 0.8 or nearest == pytest.approx(240 / 4 * 1.5, rel=0.05)
    assert max(shares) > 0.6 and max(shares) <= 1
    assert letters(svg)[:, 1].max() >= 9


def test_the_colours_of_the_bar_have_no_seam(tmp_path):
    """Blue, white exactly in the middle, red; never back, and no step of more than a hundredth."""
    from matplotlib.image import imread

    draw([1.0, -1.0], Chem.MolFromSmiles("CC"), tmp_path / "a.png", size=(400, 300))
    pixels = np.round(imread(tmp_path / "a.png")[..., :3] * 255).astype(int)
    bar = pixels[300 + 8 + 7, 102:298]
    np.testing.assert_allclose(bar[98], [255, 255, 255], atol=1)  # pixel 200 of 400
    shares = np.where(bar[:, 2] == 255, bar[:, 0] - 255, 255 - bar[:, 2])  # -255 at blue, 255 at red
    steps = np.diff(shares)
    assert shares[0] < -245 and shares[-1] > 245 and steps.min() >= 0 and steps.max() <= 6


def test_captions_and_the_label_are_said_in_the_title():
    svg = draw([1.0, -1.0], Chem.MolFromSmiles("CC"), legend="ethane <b>β</b>\n93 %")
    root = ElementTree.fromstring(svg)
    said = "ethane <b>β</b>, 93 %; saliency / max |saliency|, red raises the score, blue lowers it"
    assert root.find("{http://www.w3.org/2000/svg}title").text == said
    assert svg.isascii() and svg._repr_svg_() == svg and isinstance(svg, str)
    quiet = draw([1.0, -1.0], Chem.MolFromSmiles("CC"), show_scale=False)
    root, taller = (
        ElementTree.fromstring(each)
        for each in (quiet, draw([1.0, 0.0], Chem.MolFromSmiles("CC"), legend="a\nb", show_scale=False))
    )
    assert (root.get("height"), taller.get("height")) == ("375px", f"{375 + 2 * 19 + 6}px")


def test_long_captions_lose_their_middle():
    from kerasal.visualizers.molecule_words import shortened, width_of

    short = shortened("CCO" * 40 + "N", 14, 120)
    assert (
        width_of(short, 14) <= 120 < width_of(short + "CC", 14) and short.startswith("CCO") and short.endswith("CCON")
    )
    assert "…" in short and width_of("CCCC", 28) == pytest.approx(4 * width_of("C", 14) * 2)


@pytest.mark.parametrize("value, disc, ink", [(-1.0, "0000ff", "ffffff"), (1.0, "ff0000", "000000")])
def test_letters_in_png(value, disc, ink, tmp_path):
    """Along the middle of the O of an ether: the disc, the ring's left side, the hole, its right side, the disc."""
    from matplotlib.image import imread

    svg = draw([0.0, value, 0.0], Chem.MolFromSmiles("COC"), tmp_path / "a.png")
    pixels = np.round(imread(tmp_path / "a.png")[..., :3] * 255).astype(int)
    x, y, radius = next(
        tuple(float(element.get(name)) for name in ("cx", "cy", "rx"))
        for tag, kind, _, element in styled(svg)
        if (tag, kind) == ("ellipse", "atom-1")
    )
    row = pixels[round(y), round(x - 0.7 * radius) : round(x + 0.7 * radius)]
    pure = [bytes(pixel.tolist()).hex() for pixel in row]
    found = [color for k, color in enumerate(pure) if color in (disc, ink) and color not in pure[k - 1 : k]]
    assert found == [disc, ink, disc, ink, disc]


def test_as_drawn_in_png(tmp_path):
    """The pixels of the discs, as far as letters and bonds leave them."""
    from matplotlib.image import imread

    svg = draw([1.0, -1.0], Chem.MolFromSmiles("CC"), tmp_path / "a.png")
    pixels = np.round(imread(tmp_path / "a.png")[..., :3] * 255).astype(int)
    for tag, _, color, element in styled(svg):
        if tag == "ellipse":
            x, y, radius = (float(element.get(name)) for name in ("cx", "cy", "ry"))
            assert "#" + bytes(pixels[round(y - radius / 2), round(x)].tolist()).hex() == color


@pytest.mark.parametrize(
    "saliency, text, options, words",
    [
        (Saliency(np.ones((2, 3))), "CCO", {}, "saliency[0]"),
        ([1.0, 2.0], "CCO", {}, "3 atoms"),
        ([1.0, 2.0, 3.0, 4.0], "CCO", {}, "not zero after the atoms"),
        (np.ones((3, 8)), "CCO", {}, "ch_axis=-1"),
        ([1.0, np.nan, 2.0], "CCO", {}, "NaN"),
        ([1.0, 2.0, 3.0], "CCO", {"visualize_ratio": 0.0}, "visualize_ratio"),
        ([1.0, 2.0, 3.0], "CCO", {"visualize_ratio": 1.5}, "visualize_ratio"),
        ([1.0, 2.0, 3.0], "CCO", {"limit": -1}, "limit"),
        ([1.0, 2.0, 3.0], "C1CC", {}, "'C1CC'"),
        ([], "", {}, "''"),
        ([1.0, 2.0, 3.0], 7, {}, "7"),
    ],
)
def test_what_is_refused_leaves_no_file(saliency, text, options, words, tmp_path):
    with refused(words):
        draw_smiles(saliency, text, tmp_path / "molecule.png", **options)
    if Chem.MolFromSmiles(str(text)) is not None and text:
        with refused(words):
            draw(saliency, Chem.MolFromSmiles(str(text)), tmp_path / "molecule.svg", **options)
    assert os.listdir(tmp_path) == []


def test_molecules_and_files_that_are_refused(tmp_path):
    with refused("SmilesVisualizer", error=TypeError):
        draw([1.0], "C")
    with refused(".svg, .png"):
        draw([1.0], Chem.MolFromSmiles("C"), tmp_path / "a.pdf")
    with pytest.raises(FileNotFoundError, match="Received"):
        draw([1.0], Chem.MolFromSmiles("C"), tmp_path / "none" / "a.svg")
    for saliencies in ({}, {"one": [[1.0]]}):
        with refused("one entry per molecule, 2"):
            MolVisualizer().visualize_batch(saliencies, [Chem.MolFromSmiles("C")] * 2)
    assert os.listdir(tmp_path) == []
