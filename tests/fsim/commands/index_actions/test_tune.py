from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from fsim.cli import main
from fsim.interfaces import Trial
from fsim.plugin.registry import register, unregister
from fsim_plugins.indexes.annoy import Annoy


@pytest.fixture
def hasty() -> Iterator[str]:
    class Hasty(Annoy):
        def __init__(self) -> None:
            super().__init__(trees=1, search_k=1)

        @staticmethod
        def trials(num_embeddings: int, k: int) -> Sequence[Trial]:
            return [Trial({})]

    register("index", "hasty")(Hasty)
    yield "hasty"
    unregister("index", "hasty")


def test_a_recall_that_none_reaches(hasty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "e.npy", np.random.default_rng(0).normal(size=(2_000, 32)))
    with pytest.raises(SystemExit) as left:
        main(["index", "tune", str(tmp_path / "e.npy"), "--kind", hasty, "--json"])
    said = capsys.readouterr()
    assert left.value.code == 2
    assert "no parameters reach recall@10 0.95; the best is 0." in said.err and "{name: hasty}" in said.err
    found = json.loads(said.out)
    assert found["chosen"] is None and len(found["measured"]) == 1
