"""Seconds and memory of `fsim data audit` on many small pictures.

    python scripts/bench/audit.py [--images 45000] [--seed 0]

The pictures are drawn in a temporary folder: JPEG of 64 to 96 pixels, smooth random colours with noise, in 50
categories, nine of ten in train; one in a hundred is a re-encoded copy of the one before. The command runs whole, as a
user runs it, and writes its JSON and its cleaned catalog. Memory is the most that was resident.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

CATEGORIES = 50
COPIES = 100  # one picture in so many is a copy


def draw(rng: np.random.Generator) -> Image.Image:
    """Smooth colours of 8 x 8 squares, enlarged, with noise."""
    width, height = (int(side) for side in rng.integers(64, 97, 2))
    coarse = Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8))
    pixels = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)).astype(np.int16)
    return Image.fromarray(np.clip(pixels + rng.integers(-12, 13, pixels.shape), 0, 255).astype(np.uint8))


def generate(root: Path, count: int, seed: int) -> int:
    """Write the pictures -> how many are copies."""
    rng = np.random.default_rng(seed)
    copies, data = 0, b""
    for number in range(count):
        split = "val" if number % 10 == 0 else "train"
        folder = root / split / f"category{number // 10 % CATEGORIES:02}"
        folder.mkdir(parents=True, exist_ok=True)
        copied = number % COPIES == 5
        image = Image.open(io.BytesIO(data)) if copied else draw(rng)
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=70 if copied else 90)
        data, copies = buffer.getvalue(), copies + copied
        (folder / f"{number:06}.jpg").write_bytes(data)
    return copies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=45_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "pictures"
        copies = generate(root, arguments.images, arguments.seed)
        fixed = Path(folder) / "cleaned.csv"
        command = [sys.executable, "-m", "fsim", "data", "audit", str(root), "--json", "--fix", str(fixed)]
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    found = json.loads(done.stdout)
    groups = len(found["near_duplicates"])
    print(f"{arguments.images:,} pictures: {seconds:.1f} s, {memory:.2f} GB; {groups} groups for {copies} copies")


if __name__ == "__main__":
    main()
