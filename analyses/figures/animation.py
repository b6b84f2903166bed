"""The arm, or the point, as it draws: before, during and after learning."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analyses.figures import style
from analyses.figures.movement import TARGET, Run, arm_style, closed, limits
from analyses.figures.style import COLORS
from neurosim.errors import InputError, check_positive
from neurosim.files import written_whole

if TYPE_CHECKING:
    import xarray as xr


def animate(
    result: xr.Dataset,
    path: str | Path,
    progress: bool = False,
    seconds: float = 8.0,
    fps: int = 20,
) -> None:
    """Animate the arm (or the point) as it draws, and how it learns to.

    The first training trial, one from halfway through training and the last trial follow each
    other, each for a third of the time, with the trace growing over the target.

    Parameters
    ----------
    result
        A run; ``hand`` must have been recorded, and ``readout`` for the arm.
    path
        GIF, written whole or not at all.
    progress
        Show a progress bar.
    seconds, fps
        How long it takes to see all, and frames in a second; no more frames than samples.

    Raises
    ------
    InputError
        The movement is not one in the plane, or was not recorded.
    """
    from matplotlib.animation import PillowWriter
    from tqdm.auto import tqdm

    for name, value in (("seconds", seconds), ("fps", fps)):
        check_positive("animate", name, value)
    run = Run.of(result)
    if result.sizes["axis"] != 2:
        raise InputError(
            f"{path}: only a movement in two dimensions can be animated, this one has "
            f"{result.sizes['axis']}"
        )
    if "hand" not in result or run.last < 0:
        raise InputError(f"{path}: nothing to animate, the result holds no samples of the hand")
    trials = [run.last]
    if run.n_train and run.last:
        halfway = min(run.n_train, run.last) // 2
        trials = sorted({0, halfway, run.last} & set(run.trial.tolist()))
    most = max(2, round(seconds * fps / len(trials)))
    frames = [(trial, count) for trial in trials for count in _counts(run, trial, most)]
    plt = style.pyplot()
    scene = _Scene(run, trials)
    writer = PillowWriter(fps=fps)
    try:
        with written_whole(path) as temporary:
            writer.setup(scene.fig, str(temporary), dpi=100)
            for trial, count in tqdm(
                frames, desc="animation", unit="frame", disable=not progress, leave=False
            ):
                scene.draw(trial, count)
                writer.grab_frame()
                if count == int(np.sum(run.trial == trial)):  # the whole drawing, for a while
                    for _ in range(fps // 2):
                        writer.grab_frame()
            writer.finish()
    finally:
        plt.close(scene.fig)


def _counts(run: Run, trial: int, most: int) -> list[int]:
    """How many samples of a trial each of its frames shows."""
    samples = int(np.sum(run.trial == trial))
    return np.linspace(1, samples, min(most, samples)).round().astype(int).tolist()


class _Scene:
    """The picture that the frames of an animation change."""

    def __init__(self, run: Run, trials: list[int]) -> None:
        plt = style.pyplot()
        self.run = run
        self.fig = fig = plt.figure(figsize=(3.6, 3.9))
        ax = fig.add_axes((0.03, 0.02, 0.94, 0.87))
        shown = np.isin(run.trial, trials)
        hand = run.result["hand"].values[shown]
        target = fixed = closed(run, run.result["target"].values[run.trial == trials[-1]])
        joints = run.joints(shown)
        if joints is not None and run.arm is not None:
            fixed = np.concatenate([target, joints.reshape(-1, 2)])
            ax.plot(*run.arm.pivot, "^", color="0.2", ms=9, zorder=3)
        ax.plot(*target.T, **TARGET)
        (self.arm,) = ax.plot([], [], **arm_style(run, 2.0))
        (self.trace,) = ax.plot([], [], color=COLORS[0], lw=1.3, zorder=4)
        (self.hand,) = ax.plot([], [], "o", color=COLORS[1], ms=5, zorder=5)
        ax.set(
            xlim=limits(fixed[:, 0], hand[:, 0]),
            ylim=limits(fixed[:, 1], hand[:, 1]),
            aspect="equal",
        )
        ax.set_axis_off()
        self.title = fig.suptitle("", fontsize=10, x=0.04, ha="left", family="monospace")

    def draw(self, trial: int, count: int) -> None:
        """Show the first ``count`` samples of a trial."""
        run = self.run
        chosen = np.flatnonzero(run.trial == trial)[:count]
        hand = run.result["hand"].values[chosen]
        self.trace.set_data(*hand.T)
        self.hand.set_data(*hand[-1:].T)
        joints = run.joints(chosen[-1:])
        if joints is not None:
            self.arm.set_data(*joints[0].T)
        number = trial + 1 if trial < run.n_train else trial + 1 - run.n_train
        total = run.n_train if trial < run.n_train else len(run.result["trial"]) - run.n_train
        time = run.result["time"].values[chosen[-1]] / 1e3 - trial * run.trial_s
        self.title.set_text(f"{run.phase(trial)} trial {number} of {total}, {time:5.2f} s")
