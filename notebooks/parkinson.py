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
# # Parkinson's disease in one network
#
# In SUPERTREX a noisy pathway that learns from reward, the basal ganglia, tutors a second one, the
# cortex. What happens when dopamine is lost, and what do drugs, surgery and stimulation change?
# You will
#
# - take a network that has learned to draw, and make a patient of it;
# - treat it: levodopa, pallidotomy, deep brain stimulation;
# - look for tremor and beta in the spectrum;
# - draw dose-response curves, and see that moving and learning suffer differently.
#
# A quarter of an hour to read, less than a minute to run. The [tour](tour.ipynb) comes first.
#
# **This is one network, and the numbers are its own.** `neurosim reproduce parkinson` does the
# same with eleven, and `docs/parkinson.md` reports which findings in patients come out.

# %%
# %config InlineBackend.figure_format = "retina"
from dataclasses import replace

import numpy as np

from analyses.figures.style import COLORS, PAGE, pyplot
from analyses.parkinson.patients import CONDITIONS, DEPLETION, condition
from analyses.spectra import BETA, BROAD, TREMOR, power_spectrum, relative_power
from neurosim import Recording, Reservoir, Schedule, Simulation
from neurosim.perturbations import Silence, When
from tasks.motor import motor_task, preset_rule

plt = pyplot()
SEED = 11

# %% [markdown]
# ## A healthy network
#
# It draws a butterfly with an arm of two segments, in 5 s, and is told the phase of the movement,
# so that it goes on by itself. Five trials of learning; one more trial follows, in which something
# will be done to it.

# %%
LEARNING, PERIOD, SAMPLE = 5, 5000.0, 5.0  # trials, ms, ms
task = replace(motor_task("butterfly-arm", period=PERIOD), state=("phase",))


def network(*perturbations):
    """A network that is about to learn."""
    return Simulation(
        task,
        preset_rule("supertrex", task),
        Reservoir(n_units=1000),
        seed=SEED,
        schedule=Schedule(train_trials=LEARNING + 1, test_trials=0),
        recording=Recording(("hand", "pathway_readout"), SAMPLE),
        perturbations=perturbations,
    )


healthy = network()
while healthy.index < LEARNING:
    healthy.advance()


def last(result):
    """The last trial of a run."""
    return result.sel(time=slice(PERIOD * LEARNING, None))


def off(result):
    """Mean distance of the hand from the curve in the last trial."""
    one = last(result)
    return float(np.sqrt(((one.hand - one.target) ** 2).sum("axis")).mean())


# %% [markdown]
# ## A patient
#
# In the model dopamine is the reward signal of the exploratory pathway and the size of its
# exploration. A patient has lost a share of 0.8 of both, and carries a beta oscillation and a
# tremor on the pathway's output, of a size that goes with what is lost. These are assumptions
# (`analyses/parkinson/patients.py` names them); the rhythms are put in, and do not arise.
#
# A condition is a tuple of perturbations:

# %%
after = When(first_trial=LEARNING)
for name, about in CONDITIONS.items():
    print(f"{name:12} {about}")
    for part in condition(name, DEPLETION, after):
        print(f"{'':15}{part}")

# %% [markdown]
# Each condition is a branch of the same learned network, from the same moment on.

# %%
results = {name: healthy.branch(*condition(name, DEPLETION, after)).run() for name in CONDITIONS}
target = task.trial(0, dt=0.2).target

fig, panels = plt.subplots(
    1, 5, figsize=(PAGE, 1.9), sharex=True, sharey=True, layout="constrained"
)
for ax, (name, result) in zip(panels, results.items(), strict=True):
    ax.plot(*target.T, color="0.8", lw=3)
    ax.plot(*last(result).hand.T, color=COLORS[0], lw=0.7)
    ax.set(title=f"{name}\n{off(result):.2f} off", aspect="equal")
    ax.set_axis_off()
plt.show()

# %% [markdown]
# With a learned movement, no output of the basal ganglia is better than a disturbed one:
# pallidotomy and stimulation help, though they restore nothing. The mastery pathway knows the
# movement, and needs no tutor for it. This is what Turner & Desmurget (2010) point out about
# patients.

# %% [markdown]
# ## Tremor and beta
#
# Power of the hand, and of the output of the exploratory pathway, in the last trial.

# %%
shown = ("healthy", "off", "levodopa", "pallidotomy")


def spectra(name):
    """Of the hand and of the exploratory output, summed over axes and joints."""
    one = last(results[name])
    output = one.pathway_readout.sel(pathway="exploratory")
    return (
        power_spectrum(one.hand, resolution=0.5).sum("axis"),
        power_spectrum(output, resolution=0.5).sum("output"),
    )


