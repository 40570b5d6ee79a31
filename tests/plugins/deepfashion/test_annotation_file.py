"""Annotation files as they are, and as people's editors leave them."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsim.errors import FsimError
from fsim_plugins.deepfashion.annotation_file import path_and_text, read_rows, trailing, two_paths
from fsim_plugins.deepfashion.joining import looked_up

BOXES = """2
image_name  x_1  y_1  x_2  y_2
img/A b/img_00000001.jpg    072 079 232 273
img/Blouse/img_00000002.jpg 067  059   155 161
"""
EXPECTED = [
    ["img/A b/img_00000001.jpg", "072", "079", "232", "273"],
    ["img/Blouse/img_00000002.jpg", "067", "059", "155", "161"],
]


@pytest.mark.parametrize(
    "content",
    [
        BOXES.encode(),
        b"\xef\xbb\xbf" + BOXES.encode(),
        BOXES.replace("\n", "\r\n").encode(),
        BOXES.replace("\n", "\r").encode(),
        BOXES.replace("\n", "   \t\n").encode(),
        BOXES.rstrip("\n").encode(),
        (BOXES + "\n\n").encode(),
        BOXES.partition("\n")[2].encode(),
        "\n".join(BOXES.splitlines()[2:]).encode(),
        BOXES.replace("\n", "\n\n").encode(),
    ],
    ids=[
        "as it is",
        "BOM",
        "CRLF",
        "CR",
        "trailing",
        "no last newline",
        "empty end",
        "no count",
        "bare rows",
        "empty lines",
    ],
)
def test_the_rows_are_the_same(content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "list_bbox.txt").write_bytes(content)
    assert read_rows(tmp_path / "list_bbox.txt", trailing(5), 5) == EXPECTED
    assert not caplog.records


def test_a_wrong_count_is_told_and_nothing_is_lost(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "list_bbox.txt").write_text(BOXES.replace("2\n", "289222\n", 1))
    with caplog.at_level(logging.WARNING):
        assert read_rows(tmp_path / "list_bbox.txt", trailing(5), 5) == EXPECTED
    assert "says that it has 289222 rows, and has 2" in caplog.text


@pytest.mark.parametrize(("encoding", "told"), [("utf-8", False), ("gb18030", True), ("latin-1", True)])
def test_names_in_any_script(encoding: str, told: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    name = "décolleté" if encoding == "latin-1" else "圆领"
    (tmp_path / "a.txt").write_bytes(f"1\nattribute_name attribute_type\n{name} 1\n".encode(encoding))
    if encoding == "latin-1":  # not valid in the other two
        assert read_rows(tmp_path / "a.txt", trailing(2), 2) == [[name, "1"]]
    else:
        assert read_rows(tmp_path / "a.txt", trailing(2), 2) == [[name, "1"]]
    assert ("not UTF-8" in caplog.text) is told


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_read_and_told(encoding: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "list_bbox.txt"
    file.write_bytes(("\ufeff" + BOXES).encode(encoding))
    assert read_rows(file, trailing(5), 5) == EXPECTED
    assert "is not UTF-8 and was read as utf-16" in caplog.text
    file.write_bytes(("\ufeff" + BOXES).encode(encoding) + b"\n")
    with pytest.raises(FsimError, match="begins as UTF-16 and is none"):
        read_rows(file, trailing(5), 5)


def test_a_long_name_is_cut_in_a_message(tmp_path: Path) -> None:
    with pytest.raises(FsimError) as error:
        looked_up(tmp_path / "a.txt", ["n" * 5000], {"m" * 5000: 1}, 0)
    assert "n" * 100 + "..." in str(error.value) and len(str(error.value)) < 600


def test_rows_that_are_numbers_have_no_count(tmp_path: Path) -> None:
    (tmp_path / "train_cate.txt").write_text("3\n17\n3\n")
    assert read_rows(tmp_path / "train_cate.txt", str.split, 1, counted=False) == [["3"], ["17"], ["3"]]


def test_attribute_names_hold_blanks() -> None:
    assert trailing(2)("abstract chevron print  1") == ["abstract chevron print", "1"]
    assert trailing(2)("abstract 1") == ["abstract", "1"]


@pytest.mark.parametrize("between", [" ", "  ", "      ", "\t"])
def test_colours_hold_blanks(between: str) -> None:
    path = "img/WOMEN/Blouses_Shirts/id_00000001/02_1_front.jpg"
    assert path_and_text(f"{path}{between}Olive Green") == [path, "Olive Green"]
    assert path_and_text("no suffix  Olive Green") == ["no suffix", "Olive Green"]


def test_pairs_of_paths_with_blanks() -> None:
    line = "img/DRESSES/My Dress/comsumer_01.jpg   img/DRESSES/My Dress/shop_01.jpg id_00000001   train"
    assert two_paths(4)(line) == [
        "img/DRESSES/My Dress/comsumer_01.jpg",
        "img/DRESSES/My Dress/shop_01.jpg",
        "id_00000001",
        "train",
    ]


@pytest.mark.parametrize(
    ("content", "message"), [("2\nimage_name\nimg/a.jpg 1 2 3\n", "line 3: expected 5"), ("", "has no rows")]
)
def test_what_is_no_row_is_named(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(content)
    with pytest.raises(FsimError, match=message):
        read_rows(tmp_path / "a.txt", trailing(5), 5)


words = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=8)
names = st.lists(words, min_size=1, max_size=3).map(" ".join)


@given(st.lists(st.tuples(names, words), min_size=1, max_size=6), st.integers(1, 9), st.booleans())
def test_whatever_the_names(rows: list[tuple[str, str]], width: int, counted: bool) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.txt"
        lines = [f"{name}{' ' * width}{value}  " for name, value in rows]
        head = [str(len(rows)), "image_name  evaluation_status"] if counted else ["image_name  evaluation_status"]
        file.write_text("\n".join(head + lines), encoding="utf-8")
        assert read_rows(file, trailing(2), 2) == [list(row) for row in rows]
