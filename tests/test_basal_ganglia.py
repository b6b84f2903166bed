"""STN and GPe in spikes: against a slow reference, and beta without dopamine."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from analyses.basal_ganglia import beta, lfp_spectrum, lines, spikes_of, summary
from analyses.figures import basal_ganglia as study
from analyses.figures import running
from analyses.figures.basal_ganglia_figure import HIGHEST, SHOWN, save_figure
from analyses.spectra import BETA, band_power, power_spectrum
from commands import refused
from neurosim import Direct, Reservoir, Rmhl, Schedule, Simulation, save
from neurosim.errors import InputError
from neurosim.io import load
from neurosim.perturbations import RecordedOutput, Silence, When
from neurosim.perturbations.parse import parse
from neurosim.spiking import basal_ganglia_network as network
from neurosim.spiking import code_target
from neurosim.spiking.basal_ganglia import BasalGanglia, Projection, simulate_basal_ganglia
from neurosim.spiking.basal_ganglia_network import NEURON, STEP, Drive, connect, kicks, pulses
from tasks.motor import motor_task

QUARTER = BasalGanglia(
    n_stn=250,
    n_gpe=500,
    stn_gpe=Projection(4 * 0.023, 1.2, 6.0),
    gpe_stn=Projection(4 * 0.035, 0.8, 6.0),
    gpe_gpe=Projection(4 * 0.02, 0.725, 3.0),
)
"""A quarter of the neurons, each with as many inputs."""

TINY = replace(QUARTER, n_stn=30, n_gpe=60)
STATES = {
    "healthy": QUARTER,
    "depleted": replace(QUARTER, dopamine=0.0),
    "stimulated": replace(QUARTER, dopamine=0.0, stimulation=130.0),
}


@pytest.fixture(scope="module")
def runs():
    """A second of each state: five seeds, three of them stimulated."""
    seeds = {"healthy": 5, "depleted": 5, "stimulated": 3}
    return {
        name: [
            simulate_basal_ganglia(model, duration=1000, warm_up=200, seed=k)
            for k in range(seeds[name])
        ]
        for name, model in STATES.items()
    }


def powers(results):
    spectra = [power_spectrum(r["signals"].sel(channel="STN LFP"), resolution=2.0) for r in results]
    return np.array([float(band_power(P, *BETA)) for P in spectra])


def rates(results, channel):
    return np.array([float(r["signals"].sel(channel=channel).mean()) for r in results])


# --------------------------------------------------------------------------- the equations


def reference(model, length, seed):
    """Spikes (step, unit) of the network, one step after the other, from the equations."""
    wiring, inputs, start = np.random.default_rng(seed).spawn(3)
    synapses = connect(model, wiring)
    n = model.n_stn + model.n_gpe
    x = {name: np.zeros(n) for name in ("v", "g_ex", "h_ex", "g_in", "h_in")}
    x["v"][:] = start.uniform(-70, -54, n) * 1e-3
    drive = Drive(model, synapses, x, length, inputs)
    outgoing = [np.flatnonzero(synapses.source == i) for i in range(n)]
    due = {}
    last = np.full(n, -10_000)
    C, g_L, E_L, E_ex, E_in = 200e-12, 10e-9, -70e-3, 0.0, -80e-3
    tau_ex, tau_in, dt = 5e-3, 10e-3, STEP * 1e-3

    def slope(x, free):
        current = g_L * (E_L - x["v"]) + x["g_ex"] * (E_ex - x["v"]) + x["g_in"] * (E_in - x["v"])
        return {
            "v": free * current / C,
            "g_ex": x["h_ex"] - x["g_ex"] / tau_ex,
            "h_ex": -x["h_ex"] / tau_ex,
            "g_in": x["h_in"] - x["g_in"] / tau_in,
            "h_in": -x["h_in"] / tau_in,
        }

    found = []
    for step in range(round(length / STEP)):
        drive()
        free = step - last >= round(5.0 / STEP)
        half = {k: x[k] + dt / 2 * d for k, d in slope(x, free).items()}
        for k, d in slope(half, free).items():
            x[k] += dt * d
        fired = np.flatnonzero(free & (x["v"] > -54e-3))
        for i in fired:
            found.append((step, i))
            for s in outgoing[i]:
                due.setdefault(step + round(synapses.delay[s] / STEP), []).append(s)
        for s in due.pop(step, []):
            J, j = synapses.weight[s] * 1e-9 * np.e, synapses.target[s]
            if synapses.source[s] < model.n_stn:
                x["h_ex"][j] += J / tau_ex
            else:
                x["h_in"][j] += J / tau_in
        x["v"][fired] = -70e-3
        last[fired] = step
    return found, drive.lfp


@pytest.mark.parametrize("model", [TINY, replace(TINY, dopamine=0.0, stimulation=130.0)])
def test_the_spikes_are_those_of_a_slow_reference(model):
    expected, lfp = reference(model, 150, seed=4)
    result = simulate_basal_ganglia(model, duration=150, warm_up=0, seed=4, target="numpy")
    steps = np.round(result["spike_time"].to_numpy() / STEP).astype(int)
    found = sorted(zip(steps.tolist(), result["spike_unit"].to_numpy().tolist(), strict=True))
    assert len(found) > 200
    assert found == sorted((int(step), int(unit)) for step, unit in expected)
    np.testing.assert_allclose(result["signals"].sel(channel="STN LFP"), lfp, rtol=1e-9)


def test_a_spike_opens_a_conductance_that_peaks_at_its_weight():
    t = np.linspace(0, 50, 5001)
    for rise, tau in ((network.RISE_EX, NEURON["tau_ex"]), (network.RISE_IN, NEURON["tau_in"])):
        g = rise * t * np.exp(-t / tau)  # the solution of the two equations from h = rise
        assert g.max() == pytest.approx(1, abs=1e-6)
        assert t[g.argmax()] == pytest.approx(tau)


def test_connections_are_those_of_the_paper():
    drawn = connect(BasalGanglia(), np.random.default_rng(0))
    stn = drawn.source < 1000
    of_stn = drawn.target < 1000
    for chosen, each, weight, delay, targets in (
        (stn, 46, 1.2, 6.0, (1000, 3000)),
        (~stn & of_stn, 35, 0.8, 6.0, (0, 1000)),
        (~stn & ~of_stn, 40, 0.725, 3.0, (1000, 3000)),
    ):
        assert set(np.unique(drawn.source[chosen], return_counts=True)[1]) == {each}
        assert set(drawn.weight[chosen]) == {weight} and set(drawn.delay[chosen]) == {delay}
        reached = np.unique(drawn.target[chosen])
        assert targets[0] <= reached[0] and reached[-1] < targets[1]
    assert not (stn & of_stn).any()


def test_pulses_come_at_their_frequency():
    assert not pulses(0.0, 100).any()
    steps = np.flatnonzero(pulses(130.0, 100_000))
    assert len(steps) == 1300
    assert set(np.diff(steps)) == {76, 77}
    assert np.diff(np.flatnonzero(pulses(20.0, 10_000))).tolist() == [500] * 19


def test_a_pulse_acts_through_a_share_of_the_axons():
    model = replace(QUARTER, recruited=0.2)
    synapses = connect(model, np.random.default_rng(1))
    to_gpe, to_stn = kicks(model, synapses, np.random.default_rng(2))
    assert not to_gpe[:250].any() and not to_stn[250:].any()
    # 0.2 of 250 neurons with 46 synapses each; 0.2 of 500 neurons with 35 in the STN
    assert to_gpe.sum() == pytest.approx(50 * 46 * 1.2 * np.e / 5.0)
    assert to_stn.sum() == pytest.approx(100 * 35 * 0.8 * np.e / 10.0)
    for kick in kicks(replace(model, recruited=0.0), synapses, np.random.default_rng(2)):
        assert not kick.any()


# ---------------------------------------------------------------------- dopamine, stimulation


def test_depletion_turns_beta_on_and_stimulation_off(runs):
    healthy, depleted, stimulated = (powers(runs[state]) for state in SHOWN)
    assert (depleted > 30 * healthy).all()
    assert (stimulated < 0.1 * depleted[:3]).all()
    for result in runs["depleted"]:
        P = power_spectrum(result["signals"].sel(channel="STN LFP"), resolution=2.0)
        assert 16 <= P["frequency"].to_numpy()[P.to_numpy().argmax()] <= 22


def test_slow_pulses_leave_beta_on(runs):
    model = replace(STATES["stimulated"], stimulation=20.0)
    slow = simulate_basal_ganglia(model, duration=1000, warm_up=200, seed=0)
    assert powers([slow])[0] > 0.3 * powers(runs["depleted"])[0]


def test_rates_go_where_recordings_go(runs):
    stn = {state: rates(some, "STN rate") for state, some in runs.items()}
    gpe = {state: rates(some, "GPe rate") for state, some in runs.items()}
    assert (stn["depleted"] > 2 * stn["healthy"]).all()
    assert (gpe["depleted"] < gpe["healthy"]).all()
    assert (stn["stimulated"] / stn["depleted"][:3] < 0.3).all()


@pytest.mark.parametrize("seed", [0, 1])
def test_stimulation_leaves_the_pallidum_as_it_was(seed):
    """Within a tenth, in the whole network; a quarter of it loses up to 12 %."""
    model = BasalGanglia(dopamine=0.0)
    before, after = (
        rates([simulate_basal_ganglia(each, duration=1000, warm_up=300, seed=seed)], "GPe rate")
        for each in (model, replace(model, stimulation=130.0))
    )
    assert abs(1 - after / before) < 0.1


def test_dopamine_is_a_line_between_two_inputs():
    assert [BasalGanglia(dopamine=D).gpe_input for D in (0, 0.5, 1)] == [700, 900, 1100]


# ------------------------------------------------------------------------- the same, and how


def test_the_same_seed_gives_the_same_spikes(runs):
    again = simulate_basal_ganglia(QUARTER, duration=1000, warm_up=200, seed=0)
    xr.testing.assert_equal(again, runs["healthy"][0])
    assert len(again["spike_time"]) != len(runs["healthy"][1]["spike_time"])


def test_compiled_code_gives_the_same_spikes():
    if code_target("auto") != "cython":
        pytest.skip("no compiler for Cython")
    model = replace(TINY, dopamine=0.0, stimulation=130.0)
    one, other = (
        simulate_basal_ganglia(model, duration=500, seed=2, target=target)
        for target in ("cython", "numpy")
    )
    assert len(one["spike_time"]) > 500
    xr.testing.assert_equal(one, other)


def test_what_is_before_the_recording_is_left_out():
    whole = simulate_basal_ganglia(TINY, duration=100, warm_up=0, target="numpy")
    late = simulate_basal_ganglia(TINY, duration=60, warm_up=40, target="numpy")
    kept = whole["spike_time"].to_numpy() >= 40
    np.testing.assert_allclose(late["spike_time"], whole["spike_time"][kept] - 40, atol=1e-9)
    np.testing.assert_array_equal(late["signals"], whole["signals"][40:])


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: BasalGanglia(dopamine=1.1), "dopamine must be a number from 0 to 1, given 1.1"),
        (lambda: BasalGanglia(dopamine=float("nan")), "dopamine must be"),
        (lambda: BasalGanglia(stimulation=-1), "stimulation must be a number from 0 to 1000"),
        (lambda: BasalGanglia(recruited=2), "recruited must be a number from 0 to 1, given 2"),
        (lambda: BasalGanglia(cortical_input=-1), "cortical_input must be a number of at least 0"),
        (lambda: BasalGanglia(pallidal_input=(1.0,)), "pallidal_input must be two numbers"),
        (lambda: BasalGanglia(pallidal_input=(1.0, -1.0)), "pallidal_input must be a number of"),
        (lambda: BasalGanglia(n_stn=0), "n_stn must be a whole number of at least 1, given 0"),
        (lambda: BasalGanglia(n_gpe=10.0), "n_gpe must be a whole number of at least 1"),
        (lambda: BasalGanglia(stn_gpe=1.2), "stn_gpe must be a Projection, given 1.2"),
        (lambda: BasalGanglia(n_stn=3, n_gpe=3), "no connections"),
        (lambda: Projection(1.5, 1.0, 1.0), "share must be a number from 0 to 1, given 1.5"),
        (lambda: Projection(0.1, -1.0, 1.0), "weight must be a number of at least 0"),
        (lambda: Projection(0.1, 1.0, 0.0), "delay must be a number above 0, given 0.0"),
        (lambda: simulate_basal_ganglia(TINY, duration=0), "duration must be a number above 0"),
        (lambda: simulate_basal_ganglia(TINY, duration=1.5), "must be whole numbers of ms, given"),
        (lambda: simulate_basal_ganglia(TINY, warm_up=-1), "warm_up must be a number of at least"),
        (lambda: simulate_basal_ganglia(TINY, seed=-1), "seed must be a whole number of at least"),
        (lambda: simulate_basal_ganglia(TINY, target="c"), "target must be one of 'auto'"),
    ],
)
def test_bad_input_gets_one_line(make, says):
    with pytest.raises(InputError) as caught:
        make()
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


# --------------------------------------------------------------------------------- analyses


def test_beta_is_told_of_a_known_spectrum():
    f = np.arange(0.0, 101.0)
    P = xr.DataArray(100 / (1 + f**1.5), {"frequency": f}, "frequency")
    silent = beta(P)
    assert abs(silent["beta_above_db"]) < 0.1
    assert silent["beta_peak_hz"] is None
    band = P.sel(frequency=slice(13, 30)).sum()
    P.loc[20] += 9 * float(band)
    told = beta(P)
    assert told["beta_peak_hz"] == 20
    assert told["beta_above_db"] == pytest.approx(10, abs=0.1)
    assert told["beta_power"] == pytest.approx(10 * float(band))


def test_a_summary_counts_what_was_recorded(runs):
    result = runs["depleted"][0]
    told = summary(result)
    for population, n in (("STN", 250), ("GPe", 500)):
        counts = spikes_of(result, population, None)
        assert told[f"{population.lower()}_rate_hz"] == pytest.approx(float(counts.sum()) / n)
    total = sum(float(spikes_of(result, name, None).sum()) for name in ("STN", "GPe"))
    assert total == len(result["spike_time"])
    assert told["beta_power"] is None and "less than 3 s" in dict(lines(result))["beta"]
    json.dumps(told, allow_nan=False)


def test_a_long_run_is_told_in_full():
    result = simulate_basal_ganglia(replace(QUARTER, dopamine=0.0), duration=3000, warm_up=200)
    told = summary(result)
    assert told["beta_peak_hz"] == pytest.approx(19, abs=2)
    assert told["beta_above_db"] > 15
    assert told["coherence"] > told["coherence_threshold"]
    assert "peak at" in dict(lines(result))["beta, 13-30 Hz"]
    assert lfp_spectrum(result).sizes == {"frequency": 501}


def test_a_silent_network_is_told_without_a_warning():
    quiet = replace(TINY, cortical_input=0.0, pallidal_input=(0.0, 0.0))
    result = simulate_basal_ganglia(quiet, duration=50, warm_up=50, target="numpy")
    assert len(result["spike_time"]) == 0
    assert summary(result)["stn_rate_hz"] == 0


def test_a_result_is_read_like_any_recording(runs, tmp_path):
    save(runs["depleted"][0], tmp_path / "depleted.nc")
    again = load(tmp_path / "depleted.nc", channels=["STN LFP"])
    assert again["signals"].sizes == {"time": 1000, "channel": 1}
    assert str(again["channel_unit"].values[0]) == "pA"
    np.testing.assert_array_equal(again["spike_time"], runs["depleted"][0]["spike_time"])


# ------------------------------------------------------------------ the signal as a disturbance


@pytest.fixture
def signal(tmp_path):
    """A file of two channels, 50 ms long."""
    values = np.random.default_rng(0).standard_normal((50, 2)) + 3
    result = xr.Dataset(
        {"signals": (("time", "channel"), values)},
        {
            "time": ("time", np.arange(50.0), {"units": "ms"}),
            "channel": ["one", "two"],
            "channel_unit": ("channel", ["pA", "pA"]),
        },
    )
    save(result, tmp_path / "signal.nc")
    return str(tmp_path / "signal.nc"), values


def added(perturbation, index=0):
    """What is added to the exploratory output in a trial of 40 ms with steps of 0.2 ms."""
    task = motor_task("butterfly", period=40.0)
    run = Simulation(
        task, Rmhl(), Reservoir(n_units=20), schedule=Schedule(2, 1), perturbations=[perturbation]
    )
    assert isinstance(task.plant, Direct)
    return run.course.trial(index).modulation.added[:, 0]


def test_the_signal_is_added_and_goes_on_from_trial_to_trial(signal):
    file, values = signal
    x = values[:, 0]
    found = np.concatenate([added(RecordedOutput(0.5, file=file), k) for k in range(3)])
    at = np.arange(600) * 0.2 % 50
    expected = np.interp(at, np.arange(51), np.append(x, x[0]))
    expected = 0.5 * 0.05 * (expected - x.mean()) / x.std()
    np.testing.assert_allclose(found, np.stack([expected, expected], axis=1), atol=1e-12)


def test_channel_and_scale_are_as_given(signal):
    file, values = signal
    y = values[:, 1]
    found = added(RecordedOutput(file=file, channel="two", scale=4.0, amplitude=0.1))[::5, 1]
    np.testing.assert_allclose(found, 0.1 * (y[:40] - y.mean()) / 4.0, atol=1e-12)


def test_silence_takes_the_signal_away(signal):
    file, _ = signal
    task = motor_task("butterfly", period=40.0)
    run = Simulation(
        task,
        Rmhl(),
        Reservoir(n_units=20),
        schedule=Schedule(2, 1),
        perturbations=[Silence(), RecordedOutput(file=file)],
    )
    assert not run.course.trial(0).modulation.added.any()


def test_beta_of_the_network_moves_the_hand(runs, tmp_path):
    """One scale for both: the healthy network's signal disturbs less."""
    spread = float(runs["depleted"][0]["signals"].sel(channel="STN LFP").std())
    task = motor_task("butterfly", period=1000.0)
    moved = {}
    for state in ("healthy", "depleted"):
        save(runs[state][0], tmp_path / f"{state}.nc")
        one = RecordedOutput(file=str(tmp_path / f"{state}.nc"), scale=spread, when=When("test"))
        result = Simulation(
            task, Rmhl(), Reservoir(n_units=20), schedule=Schedule(0, 1), perturbations=[one]
        ).run()
        P = power_spectrum(result["hand"].isel(axis=0, drop=True), resolution=2.0)
        moved[state] = float(band_power(P, *BETA))
    assert moved["depleted"] > 30 * moved["healthy"]


