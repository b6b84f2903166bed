"""Docstrings as they are written here, for a terminal, into what Sphinx expects.

- Equations are shown as they stand (:mod:`marking`).
- The fields of named tuples are not listed one by one, nor other names of types.
- Long values of constants are left out.
- A type in a signature leads to what the module means by that name.
- A reference to an exported name (``neurosim.Rmhl``) leads to where it is documented.
"""

from __future__ import annotations

import ast
import inspect
from functools import cache
from importlib import import_module
from typing import Any

from docutils import nodes
from marking import marked
from public_names import documented_at, exported
from sphinx.addnodes import desc_annotation, desc_parameterlist, pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

LONGEST_VALUE = 60


def readable(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Mark equations in a docstring as literal and what is no markup as text."""
    lines[:] = marked(lines)


def skip(app: Sphinx, what: str, name: str, thing: Any, skipped: bool, options: Any) -> bool | None:
    """Leave out the fields of named tuples, which the docstring names, and names of types."""
    return True if type(thing).__name__ in ("_tuplegetter", "GenericAlias") else None


def shorten(app: Sphinx, doctree: nodes.document) -> None:
    """Leave out long values of constants, and the signature that a protocol does not have."""
    for value in list(doctree.findall(desc_annotation)):
        if value.astext().startswith(" = ") and len(value.astext()) > LONGEST_VALUE:
            value.parent.remove(value)
    for signature in list(doctree.findall(desc_parameterlist)):
        if signature.astext().replace(" ", "") in ("*args,**kwargs", "(*args,**kwargs)"):
            signature.parent.remove(signature)


def qualify(app: Sphinx, doctree: nodes.document) -> None:
    """Write out the bare names of types: two modules may each have a ``Run``."""
    for node in doctree.findall(pending_xref):
        if node.get("refdomain") == "py" and node.get("py:module"):
            target = node["reftarget"]
            node["reftarget"] = _imports(node["py:module"]).get(target, target)


@cache
def _imports(module: str) -> dict[str, str]:
    """Full names of what a module imports by name, also for type checking alone."""
    tree = ast.parse(inspect.getsource(import_module(module)))
    return {
        name.asname or name.name: f"{node.module}.{name.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }


def public(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, text: nodes.Element
) -> nodes.Element | None:
    """The link to a name that is documented under another module than it is exported from."""
    package, _, name = node.get("reftarget", "").rpartition(".")
    if node.get("refdomain") != "py" or name not in exported().get(package, ()):
        return None
    domain = env.domains["py"]
    target = documented_at(package, name)
    return domain.resolve_xref(
        env, node["refdoc"], app.builder, node["reftype"], target, node, text
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to Sphinx, before numpydoc reads the sections."""
    app.connect("autodoc-process-docstring", readable, priority=100)
    app.connect("autodoc-skip-member", skip)
    app.connect("doctree-read", shorten)
    app.connect("doctree-read", qualify)
    app.connect("missing-reference", public)
    return {"parallel_read_safe": True}
