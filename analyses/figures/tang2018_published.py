"""What Tang, Schrimpf, Lotter et al. 2018 published, and how the lines of our table are named."""

from __future__ import annotations

from typing import Any

HUMAN = {
    "no mask": {25: 0.564, 50: 0.652, 75: 0.716, 100: 0.731, 150: 0.734},
    "mask": {25: 0.252, 50: 0.451, 75: 0.551, 100: 0.629, 150: 0.719},
}
"""Published accuracy of 21 people by SOA (ms)."""

HUMAN_BY_VISIBILITY = {
    "0-5 %": 0.526, "5-10 %": 0.665, "10-15 %": 0.724, "15-20 %": 0.785, "20-25 %": 0.821,
}  # fmt: skip
"""Published accuracy at 150 ms without a mask."""

MODELS = {
    "pixels": 0.165, "HMAX": 0.231, "pool5": 0.178, "fc7": 0.496, "fc7_bipolar": 0.504,
    "RNNh_t1": 0.548, "RNNh_t2": 0.560, "RNNh_t5": 0.572, "RNNh_t10": 0.592, "RNNh_t14": 0.598,
    "RNNh_t20": 0.592, "RNNh_t50": 0.565, "RNNh_t100": 0.563, "RNNh_t15_shuffled_weights": 0.203,
    "RNN5_t0": 0.474, "RNN5_t1": 0.723, "RNN5_t2": 0.731, "RNN5_t3": 0.757, "RNN5_t4": 0.773,
}  # fmt: skip
"""Published accuracy on all test trials."""

COMPARED = ("pixels", "HMAX", "pool5", "fc7", "RNNh_t1", "RNNh_t14", "RNN5_t4")
"""Models that are set beside people picture by picture."""

BY_STEP = tuple(name for name in MODELS if "_t" in name and not name.endswith("weights"))
"""Recurrent models by time step."""

CHANCE = 0.2
BY_OBJECT = "agreement by object (r)"
WITHIN_CATEGORY = "agreement by object within category (r)"
STEP_BY_STEP = "agreement by object within category, by time step (r)"
BY_PICTURE = "agreement by picture (kappa)"
GIVEN_BOTH = "agreement by picture given category and visibility (kappa)"

Line = dict[str, Any]
"""A line of the table."""
