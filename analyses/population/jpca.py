r"""jPCA: how much of a population's movement through its states is rotation.

Churchland, Cunningham et al. 2012, Nature 487:51. Rates are soft-normalised, the mean over
conditions is taken off at each time, and the window of interest is reduced to its first principal
components X. Then, by least squares over all conditions and times,

    dX = X M           unconstrained, any M
    dX = X M_skew      M_skew = -M_skew^T, a pure rotation

dX is the step from one time to the next and X the state midway between the two. With C = X^T X and
K = X^T dX the minimum over skew-symmetric matrices solves C M + M C = K - K^T: in the eigenvectors
of C, whose eigenvalues are c,

    M_ij = (K_ij - K_ji) / (c_i + c_j).

A rotation at angular frequency w, sampled every dt, has dX = 2 tan(w dt / 2) J X exactly at the
midpoints; an eigenvalue +-i m of M_skew is therefore a frequency of 2 atan(m / 2) / dt. R2 is of
dX, 1 - |dX - X M|^2 / |dX|^2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyses.population.dimensionality import principal_components
from analyses.population.form import in_window, of_conditions, sampling_interval
from analyses.population.preprocessing import normalise, softening_of
from neurosim.errors import InputError, check_integer

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from analyses.population.surrogates import Surrogates

ROUNDING = 1e-12
"""What differs by less than this share is taken as equal."""


class _Fit(NamedTuple):
    """Both fits; each array may have leading axes of surrogates."""

    score: NDArray[np.float64]  # (..., condition, time, component)
    loading: NDArray[np.float64]  # (..., component, unit)
    held: NDArray[np.float64]  # (...), share of variance that the components hold
    total: NDArray[np.float64]  # (...), sum of squares of all units
    M: NDArray[np.float64]  # (..., component, component), a step
    M_skew: NDArray[np.float64]
    r2: NDArray[np.float64]  # (...)
    r2_skew: NDArray[np.float64]


def jpca(
    rates: xr.DataArray,
    *,
    window: tuple[float, float] | None = None,
    n_components: int = 6,
    softening: float | None = None,
) -> xr.Dataset:
    """Fit linear dynamics, any and purely rotational, to a population.

    Parameters
    ----------
    rates
        (condition, time, unit), not yet normalised; trials are averaged.
    window
        First and last time, in ms; None for all. Ranges are taken over all times.
    n_components
        Of the principal components.
    softening
        See :func:`analyses.population.preprocessing.soft_normalised`.

    Returns
    -------
    xarray.Dataset
        ``r2`` and ``r2_skew``; ``frequency`` (plane), in Hz, fastest first; ``variance_explained``
        (plane), the share of the variance in the window; ``projection`` (condition, time, plane,
        axis); ``axes`` (plane, axis, unit), orthonormal; ``M`` and ``M_skew`` (from, to), in 1/s;
        attribute ``variance_of_components``. In each plane the states at the first time are spread
        most along the first axis, and rotation is from the first axis to the second.

    Raises
    ------
    InputError
        As :func:`analyses.population.form.of_conditions`; fewer conditions or units than
        components, uneven or too few times, a window beyond the times, rates that do not vary.

    Examples
    --------
    A rotation at 2 Hz, seen by units of evenly spaced phase:

    >>> from analyses.population.form import labelled
    >>> time = np.arange(0, 300, 10)
    >>> phase = 2 * np.pi * np.arange(8) / 8
    >>> angle = 4 * np.pi * time[:, np.newaxis] / 1000 + phase
    >>> rates = np.cos(phase[:, np.newaxis, np.newaxis] + angle)
    >>> found = jpca(labelled(rates, time, units="1"), n_components=2)
    >>> float(found.r2_skew.round(3)), found.frequency.values.round(3)
    (1.0, array([2.]))
    """
    import xarray as xr

    rates, chosen, softening = _prepared(rates, window, n_components, softening)
    dt = sampling_interval(rates, "jpca") / 1000
    fit = _fit(rates.values, chosen, n_components, softening)
    step, basis = _planes(fit.M_skew, fit.score[:, 0])
    axes = basis @ fit.loading  # (plane, axis, unit)
    projection = np.einsum("ctk,pak->ctpa", fit.score, basis)
    squares = ((projection - projection.mean(axis=(0, 1))) ** 2).sum(axis=(0, 1, 3))
    return xr.Dataset(
        {
            "r2": float(fit.r2),
            "r2_skew": float(fit.r2_skew),
            "frequency": ("plane", np.arctan(step / 2) / (np.pi * dt), {"units": "Hz"}),
            "variance_explained": ("plane", squares / fit.total),
            "projection": (("condition", "time", "plane", "axis"), projection),
            "axes": (("plane", "axis", "unit"), axes),
            "M": (("from", "to"), fit.M / dt, {"units": "1/s"}),
            "M_skew": (("from", "to"), fit.M_skew / dt, {"units": "1/s"}),
        },
        coords={
            "condition": rates["condition"],
            "time": rates["time"][chosen],
            "unit": rates["unit"],
            "plane": np.arange(1, len(step) + 1),
        },
        attrs={"variance_of_components": float(fit.held), "softening": softening},
    )


def rotation_test(
    rates: xr.DataArray,
    surrogates: Surrogates,
    *,
    rng: np.random.Generator,
    n: int = 1000,
    window: tuple[float, float] | None = None,
    n_components: int = 6,
    softening: float | None = None,
    progress: bool = False,
) -> xr.Dataset:
    """Whether the dynamics are more linear, and more rotational, than simpler features make them.

    Parameters
    ----------
    rates
        As for :func:`jpca`.
    surrogates
        Of the same rates; see :mod:`analyses.population.surrogates`. Elsayed & Cunningham 2017 keep
        the covariances across times, units and conditions.
    rng
        Source of the surrogates.
    n
        Number of surrogates.
    window, n_components, softening
        As for :func:`jpca`; the surrogates are prepared as the rates are.
    progress
        Show a progress bar.

    Returns
    -------
    xarray.Dataset
        ``r2`` and ``r2_skew`` of the rates; ``surrogate_r2`` and ``surrogate_r2_skew``
        (surrogate); ``p`` and ``p_skew``, (1 + the number that are as high) / (1 + n).

    Raises
    ------
    InputError
        As :func:`jpca`; surrogates of other rates.

    Examples
    --------
    >>> from analyses.population.form import labelled
    >>> from analyses.population.surrogates import Shuffled
    >>> time = np.arange(0, 300, 10)
    >>> phase = 2 * np.pi * np.arange(8) / 8
    >>> angle = 4 * np.pi * time[:, np.newaxis] / 1000 + phase
    >>> rates = labelled(np.cos(phase[:, np.newaxis, np.newaxis] + angle), time, units="1")
    >>> found = rotation_test(
    ...     rates, Shuffled(rates, along="condition"), rng=np.random.default_rng(0), n=99,
    ... )
    >>> float(found.p_skew)
    0.01
    """
    import xarray as xr
    from tqdm import tqdm

    check_integer("rotation_test", "n", n, minimum=1)
    rates, chosen, softening = _prepared(rates, window, n_components, softening)
    if surrogates.rates.shape != rates.shape:
        raise InputError(
            f"rotation_test: surrogates must be of the same rates, {rates.shape}, given "
            f"{surrogates.rates.shape}"
        )
    sampling_interval(rates, "jpca")
    found = _fit(rates.values, chosen, n_components, softening)
    block = int(np.clip(2**22 // rates.size, 1, 64))  # 32 MB at a time
    drawn = np.empty((2, n))
    with tqdm(total=n, desc="surrogates", disable=not progress) as bar:
        for start in range(0, n, block):
            count = min(block, n - start)
            fit = _fit(surrogates.draw(rng, count), chosen, n_components, softening)
            drawn[:, start : start + count] = fit.r2, fit.r2_skew
            bar.update(count)
    observed = np.array([found.r2, found.r2_skew])
    # a surrogate that is equal but for rounding counts as as high
    p = (1 + (drawn >= observed[:, np.newaxis] - 1e-12).sum(axis=1)) / (1 + n)
    return xr.Dataset(
        {
            "r2": float(found.r2),
            "r2_skew": float(found.r2_skew),
            "surrogate_r2": ("surrogate", drawn[0]),
            "surrogate_r2_skew": ("surrogate", drawn[1]),
            "p": float(p[0]),
            "p_skew": float(p[1]),
        }
    )


def plot_plane(ax: Axes, found: xr.Dataset, plane: int = 1, **style: Any) -> None:
    """Draw the states of all conditions in one plane, coloured by where they start.

    Parameters
    ----------
    ax
        Axes to draw on.
    found
        From :func:`jpca`.
    plane
        Counted from 1, the fastest.
    **style
        For the lines.
    """
    from matplotlib import colormaps

    states = found["projection"].sel(plane=plane).values
    start = states[:, 0, 0]
    rank = start.argsort().argsort() / max(len(start) - 1, 1)
    for path, color in zip(states, colormaps["viridis"](0.9 * rank), strict=True):
        ax.plot(*path.T, **({"color": color} | style))
        ax.plot(*path[0], "o", ms=3, color=color)
    frequency = float(found["frequency"].sel(plane=plane))
    ax.set_aspect("equal")
    ax.set(
        title=f"{frequency:.2g} Hz", xlabel=f"jPC$_{2 * plane - 1}$", ylabel=f"jPC$_{2 * plane}$"
    )


def plot_rotation_test(ax: Axes, found: xr.Dataset, *, skew: bool = True, **style: Any) -> None:
    """Draw the R2 of surrogates as a histogram, that of the rates as a line.

    Parameters
    ----------
    ax
        Axes to draw on.
    found
        From :func:`rotation_test`.
    skew
        The fit by rotation; else the unconstrained one.
    **style
        For the histogram.
    """
    from analyses.figures.style import COLORS

    end = "_skew" if skew else ""
    look: dict[str, Any] = {"bins": 40, "color": "0.7"} | style
    ax.hist(found[f"surrogate_r2{end}"], **look)
    ax.axvline(float(found[f"r2{end}"]), color=COLORS[1])
    kind = "rotation" if skew else "any linear dynamics"
    ax.set(xlabel=f"$R^2$, {kind}", ylabel="surrogates", title=f"p = {float(found[f'p{end}']):.2g}")


def _prepared(
    rates: xr.DataArray,
    window: tuple[float, float] | None,
    n_components: int,
    softening: float | None,
) -> tuple[xr.DataArray, NDArray[np.bool_], float]:
    """Checked rates, the times in the window, and the constant of the normalisation."""
    check_integer("jpca", "n_components", n_components, minimum=2)
    rates = of_conditions(rates, "jpca")
    for dim in ("condition", "unit"):
        if rates.sizes[dim] < n_components:
            raise InputError(
                f"jpca: expected at least as many {dim}s as principal components, "
                f"{n_components}, given {rates.sizes[dim]}"
            )
    inside = in_window(rates, window, "jpca")
    if inside.sizes["time"] < 3:
        raise InputError(
            f"jpca: expected at least 3 times in the window, given {inside.sizes['time']}"
        )
    chosen = np.isin(rates["time"].values, inside["time"].values)
    return rates, chosen, softening_of(rates, softening, "jpca")


def _fit(x: NDArray[np.float64], chosen: NDArray[np.bool_], n: int, softening: float) -> _Fit:
    """The equations above for rates (..., condition, time, unit)."""
    x = normalise(x, softening)[..., chosen, :]
    deviations = x - x.mean(axis=-3, keepdims=True)
    if not (_largest(deviations) > ROUNDING * _largest(x)).all():
        raise InputError("jpca: the conditions do not differ within the window")
    x = deviations
    score, loading, variance = principal_components(x, n)
    total = variance.sum(axis=-1)
    states = ((score[..., 1:, :] + score[..., :-1, :]) / 2).reshape(*x.shape[:-3], -1, n)
    steps = np.diff(score, axis=-2).reshape(*x.shape[:-3], -1, n)
    states_t = np.swapaxes(states, -1, -2)
    C, K = states_t @ states, states_t @ steps
    c, V = np.linalg.eigh(C)
    # directions without variance, of rates with fewer dimensions than components, stay at rest
    used = c > 1e-12 * c[..., -1:]
    V_t = np.swapaxes(V, -1, -2)
    K = V_t @ K @ V
    M = np.divide(K, c[..., :, np.newaxis], out=np.zeros_like(K), where=used[..., :, np.newaxis])
    sums = c[..., :, np.newaxis] + c[..., np.newaxis, :]
    both = used[..., :, np.newaxis] & used[..., np.newaxis, :]
    skewed = np.divide(K - np.swapaxes(K, -1, -2), sums, out=np.zeros_like(K), where=both)
    M, M_skew = V @ M @ V_t, V @ skewed @ V_t
    M_skew = (M_skew - np.swapaxes(M_skew, -1, -2)) / 2  # exactly
    moved = (steps**2).sum(axis=(-2, -1))
    if not (moved > ROUNDING**2 * (score**2).sum(axis=(-3, -2, -1))).all():
        raise InputError("jpca: no condition moves on its own within the window")

    def explained(M: NDArray[np.float64]) -> NDArray[np.float64]:
        return 1 - ((steps - states @ M) ** 2).sum(axis=(-2, -1)) / moved

    held = variance[..., :n].sum(axis=-1) / total
    return _Fit(score, loading, held, total, M, M_skew, explained(M), explained(M_skew))


def _largest(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs(x).max(axis=(-3, -2, -1))


def _planes(
    M_skew: NDArray[np.float64], start: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rotation a step and orthonormal axes of each plane, (plane,) and (plane, axis, component).

    The Schur form of a skew-symmetric matrix has a block [0 m; -m 0] for each plane. Its basis is
    orthonormal also where planes turn equally fast or not at all.
    """
    from scipy.linalg import schur

    T, Z = schur(M_skew)
    pairs, still, i = [], [], 0
    while i < len(T):
        if i + 1 < len(T) and abs(T[i, i + 1]) > 1e-12:
            pairs.append((abs(T[i, i + 1]), Z[:, i], Z[:, i + 1]))
            i += 2
        else:
            still.append(Z[:, i])
            i += 1
    pairs.sort(key=lambda pair: -pair[0])
    pairs += [(0.0, a, b) for a, b in zip(still[::2], still[1::2], strict=False)]
    basis = np.array([pair[1:] for pair in pairs])
    for plane, axes in enumerate(basis):
        first = np.linalg.svd(start @ axes.T)[2][0]  # along it states spread most
        first = first * np.sign(first[np.abs(first).argmax()])
        a = first @ axes
        b = np.array([-first[1], first[0]]) @ axes
        # a step moves a state x by x M: from the first axis towards the second
        basis[plane] = a, b if a @ M_skew @ b >= 0 else -b
    return np.array([pair[0] for pair in pairs]), basis
