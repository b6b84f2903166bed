"""A search finds the parameters that made the data, says so when it cannot, and goes on."""

from __future__ import annotations

import multiprocessing
import sys
from functools import cache

import numpy as np
import pytest

from analyses import fit as F
from analyses.fit.profile import profile_of
from analyses.fit.searching import _of_networks
from analyses.population import measures as M
from analyses.population.form import labelled
from neurosim.errors import InputError

optuna = pytest.importorskip("optuna", reason="needs the extra fit")

TRUE = {"gain": 1.2, "tau": 40.0}
SPACE = {"gain": F.Range(0.5, 2.0), "tau": F.Range(10.0, 160.0, log=True)}


def network(chosen, seed, *, units=40, conditions=12, names=None):
    """Rate network that starts from a state of each condition, by Euler's method at 2 ms."""
    rng = np.random.default_rng(seed)
    J = chosen["gain"] * rng.standard_normal((units, units)) / np.sqrt(units)
    low = rng.standard_normal((4, units))
    x = np.random.default_rng(5).standard_normal((conditions, 4)) @ low
    rates = []
    for step in range(150):
        if step % 5 == 0:
            rates.append(np.tanh(x))
        x = x + 2.0 / chosen["tau"] * (-x + np.tanh(x) @ J.T)
    return labelled(np.moveaxis(rates, 0, 1), 10.0 * np.arange(30), condition=names, units="1")


@cache
def target(*measures, window=None):
    """Of a network that the search does not draw."""
    measures = measures or ("jpca", "dimensionality", "tangling")
    return F.Target(network(TRUE, 1000), measures, window=window, rng=np.random.default_rng(0))


def test_known_parameters_lie_within_the_stated_intervals():
    found = F.search(target(), network, SPACE, trials=40, seed=0)
    for name, profile in found.profiles.items():
        assert profile.low <= TRUE[name] <= profile.high
        # and that says something
        scale = np.log if SPACE[name].log else np.asarray
        width = scale(profile.high) - scale(profile.low)
        assert width <= 0.6 * (scale(SPACE[name].high) - scale(SPACE[name].low))
    assert found.best["tau"] == pytest.approx(TRUE["tau"], rel=0.3)
    # held-out conditions match as well; those of a network that is wrong do not
    wrong = target().z(target().measured(network({"gain": 1.2, "tau": 15.0}, 0), rng()))
    assert found.misfit < 20 and found.held_out < 20
    assert np.square(wrong).sum(axis=1).min() > 100
    assert set(found.importance) == set(SPACE)
    assert sum(found.importance.values()) == pytest.approx(1)


def test_other_true_parameters_are_other_intervals():
    made = network({"gain": 1.2, "tau": 120.0}, 1000)
    recording = F.Target(made, ("jpca", "tangling"), rng=rng())
    found = F.search(recording, network, SPACE, trials=30, seed=0)
    assert found.profiles["tau"].low > TRUE["tau"]
    assert found.profiles["tau"].low <= 120 <= found.profiles["tau"].high


def rng():
    return np.random.default_rng(0)


def test_a_parameter_that_does_nothing_is_not_identified():
    space = {"tau": SPACE["tau"], "nothing": F.Range(0.0, 1.0)}

    def model(chosen, seed):
        return network({"gain": 1.2, "tau": chosen["tau"]}, seed)

    found = F.search(target("tangling"), model, space, trials=40, networks=1, seed=1)
    nothing = found.profiles["nothing"]
    assert nothing.high - nothing.low >= 0.7
    assert found.importance["tau"] > 0.8


def test_misfit_by_its_definition():
    recording = target()
    model = network({"gain": 1.0, "tau": 30.0}, 0)
    measured = recording.measured(model, rng())
    for part, first in enumerate((0, 1)):
        half = recording.rates.isel(condition=slice(first, None, 2))
        own = M.own_measures(half, n_components=6)
        np.testing.assert_allclose(recording.recorded[part], own[[1, 2, 3, 0, 4]])
        half = model.isel(condition=slice(first, None, 2))
        own = M.own_measures(half, n_components=6)
        np.testing.assert_allclose(measured[part], own[[1, 2, 3, 0, 4]])
    z = (measured - recording.recorded) / recording.deviation
    np.testing.assert_allclose(recording.z(measured), z)
    np.testing.assert_allclose(recording.z(measured, 3 * recording.deviation**2), z / 2)


