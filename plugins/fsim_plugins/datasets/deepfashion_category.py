"""DeepFashion's Category and Attribute Prediction benchmark."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from fsim.functional.labels.splits import split_by_name
from fsim.functional.labels.subsets import balanced_sample
from fsim.interfaces import Catalog
from fsim_plugins.deepfashion.benchmark_folder import benchmark_title
from fsim_plugins.deepfashion.coarse import Coarse
from fsim_plugins.deepfashion.fine import Fine
from fsim_plugins.deepfashion.joining import by_type
from fsim_plugins.deepfashion.layout import Layout
from fsim_plugins.deepfashion.terms import LICENCE

log = logging.getLogger("fsim.deepfashion")

SHARE = 40_000 / 289_222  # of val, and of test, in the official split


class DeepFashionCategory:
    """Category and Attribute Prediction: 289,222 pictures, 46 categories, 1000 attributes of five types.

    Liu, Luo, Qiu, Wang and Tang, "DeepFashion: powering robust clothes recognition and retrieval with rich
    annotations", CVPR 2016. The layout of the benchmark as it is unpacked, of the old release (`Anno`) or the
    newer (`Anno_coarse`, `Anno_fine`). For non-commercial research and education.

    The item is the product's folder. Where there is a file of landmarks, `attributes` say the variation too (a normal,
    medium or large pose or zoom-in); it is the picture's, and not among what attributes are learned from. The official
    protocol measures the accuracy of the 3 and 5 likeliest categories, and the recall of attributes within each type
    (the evaluators `classification` and `attributes`).

    Args:
        root: the folder that holds Anno (or Anno_coarse, Anno_fine), Eval and Img.
        annotations: `coarse`: all pictures and 1000 attributes; `fine`: 20,000 pictures, their own split, and 26
            attributes of six types.
        split: `official`: 209,222 train, 40,000 val, 40,000 test; photos of one product lie in several splits, and a
            warning counts them.
            `by_folder`: all photos of a product's folder in one split, by a hash of its name, in the same shares.
        attributes: whether to read the attributes, a file of almost a gigabyte.
        largest_categories: only the pictures of so many categories, those with the most, and of each as many as the
            smallest of these has, drawn at random: 15 give the selection of 15 x 5,013. Null for all pictures.
        sample_seed: another seed, other pictures.

    Raises:
        FsimError: files are missing (it says which, and where they were looked for) or can't be read.
    """

    licence: ClassVar[str] = LICENCE

    @staticmethod
    def benchmark_in(folder: Path) -> str:
        """The benchmark's title, where the folder holds it."""
        return benchmark_title(folder, "deepfashion_category")

    def __init__(
        self,
        root: Path,
        annotations: Literal["coarse", "fine"] = "coarse",
        split: Literal["official", "by_folder"] = "official",
        attributes: bool = True,
        largest_categories: Annotated[int, Field(ge=2)] | None = None,
        sample_seed: Annotated[int, Field(ge=0)] = 0,
    ) -> None:
        self.root, self.annotations, self.split, self.attributes = root, annotations, split, attributes
        self.largest_categories, self.sample_seed = largest_categories, sample_seed

    def load(self) -> Catalog:
        layout = Layout(self.root, "deepfashion_category")
        source = Coarse(layout) if self.annotations == "coarse" else Fine(layout)
        images = list(source.splits)
        folders = [str(Path(image).parent) for image in images]
        columns: dict[str, Any] = {
            "image": images,
            "category": source.categories(images),
            "item": [folder.removeprefix("img/") for folder in folders],
            "box": source.boxes(images),
        }
        if self.split == "by_folder":
            columns["split"] = split_by_name(folders, SHARE, SHARE, seed=0)
        else:
            columns["split"] = list(source.splits.values())
            _warn_of_leak(folders, columns["split"])
        labelled = source.attributes(images) if self.attributes else None
        if labelled is not None:
            variations = source.variations(images)
            columns["attributes"] = [{**own, **one} for own, one in zip(by_type(labelled), variations, strict=True)]
        catalog = Catalog.of(columns, layout.image_root(images), labelled=labelled)
        if self.largest_categories is not None:
            catalog = catalog.take(
                balanced_sample(columns["category"], self.sample_seed, at_most=self.largest_categories)
            )
        return catalog


def _warn_of_leak(folders: Sequence[str], splits: Sequence[str]) -> None:
    training = {folder for folder, split in zip(folders, splits, strict=True) if split == "train"}
    held_out = [folder for folder, split in zip(folders, splits, strict=True) if split != "train"]
    leaked = sum(folder in training for folder in held_out)
    if leaked:
        log.warning(
            "the official split leaks: of the %d pictures of val and test %d show a product (a folder) that is in "
            "train too, so that a network which knows products by heart looks better than it is; "
            "split: by_folder keeps them apart",
            len(held_out),
            leaked,
        )
