"""Read a folder of pictures: by a pattern, by a layout's name, or by the layout that fits."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fsim.catalog.source import benchmarks_in
from fsim.catalog.unknown_layout import compile_pattern, read_by_pattern, read_levels
from fsim.errors import FsimError
from fsim.interfaces import FolderReading, Layout
from fsim.kit.picture_files import SUFFIXES, picture_files
from fsim.plugin.build import build
from fsim.plugin.registry import offers

AUTO, FOLDER = "auto", "folder"


def layout_names() -> list[str]:
    """All values of `--layout`: auto, the layouts of plugins, and the guess by levels of folders."""
    return [AUTO, *dict.fromkeys(offer.name for offer in offers("layout")), FOLDER]


def read_folder(
    root: Path, layout: str = AUTO, pattern: str | None = None, parameters: Mapping[str, Any] | None = None
) -> FolderReading:
    """Read splits, categories and items of the pictures in a folder.

    Args:
        root: the folder.
        layout: one of `layout_names`.
        pattern: a regular expression with named groups, in place of a layout.
        parameters: of the layout's constructor.

    Raises:
        FsimError: there is no such folder, it has no picture, it does not fit the layout or pattern, or, with layout
            `auto`, it is a public benchmark that a dataset reads.
    """
    expression = None if pattern is None else compile_pattern(pattern)
    root = folder_of_pictures(root)
    images = picture_files(root, root)
    undecodable = [image for image in images if not _is_text(image)]
    images = [image for image in images if _is_text(image)]
    if not images:
        raise FsimError(
            f"there is no picture in {root} ({', '.join(sorted(SUFFIXES))}); give the folder of the pictures"
        )
    if expression is not None:
        reading = read_by_pattern(root, images, expression)
    else:
        if layout == AUTO:
            layout = next((name for name in layout_names()[1:-1] if _build(name, {}).fits(root, images)), FOLDER)
            if layout == FOLDER:
                _reject_benchmark(root)
        reading = read_levels(root, images) if layout == FOLDER else _build(layout, parameters or {}).read(root, images)
    if not reading.pictures:
        first = "".join(f"\n  {image}: {reason}" for image, reason in reading.ignored[:5])
        raise FsimError(
            f"{root}: nothing is left of the layout {reading.layout}:{first}\n"
            f"unpack the pictures there, or choose another --layout or a --pattern"
        )
    ignored = [*reading.ignored, *((_escaped(image), "its name is no UTF-8") for image in undecodable)]
    return FolderReading(reading.layout, reading.notes, reading.pictures, ignored)


def folder_of_pictures(given: Path) -> Path:
    """Return the folder's absolute path.

    Raises:
        FsimError: there is no such folder.
    """
    folder = given.expanduser().absolute()
    if not folder.is_dir():
        raise FsimError(f"there is no folder of pictures {folder}; give the folder that they are in")
    return folder


def _build(name: str, parameters: Mapping[str, Any]) -> Layout:
    layout: Layout = build("layout", name, parameters)
    return layout


def _reject_benchmark(folder: Path) -> None:
    """Reject a public benchmark: files in the folder or above its pictures say its splits, which are not guessed."""
    for root in (folder, *folder.parents[:2]):  # or Img, or Img/img
        benchmarks = benchmarks_in(root)
        if benchmarks:
            raise FsimError(
                f"{root} is {' or '.join(benchmarks.values())}, whose own splits, boxes and attributes are read by the "
                f"dataset {' or '.join(benchmarks)}: fsim data meta {shlex.quote(str(root))} "
                f"--dataset {next(iter(benchmarks))} (to guess from the folders' names all the same: --layout folder)"
            )


def _is_text(name: str) -> bool:
    """Whether a file's name can be written to a text file."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _escaped(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
