"""`import kerasal` is quick and loads nothing; its names resolve, each without loading the others."""

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import kerasal

HEAVY = {"matplotlib", "rdkit", "tensorboard", "pandas", "tensorflow", "keras", "numpy"}


def run(code):
    """What a fresh Python prints as JSON."""
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def test_import_loads_nothing_heavy():
    loaded = run("import json, sys; import kerasal; print(json.dumps(list(sys.modules)))")
    assert {name for name in loaded if name.startswith("kerasal")} == {"kerasal"}
    assert not HEAVY & set(loaded)


def test_visualizers_and_saliency_load_no_tensorflow():
    loaded = run("""if True:
        import json, sys
        from kerasal import ImageVisualizer, Saliency, TableVisualizer, abs_max_scaler
        print(json.dumps(list(sys.modules)))
    """)
    assert not {"tensorflow", "keras", "rdkit", "tensorboard", "pandas"} & set(loaded)


def test_calculators_load_no_pictures_and_import_adds_little_time():
    """TensorFlow and Keras load some of the heavy modules on their own, so count what comes after them."""
    seconds, of_import, of_calculator = run("""if True:
        import json, sys, time
        import tensorflow, keras
        before = set(sys.modules)
        start = time.perf_counter()
        import kerasal
        seconds = time.perf_counter() - start
        imported = set(sys.modules)
        kerasal.GradientCalculator
        print(json.dumps([seconds, list(imported - before), list(set(sys.modules) - imported)]))
    """)
    assert of_import == ["kerasal"]
    assert seconds < 0.3
    assert "kerasal.calculators.gradient" in of_calculator
    assert not {"matplotlib", "rdkit", "tensorboard", "pandas", "kerasal.visualizers"} & set(of_calculator)


@pytest.mark.parametrize("name", kerasal.__all__)
def test_exported_name_resolves(name):
    value = getattr(kerasal, name)
    assert value.__name__.rpartition(".")[2] == name
    assert value.__name__ == f"kerasal.{name}" or value is getattr(
        importlib.import_module(kerasal._MODULE_OF[name]), name
    )


def test_dir_and_star_have_every_name():
    assert set(kerasal.__all__) <= set(dir(kerasal))
    assert set(kerasal.__all__) <= set(run("import json; from kerasal import *; print(json.dumps(dir()))"))


def test_type_checkers_see_the_same_names():
    tree = ast.parse(Path(kerasal.__file__).read_text("utf-8"))
    imports = next(node for node in tree.body if isinstance(node, ast.If)).body
    seen = {node.names[0].asname: node.module for node in imports}
    submodules = {name for name, module in kerasal._MODULE_OF.items() if module == f"kerasal.{name}"}
    assert seen == {**kerasal._MODULE_OF, **dict.fromkeys(submodules, "kerasal")}


def test_what_needs_rdkit_says_so_without_it():
    """The rest works, `import *` too."""
    code = """if True:
        import json, sys
        from importlib.machinery import PathFinder
        class Hidden(PathFinder):
            @classmethod
            def find_spec(cls, name, *args):
                return None if name.partition(".")[0] == "rdkit" else super().find_spec(name, *args)
        sys.meta_path = [Hidden if finder is PathFinder else finder for finder in sys.meta_path]
        import kerasal
        told = []
        for name in ("molecules", "MolVisualizer", "SmilesVisualizer"):
            try:
                getattr(kerasal, name)
            except ImportError as error:
                told.append(str(error))
        from kerasal import *
        print(json.dumps([told, kerasal.__all__]))
    """
    told, names = run(code)
    assert len(told) == 3 and all("Received: No module named 'rdkit'" in text for text in told)
    assert all("pip install kerasal[molecules]" in text for text in told) and "MolVisualizer" in told[1]
    assert "ImageVisualizer" in names and not {"MolVisualizer", "SmilesVisualizer", "molecules"} & set(names)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"GradientCalculator.*Received: 'GradientCalculater'"):
        _ = kerasal.GradientCalculater
    with pytest.raises(ImportError, match="GradientCalculater"):
        from kerasal import GradientCalculater  # noqa: F401
