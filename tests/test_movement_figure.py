"""The figure and the animation of one run: what they show is what the result holds."""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from analyses.figures import animation, movement
from neurosim import Arm, Force, InputError, Recording, Reservoir, Rmhl, Schedule, Supertrex, train
from neurosim.plants import Direct
from neurosim.recording import load, save
from tasks.motor import motor_task
from tasks.motor.drawing import Drawing

pytestmark = pytest.mark.filterwarnings("error")
SCHEDULE = Schedule(train_trials=2, test_trials=2)
FINE = Recording(interval=2.0)


def tiny(task="butterfly-arm", rule=None, *, schedule=SCHEDULE, recording=FINE, **options):
    if isinstance(task, str):
        task = motor_task(task, period=200.0, **options)
    rule = rule or (Force() if task.plant.invertible else Supertrex())
    return train(task, rule, Reservoir(n_units=50), seed=1, schedule=schedule, recording=recording)


def curve_task(n_axes, *, periodic):
    phase = np.linspace(0, 2, 100)[:, None]
    curve = np.hstack([np.sin(phase), np.cos(phase)])[:, :n_axes]
    axes = ("x", "y")[:n_axes] if n_axes == 2 else ("value",)
    return Drawing("trace", Direct(axes), period=200.0, curve=curve, periodic=periodic, unit="N")


@pytest.fixture(scope="module")
def arm():
    return tiny()


@pytest.fixture(scope="module")
def one_dimensional():
    return tiny(curve_task(1, periodic=True))


@pytest.fixture
def draw():
    """Draws a figure, lays it out as if printed, and closes it at the end."""
    figures = []

    def drawn(result):
        figures.append(movement.figure(result))
        figures[-1].canvas.draw()
        return figures[-1]

    yield drawn
    for fig in figures:
        plt.close(fig)


def panels(fig):
    return {ax.get_label(): ax for ax in fig.axes if ax.get_label() in PANELS}


PANELS = ("movement", "coordinates", "outputs", "rates", "distance", "weights")


def line(ax, label):
    (found,) = [drawn for drawn in ax.lines if drawn.get_label() == label]
    return np.column_stack(found.get_data())


def in_test(result):
    return result.time.values >= 2 * result.attrs["trial_ms"]


def test_movement_is_the_hand_of_the_test_phase_over_the_target(arm, draw):
    ax = panels(draw(arm))["movement"]
    np.testing.assert_array_equal(line(ax, "hand"), arm.hand.values[in_test(arm)])
    target = arm.target.values[in_test(arm)]
    np.testing.assert_array_equal(line(ax, "target"), np.vstack([target, target[:1]]))
    assert ax.get_aspect() == 1
    x, y = line(ax, "hand").T
    assert ax.get_xlim()[0] <= x.min() and x.max() <= ax.get_xlim()[1]
    assert ax.get_ylim()[0] <= y.min() and y.max() <= ax.get_ylim()[1]


def test_postures_reach_from_the_pivot_to_the_drawn_hand(draw):
    result = tiny(n_segments=4)
    ax = panels(draw(result))["movement"]
    plant = Arm((1.8, 1.2, 0.6, 0.1))
    postures = [np.column_stack(drawn.get_data()) for drawn in ax.lines]
    postures = [points for points in postures if points.shape == (5, 2)]
    assert len(postures) == movement.POSTURES
    hand = result.hand.values[in_test(result)]
    for points in postures:
        np.testing.assert_allclose(points[0], plant.pivot)
        lengths = np.hypot(*np.diff(points, axis=0).T)
        np.testing.assert_allclose(lengths, plant.lengths, rtol=1e-6)
        assert np.hypot(*(hand - points[-1]).T).min() < 1e-5


def test_coordinates_and_outputs_are_those_of_the_last_trial(arm, draw):
    axes = panels(draw(arm))
    last = arm.time.values >= 3 * arm.attrs["trial_ms"]
    seconds = (arm.time.values[last] - 600) / 1e3
    for k, name in enumerate(("x", "y")):
        drawn = line(axes["coordinates"], name)
        np.testing.assert_allclose(drawn[:, 0], seconds, atol=1e-12)
        np.testing.assert_array_equal(drawn[:, 1], arm.hand.values[last, k])
    np.testing.assert_array_equal(
        line(axes["outputs"], "joint 1")[:, 1], arm.readout.values[last, 0]
    )
    assert axes["outputs"].get_ylabel() == "joint angle (π rad)"
    assert axes["outputs"].get_xlabel() == "time in the last test trial (s)"


