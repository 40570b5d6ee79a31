from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from fsim.catalog.encoded_catalog import encode
from fsim.interfaces import Catalog, Embedded, RetrievalTask
from fsim.report.evaluated_run import EvaluatedRun
from fsim.report.galleries import text_section, varied

ITEMS = ["a", "a", "b", "c", ""]
CAPTIONS = [["0", "1"], ["9"], ["2"], [], "4"]  # each is the place of an image, of which it has the embedding
POINTS = torch.eye(5)


def embed_text(texts: Sequence[str]) -> Tensor:
    return POINTS[[int(text) for text in texts]]


def evaluated_run(folder: Path, reads: bool = True) -> EvaluatedRun:
    for number in range(5):
        Image.new("RGB", (8, 8)).save(folder / f"{number}.png")
    columns = {"image": [f"{n}.png" for n in range(5)], "split": ["val"] * 5, "category": list("xyxyx")}
    catalog = encode(Catalog.of({**columns, "item": ITEMS, "caption": CAPTIONS}, folder), np.ones(5, dtype=bool))
    side = Embedded(POINTS, torch.from_numpy(catalog.categories), torch.from_numpy(catalog.items), columns["image"])
    task = RetrievalTask(side, side, "item", "cosine", embed_text=embed_text if reads else None)
    rows = np.arange(5)
    result: Any = SimpleNamespace(task=task, query_rows=rows, gallery_rows=rows)
    return EvaluatedRun(None, None, catalog, None, result, "last")  # type: ignore[arg-type]


def test_each_item_asks_once_and_its_images_are_marked(tmp_path: Path) -> None:
    section = text_section(evaluated_run(tmp_path))
    assert section is not None
    rows = {title: [picture.mark for picture in pictures] for title, pictures in section.pictures}
    # item a by its first image, b, and the image whose item is unknown; captions take turns
    assert list(rows) == ["“0”", "“2”", "“4”"]
    assert rows["“0”"] == ["query", "right", "right", "", "", ""], (
        "its own image first, then in catalog order that of its item"
    )
    assert rows["“2”"] == ["query", "right", "", "", "", ""]
    assert rows["“4”"] == ["query", "right", "", "", "", ""], "an image of unknown item is right for its own caption"


@pytest.mark.parametrize("case", ["does not read", "no captions"])
def test_no_gallery(case: str, tmp_path: Path) -> None:
    run = evaluated_run(tmp_path, reads=case != "does not read")
    if case == "no captions":
        run.catalog.catalog.frame["caption"] = ""
    assert text_section(run) is None


def test_no_category_comes_twice_before_every_one_had_its_turn() -> None:
    order = np.array([0.1, 0.2, 0.3, np.nan, 0.5])
    assert varied(order, np.array([0, 0, 1, 2, 0]), 3) == [0, 2, 1]
    assert varied(order, np.array([0, 0, 1, 2, 0]), 9) == [0, 2, 1, 4]