def test_more_units_are_drawn_from():
    recording = target()
    measured = recording.measured(network(TRUE, 0, units=200), rng())
    drawn = [
        M.own_measures(
            network(TRUE, 0, units=200).isel(
                condition=slice(0, None, 2), unit=np.random.default_rng(k).permutation(200)[:40]
            )
        )[[1, 2, 3, 0, 4]]
        for k in range(10)
    ]
    assert (np.min(drawn, axis=0) <= measured[0]).all()
    assert (measured[0] <= np.max(drawn, axis=0)).all()


def test_only_the_times_of_the_recording_count():
    recording, model = target("jpca", "cka"), network(TRUE, 3)
    longer = model.pad(time=(0, 2), mode="edge").assign_coords(
        time=("time", 10.0 * np.arange(32), {"units": "ms"})
    )
    np.testing.assert_allclose(recording.measured(longer, rng()), recording.measured(model, rng()))


def test_networks_add_their_variance():
    """Of the best quarter: the same numbers for each network, from a wide normal distribution."""
    drawn = np.random.default_rng(0).normal(0, 3, (400, 4, 2, 5))
    found = _of_networks(drawn, np.arange(400.0))
    np.testing.assert_allclose(found, 9 * (1 + 1 / 4), rtol=0.35)
    assert not _of_networks(drawn[:, :1], np.arange(400.0)).any()


def test_likeness_beyond_the_ceiling_is_no_misfit():
    recording = target("cka", "procrustes")
    names = [f"target {k}" for k in range(12)]
    itself = recording.rates.assign_coords(condition=names)
    beyond = F.Target(itself, ("cka", "procrustes"), rng=rng())
    z = beyond.z(beyond.measured(itself, rng()))
    assert (z <= 0).all()
    other = network({"gain": 0.5, "tau": 150.0}, 1, names=names[::-1])
    assert (beyond.z(beyond.measured(other, rng())) < z).all()


def test_conditions_go_by_name_where_they_have_names():
    names = np.array([f"target {k}" for k in range(12)])
    recording = F.Target(
        network(TRUE, 0, units=40, names=names), ("jpca",), rng=np.random.default_rng(0)
    )
    order = np.random.default_rng(0).permutation(12)
    model = network(TRUE, 3, units=40, names=names)
    one, other = (recording.measured(each, rng()) for each in (model, model.isel(condition=order)))
    np.testing.assert_allclose(one, other)


@pytest.mark.parametrize("sampler", F.SAMPLERS)
def test_the_same_seed_finds_the_same(sampler):
    pytest.importorskip("cmaes")
    one, other, third = (
        F.search(target("jpca"), network, SPACE, trials=12, sampler=sampler, networks=1, seed=seed)
        for seed in (0, 0, 1)
    )
    assert one.best == other.best != third.best
    assert one.misfit == other.misfit


def test_a_search_that_was_stopped_goes_on(tmp_path):
    calls = []

    def counted(chosen, seed):
        calls.append(chosen)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return network(chosen, seed)

    options = {"storage": tmp_path / "fit.db", "networks": 1}
    with pytest.raises(KeyboardInterrupt):
        F.search(target("jpca"), counted, SPACE, trials=8, **options)
    found = F.search(target("jpca"), counted, SPACE, trials=8, **options)
    assert found.trials == 8 and len(calls) == 9  # the one that was stopped is done once more
    # no parameters were drawn twice
    assert len({each["tau"] for each in calls}) == 9
    again = F.search(target("jpca"), counted, SPACE, trials=8, **options)
    assert len(calls) == 9 and again.best == found.best
    # another search in the same file is another one
    F.search(target("tangling"), counted, SPACE, trials=2, **options)
    assert len(calls) == 11


