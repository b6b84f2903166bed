"""The documentation: ``sphinx-build -W --keep-going -b html docs docs/_build/html``.

Needs no network. What stands in ``_ext`` fills pages at build from the package itself.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

here = Path(__file__).parent
sys.path[:0] = [str(here / "_ext"), str(here.parent)]
# read by the notebooks too, which run in processes of their own
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

from public_names import documented_here, exported  # noqa: E402

from neurosim.provenance import package_version  # noqa: E402

project = "neurosim"
author = "The neurosim developers"
copyright = author
version = release = package_version()

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
    "sphinx_design",
    "docstrings",
    "filled",
    "notebooks",
]
exclude_patterns = ["_build", "_ext", "_templates", "**/runs", "**.ipynb_checkpoints"]
templates_path = ["_templates"]
default_role = "literal"
smartquotes = False  # --out stays --out
highlight_language = "python"

# API
autosummary_context = {"exported": exported(), "documented_here": documented_here()}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_type_aliases = {name: name for name in ("ArrayLike", "DTypeLike", "NDArray")}  # as written
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 88
add_module_names = False
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

# Markdown and notebooks
myst_enable_extensions = ["attrs_inline", "colon_fence", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_timeout = 300
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_merge_streams = True
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# the site
html_theme = "pydata_sphinx_theme"
html_title = f"neurosim {release}"
html_static_path = ["_static"]
html_css_files = ["neurosim.css"]
html_context = {"default_mode": "light"}
WIDE = ("index", "gallery", "published", "results")
html_theme_options = {
    "header_links_before_dropdown": 8,
    "logo": {"text": "neurosim"},
    "navbar_end": ["navbar-icon-links"],
    "navigation_with_keys": False,
    "secondary_sidebar_items": {"**": ["page-toc"], **{page: [] for page in WIDE}},
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "tango",
}
html_sidebars = {page: [] for page in (*WIDE, "cli", "citing")}
html_show_sourcelink = False
