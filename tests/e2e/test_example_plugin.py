"""A stranger's plugin: installed as any distribution, found, described, and used by a recipe."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Fsim = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The example distribution in a folder of its own, and the environment that has it on the path."""
    folder = tmp_path_factory.mktemp("site")
    source = tmp_path_factory.mktemp("source") / "example"
    shutil.copytree(ROOT / "plugins" / "example", source, ignore=shutil.ignore_patterns("*.egg-info", "build"))
    install = ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target"]
    subprocess.run([sys.executable, *install, str(folder), str(source)], check=True, capture_output=True)
    return {"PYTHONPATH": f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}


def test_it_is_listed_and_described(installed: dict[str, str], fsim: Fsim) -> None:
    listed = fsim("list-plugins", "--kind", "loss", env=installed, fresh=True).stdout
    assert "lifted" in listed
    assert "fsim_example" in listed.replace("-", "_")
    assert "needs: embedding, labels" in fsim("describe", "loss", "lifted", env=installed).stdout
    assert fsim("list-plugins", "--check", env=installed).returncode == 0
    assert "lifted" not in fsim("list-plugins", "--kind", "loss").stdout


def test_its_recipe_runs(installed: dict[str, str], fsim: Fsim, tmp_path: Path) -> None:
    short = ["data.dataset.items=42", "data.dataset.views=3", "train.epochs=1"]
    done = fsim("run", ROOT / "plugins" / "example" / "recipe.yaml", "--out", tmp_path, *short, env=installed)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.rglob("best.pt"))
    without = fsim("validate", ROOT / "plugins" / "example" / "recipe.yaml")
    assert without.returncode == 2
    assert "there is no loss 'lifted'" in without.stderr


SUITES = """
import math
import pytest
import torch
from fsim.testing.backbone_contract import BackboneContract
from fsim.testing.loss_contract import LossContract
from fsim_example.lifted import Lifted
from fsim_example.small_cnn import SmallCnn

@pytest.mark.parametrize("scale", [0.1, 1.0, 40.0])
def test_equation_4(scale):
    torch.manual_seed(0)
    embedding, labels = scale * torch.randn(8, 16, dtype=torch.float64), torch.tensor([0, 0, 0, 1, 1, 2, 2, -1])
    terms = []
    for i in range(8):
        for j in range(i + 1, 8):
            if labels[i] == labels[j] >= 0:
                negatives = [(a, k) for a in (i, j) for k in range(8) if labels[k] >= 0 and labels[k] != labels[a]]
                exponents = [1 - float((embedding[a] - embedding[k]).norm()) for a, k in negatives]
                highest = max(exponents)
                soft = highest + math.log(sum(math.exp(one - highest) for one in exponents))
                terms.append(max(0, soft + float((embedding[i] - embedding[j]).norm())) ** 2 / 2)
    assert float(Lifted()(embedding, labels)) == pytest.approx(sum(terms) / len(terms))


class TestLifted(LossContract):
    def make(self):
        return Lifted()


class TestSmallCnn(BackboneContract):
    sizes = (32, 97)

    def make(self):
        return SmallCnn()
"""


def test_its_components_keep_the_contracts(installed: dict[str, str], python: Path) -> None:
    file = Path(installed["PYTHONPATH"].split(os.pathsep)[0]) / "test_example.py"
    file.write_text(SUITES)
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file), "-c", os.devnull]
    done = subprocess.run(command, env={**os.environ, **installed}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