def test_a_signal_is_written_on_the_command_line_and_read_again():
    for text in ("recorded:0.5:a.nc@test", "recorded:1:a.nc:channel=STN LFP:scale=200@trial=5.."):
        assert str(parse(text)) == text
    assert parse("recorded:0.5:a.nc").file == "a.nc"


def test_bad_signals_get_one_line(signal, tmp_path):
    file, _ = signal
    still = tmp_path / "still.csv"
    still.write_text("time_ms,x\n" + "".join(f"{t},1\n" for t in range(20)))
    broken = tmp_path / "broken.nc"
    broken.write_text("no NetCDF")
    for perturbation, says in (
        (RecordedOutput(), "expected the file of a signal, given none"),
        (RecordedOutput(file="none.nc"), "there is no such file"),
        (RecordedOutput(file=str(broken)), "is not what its ending says"),
        (RecordedOutput(file=file, channel="three"), "unknown channel 'three'"),
        (RecordedOutput(file=str(still)), "the signal does not vary"),
        (RecordedOutput(file=file, pathway="mastery"), "has no pathway 'mastery'"),
    ):
        with pytest.raises(InputError) as caught:
            added(perturbation)
        assert says in str(caught.value)
        assert "\n" not in str(caught.value)
    for field in ("amplitude", "scale"):
        with pytest.raises(InputError, match=f"{field} must be a number of at least 0"):
            RecordedOutput(file=file, **{field: -1.0})


