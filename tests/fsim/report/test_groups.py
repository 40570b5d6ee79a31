"""The tables of a report against what is plain to see in a handful of images."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch

from fsim.catalog.encoded_catalog import encode
from fsim.evaluation.evaluation import Evaluated
from fsim.evaluation.protocol import Protocol
from fsim.interfaces import Catalog, Embedded, RetrievalTask
from fsim.report.galleries import varied
from fsim.report.groups import by_attribute, by_category, confusion
from fsim.report.subject import Subject
from fsim.report.tables import hardest, hubs, write_tables

from ..lines import evaluation_line

CATEGORIES = ["hat", "hat", "shoes", "shoes", "skirt", ""]
PLACES = [0.0, 0.1, 0.25, 0.9, 1.0, 9.0]  # on a line: the nearest of each is 1, 0, 1, 4, 3, 4


@pytest.fixture
def subject() -> Subject:
    count = len(CATEGORIES)
    attributes = [{"pattern": "plain" if place < 0.5 else "striped"} for place in PLACES]
    columns = {
        "image": [f"{number}.jpg" for number in range(count)],
        "split": ["val"] * count,
        "category": CATEGORIES,
        "attributes": attributes,
    }
    catalog = encode(Catalog.of(columns, Path()), np.ones(count, bool))
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
    evaluated = Evaluated(protocol, task, evaluation_line(1, {}), {"exact/recall@1": recall})
    return Subject(cast(Any, None), cast(Any, None), catalog, cast(Any, None), evaluated)


def test_answers_are_exact_and_marked(subject: Subject) -> None:
    assert subject.answers.index[:, 0].tolist() == [1, 0, 1, 4, 3, 4]
    assert subject.answers.right[:, 0].tolist() == [True, True, False, False, False, False]
    assert subject.answers.index.shape == (6, 5), "all others, where they are fewer than are looked at"


def test_means_of_groups_leave_out_queries_that_do_not_count(subject: Subject) -> None:
    table = by_category(subject)
    assert table["queries"].to_dict() == {"hat": 2, "shoes": 2}
    assert table["exact/recall@1"].to_dict() == {"hat": 1.0, "shoes": 0.0}
    attributes = by_attribute(subject)
    assert attributes is not None and attributes.empty, "of fewer than five queries nothing is told"


def test_confusions_leave_unknown_categories_out(subject: Subject) -> None:
    shares = confusion(subject)
    assert shares.index.tolist() == ["hat", "shoes", "skirt"]
    assert shares.loc["hat"].tolist() == pytest.approx([2 / 8, 4 / 8, 2 / 8])


def test_hubs_and_the_hardest(subject: Subject, tmp_path: Path) -> None:
    assert hubs(subject)["queries"].sum() == 30
    worst = hardest(subject)
    assert worst.index.tolist() == ["2.jpg", "3.jpg", "0.jpg", "1.jpg"]
    assert worst["first_answer"].tolist() == ["1.jpg", "4.jpg", "1.jpg", "0.jpg"]
    write_tables(tmp_path, subject)
    assert {file.name for file in tmp_path.iterdir()} == {
        f"{name}.csv" for name in ("by_category", "by_attribute", "confusion", "hubs", "hardest")
    }


def test_no_category_comes_twice_before_every_one_had_its_turn() -> None:
    order = np.array([0.1, 0.2, 0.3, np.nan, 0.5])
    assert varied(order, np.array([0, 0, 1, 2, 0]), 3) == [0, 2, 1]
    assert varied(order, np.array([0, 0, 1, 2, 0]), 9) == [0, 2, 1, 4]
