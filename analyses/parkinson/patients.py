"""Who is simulated: perturbations that make a network healthy, depleted or treated.

Assumptions, none of which the source papers fix:

- A patient has lost 0.8 of the dopamine (:data:`DEPLETION`): motor signs appear when about that
  share is missing in the putamen (Kish, Shannak & Hornykiewicz 1988, N Engl J Med 318:876).
- The output of the exploratory pathway then carries a beta oscillation of 18.5 Hz, 3 Hz wide, and
  a tremor of 5 Hz, each of amplitude 0.05 times the depletion that no drug makes up for.
- A dose of levodopa makes up for 0.5 of depletion (:data:`DOSE`); with less lost it is too much.
- Pallidotomy silences the exploratory pathway, stimulation replaces it by pulses of 130 Hz.
"""

from __future__ import annotations

from neurosim.errors import check_between, check_choice
from neurosim.perturbations import (
    Beta,
    Depletion,
    Levodopa,
    OutputNoise,
    Perturbation,
    Silence,
    Stimulation,
    Tremor,
    When,
)

DEPLETION = 0.8
"""Share of the dopamine that a patient has lost."""

DOSE = 0.5
"""Of levodopa, in units of the depletion it makes up for."""

AMPLITUDE = 0.05
"""Of each pathological oscillation at full depletion, in units of the output."""

CONDITIONS = {
    "healthy": "nothing is lost",
    "off": "depleted, no treatment",
    "levodopa": "depleted, on levodopa",
    "pallidotomy": "depleted, exploratory output silenced",
    "stimulation": "depleted, exploratory output replaced by pulses of 130 Hz",
}

OUTPUTS = {
    "beta": lambda strength, amplitude, when: Beta(
        strength, frequency=18.5, amplitude=amplitude, bandwidth=3.0, when=when
    ),
    "tremor": lambda strength, amplitude, when: Tremor(strength, amplitude=amplitude, when=when),
    "noise": lambda strength, amplitude, when: OutputNoise(
        strength, amplitude=amplitude, when=when
    ),
}
"""Kinds of pathological output."""


def condition(name: str, depletion: float, when: When) -> tuple[Perturbation, ...]:
    """The perturbations that make up a condition.

    Parameters
    ----------
    name
        One of :data:`CONDITIONS`.
    depletion
        Share of the dopamine that is lost, 0 to 1.
    when
        In which trials.

    Raises
    ------
    InputError
        Unknown name, or a depletion out of range.

    Examples
    --------
    >>> for each in condition("levodopa", 0.8, When("train")):
    ...     print(each)
    dopamine:0.8@train
    levodopa:0.5@train
    beta:0.3:18.5:bandwidth=3@train
    tremor:0.3@train
    """
    check_choice("condition", "name", name, CONDITIONS)
    check_between("condition", "depletion", depletion, 0, 1)
    if name == "healthy":
        return ()
    parts: list[Perturbation] = [Depletion(depletion, when=when)]
    unmet = depletion
    if name == "levodopa":
        parts.append(Levodopa(DOSE, when=when))
        unmet = round(max(0.0, depletion - DOSE), 9)
    if unmet:
        parts += [OUTPUTS[kind](unmet, AMPLITUDE, when) for kind in ("beta", "tremor")]
    if name == "pallidotomy":
        parts.append(Silence(when=when))
    if name == "stimulation":
        parts.append(Stimulation(when=when))
    return tuple(parts)
