"""The basal ganglia drawn: one simulation, and the states of a study beside a recording."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyses.basal_ganglia import FITTED, RHYTHM, lfp_spectrum
from analyses.figures import style
from analyses.figures.style import COLORS, COLUMN, PAGE
from analyses.spectra import BETA, fit_aperiodic, plot_spectrum

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HIGHEST = 100
"""Up to here the spectra of a study are kept and drawn, in Hz."""

SHOWN = ("healthy", "depleted", "stimulated")
HALF = "dopamine 0.5"
COLOR = dict(zip((*SHOWN, HALF), COLORS, strict=False)) | {"recording": "0.35"}


def compare(
    found: dict[str, list[dict[str, Any]]], recorded: xr.DataArray, excerpt: NDArray[np.float64]
) -> Figure:
    """Draw field potentials, spectra and beta by dopamine, page-wide.

    Parameters
    ----------
    found
        Records of :func:`run_state` by state.
    recorded
        Spectra of subthalamic channels, (frequency, channel).
    excerpt
        (1000,) a second of such a channel, every ms.

    Returns
    -------
    matplotlib.figure.Figure
        Its axes are labelled ``potentials``, ``spectra``, ``above`` and ``dopamine``. Close it
        after use.
    """
    import xarray as xr

    fig = style.pyplot().figure(figsize=(PAGE, 5.0), layout="constrained")
    axes = fig.subplot_mosaic([["potentials", "spectra"], ["above", "dopamine"]])
    _potentials(axes["potentials"], found, excerpt)
    mean = {
        state: xr.DataArray(
            np.mean([each["spectrum"] for each in found[state]], axis=0),
            {"frequency": np.arange(HIGHEST + 1.0)},
            "frequency",
            attrs={"units": "pA²/Hz"},
        )
        for state in (*SHOWN, HALF)
    }
    for state, P in mean.items():
        plot_spectrum(axes["spectra"], P, band=BETA, label=state, color=COLOR[state])
    axes["spectra"].set_title("simulated field potential of the STN")
    axes["spectra"].legend()
    _above(axes["above"], mean, recorded)
    _by_dopamine(axes["dopamine"], found)
    for letter, ax in zip("abcd", axes.values(), strict=True):
        ax.annotate(letter, (0, 1), (-30, 6), xycoords="axes fraction",
                    textcoords="offset points", fontsize=10, fontweight="bold")  # fmt: skip
    return fig


def _potentials(
    ax: Axes, found: dict[str, list[dict[str, Any]]], excerpt: NDArray[np.float64]
) -> None:
    """A second of each state in one scale, and of the recording in its own."""
    traces = {state: np.array(found[state][0]["lfp"]) for state in SHOWN}
    scale = np.ptp(traces["depleted"])
    shown = {state: (trace - trace.mean()) / scale for state, trace in traces.items()}
    shown["recording"] = (excerpt - excerpt.mean()) / np.ptp(excerpt)
    for k, (name, trace) in enumerate(shown.items()):
        ax.plot(np.arange(1000), trace - 1.2 * k, lw=0.7, color=COLOR[name])
    names = [*SHOWN, "recording\n(own scale)"]
    ax.set_yticks([-1.2 * k for k in range(len(names))], names)
    ax.tick_params(left=False)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("time (ms)")
    ax.plot([1020, 1020], [-0.5, -0.5 + 500 / scale], color="k", clip_on=False)
    ax.annotate("500 pA", (1030, -0.5), fontsize=6, rotation=90, annotation_clip=False)
    ax.set_title("field potential of the STN")


def _above(ax: Axes, mean: dict[str, xr.DataArray], recorded: xr.DataArray) -> None:
    """Spectra in dB above their aperiodic parts, where these were fitted."""

    def rises(P: xr.DataArray) -> xr.DataArray:
        A = fit_aperiodic(P, *FITTED, rhythms=[RHYTHM], knee=True)
        P = P.sel(frequency=slice(*FITTED))
        return P.copy(data=10 * np.log10(P.to_numpy() / A.power(P["frequency"])))

    for state, P in mean.items():
        risen = rises(P)
        ax.plot(risen["frequency"], risen, color=COLOR[state], label=state)
    each = [rises(recorded.sel(channel=name)) for name in recorded["channel"].values]
    for k, risen in enumerate(each):
        label = "recording" if not k else None
        ax.plot(risen["frequency"], risen, color=COLOR["recording"], lw=0.7, label=label)
    ax.axvspan(*BETA, color="0.93", lw=0, zorder=0)
    ax.axhline(0, color="0.6", lw=0.6)
    ax.set_xlabel("frequency (Hz)")
    ax.set_ylabel("above the aperiodic part (dB)")
    ax.set_ylim(top=1.5 * ax.get_ylim()[1])
    ax.legend(ncols=2)


def _by_dopamine(ax: Axes, found: dict[str, list[dict[str, Any]]]) -> None:
    """Beta of every run by dopamine, for each input from the cortex."""
    names = [name for name in found if name in ("depleted", "healthy") or "dopamine" in name]
    runs = sorted((each["dopamine"], each["beta_power"]) for name in names for each in found[name])
    ours: dict[float, list[float]] = {}
    for D, power in runs:
        ours.setdefault(D, []).append(power)
    ax.plot(list(ours), [np.mean(v) for v in ours.values()], color="k", label="1400 / s (default)")
    for D, values in ours.items():
        ax.plot([D] * len(values), values, ".", ms=3, color="k")
    others = [name for name in found if name.startswith("healthy, cortical input ")]
    for healthy, color in zip(others, COLORS[4:], strict=False):
        ends = [found[healthy.replace("healthy", "depleted")], found[healthy]]
        means = [np.mean([each["beta_power"] for each in some]) for some in ends]
        nu = healthy.rpartition(" ")[2]
        ax.plot([0, 1], means, "o", ms=3, color=color, label=f"{nu} / s")
    ax.set_yscale("log")
    ax.set_xlabel("dopamine")
    ax.set_ylabel("beta power (pA²)")
    ax.legend(title="input from cortex")


def save_figure(result: xr.Dataset, path: str | Path) -> None:
    """Draw a simulation into a file: spikes and field potential of its last second, and spectrum.

    Parameters
    ----------
    result
        Of :func:`neurosim.spiking.basal_ganglia.simulate_basal_ganglia`.
    path
        The ending says the format.
    """
    plt = style.pyplot()
    fig = plt.figure(figsize=(COLUMN * 1.6, 4.2), layout="constrained")
    axes = fig.subplot_mosaic([["spikes"], ["lfp"], ["spectrum"]], height_ratios=(2, 1, 2))
    length = result.sizes["time"]
    first = max(0, length - 1000)
    for k, population in enumerate(("GPe", "STN")):
        units = result["unit"].to_numpy()[result["population"].to_numpy() == population][:40]
        times, which = result["spike_time"].to_numpy(), result["spike_unit"].to_numpy()
        kept = (times >= first) & np.isin(which, units)
        axes["spikes"].plot(times[kept], which[kept] - units[0] + 45 * k, "|", ms=2, mew=0.5,
                            color=COLORS[k])  # fmt: skip
    axes["spikes"].set_yticks([20, 65], ["GPe", "STN"])
    axes["spikes"].set_title(
        f"dopamine {result.attrs['dopamine']:g}, "
        + (f"stimulated at {result.attrs['stimulation']:g} Hz" if result.attrs["stimulation"]
           else "not stimulated")
    )  # fmt: skip
    lfp = result["signals"].sel(channel="STN LFP")[first:]
    axes["lfp"].plot(lfp["time"], lfp, color="k", lw=0.7)
    axes["lfp"].set_ylabel("LFP (pA)")
    axes["lfp"].set_xlabel("time (ms)")
    for name in ("spikes", "lfp"):
        axes[name].set_xlim(first, length)
    axes["spikes"].tick_params(labelbottom=False)
    if length >= 1000:
        P = lfp_spectrum(result)
        P = P.assign_attrs(units="pA²/Hz").sel(frequency=slice(0, 200))
        plot_spectrum(axes["spectrum"], P, band=BETA, color="k")
    else:
        axes["spectrum"].set_axis_off()
    style.save_figure(fig, path)
    plt.close(fig)
