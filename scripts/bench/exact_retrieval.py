"""How long exact retrieval takes, and how much memory, beside faiss, pytorch-metric-learning and open-metric-learning.

    python scripts/bench/exact_retrieval.py [--images 60000] [--rounds 3] [--threads 2]

Leave-one-out over 60,000 embeddings of 128 dimensions, 1,000 classes of 60 images: recall@1, 5, 10 and MAP@R, R = 59.
Each row is a process of its own, and the rows take turns. What is not installed is left out: give this an environment
with fsim and the peers (pip install faiss-cpu pytorch-metric-learning open-metric-learning).

Seconds are those of the evaluation without imports, medians over rounds; the ratio is the median of the ratios to
faiss's IndexFlatIP search (k = 60) of the same round. Memory is the peak above what the process held before, with its
libraries and the embeddings loaded (Linux).
"""

from __future__ import annotations

import argparse
import importlib.util
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

PER_CLASS, DIM = 60, 128
Work = Callable[[], dict[str, float]]


def product(points: np.ndarray, labels: np.ndarray) -> Work:
    import torch

    embedding = torch.from_numpy(points)

    def work() -> dict[str, float]:
        scores = torch.empty(1024, len(embedding))
        for start in range(0, len(embedding), 1024):
            rows = embedding[start : start + 1024]
            torch.mm(rows, embedding.T, out=scores[: len(rows)])
        return {}

    return work


def torch_topk(points: np.ndarray, labels: np.ndarray) -> Work:
    import torch

    embedding = torch.from_numpy(points)

    def work() -> dict[str, float]:
        for start in range(0, len(embedding), 512):
            (embedding[start : start + 512] @ embedding.T).topk(PER_CLASS, dim=1)
        return {}

    return work


def faiss_search(points: np.ndarray, labels: np.ndarray) -> Work:
    import faiss

    def work() -> dict[str, float]:
        index = faiss.IndexFlatIP(DIM)
        index.add(points)
        index.search(points, PER_CLASS)
        return {}

    return work


def fsim_exact(points: np.ndarray, labels: np.ndarray, **settings: bool) -> Work:
    import torch

    from fsim.interfaces import Embedded, RetrievalTask
    from fsim_plugins.evaluators.exact import Exact

    classes = torch.from_numpy(labels)
    images = Embedded(torch.from_numpy(points), classes, classes, [""] * len(labels))
    evaluator = Exact([1, 5, 10], **settings)
    return lambda: evaluator(RetrievalTask(images, images, "category", "cosine"))


def fsim_without_map(points: np.ndarray, labels: np.ndarray) -> Work:
    return fsim_exact(points, labels, map=False)


def fsim_with_map(points: np.ndarray, labels: np.ndarray) -> Work:
    return fsim_exact(points, labels, map=True)


def pytorch_metric_learning(points: np.ndarray, labels: np.ndarray) -> Work:
    import torch
    from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
    from pytorch_metric_learning.utils.inference import FaissKNN

    calculator = AccuracyCalculator(
        include=("precision_at_1", "mean_average_precision_at_r"),
        k="max_bin_count",
        device=torch.device("cpu"),
        knn_func=FaissKNN(),
    )

    def work() -> dict[str, float]:
        found = calculator.get_accuracy(torch.from_numpy(points), torch.from_numpy(labels))
        return {"recall@1": found["precision_at_1"], "map@r": found["mean_average_precision_at_r"]}

    return work


