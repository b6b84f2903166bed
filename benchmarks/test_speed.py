"""Speed of the compiled pieces, and that they keep their distance from plain NumPy."""

from __future__ import annotations

import report  # first: it sets the number of threads

# isort: split
import pytest


@pytest.mark.benchmark(group="step of SUPERTREX, two-segment arm, N = 1000, gate open")
@pytest.mark.parametrize("version", ["compiled float32", "compiled float64", "NumPy float64"])
def test_step(benchmark, version):
    kind, dtype = version.split()
    made = report.compiled_step(1000, dtype) if kind == "compiled" else report.numpy_step(1000)
    timed(benchmark, made)


@pytest.mark.parametrize(
    "version", ["compiled float32", "compiled float64", "NumPy float32", "NumPy float64"]
)
@pytest.mark.parametrize("n_units", [1000, 4000])
def test_update(benchmark, n_units, version):
    benchmark.group = f"update of P, N = {n_units}"
    kind, dtype = version.split()
    make = report.compiled_update if kind == "compiled" else report.numpy_update
    timed(benchmark, make(n_units, dtype))


def timed(benchmark, version):
    """Time some thousand steps or some updates; how many is kept with the result."""
    benchmark.extra_info["count"] = benchmark.pedantic(version.run, rounds=5, warmup_rounds=1)
    assert benchmark.extra_info["count"] > 0


def ratio(what, n_units, versions):
    """How many times as fast the first version is as the NumPy program as it stands."""
    rows = report.measure(what, n_units, versions, rounds=7)
    print("\n" + report.table(rows))
    return rows[0].times_numpy_float64


def test_a_step_is_12_times_as_fast_as_numpy():
    assert ratio("step", 1000, report.step_versions(1000)) >= 12


@pytest.mark.parametrize("n_units, goal", [(1000, 20), (4000, 8)])
def test_an_update_is_many_times_as_fast_as_numpy(n_units, goal):
    assert ratio("update of P", n_units, report.update_versions(n_units)) >= goal
