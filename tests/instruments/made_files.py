"""What hypothesis makes up for readers of files: contents that were changed, files that were built wrong, lines of an index."""

import json
import zipfile

import numpy as np
from hostile_files import METADATA, npy, zipped
from hypothesis import strategies as st

ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([2**63, 10**30, -1, "4"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
SHAPES = st.lists(st.integers(0, 3), max_size=3).map(tuple) | st.just((2, 3))
DTYPES = st.sampled_from(["<f4", "<f4", "<f4", "<f8", ">f4", "<i4", "|u1", "|b1", "<c8", "<U2", "|S3", "<f2"])
ARRAYS = ("std", "standard_error", "scores", "completeness_gap", "relative_gap", "recipe", "other", "M")
LINE = {"step": 1, "time": 0.5, "bytes": 900, "numbers": {"score": [1.0, None]}}
TRAINING = {
    "kind": "kerasal.run 1",
    "examples": ["0", "1"],
    "shape": [2, 3],
    "start": 0,
    "picture": {"kind": "image", "arrays": ["images"]},
}


@st.composite
def changed(draw, content):
    """A content with some bytes changed, cut out, put in, doubled or zeroed."""
    found = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, max(len(found) - 1, 0))), draw(st.integers(1, 40))
        part = bytes(found[at : at + length])
        bit = bytes([part[0] ^ 1 << draw(st.integers(0, 7))]) + part[1:] if part else b""
        others = [bit, bit, b"", 2 * part, bytes(len(part)), part[::-1], b"\xff" * len(part)]
        found[at : at + length] = draw(st.sampled_from(others) | st.binary(min_size=length, max_size=length))
    return bytes(found)


@st.composite
def changed_json(draw, good):
    """A dict with some entries that are others, missing, or new."""
    found = dict(good)
    for name in draw(st.lists(st.sampled_from([*good, "values", "recipe", "x"]), max_size=2)):
        found.pop(name, None)
        if draw(st.booleans()):
            found[name] = draw(ANY_JSON)
    return found


@st.composite
def built_files(draw):
    """A zip of arrays of any shape and dtype, with metadata that may fit them; the arrays themselves may be cut short."""
    names = draw(st.sets(st.sampled_from(ARRAYS), max_size=2))
    names |= {"values"} if draw(st.integers(0, 9)) else set()
    like = draw(SHAPES)
    members = {}
    for name in sorted(names):
        is_of_examples = name in ("scores", "completeness_gap", "relative_gap")
        shape = draw(SHAPES) if draw(st.integers(0, 5)) == 5 else like[:1] if is_of_examples else like
        dtype = draw(DTYPES) if draw(st.integers(0, 5)) == 5 else "<f4"
        array = draw(st.sampled_from([np.ones, np.ones, np.zeros]))(shape, dtype)
        member = npy(np.asarray(array, order=draw(st.sampled_from("CCF"))))
        members[name] = member[: draw(st.integers(0, len(member)))] if draw(st.integers(0, 9)) == 0 else member
    fitting = {
        **METADATA,
        "axes": ["example", "a", "b"][: len(like)],
        "M": draw(st.sampled_from([1, 4, [4] * 2, [4, 5, 6]])),
    }
    metadata = {"kind": "kerasal.Saliency 3", "arrays": sorted(members), **fitting}
    metadata = draw(changed_json(metadata)) if draw(st.integers(0, 2)) == 2 else metadata
    packing = draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
    return zipped(packing, draw(st.sampled_from([json.dumps(metadata)] * 9 + ["[]"])), **members)


@st.composite
def indexes(draw):
    """Lines of an index: good ones, ones that were changed, and bytes."""
    lines = [json.dumps(TRAINING).encode()] * draw(st.integers(0, 1))
    for step in draw(st.lists(st.integers(-1, 3), max_size=8)):
        good = draw(st.sampled_from([{**LINE, "step": step}] * 9 + [{**TRAINING, "start": step}]))
        line = json.dumps(draw(changed_json(good)) if draw(st.integers(0, 2)) == 2 else good).encode()
        lines.append(draw(changed(line)) if draw(st.integers(0, 3)) == 0 else line)
    return b"\n".join(lines) + draw(st.sampled_from([b"\n", b""]))
