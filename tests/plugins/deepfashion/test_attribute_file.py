"""The labels found in blocks of bytes are those that splitting each line gives."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsim.errors import FsimError
from fsim_plugins.deepfashion import attribute_file
from fsim_plugins.deepfashion.attribute_file import read_attribute_file

blanks = st.sampled_from([" ", "  ", "\t", "     "])
# Names with blanks, and with words that look like labels.
names = st.lists(st.sampled_from(["img/a.jpg", "b", "1", "-1", "0", "x1", "ü", "2"]), min_size=1, max_size=4).map(
    " ".join
)


@st.composite
def files(draw: st.DrawFn) -> tuple[list[str], list[list[int]], bytes]:
    width = draw(st.integers(1, 5))
    rows = draw(
        st.lists(st.tuples(names, st.lists(st.sampled_from([1, -1, 0]), min_size=width, max_size=width)), min_size=1)
    )
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    lines = [
        draw(st.sampled_from(["", " "]))
        + name
        + "".join(draw(blanks) + str(label) for label in labels)
        + draw(st.sampled_from(["", "  "]))
        for name, labels in rows
    ]
    head = draw(st.sampled_from([[str(len(rows)), "image_name  attribute_labels"], ["image_name  attribute_labels"]]))
    text = newline.join(head + lines) + draw(st.sampled_from(["", newline, newline * 2]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    return [name for name, _ in rows], [labels for _, labels in rows], text.encode(encoding)


@settings(max_examples=200)
@given(file=files(), block=st.integers(1, 200))
def test_against_splitting(
    tmp_path_factory: pytest.TempPathFactory, file: tuple[list[str], list[list[int]], bytes], block: int
) -> None:
    expected_names, expected, content = file
    path = tmp_path_factory.getbasetemp() / "labels.txt"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attribute_file, "BLOCK", block)  # so that lines lie across the ends of blocks
        found_names, labels = read_attribute_file(path, len(expected[0]))
    assert found_names == expected_names
    assert labels.dtype == np.int8 and labels.tolist() == expected


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("img/c.jpg 1 -1", 5),
        ("img/c.jpg 1 2 -1", 5),
        ("img/c.jpg 1 --1 1", 5),
        ("1 -1 1", 5),
        ("img/c.jpg 1 x 1 -1", 5),
        ("img/c.jpg 1 -1 1 nan", 5),
    ],
)
def test_a_wrong_row_is_named(row: str, line: int, tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text(f"3\nimage_name  attribute_labels\nimg/a.jpg 1 1 1\n\n{row}\nimg/b.jpg 0 0 0\n")
    with pytest.raises(FsimError, match=f"line {line}: expected a name and 3 labels"):
        read_attribute_file(path, 3)


def test_a_wrong_count_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("7\nimg/a.jpg 1 -1\n")
    with caplog.at_level(logging.WARNING):
        assert read_attribute_file(path, 2)[0] == ["img/a.jpg"]
    assert "7 rows, and has 1" in caplog.text


def test_an_empty_or_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FsimError, match="cannot read"):
        read_attribute_file(tmp_path / "nowhere.txt", 2)
    (tmp_path / "empty.txt").write_text("0\nimage_name\n")
    with pytest.raises(FsimError, match="no rows"):
        read_attribute_file(tmp_path / "empty.txt", 2)
