"""Settings of the site that `make docs` builds from the pages here and the docstrings of the package."""

import html
import re

import latex2mathml.converter
from docutils import nodes
from sphinx.util import inspect

import kerasal

project = "kerasal"
author = "The kerasal developers"
version = release = kerasal.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
exclude_patterns = ["_static"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
myst_links_external_new_tab = False
nb_execution_mode = "off"  # notebooks are shown as they are stored: `make notebooks` executes them

smartquotes_action = "D"  # dashes alone: "raw" in a docstring is code
default_role = "py:obj"  # `Saliency` in a docstring leads to it; what is no name is code
napoleon_custom_sections = ["Shapes"]
napoleon_use_ivar = True  # attributes once, where the class tells them
autodoc_typehints = "none"  # Args say it in words, with shapes and units
python_maximum_signature_line_length = 100
toc_object_entries_show_parents = "hide"
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"

html_theme = "furo"
html_title = f"kerasal {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_math_renderer = "mathml"


ROOMS = {name for name in kerasal.__all__ if name.islower()}
MARKS = re.compile(r"""
    (?P<code>`[^`]*`)(?=(?P<letter>\w?))  # of `Transform`s the role ends before the s
    | (?P<mark>(?<!^)\*(?!\s\S) | \| | _(?!\w))  # a star that begins a line is that of a list
""", re.VERBOSE)  # fmt: skip


def plain_text(app, what, name, thing, options, lines):
    """Docstrings are text in which backticks alone mean something: a star in (N, *target) is a star, as is a bar in |s|."""
    in_example = False
    for number, line in enumerate(lines):
        in_example = line.strip().startswith(">>>") or (in_example and bool(line.strip()))
        if not in_example:
            begin = len(line) - len(line.lstrip())
            lines[number] = line[:begin] + MARKS.sub(escaped, line[begin:])
    if what == "property":
        lines[:0] = ["..", ""]  # or what its first line says before a colon would be taken for its type


def escaped(found):
    if found["mark"]:
        return "\\" + found["mark"]
    is_argument = found["code"].strip("`") in ROOMS  # `scores` of a result are numbers, not the module
    code = f"`{found['code']}`" if is_argument else found["code"]
    return code + ("\\ " if found["letter"] else "")


def signature_of_class(app, what, name, thing, options, signature, returns):
    """Classes take what their __init__ takes, also where __new__ keeps it for copies."""
    if what != "class" or "__init__" not in dir(thing) or thing.__init__ is object.__init__:
        return None
    found = inspect.signature(thing.__init__, bound_method=True)
    return inspect.stringify_signature(found, show_annotation=False), returns


def links_of_the_root(app, path, document, content):
    """The change log is a page of the site too."""
    content[0] = content[0].replace("(CHANGELOG.md)", "(changelog.md)")


def of_the_package(app, env, node, content):
    """Public names lead to where they are told of, also from modules that are not their own: `Saliency`, `Calculator.explain`."""
    name, python = node["reftarget"], env.domains.python_domain
    homes = "kerasal", kerasal._MODULE_OF.get(name.partition(".")[0])
    known = next((f"{home}.{name}" for home in homes if f"{home}.{name}" in python.objects), None)
    if known is None or not name[:1].isupper():  # `scores` of a result are numbers, not the module
        return None
    return python.resolve_xref(env, node["refdoc"], app.builder, "obj", known, node, content)


def mathml(text, display):
    """Formulas as MathML, which browsers draw by themselves: the pages need no script and no other host."""
    return latex2mathml.converter.convert(text, display=display)


def visit_inline(translator, node):
    translator.body.append(mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def visit_block(translator, node):
    identifier = f' id="{html.escape(node["ids"][0])}"' if node["ids"] else ""
    translator.body.append(f'<div class="formula"{identifier}>{mathml(node.astext(), "block")}</div>\n')
    raise nodes.SkipNode


def setup(app):
    app.connect("autodoc-process-docstring", plain_text, priority=1)  # before the sections are read
    app.connect("autodoc-process-signature", signature_of_class)
    app.connect("include-read", links_of_the_root)
    app.connect("missing-reference", of_the_package)
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
