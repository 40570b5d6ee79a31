"""Data sets of the package `datasets`, from a folder or from the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fsim.errors import FsimError
from fsim.functional.labels.splits import SPLIT_NAMES
from fsim.functional.pictures.box_formats import BoxFormat
from fsim.interfaces import Catalog
from fsim_plugins.huggingface.columns import chosen_columns, read_columns
from fsim_plugins.huggingface.pictures import picture_names
from fsim_plugins.huggingface.source import from_folder, from_hub
from fsim_plugins.tables.table_file import Share
from fsim_plugins.tables.table_rows import SplitRule, TableRows, catalog_of


class HuggingFace:
    """A data set that the package `datasets` reads: a folder or a name on the hub. Needs `fsim[huggingface]`.

        {name: huggingface, root: data/fashion, category: articleType, item: product_id}
        {name: huggingface, hub: owner/name, category: label}

    Nothing that is loaded runs code: scripts of data sets are refused, and so are forms that hold pickles. Pictures
    that lie in its tables are written once, as they are, to the cache folder; those that are files stay where they are.

    A column whose parameter is null is guessed by its name, and the guess is logged; "" says that there is none.
    Numbers of a ClassLabel become names. The cells are read as those of the dataset `csv`.

    Args:
        cache_dir: filled in by the engine.
        root: a folder that `save_to_disk` wrote, or one of pictures in folders (imagefolder, with or without a
            metadata.csv or .jsonl) or of parquet, arrow, csv or json files.
        hub: in place of root: owner/name on huggingface.co, which is downloaded into the package's own cache, or was.
        configuration: which of a data set's several configurations.
        revision: which version on the hub: a commit, tag or branch.
        image: the column of the pictures.
        category: that of the categories.
        item: that of the items.
        box: that of the boxes, four numbers each; `bbox` is not guessed, because its format differs.
        attributes: that of the attributes: an object or a list of words.
        caption: that of the captions: a text, or a list of several; `captions` is not guessed, because it holds structs
            or numbers elsewhere: name it, `caption: captions`.
        box_format: what the numbers of a box are; see `fsim describe dataset csv`.
        splits: name of a split there -> train, val, test, query or gallery; those named alike need none.
        val_share: where there is but one split, or train alone: expected share of `val`, by a hash of the item (or the
            image).
        test_share: expected share of `test` there.
        split_seed: another seed, another split.

    Raises:
        FsimError: the package is missing, there is no such data set or column, a cell cannot be read, or the hub cannot
            be reached.
    """

    def __init__(
        self,
        cache_dir: Path,
        root: Path | None = None,
        hub: str | None = None,
        configuration: str | None = None,
        revision: str | None = None,
        image: str | None = None,
        category: str | None = None,
        item: str | None = None,
        box: str | None = None,
        attributes: str | None = None,
        caption: str | None = None,
        box_format: BoxFormat = "xyxy",
        splits: dict[str, str] | None = None,
        val_share: Share = 0.2,
        test_share: Share = 0.0,
        split_seed: int = 0,
    ) -> None:
        if (root is None) == (hub is None):
            raise FsimError("set data.dataset.root to a folder, or data.dataset.hub to owner/name, and not both")
        if root is not None and revision is not None:
            raise FsimError("a revision is of a data set on the hub; leave it out beside root")
        self.cache_dir, self.root, self.hub = cache_dir, root, hub
        self.configuration, self.revision = configuration, revision
        self.columns = {
            "image": image,
            "category": category,
            "item": item,
            "box": box,
            "attributes": attributes,
            "caption": caption,
        }
        self.box_format, self.splits = box_format, splits or {}
        self.rule = SplitRule(val_share, test_share, split_seed)

    def load(self) -> Catalog:
        folder = self.cache_dir / "huggingface"
        if self.root is not None:
            source = self.root.expanduser().absolute()
            parts = from_folder(source, self.configuration, folder / "prepared")
        else:
            source = Path()
            parts = from_hub(self.hub or "", self.configuration, self.revision)
        names = {split: self._split(split, parts) for split in parts}
        chosen = chosen_columns(next(iter(parts.values())), self.columns, self.root or self.hub)
        images, pictures = picture_names(parts, chosen["image"], source, folder / "pictures")
        columns: dict[str, list[Any]] = read_columns(parts, {**chosen, "image": ""})
        columns["image"] = images
        if list(names.values()) != ["train"]:
            columns["split"] = [names[split] for split, part in parts.items() for _ in range(len(part))]
        places = [
            f"{self.root or self.hub}, split {split}, row" for split, part in parts.items() for _ in range(len(part))
        ]
        starts = [row for part in parts.values() for row in range(len(part))]
        rows = TableRows(columns, lambda row: f"{places[row]} {starts[row]}")
        return catalog_of(rows, pictures, self.box_format, self.rule)

    def _split(self, name: str, parts: Mapping[str, Any]) -> str:
        """What a split is in a catalog; one alone is `train`."""
        unknown = set(self.splits) - set(parts)
        if unknown:
            raise FsimError(f"splits: there is no split '{min(unknown)}' (valid: {', '.join(parts)})")
        wanted = self.splits.get(name, name)
        if wanted.lower() in SPLIT_NAMES:
            return SPLIT_NAMES[wanted.lower()]
        if name in self.splits or len(parts) > 1:
            raise FsimError(
                f"the split '{wanted}' of {self.root or self.hub} is none of "
                f"{', '.join(dict.fromkeys(SPLIT_NAMES.values()))}; say which: data.dataset.splits={{{name}: train}}"
            )
        return "train"
