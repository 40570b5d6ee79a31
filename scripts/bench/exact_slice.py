"""How long an exact evaluation of 450,000 queries in 450,000 images takes, and how much memory, from a slice of it.

    python scripts/bench/exact_slice.py [--images 450000] [--dimensions 512] [--queries 2000]

Recall@1 and 10, R-precision and MAP@R (map: false) of a slice of the queries against the whole gallery; classes of 30
images in it, noise around a direction. The whole is predicted from this slice and one of a tenth of it, since the
gallery is prepared once; beside it stands what the evaluator's `cost` says before a run. The answers to a few of the
queries are held against a loop in float64. Peaks are above what the process held before, with its libraries and the
embeddings (Linux).
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np
import torch

from fsim.interfaces import Embedded, RetrievalTask
from fsim_plugins.evaluators.exact import Exact

PER_CLASS = 30
PART = 2**14  # vectors drawn, or compared in float64, at a time
CHECKED = 5
METRICS = ("recall@1", "recall@10", "r_precision", "map@r")


def made_up(num_images: int, dimensions: int, num_queries: int) -> tuple[Embedded, Embedded]:
    """Queries, and a gallery of classes of `PER_CLASS` in random order; all of length about one."""
    rng = np.random.default_rng(0)
    num_classes = max(1, num_images // PER_CLASS)
    centres = rng.standard_normal((num_classes, dimensions), dtype=np.float32)

    def embedded(labels: np.ndarray) -> Embedded:
        points = np.empty((len(labels), dimensions), np.float32)
        for start in range(0, len(labels), PART):
            some = labels[start : start + PART]
            noise = rng.standard_normal((len(some), dimensions), dtype=np.float32)
            points[start : start + PART] = (0.5 * centres[some] + noise) / (1.25 * dimensions) ** 0.5
        classes = torch.from_numpy(labels)
        return Embedded(torch.from_numpy(points), classes, classes, [""] * len(labels))

    gallery = embedded(rng.permutation(np.arange(num_images) % num_classes))
    return embedded(rng.integers(0, num_classes, num_queries)), gallery


def measure(evaluator: Exact, query: Embedded, gallery: Embedded) -> tuple[float, RetrievalTask]:
    """Seconds, and the task with the metrics of each query."""
    task = RetrievalTask(query, gallery, "category", "cosine")
    start = time.perf_counter()
    evaluator(task)
    return time.perf_counter() - start, task


def in_float64(task: RetrievalTask, number: int) -> dict[str, float]:
    """The metrics of one query, by sorting all its cosines."""
    query = task.query.embedding[number].double().numpy()
    points = task.gallery.embedding.numpy()
    cosines = []
    for start in range(0, len(points), PART):
        part = points[start : start + PART].astype(np.float64)
        cosines.append(part @ query / np.linalg.norm(part, axis=1))
    order = np.argsort(-np.concatenate(cosines), kind="stable")
    hits = (task.gallery_labels.numpy() == int(task.query_labels[number]))[order]
    relevant = int(hits.sum())
    precision = np.cumsum(hits[:relevant]) / np.arange(1, relevant + 1)
    return {
        "recall@1": float(hits[0]),
        "recall@10": float(hits[:10].any()),
        "r_precision": float(hits[:relevant].mean()),
        "map@r": float((precision * hits[:relevant]).mean()),
    }


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=450_000)
    parser.add_argument("--dimensions", type=int, default=512)
    parser.add_argument("--queries", type=int, default=2_000)
    options = parser.parse_args()
    evaluator = Exact((1, 10), map=False)
    predicted = evaluator.cost(options.images, options.images, options.dimensions)
    query, gallery = made_up(options.images, options.dimensions, options.queries)
    held = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    fewer = max(1, options.queries // 10)
    first, _ = measure(evaluator, query.take(np.arange(fewer)), gallery)
    seconds, task = measure(evaluator, query, gallery)
    added = peak() - held
    each = (seconds - first) / (options.queries - fewer)
    whole = first + (options.images - fewer) * each
    of_slice = evaluator.cost(options.queries, options.images, options.dimensions)
    print(f"{options.images:,} x {options.dimensions}, {torch.get_num_threads()} threads, map: false")
    print(f"embeddings of the gallery      {4 * options.images * options.dimensions / 1e9:.2f} GB")
    print(f"{f'{fewer:,} queries':<31}{first:.1f} s")
    print(f"{f'{options.queries:,} queries':<31}{seconds:.1f} s, {added / 1e9:.2f} GB above the embeddings")
    print(f"{'cost of these, as told':<31}{of_slice.seconds:.1f} s, {of_slice.bytes / 1e9:.2f} GB")
    print(f"{f'{options.images:,} queries, from these':<31}{whole / 60:.0f} minutes")
    print(f"{'cost of these, as told':<31}{predicted.seconds / 60:.0f} minutes, {predicted.bytes / 1e9:.2f} GB")
    print("  ".join(f"{name} {float(task.per_query[name].mean()):.4f}" for name in METRICS))
    for number in range(min(CHECKED, options.queries)):
        expected = in_float64(task, number)
        found = {name: float(task.per_query[name][number]) for name in METRICS}
        if any(abs(found[name] - expected[name]) > 1e-9 for name in METRICS):
            print(f"query {number}: {found}, in float64 {expected}")
            return 1
    print(f"{min(CHECKED, options.queries)} queries agree with float64")
    return 0


if __name__ == "__main__":
    sys.exit(main())
