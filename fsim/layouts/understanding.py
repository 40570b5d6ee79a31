"""Understand a folder of pictures: by a pattern, by a layout's name, or by what it looks like."""

from __future__ import annotations

import shlex
from pathlib import Path

from fsim.errors import FsimError
from fsim.functional.pictures.deepfashion_folder import TITLES, deepfashion_datasets
from fsim.kit.picture_files import SUFFIXES, picture_files
from fsim.layouts import cub, folders, inshop, pattern, sop
from fsim.layouts.understood import Understood

AUTO = "auto"
LAYOUTS = {"sop": sop, "cub": cub, "inshop": inshop, "folder": folders}  # asked in this order


def understand(root: Path, layout: str = AUTO, by_pattern: str | None = None, by_picture: bool = False) -> Understood:
    """What a folder says of its pictures.

    Args:
        layout: a name in `LAYOUTS`, or `auto`.
        by_pattern: a regular expression with named groups, in place of a layout.
        by_picture: of `cub`, the split by picture.

    Raises:
        FsimError: no such folder, no picture in it, it is not of that layout or pattern, or, of layout `auto`, it is a
            benchmark of DeepFashion that a dataset reads.
    """
    expression = None if by_pattern is None else pattern.compiled(by_pattern)
    root = folder_of_pictures(root)
    pictures = picture_files(root, root)
    nameless = [image for image in pictures if not _is_text(image)]
    pictures = [image for image in pictures if _is_text(image)]
    if not pictures:
        raise FsimError(
            f"there is no picture in {root} ({', '.join(sorted(SUFFIXES))}); give the folder of the pictures"
        )
    if expression is not None:
        found = pattern.read(root, pictures, expression)
    else:
        if layout == AUTO:
            layout = next(name for name, module in LAYOUTS.items() if module.is_here(root, pictures))
            if layout == "folder":
                _refuse_deepfashion(root)
        found = cub.read(root, pictures, by_picture) if layout == "cub" else LAYOUTS[layout].read(root, pictures)
    if not found.pictures:
        first = "".join(f"\n  {image}: {why}" for image, why in found.ignored[:5])
        raise FsimError(
            f"{root}: nothing is left of the layout {found.layout}:{first}\n"
            f"unpack the pictures there, or choose another --layout or a --pattern"
        )
    ignored = [*found.ignored, *((_shown(image), "its name is no UTF-8") for image in nameless)]
    return Understood(found.layout, found.how, found.pictures, ignored)


def folder_of_pictures(given: Path) -> Path:
    """The folder, absolute.

    Raises:
        FsimError: there is none.
    """
    folder = given.expanduser().absolute()
    if not folder.is_dir():
        raise FsimError(f"there is no folder of pictures {folder}; give the folder that they are in")
    return folder


def _refuse_deepfashion(folder: Path) -> None:
    """A benchmark's splits are not guessed: it has a protocol, in files in the folder or above its pictures."""
    for root in (folder, *folder.parents[:2]):  # or Img, or Img/img
        datasets = deepfashion_datasets(root)
        if datasets:
            names = " or ".join(datasets)
            raise FsimError(
                f"{root} is DeepFashion's {' or '.join(map(TITLES.__getitem__, datasets))}, whose own splits, boxes "
                f"and attributes are read by the dataset {names}: fsim data meta {shlex.quote(str(root))} "
                f"--dataset {datasets[0]} (to guess from the folders' names all the same: --layout folder)"
            )


def _is_text(name: str) -> bool:
    """Whether a file's name can be written to a text file."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
