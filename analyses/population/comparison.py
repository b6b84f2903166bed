"""The table of a comparison: a line for each measure, each number with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from analyses.intervals import Estimate
from analyses.population.measures import Measure

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

ESTIMATES = ("recording", "model", "untrained", "ceiling", "maximum_entropy", "shuffled")
BOUNDS = ESTIMATES[3:]
"""Numbers of a line of the table, and which of them are there to judge the others by."""


class Row(NamedTuple):
    """A line of the table.

    Attributes
    ----------
    measure
        What is measured.
    units
        Number of units of which all but the ceiling is taken.
    model
        Of the model, or of model and recording.
    recording
        Of the recording; None for measures of both.
    ceiling, ceiling_units
        Median and middle 95 % over halvings, and the number of units of a half.
    maximum_entropy, shuffled
        Median and middle 95 % over surrogates.
    untrained
        As ``model``, of an untrained network; None where none was given.
    """

    measure: Measure
    units: int
    model: Estimate
    recording: Estimate | None
    ceiling: Estimate
    ceiling_units: int
    maximum_entropy: Estimate
    shuffled: Estimate
    untrained: Estimate | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two populations side by side.

    Attributes
    ----------
    rows
        The table.
    model, recording
        (condition, time, unit) on the same lattice of times, all units, conditions paired where
        that needs no choice.
    window
        First and last time compared, in ms.
    interval
        Of the common times, in ms.
    conditions
        Number of conditions compared.
    pairing
        ``names``, ``order`` or ``best``.
    n_components
        Of jPCA.
    """

    rows: tuple[Row, ...]
    model: xr.DataArray
    recording: xr.DataArray
    window: tuple[float, float]
    interval: float
    conditions: int
    pairing: str
    n_components: int

    def lines(self) -> list[dict[str, Any]]:
        """The table as plain data: a value, and the ends of its interval, None where absent."""
        found = []
        for row in self.rows:
            line: dict[str, Any] = {
                "measure": row.measure.name,
                "unit": row.measure.unit,
                "units": row.units,
                "ceiling_units": row.ceiling_units,
            }
            for name in ESTIMATES:
                each = getattr(row, name)
                values = (None,) * 3 if each is None else map(float, each)
                line |= dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))
            found.append(line)
        return found


def plot_row(ax: Axes, row: Row) -> None:
    """Draw a line of the table: numbers with their intervals, ceiling and floors as bars.

    Parameters
    ----------
    ax
        Axes to draw on.
    row
        From :func:`compare`.
    """
    from analyses.figures.style import COLORS

    colors = dict(zip(ESTIMATES, ("k", COLORS[0], COLORS[1], COLORS[2], "0.6", "0.6"), strict=True))
    for y, name in enumerate(reversed(ESTIMATES)):
        each = getattr(row, name)
        if each is None:
            continue
        value, low, high = map(float, each)
        if name in BOUNDS:
            ax.barh(y, high - low, left=low, height=0.5, color=colors[name], alpha=0.5, lw=0)
            ax.plot([value, value], [y - 0.25, y + 0.25], color=colors[name])
        else:
            ends = [[value - low], [high - value]]
            ax.errorbar([value], [y], xerr=ends, fmt="o", ms=4, color=colors[name])
    names = [name.replace("_", " ") for name in reversed(ESTIMATES)]
    ax.use_sticky_edges = False  # bars keep a margin
    ax.set_yticks(range(len(names)), names)
    ax.set(ylim=(-0.6, len(names) - 0.4), title=row.measure.name)
    ax.set_xlabel("" if row.measure.unit == "1" else row.measure.unit.replace("^2", "$^2$"))