def open_metric_learning(points: np.ndarray, labels: np.ndarray) -> Work:
    import torch

    # A torchvision built for another torch fails to import for want of two operators, which are not called here.
    for name, schema in {
        "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
        "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    }.items():
        if not hasattr(torch.ops.torchvision, name):
            LIBRARIES.append(torch.library.Library("torchvision", "FRAGMENT"))
            LIBRARIES[-1].define(schema)
    from oml.functional.knn import batched_knn
    from oml.functional.metrics import calc_retrieval_metrics

    embedding, classes, everyone = torch.from_numpy(points), torch.from_numpy(labels), torch.arange(len(labels))

    def work() -> dict[str, float]:
        _, retrieved, relevant = batched_knn(embedding, everyone, everyone, top_n=PER_CLASS - 1, labels_gt=classes)
        found = calc_retrieval_metrics(
            retrieved, relevant, cmc_top_k=(1, 5, 10), precision_top_k=(), map_top_k=(PER_CLASS - 1,), verbose=False
        )
        return {f"recall@{k}": float(found["cmc"][k]) for k in (1, 5, 10)} | {
            "map@r": float(found["map"][PER_CLASS - 1])
        }

    return work


LIBRARIES: list[object] = []  # an operator lives as long as the library that defines it
ROWS = {
    "faiss, search alone": ("faiss", faiss_search),
    "matrix product alone": ("torch", product),
    "torch.topk on chunks": ("torch", torch_topk),
    "fsim exact, map: false": ("fsim_plugins", fsim_without_map),
    "fsim exact, map: true": ("fsim_plugins", fsim_with_map),
    "pytorch-metric-learning": ("pytorch_metric_learning", pytorch_metric_learning),
    "open-metric-learning (*)": ("oml", open_metric_learning),
}
METRICS = ("recall@1", "recall@5", "recall@10", "map@r", "map")


def made_up(num_images: int) -> tuple[np.ndarray, np.ndarray]:
    """Classes of noise around a direction, in random order, of length one."""
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.arange(num_images) // PER_CLASS)
    centres = rng.standard_normal((num_images // PER_CLASS + 1, DIM), dtype=np.float32)
    points = 0.6 * centres[labels] + rng.standard_normal((num_images, DIM), dtype=np.float32)
    return points / np.linalg.norm(points, axis=1, keepdims=True), labels


def measure(row: str, folder: Path) -> None:
    """In a process of its own: prints seconds, megabytes and metrics."""
    points, labels = np.load(folder / "points.npy"), np.load(folder / "labels.npy")
    work = ROWS[row][1](points, labels)
    held = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    start = time.perf_counter()
    metrics = work()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    chosen = {name: metrics[name] for name in METRICS if name in metrics}
    print(json.dumps({"seconds": seconds, "megabytes": (peak - held) / 1e6, **chosen}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--row", help="measure this row in this process, on the arrays in --folder")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.row:
        return measure(options.row, options.folder)
    rows = {name: module for name, (module, _) in ROWS.items() if importlib.util.find_spec(module)}
    threads = {f"{name}_NUM_THREADS": str(options.threads) for name in ("OMP", "MKL", "OPENBLAS")}
    results: dict[str, list[dict[str, float]]] = {name: [] for name in rows}
    with tempfile.TemporaryDirectory() as folder:
        for name, array in zip(("points", "labels"), made_up(options.images), strict=True):
            np.save(Path(folder) / f"{name}.npy", array)
        for _ in range(options.rounds):
            for name in rows:
                command = [sys.executable, __file__, "--row", name, "--folder", folder]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env={**os.environ, **threads})
                results[name].append(json.loads(done.stdout.splitlines()[-1]))
    print(f"{options.images:,} x {DIM}, leave-one-out, {options.threads} threads, medians of {options.rounds} rounds\n")
    print(f"{'':<26}{'seconds':>9}{'ratio':>7}{'MB':>7}" + "".join(f"{name:>11}" for name in METRICS))
    for name, found in results.items():
        reference = results.get("faiss, search alone", found)
        ratio = statistics.median(a["seconds"] / b["seconds"] for a, b in zip(found, reference, strict=True))
        seconds = statistics.median(one["seconds"] for one in found)
        megabytes = max(one["megabytes"] for one in found)
        metrics = "".join(f"{found[0][metric]:>11.6f}" if metric in found[0] else f"{'':>11}" for metric in METRICS)
        print(f"{name:<26}{seconds:>9.2f}{ratio:>7.2f}{megabytes:>7.0f}{metrics}")
    print("\nWanted: fsim exact without map at most 1.2 times faiss and 300 MB.")
    if "open-metric-learning (*)" in rows:
        print("(*) its map@k divides by the relevant images found, not by R, and its precision@k by min(k, R).")


if __name__ == "__main__":
    main()
