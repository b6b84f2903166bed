# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A tour in ten minutes
#
# A chaotic network learns to draw with an arm, and is told nothing but how far its hand is from
# the curve. You will
#
# - set up a task, a network and a learning rule, and train them;
# - read the result, which is an `xarray.Dataset`;
# - take the network apart: silence a pathway, remove units;
# - compare two rules on the same network;
# - save the result and find out what to cite.
#
# Ten minutes to read, half a minute to run. You need numpy and matplotlib, and it helps to know
# what a reservoir is.

# %%
# %config InlineBackend.figure_format = "retina"
import tempfile
from pathlib import Path

import numpy as np

from analyses.figures import movement
from analyses.figures.style import COLORS, PAGE, pyplot
from neurosim import InputError, Reservoir, Schedule, Simulation, load, save, train
from neurosim.perturbations import Lesion, Silence, When
from tasks.motor import motor_task, preset_rule

plt = pyplot()

# %% [markdown]
# ## What is asked of the network
#
# A *task* is an object that says, for each trial, where the hand should be at each step. This one
# is the second task of Pyle & Rosenbaum 2019: draw a butterfly with an arm of two segments. The
# network puts out the two joint angles. It is not told which angles are right: many lead to the
# same place.
#
# The paper takes 10 s for a drawing and 1,000 units. Here it is 5 s and 400 units, so that it runs
# while you read.

# %%
task = motor_task("butterfly-arm", period=5000.0)
target = task.trial(0, dt=0.2).target
rest = task.plant.joints([0.0, 0.0])

fig, ax = plt.subplots(figsize=(3, 3), layout="constrained")
ax.plot(*target.T, color="0.6", lw=3, label="wanted path")
ax.plot(*rest.T, "o-", color=COLORS[0], label="arm at rest")
ax.set(aspect="equal", xlabel="x", ylabel="y")
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %% [markdown]
# ## A network and a rule
#
# The network is $N$ rate units with sparse random connections, strong enough for chaos (gain above
# 1). Only the readout learns; what it puts out is fed back.
#
# $$\tau\,\dot x = -x + J r + Q z, \qquad r = \tanh x$$
#
# The rule, SUPERTREX, has two pathways that are added. The *exploratory* one, a model of the basal
# ganglia, tries out small changes and keeps what makes the error fall. The *mastery* one, a model
# of cortex, is tutored by the first.
#
# Both are plain values that check themselves. A mistake is told in one line:

# %%
reservoir = Reservoir(n_units=400, gain=1.5)
rule = preset_rule("supertrex", task)

try:
    Reservoir(n_units=400, time_constant=0.1)
except InputError as error:
    print(error)

# %% [markdown]
# ## Train and test
#
# Six trials of training, then two of testing, in which the exploratory pathway is off and nothing
# is learned any more. All randomness comes from `seed`: the same seed gives the same result to the
# bit. The first run of a new combination of rule and arm compiles the loop, which takes some
# seconds; after that it comes from a cache.

# %%
schedule = Schedule(train_trials=6, test_trials=2)
result = train(task, rule, reservoir, seed=2, schedule=schedule)

print(f"{result.attrs['steps']:,} steps, {result.attrs['steps_per_second']:,.0f} a second")

# %% [markdown]
# ## The result
#
# is labelled: signals over `time` (in ms), distances by `trial`, weights by `pathway`, and in the
# attributes everything that is needed to make it again.

# %%
result

# %% [markdown]
# So questions are asked by name. How far was the hand from the curve, on average over each trial?

# %%
result.trial_distance.to_series().round(3)

# %% [markdown]
# `movement.figure` draws a run at a glance: (a) the drawings of the test phase over the wanted
# path, with some postures of the arm; (b) the hand and (c) the joint angles in the last trial; (d)
# the distance from the target over the run; (e) the weights of both pathways.

# %%
movement.figure(result)
plt.show()

# %% [markdown]
# ## Who draws?
#
# `pathway_readout` holds what each pathway put out. In the first second the exploratory pathway
# has to find the movement alone; then the error is small enough for the mastery pathway to learn
# from it, and takes over almost all of the output.

# %%
strength = np.sqrt((result.pathway_readout**2).sum("output"))
smooth = strength.rolling(time=50, center=True).mean()

fig, ax = plt.subplots(figsize=(PAGE, 2.2), layout="constrained")
for color, pathway in zip(COLORS, result.pathway.values, strict=False):
    ax.plot(result.time / 1000, smooth.sel(pathway=pathway), color=color, label=pathway)
