"""``neurosim compare``, as a person uses it."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import xarray as xr

from commands import refused


def saved(path, seed, *, units=20, conditions=7, repeats=2, go=50.0, phase=None):
    """A simulated file: trials, conditions with names, rates that turn, and an event."""
    rng = np.random.default_rng(seed)
    time = 10.0 * np.arange(40)
    starts = np.random.default_rng(7).standard_normal((conditions, 6))
    angle = 4 * np.pi * (time - go)[:, np.newaxis] / 1000 * [1, 0.7, 0.4]
    z = (starts[:, :3] + 1j * starts[:, 3:])[:, np.newaxis] * np.exp(1j * angle)
    states = np.concatenate([z.real, z.imag], axis=2)
    rates = np.repeat(states @ rng.standard_normal((6, units)), repeats, axis=0)
    rates = rates + 0.1 * rng.standard_normal(rates.shape)
    n = conditions * repeats
    dataset = xr.Dataset(
        {"rates": (("trial", "time", "unit"), rates.astype(np.float32), {"units": "1"})},
        coords={
            "time": ("time", time, {"units": "ms"}),
            "condition": ("trial", np.repeat([f"target {k}" for k in range(conditions)], repeats)),
            "go": ("trial", np.full(n, go), {"units": "ms"}),
        },
    )
    if phase:
        dataset = dataset.assign_coords(phase=("trial", phase * (n // len(phase))))
    dataset.to_netcdf(path, engine="h5netcdf")
    return path


@pytest.fixture
def files(tmp_path):
    return saved(tmp_path / "model.nc", 0, units=30), saved(tmp_path / "data.nc", 1, go=80.0)


def test_table_for_a_person(neurosim, files):
    status, out, err = neurosim("compare", *files, "--draws", 4, "--window", "100:300")
    assert (status, err) == (0, "")
    assert "7 conditions, paired by names; 100 to 300 ms, every 10 ms" in out
    assert all(name in out for name in ("participation ratio", "tangling", "Procrustes", "RSA"))
    assert "untrained" not in out


def test_json_table_and_figure_say_the_same(neurosim, files, tmp_path):
    status, out, _ = neurosim(
        "compare", *files, "--draws", 4, "--json", "--figure", "side.pdf", "--table", "side.csv",
        "--untrained", saved(tmp_path / "untrained.nc", 5), "--model-event", "go",
        "--data-event", "go",
    )  # fmt: skip
    assert status == 0
    found = json.loads(out)
    assert found["written"] == ["side.csv", "side.pdf"]
    # times count from the event: 50 ms and 80 ms after the start of 390 ms, less half a step
    assert found["window"] == [-40, 300]
    assert len(found["rows"]) == 10
    names = ("recording", "model", "untrained", "ceiling", "maximum_entropy", "shuffled")
    for line in found["rows"]:
        for name in names:
            if line[name] is not None:
                assert line[f"{name}_low"] <= line[f"{name}_high"]
    with open(tmp_path / "side.csv", newline="") as file:
        table = list(csv.DictReader(file))
    for line, other in zip(found["rows"], table, strict=True):
        assert line["measure"] == other["measure"]
        assert float(other["model"]) == pytest.approx(line["model"], rel=1e-5)
    assert (tmp_path / "side.pdf").read_bytes()[:4] == b"%PDF"


def test_a_seed_is_enough_to_have_it_again(neurosim, files):
    first, again, other = (
        neurosim("compare", *files, "--draws", 3, "--json", "--seed", seed)[1] for seed in (1, 1, 2)
    )
    assert first == again != other


def test_only_trials_of_the_test_count(neurosim, tmp_path):
    model = saved(tmp_path / "model.nc", 0, repeats=4, phase=["train", "train", "test", "test"])
    data = saved(tmp_path / "data.nc", 1)
    with xr.open_dataset(model) as opened:
        noisy = opened.load()
    noisy["rates"] = noisy["rates"].where(noisy.phase == "test", 100.0)
    noisy.to_netcdf(tmp_path / "noisy.nc", engine="h5netcdf")
    same = [
        json.loads(neurosim("compare", path, data, "--draws", 3, "--json")[1])["rows"]
        for path in (model, tmp_path / "noisy.nc")
    ]
    assert same[0] == same[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--window", "300:100"), "--window: expected two times in ms"),
        (("--window", "100"), "--window: expected two times in ms"),
        (("--window", "100:900"), "times that both have, 0 to 390 ms"),
        (("--model-event", "goo"), "unknown event 'goo': did you mean 'go'?"),
        (("--pairing", "random"), "pairing must be one of 'names', 'order', 'best'"),
        (("--figure", "side.bmp"), "expected a name ending in .png"),
        (("--figure", "data.nc/side.png"), "cannot be written"),
        (("--untrained", "none.nc"), "there is no such file"),
    ],
)
def test_mistakes_are_one_line(neurosim, files, tmp_path, words, message):
    before = sorted(tmp_path.iterdir())
    assert message in refused(neurosim("compare", *files, "--draws", 2, *words))
    assert sorted(tmp_path.iterdir()) == before


def test_files_that_are_none(neurosim, files, tmp_path):
    model, _ = files
    (tmp_path / "short.nc").write_bytes(model.read_bytes()[:500])
    assert "short.nc" in refused(neurosim("compare", tmp_path / "short.nc", model))
    np.savez(tmp_path / "no.npz", other=np.ones(3))
    assert "no.npz" in refused(neurosim("compare", model, tmp_path / "no.npz"))
    assert "no such file" in refused(neurosim("compare", model, tmp_path / "gone.nc"))


def test_the_figure_is_not_replaced_unasked(neurosim, files, tmp_path):
    (tmp_path / "side.png").write_text("mine")
    assert "exists already" in refused(neurosim("compare", *files, "--figure", "side.png"))
    assert (tmp_path / "side.png").read_text() == "mine"
