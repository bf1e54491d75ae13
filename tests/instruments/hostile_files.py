"""Files as nobody means well with them: their headers, sizes and metadata say what is not so."""

import io
import json
import struct
import zipfile

import numpy as np

METADATA = {"score_name": "logit", "axes": ["example", "feature"], "about": {}, "unpaired": [], "M": 4}


def metadata(kind="kerasal.Saliency 3", arrays=("values",), **changes):
    """The metadata of a file, as JSON; a change of None leaves the name out."""
    told = {"kind": kind, "arrays": sorted(arrays), **METADATA, **changes}
    return json.dumps({name: value for name, value in told.items() if value is not None})


def npz(save=np.savez, told=None, **arrays):
    """The content of a file of arrays with metadata."""
    content = io.BytesIO()
    save(content, metadata=metadata(arrays=arrays) if told is None else told, **arrays)
    return content.getvalue()


def npy(array=None, header=None):
    """The content of a member: of an array, or behind a header as it is given."""
    content = io.BytesIO()
    if array is not None:
        np.save(content, array, allow_pickle=True)
        return content.getvalue()
    text = (header + "\n").encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def zipped(compression=zipfile.ZIP_STORED, told=None, **members):
    """A zip of members as they are given, with metadata."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as file:
        file.writestr("metadata.npy", npy(np.asarray(metadata(arrays=members) if told is None else told)))
        for name, member in members.items():
            file.writestr(f"{name}.npy", member)
    return content.getvalue()


def header(shape, descr="<f4"):
    return str({"descr": descr, "fortran_order": False, "shape": shape})


def bomb(size):
    """Zeros that are packed a thousandfold."""
    return npz(np.savez_compressed, values=np.zeros((2, size // 8), "float32"))


def crowd(count):
    """A zip of very many members."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for k in range(count):
            file.writestr(f"{k}.npy", b"")
    return content.getvalue()


def nested():
    """A zip where an array should be."""
    return zipped(values=npz(values=np.zeros((2, 2), "float32")))


def twice():
    """Two arrays of one name."""
    content = io.BytesIO(npz(values=np.zeros((2, 2), "float32")))
    with zipfile.ZipFile(content, "a") as file, np.testing.suppress_warnings() as quiet:
        quiet.filter(UserWarning)
        file.writestr("values.npy", npy(np.ones((2, 2), "float32")))
    return content.getvalue()


def flipped(content, at):
    """A content with one bit changed."""
    return content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :]


def hostile_files():
    """{name: content} of files that are no `Saliency`."""
    values, good = np.arange(6, dtype="float32").reshape(2, 3), npz(values=np.ones((2, 3), "float32"))
    return {
        "bomb": bomb(400_000_000),
        "bomb of lzma": zipped(zipfile.ZIP_LZMA, values=npy(values)),
        "crowd": crowd(20_000),
        "nested zip": nested(),
        "two of one name": twice(),
        "header of a terabyte": zipped(values=npy(header=header((10**12,)))),
        "header of more than there is": zipped(values=npy(header=header((2, 3)))),
        "header of nothing times much": zipped(values=npy(header=header((10**15, 0)))),
        "header of negative axes": zipped(values=npy(header=header((-1, -4))) + bytes(16)),
        "header of 60 kB": zipped(values=npy(header=header((2, 3)) + " " * 60_000) + bytes(24)),
        "header of many brackets": zipped(values=npy(header="(" * 9_000)),
        "header of code": zipped(values=npy(header="__import__('os').system('true')")),
        "objects": npz(values=np.array([[{}]], dtype=object)),
        "pickle behind the header of numbers": zipped(values=npy(np.array([{}], dtype=object))[:-40]),
        "records": npz(values=np.zeros((2, 3), [("a", "f4"), ("b", "f4")])),
        "doubles": npz(values=values.astype("float64")),
        "integers": npz(values=values.astype("int32")),
        "big endian": npz(values=values.astype(">f4")),
        "words": npz(values=np.array([["a", "b"]])),
        "no values": npz(std=values),
        "an array too many": npz(values=values, surplus=values),
        "std of another shape": npz(values=values, std=values.T.copy()),
        "std below 0": npz(values=values, std=-1 - values),
        "scores of others": npz(values=values, scores=np.zeros(3, "float32")),
        "recipe that is no text": npz(values=values, recipe=np.asarray(b"\xff\xfe")),
        "recipe of numbers": npz(values=values, recipe=values),
        "bit of the data": flipped(good, good.index(struct.pack("<f", 1)) + 5),
        "empty": b"",
        "an empty zip": b"PK\x05\x06" + bytes(18),
        "text": b"hello " * 40_000,
    }


def edited_metadata():
    """{name: JSON} of metadata that do not fit values of shape (2, 3), as after an edit by hand."""
    return {
        "values in it": metadata(values=[[1, 2, 3], [4, 5, 6]]),
        "std in it": metadata(std=[[1, 2, 3], [4, 5, 6]]),
        "scores in it": metadata(scores=[1, 2]),
        "standard_error in it": metadata(standard_error=[[1, 2, 3], [4, 5, 6]]),
        "shape in it": metadata(shape=[3, 2]),
        "recipe in it": metadata(recipe={"seed": 1}),
        "an argument of load": metadata(path="x"),
        "M of 0": metadata(M=0),
        "M of a half": metadata(M=2.5),
        "M true": metadata(M=True),
        "M a word": metadata(M="4"),
        "M of three examples": metadata(M=[1, 2, 3]),
        "M inside M": metadata(M=[[4], [4]]),
        "M beyond 64 bits": metadata(M=2**70),
        "M of 1 beside std": metadata(M=1, arrays=("std", "values")),
        "M missing": metadata(M=None),
        "one axis too few": metadata(axes=["example"]),
        "one axis too many": metadata(axes=["example", "height", "width"]),
        "axes a word": metadata(axes="ef"),
        "axes of numbers": metadata(axes=[0, 1]),
        "axes missing": metadata(axes=None),
        "about a list": metadata(about=[1]),
        "unpaired a word": metadata(unpaired="dropout"),
        "unpaired of numbers": metadata(unpaired=[1]),
        "score_name a number": metadata(score_name=5),
        "kind a list": metadata(kind=["kerasal.Saliency 3"]),
        "kind of another": metadata(kind="kerasal.images 1"),
        "arrays a word": json.dumps({"kind": "kerasal.Saliency 3", "arrays": "values", **METADATA}),
        "arrays of more": metadata(arrays=("values", "std")),
        "a list": "[1, 2]",
        "no JSON": "{",
        "a number of 5000 digits": metadata().replace('"M": 4', '"M": ' + "9" * 5000),
        "deep": metadata().replace('"about": {}', '"about": ' + '{"a":' * 50_000 + "1" + "}" * 50_000),
    }
