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
# # Whole objects from their parts
#
# People name objects of which they see a tenth. Tang, Schrimpf, Lotter et al. 2018 asked whether
# recurrent connections can do that: whole objects are stored as attractors of a network, which
# starts from what is visible of an occluded one and completes it. You will
#
# - see digits through bubbles, and turn them into states of a network;
# - store 50 of them as fixed points, and watch the energy fall on the way to one;
# - read out the category by how much is visible, with shuffled weights as a control;
# - compare four kinds of attractor network.
#
# A quarter of an hour to read, half a minute to run. You should know what a Hopfield network is.

# %%
# %config InlineBackend.figure_format = "retina"
import warnings

import numpy as np

from analyses import completion
from analyses.figures.style import COLORS, PAGE, pyplot
from neurosim.hopfield import Saturating
from tasks.vision import Completion, Experiment, Pictures, digits
from tasks.vision.features import Pixels

plt = pyplot()
SIDE = 24  # pixels

# %% [markdown]
# ## What is seen
#
# Handwritten digits of scikit-learn, enlarged to 24 x 24 pixels, behind a grey screen with holes:
# Gaussian bubbles, placed at random until the wanted share of the digit's strokes is visible. The
# features are the pixels themselves, so that every state of the network is a picture. (The paper
# uses layers of a deep network; for other features see the end.)

# %%
source = Pictures(digits(SIDE), Pixels(), name="digits", seed=11)
design = Completion(stored=50, visibility=(5, 10, 20, 30, 40, 60), repeats=3, steps=60)
experiment = Experiment.of(source, design, seed=11)

category = experiment.seen.category[experiment.stored]
shown = [experiment.stored[category == digit][0] for digit in (2, 3, 5, 8)]
fig, panels = plt.subplots(4, 7, figsize=(PAGE * 0.7, 3.0), layout="constrained")
for row, number in zip(panels, shown, strict=True):
    pictures = source.example(int(number), design.visibility, np.random.default_rng(number))
    for ax, picture in zip(row, pictures, strict=True):
        ax.imshow(picture, cmap="gray", vmin=0, vmax=1)
        ax.set_axis_off()
for ax, name in zip(panels[0], ("whole", *(f"{v:g} %" for v in design.visibility)), strict=True):
    ax.set_title(name)
plt.show()

# %% [markdown]
# ## From pictures to states
#
# A unit is +1 where a pixel is brighter than the screen, -1 where it is darker, and 0 where
# nothing but the screen is seen: not known. Whole digits have no 0. `experiment.states` holds
# both.

# %%
states = experiment.states
print(f"whole: {states.whole.shape} states, values {np.unique(states.whole)}")
print(f"occluded: {states.occluded.shape} states, values {np.unique(states.occluded)}")

# %% [markdown]
# ## Storing
#
# The network of the paper is the linear saturating one of Li, Michel & Porod 1989:
#
# $$a(t+1) = \mathrm{satlins}(W a(t) + b), \qquad \mathrm{satlins}(u) = \min(\max(u, -1), 1)$$
#
# $W$ lets directions grow in which stored patterns differ, and all others decay. A stored pattern
# should be a *fixed point*: one step leaves it as it is.

# %%
patterns = states.whole[experiment.stored]
network = Saturating().store(patterns)
moved = np.abs(network.step(patterns) - patterns).max(axis=1)
print(f"{np.sum(moved == 0)} of {len(patterns)} stored patterns are fixed points")

# %% [markdown]
# A fixed point need not attract. So start beside one, with a part of the units turned over, and
# see whether the network comes back:

# %%
rng = np.random.default_rng(0)
for share in (0.05, 0.1, 0.2, 0.3, 0.4):
    turned = np.where(rng.random(patterns.shape) < share, -patterns, patterns)
    end = network.run(turned, steps=100).states
    print(
        f"{share:4.0%} of the units turned: {np.mean((end == patterns).all(axis=1)):4.0%} come back"
    )

# %% [markdown]
# ## Completing
#
# Four occluded digits, of which 20 % is visible, step by step. Grey is 0: at the start most of
# each picture is unknown.

# %%
at_20 = np.flatnonzero(experiment.seen.visibility == 20)
chosen = np.array([at_20[experiment.seen.object[at_20] == number][0] for number in shown])
steps = (0, 1, 2, 4, 8, 16, 60)
run = network.run(states.occluded[chosen], steps=60, record=steps)

fig, panels = plt.subplots(4, 8, figsize=(PAGE * 0.8, 3.0), layout="constrained")
for row, number, course in zip(panels, shown, run.recorded.swapaxes(0, 1), strict=True):
    for ax, state in zip(row, (*course, states.whole[number]), strict=True):
        ax.imshow(state.reshape(SIDE, SIDE), cmap="gray", vmin=-1, vmax=1)
        ax.set_axis_off()
for ax, name in zip(panels[0], (*(f"step {s}" for s in steps), "stored"), strict=True):
    ax.set_title(name)
plt.show()

# %% [markdown]
# ## Energy
#
# For this network there is a function of the state that no step can raise,
#
# $$E = \tfrac12 a^T a - \tfrac12 a^T W a - b^T a.$$
#
# Where it stops falling, the network stands still. All stored patterns lie at the same level; a
# course that stops above it has found a *spurious* state, which nobody stored.