def test_whole_run_shows_distance_trial_means_and_test_phase(arm, draw):
    axes = panels(draw(arm))
    ax = axes["distance"]
    assert ax.get_yscale() == "log"
    np.testing.assert_array_equal(line(ax, "running mean")[:, 1], arm.distance.values)
    means = line(ax, "mean of trial")
    np.testing.assert_allclose(means[:, 0], [0.1, 0.3, 0.5, 0.7])
    np.testing.assert_array_equal(means[:, 1], arm.trial_distance.values)
    (shade,) = ax.patches
    assert (shade.get_x(), shade.get_width()) == pytest.approx((0.4, 0.4))
    assert [text.get_text() for text in ax.texts if len(text.get_text()) > 1] == [
        "training",
        "test",
    ]
    for k, name in enumerate(("mastery", "exploratory")):
        drawn = line(axes["weights"], name)[:, 1]
        np.testing.assert_array_equal(drawn, arm.weight_norm.values[:, k])


def test_title_says_what_and_how_well(arm, draw):
    named = arm.assign_attrs(preset="paper", deviation=0.012345)
    expected = "butterfly-arm with 2 segments, supertrex (paper), seed 1: deviation 0.0123"
    assert draw(named).get_suptitle() == expected


@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        ((), {"distance"}),
        (("hand",), {"movement", "coordinates", "distance"}),
        (("readout", "weight_norm"), {"outputs", "distance", "weights"}),
        (("distance", "rates"), {"rates", "distance"}),
    ],
)
def test_panels_of_missing_signals_are_left_out(signals, expected, draw):
    units = (0, 7) if "rates" in signals else ()
    fig = draw(tiny(recording=Recording(signals, interval=2.0, units=units)))
    assert set(panels(fig)) == expected
    letters = sorted(text.get_text() for ax in fig.axes for text in ax.texts)
    assert [letter for letter in letters if len(letter) == 1] == list("abcdef"[: len(expected)])


def test_outputs_of_a_direct_plant_are_not_drawn_twice(draw):
    assert "outputs" not in panels(draw(tiny("butterfly")))


def test_one_dimension_has_coordinates_only(one_dimensional, draw):
    axes = panels(draw(one_dimensional))
    assert set(axes) == {"coordinates", "distance", "weights"}
    last = one_dimensional.time.values >= 600
    drawn = line(axes["coordinates"], "value")[:, 1]
    np.testing.assert_array_equal(drawn, one_dimensional.hand.values[last, 0])
    assert axes["coordinates"].get_ylabel().split() == ["position", "of", "the", "hand", "(N)"]


@pytest.mark.parametrize("n_segments", [7, 50])
def test_many_outputs_are_an_image(n_segments, draw):
    result = tiny(n_segments=n_segments)
    ax = panels(draw(result))["outputs"]
    (image,) = ax.images
    np.testing.assert_array_equal(image.get_array(), result.readout.values[-100:].T)
    assert image.get_extent() == pytest.approx((0, 0.2, 0.5, n_segments + 0.5))


def test_one_shot_trials_are_not_joined(draw):
    result = tiny(curve_task(2, periodic=False))
    hand = line(panels(draw(result))["movement"], "hand")
    (gap,) = np.flatnonzero(np.isnan(hand).any(axis=1))
    assert gap == 100
    np.testing.assert_array_equal(np.delete(hand, gap, axis=0), result.hand.values[in_test(result)])


@pytest.mark.parametrize(
    ("schedule", "phase", "samples"),
    [(Schedule(3, 0), "training", 100), (Schedule(0, 2), "test", 200)],
)
def test_runs_of_one_phase(schedule, phase, samples, draw):
    fig = draw(tiny("butterfly", schedule=schedule))
    axes = panels(fig)
    assert len(line(axes["movement"], "hand")) == samples
    assert axes["coordinates"].get_xlabel() == f"time in the last {phase} trial (s)"
    names = [text.get_text() for text in axes["distance"].texts if len(text.get_text()) > 1]
    assert names == [phase]
    assert ("not tested" in fig.get_suptitle()) == (phase == "training")


@pytest.mark.parametrize("interval", [0.2, 30.0, 190.0, 350.0])
def test_any_interval(interval, draw):
    result = tiny("butterfly", recording=Recording(interval=interval))
    hand = line(panels(draw(result))["movement"], "hand")
    np.testing.assert_array_equal(hand, result.hand.values[in_test(result)])


@pytest.mark.parametrize("task", ["butterfly", "butterfly-arm"])
@pytest.mark.parametrize("learning_rate", [1e3, 1e36])
def test_diverged_runs_are_drawn_as_far_as_they_came(task, learning_rate, draw, tmp_path):
    result = tiny(task, Rmhl(learning_rate=learning_rate))
    assert result.attrs["diverged"]
    fig = draw(result)
    step = result.attrs["diverged_step"]
    assert fig.get_suptitle().endswith(f"diverged at step {step:,}")
    for name in ("distance", "weights"):
        labels = [drawn.get_label() for drawn in panels(fig)[name].lines]
        assert "diverged" in labels
        assert panels(fig)[name].get_xlim()[1] == pytest.approx(max(step * 0.2e-3, 1e-6))
    animation.animate(result, tmp_path / "some.gif", seconds=0.5)


