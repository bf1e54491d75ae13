"""The notebooks of the site, executed from top to bottom; as a script, what they show is stored in them: `make notebooks`."""

import base64
import contextlib
import io
import os
import sys
import tempfile
from pathlib import Path

import nbclient
import nbformat
from jupyter_client import KernelManager
from PIL import Image

NOTEBOOKS = Path(__file__).parents[2] / "docs" / "notebooks"
LARGE, WIDEST = 100_000, 800  # characters of a picture that is made smaller, and how many pixels wide it may be then
IN_GALLERY = (340, 200)  # pixels
BEGIN = """
import os
os.chdir({folder!r})
%reset -f
import keras, tensorflow
keras.utils.clear_session()
tensorflow.get_logger().setLevel("ERROR")  # it counts the models of all notebooks together
del keras, tensorflow
"""
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@contextlib.contextmanager
def kernel():
    """Start a process for notebooks, one after another: TensorFlow is imported once. It imports what this one does."""
    quiet = ["--IPKernelApp.capture_fd_output=False"]  # what TensorFlow says of the machine is no cell's output
    with tempfile.TemporaryDirectory() as folder:
        at = {"transport": "ipc", "connection_file": f"{folder}/kernel.json"}  # ports may be taken by others meanwhile
        manager = KernelManager(kernel_name="python3", **at)
        places = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "IPYTHONDIR": folder}
        drawing = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
        manager.start_kernel(env={**os.environ, **places, **drawing}, extra_arguments=quiet, cwd=folder)
        try:
            yield manager
        finally:
            manager.shutdown_kernel(now=True)


def execute(path, folder, manager):
    """Run a notebook in a folder, without what others have left behind; the notebook with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(BEGIN.format(folder=str(folder))))
    nbclient.NotebookClient(notebook, km=manager, timeout=300, record_timing=False).execute()
    del notebook.cells[0]
    return notebook


def small(picture):
    """A PNG in base64; a large one of 256 colours, and no wider than a page."""
    if len(picture) < LARGE:
        return picture
    image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")
    image.thumbnail((WIDEST, 10 * WIDEST), Image.Resampling.LANCZOS)
    colours = image.quantize(256, Image.Quantize.MAXCOVERAGE)
    file = io.BytesIO()
    image.quantize(palette=colours, dither=Image.Dither.FLOYDSTEINBERG).save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


def store(path, manager):
    """Execute a notebook and write it with its outputs; the picture of the cell with the tag "gallery" beside it."""
    with tempfile.TemporaryDirectory() as folder:
        notebook = execute(path, folder, manager)
    notebook.metadata, number = METADATA, 0
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "gallery" in cell.metadata.get("tags", []) and "image/png" in output.get("data", {}):
                image = Image.open(io.BytesIO(base64.b64decode(output.data["image/png"]))).convert("RGB")
                image.thumbnail(IN_GALLERY, Image.Resampling.LANCZOS)
                image.save(path.with_suffix(".png"), optimize=True)
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = small(output.data["image/png"])
        if cell.cell_type == "code":
            number += 1
            cell.execution_count = number
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = number
    nbformat.write(notebook, path)


if __name__ == "__main__":
    with kernel() as started:
        for name in sys.argv[1:] or sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")):
            print(name, flush=True)
            store(NOTEBOOKS / f"{name}.ipynb", started)