# ------------------------------------------------------------------ figures, study, command


def test_the_figure_of_a_run_is_drawn(runs, tmp_path):
    for name in ("run.png", "run.svg"):
        save_figure(runs["stimulated"][0], tmp_path / name)
        assert (tmp_path / name).stat().st_size > 10_000
    assert "stimulated at 130 Hz" in (tmp_path / "run.svg").read_text()


def record(model, seed):
    """What a run would tell, made up: beta by dopamine, none under fast stimulation."""
    on = (1 - model.dopamine) * (model.stimulation < 100)
    f = np.arange(HIGHEST + 1.0)
    P = 10 / (100 + f**2) * (1 + 0.1 * np.random.default_rng(seed).random(len(f)))
    P[19:21] += 50 * on
    return {
        "dopamine": model.dopamine,
        "stimulation_hz": model.stimulation,
        "stn_rate_hz": 6 + 10 * on,
        "gpe_rate_hz": 40.0 + seed,
        "coherence": 0.1 + 0.8 * on,
        **beta(xr.DataArray(P, {"frequency": f}, "frequency")),
        "spectrum": P.tolist(),
        "lfp": (np.sin(np.arange(1000) / 8) * (1 + 100 * on)).tolist(),
    }


def test_the_study_sets_ours_beside_the_recording(real_data, tmp_path, monkeypatch):
    folder = real_data / "parkinson_lfp_gripforce"
    if not folder.is_dir():
        pytest.skip("no recording parkinson_lfp_gripforce in shared/data")

    def made_up(worker, jobs, store, **_):
        return [record(job.model, job.seed) for job in jobs]

    monkeypatch.setattr(running, "run_all", made_up)
    table = {line["measure"]: line for line in study.reproduce(data=folder, seeds=2, out=tmp_path)}
    power = table["beta power, depleted / healthy"]
    assert power["least"] <= power["ours"] <= power["largest"]
    assert power["ours"] > 30
    assert table["STN rate, depleted / healthy"]["ours"] == pytest.approx(16 / 6)
    assert table["GPe rate, depleted (spikes/s)"]["ours"] == pytest.approx(40.5)
    peak = table["beta peak, depleted (Hz)"]
    assert 18 <= peak["recording_least"] <= peak["recording_largest"] <= 19
    above = table["beta above aperiodic, depleted (dB)"]
    assert 4 < above["recording_least"] <= above["recording_largest"] < 9
    for name in ("table.csv", "states.csv", "figure.png", "figure.pdf"):
        assert (tmp_path / name).stat().st_size > 500


