"""The command line: parses, calls the library, prints."""

from __future__ import annotations

import sys
from typing import Any

from neurosim.cli import (  # noqa: F401  they add their commands
    analyze,
    cite,
    compare,
    export,
    fit,
    inspect,
    listing,
    reproduce,
    run,
    show,
    sweep,
)
from neurosim.cli.app import DIVERGED, INTERRUPTED, app

__all__ = ["DIVERGED", "INTERRUPTED", "main"]


def main() -> None:
    """Entry point: every mistake of the caller is one line on standard error and exit status 2."""
    import warnings

    from neurosim.errors import InputError

    warnings.showwarning = _warn
    try:
        status = app(standalone_mode=False)
    except InputError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except MemoryError as error:
        _fail(f"not enough memory ({error})")
    except OSError as error:
        _fail(f"{error.filename or 'file'}: {error.strerror or error}")
    except Exception as error:
        message = getattr(error, "format_message", None)  # the parser's own usage errors
        if message is None:
            raise
        if not message():  # help was asked for, by giving no arguments
            sys.exit(2)
        _fail(message())
    sys.exit(status if isinstance(status, int) else 0)


def _warn(message: Warning | str, *_: Any, **__: Any) -> None:
    """A warning of the library, in one line."""
    sys.stderr.write(f"neurosim: warning: {_printable(str(message))}\n")


def _fail(message: str) -> None:
    sys.stderr.write(f"neurosim: {_printable(message)}\n")
    sys.exit(2)


def _printable(text: str) -> str:
    """One line of what terminals show; names from damaged files may steer them."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in
                   " ".join(text.split()))  # fmt: skip
