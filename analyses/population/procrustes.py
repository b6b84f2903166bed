r"""Procrustes similarity: what is left between two populations after the best rotation.

Of centred populations A and B (samples by units) with |A| = |B| = 1, the rotation or reflection Q
that minimises |A - B Q| leaves |A - B Q|^2 = 2 - 2 |A^T B|_*, the sum of the singular values
(Schoenemann 1966, Psychometrika 31:1). The similarity

    |A^T B|_* / (|A| |B|)

is 1 for populations equal up to rotation, scale and shift, and its arc cosine is a metric between
shapes (Williams et al. 2021, NeurIPS 34:4738).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyses.population.dimensionality import principal_components
from analyses.population.form import of_pair

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


def procrustes(a: xr.DataArray, b: xr.DataArray) -> float:
    """Similarity of two populations, from 0 to 1.

    Parameters
    ----------
    a, b
        (condition, time, unit) of the same conditions and times; trials are averaged. Their numbers
        of units may differ. What is common to all conditions counts; see
        :func:`analyses.population.preprocessing.without_condition_mean`.

    Raises
    ------
    InputError
        As :func:`analyses.population.form.of_pair`; rates that do not vary.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((4, 20, 3))
    >>> rotation = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    >>> a, b = labelled(x, np.arange(20)), labelled(2 * x @ rotation + 1, np.arange(20))
    >>> round(procrustes(a, b), 6)
    1.0
    """
    a, b = of_pair(a, b, "procrustes")
    one, other = (_scores(each.values) for each in (a, b))
    # rounding can take equal populations above 1
    return min(float(np.linalg.svd(one.T @ other, compute_uv=False).sum()), 1.0)


def plot_aligned(ax: Axes, a: xr.DataArray, b: xr.DataArray, **style: Any) -> None:
    """Draw both populations in the first two components of one, the other rotated onto it.

    Parameters
    ----------
    ax
        Axes to draw on.
    a, b
        As for :func:`procrustes`, of at least two units each; ``b`` is rotated, and dashed.
    **style
        For the lines.

    Raises
    ------
    InputError
        As :func:`procrustes`.
    """
    from analyses.figures.style import COLORS

    a, b = of_pair(a, b, "plot_aligned")
    one, other = (_scores(each.values) for each in (a, b))
    left, s, right = np.linalg.svd(one.T @ other, full_matrices=False)
    rotated = other @ right.T @ left.T * s.sum()
    shape = (*a.shape[:2], -1)
    for k, (first, second) in enumerate(
        zip(one.reshape(shape), rotated.reshape(shape), strict=True)
    ):
        look: dict[str, Any] = {"color": COLORS[k % len(COLORS)]}
        ax.plot(*first[:, :2].T, **(look | style))
        ax.plot(*second[:, :2].T, **(look | {"ls": "--"} | style))
    ax.set_aspect("equal")
    ax.set(xlabel="component 1", ylabel="component 2")


def _scores(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores on all components, (sample, component), scaled to norm 1."""
    scores = principal_components(x, x.shape[2])[0]
    flat: NDArray[np.float64] = scores.reshape(-1, scores.shape[2])
    return flat / np.linalg.norm(flat)
