"""One look for all figures: colour-blind-safe, legible at column width, vector or PNG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe & Ito's palette: told apart with every kind of colour vision."""

COLUMN = 3.5
PAGE = 7.0
"""Widths of a journal's column and page, in inches."""

STYLE: Any = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.0,
    "savefig.dpi": 200,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
}


def pyplot() -> Any:
    """matplotlib.pyplot in this style; without a screen it draws to files."""
    import matplotlib.pyplot as plt

    plt.rcParams.update(STYLE)
    return plt


UNDATED: dict[str, dict[str, None]] = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}
"""Metadata that is left out, so that the same figure is the same file."""


def save_figure(fig: Any, path: str | Path) -> None:
    """Write a figure, whole or not at all; the ending says the format."""
    from neurosim.files import written_whole

    with written_whole(path) as temporary:
        fig.savefig(temporary, metadata=UNDATED.get(temporary.suffix.lower()))


def save_both(fig: Any, path: Path) -> None:
    """Write a figure as PNG, to look at, and as PDF, to print, and close it.

    Parameters
    ----------
    fig
        Of matplotlib.
    path
        Without an ending.
    """
    for ending in (".png", ".pdf"):
        save_figure(fig, path.with_name(path.name + ending))
    pyplot().close(fig)