fig, panels = plt.subplots(1, 2, figsize=(PAGE, 2.6), sharex=True, layout="constrained")
for color, name in zip(("0.3", *COLORS[1:]), shown, strict=False):
    for ax, spectrum in zip(panels, spectra(name), strict=True):
        seen = spectrum.sel(frequency=slice(1, 45))
        ax.semilogy(seen.frequency, seen + 1e-12, color=color, label=name)
for ax, title in zip(panels, ("hand", "exploratory output"), strict=True):
    ax.axvspan(*TREMOR, color=COLORS[4], alpha=0.2, lw=0)
    ax.axvspan(*BETA, color=COLORS[5], alpha=0.2, lw=0)
    ax.set(title=title, xlabel="frequency (Hz)", ylim=(1e-9, None))
panels[0].set_ylabel("power (1/Hz)")
panels[1].legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

for name in ("healthy", "off", "levodopa"):
    output = spectra(name)[1]
    share = float(relative_power(output, *BETA, of=BROAD))
    print(f"{name:10} beta holds {share:.0%} of the exploratory output's power, 5 to 95 Hz")

# %% [markdown]
# Orange: 4 to 6 Hz, blue: 13 to 30 Hz. The tremor reaches the hand. Silencing the pathway takes
# both rhythms away altogether: its own output is 0 then, and not in the right panel.
#
# Look at the shares of beta: what levodopa lowers in *power* need not fall as a *share*, since the
# tremor falls with it. Which of the two a recording of patients reports makes a difference;
# `docs/parkinson.md` has the case.

# %% [markdown]
# ## Dose and response
#
# How much depletion does it take? With the dose of levodopa fixed, at what makes up for 0.5.

# %%
DEPLETIONS = (0.0, 0.2, 0.5, 0.8, 1.0)
done = {(name, DEPLETION): results[name] for name in ("off", "levodopa")}
done |= {(name, 0.0): results["healthy"] for name in ("off", "levodopa")}
for name, depletion in ((n, d) for n in ("off", "levodopa") for d in (0.2, 0.5, 1.0)):
    done[name, depletion] = healthy.branch(*condition(name, depletion, after)).run()

fig, ax = plt.subplots(figsize=(PAGE * 0.6, 2.6), layout="constrained")
for color, name in zip(COLORS[1:], ("off", "levodopa"), strict=False):
    errors = [off(done[name, depletion]) for depletion in DEPLETIONS]
    ax.plot(DEPLETIONS, errors, "o-", ms=3, color=color, label=name)
for style, name in (("--", "pallidotomy"), (":", "stimulation")):
    ax.axhline(off(results[name]), color="0.4", ls=style, label=f"{name} (any depletion)")
ax.set(xlabel="share of dopamine lost", ylabel="distance from the curve", ylim=(0, None))
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %% [markdown]
# ## Learning is another matter
#
# So far the disease came after learning. Now let three networks learn from the beginning, healthy,
# off medication, and with the exploratory pathway silenced. Then ask what the mastery pathway
# knows: the other one is silent in the last trial.

# %%
during = When(last_trial=LEARNING - 1)
alone = Silence(when=after)
learned = {"healthy": off(healthy.branch(alone).run())}
for name in ("off", "pallidotomy"):
    learned[name] = off(network(*condition(name, DEPLETION, during), alone).run())

fig, panels = plt.subplots(1, 2, figsize=(PAGE * 0.8, 2.3), layout="constrained")
moving = {name: off(results[name]) for name in learned}
for ax, errors, title in zip(
    panels,
    (moving, learned),
    ("moving: disease after learning", "learning: disease before, mastery alone"),
    strict=True,
):
    ax.bar(list(errors), list(errors.values()), color=("0.3", COLORS[1], COLORS[3]), width=0.6)
    ax.set_title(title)
panels[0].set_ylabel("distance from the curve")
plt.show()

# %% [markdown]
# The order reverses. A silenced pathway disturbs no movement and teaches none; a disturbed one
# spoils movements, and still teaches something. That nothing is learned without exploration
# follows from the model; that a patient off medication learns more than a silenced network does
# not.
#
# ## Try it
#
# 1. Change `SEED` to 12 and 13. Which of the differences above hold in all three networks?
# 2. Make the rhythms stronger: compose your own patient of `Depletion(0.8)` and `Tremor(1.0,
#    amplitude=0.1)`.
# 3. Too much of a drug: `condition("levodopa", 0.2, during)` while the network learns. What does
#    an overdose do?
# 4. Stimulate at 20 Hz instead of 130: `Stimulation(frequency=20.0)`. Is it still as good as a
#    lesion?
# 5. Put a recorded rhythm in place of the sine: `RecordedOutput`, with a subthalamic recording of
#    your own.
