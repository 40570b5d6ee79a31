"""The scripts that measure a network: what they print has the numbers that it is about."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
GARMENTS = "data.dataset={name: garments, items: 42, views: 3, captions: 3}"


def test_baselines_measure_pixels_and_an_untrained_network(script: Fsim, small_recipe: Path) -> None:
    done = script("baselines.py", small_recipe, "evaluation.evaluators=[{name: exact, k: [1]}]")
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^(raw pixels, \w+|untrained network) .*?(\d\.\d+)", done.stdout, re.MULTILINE)
    assert [name for name, _ in rows] == ["raw pixels, cosine", "raw pixels, euclidean", "untrained network"]
    assert float(rows[0][1]) > 0.5, "colours tell the categories apart"


def test_composition_asks_for_colours_and_categories(script: Fsim, fsim: Fsim, tmp_path: Path) -> None:
    short = ("data.image_size=32", "train.epochs=1", "sampler.batches_per_epoch=2", "sampler.batch_size=8")
    few = ("model.backbone={name: resnet18, num_stages: 2}", "trackers=[]")
    done = fsim("run", "recipes/siam_cat_vse.yaml", GARMENTS, *short, *few, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    (run,) = tmp_path.glob("*/*")
    done = script("composition.py", run, "--pictures", 30)
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"(\w+)\s+(\d+)\s+(\d\.\d)\s+([01]\.\d+)\s+([01]\.\d+)\s+\d\.\d$", done.stdout, re.MULTILINE)
    assert [name for name, *_ in rows] == ["seen", "unseen"], done.stdout
    for _, queries, fitting, recall, chance in rows:
        assert int(queries) >= 1 <= float(fitting) <= 30 and float(recall) <= 1
        assert float(chance) >= 0.32, "one of 30 pictures is among 10 as often as in 1 of 3"
    refused = script("composition.py", run, "--pictures", 5)
    assert refused.returncode == 1 and "give more --pictures" in refused.stderr
