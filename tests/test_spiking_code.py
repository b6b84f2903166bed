"""The same spikes from compiled code and from NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import Force, Schedule
from tasks.motor import motor_task

pytest.importorskip("brian2")

from neurosim.spiking import Lif, Theta, code_target, train

TASK, SCHEDULE = motor_task("butterfly", period=400.0), Schedule(1, 1, test_feedback="free")


@pytest.mark.parametrize("network", [Lif(n_units=60), Theta(n_units=40)], ids=lambda n: n.name)
def test_results_do_not_depend_on_the_code(network):
    """Over 800 ms of chaos, in which a difference in the last digit would be seen."""
    if code_target() != "cython":
        pytest.skip("Cython finds no compiler here")
    rule = network.tuned(Force())
    by = {
        code: train(TASK, rule, network, seed=3, schedule=SCHEDULE, code=code)
        for code in ("numpy", "cython")
    }
    assert by["cython"].attrs["brian2_code"] == "cython"
    assert by["numpy"].sizes["spike"] > 500
    for name in ("spike_time", "spike_unit", "hand", "readout_weights"):
        np.testing.assert_array_equal(by["numpy"][name], by["cython"][name], err_msg=name)
