"""The retrieval benchmarks' recipes ask what the official protocols ask: counted against the files on the disk."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
SMALL = [
    "data.image_size=32",
    "data.box_padding=2",
    "model.backbone={name: resnet18, num_stages: 2}",
    "train.epochs=1",
    "sampler.batch_size=16",
]


def run(benchmark: str, fsim: Fsim, folder: Path) -> tuple[Path, dict[str, dict[str, Any]]]:
    """The root, and the lines of metrics.jsonl that measured a protocol, by split."""
    root = folder / "data"
    made = fsim("data", "garments", root, "--layout", f"deepfashion_{benchmark}", "--items", 42, "--views", 4)
    assert made.returncode == 0, made.stderr
    recipe = ROOT / "recipes" / "deepfashion" / f"{benchmark}.yaml"
    done = fsim("run", recipe, f"data.dataset.root={root}", *SMALL, "--out", folder / "runs")
    assert done.returncode == 0, done.stdout + done.stderr
    (metrics,) = (folder / "runs").rglob("metrics.jsonl")
    lines = [json.loads(line) for line in metrics.read_text().splitlines()]
    return root, {line["split"]: line for line in lines if "protocol" in line}


def partition(root: Path) -> list[list[str]]:
    return [line.split() for line in (root / "Eval/list_eval_partition.txt").read_text().splitlines()[2:]]


def test_inshop(fsim: Fsim, tmp_path: Path) -> None:
    root, lines = run("inshop", fsim, tmp_path)
    statuses = [status for _, _, status in partition(root)]
    assert set(lines) == {"query:gallery"}
    protocol, metrics = lines["query:gallery"]["protocol"], lines["query:gallery"]["metrics"]
    assert (protocol["num_queries"], protocol["num_gallery"]) == (statuses.count("query"), statuses.count("gallery"))
    assert protocol["relevant"] == "item" and not protocol["leave_one_out"]
    assert metrics["exact/num_queries"] == statuses.count("query"), "each query has its item in the gallery"
    assert {f"exact/recall@{k}" for k in (1, 10, 20, 30, 40, 50)} <= set(metrics)


def test_consumer_to_shop(fsim: Fsim, tmp_path: Path) -> None:
    root, lines = run("consumer2shop", fsim, tmp_path)
    rows = partition(root)
    shops = {shop for _, shop, _, status in rows if status in ("val", "test")}
    assert set(lines) == {"val:gallery", "query:gallery"}
    for split, status in (("val:gallery", "val"), ("query:gallery", "test")):
        protocol = lines[split]["protocol"]
        assert protocol["num_gallery"] == len(shops) < sum(row[3] in ("val", "test") for row in rows)
        assert protocol["num_queries"] == len({consumer for consumer, _, _, found in rows if found == status})
        assert lines[split]["metrics"]["exact/num_queries"] == protocol["num_queries"]
