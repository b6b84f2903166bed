"""Targets: the butterfly, curves from files, and their way to one point a step."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from math import cos, pi, sin
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import tasks.motor.targets
from neurosim.errors import InputError
from tasks.motor.targets import Trace, butterfly, load_trace, resample, scale_to

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
GRIP = next((DATA / "parkinson_lfp_gripforce").rglob("*_ieeg.vhdr"), None)

CURVE = np.array([[0.0, 0.0], [1.0, 0.5], [2.0, 0.0], [1.5, -1.0], [0.5, -1.5]])
ENDINGS = (".csv", ".npz", ".nc")


def curves(max_points: int = 40) -> st.SearchStrategy[np.ndarray]:
    """Points of ordinary size that move."""
    shapes = st.tuples(st.integers(4, max_points), st.sampled_from([1, 2]))
    values = shapes.flatmap(lambda shape: arrays(float, shape, elements=st.floats(-1e3, 1e3)))
    return values.filter(lambda v: np.ptp(v) > 1e-3)


def wave(n: int, harmonics: int = 3) -> np.ndarray:
    """A smooth closed curve at n even phases."""
    theta = 2 * pi * np.arange(n)[:, None] / n
    k = np.arange(1, harmonics + 1)
    x = (np.cos(k * theta) / k).sum(axis=1)
    return np.column_stack((x, (np.sin(k * theta + 0.3) / k).sum(axis=1)))


def write(path: Path, values: np.ndarray, time_ms: np.ndarray | None = None) -> Path:
    """The same curve in each format."""
    if path.suffix == ".csv":
        table = values if time_ms is None else np.column_stack((time_ms, values))
        names = ["time_ms"] * (time_ms is not None) + ["x", "y"][: values.shape[1]]
        np.savetxt(path, table, delimiter=",", header=",".join(names), fmt="%.17g")
    elif path.suffix == ".npz":
        content = {"x": values[:, 0]} | ({"y": values[:, 1]} if values.shape[1] == 2 else {})
        np.savez(path, **content, **({} if time_ms is None else {"time_ms": time_ms}))
    else:
        data = xr.Dataset({"hand": (("sample", "axis"), values)})
        if time_ms is not None:
            data = data.assign_coords(time=("sample", time_ms / 1e3, {"units": "s"}))
        data.to_netcdf(path)
    return path


def refused(match: str, call: Callable[[], object]) -> None:
    with pytest.raises(InputError, match=match) as raised:
        call()
    assert len(str(raised.value).splitlines()) == 1


def test_the_examples_run() -> None:
    assert doctest.testmod(tasks.motor.targets).failed == 0


# --- butterfly ------------------------------------------------------------------------------------


def test_butterfly_is_the_equation() -> None:
    curve = butterfly(360)
    for t in (0, 17, 90, 233, 359):
        a = 2 * pi * t / 360
        rho = 9 - sin(a) + 2 * sin(3 * a) + 2 * sin(5 * a) - sin(7 * a) + 3 * cos(2 * a)
        rho = (rho - 2 * cos(4 * a)) / 14.4734
        np.testing.assert_allclose(curve[t], (rho * cos(a), rho * sin(a)), atol=1e-15)


def test_butterfly_closes_without_repeating_a_point() -> None:
    curve = butterfly(1000)
    step = np.hypot(*np.diff(np.vstack((curve, curve[:1])), axis=0).T)
    assert 0 < step[-1] < 1.5 * step[:5].max()
    np.testing.assert_array_equal(butterfly(2000)[::2], curve)


@pytest.mark.parametrize("n_steps", [3, 0, -1, 10.0, True, None])
def test_butterfly_needs_steps(n_steps: Any) -> None:
    refused("n_steps must be a whole number of at least 4", lambda: butterfly(n_steps))


# --- resample -------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(curves(), st.integers(2, 6))
def test_periodic_curve_and_back(curve: np.ndarray, times: int) -> None:
    """More points pass through the given ones, and picking those out gives the curve again."""
    assume((curve[0] != curve[-1]).any())
    more = resample(curve, times * len(curve), periodic=True)
    np.testing.assert_allclose(more[::times], curve, atol=1e-9)


@settings(max_examples=50, deadline=None)
@given(curves(), st.integers(4, 300))
def test_one_shot_keeps_its_ends(curve: np.ndarray, n_steps: int) -> None:
    again = resample(curve, n_steps, periodic=False)
    assert again.shape == (n_steps, curve.shape[1])
    np.testing.assert_allclose(again[[0, -1]], curve[[0, -1]], atol=1e-9)


@settings(max_examples=50, deadline=None)
@given(curves(), st.integers(0, 39), st.integers(4, 100))
def test_periodic_curve_may_start_anywhere(curve: np.ndarray, shift: int, factor: int) -> None:
    assume((curve[0] != curve[-1]).any())
    shift %= len(curve)
    assume((np.roll(curve, -shift, 0)[0] != np.roll(curve, -shift, 0)[-1]).any())
    plain = resample(curve, factor * len(curve), periodic=True)
    moved = resample(np.roll(curve, -shift, axis=0), factor * len(curve), periodic=True)
    np.testing.assert_allclose(moved, np.roll(plain, -shift * factor, axis=0), atol=1e-8)


@pytest.mark.parametrize("n_steps", [60, 137, 400, 5000])
def test_smooth_curve_at_any_number_of_steps(n_steps: int) -> None:
    """Up and down, the curve is that of the formula."""
    again = resample(wave(400), n_steps, periodic=True)
    np.testing.assert_allclose(again, wave(n_steps), atol=0.02 if n_steps < 400 else 1e-6)


def test_repeated_first_point_closes_the_curve() -> None:
    closed = np.vstack((CURVE, CURVE[:1]))
    np.testing.assert_array_equal(
        resample(closed, 50, periodic=True), resample(CURVE, 50, periodic=True)
    )


@pytest.mark.parametrize("periodic", [True, False])
def test_no_aliases(periodic: bool) -> None:
    """Tremor faster than the steps vanishes; every tenth point alone would show it slow."""
    t = np.arange(2000) / 2000
    tremor = np.sin(2 * pi * 199 * t)[:, None]
    slow = np.sin(2 * pi * t)[:, None]
    again = resample(slow + tremor, 200, periodic=periodic)
    inner = slice(10, -10)
    assert np.abs(again - resample(slow, 200, periodic=periodic))[inner].max() < 0.05
    assert np.abs((slow + tremor)[::10] - slow[::10])[inner].max() > 0.5


def test_straight_line_stays_straight() -> None:
    line = np.column_stack((np.linspace(0, 1, 1000), np.linspace(5, 3, 1000)))
    expected = np.column_stack((np.linspace(0, 1, 30), np.linspace(5, 3, 30)))
    np.testing.assert_allclose(resample(line, 30, periodic=False), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ([[0], [1], [2]], "too short, expected at least 4 points, given 3"),
        (np.zeros((0, 2)), "too short, expected at least 4 points, given 0"),
        (np.zeros(9), r"expected the shape \(n, 1\) or \(n, 2\), given \(9,\)"),
        (np.zeros((9, 3)), r"given \(9, 3\)"),
        (np.full((9, 2), 0.5), r"does not move, all 9 points are \[0.5, 0.5\]"),
        ([[0], [1], [np.nan], [np.inf], [4]], "2 of 5 points are NaN, infinite .* first in row 3"),
        ([[0], [1], [2], [1e200]], "1 of 4 points"),
        ([["a"], ["b"], ["c"], ["d"]], "expected numbers"),
        ([[1], [2, 3], [4], [5]], "expected numbers"),
        (None, "expected"),
    ],
)
def test_no_curve(values: Any, match: str) -> None:
    refused(match, lambda: resample(values, 100, periodic=True))
    refused(match, lambda: scale_to(values))


@pytest.mark.parametrize("n_steps", [3, 2.5, True, "9"])
def test_resample_needs_steps(n_steps: Any) -> None:
    refused("n_steps must be", lambda: resample(CURVE, n_steps, periodic=True))


# --- scale_to -------------------------------------------------------------------------------------


@given(curves(), st.floats(0.1, 10))
def test_scaling_fits_and_is_undone(curve: np.ndarray, radius: float) -> None:
    values, offset, scale = scale_to(curve, radius)
    assert np.hypot.reduce(values, axis=1).max() == pytest.approx(radius)
    np.testing.assert_allclose(values * scale + offset, curve, atol=1e-9)


def test_scaling_centres_and_keeps_shape() -> None:
    values, offset, scale = scale_to([[0, 0], [40, 0], [40, 30], [0, 30]])
    np.testing.assert_allclose(values, [[-0.8, -0.6], [0.8, -0.6], [0.8, 0.6], [-0.8, 0.6]])
    assert offset.tolist() == [20, 15]
    assert scale == 25


@pytest.mark.parametrize("radius", [0, -1, np.nan, True])
def test_radius(radius: float) -> None:
    refused("radius must be a number above 0", lambda: scale_to(CURVE, radius))


# --- load_trace -----------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("n_axes", [1, 2])
@pytest.mark.parametrize("timed", [True, False])
def test_same_curve_from_each_format(tmp_path: Path, ending: str, n_axes: int, timed: bool) -> None:
    values, time_ms = CURVE[:, :n_axes], np.arange(5) * 20.0 if timed else None
    path = write(tmp_path / f"drawing{ending}", values, time_ms)
    trace = load_trace(path)
    np.testing.assert_array_equal(trace.values, values)
    assert trace.source == str(path)
    assert len(trace.names) == n_axes
    if timed:
        np.testing.assert_allclose(trace.time_ms, time_ms)
        np.testing.assert_array_equal(load_trace(path, start=20, stop=100).values, values[1:])
        refused("no points from start = 5", lambda: load_trace(path, start=500))
        refused("no points", lambda: load_trace(path, start=40, stop=20))
        refused("too short, .* given 2", lambda: load_trace(path, start=20, stop=60))
    else:
        assert trace.time_ms is None
        refused("need a file with time", lambda: load_trace(path, start=20))


@settings(max_examples=30, deadline=None)
@given(curves(), st.sampled_from(ENDINGS))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, curve: np.ndarray, ending: str
) -> None:
    path = write(tmp_path_factory.mktemp("curve") / f"c{ending}", curve)
    np.testing.assert_array_equal(load_trace(path).values, curve)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("0,0\n1,0\n1,1\n0,1\n", ("x", "y")),
        ("0;0\n1;0\n\n1;1\n0;1\n;\n", ("x", "y")),
        ("\ufeffpen x\tpen y\r\n0\t0\r\n1\t0\r\n1\t1\r\n0\t1", ("pen x", "pen y")),
        ('"X","Y",pressure\n0,0,9\n1,0,9\n1,1,9\n0,1,9\n', ("X", "Y")),
        ("Time,x,y\n0,0,0\n1,1,0\n2,1,1\n3,0,1\n", ("x", "y")),
    ],
)
def test_csv_as_programs_write_it(tmp_path: Path, text: str, names: tuple[str, str]) -> None:
    path = tmp_path / "drawing.csv"
    path.write_text(text, encoding="utf-8")
    trace = load_trace(path)
    assert trace.names == names
    assert trace.values.tolist() == [[0, 0], [1, 0], [1, 1], [0, 1]]


@pytest.mark.parametrize(("name", "unit_ms"), [("t", 1000), ("time_s", 1000), ("time_ms", 1)])
def test_units_of_time(tmp_path: Path, name: str, unit_ms: float) -> None:
    path = tmp_path / "force.csv"
    path.write_text(f"{name},force\n0,1\n1,2\n2,3\n3,5\n")
    time_ms = load_trace(path).time_ms
    assert time_ms is not None
    assert time_ms.tolist() == [0, unit_ms, 2 * unit_ms, 3 * unit_ms]


def test_columns_are_chosen_by_name(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("a,b,c\n0,1,9\n1,3,8\n2,5,7\n3,9,6\n")
    assert load_trace(path, columns=["c", "a"]).values[0].tolist() == [9, 0]
    assert load_trace(path, columns="b").values.ravel().tolist() == [1, 3, 5, 9]
    refused(r"found 3; choose with columns \(known: a, b, c\)", lambda: load_trace(path))
    refused("found 0", lambda: load_trace(path, columns=[]))
    refused("unknown column 'd'", lambda: load_trace(path, columns=["d"]))
    refused("channel is for .vhdr", lambda: load_trace(path, channel="a"))


def test_uneven_times_become_even(tmp_path: Path) -> None:
    time = np.array([0.0, 10.0, 15.0, 40.0, 50.0])
    path = write(tmp_path / "uneven.npz", np.column_stack((time, -2 * time)), time)
    trace = load_trace(path)
    even = np.linspace(0, 50, 5)
    np.testing.assert_allclose(trace.values, np.column_stack((even, -2 * even)))
    np.testing.assert_allclose(trace.time_ms, even)


def test_rows_are_counted_in_the_file(tmp_path: Path) -> None:
    values = np.arange(20.0)[:, None]
    values[[3, 15]] = np.nan
    path = write(tmp_path / "gaps.npz", values, np.arange(20) * 10.0)
    refused("1 of 10 points are NaN, .* the first in row 16$", lambda: load_trace(path, start=100))
    assert len(load_trace(path, start=40, stop=150).values) == 11


def test_npz_with_one_array(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", drawing=CURVE, dt=0.5)
    assert load_trace(tmp_path / "a.npz").names == ("x", "y")
    np.savez(tmp_path / "b.npz", force=CURVE[:, 0])
    assert load_trace(tmp_path / "b.npz").names == ("force",)


def test_netcdf_with_axis_first_and_units(tmp_path: Path) -> None:
    hand = (("axis", "time"), CURVE.T, {"units": "mm"})
    coords = {"time": ("time", np.arange(5.0), {"units": "ms"}), "axis": ["x", "y"]}
    xr.Dataset({"hand": hand}, coords).to_netcdf(tmp_path / "a.nc")
    trace = load_trace(tmp_path / "a.nc")
    np.testing.assert_array_equal(trace.values, CURVE)
    assert trace.unit == "mm"
    assert trace.time_ms is not None
    assert trace.time_ms[-1] == 4


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("a.csv", "", "is empty"),
        ("a.csv", "\n\n", "is empty"),
        ("a.csv", "x,y\n", "too short, expected at least 4 points, given 0"),
        ("a.csv", "x,y\n1,2\n", "given 1"),
        ("a.csv", "x,y\n1,2\n3\n4,5\n6,7\n", "line 3 has 1 values, expected 2"),
        ("a.csv", "x,y\n1,2\n3,four\n", "line 3, column 'y': expected a number, given 'four'"),
        ("a.csv", "1,2\n3,\n4,5\n", "line 2, column 'y': expected a number, given ''"),
        ("a.csv", "1,b\n3,4\n", "line 1, column 'y': expected a number, given 'b'"),
        ("a.csv", "x,x\n1,2\n3,4\n", "two columns have the same name"),
        ("a.csv", "1,2,3\n4,5,6\n", r"found 3; choose with columns \(known: 1, 2, 3\)"),
        ("a.csv", "x\n1\nnan\n2\ninf\n3\n", "2 of 5 points are NaN, infinite .* in row 2"),
        ("a.csv", "x\n1\n1\n1\n1\n", r"does not move, all 4 points are \[1.0\]"),
        ("a.csv", "t,x\n0,1\n1,2\n1,3\n2,4\n", "'t' must increase, it does not after row 2"),
        ("a.csv", "t,x\n0,1\nnan,2\n1,3\n2,4\n", "'t': 1 of 4 points are NaN"),
        ("a.csv", b"\xff\xfe\x00", "cannot be read as .csv"),
        ("a.npz", b"", "cannot be read as .npz"),
        ("a.npz", b"PK\x03\x04 no archive", "cannot be read as .npz"),
        ("a.nc", b"no NetCDF", "cannot be read as .nc"),
        ("a.vhdr", "no header", "is not a BrainVision header"),
        ("a.txt", "1,2", "expected a file ending in .csv, .npz, .nc, .vhdr, given '.txt'"),
        ("drawing", "1,2", "given 'none'"),
    ],
)
def test_files_that_hold_no_curve(
    tmp_path: Path, name: str, content: str | bytes, match: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    refused(match, lambda: load_trace(path))


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ({"x": np.arange(5.0), "y": np.arange(6.0)}, "x, y differ in length: 5 and 6 points"),
        ({"drawing": CURVE.T}, "found 0; choose"),
        ({"words": np.array(["a", "b"])}, "found 0; choose"),
        ({"z": np.arange(5) + 1j}, "found 0; choose"),
        ({}, "found 0; choose"),
        (
            {"x": np.arange(5.0), "time": np.arange(4.0)},
            r"'time' must hold one number for each of 5",
        ),
        ({"a": np.array([{}], dtype=object)}, "cannot be read"),
    ],
)
def test_archives_that_hold_no_curve(tmp_path: Path, content: dict[str, Any], match: str) -> None:
    np.savez(tmp_path / "a.npz", **content)
    refused(match, lambda: load_trace(tmp_path / "a.npz"))


def test_chosen_array_of_the_wrong_shape(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=CURVE.T)
    match = r"'a' must hold numbers, \(n,\) or \(n, 2\), given float64 of shape \(2, 5\)"
    refused(match, lambda: load_trace(tmp_path / "a.npz", columns=["a"]))


def test_one_array_is_no_archive(tmp_path: Path) -> None:
    with open(tmp_path / "a.npz", "wb") as file:
        np.save(file, CURVE)
    refused("no archive of named arrays", lambda: load_trace(tmp_path / "a.npz"))


def test_netcdf_with_strange_time(tmp_path: Path) -> None:
    time = ("time", np.arange(5.0), {"units": "days since 2000-01-01"})
    xr.Dataset({"x": ("time", CURVE[:, 0])}, {"time": time}).to_netcdf(tmp_path / "a.nc")
    refused("'time' must be in ms .* given 'days since", lambda: load_trace(tmp_path / "a.nc"))


@pytest.mark.parametrize("name", ["gone.csv", "gone.nc", "gone.npz", "gone.vhdr"])
def test_no_such_file(tmp_path: Path, name: str) -> None:
    refused("there is no such file", lambda: load_trace(tmp_path / name))


@pytest.mark.parametrize("ending", ENDINGS)
def test_truncated(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"a{ending}", np.random.default_rng(1).normal(size=(500, 2)))
    raw = path.read_bytes()
    for part in (0.1, 0.5, 0.99):
        path.write_bytes(raw[: int(part * len(raw))])
        try:
            trace = load_trace(path)
        except InputError as error:
            assert len(str(error).splitlines()) == 1
        else:  # text that ends early is still text
            assert ending == ".csv"
            assert len(trace.values) < 500


def _load(path: Path, raw: bytes) -> None:
    """Reads a usable curve or raises InputError, nothing else."""
    path.write_bytes(raw)
    try:
        trace = load_trace(path)
    except InputError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert isinstance(trace, Trace)
        assert np.isfinite(trace.values).all()
        assert len(trace.values) >= 4


@settings(max_examples=100, deadline=None)
@given(raw=st.binary(max_size=200), ending=st.sampled_from([*ENDINGS, ".vhdr"]))
@pytest.mark.filterwarnings("ignore")
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, raw: bytes, ending: str) -> None:
    signature = {".csv": b"", ".npz": b"PK\x03\x04", ".nc": b"CDF\x01", ".vhdr": b"Brain Vision "}
    path = tmp_path_factory.mktemp("bytes") / f"a{ending}"
    _load(path, raw)
    _load(path, signature[ending] + raw)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), ending=st.sampled_from(ENDINGS))
@pytest.mark.filterwarnings("ignore")
def test_damaged_bytes(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, ending: str
) -> None:
    path = write(tmp_path_factory.mktemp("bytes") / f"a{ending}", CURVE, np.arange(5.0))
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    _load(path, bytes(raw))


# --- a recording ----------------------------------------------------------------------------------


@pytest.mark.skipif(GRIP is None, reason="the grip-force recording is not here")
def test_grip_force_as_a_target() -> None:
    assert GRIP is not None
    trace = load_trace(GRIP, channel="MOV_RIGHT")
    assert trace.values.shape == (19001, 1)
    assert trace.names == ("MOV_RIGHT",)
    assert trace.unit == "µV"
    stored = np.fromfile(GRIP.with_suffix(".eeg"), "<f4").reshape(-1, 10)[:, 9]
    np.testing.assert_allclose(trace.values[:, 0], stored * 0.1, rtol=1e-6)

    part = load_trace(GRIP, channel="MOV_RIGHT", start=2000, stop=7000)
    np.testing.assert_array_equal(part.values, trace.values[2000:7000])
    target = resample(scale_to(part.values).values, 25_000, periodic=False)
    assert target.shape == (25_000, 1)
    assert np.abs(target).max() < 1.05  # a spline may overshoot a little
    assert np.ptp(target) > 1.9


@pytest.mark.skipif(GRIP is None, reason="the grip-force recording is not here")
def test_grip_force_by_a_wrong_name() -> None:
    assert GRIP is not None
    path = GRIP
    refused(
        "unknown channel 'mov_rigth': did you mean 'MOV_RIGHT'",
        lambda: load_trace(path, channel="mov_rigth"),
    )
    refused(r"choose one channel \(known: LFP_RIGHT_0, .*MOV_RIGHT\)", lambda: load_trace(path))
    refused("channel is for .vhdr", lambda: load_trace(path, columns=["MOV_RIGHT"]))
