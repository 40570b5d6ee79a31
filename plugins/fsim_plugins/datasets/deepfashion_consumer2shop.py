"""DeepFashion's Consumer-to-shop Clothes Retrieval benchmark."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from fsim.functional.labels.attribute_labels import AttributeLabels, attribute_labels
from fsim.interfaces import Catalog
from fsim_plugins.deepfashion.annotation_file import read_rows, shown, trailing, two_paths
from fsim_plugins.deepfashion.attributes import read_attributes
from fsim_plugins.deepfashion.benchmark_folder import benchmark_title
from fsim_plugins.deepfashion.image_path import clothes_folders
from fsim_plugins.deepfashion.joining import boxes, by_name, by_type
from fsim_plugins.deepfashion.landmarks import variations
from fsim_plugins.deepfashion.layout import PARTITION, Layout
from fsim_plugins.deepfashion.partition import require_parts
from fsim_plugins.deepfashion.terms import LICENCE

log = logging.getLogger("fsim.deepfashion")

CONSUMER_SPLITS = {"train": "train", "val": "val", "test": "query"}


class DeepFashionConsumer2shop:
    """Consumer-to-shop: 239,557 pictures of 33,881 items, taken by shops and by their customers.

    Liu, Luo, Qiu, Wang and Tang, "DeepFashion: powering robust clothes recognition and retrieval with rich
    annotations", CVPR 2016. The layout of the benchmark as it is unpacked. For non-commercial research and education.

    The official protocol asks for each customer's picture whether a shop's picture of its item is among the first k
    of the shops' pictures of val and test, each of which is there once, though many pairs name it. The splits here:
    `train` (customers' and shops'), `val` and `query` (customers', of the official val and test), `gallery` (shops',
    of both).

    The category is the folder of the kind of clothes; attributes are, where the release has them, the item's, and, not
    among what attributes are learned from, the picture's source (shop or consumer) and variation (a normal, medium or
    large pose or zoom-in).

    Args:
        root: the folder that holds Anno, Eval and Img.

    Raises:
        FsimError: files are missing (it says which, and where they were looked for) or can't be read.
    """

    licence: ClassVar[str] = LICENCE

    @staticmethod
    def benchmark_in(folder: Path) -> str:
        """The benchmark's title, where the folder holds it."""
        return benchmark_title(folder, "deepfashion_consumer2shop")

    def __init__(self, root: Path) -> None:
        self.root = root

    def load(self) -> Catalog:
        layout = Layout(self.root, "deepfashion_consumer2shop")
        file = layout.require("list_eval_partition.txt", PARTITION)
        splits, items, sources = _of_pairs(file, read_rows(file, two_paths(4), 4))
        images = list(splits)
        bbox = layout.require("list_bbox_consumer2shop.txt")
        edges = {image: row[-4:] for image, row in by_name(bbox, read_rows(bbox, trailing(7), 7)).items()}
        varied = variations(layout.find("list_landmarks_consumer2shop.txt"), images)
        labelled = _of_items(layout, [items[image] for image in images])
        return Catalog.of(
            {
                "image": images,
                "split": list(splits.values()),
                "category": [clothes_folders(image)[1] for image in images],
                "item": [items[image] for image in images],
                "box": boxes(bbox, images, edges),
                "attributes": [
                    {"source": sources[image], **listed, **variation}
                    for image, listed, variation in zip(images, by_type(labelled), varied, strict=True)
                ],
            },
            layout.image_root(images),
            labelled=labelled,
        )


def _of_pairs(file: Path, pairs: Sequence[Sequence[str]]) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Image -> split, item and source, each image once."""
    splits: dict[str, str] = {}
    items: dict[str, str] = {}
    sources: dict[str, str] = {}
    moved = 0
    of_others: dict[str, str] = {}
    require_parts(file, ((consumer, status) for consumer, _, _, status in pairs), CONSUMER_SPLITS)
    for consumer, shop, item, status in pairs:
        shop_split = "train" if status == "train" else "gallery"
        for image, split, source in ((consumer, CONSUMER_SPLITS[status], "consumer"), (shop, shop_split, "shop")):
            before = splits.setdefault(image, split)
            if before != split:  # held out wins
                moved += 1
                splits[image] = split if before == "train" else before
            if items.setdefault(image, item) != item:
                of_others.setdefault(image, item)
            sources.setdefault(image, source)
    if moved:
        log.warning("%s puts %d pictures into two splits; those of train were left to the other", file, moved)
    if of_others:
        image, item = next(iter(of_others.items()))
        log.warning(
            "%s puts %d pictures under two items; the first of each counts (first: %s, %s and %s)",
            file,
            len(of_others),
            shown(image),
            shown(items[image]),
            shown(item),
        )
    return splits, items, sources


def _of_items(layout: Layout, items: Sequence[str]) -> AttributeLabels:
    """The attributes of the items, for each image; none where the release has no such files."""
    names, labels = layout.find("list_attr_cloth.txt"), layout.find("list_attr_items.txt")
    if names is None or labels is None:
        return attribute_labels([{}] * len(items))
    return read_attributes(names, labels, items)