def test_a_run_without_samples_is_drawn(arm, draw):
    nothing = arm.isel(time=slice(0)).assign_attrs(
        diverged=1, diverged_step=0, steps=0, deviation=np.nan
    )
    nothing["trial_distance"] = nothing.trial_distance * np.nan
    assert set(panels(draw(nothing))) == {"distance"}


def test_nothing_overlaps(arm, draw):
    fig = draw(arm)
    boxes = [ax.get_tightbbox() for ax in fig.axes]
    for i, one in enumerate(boxes):
        assert fig.bbox.x0 <= one.x0 and one.x1 <= fig.bbox.x1
        for other in boxes[i + 1 :]:
            shared = min(one.x1, other.x1) - max(one.x0, other.x0)
            assert shared < 1 or min(one.y1, other.y1) - max(one.y0, other.y0) < 1


def test_saved_result_draws_the_same(arm, tmp_path, draw):
    save(arm, tmp_path / "run.nc")
    again = panels(draw(load(tmp_path / "run.nc")))
    for name, ax in panels(draw(arm)).items():
        for one, other in zip(ax.lines, again[name].lines, strict=True):
            np.testing.assert_array_equal(one.get_xydata(), other.get_xydata())


@pytest.mark.parametrize(
    ("ending", "first", "last"),
    [("png", b"\x89PNG", b"IEND"), ("pdf", b"%PDF", b"%%EOF"), ("svg", b"<?xml", b"</svg>")],
)
def test_figures_are_written_whole(ending, first, last, one_dimensional, tmp_path):
    before = plt.get_fignums()
    path = tmp_path / f"run.{ending}"
    movement.save_figure(one_dimensional, path)
    written = path.read_bytes()
    assert written.startswith(first) and last in written[-20:]
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
    assert plt.get_fignums() == before


def test_interrupted_animation_leaves_nothing(arm, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(animation._Scene, "draw", interrupted)
    before = plt.get_fignums()
    with pytest.raises(KeyboardInterrupt):
        animation.animate(arm, tmp_path / "arm.gif")
    assert not list(tmp_path.iterdir())
    assert plt.get_fignums() == before


def test_animation_shows_first_middle_and_last_trial(arm, tmp_path, monkeypatch, capsys):
    shown = []
    draw_frame = animation._Scene.draw

    def watched(scene, trial, count):
        draw_frame(scene, trial, count)
        shown.append((scene.title.get_text(), np.column_stack(scene.trace.get_data())))

    monkeypatch.setattr(animation._Scene, "draw", watched)
    path = tmp_path / "arm.gif"
    animation.animate(arm, path, seconds=1.2, fps=10, progress=True)
    assert "animation" in capsys.readouterr().err
    with Image.open(path) as picture:
        assert picture.size == (360, 390)
        assert picture.n_frames == len(shown) == 3 * 4
    trials = [title.split(",")[0] for title, _ in shown]
    expected = ["training trial 1 of 2", "training trial 2 of 2", "test trial 2 of 2"]
    assert trials == [name for name in expected for _ in range(4)]
    assert shown[-1][0].endswith("0.20 s")
    assert [len(trace) for _, trace in shown] == [1, 34, 67, 100] * 3
    np.testing.assert_array_equal(shown[7][1], arm.hand.values[100:200])
    np.testing.assert_array_equal(shown[11][1], arm.hand.values[300:400])
    assert [found.name for found in tmp_path.iterdir()] == ["arm.gif"]


def test_animation_has_no_more_frames_than_samples(tmp_path):
    result = tiny("butterfly", recording=Recording(interval=50.0))
    animation.animate(result, tmp_path / "few.gif")
    with Image.open(tmp_path / "few.gif") as picture:
        assert picture.n_frames == 3 * 4


def test_what_cannot_be_animated_is_refused(one_dimensional, arm, tmp_path):
    with pytest.raises(InputError, match="two dimensions"):
        animation.animate(one_dimensional, tmp_path / "some.gif")
    with pytest.raises(InputError, match="no samples of the hand"):
        animation.animate(arm.drop_vars("hand"), tmp_path / "some.gif")
    with pytest.raises(InputError, match="fps"):
        animation.animate(arm, tmp_path / "some.gif", fps=0)
    assert not list(tmp_path.iterdir())
