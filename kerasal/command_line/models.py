"""Models from files: in safe mode, unless the user says that a file is trusted."""

import importlib
import importlib.util
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from kerasal.command_line.messages import WrongArgument, one_line, say

_FAILURES = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OSError,
    ImportError,
    RuntimeError,
)  # of Keras while it loads
_RISK = "Pass --unsafe if you trust whoever made the file: it runs code that is in it, with all your rights."


def check_model_path(text: str, *, unsafe: bool) -> None:
    """Refuse what is no file of a model, before TensorFlow is loaded.

    Args:
        text: path of a file or folder, or FILE.py:FUNCTION.
        unsafe: whether code of the file may run.

    Raises:
        FileNotFoundError: no such file. ValueError: another kind of file, or one that only --unsafe loads.
    """
    path, function = _parted(text)
    if not path.exists():
        raise FileNotFoundError(
            f"MODEL is a .keras or .h5 file, or a folder. Received: {text!r}, which is not there. Check the path."
        )
    if path.suffix == ".py" and not function:
        raise WrongArgument(
            f"Of a Python file MODEL names a function, too. Received: {text!r}. Pass {text}:build_model or the like."
        )
    if function and not unsafe:
        raise ValueError(f"Without --unsafe no code of a file is run. Received: {text!r}. {_RISK}")
    if path.name.endswith(".weights.h5"):
        raise ValueError(
            f"MODEL is a whole model. Received: {text!r}, weights alone. Load them into their model, and save that: model.save('model.keras')."
        )
    if not function and not path.is_dir() and path.suffix not in (".keras", ".h5", ".hdf5"):
        raise ValueError(
            f"MODEL is a .keras or .h5 file, or a SavedModel folder. Received: {text!r}. Save it by model.save('model.keras')."
        )
    if path.is_dir():
        _check_folder(path)


def _check_folder(path: Path) -> None:
    """Refuse a folder without a model, and one that was exported for serving."""
    if not (path / "saved_model.pb").exists():
        raise ValueError(
            f"MODEL is a .keras or .h5 file, or a SavedModel folder. Received: {str(path)!r}, a folder without saved_model.pb. The model comes "
            "first, then the data: kerasal explain model.keras photographs/."
        )
    if not (path / "keras_metadata.pb").exists():
        raise ValueError(
            f"A SavedModel has layers where Keras 2 saved it, with keras_metadata.pb. Received: {str(path)!r}, exported for serving, of which "
            "only the signatures are left. Save the model itself: model.save('model.keras')."
        )


def load_model(text: str, *, unsafe: bool) -> Any:
    """Load a model; layers of kerasal are known.

    Args:
        text: path of a file or folder, or FILE.py:FUNCTION.
        unsafe: whether code of the file may run.

    Returns:
        The Keras model, compiled if it was and its loss can be had.

    Raises:
        ValueError: it cannot be loaded, or only with `unsafe`.
    """
    check_model_path(text, unsafe=unsafe)
    say(f"loading {text}")
    start_tensorflow()
    import keras

    importlib.import_module("kerasal.serving.saliency_layer")  # registers all layers of kerasal

    path, function = _parted(text)
    model = _built(path, function) if function else _loaded(path, unsafe=unsafe)
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"MODEL gives a Keras model. Received: {type(model).__name__} of {text!r}. Return a keras.Model."
        )
    return model


def start_tensorflow() -> None:
    """Load TensorFlow without what its libraries write to stderr meanwhile, unless that fails."""
    with tempfile.TemporaryFile() as kept:
        stderr = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            importlib.import_module("keras")
        except BaseException:
            kept.seek(0)
            os.write(stderr, kept.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def _parted(text: str) -> tuple[Path, str]:
    """The file, and the function of a Python file."""
    path, colon, function = text.rpartition(":")
    return (Path(path), function) if colon and path.endswith(".py") else (Path(text), "")


def _built(path: Path, function: str) -> Any:
    """Run the function of a Python file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ValueError(
            f"MODEL names a Python file. Received: {str(path)!r}, which Python cannot read. Check the file."
        )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not callable(getattr(module, function, None)):
        raise WrongArgument(f"MODEL names a function of {path}. Received: {function!r}, which is none. Check its name.")
    return getattr(module, function)()


def _loaded(path: Path, *, unsafe: bool) -> Any:
    """Load a file in safe mode, or not."""
    import keras

    if not unsafe and _has_code(path):
        raise ValueError(f"In safe mode a model holds no code. Received: {str(path)!r}, with a Lambda layer. {_RISK}")
    how = {"safe_mode": False} if unsafe else {}
    try:
        return keras.models.load_model(path, **how)
    except _FAILURES as error:
        try:
            model = keras.models.load_model(path, compile=False, **how)
        except _FAILURES:
            raise ValueError(_why_not(path, error)) from error
        say(
            f"warning: the loss and the metrics of {path} are left out, since they cannot be loaded ({one_line(error)[:200]})."
        )
        return model


def _has_code(path: Path) -> bool:
    """Tell whether a legacy file holds functions as code; .keras files are looked at by Keras."""
    if path.is_dir():
        return any(b'"Lambda"' in found.read_bytes() for found in path.glob("keras_metadata.pb"))
    if path.suffix == ".keras":
        return False
    import h5py

    with h5py.File(path, "r") as file:
        config = file.attrs.get("model_config", "{}")
    return '"Lambda"' in json.dumps(json.loads(config))


def _why_not(path: Path, error: Exception) -> str:
    """Words for a file that Keras does not load."""
    why = one_line(error)
    if "lambda" in why.lower() or "safe_mode" in why:
        return f"In safe mode a model holds no code. Received: {str(path)!r}, with a function as code. {_RISK}"
    if path.is_dir():
        return (
            f"Keras reads .keras files, and SavedModel folders only of its own version 2. Received: the folder {str(path)!r}. Load it "
            "where it was made, and save it by model.save('model.keras')."
        )
    if "custom" in why or "could not locate" in why.lower() or "could not deserialize" in why.lower():
        return (
            f"A model is made of layers of Keras and of kerasal. Received: {str(path)!r} ({why[:200]}). Pass FILE.py:FUNCTION --unsafe, where "
            "the function imports your layers and returns the model."
        )
    return f"MODEL is a file that Keras wrote. Received: {str(path)!r} ({why[:300]}). Save it again by model.save('model.keras')."
