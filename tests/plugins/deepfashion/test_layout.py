"""A root that is given too high or too low is told, with the right one."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsim.catalog.source import open_source
from fsim.errors import FsimError
from fsim_plugins.garments.layouts import write_layout

BENCHMARKS = ("deepfashion_category", "deepfashion_consumer2shop", "deepfashion_inshop")


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three benchmarks beside each other."""
    folder = tmp_path_factory.mktemp("data")
    garments = open_source("garments", parameters=["items=42", "views=2"])
    for benchmark in BENCHMARKS:
        write_layout(garments, folder / benchmark, benchmark)
    return folder


@pytest.mark.parametrize("benchmark", BENCHMARKS)
@pytest.mark.parametrize("below", [".", "{}/Eval", "{}/Anno", "{}/Img", "{}/Img/img"])
def test_the_right_root_is_told(parent: Path, below: str, benchmark: str) -> None:
    with pytest.raises(FsimError, match=rf"root should be {parent / benchmark}$"):
        open_source(str(parent / below.format(benchmark)), benchmark)


def test_a_right_root_that_lacks_a_file_stays_the_root(tmp_path: Path) -> None:
    for folder in (tmp_path / "Anno", tmp_path / "copy" / "Anno"):
        folder.mkdir(parents=True)
        (folder / "list_bbox_inshop.txt").touch()
    with pytest.raises(FsimError, match=r"lacks its file list_eval_partition\.txt"):
        open_source(str(tmp_path), "deepfashion_inshop")
