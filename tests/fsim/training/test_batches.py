from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsim.catalog.encoded_catalog import encode
from fsim.images.image_cache import open_image_cache
from fsim.images.normalise import Normalise
from fsim.images.preparation import Preparation
from fsim.interfaces import Catalog
from fsim.training.batches import Drawing, TrainingBatches, TrainingImages
from fsim_plugins.augmentations.none import NoAugmentation
from fsim_plugins.samplers.balanced_categories import BalancedCategories
from fsim_plugins.samplers.m_per_class import MPerClass

ITEMS = ["e", "e", "b", "b", "d", "d", "", "a", "c"]  # a and c are of val only


def batches(folder: Path, sampler: type[Any], with_attributes: bool = False, **settings: Any) -> TrainingBatches:
    catalog = Catalog.of(
        {
            "image": [str(number) for number in range(9)],
            "split": ["train"] * 7 + ["val"] * 2,
            "category": ["x"] * 9,
            "item": ITEMS,
            "attributes": [{"pattern": "striped" if number % 2 else "dotted"} for number in range(8)] + [{}],
        },
        folder,
        pixels=np.zeros((9, 8, 8), dtype=np.uint8),
    )
    encoded = encode(catalog, np.ones(9, dtype=bool))
    images = open_image_cache(catalog, Preparation(8), folder=folder, max_damaged=0)
    rows = encoded.rows("train")
    built = sampler(label="item", categories=encoded.categories[rows], items=encoded.items[rows], **settings)
    attributes = encoded.attributes if with_attributes else None
    return TrainingBatches(
        TrainingImages(encoded, images, rows, attributes),
        Drawing(built, NoAugmentation(), seed=0),
        Normalise((0, 0, 0), (1, 1, 1)),
    )


def test_labels_are_numbered_over_the_training_images(tmp_path: Path) -> None:
    made = batches(tmp_path, MPerClass, batch_size=4, images_per_label=2)
    assert made.num_labels == 3
    assert made.labels.tolist() == [2, 2, 0, 0, 1, 1, -1]
    assert made[0].labels.unique().numel() == 2


@pytest.mark.parametrize(
    ("sampler", "settings", "missing"),
    [
        (MPerClass, {"batch_size": 4, "images_per_label": 2}, []),
        (MPerClass, {"batch_size": 2, "images_per_label": 2}, ["negative"]),
        (BalancedCategories, {"batch_size": 3}, ["positive"]),
    ],
)
def test_pairs_that_no_batch_has_are_named(
    tmp_path: Path, sampler: type[Any], settings: dict[str, Any], missing: list[str]
) -> None:
    assert batches(tmp_path, sampler, **settings).missing_pairs() == missing


def test_attributes_are_those_of_the_images(tmp_path: Path) -> None:
    batch = batches(tmp_path, MPerClass, with_attributes=True, batch_size=4, images_per_label=2)[0]
    assert batch.attributes is not None
    assert batch.attributes.tolist() == [[-1, 1] if row % 2 else [1, -1] for row in batch.rows.tolist()]


def test_nobody_asks_for_attributes(tmp_path: Path) -> None:
    assert batches(tmp_path, MPerClass, batch_size=4, images_per_label=2)[0].attributes is None
