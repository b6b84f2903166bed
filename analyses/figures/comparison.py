"""A simulated and a recorded population in one figure."""

from __future__ import annotations

from pathlib import Path

from analyses.figures import style
from analyses.population.compare import OF_ONE, Comparison, plot_row
from analyses.population.jpca import jpca, plot_plane


def save_figure(found: Comparison, path: str | Path) -> None:
    """Draw the fastest plane of jPCA of both, and each line of the table over its bounds.

    Parameters
    ----------
    found
        From :func:`analyses.population.compare.compare`.
    path
        Its ending says the format.
    """
    plt = style.pyplot()
    fig = plt.figure(figsize=(style.PAGE, 5.4), layout="constrained")
    top, bottom = fig.subfigures(2, 1, height_ratios=(1.1, 1))
    planes = top.subplots(1, 2)
    for ax, name, rates in zip(
        planes, ("recording", "model"), (found.recording, found.model), strict=True
    ):
        plot_plane(ax, jpca(rates, window=found.window, n_components=found.n_components), lw=0.8)
        units, conditions = rates.sizes["unit"], rates.sizes["condition"]
        ax.set_title(f"{name}: {units} units, {conditions} conditions, {ax.get_title()}")
    panels = bottom.subplots(2, len(OF_ONE), sharey=True)
    for ax, row in zip(panels.flat, found.rows, strict=True):
        plot_row(ax, row)
    style.save_figure(fig, path)
    plt.close(fig)
