"""Several processes learn as one does."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.errors import FsimError
from fsim.interfaces import Catalog, Selection
from fsim.plugin.registry import register, unregister
from fsim.recipe.document import Document
from fsim.recipe.validate import check_document
from fsim.runtime.processes import ALONE, Processes
from fsim.training.training_data import build_sampler

from ...ready_process import Forked

Ranks = Callable[..., AbstractContextManager[list[Forked]]]
SCRIPT = Path(__file__).parent / "one_step.py"


def test_two_processes_take_the_step_of_one(ranks: Ranks, tmp_path: Path) -> None:
    out = tmp_path / "two.pt"
    with ranks(2, SCRIPT, out) as processes:
        told = [process.communicate(timeout=120) for process in processes]
        assert [process.returncode for process in processes] == [0, 0], told
    found = torch.load(out, weights_only=True)
    two = found["steps"]
    assert len(found["refused"]) == 1 and "do not learn from the same" in found["refused"][0]
    one = runpy.run_path(str(SCRIPT))["steps"](ALONE)
    assert list(two) == list(one)
    for case, alone in one.items():
        for name, value in alone["moved"].items():
            torch.testing.assert_close(two[case]["moved"][name], value, rtol=1e-6, atol=1e-6, msg=f"{case}: {name}")
        assert max(value.abs().max() for value in alone["moved"].values()) > 1e-3, case
        assert two[case]["sums"] == pytest.approx(alone["sums"], abs=1e-5), case
        assert two[case]["signs"] == pytest.approx(alone["signs"], abs=1e-5), case


class Alike:
    """A sampler that knows no ranks."""

    gives: ClassVar[frozenset[str]] = frozenset()
    label: ClassVar[str] = "category"

    def __len__(self) -> int:
        return 1

    def epoch(self, epoch: int) -> list[Selection]:
        return [Selection(np.arange(4))]


def test_a_sampler_that_knows_no_ranks_is_refused_where_there_are_several() -> None:
    register("sampler", "alike")(Alike)
    try:
        checked = check_document(
            Document(
                {
                    "name": "t",
                    "data": {"dataset": {"name": "folder", "root": "."}, "image_size": 32},
                    "model": {"backbone": {"name": "resnet18"}, "head": {"name": "siam_cat", "embedding_dim": 4}},
                    "sampler": {"name": "alike"},
                    "losses": [{"name": "cross_entropy"}],
                }
            )
        )
    finally:
        unregister("sampler", "alike")
    known = np.zeros(4, np.int64)
    images = Catalog.of({"image": list("abcd")}, Path())
    catalog = EncodedCatalog(images, ["a"], known, known, known == 0)
    assert build_sampler(checked, catalog, np.arange(4)).label == "category"
    with pytest.raises(FsimError, match="takes no `rank` and `world_size`"):
        build_sampler(checked, catalog, np.arange(4), Processes(rank=0, size=2))
