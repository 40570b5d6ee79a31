"""DeepFashion's In-shop Clothes Retrieval benchmark."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field

from fsim.errors import FsimError
from fsim.functional.labels.attribute_labels import AttributeLabels, attribute_labels
from fsim.functional.labels.splits import split_by_name
from fsim.interfaces import Catalog
from fsim_plugins.deepfashion.annotation_file import path_and_text, read_rows, trailing
from fsim_plugins.deepfashion.attributes import read_attributes
from fsim_plugins.deepfashion.benchmark_folder import benchmark_title
from fsim_plugins.deepfashion.image_path import clothes_folders
from fsim_plugins.deepfashion.joining import boxes, by_name, by_type, looked_up
from fsim_plugins.deepfashion.landmarks import POSES, variations
from fsim_plugins.deepfashion.layout import PARTITION, Layout
from fsim_plugins.deepfashion.partition import require_parts
from fsim_plugins.deepfashion.terms import LICENCE

log = logging.getLogger("fsim.deepfashion")

SPLITS = ("train", "query", "gallery")


class DeepFashionInshop:
    """In-shop: 52,712 shop pictures of 7,982 garments, 463 attributes, colours and descriptions.

    Liu, Luo, Qiu, Wang and Tang, "DeepFashion: powering robust clothes recognition and retrieval with rich
    annotations", CVPR 2016. The layout of the benchmark as it is unpacked. For non-commercial research and education.

    The official protocol learns from 25,882 pictures of 3,997 items (`train`) and asks of 3,985 others, for each of
    14,218 pictures (`query`), whether a picture of its item is among the first 1, 10, 20, 30, 40, 50 of the 12,612 of
    `gallery`: recall@k of the evaluator `exact`, relevant item.

    The category is the folder of the kind of clothes; attributes are the colour (of the picture), the gender (the
    folder WOMEN or MEN) and the item's attributes, and, not among what attributes are learned from, the picture's pose
    (front, side, back, full, additional, flat) and variation (a normal, medium or large pose or zoom-in); the caption
    is the item's description.

    Args:
        root: the folder that holds Anno, Eval and Img.
        val_share: expected share of the training items that become `val`, 0 to below 1, by a hash of the item: for
        choosing
            settings without a look at the queries. 0 is the official protocol.

    Raises:
        FsimError: files are missing (it says which, and where they were looked for) or can't be read.
    """

    licence: ClassVar[str] = LICENCE

    @staticmethod
    def benchmark_in(folder: Path) -> str:
        """The benchmark's title, where the folder holds it."""
        return benchmark_title(folder, "deepfashion_inshop")

    def __init__(self, root: Path, val_share: Annotated[float, Field(ge=0, lt=1)] = 0.0) -> None:
        self.root, self.val_share = root, val_share

    def load(self) -> Catalog:
        layout = Layout(self.root, "deepfashion_inshop")
        file = layout.require("list_eval_partition.txt", PARTITION)
        partition = by_name(file, read_rows(file, trailing(3), 3))
        images = list(partition)
        items = [item for item, _ in partition.values()]
        folders = [clothes_folders(image) for image in images]
        _warn_of_other_items(layout, items)
        splits = [split for _, split in partition.values()]
        require_parts(file, zip(images, splits, strict=True), SPLITS)
        held_out = split_by_name(items, self.val_share, 0.0, seed=0)
        bbox = layout.require("list_bbox_inshop.txt")
        shots = by_name(bbox, read_rows(bbox, trailing(7), 7))
        descriptions = _descriptions(layout)
        colours = _colours(layout, images, [descriptions.get(item, {}).get("color") for item in items])
        plain = [
            {"colour": colour, "gender": gender.lower()} for colour, (gender, _) in zip(colours, folders, strict=True)
        ]
        varied = variations(layout.find("list_landmarks_inshop.txt"), images)
        poses = [{"pose": POSES[shots[image][1]]} if shots.get(image, "  ")[1] in POSES else {} for image in images]
        more = _of_items(layout, items)
        return Catalog.of(
            {
                "image": images,
                "split": [held if split == "train" else split for split, held in zip(splits, held_out, strict=True)],
                "category": [clothes for _, clothes in folders],
                "item": items,
                "box": boxes(bbox, images, {image: row[-4:] for image, row in shots.items()}),
                "attributes": [
                    {**one, **listed, **pose, **variation}
                    for one, listed, pose, variation in zip(plain, by_type(more), poses, varied, strict=True)
                ],
                "caption": [" ".join(descriptions.get(item, {}).get("description") or []) for item in items],
            },
            layout.image_root(images),
            labelled=attribute_labels(plain).beside(more),
        )


def _warn_of_other_items(layout: Layout, items: Sequence[str]) -> None:
    """Say so where list_item_inshop.txt, which has a count and no header, lists other items than the partition."""
    file = layout.find("list_item_inshop.txt")
    if file is not None:
        listed = {item for (item,) in read_rows(file, lambda line: [line], 1)}
        differing = listed ^ set(items)
        if differing:
            log.warning("%s and the partition differ in %d items (first: %s)", file, len(differing), min(differing))


def _descriptions(layout: Layout) -> dict[str, dict[str, Any]]:
    """Item -> its entry of the JSON file; none where the release has no such file."""
    file = layout.find("list_description_inshop.json")
    if file is None:
        log.warning("there is no list_description_inshop.json in %s: no captions", layout.root)
        return {}
    try:
        entries = json.loads(file.read_text(encoding="utf-8-sig"))
        return {str(entry["item"]): entry for entry in reversed(entries)}  # the first of an item that is there twice
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FsimError(f"cannot read {file}: {error}; fetch it again") from error


def _colours(layout: Layout, images: Sequence[str], of_items: Sequence[Any]) -> list[str]:
    """The colour of each image; the item's where no file lists those of the images."""
    file = layout.find("list_color_cloth.txt")
    if file is None:
        return [str(colour or "") for colour in of_items]
    found = by_name(file, read_rows(file, path_and_text, 2))
    return looked_up(file, images, {image: colour for image, (colour,) in found.items()}, "")


def _of_items(layout: Layout, items: Sequence[str]) -> AttributeLabels:
    """The attributes of the items, for each image; none where the release has no such file."""
    labels = layout.find("list_attr_items.txt")
    if labels is None:
        log.warning("there is no list_attr_items.txt in %s: no attributes but colour and gender", layout.root)
        return attribute_labels([{}] * len(items))
    return read_attributes(layout.require("list_attr_cloth.txt", ("Anno/attributes", "Anno", "")), labels, items)