def test_a_folder_without_a_recording_is_refused(tmp_path):
    with pytest.raises(InputError, match="expected a folder with a BrainVision recording"):
        study.reproduce(data=tmp_path, out=tmp_path)
    with pytest.raises(InputError, match="seeds must be a whole number of at least 1"):
        study.reproduce(data=tmp_path, seeds=0, out=tmp_path)


SHORT = ("run", "basal-ganglia", "--set", "n_stn=30", "--set", "n_gpe=60", "--target", "numpy")


def test_the_command_writes_and_tells(neurosim, tmp_path):
    words = (*SHORT, "--dopamine", 0, "--stimulate", 130, "--duration", 50, "--seed", 3)
    status, out, _ = neurosim(*words, "--json", "--out", "run.nc", "--figure", "run.png")
    told = json.loads(out)
    assert status == 0
    assert (told["dopamine"], told["stimulation_hz"], told["seed"]) == (0, 130, 3)
    assert told["written"] == ["run.nc", "run.png"]
    status, out, _ = neurosim("show", "run.nc", "--json")
    assert json.loads(out)["stn_rate_hz"] == told["stn_rate_hz"]
    status, out, _ = neurosim(*words, "--out", "again.nc")
    assert status == 0 and "wrote again.nc" in out and "firing rates" in out


def test_the_command_refuses_in_one_line(neurosim, tmp_path):
    assert "dopamine must be" in refused(neurosim(*SHORT, "--dopamine", 2))
    assert "unknown parameter 'metre'" in refused(neurosim(*SHORT, "--set", "metre=2"))
    assert "of connections" in refused(neurosim(*SHORT, "--set", "share=0.2"))
    assert "expected a name ending in .nc" in refused(neurosim(*SHORT, "--out", "run.txt"))
    assert "duration must be" in refused(neurosim(*SHORT, "--duration", -1, "--json"))
