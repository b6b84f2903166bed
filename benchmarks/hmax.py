"""How long HMAX's C2 features of a set of pictures take.

Pictures are noise with the amplitude spectrum of natural ones (1/f); what they show makes no
difference to the time.

    python benchmarks/hmax.py                        # 325 pictures of 256 x 256
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from tasks.vision.features import Hmax
from tasks.vision.masks import random_phases


def pictures(n: int, size: int) -> np.ndarray:
    """Pictures (n, size, size) in [0, 1]."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size)))
    amplitude = 1 / np.maximum(frequency, 1 / size)
    amplitude[0, 0] = 0
    made = random_phases(amplitude, n, np.random.default_rng(0))
    return np.clip(0.5 + made / (6 * made.std()), 0, 1).astype(np.float32)


def main() -> None:
    """Fit, compute, and print the times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=325, help="number of pictures (325)")
    parser.add_argument("--size", type=int, default=256, help="their side in pixels (256)")
    chosen = parser.parse_args()
    images = pictures(chosen.images, chosen.size)
    begun = time.perf_counter()
    labels = np.arange(len(images)) % 5
    fitted = Hmax().fit(images, labels, np.random.default_rng(1), progress=True)
    middle = time.perf_counter()
    features = fitted.features(images, progress=True)
    end = time.perf_counter()
    print(
        f"{len(images)} pictures of {chosen.size} x {chosen.size}: {features.shape[1]} features, "
        f"patches {middle - begun:.1f} s, features {end - middle:.1f} s, "
        f"together {end - begun:.1f} s"
    )


if __name__ == "__main__":
    main()
