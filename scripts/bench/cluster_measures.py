"""How long the cluster measures take, and the silhouette beside scikit-learn's.

    python scripts/bench/cluster_measures.py [--images 20000] [--many 100000] [--rounds 3] [--threads 2]

First the silhouette of 100 labels on --images embeddings of 128 dimensions, by fsim and by scikit-learn: seconds,
peak memory, and the value. Then the evaluators cluster_distance, clustering and unlabelled as they are by default, on
--many such embeddings. Each row is a process of its own, and the rows take turns.

Seconds are without imports, medians over rounds; the ratio is the median of the ratios to scikit-learn of the same
round. Memory is the peak above what the process held before, with its libraries and the embeddings loaded (Linux).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

LABELS, DIM = 100, 128
Work = Callable[[], float]


def by_fsim(points: np.ndarray, labels: np.ndarray) -> Work:
    import torch

    from fsim.functional.clusters.separation_measures import silhouette

    embedding, groups = torch.from_numpy(points), torch.from_numpy(labels)
    silhouette(embedding[:500], groups[:500])
    return lambda: silhouette(embedding, groups)


def by_scikit_learn(points: np.ndarray, labels: np.ndarray) -> Work:
    from sklearn.metrics import silhouette_score

    silhouette_score(points[:500], labels[:500])
    return lambda: float(silhouette_score(points, labels))


def evaluator(name: str) -> Callable[[np.ndarray, np.ndarray], Work]:
    def prepare(points: np.ndarray, labels: np.ndarray) -> Work:
        import torch

        from fsim.interfaces import Embedded, RetrievalTask
        from fsim.plugin.registry import load

        made = load("evaluator", name)(seed=0)

        def work(count: int) -> float:
            groups = torch.from_numpy(labels[:count])
            images = Embedded(torch.from_numpy(points[:count]), groups, groups, [""] * count)
            measures = made(RetrievalTask(images, images, "category", "euclidean"))
            return measures[SHOWN[name]]

        work(500)  # imports what is imported late
        return lambda: work(len(points))

    return prepare


SHOWN = {"cluster_distance": "silhouette", "clustering": "kmeans/ami", "unlabelled": "silhouette"}
ROWS = {
    "silhouette, scikit-learn": by_scikit_learn,
    "silhouette, fsim": by_fsim,
    **{f"evaluator {name}": evaluator(name) for name in SHOWN},
}
REFERENCE = "silhouette, scikit-learn"


def made_up(num_images: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels of noise around a centre, in random order; float32."""
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.arange(num_images) % LABELS)
    centres = rng.standard_normal((LABELS, DIM), dtype=np.float32)
    return 0.6 * centres[labels] + rng.standard_normal((num_images, DIM), dtype=np.float32), labels


def measure(row: str, folder: Path) -> None:
    """In a process of its own: prints seconds, megabytes and the value."""
    work = ROWS[row](np.load(folder / "points.npy"), np.load(folder / "labels.npy"))
    held = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    start = time.perf_counter()
    value = work()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "megabytes": (peak - held) / 1e6, "value": value}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--many", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--row", help="measure this row in this process, on the arrays in --folder")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.row:
        return measure(options.row, options.folder)
    threads = {f"{name}_NUM_THREADS": str(options.threads) for name in ("OMP", "MKL", "OPENBLAS")}
    results: dict[str, list[dict[str, float]]] = {name: [] for name in ROWS}
    with tempfile.TemporaryDirectory() as folder:
        for size in {options.images, options.many}:
            (Path(folder) / str(size)).mkdir()
            for name, array in zip(("points", "labels"), made_up(size), strict=True):
                np.save(Path(folder) / str(size) / f"{name}.npy", array)
        for _ in range(options.rounds):
            for name in ROWS:
                size = options.many if name.startswith("evaluator") else options.images
                command = [sys.executable, __file__, "--row", name, "--folder", f"{folder}/{size}"]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env={**os.environ, **threads})
                results[name].append(json.loads(done.stdout.splitlines()[-1]))
    print(f"{options.images:,} and {options.many:,} x {DIM}, {options.threads} threads, {options.rounds} rounds\n")
    print(f"{'':<28}{'seconds':>9}{'ratio':>7}{'MB':>7}{'ratio':>7}{'value':>12}")
    reference = results[REFERENCE]
    for name, found in results.items():
        seconds = statistics.median(one["seconds"] for one in found)
        megabytes = max(one["megabytes"] for one in found)
        time_ratio = memory_ratio = ""
        if name.startswith("silhouette"):
            pairs = zip(found, reference, strict=True)
            time_ratio = f"{statistics.median(a['seconds'] / b['seconds'] for a, b in pairs):.2f}"
            memory_ratio = f"{megabytes / max(one['megabytes'] for one in reference):.2f}"
        value = found[0]["value"]
        print(f"{name:<28}{seconds:>9.2f}{time_ratio:>7}{megabytes:>7.0f}{memory_ratio:>7}{value:>12.8f}")
    total = sum(statistics.median(one["seconds"] for one in results[f"evaluator {name}"]) for name in SHOWN)
    print(f"\nthe three evaluators: {total:.1f} s.")
    print("Wanted: the silhouette in at most 0.5 of the time and 0.33 of the memory; the evaluators within 60 s.")


if __name__ == "__main__":
    main()
