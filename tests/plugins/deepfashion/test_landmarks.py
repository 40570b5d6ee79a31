"""Landmarks: as many points as the type of clothes has, visible, occluded or cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsim.errors import FsimError
from fsim_plugins.deepfashion.landmarks import Landmarks, read_landmarks

HEADER = "image_name clothes_type variation_type landmark_visibility_1 landmark_location_x_1 landmark_location_y_1"
ROWS = """img/Sheer Blouse/img_00000001.jpg    1  1  0 146 102  0 173 095  0 094 242  0 205 255  0 136 229  0 177 232
img/Skirt 2/img_00000002.jpg 2 4 0 010 020 1 030 040 2 000 000 2 000 000
img/Dress/img_00000003.jpg  3 5 0 1 2 0 3 4 0 5 6 0 7 8 0 9 10 0 11 12 1 13 14 2 0 0
"""


@pytest.mark.parametrize("content", [f"3\n{HEADER}\n{ROWS}", ROWS, f"\ufeff3\r\n{HEADER}\r\n{ROWS}"])
def test_rows(content: str, tmp_path: Path) -> None:
    (tmp_path / "list_landmarks.txt").write_text(content, encoding="utf-8")
    found = read_landmarks(tmp_path / "list_landmarks.txt")
    assert list(found) == [
        "img/Sheer Blouse/img_00000001.jpg",
        "img/Skirt 2/img_00000002.jpg",
        "img/Dress/img_00000003.jpg",
    ]
    assert found["img/Skirt 2/img_00000002.jpg"] == Landmarks(
        "lower body", "medium zoom-in", [(0, 10, 20), (1, 30, 40), (2, 0, 0), (2, 0, 0)]
    )
    assert [len(marks.points) for marks in found.values()] == [6, 4, 8]
    assert found["img/Sheer Blouse/img_00000001.jpg"].points[0] == (0, 146, 102)


@pytest.mark.parametrize(
    "row", ["img/a.jpg 1 1 0 1 2", "img/a.jpg 4 1 0 1 2 0 3 4", "img/a.jpg 2 9" + " 0 1 2" * 4, "img/a.jpg"]
)
def test_other_rows_are_named(row: str, tmp_path: Path) -> None:
    (tmp_path / "list_landmarks.txt").write_text(f"1\n{HEADER}\n{row}\n")
    with pytest.raises(FsimError, match="line 3"):
        read_landmarks(tmp_path / "list_landmarks.txt")