def share(path):
    F.search(target("jpca"), network, SPACE, trials=12, networks=1, storage=path)


def test_processes_share_a_search(tmp_path):
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    path = tmp_path / "fit.db"
    share_first = F.search(target("jpca"), network, SPACE, trials=1, networks=1, storage=path)
    assert share_first.trials == 1
    both = [context.Process(target=share, args=(path,)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
        assert process.exitcode == 0
    found = F.search(target("jpca"), network, SPACE, trials=1, networks=1, storage=path)
    # both may be in the last one when the other ends
    assert 12 <= found.trials <= 13


def reaching(chosen, seed, errors=(4.0, 8.0), **options):
    """The network, whose hand misses its path by so much in every other condition."""
    rates = network(chosen, seed, **options)
    told = np.tile(errors, rates.sizes["condition"] // 2)
    return rates.assign_coords(path_error=("condition", told))


def test_the_path_error_is_one_of_the_measures():
    recording = target("jpca", "path")
    alone, both = target("jpca"), reaching(TRUE, 3)
    z = recording.z(recording.measured(both, rng()))
    np.testing.assert_allclose(z[:, :-1], alone.z(alone.measured(both, rng())))
    # conditions are told apart: the even ones are searched, the odd ones held out
    np.testing.assert_allclose(z[:, -1], np.array([4.0, 8.0]) / 5)
    # networks of which some reach and some do not are not forgiven for it
    np.testing.assert_allclose(
        recording.z(recording.measured(both, rng()), 100.0)[:, -1], np.array([4.0, 8.0]) / 5
    )


def test_path_errors_go_with_their_conditions():
    names = np.array([f"target {k}" for k in range(12)])
    recording = F.Target(network(TRUE, 0, names=names), ("path",), rng=rng())
    model = reaching(TRUE, 3, names=names).isel(condition=np.r_[6:12, 0:6][::-1])
    np.testing.assert_allclose(recording.measured(model, rng()), [[4.0], [8.0]])


def test_a_network_that_does_not_reach_is_not_found():
    """All gains move alike, and those below 1.5 miss their targets."""

    def model(chosen, seed):
        miss = 60.0 if chosen["gain"] < 1.5 else 2.0
        return reaching({"gain": 1.2, "tau": chosen["tau"]}, seed, errors=(miss, miss))

    found = F.search(target("tangling", "path"), model, SPACE, trials=25, networks=1, seed=0)
    assert found.best["gain"] >= 1.5
    assert found.profiles["gain"].low >= 1.4


def test_networks_drawn_anew():
    recording = target("jpca", "tangling", "path")
    found = F.fresh_networks(recording, reaching, TRUE, range(20, 26))
    lines = {line["measure"]: line for line in found.measures}
    assert list(lines) == [*(each.name for each in M.OF_ONE), "path error"]
    assert [name for name, line in lines.items() if not line["matched"]] == ["participation ratio"]
    own = M.own_measures(network(TRUE, 1000))
    for k, measure in enumerate(M.OF_ONE):
        line = lines[measure.name]
        assert line["recording"] == pytest.approx(own[k])
        assert line["low"] <= line["recording"] <= line["high"]
        theirs = [M.own_measures(network(TRUE, seed))[k] for seed in range(20, 26)]
        np.testing.assert_allclose(line["networks"], theirs)
        assert line["inside"] == sum(line["low"] <= each <= line["high"] for each in theirs)
    assert lines["path error"]["networks"] == pytest.approx([40**0.5] * 6)
    assert lines["path error"]["inside"] == 6
    inside = [
        all(line["low"] <= line["networks"][k] <= line["high"] for line in lines.values()
            if line["matched"])
        for k in range(6)
    ]  # fmt: skip
    assert found.inside == sum(inside) >= 1
    far = F.fresh_networks(recording, reaching, {"gain": 1.2, "tau": 10.0}, range(20, 23))
    assert far.inside == 0


def test_networks_drawn_anew_that_cannot_be_measured():
    def model(chosen, seed):
        if seed != 21:
            raise InputError("the network diverged")
        return network(chosen, seed)

    found = F.fresh_networks(target("jpca"), model, TRUE, range(20, 23))
    assert found.refused == ["the network diverged"] * 2
    assert len(found.measures[0]["networks"]) == 1
    with pytest.raises(InputError, match=r"none of 2 networks .* the network diverged"):
        F.fresh_networks(target("jpca"), model, TRUE, (1, 2))


def test_networks_that_cannot_be_measured_are_counted_and_left_out():
    def model(chosen, seed):
        rates = network(chosen, seed)
        return rates * 0 if chosen["gain"] > 1.25 else rates

    import xarray as xr

    with xr.set_options(keep_attrs=True):
        found = F.search(target("jpca"), model, SPACE, trials=15, networks=1)
    assert 0 < found.failed < 15 and found.trials == 15
    assert found.best["gain"] <= 1.25
    with pytest.raises(InputError, match=r"none of 3 sets .* the last: .*do not vary"):
        F.search(target("jpca"), lambda c, s: model({"gain": 2.0, "tau": 10.0}, s), SPACE, trials=3)


def test_profile_by_hand():
    tried = np.array([0.05, 0.15, 0.16, 0.35, 0.95, 1.0])
    found = profile_of(tried, np.array([9.0, 2.0, 1.0, 4.0, 8.0, 7.0]), F.Range(0.0, 1.0))
    assert found.misfit.tolist() == [9, 1, np.inf, 4, np.inf, np.inf, np.inf, np.inf, np.inf, 7]
    assert (found.low, found.high) == (pytest.approx(0.1), pytest.approx(0.4))
    from analyses.figures.style import pyplot

    _, ax = pyplot().subplots()
    F.plot_profile(ax, "gain", found)
    assert ax.get_xlabel() == "gain"
    pyplot().close("all")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: target("jpac"), "unknown measure 'jpac': did you mean 'jpca'"),
        (lambda: F.Target(network(TRUE, 0), (), rng=rng()), "at least one measure"),
        (lambda: F.Target(network(TRUE, 0, conditions=7), ("jpca",), rng=rng()),
         "at least 8 conditions, given 7"),
        (lambda: F.Target(network(TRUE, 0, units=8), ("jpca",), rng=rng()), "at least 12 units"),
        (lambda: target("jpca", window=(0, 900)), "window must lie within the times"),
        (lambda: target().measured(network(TRUE, 0, conditions=9), rng()), "12 conditions, give"),
        (lambda: target().measured(network(TRUE, 0).isel(time=slice(None, None, 2)), rng()),
         "at least as often as the recording, every 10 ms, given every 20 ms"),
        (lambda: target().measured(network(TRUE, 0).isel(time=slice(3, None)), rng()),
         "the recording's times, 0 to 290 ms, given 30 to 290 ms"),
        (lambda: target("path").measured(network(TRUE, 0), rng()), "a model that reaches"),
        (lambda: F.search(target(), network, {}), "at least one parameter"),
        (lambda: F.search(target(), network, {"tau": F.Range(5, 5)}), "tau must range from lower"),
        (lambda: F.search(target(), network, {"tau": F.Range(0, 5, True)}), "must be above 0"),
        (lambda: F.search(target(), network, SPACE, sampler="cma"), "did you mean 'cmaes'"),
        (lambda: F.search(target(), network, SPACE, trials=0), "trials must be a whole number"),
        (lambda: F.search(target(), network, SPACE, storage="none/fit.db"), "no folder none"),
    ],
)  # fmt: skip
def test_mistakes(call, message):
    with pytest.raises(InputError, match=message) as raised:
        call()
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_store(tmp_path):
    (tmp_path / "fit.db").write_text("not a database, just some text of sufficient length" * 30)
    with pytest.raises(InputError, match="cannot be used as a store of fits") as raised:
        F.search(target(), network, SPACE, storage=tmp_path / "fit.db")
    assert "\n" not in str(raised.value)


def test_without_optuna_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InputError, match=r"optuna, which is not installed: .*neurosim\[fit\]"):
        F.search(target(), network, SPACE)
