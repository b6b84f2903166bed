"""What is public, and where it is documented."""

from __future__ import annotations

import ast
import inspect
import pkgutil
from functools import cache
from importlib import import_module

import analyses
import neurosim
import tasks


@cache
def modules() -> tuple[str, ...]:
    """All public modules except the command line, which has a page of its own."""
    found = []
    for package in (neurosim, tasks, analyses):
        walked = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        found += [package.__name__, *(info.name for info in walked)]
    return tuple(name for name in found if not _private(name) and ".cli" not in name)


@cache
def exported() -> dict[str, list[str]]:
    """The names that each package exports, by package; also a module that only collects names."""
    found = {
        each.__name__: each for each in map(import_module, modules()) if hasattr(each, "__all__")
    }
    return {
        name: list(module.__all__)
        for name, module in found.items()
        if hasattr(module, "__path__")
        or all(getattr(getattr(module, each), "__module__", "") != name for each in module.__all__)
    }


def documented_at(package: str, name: str) -> str:
    """The full name under which an exported name is documented: where it is defined, if public."""
    thing = getattr(import_module(package), name)
    if getattr(thing, "__qualname__", None) == name:  # a class or a function
        home = thing.__module__
        if _private(home):  # then by the package around it that exports it
            around = home.partition("._")[0]
            home = around if name in exported().get(around, ()) else package
        return f"{home}.{name}"
    within = [module for module in modules() if f"{module}.".startswith(f"{package}.")]
    return f"{next(module for module in within if name in _assigned(module))}.{name}"


@cache
def documented_here() -> dict[str, dict[str, str]]:
    """The names documented on the page of the package that exports them, and what each is."""
    return {
        package: {
            name: _kind(getattr(import_module(package), name))
            for name in names
            if documented_at(package, name) == f"{package}.{name}"
        }
        for package, names in exported().items()
    }


def _kind(thing: object) -> str:
    if inspect.isclass(thing):
        return "class"
    return "function" if callable(thing) else "data"


def _private(module: str) -> bool:
    return any(word.startswith("_") for word in module.split("."))


def _assigned(module: str) -> set[str]:
    """Names that a module assigns at its top level."""
    tree = ast.parse(inspect.getsource(import_module(module)))
    assignments = [each for each in tree.body if isinstance(each, ast.Assign | ast.AnnAssign)]
    targets = [
        target
        for each in assignments
        for target in (each.targets if isinstance(each, ast.Assign) else [each.target])
    ]
    return {target.id for target in targets if isinstance(target, ast.Name)}
