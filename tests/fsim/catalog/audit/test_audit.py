"""Pictures with known faults: what is found, what a cleaned catalog keeps, and what is no fault."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from fsim.catalog.audit.audit import data_audit
from fsim.catalog.audit.audit_page import FINDINGS, audit_page, finding_lines, summary_table
from fsim.catalog.audit.catalog_cleaning import KEPT_FIRST, clean
from fsim.catalog.audit.duplicates import Duplicates, connected, find_duplicates, one_of_each
from fsim.catalog.audit.image_prints import ImagePrints, print_images
from fsim.errors import FsimError
from fsim.interfaces import Catalog


def draw(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (6, 6, 3), np.uint8)).resize(size, Image.Resampling.BICUBIC)


def audited(catalog: Catalog, fewest: int = 1) -> tuple[dict[str, Any], ImagePrints, Duplicates]:
    prints = print_images(catalog)
    duplicates = find_duplicates(catalog, prints)
    return data_audit(catalog, prints, duplicates, fewest), prints, duplicates


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Of picture 0 a copy with a comment, of 1 a smaller one in val, of 2 one of another category and of 3 one of an
    unknown category; two damaged files; and one long picture."""
    root = tmp_path_factory.mktemp("faulty")
    for number in range(6):
        draw(number).save(root / f"{number}.png")
    comment = PngImagePlugin.PngInfo()
    comment.add_text("comment", "a copy")
    draw(0).save(root / "0-comment.png", pnginfo=comment)
    draw(1).resize((160, 120)).save(root / "1-smaller.jpg")
    draw(2).save(root / "2-elsewhere.bmp")
    draw(3).save(root / "3-unknown.jpg", quality=80)
    (root / "empty.jpg").touch()
    torn = io.BytesIO()
    draw(9).save(torn, "JPEG")
    (root / "torn.jpg").write_bytes(torn.getvalue()[:-2])
    draw(10, (300, 60)).save(root / "long.png")
    rows = [
        *((f"{number}.png", "train", "hat") for number in range(5)),
        ("5.png", "val", "hat"),
        ("0-comment.png", "train", "hat"),
        ("1-smaller.jpg", "val", "hat"),
        ("2-elsewhere.bmp", "train", "sock"),
        ("3-unknown.jpg", "train", ""),
        ("empty.jpg", "train", "hat"),
        ("torn.jpg", "train", "hat"),
        ("long.png", "val", "sock"),
    ]
    names, splits, categories = zip(*rows, strict=True)
    return Catalog.of({"image": names, "split": splits, "category": categories}, root)


def test_every_fault_under_its_name(faulty: Catalog) -> None:
    found, prints, duplicates = audited(faulty, fewest=3)
    assert found == {
        "images": 13,
        "damaged": ["empty.jpg", "torn.jpg"],
        "causes": {"empty.jpg": "empty file", "torn.jpg": "truncated JPEG"},
        "exact_duplicates": [["0.png", "0-comment.png"], ["2.png", "2-elsewhere.bmp"]],
        "near_duplicates": [["1.png", "1-smaller.jpg"], ["3.png", "3-unknown.jpg"]],
        "label_conflicts": [
            {"label": "category", "images": ["2.png", "2-elsewhere.bmp"], "values": ["hat", "sock"]},
        ],
        "leaks": [
            {
                "by": "near",
                "images": ["1.png", "1-smaller.jpg"],
                "splits": {"train": ["1.png"], "val": ["1-smaller.jpg"]},
            },
        ],
        "stray_items": [],
        "tiny_categories": [{"category": "sock", "images": 2, "splits": {"train": 1, "val": 1}}],
        "one_split_categories": [],
        "extreme_sizes": [
            {"image": "long.png", "width": 300, "height": 60, "cause": "one side is 5.0 times the other"}
        ],
        "boxes_beyond": [],
    }
    assert one_of_each(prints, duplicates).tolist() == [0, 1, 2, 3, 4, 5, 12]


def test_what_a_cleaned_catalog_keeps(faulty: Catalog) -> None:
    _, prints, duplicates = audited(faulty)
    cleaned = clean(faulty, prints, duplicates)
    names = faulty.frame["image"].to_numpy()
    assert {reason: names[rows].tolist() for reason, rows in cleaned.dropped.items()} == {
        "damaged": ["empty.jpg", "torn.jpg"],
        "label_conflict": ["2.png", "2-elsewhere.bmp"],
        "leak": ["1.png"],
        "exact_duplicate": ["0-comment.png"],
        "near_duplicate": ["3-unknown.jpg"],
    }
    again, _, _ = audited(faulty.take(cleaned.kept))
    assert not any(again[key] for key in ("damaged", "exact_duplicates", "near_duplicates", "label_conflicts", "leaks"))


def test_a_catalog_of_damaged_images_leaves_nothing(tmp_path: Path) -> None:
    catalog = Catalog.of({"image": ["a.jpg", "b.jpg"]}, tmp_path)
    found, prints, duplicates = audited(catalog)
    assert [*found["causes"].values()] == ["no such file"] * 2
    with pytest.raises(FsimError, match="no image would be left"):
        clean(catalog, prints, duplicates)