# %%
start = states.occluded[at_20]
courses = np.array([now.copy() for _, now in network.trajectory(start, steps=60)])
energy = np.array([network.energy(now) for now in courses])
assert (np.diff(energy, axis=0) < 1e-3).all()

fig, ax = plt.subplots(figsize=(PAGE / 2, 2.4), layout="constrained")
ax.plot(np.arange(1, 61), energy[1:], color=COLORS[0], lw=0.4, alpha=0.5)
for level in network.energy(patterns):
    ax.axhline(level, color=COLORS[1], lw=0.4, zorder=0)
ax.set(xlabel="step", ylabel="energy", title="150 trials from step 1 on; orange: stored patterns")
plt.show()

# %% [markdown]
# ## The way there
#
# The same courses in the first two principal components of the stored patterns, for the digits 0,
# 1 and 6. Dots are stored patterns. All trials start near the middle, where nothing is known, and
# fan out.

# %%
centre = patterns.mean(axis=0)
plane = np.linalg.svd(patterns - centre, full_matrices=False)[2][:2]
true = experiment.seen.category[experiment.seen.object[at_20]]

fig, ax = plt.subplots(figsize=(PAGE * 0.6, 3.4), layout="constrained")
ax.plot(*((patterns - centre) @ plane.T).T, "o", color="0.85", ms=4)
for color, digit in zip(COLORS, (0, 1, 6), strict=False):
    for course in ((courses[:, true == digit] - centre) @ plane.T).swapaxes(0, 1):
        ax.plot(*course.T, color=color, lw=0.5, alpha=0.7)
    own = (patterns[category == digit] - centre) @ plane.T
    ax.plot(*own.T, "o", color=color, ms=5, label=f"{digit}")
ax.set(xlabel="PC 1", ylabel="PC 2", aspect="equal")
ax.legend(title="digit")
plt.show()

# %% [markdown]
# ## Does it help to recognise?
#
# A linear read-out is trained on whole digits only, in five folds, and never sees the one that is
# shown. It reads the category from the pixels (feed-forward), and from the state of the network at
# the step that was best in the other folds. The control has the same weights in random places.
# Bands: 95 % intervals over objects.

# %%
result = experiment.run()

fig, ax = plt.subplots(figsize=(PAGE / 2, 2.6), layout="constrained")
for color, (name, label) in zip(
    (COLORS[0], "0.4", COLORS[1]),
    (("recurrent", "network"), ("feedforward", "features alone"), ("shuffled", "shuffled weights")),
    strict=True,
):
    share = completion.accuracy(result, name)
    ax.plot(design.visibility, share.value, "o-", ms=3, color=color, label=label)
    ax.fill_between(design.visibility, share.low, share.high, color=color, alpha=0.2, lw=0)
ax.axhline(0.1, color="0.6", ls=":", lw=0.8)
ax.set(xlabel="visible (%)", ylabel="accuracy (dotted: chance)", ylim=(0, 1.02))
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

gain = completion.gain(result)
print(f"the network adds {gain.value:.0f} points ({gain.low:.0f} to {gain.high:.0f})")

# %% [markdown]
# This is one draw of objects and occluders (seed 11), and an easy case: the digits that are shown
# are the ones that are stored, as in the paper. `docs/occlusion.md` has three seeds, other
# features, and digits that are *not* stored.

# %% [markdown]
# ## Other networks
#
# The same trials, and networks that store in other ways: Hebb's rule, the pseudo-inverse, and the
# modern (softmax) network.

# %%
accuracies = {}
for name in ("hebb", "pinv", "modern", "rnnh"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Hebb's rule warns that digits are alike
        accuracies[name] = completion.mean_accuracy(experiment.run(name), "recurrent")

fig, ax = plt.subplots(figsize=(PAGE / 2, 2.2), layout="constrained")
ax.bar(list(accuracies), list(accuracies.values()), color=COLORS[0], width=0.6)
alone = completion.mean_accuracy(result, completion.feedforward(result))
ax.axhline(alone, color="0.2", ls="--", lw=0.9)
ax.text(-0.4, alone + 0.01, "features alone", fontsize=7)
ax.set(ylabel="accuracy, mean over visibilities", ylim=(0, 1))
plt.show()

# %% [markdown]
# Hebb's rule stores patterns that have nothing in common; digits have much, and the network falls
# into what they share. The pseudo-inverse takes the overlaps into account, RNNh the differences
# alone.
#
# ## Try it
#
# 1. Store more: `stored=200` in the design. Which network keeps up?
# 2. Show digits that are not stored: `protocol="novel"`. How much of the gain is left?
# 3. Lesion: `network.lesioned(0.3, rng)` takes out 30 % of the units. From what share on do stored
#    patterns stop being fixed points?
# 4. Put a small trained network between pixels and states: `Mlp()` from `tasks.vision.features` in
#    place of `Pixels()` (one minute the first time).
# 5. Let a mask follow the picture: `Completion(..., clamp=0.1, image_off=12, mask_at=12)`.
