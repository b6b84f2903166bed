r"""See the whole from a part: recurrence completes what a front-end sees of an occluded object.

Tang, Schrimpf, Lotter et al. 2018. Whole objects are stored in a network; it starts from the state
that an occluded object gives, and a linear read-out tells the category at every step. The read-out
learned from whole objects only, and never saw the one that is shown. The *familiar* protocol
stores the objects that are shown, as the paper does; *novel* stores others.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError
from neurosim.hopfield import NETWORKS, Network
from neurosim.provenance import describe, environment
from tasks.vision.course import Course, Trials, best_steps
from tasks.vision.design import Completion
from tasks.vision.features import FeatureSet
from tasks.vision.readout import Readout, folds_of
from tasks.vision.states import States
from tasks.vision.trials import Source, choose

if TYPE_CHECKING:
    import xarray as xr


def complete(
    source: Source,
    design: Completion | None = None,
    *,
    seed: int = 0,
    progress: bool = False,
) -> xr.Dataset:
    """Run the experiment.

    Parameters
    ----------
    source
        Of objects: pictures and a front-end, or features from a file.
    design
        Of the experiment.
    seed
        Of all draws: objects, occluders, folds, learning, shuffled weights.
    progress
        Show progress bars.

    Returns
    -------
    xarray.Dataset
        By ``trial``: ``category`` (the true one), ``object``, ``fold``, ``visibility`` (percent,
        as asked for) and ``visible`` (as it was), ``raw`` and ``bipolar`` (category read out of the
        features, and of the states made of them), ``recurrent`` and ``shuffled`` (read out at the
        fold's best step), ``steps_to_converge`` (-1 where the network still moved at the end). By
        trial and ``step``: ``predicted``. By trial and ``distance_step``: ``distance_own`` and
        ``distance_other``, root mean square difference a unit from the whole pattern of the object,
        and from the nearest one of another category. By ``readout_fold``: ``best_step``, the one
        with the highest accuracy in the trials of all other folds. Of pictures: ``example``
        (example, row, column), an object whole and as each visibility shows it.

    Raises
    ------
    InputError
        Too few objects for what is to be stored or for the folds, or patterns that a network cannot
        store.

    Examples
    --------
    >>> from tasks.vision import Pictures, digits
    >>> from tasks.vision.features import Pixels
    >>> source = Pictures(digits(size=16), Pixels())
    >>> design = Completion(network="modern", stored=20, visibility=(50.0,), repeats=1, steps=5)
    >>> dict(complete(source, design).predicted.sizes)
    {'trial': 20, 'step': 6}
    """
    return Experiment.of(source, design or Completion(), seed=seed, progress=progress).run()


@dataclass(frozen=True, eq=False)
class Experiment:
    """Objects, trials and read-outs, ready for networks to be tried on them.

    Attributes
    ----------
    source, design, seed
        As for :func:`complete`.
    stored
        (n_stored,) objects that networks store.
    seen
        Features of whole objects and of trials.
    states
        The same as states.
    fold
        (n_objects,) of the read-out.
    raw, bipolar
        Read-outs of features and of states.
    prepared_s
        Time it took, s.
    """

    source: Source
    design: Completion
    seed: int
    stored: NDArray[np.int64]
    seen: FeatureSet
    states: States
    fold: NDArray[np.int64]
    raw: Readout
    bipolar: Readout
    prepared_s: float

    @classmethod
    def of(
        cls, source: Source, design: Completion, *, seed: int = 0, progress: bool = False
    ) -> Experiment:
        """Choose objects, show them, and train the read-outs."""
        begun = time.perf_counter()
        draws = _draws(seed)
        shown, stored = choose(source.category, design.stored, design.protocol, draws["objects"])
        seen = source.show(
            shown,
            design.visibility,
            design.repeats,
            draws["trials"],
            masked=design.mask_at is not None,
            progress=progress,
        )
        states = States.of(seen, reference=design.reference, dead_zone=design.dead_zone)
        fold = folds_of(seen.category, design.folds, draws["folds"])
        return cls(
            source=source,
            design=design,
            seed=seed,
            stored=stored,
            seen=seen,
            states=states,
            fold=fold,
            raw=Readout.fit(seen.whole, seen.category, fold),
            bipolar=Readout.fit(states.whole, seen.category, fold),
            prepared_s=time.perf_counter() - begun,
        )

    def run(self, network: str | None = None, *, progress: bool = False) -> xr.Dataset:
        """Store, complete and read out.

        Parameters
        ----------
        network
            Kind of network; None: that of the design.
        progress
            Show progress bars.
        """
        begun = time.perf_counter()
        design = self.design if network is None else replace(self.design, network=network)
        draws, trials = _draws(self.seed), self._trials(design)
        memory = self._memory(design, draws["network"], progress=progress)
        course = trials.follow(
            memory, design.steps, input=design.input, rng=draws["network"], progress=progress
        )
        true = self.seen.category[self.seen.object]
        best = best_steps(course.predicted == true[:, np.newaxis], trials.fold, design.folds)
        answers = {
            "raw": self.raw.predict(self.seen.occluded, trials.fold),
            "bipolar": self.bipolar.predict(self.states.occluded, trials.fold),
            "recurrent": course.at(best[trials.fold]),
        }
        if memory is not None:
            control = trials.follow(
                memory.shuffled(draws["shuffle"]),
                int(best.max()),
                input=design.input,
                rng=draws["shuffle"],
                progress=progress,
            )
            answers["shuffled"] = control.at(best[trials.fold])
        result = _labelled(self.seen, trials, course, answers, best)
        percents = tuple(sorted(set(design.visibility)))
        example = self.source.example(int(self.seen.object[0]), percents, draws["example"])
        if example is not None:
            about = {"long_name": "the first object, whole and as it was shown", "units": "1"}
            result["example"] = (("example", "row", "column"), example, about)
        result.attrs |= {
            "title": f"{self.source.name} completed by {design.network}",
            "task": "occlusion",
            "pictures": self.source.name,
            "features": self.source.seen_by,
            "network": design.network,
            "protocol": design.protocol,
            "references": " ".join(
                {
                    "tang2018": None,
                    **dict.fromkeys(() if memory is None else type(memory.kind).references),
                    **dict.fromkeys(self.source.references),
                }
            ),
            "seed": self.seed,
            "images": len(self.source.category),
            "parameters": json.dumps(
                {
                    "source": self.source.told(),
                    "design": describe(design),
                    "seed": self.seed,
                }
            ),
            "wall_s": self.prepared_s + time.perf_counter() - begun,
            **environment(),
        }
        return result

    def _trials(self, design: Completion) -> Trials:
        seen, states = self.seen, self.states
        masks = seen.mask if design.graded else states.mask
        if design.mask_at is not None:
            if masks is None:
                raise InputError("Completion: mask_at needs features of masks, and there are none")
            drawn = _draws(self.seed)["masks"].integers(len(masks), size=len(seen.object))
            masks = masks[drawn]
        return Trials(
            states=seen.occluded if design.graded else states.occluded,
            whole=seen.whole if design.graded else states.whole,
            category=seen.category,
            object=seen.object,
            fold=self.fold[seen.object],
            readout=self.raw if design.graded else self.bipolar,
            masks=masks if design.mask_at is not None else None,
        )

    def _memory(
        self, design: Completion, rng: np.random.Generator, *, progress: bool
    ) -> Network | None:
        """The network with the stored objects; the learned one also sees them in part."""
        if design.network == "none":
            return None
        kind = NETWORKS[design.network]()
        if not design.graded:
            stored: Network = kind.store(self.states.whole[self.stored])
            return stored
        pairs = self.source.show(
            self.stored, design.visibility, design.repeats, rng, masked=False, progress=progress
        )
        learned: Network = kind.fit(
            pairs.occluded, pairs.whole[pairs.object], rng=rng, progress=progress
        )
        return learned


def _draws(seed: int) -> dict[str, np.random.Generator]:
    """A stream of random numbers for each purpose, so that one does not move the others."""
    names = ("objects", "trials", "folds", "network", "shuffle", "masks", "example")
    return dict(zip(names, np.random.default_rng(seed).spawn(len(names)), strict=True))


def _labelled(
    seen: FeatureSet,
    trials: Trials,
    course: Course,
    answers: dict[str, NDArray[np.integer]],
    best: NDArray[np.int64],
) -> xr.Dataset:
    """All that was measured, with names and units."""
    import xarray as xr

    def of_trial(values: NDArray, long_name: str, units: str = "1") -> Any:
        return ("trial",), values, {"long_name": long_name, "units": units}

    read_out = {
        "raw": "category read out of the features",
        "bipolar": "category read out of the state at the start",
        "recurrent": "category read out at the best step of the other folds",
        "shuffled": "the same, of the network with shuffled weights",
    }
    distance = {"long_name": "root mean square difference a unit", "units": "1"}
    return xr.Dataset(
        {
            "category": of_trial(seen.category[seen.object].astype(np.int16), "category shown"),
            "visible": of_trial(
                seen.visible.astype(np.float32), "what showed of the object", "percent"
            ),
            **{
                name: of_trial(values.astype(np.int16), read_out[name])
                for name, values in answers.items()
            },
            "predicted": (
                ("trial", "step"),
                course.predicted.astype(np.int16),
                {"long_name": "category read out", "units": "1"},
            ),
            "steps_to_converge": of_trial(
                course.steps_to_converge, "step from which nothing changed; -1: none"
            ),
            "distance_own": (("trial", "distance_step"), course.distance_own, distance),
            "distance_other": (("trial", "distance_step"), course.distance_other, distance),
            "best_step": (
                ("readout_fold",),
                best,
                {"long_name": "best step in the other folds", "units": "1"},
            ),
        },
        coords={
            "object": ("trial", seen.object),
            "visibility": ("trial", seen.visibility, {"units": "percent"}),
            "fold": ("trial", trials.fold),
            "step": ("step", np.arange(course.predicted.shape[1])),
            "distance_step": ("distance_step", course.distance_steps),
        },
        attrs={
            "Conventions": "CF-1.11",
            "source": "neurosim",
            "kind": "completion",
            "categories": list(seen.categories),
        },
    )
