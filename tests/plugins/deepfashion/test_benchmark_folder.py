"""DeepFashion's folders are known by their files, and others are not taken for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsim_plugins.deepfashion.benchmark_folder import TITLES, deepfashion_datasets


@pytest.mark.parametrize(
    ("files", "datasets"),
    [
        (["Anno/list_category_img.txt", "Eval/list_eval_partition.txt"], ["deepfashion_category"]),
        (["Anno_coarse/list_category_cloth.txt"], ["deepfashion_category"]),
        (["Anno/Anno_fine/train_cate.txt"], ["deepfashion_category"]),
        (["Anno/list_description_inshop.json"], ["deepfashion_inshop"]),
        (["Anno/list_bbox_consumer2shop.txt"], ["deepfashion_consumer2shop"]),
        (["Eval/list_eval_partition.txt"], list(TITLES)),
        (
            ["Anno/list_bbox_inshop.txt", "Anno/list_bbox_consumer2shop.txt"],
            ["deepfashion_inshop", "deepfashion_consumer2shop"],
        ),
        (["Anno/notes.txt", "train/hat/a.jpg"], []),
        ([], []),
    ],
)
def test_what_may_read_a_folder(files: list[str], datasets: list[str], tmp_path: Path) -> None:
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    assert deepfashion_datasets(tmp_path) == datasets