ax.axvspan(30, 40, color="0.93", zorder=0)
ax.text(35, ax.get_ylim()[1] * 0.95, "test", ha="center", va="top")
ax.set(xlabel="time (s)", ylabel="size of the output\n(units of π rad)", xlim=(0, 40))
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %% [markdown]
# ## Take it apart
#
# `train` is short for a `Simulation` that runs to its end. Held in hand, it can be stopped after
# training and continued in several ways. `branch` makes a second run that goes on from here with
# something done to the network; the first one stays as it is.
#
# A perturbation has a strength and a schedule; `neurosim list perturbations` on the command line
# lists all of them.

# %%
run = Simulation(task, rule, reservoir, seed=2, schedule=schedule)
while run.learning:
    run.advance()

in_test = When("test")
branches = {
    "as it is": run.branch(),
    "exploratory pathway silenced": run.branch(Silence(when=in_test)),
    "5 % of the units lost": run.branch(Lesion(0.05, when=in_test)),
    "mastery pathway halved": run.branch(Silence(0.5, "mastery", when=in_test)),
}
tested = {name: branch.run() for name, branch in branches.items()}

# %%
fig, panels = plt.subplots(
    1, 4, figsize=(PAGE, 2.2), sharex=True, sharey=True, layout="constrained"
)
for ax, (name, one) in zip(panels, tested.items(), strict=True):
    last = one.sel(time=slice(35_000, None))
    ax.plot(*target.T, color="0.8", lw=3)
    ax.plot(last.hand.sel(axis="x"), last.hand.sel(axis="y"), color=COLORS[0])
    ax.set(title=f"{name}\n{one.attrs['deviation']:.2f} off", aspect="equal")
    ax.set_axis_off()
plt.show()

# %% [markdown]
# Without the exploratory pathway nothing changes: it is silent in tests anyway, and what was
# learned has moved to the mastery pathway. This is one network, and these numbers are its own.

# %% [markdown]
# ## Another rule
#
# RMHL is the exploratory pathway alone, without a tutor behind it. The same network, the same
# noise:

# %%
alone = train(task, preset_rule("rmhl", task), reservoir, seed=2, schedule=schedule)

fig, (left, right) = plt.subplots(1, 2, figsize=(PAGE, 2.6), layout="constrained")
for color, one in zip(COLORS, (result, alone), strict=False):
    name = one.attrs["rule"]
    left.plot(one.trial + 1, one.trial_distance, "o-", ms=3, color=color, label=name)
    last = one.sel(time=slice(35_000, None))
    right.plot(last.hand.sel(axis="x"), last.hand.sel(axis="y"), color=color, label=name)
left.axvspan(6.5, 8.5, color="0.93", zorder=0)
left.set(xlabel="trial (grey: test)", ylabel="distance from the target", yscale="log")
right.plot(*target.T, color="0.8", lw=3, zorder=0)
right.set(aspect="equal", xlabel="x", ylabel="y", title="last test trial")
left.legend()
plt.show()

# %% [markdown]
# While RMHL learns it follows the curve, correcting itself from moment to moment. When learning
# stops, little is left: the paper found the same on this task, in a table that `neurosim reproduce
# sankar2021` makes again with 11 seeds of each.
#
# FORCE, which learns from the wanted *output*, cannot be used with an arm, and says why:

# %%
try:
    train(task, preset_rule("force", task), reservoir)
except InputError as error:
    print(error)

# %% [markdown]
# ## Keep it, and cite
#
# A result is saved as NetCDF, whole or not at all, and opens in plain xarray (or MATLAB, Julia,
# R).

# %%
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "butterfly.nc"
    save(result, path)
    again = load(path)
    print(f"{path.stat().st_size / 1e6:.1f} MB, equal: {again.equals(result)}")

# %%
for name in ("title", "references", "neurosim_version"):
    print(f"{name}: {result.attrs[name]}")

# %% [markdown]
# `neurosim cite butterfly.nc` prints BibTeX of what the result used, and `neurosim show
# butterfly.nc` its summary and figure, without running anything.
#
# ## Try it
#
# 1. Change `seed` to 1 and to 3. How much of what you saw is about this one network?
# 2. Lose more units: `Lesion(0.01)` to `Lesion(0.2)`. Where does the drawing break?
# 3. Give the arm three segments: `motor_task("butterfly-arm", n_segments=3, period=5000.0)`.
# 4. Set `gain=0.9` in the reservoir. Without chaos, is there enough to learn from?
# 5. Lose the lesioned units before training instead of after it: leave out `when=in_test` and give
#    the perturbation to `train`.
#
# Next: [write your own learning rule](own_rule.ipynb), or [your own task](own_task.ipynb).
