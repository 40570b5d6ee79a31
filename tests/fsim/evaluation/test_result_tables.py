"""The tables of a report against what is plain to see in a handful of images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from fsim.catalog.encoded_catalog import EncodedCatalog, encode
from fsim.evaluation.protocol import Protocol
from fsim.evaluation.protocol_result import ProtocolResult
from fsim.evaluation.result_tables import by_attribute, by_category, confusion, hardest, hubs, write_tables
from fsim.interfaces import Catalog, Embedded, RetrievalTask

from ..lines import evaluation_line

CATEGORIES = ["hat", "hat", "shoes", "shoes", "skirt", ""]
PLACES = [0.0, 0.1, 0.25, 0.9, 1.0, 9.0]  # on a line: the nearest of each is 1, 0, 1, 4, 3, 4


@pytest.fixture
def catalog() -> EncodedCatalog:
    count = len(CATEGORIES)
    attributes = [{"pattern": "plain" if place < 0.5 else "striped"} for place in PLACES]
    columns = {
        "image": [f"{number}.jpg" for number in range(count)],
        "split": ["val"] * count,
        "category": CATEGORIES,
        "attributes": attributes,
    }
    return encode(Catalog.of(columns, Path()), np.ones(count, bool))


@pytest.fixture
def result(catalog: EncodedCatalog) -> ProtocolResult:
    count = len(CATEGORIES)
    rows = np.arange(count)
    embedded = Embedded(
        torch.tensor(PLACES)[:, None],
        torch.from_numpy(catalog.categories),
        torch.full((count,), -1),
        catalog.names(rows),
    )
    task = RetrievalTask(embedded, embedded, "category", "euclidean")
    protocol = Protocol(
        query="val",
        gallery=None,
        at_end=False,
        query_rows=rows,
        gallery_rows=rows,
        without_leaks=False,
        junk=None,
        description={},
    )
    recall = torch.tensor([1.0, 1.0, 0.0, 0.0, torch.nan, torch.nan])
    return ProtocolResult(protocol, task, evaluation_line(1, {}), {"exact/recall@1": recall})


def test_answers_are_exact_and_marked(result: ProtocolResult) -> None:
    assert result.answers.index[:, 0].tolist() == [1, 0, 1, 4, 3, 4]
    assert result.answers.right[:, 0].tolist() == [True, True, False, False, False, False]
    assert result.answers.index.shape == (6, 5), "all others, where they are fewer than are looked at"


def test_means_of_groups_leave_out_queries_that_do_not_count(result: ProtocolResult, catalog: EncodedCatalog) -> None:
    table = by_category(result, catalog)
    assert table["queries"].to_dict() == {"hat": 2, "shoes": 2}
    assert table["exact/recall@1"].to_dict() == {"hat": 1.0, "shoes": 0.0}
    attributes = by_attribute(result, catalog)
    assert attributes is not None and attributes.empty, "of fewer than five queries nothing is told"


def test_confusions_leave_unknown_categories_out(result: ProtocolResult, catalog: EncodedCatalog) -> None:
    shares = confusion(result, catalog)
    assert shares.index.tolist() == ["hat", "shoes", "skirt"]
    assert shares.loc["hat"].tolist() == pytest.approx([2 / 8, 4 / 8, 2 / 8])


def test_hubs_and_the_hardest(result: ProtocolResult, catalog: EncodedCatalog, tmp_path: Path) -> None:
    assert hubs(result, catalog)["queries"].sum() == 30
    worst = hardest(result, catalog)
    assert worst.index.tolist() == ["2.jpg", "3.jpg", "0.jpg", "1.jpg"]
    assert worst["first_answer"].tolist() == ["1.jpg", "4.jpg", "1.jpg", "0.jpg"]
    write_tables(tmp_path, catalog, result)
    assert {file.name for file in tmp_path.iterdir()} == {
        f"{name}.csv" for name in ("by_category", "by_attribute", "confusion", "hubs", "hardest")
    }
