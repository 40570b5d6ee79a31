"""What may stand as SOURCE, and what is said of anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsim.data_source import open_source
from fsim.errors import FsimError


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
