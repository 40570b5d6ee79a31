"""Garments in the layout of DeepFashion's Category and Attribute Prediction benchmark."""

from __future__ import annotations

from pathlib import Path

from fsim.interfaces import Catalog
from fsim_plugins.garments.catalog_folder import read_landmarks
from fsim_plugins.garments.deepfashion import (
    CLOTHES_TYPES,
    attribute_labels,
    attribute_types,
    box_columns,
    clothes,
    copy_images,
    write_landmarks_table,
    write_table,
)


def write_deepfashion_category(catalog: Catalog, out: Path) -> None:
    """Img/img/<product>/img_00000001.jpg, Anno/*.txt and Eval/list_eval_partition.txt.

    A product's folder has all views of an item, and so lies in one split (the benchmark's own split has not that).
    """
    frame, landmarks = clothes(catalog), read_landmarks(catalog.root)
    views = frame.groupby("item").cumcount() + 1
    frame["name"] = names = [
        f"img/{_product(item, attributes)}/img_{view:08d}.jpg"
        for item, attributes, view in zip(frame["item"], frame["attributes"], views, strict=True)
    ]
    copy_images(catalog, frame["image"], names, out / "Img")
    anno = out / "Anno"
    categories = list(CLOTHES_TYPES)
    write_table(
        anno / "list_category_cloth.txt",
        "category_name  category_type",
        [(name.title(), kind) for name, kind in CLOTHES_TYPES.items()],
    )
    write_table(
        anno / "list_category_img.txt",
        "image_name  category_label",
        [(name, categories.index(category) + 1) for name, category in zip(names, frame["category"], strict=True)],
    )
    write_table(anno / "list_attr_cloth.txt", "attribute_name  attribute_type", list(attribute_types().items()))
    labels = [attribute_labels(*row) for row in zip(frame["category"], frame["attributes"], strict=True)]
    rows = [(name, *row) for name, row in zip(names, labels, strict=True)]
    write_table(anno / "list_attr_img.txt", "image_name  attribute_labels", rows, [2] * len(attribute_types()))
    rows = [(name, *box_columns(box)) for name, box in zip(names, frame["box"], strict=True)]
    write_table(anno / "list_bbox.txt", "image_name  x_1  y_1  x_2  y_2", rows)
    write_landmarks_table(anno / "list_landmarks.txt", frame, landmarks)
    rows = list(zip(names, frame["split"], strict=True))
    write_table(out / "Eval" / "list_eval_partition.txt", "image_name  evaluation_status", rows)


def _product(item: str, attributes: dict[str, str]) -> str:
    """A folder's name in the style of the benchmark: Red_Striped_T-Shirt-00015."""
    words = [attributes["colour"], attributes["pattern"], item]
    return "_".join("_".join(words).replace(" ", "_").split("_")).title()
