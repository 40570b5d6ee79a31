"""Which of DeepFashion's benchmarks a folder holds, by the names of its annotation files."""

from __future__ import annotations

from pathlib import Path

TITLES = {  # dataset -> the benchmark that it reads
    "deepfashion_category": "Category and Attribute Prediction",
    "deepfashion_inshop": "In-shop Clothes Retrieval",
    "deepfashion_consumer2shop": "Consumer-to-shop Clothes Retrieval",
}
PARTITION = "Eval/list_eval_partition.txt"  # all three have it
_FOLDERS = ("Anno", "Anno_coarse", "Anno_fine", "Anno/Anno_coarse", "Anno/Anno_fine", "Anno/attributes")
_OWN = {  # what one alone has
    "deepfashion_category": ("list_category_img.txt", "list_category_cloth.txt", "list_attr_img.txt", "train_cate.txt"),
    "deepfashion_inshop": ("list_bbox_inshop.txt", "list_item_inshop.txt", "list_description_inshop.json"),
    "deepfashion_consumer2shop": ("list_bbox_consumer2shop.txt", "list_item_consumer2shop.txt"),
}


def benchmark_title(folder: Path, dataset: str) -> str:
    """The title of the benchmark in a folder, where the dataset of that name may read it; empty elsewhere."""
    return f"DeepFashion's {TITLES[dataset]}" if dataset in deepfashion_datasets(folder) else ""


def deepfashion_datasets(root: Path) -> list[str]:
    """The datasets that may read a folder: none where it is no DeepFashion, several where its files don't say which."""
    found = [
        dataset
        for dataset, names in _OWN.items()
        if any((root / folder / name).is_file() for folder in _FOLDERS for name in names)
    ]
    if not found and (root / PARTITION).is_file():
        return list(TITLES)
    return found