def test_two_boxes_of_one_file_are_two_garments(tmp_path: Path) -> None:
    draw(0).save(tmp_path / "a.png")
    draw(0).save(tmp_path / "b.png")
    boxes = [(0, 0, 240, 240), (1, 0, 241, 240)]
    names = ["a.png", "./a.png"]
    found, _, _ = audited(Catalog.of({"image": names, "box": boxes}, tmp_path))
    assert found["exact_duplicates"] == found["near_duplicates"] == []
    found, _, _ = audited(Catalog.of({"image": ["a.png", "b.png"], "box": boxes}, tmp_path))
    assert found["near_duplicates"] == [["a.png", "b.png"]], "of two files they are one picture"
    found, _, _ = audited(Catalog.of({"image": names, "box": boxes[:1] * 2}, tmp_path))
    assert found["exact_duplicates"] == [names], "one box twice is one garment twice"


def test_boxes_beyond_the_picture_are_found(tmp_path: Path) -> None:
    for number in range(4):
        draw(number).save(tmp_path / f"{number}.png")
    boxes = [(30, 30, 2000, 2000), (-1, 0, 321, 241), (-1.5, 0, 100, 100), None]
    catalog = Catalog.of({"image": [f"{number}.png" for number in range(4)], "box": boxes}, tmp_path)
    found, _, _ = audited(catalog)
    assert found["boxes_beyond"] == [{"image": "0.png", "pixels": 1760.0}, {"image": "2.png", "pixels": 1.5}]
    assert finding_lines("boxes_beyond", found)[0] == "0.png: by 1,760 pixels"
    assert ["boxes beyond the picture", "2", "2"] in [list(row) for row in summary_table(found).rows]
    audit_page("boxes", catalog, found).write(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8").count("data:image/jpeg") == 2


def test_items_query_and_gallery(tmp_path: Path) -> None:
    """Other pictures of an item in query and gallery are what retrieval is about; the same picture there is a leak."""
    for number in range(5):
        draw(number).save(tmp_path / f"{number}.png")
    draw(0).save(tmp_path / "0-again.png")
    columns = {
        "image": ["0.png", "1.png", "2.png", "3.png", "0-again.png", "4.png"],
        "split": ["query", "gallery", "train", "query", "gallery", "query"],
        "item": ["a", "a", "b", "b", "a", "c"],
    }
    catalog = Catalog.of(columns, tmp_path)
    found, prints, duplicates = audited(catalog)
    assert [(one["by"], one["images"]) for one in found["leaks"]] == [
        ("exact", ["0.png", "0-again.png"]),
        ("item", ["2.png", "3.png"]),
    ]
    assert [one["item"] for one in found["stray_items"]] == ["b", "c"]
    assert clean(catalog, prints, duplicates).dropped["leak"] == [0], "the gallery's copy stays"


def test_a_source_of_arrays() -> None:
    pixels = np.stack([np.asarray(draw(seed, (28, 28)).convert("L")) for seed in (0, 1, 0)])
    found, _, _ = audited(Catalog.of({"image": ["a", "b", "c"]}, Path(), pixels=pixels))
    assert found["exact_duplicates"] == [["a", "c"]] and found["leaks"] == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(KEPT_FIRST), st.sampled_from(["", "hat", "sock"])), min_size=1, max_size=9),
    st.data(),
)
def test_cleaning_loses_and_invents_nothing(rows: list[tuple[str, str]], data: st.DataObject) -> None:
    """Each row is kept or dropped for one reason; of a group without conflict one stays, of others none."""
    count = len(rows)
    number = st.integers(0, count - 1)
    groups = connected(count, data.draw(st.lists(st.tuples(number, number), max_size=6)))
    side = np.array(data.draw(st.lists(st.integers(1, 3), min_size=count, max_size=count)))
    prints = ImagePrints(
        np.zeros((count, 1, 1, 3), np.uint8), [b"%d" % row for row in range(count)], side, side, 0 * side, {}
    )
    splits, categories = zip(*rows, strict=True)
    catalog = Catalog.of({"image": range(count), "split": splits, "category": categories}, Path())
    try:
        cleaned = clean(catalog, prints, Duplicates([], groups))
    except FsimError:
        assert sum(map(len, groups)) == count
        return
    everywhere = sorted([*cleaned.kept.tolist(), *itertools.chain(*cleaned.dropped.values())])
    assert everywhere == list(range(count))
    for group in groups:
        kept = sorted(set(group.tolist()) & set(cleaned.kept.tolist()))
        conflict = {"hat", "sock"} <= {categories[row] for row in group}
        assert len(kept) == (0 if conflict else 1)
        if kept:
            assert splits[kept[0]] == min((splits[row] for row in group), key=KEPT_FIRST.index)


def test_tables_and_page(faulty: Catalog, tmp_path: Path) -> None:
    found, _, _ = audited(faulty, fewest=3)
    assert set(FINDINGS) - {"near_duplicates_by_run"} == set(found) - {"images", "causes"}
    numbers = {row[0]: list(row[1:]) for row in summary_table(found).rows}
    assert numbers["exact duplicates"] == ["2", "4"] and numbers["tiny categories"] == ["1", "2"]
    assert finding_lines("label_conflicts", found) == ["category: 2.png (hat), 2-elsewhere.bmp (sock)"]
    assert finding_lines("leaks", found) == ["train: 1.png; val: 1-smaller.jpg"]
    page = tmp_path / "page.html"
    audit_page("Audit of <b>", faulty, found, {"cannot be decoded": 2}).write(page)
    text = page.read_text(encoding="utf-8")
    assert "Audit of &lt;b&gt;" in text and "cannot be decoded" in text and "torn.jpg: truncated JPEG" in text
    assert text.count("data:image/jpeg") == 13  # 4 + 4 duplicates, 2 in conflict, 2 of a leak, 1 long
