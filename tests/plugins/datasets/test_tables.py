"""csv, jsonl and parquet are one catalog in three forms."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fsim.catalog.encoded_catalog import load_catalog
from fsim.errors import FsimError
from fsim_plugins.datasets.csv import Csv
from fsim_plugins.datasets.huggingface import HuggingFace
from fsim_plugins.datasets.jsonl import Jsonl
from fsim_plugins.datasets.parquet import Parquet

Rows = list[dict[str, Any]]
ROWS: Rows = [
    {"image": "a.jpg", "category": "hat", "item": 7, "box": [1, 2, 30, 40.5], "attributes": {"colour": "red"}},
    {"image": "b/c.jpg", "item": None, "caption": "a bag", "attributes": {"fit": ["slim", "long"]}, "price": 9.5},
    {"image": "d.jpg", "category": "", "box": None},
]


def as_csv(file: Path, rows: Rows) -> Csv:
    text = [
        {key: json.dumps(value) if isinstance(value, dict | list) else value for key, value in row.items()}
        for row in rows
    ]
    table = pd.DataFrame(text)
    if "item" in table:
        table["item"] = table["item"].astype("Int64")
    table.to_csv(file.with_suffix(".csv"), index=False)
    return Csv(file.with_suffix(".csv"))


def as_jsonl(file: Path, rows: Rows) -> Jsonl:
    file.with_suffix(".jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Jsonl(file.with_suffix(".jsonl"))


def as_parquet(file: Path, rows: Rows) -> Parquet:
    import pyarrow
    from pyarrow import parquet

    keys = {key: None for row in rows for key in row}
    parquet.write_table(
        pyarrow.table({key: [row.get(key) for row in rows] for key in keys}), file.with_suffix(".parquet")
    )
    return Parquet(file.with_suffix(".parquet"))


WRITERS = (as_csv, as_jsonl, as_parquet)
any_form = pytest.mark.parametrize("form", WRITERS, ids=lambda form: form.__name__.removeprefix("as_"))
Form = Callable[[Path, Rows], Csv | Jsonl | Parquet]


@any_form
def test_a_table_is_the_same_catalog(form: Form, tmp_path: Path) -> None:
    catalog = load_catalog(form(tmp_path / "metadata", [{**row, "split": "train"} for row in ROWS]))
    assert catalog.root == tmp_path
    assert catalog.frame.to_dict("records") == [
        {
            "image": "a.jpg",
            "split": "train",
            "category": "hat",
            "item": "7",
            "box": (1.0, 2.0, 30.0, 40.5),
            "attributes": {"colour": "red"},
            "caption": "",
        },
        {
            "image": "b/c.jpg",
            "split": "train",
            "category": "",
            "item": "",
            "box": None,
            "attributes": {"fit": ["slim", "long"]},
            "caption": "a bag",
        },
        {
            "image": "d.jpg",
            "split": "train",
            "category": "",
            "item": "",
            "box": None,
            "attributes": {},
            "caption": "",
        },
    ]


def test_the_rule_of_splits_is_one_for_all_forms(tmp_path: Path) -> None:
    rows: Rows = [{"image": f"{number}.jpg", "item": number // 3} for number in range(120)]
    splits = [form(tmp_path / "m", rows).load().frame["split"].tolist() for form in WRITERS]
    assert splits[0] == splits[1] == splits[2]
    assert set(splits[0]) == {"train", "val"}


@any_form
def test_words_in_a_list_are_attributes(form: Form, tmp_path: Path) -> None:
    rows: Rows = [{"image": "a", "attributes": ["red", "long"]}, {"image": "b", "attributes": ["long"]}]
    labels = form(tmp_path / "m", rows).load().attribute_labels()
    assert labels.names == ["long", "red"]
    assert labels.values.tolist() == [[1, 1], [1, -1]]


@any_form
def test_one_caption_several_and_none(form: Form, tmp_path: Path) -> None:
    several = ["a red hat", 'the "hat"']
    rows: Rows = [{"image": "a", "caption": several}, {"image": "b", "caption": [None, "one"]}, {"image": "c"}]
    assert form(tmp_path / "m", rows).load().frame["caption"].tolist() == [several, "one", ""]
    rows = [{"image": "a", "caption": json.dumps(several)}, {"image": "b", "caption": "[new] hat"}]
    assert form(tmp_path / "m", rows).load().frame["caption"].tolist() == [several, "[new] hat"], "as text"


def test_what_is_no_caption_is_told(tmp_path: Path) -> None:
    for value in (3, {"raw": "a"}, [["a"]]):
        for form in (as_jsonl, as_parquet):
            with pytest.raises(
                FsimError, match=r"(line|row) 1: caption .* \(expected a text or a list of texts\); fix"
            ):
                form(tmp_path / "m", [{"image": "a", "caption": value}]).load()


@any_form
def test_boxes_in_shares_need_the_pictures(form: Form, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Image.fromarray(np.zeros((100, 200, 3), np.uint8)).save(tmp_path / "a.jpg")
    rows: Rows = [{"image": "a.jpg", "box": [0.1, 0.2, 0.3, 0.6]}, {"image": "none.jpg", "box": [0.1, 0.2, 0.3, 0.6]}]
    dataset = form(tmp_path / "m", rows)
    dataset.box_format = "relative_xywh"
    first, second = dataset.load().frame["box"]
    assert first == pytest.approx((20, 20, 80, 80))
    assert second is None
    assert "none.jpg" in caplog.text


@any_form
@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"box": [1, 2, 3]}, r"(line 3|line 2|row 2): box .* cannot be read \(expected four"),
        ({"box": [30, 2, 3, 40]}, "box_format is xywh"),
        ({"box": ["a", "b", "c", "d"]}, "box .* cannot be read"),
        ({"attributes": [1, 2]}, "expected a JSON object"),
        ({"attributes": "red"}, "attributes 'red' cannot be read"),
        ({"attributes": '"red"'}, "expected a JSON object"),
        ({"attributes": "[" * 100_000}, "cannot be read"),
        ({"image": ""}, "image is empty"),
    ],
)
def test_a_cell_that_cannot_be_read_is_told(form: Form, row: dict[str, Any], words: str, tmp_path: Path) -> None:
    rows: Rows = [{"image": "a.jpg"}, {"image": "b.jpg", **row}]
    with pytest.raises(FsimError, match=words):
        form(tmp_path / "m", rows).load()


@any_form
def test_a_column_of_paths_by_another_name_is_told(form: Form, tmp_path: Path) -> None:
    with pytest.raises(FsimError, match=r"no column 'image' \(did you mean 'images'"):
        form(tmp_path / "m", [{"images": "a.jpg"}]).load()


@any_form
def test_ignored_columns_are_told_once(form: Form, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    form(tmp_path / "m", [{"image": "a", "item": "1", "x1": 3, "item_id": 4}, {"image": "b", "x1": 3}]).load()
    (told,) = [record.getMessage() for record in caplog.records]
    assert "ignored are the columns 'x1', 'item_id'; those that are read are image, split" in told


@any_form
@pytest.mark.parametrize(
    ("name", "meant"),
    [("catgory", "category"), ("Split", "split"), (" category", "category"), ("Image ", "image"), ("item_id", "item")],
)
def test_a_column_by_another_spelling_is_told(form: Form, name: str, meant: str, tmp_path: Path) -> None:
    with pytest.raises(FsimError, match=rf"'{name}', which would be ignored; if it is the catalog's '{meant}', name"):
        form(tmp_path / "m", [{"image": "a.jpg", name: "1"}]).load()


@pytest.mark.parametrize("dataset", [Csv, Jsonl, Parquet])
def test_a_missing_file_is_told(dataset: Callable[[Path], Csv | Jsonl | Parquet], tmp_path: Path) -> None:
    if dataset is Parquet:
        pytest.importorskip("pyarrow")
    with pytest.raises(FsimError, match="cannot read"):
        dataset(tmp_path / "none").load()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"image": "a"}\n\n{"image": }\n', "line 3 is no JSON "),
        ('["a"]\n', "line 1 is no JSON object"),
        ("[" * 100_000, "is no JSON"),
        ("\n", "has no rows"),
        ('{"image": {"path": "a"}}\n', "expected a text or a number, not an object"),
        ('{"image": true}\n', "not true or false"),
        ('{"image": "a", "box": [1, 2, null, 4]}\n', "line 1: box"),
        ('{"image": "a", "box": true}\n', "line 1: box"),
    ],
)
def test_lines_that_are_no_rows_are_told(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text(text)
    with pytest.raises(FsimError, match=words):
        Jsonl(tmp_path / "m.jsonl").load()


def test_parquet_of_many_makers(tmp_path: Path) -> None:
    """Maps, dictionaries, nullable numbers, large strings: what other programs write."""
    import pyarrow
    from pyarrow import parquet

    columns = {
        "image": pyarrow.array(["a", "b"], pyarrow.large_string()),
        "category": pyarrow.array(["hat", "hat"]).dictionary_encode(),
        "item": pyarrow.array([7.0, None]),
        "attributes": pyarrow.array([[("colour", "red")], []], pyarrow.map_(pyarrow.string(), pyarrow.string())),
        "box": pyarrow.array([[1, 2, 3, 4], None], pyarrow.list_(pyarrow.float32(), 4)),
    }
    parquet.write_table(pyarrow.table(columns), tmp_path / "m.parquet")
    frame = Parquet(tmp_path / "m.parquet").load().frame
    assert frame["category"].tolist() == ["hat", "hat"]
    assert frame["item"].tolist() == ["7", ""]
    assert frame["attributes"].tolist() == [{"colour": "red"}, {}]
    assert frame["box"].tolist() == [(1.0, 2.0, 3.0, 4.0), None]
    parquet.write_table(pyarrow.table({"image": [{"bytes": b"a", "path": None}]}), tmp_path / "p.parquet")
    with pytest.raises(FsimError, match="dataset huggingface"):
        Parquet(tmp_path / "p.parquet").load()


def test_a_missing_package_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(FsimError, match=r"needs the package datasets .*pip install 'fsim\[huggingface\]'"):
        HuggingFace(tmp_path, root=tmp_path).load()
