"""How long analyses of populations take at the sizes of recordings.

python benchmarks/population.py --data motor_cortex_reaching
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np


def main() -> None:
    """Print seconds for PSTHs of 200 neurons in 2,000 trials, and for jPCA with surrogates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with psth.npz, a recording of reaches")
    parser.add_argument("--surrogates", type=int, default=1000)
    options = parser.parse_args()
    print(f"PSTHs, 200 neurons, 2,000 trials, 8 conditions: {psths():.2f} s")
    if options.data:
        print(f"jPCA with {options.surrogates} surrogates: {jpca(options):.1f} s")


def psths() -> float:
    """Spikes at 20 / s for a second, in bins of 10 ms, smoothed by 20 ms, averaged."""
    from analyses.population.psth import binned, psth, smoothed, spikes

    rng = np.random.default_rng(0)
    n_units, n_trials, n_spikes = 200, 2000, 8_000_000
    unit, trial = rng.integers(n_units, size=n_spikes), rng.integers(n_trials, size=n_spikes)
    found = spikes(
        rng.uniform(0, 1000, n_spikes),
        trial,
        unit,
        condition=np.arange(n_trials) % 8,
        units=n_units,
    )
    begun = time.perf_counter()
    psth(smoothed(binned(found, window=(0.0, 1000.0)), 20.0))
    return time.perf_counter() - begun


def jpca(options: argparse.Namespace) -> float:
    """From a file to the table."""
    import subprocess

    begun = time.perf_counter()
    words = ["analyze", "jpca", str(options.data / "psth.npz"), "--window", "100:300", "--json"]
    words += ["--surrogates", str(options.surrogates)]
    subprocess.run(["neurosim", *words], check=True, capture_output=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
