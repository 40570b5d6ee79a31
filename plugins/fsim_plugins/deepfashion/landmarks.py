"""Landmarks: points of a garment, such as the ends of its sleeves, and how the picture shows it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from fsim_plugins.deepfashion.annotation_file import read_rows
from fsim_plugins.deepfashion.joining import by_name, looked_up

CLOTHES = {"1": "upper body", "2": "lower body", "3": "full body"}
NUM_POINTS = {"1": 6, "2": 4, "3": 8}  # by clothes type
VARIATIONS = {"1": "normal pose", "2": "medium pose", "3": "large pose", "4": "medium zoom-in", "5": "large zoom-in"}
POSES = {"1": "front", "2": "side", "3": "back", "4": "full", "5": "additional", "6": "flat"}
VISIBLE, OCCLUDED, CUT_OFF = 0, 1, 2


class Landmarks(NamedTuple):
    """What a row of list_landmarks*.txt says of a picture."""

    clothes: str
    variation: str
    points: list[tuple[int, int, int]]  # visibility, x, y in pixels; 6 of upper, 4 of lower, 8 of full-body clothes


def read_landmarks(file: Path) -> dict[str, Landmarks]:
    """The landmarks of each image. Of one that stands there twice the first row counts, and a warning is logged.

    Raises:
        FsimError: the file can't be read, or a row is not a name, two types and its type's number of points.
    """
    found = {}
    for name, (numbers,) in by_name(file, read_rows(file, _cut, 2)).items():
        clothes, variation, *points = numbers.split()
        values = iter(map(int, points))
        found[name] = Landmarks(CLOTHES[clothes], VARIATIONS[variation], list(zip(values, values, values, strict=True)))
    return found


def variations(file: Path | None, images: Sequence[str]) -> list[dict[str, str]]:
    """`{"variation": ...}` of each image; empty where no file says it."""
    if file is None:
        return [{} for _ in images]
    found = {image: {"variation": marks.variation} for image, marks in read_landmarks(file).items()}
    return looked_up(file, images, found, {})


def _cut(line: str) -> list[str]:
    """Name and numbers; how many numbers there are depends on the first of them."""
    words = line.split()
    for clothes, num_points in NUM_POINTS.items():
        num_words = 2 + 3 * num_points
        numbers = words[-num_words:]
        if len(words) > num_words and numbers[0] == clothes and numbers[1] in VARIATIONS and _all_numbers(numbers):
            name = line.rsplit(None, num_words)[0]
            return [name, " ".join(numbers)]
    return [line]


def _all_numbers(words: list[str]) -> bool:
    return all(word.removeprefix("-").isdecimal() for word in words)
