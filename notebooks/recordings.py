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
# # Compare with your recordings
#
# A reservoir that reaches is set beside a population that was recorded while monkeys reached. Both
# come from NWB files, by the same functions. You will
#
# - open an NWB file, see what is in it, and cut trials around an event;
# - draw PSTHs, fit rotations (jPCA), and test them against surrogates;
# - train a network to reach, write it as NWB, and find out when its hand starts to move;
# - set the two side by side, each number with its bounds.
#
# A quarter of an hour to read, less than a minute to run. Needs pynwb, the extra `nwb`. You should
# know what a PSTH is; for jPCA see Churchland, Cunningham et al. 2012.

# %%
# %config InlineBackend.figure_format = "retina"
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from analyses.figures.style import PAGE, pyplot
from analyses.onset_report import onset_report
from analyses.population.compare import compare, plot_row
from analyses.population.form import of_conditions
from analyses.population.jpca import jpca, plot_plane
from analyses.reaching_model import FITTED, Reacher
from analyses.reports import jpca_report, psth_report, rates_of
from neurosim.io import align, describe, load, write_nwb

plt = pyplot()
folder = tempfile.TemporaryDirectory()


def shown(report):
    """Draw a report."""
    report.draw(plt.figure(figsize=report.size, layout="constrained"))
    plt.show()


# %% [markdown]
# ## A recording
#
# Set the environment variable `NEUROSIM_DATA` to a folder that has
# `motor_cortex_reaching/psth.npz`: rates of 50 units of motor cortex in 10 conditions of delayed
# reaches, averaged over trials, from the data of Churchland, Cunningham et al. 2012 as distributed
# with Elsayed & Cunningham 2017. **Without it, a simulated network stands in for the recording**,
# and everything below that is called a recording is one; the next cell says which it is.
#
# Either way it is written as NWB first. (The writer is meant for simulations, and knows nothing of
# subjects and electrodes; to convert data of your own for others there is NeuroConv.)

# %%
given = Path(os.environ.get("NEUROSIM_DATA", "")) / "motor_cortex_reaching" / "psth.npz"
network = Reacher("force", n_targets=10, train_trials=100, shown_until="go", chosen=FITTED)

if given.is_file():
    label = "recording"
    print("recording: motor cortex")
    averaged = load(given, units="1")
else:
    label = "stand-in"
    print("recording: NONE, a simulated network stands in for it")
    other = replace(network, n_units=100)
    averaged = other({}, seed=5).to_dataset(name="rates")

zero = ("condition", np.zeros(averaged.sizes["condition"]), {"units": "ms"})
file = Path(folder.name) / "recording.nwb"
write_nwb(averaged.assign_coords(onset_time=zero), file)

# %% [markdown]
# ## What is in the file
#
# From here on it is an NWB file like any other: put the path of your own into `file`. `load` reads
# spikes, trials and continuous series, and `describe` says what it found (as `neurosim inspect
# FILE` does on the command line).

# %%
session = load(file)
for name, value in describe(session).items():
    if value not in (None, [], {}) and name not in ("file", "series"):
        print(f"{name:12} {value}")

# %% [markdown]
# A session is one long stretch of time. `align` cuts it around an event, and time counts from
# there, in ms.

# %%
trials = align(session, "onset_time", (-50, 550))
recorded = of_conditions(rates_of(trials), "recording")
recorded.sizes

# %% [markdown]
# ## PSTHs
#
# The six units that vary most, one line for each condition.

# %%
shown(psth_report(recorded, None))

# %% [markdown]
# ## Rotations
#
# jPCA takes off the mean over conditions, reduces the population to six principal components, and
# asks how much of its change from one time to the next follows from where it is: by any linear
# dynamics, and by a pure rotation, $\dot X = X M$ with $M = -M^T$.
#
# Smooth responses turn a little by themselves. So the fit is compared with *surrogates* that share
# the covariances across times, units and conditions, and are random otherwise (Elsayed &
# Cunningham 2017). Two hundred are drawn here; take a thousand for a paper.

# %%
WINDOW = (100, 300)  # ms
found = jpca_report(recorded, WINDOW, rng=np.random.default_rng(0), surrogates=200)
shown(found)
for name in ("r2", "r2_skew", "frequency_hz", "p", "p_skew"):
    ends = found.values.get(f"{name}_interval")
    interval = f"({ends[0]:.3g} to {ends[1]:.3g})" if ends else ""
    print(f"{name:13} {found.values[name]:.3g} {interval}")

