"""``neurosim run occlusion`` and ``neurosim reproduce tang2018``, as a person uses them."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from PIL import Image

from commands import refused

TINY = (
    "--features", "pixels", "--network", "modern", "--size", "16", "--stored", "20",
    "--visibility", "20,50", "--repeats", "2", "--steps", "6",
)  # fmt: skip


@pytest.fixture
def pictures(tmp_path):
    """A folder with two categories: discs and bars on grey."""
    rows, columns = np.mgrid[:32, :32]
    rng = np.random.default_rng(0)
    for name in ("discs", "bars"):
        (tmp_path / "photos" / name).mkdir(parents=True)
    for i in range(8):
        row, column = rng.integers(10, 22, 2)
        disc = (rows - row) ** 2 + (columns - column) ** 2 < 36
        bar = np.abs(columns - column) < 3
        for name, own in (("discs", disc), ("bars", bar)):
            grey = np.where(own, 230, 128).astype(np.uint8)
            Image.fromarray(grey).save(tmp_path / "photos" / name / f"{i}.png")
    return tmp_path / "photos"


def test_run_writes_a_result_and_a_figure(neurosim, tmp_path):
    status, out, _ = neurosim("run", "occlusion", *TINY, "--seed", 2)
    assert status == 0
    assert "gain" in out and "wrote occlusion-modern-familiar-seed2.nc" in out
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".nc", ".png"]
    with xr.open_dataset(tmp_path / "occlusion-modern-familiar-seed2.nc") as result:
        assert result.attrs["kind"] == "completion"
        assert result.predicted.dims == ("trial", "step")
    shown = neurosim("show", "occlusion-modern-familiar-seed2.nc", "--figure", "again.pdf")
    assert shown[0] == 0 and "gain" in shown[1]
    assert (tmp_path / "again.pdf").read_bytes()[:4] == b"%PDF"
    refused(neurosim("show", "occlusion-modern-familiar-seed2.nc", "--animate", "a.gif"))


def test_json_has_what_scripts_need(neurosim, tmp_path):
    first, again = (neurosim("run", "occlusion", *TINY, "--json")[1] for _ in range(2))
    values = json.loads(first)
    assert {
        "protocol", "accuracy_feedforward", "accuracy_recurrent", "accuracy_shuffled",
        "gain_points", "accuracy_by_visibility", "best_step", "median_steps_to_converge", "images",
        "stored", "wall_s",
    } <= set(values)  # fmt: skip
    assert [row["visibility"] for row in values["accuracy_by_visibility"]] == [20, 50]
    assert values["images"] == 1797 and values["stored"] == 20 and values["trials"] == 80
    again = json.loads(again)
    assert values | {"wall_s": 0} == again | {"wall_s": 0}
    assert list(tmp_path.iterdir()) == []


def test_a_mask_after_the_image(neurosim):
    words = ("run", "occlusion", *TINY, "--json", "--network", "rnnh", "--steps", 20)
    words += ("--soa", 50)
    shown, masked = (json.loads(neurosim(*words, "--mask", mask)[1]) for mask in ("none", "phase"))
    assert masked["accuracy_by_visibility"] != shown["accuracy_by_visibility"]
    assert "give --soa" in refused(neurosim("run", "occlusion", *TINY, "--mask", "phase"))


def test_pictures_of_one_s_own(neurosim, pictures):
    words = ("run", "occlusion", "--images", pictures, "--features", "pixels", "--json",
             "--stored", 8, "--repeats", 1, "--steps", 5, "--network", "pinv")  # fmt: skip
    status, out, _ = neurosim(*words)
    assert status == 0
    values = json.loads(out)
    assert values["images"] == 16 and values["chance"] == 0.5 and values["pictures"] == "photos"
    (pictures / "discs" / "0.png").write_bytes(b"no picture")
    assert "0.png" in refused(neurosim(*words))
    Image.fromarray(np.full((20, 30), 9, np.uint8)).save(pictures / "discs" / "0.png")
    assert "differ in size" in refused(neurosim(*words))


def test_features_of_a_file(neurosim, tmp_path):
    rng = np.random.default_rng(0)
    category = np.repeat(["cat", "dog", "owl"], 10)
    np.savez(tmp_path / "f.npz", whole=rng.standard_normal((30, 80)), category=category)
    words = ("run", "occlusion", "--features", "f.npz", "--stored", 6, "--steps", 8, "--json")
    status, out, _ = neurosim(*words, "--visibility", 30)
    assert status == 0
    assert json.loads(out)["pictures"] == "f.npz"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--network", "hopfeld"), "network must be one of"),
        (("--features", "mpl"), "did you mean 'mlp'"),
        (("--features", "none.npz"), "no such file"),
        (("--features", "net.onnx"), "name the layer"),
        (("--images", "nowhere"), "expected 'digits' or a folder, given 'nowhere'"),
        (("--visibility", "10,x"), "expected numbers with commas between"),
        (("--visibility", "10,120"), "visibility must be a number from 0 to 100, given 120"),
        (("--stored", "5000"), "stored: expected at most"),
        (("--occluder", "bubles"), "did you mean 'bubbles'"),
        (("--protocol", "old"), "protocol must be one of"),
        (("--screen", "2"), "screen must be a number from 0 to 1"),
        (("--mask", "noise", "--soa", "50"), "--mask must be one of"),
        (("--out", "nowhere/a.nc"), "there is no folder"),
        (("--figure", "a.txt"), "ending in .png"),
    ],
)
def test_refused(neurosim, words, says):
    assert says in refused(neurosim("run", "occlusion", *TINY, *words))


def test_reproduce_tang2018(neurosim, real_data, tmp_path):
    data = real_data / "occlusion_psychophysics"
    status, out, _ = neurosim(
        "reproduce", "tang2018", "--data", data, "--images", 10, "--out", "tang", "--json"
    )
    assert status == 0
    rows = json.loads(out)["rows"]
    published = [row for row in rows if row["published"] is not None]
    assert len(published) == 34
    assert max(abs(row["difference"]) for row in published) < 0.0006
    assert (tmp_path / "tang" / "figure.png").read_bytes()[:4] == b"\x89PNG"
    lacking = refused(neurosim("reproduce", "tang2018", "--data", tmp_path))
    assert "lacks trials.csv.gz, bubble_centers.npz" in lacking
