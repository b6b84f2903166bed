"""Speed of the attractor networks, and that RNNh keeps its distance from the dense program."""

from __future__ import annotations

import report  # first: it sets the number of threads

# isort: split
import time

import hopfield
import pytest

assert report  # imported for what it sets


@pytest.mark.benchmark(group="500 images, 4,096 units, 325 stored")
@pytest.mark.parametrize(
    "version",
    [
        pytest.param(lambda: hopfield.structured(500, 5)[0], id="RNNh, 5 steps"),
        pytest.param(lambda: hopfield.dense(500, 5), id="dense, 5 steps"),
        pytest.param(lambda: hopfield.modern(500), id="modern, to the end"),
    ],
)
def test_run(benchmark, version):
    assert benchmark.pedantic(version(), rounds=3, warmup_rounds=1).computed > 0


def test_rank_structure_is_5_times_as_fast_as_the_dense_program():
    versions = {"RNNh": hopfield.structured(500, 8)[0], "dense": hopfield.dense(500, 2)}
    versions |= {"product": hopfield.product(), "copy": hopfield.copy()}
    measured = hopfield.measure(versions, rounds=5)
    print("\n" + hopfield.table(measured))
    assert hopfield.ratio(measured) >= 5


def test_modern_retrieval_of_13000_images_takes_less_than_5_seconds():
    """Of one core's time, scaled up from 1,300 images."""
    run = hopfield.modern(1300)
    run()
    begun = time.process_time()
    run()
    assert 10 * (time.process_time() - begun) < 5