# %% [markdown]
# $R^2$ of both fits, and the frequency of the fastest plane, have intervals for another sample of
# units. `p` is the share of surrogates with as high an $R^2$.

# %% [markdown]
# ## A network that reaches
#
# 400 units learn by FORCE to reach to ten targets after a delay. `FITTED` are constants that were
# searched for with the motor-cortex recording in view (`docs/reaching.md`), but with other seeds.
# Tests follow training, one to each target.

# %%
result = network.run({}, seed=11)
model_file = Path(folder.name) / "model.nwb"
write_nwb(result, model_file)

model_session = load(model_file, series=["hand", "rates"])
print(describe(model_session)["sizes"], describe(model_session)["events"])

# %% [markdown]
# A simulated session has what a recorded one has: a table of trials with events, rates, and the
# hand. So it goes through the same steps. Here the last 40 training trials, four to each target,
# so that PSTHs have standard errors:

# %%
cut = align(model_session, "go_time", (-50, 550))
last = cut.isel(trial=(cut.phase.values == "train") & (np.arange(cut.sizes["trial"]) >= 60))
shown(psth_report(rates_of(last), None))

# %% [markdown]
# ### When does the hand start?
#
# Where its speed last rises through a tenth of its peak before that peak; latency counts from the
# go signal. The task asks for a movement 150 ms after it, which takes 500 ms.

# %%
hand = load(model_file, series=["hand"])
onset = onset_report(align(hand, "go_time", (-50, 800)), rng=np.random.default_rng(0))
shown(onset)
low, high = onset.values["latency_ms_interval"]
print(f"median latency {onset.values['latency_ms']:.0f} ms ({low:.0f} to {high:.0f}), "
      f"{onset.values['n_trials']} trials")  # fmt: skip

# %% [markdown]
# ## Side by side
#
# The test trials are the model's population. Its plane first, beside the recording's:

# %%
model = network.population(result)

fig, panels = plt.subplots(1, 2, figsize=(PAGE * 0.8, 2.8), layout="constrained")
for ax, rates, name in zip(panels, (recorded, model), (label, "model"), strict=True):
    plane = jpca(rates, window=WINDOW)
    plot_plane(ax, plane)
    ax.set_title(f"{name}: {ax.get_title()}, $R^2$ {float(plane.r2_skew):.2f}")
plt.show()

# %% [markdown]
# A number says little without what it could have been. `compare` takes as many units of each, and
# gives every measure a *ceiling*, the recording's own halves, and *floors*, surrogates of the
# recording in place of it. Conditions have no common names here; they are paired by how alike they
# are, and so are those of the surrogates.
#
# Twenty draws of everything, to be quick: the bars below are rough. The default is a hundred.

# %%
table = compare(model, recorded, rng=np.random.default_rng(0), window=WINDOW, n=20)

fig, axes = plt.subplots(2, 5, figsize=(PAGE * 1.2, 3.6), layout="constrained")
for ax, row in zip(axes.flat, table.rows, strict=True):
    plot_row(ax, row)
    ax.set_title(f"{row.measure.name}" + f" ({row.measure.unit})" * (row.measure.unit != "1"))
for ax in axes[:, 1:].flat:
    ax.set_yticks([])
plt.show()

# %% [markdown]
# Read each panel from the bottom: is the model (blue) among the recording's surrogates, or nearer
# to its halves? For one network that is an anecdote. `docs/reaching.md` reports ten, and an
# untrained network of the same constants, which does almost as well in every measure.

# %%
folder.cleanup()

# %% [markdown]
# ## Try it
#
# 1. Open a file of your own: `neurosim inspect FILE.nwb` names its events; `align` to one of them.
#    Spikes are binned by `rates_of(trials, bin_ms=10, smooth_ms=20)`.
# 2. Leave out `chosen=FITTED`. In which measures does the network move away from the recording?
# 3. Let the target stay on the screen: `shown_until="end"`. What happens to the rotations?
# 4. Give `compare` the network before training: `untrained=replace(network, kind="untrained")({},
#    seed=11)`.
# 5. Use `Shuffled(recorded, along="condition")` from `analyses.population.surrogates` in
#    `rotation_test`. Which test is easier to pass, and why?
