"""How long a map of many embeddings takes, by each projection that is installed.

    python scripts/bench/projections.py [--images 20000] [--threads 1] [--rows pca ...]

Embeddings of 128 dimensions, 100 categories of noise around a direction, compared by cosine. Each row is a process of
its own. Seconds are those of the map without imports; UMAP and PaCMAP compile at their first use in a process, so a map
of 200 images is made before. Memory is the peak above what the process held before (Linux). Kept: the share of images
whose nearest neighbour on the map is of the same category. What is not installed is left out
(pip install fsim[tsne,umap,pacmap]).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fsim.errors import FsimError
from fsim.interfaces import Projection
from fsim_plugins.projections.pacmap import Pacmap
from fsim_plugins.projections.pca import Pca
from fsim_plugins.projections.tsne import Tsne
from fsim_plugins.projections.umap import Umap

DIM, CATEGORIES = 128, 100
NOT_HERE = 3  # exit code of a row whose package or GPU is missing
ROWS: dict[str, Callable[[int], Projection]] = {
    "pca": lambda threads: Pca(),
    "tsne, opentsne": lambda threads: Tsne("opentsne", threads=threads),
    "tsne, scikit-learn": lambda threads: Tsne("scikit-learn", threads=threads),
    "tsne, cuml": lambda threads: Tsne("cuml"),
    "tsne, tsnecuda": lambda threads: Tsne("tsnecuda"),
    "umap": lambda threads: Umap(),
    "pacmap": lambda threads: Pacmap(),
}


def made_up(num_images: int) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings [N, D] and the category of each."""
    rng = np.random.default_rng(0)
    categories = rng.integers(0, CATEGORIES, num_images)
    centres = rng.standard_normal((CATEGORIES, DIM), dtype=np.float32)
    return 0.5 * centres[categories] + rng.standard_normal((num_images, DIM), dtype=np.float32), categories


def kept(plane: np.ndarray, categories: np.ndarray) -> float:
    """The share of images whose nearest neighbour on the map is of the same category."""
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=2).fit(plane).kneighbors(plane, return_distance=False)
    other = np.where(near[:, 0] == np.arange(len(plane)), near[:, 1], near[:, 0])
    return float((categories[other] == categories).mean())


def measure(row: str, num_images: int, threads: int) -> int:
    """In a process of its own: prints seconds, megabytes and what is kept; says so if it can't."""
    try:
        projection = ROWS[row](threads)
    except FsimError as error:
        print(error, file=sys.stderr)
        return NOT_HERE
    embedding, categories = made_up(num_images)
    projection(embedding[:200], "cosine")
    held = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    start = time.perf_counter()
    plane = projection(embedding, "cosine")
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "megabytes": (peak - held) / 1e6, "kept": kept(plane, categories)}))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=1, help="of t-SNE on the CPU; the others choose themselves")
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS), help="only these (default: all)")
    parser.add_argument("--row", help="measure this row in this process")
    options = parser.parse_args()
    if options.row:
        return measure(options.row, options.images, options.threads)
    print(f"{options.images:,} x {DIM}, {options.threads} thread(s) for t-SNE\n")
    print(f"{'':<22}{'seconds':>9}{'MB':>8}{'kept':>8}", flush=True)
    threads = {f"{name}_NUM_THREADS": str(options.threads) for name in ("OMP", "MKL", "OPENBLAS")}
    for row in options.rows:
        command = [sys.executable, __file__, "--row", row]
        command += ["--images", str(options.images), "--threads", str(options.threads)]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **threads})
        if done.returncode == NOT_HERE:
            print(f"{row:<22} left out: {done.stderr.strip().partition(':')[0]}", flush=True)
            continue
        if done.returncode:
            raise SystemExit(f"{row} failed:\n{done.stderr}")
        found = json.loads(done.stdout.splitlines()[-1])
        print(f"{row:<22}{found['seconds']:>9.1f}{found['megabytes']:>8.0f}{found['kept']:>8.3f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
