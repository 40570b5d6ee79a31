"""What may stand as SOURCE, and what is said of anything else."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from fsim.catalog.source import open_source
from fsim.errors import FsimError
from fsim_plugins.garments.layouts import write_layout


def test_a_folder_a_table_a_recipe_and_a_name(pictures: Path, small_recipe: Path, tmp_path: Path) -> None:
    assert len(open_source(str(pictures)).frame) == 36
    assert len(open_source(str(small_recipe)).frame) == 36
    table = tmp_path / "metadata.csv"
    table.write_text("image,category\na.jpg,hat\n")
    assert open_source(str(table)).frame["category"].tolist() == ["hat"]
    assert len(open_source(str(tmp_path)).frame) == 1, "a folder with a metadata.csv is that table"
    assert len(open_source("garments", parameters=["items=42", "views=2"]).frame) == 84


def test_a_named_dataset_is_given_the_source(pictures: Path) -> None:
    splits = open_source(str(pictures / "train"), "folder", ["val_share=0.5"]).frame["split"]
    assert {"train", "val"} <= set(splits)


@pytest.mark.parametrize(
    ("source", "dataset", "parameters", "message"),
    [
        ("nowhere", None, [], "there is no 'nowhere'"),
        ("README.md", None, [], "--dataset"),
        ("README.md", "garments", [], "give its name alone"),
        ("garments", None, ["item=42"], "did you mean 'items'"),
        ("garments", None, ["items=4"], "greater than or equal to 42"),
    ],
)
def test_mistakes_are_told(source: str, dataset: str | None, parameters: list[str], message: str) -> None:
    with pytest.raises(FsimError, match=message):
        open_source(source, dataset, parameters)


@pytest.mark.parametrize("benchmark", ["category", "inshop", "consumer2shop"])
def test_an_unpacked_deepfashion_is_read_as_such(
    benchmark: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("fsim"), "propagate", True)
    root = tmp_path / "root"
    write_layout(open_source("garments", parameters=["items=42", "views=2"]), root, f"deepfashion_{benchmark}")
    frame = open_source(str(root)).frame
    assert f"read by the dataset deepfashion_{benchmark}" in caplog.text
    assert frame.equals(open_source(str(root), f"deepfashion_{benchmark}").frame)
    (root / "metadata.csv").write_text("image\na.jpg\n")
    assert len(open_source(str(root)).frame) == 1, "a metadata.csv goes before"


def test_a_deepfashion_that_may_be_any_is_told(tmp_path: Path) -> None:
    (tmp_path / "Eval").mkdir()
    (tmp_path / "Eval" / "list_eval_partition.txt").touch()
    with pytest.raises(FsimError, match="add --dataset deepfashion_category or deepfashion_consumer2shop or"):
        open_source(str(tmp_path))
