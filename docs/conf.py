"""The site: `nox -s docs` builds it into docs/_build/html.

It needs no network to be read: formulas are MathML, and fonts and scripts are the theme's own.
"""

import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import site_pages
from docutils import nodes
from sphinx.application import Sphinx

import autograd_mini
from autograd_mini.mathml import mathml

project = "autograd-mini"
author = "The autograd-mini authors"
copyright = "the autograd-mini authors"
version = release = autograd_mini.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
]
html_theme = "furo"
html_title = "autograd-mini"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["site.css"]
html_js_files = ["scrollable.js", "runnable.js"]
html_math_renderer = "mathml"
html_show_sphinx = False
html_sourcelink_suffix = ""  # "view this page" of a notebook is the notebook
exclude_patterns = ["_build", "live", "**/.ipynb_checkpoints"]
suppress_warnings = ["myst.header", "misc.highlighting_failure"]

nb_execution_mode = "off"  # notebooks come with their outputs, which the tests make anew
nb_merge_streams = True
myst_enable_extensions = ["colon_fence", "dollarmath", "attrs_inline"]
myst_heading_anchors = 4
myst_dmath_double_inline = True

autodoc_mock_imports = ["onnx", "torch"]  # docstrings do not need them
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_format = "short"
napoleon_use_ivar = True
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True


def show_formula(translator, node: nodes.Node, display: str) -> None:
    """A formula as MathML, which browsers typeset themselves."""
    translator.body.append(mathml(node.astext(), display))
    raise nodes.SkipNode


# A link of a page to a file of the repository. Here notebooks lie below the pages; of what is not
# on the site, only the text stays.
LINK = re.compile(r"\[([^\]\[]*)\]\((\.\./[^)\s]*)\)")


def follow_links(app: Sphinx, name: str, source: list[str]) -> None:
    def replaced(match: re.Match[str]) -> str:
        text, target = match.groups()
        below = "../" * name.count("/")
        path = target.removeprefix("../")
        if path.startswith("notebooks/"):
            return f"[{text}]({below}{path})"
        if path.startswith("docs/"):
            return f"[{text}]({below}{path.removeprefix('docs/')})"
        return f"[{text}]({below}index.md)" if path.startswith("README.md") else text

    if name.startswith("notebooks/") or "/" not in name:
        source[0] = LINK.sub(replaced, source[0])


def as_rst(
    app: Sphinx, what: str, name: str, it: object, options: object, lines: list[str]
) -> None:
    """Docstrings are plain text: * and | are themselves, and what is indented after ":" is code."""
    code, is_doctest = None, False  # the indentation of a block of code, which stays as it is
    for i, line in enumerate(lines):
        depth = len(line) - len(line.lstrip())
        if code is not None and (depth < code if line.strip() else is_doctest):
            code = None
        if line.lstrip().startswith(">>>"):
            code, is_doctest = depth, True
        if code is not None or not line.strip():
            continue
        lines[i] = re.sub(r"([*|]|(?<=\w)_(?=\W|$))", r"\\\1", line)
        following = next((x for x in lines[i + 1 :] if x.strip()), "")
        indent = len(following) - len(following.lstrip())
        if line.endswith(":") and lines[i + 1] == "" and indent > depth:
            lines[i] += ":"
            code, is_doctest = indent, False


def make_pages(app: Sphinx) -> None:
    """The pages that follow from the code, and the notebooks."""
    folder = Path(app.srcdir) / "notebooks"
    folder.mkdir(exist_ok=True)
    for notebook in sorted((HERE.parent / "notebooks").glob("[0-9]*.ipynb")):
        shutil.copyfile(notebook, folder / notebook.name)
    for path, text in site_pages.pages().items():
        path = Path(app.srcdir) / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.add_html_math_renderer(
        "mathml",
        inline_renderers=(lambda t, node: show_formula(t, node, "inline"), None),
        block_renderers=(lambda t, node: show_formula(t, node, "block"), None),
    )
    app.connect("builder-inited", make_pages)
    app.connect("source-read", follow_links)
    app.connect("autodoc-process-docstring", as_rst, priority=400)  # before napoleon
