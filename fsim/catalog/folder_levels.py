"""Guess which levels of a folder are splits, categories and items, from the names of its folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from fsim.errors import FsimError
from fsim.functional.labels.splits import SPLIT_NAMES
from fsim.interfaces import FolderReading, ListedPicture

NUMBERED = 0.8  # folders are items where at least this share of their names has a digit
NAMES_SHOWN = 3


def read_levels(root: Path, pictures: Sequence[str]) -> FolderReading:
    """Guess what each level of folders is.

    The levels are those that most pictures lie below; a picture that lies higher is left out. The level whose names are
    mostly train, val, test and the like is the split. Of the others, those with one name alone say nothing. The last is
    the item if at least 80% of its folders have a digit in their names, and the one before it the category; else the
    last is the category.

    Raises:
        FsimError: the pictures lie in no folders that could be categories or items.
    """
    folders = {image: PurePosixPath(image).parts[:-1] for image in pictures}
    depth = max(Counter(map(len, folders.values())).items(), key=lambda counted: (counted[1], counted[0]))[0]
    ignored = [(image, f"not {depth} folders deep") for image, names in folders.items() if len(names) < depth]
    deep = {image: names[:depth] for image, names in folders.items() if len(names) >= depth}
    split = next((level for level in range(depth) if _are_splits([names[level] for names in deep.values()])), None)
    if split is not None:
        ignored += [(image, "in no split") for image, names in deep.items() if names[split].lower() not in SPLIT_NAMES]
        deep = {image: names for image, names in deep.items() if names[split].lower() in SPLIT_NAMES}
    levels = [level for level in range(depth) if level != split]
    telling = [level for level in levels if len({names[level] for names in deep.values()}) > 1] or levels[-1:]
    if not telling:
        raise FsimError(
            f"the pictures of {root} lie in no folders of categories or items (first: {pictures[0]}); say what the "
            f"parts of a name are: --pattern '(?P<category>[^/_]+)_(?P<item>[0-9]+)'"
        )
    last = {tuple(names[level] for level in telling) for names in deep.values()}
    numbered = sum(any(letter.isdigit() for letter in names[-1]) for names in last)
    item = telling[-1] if numbered >= NUMBERED * len(last) else None
    category = next((level for level in reversed(telling) if level != item), None)
    parents: dict[str, set[tuple[str, ...]]] = {}  # an item's name is its id, unless several categories have it
    for names in last:
        parents.setdefault(names[-1], set()).add(names[:-1])
    found = [
        ListedPicture(
            image,
            "" if split is None else SPLIT_NAMES[names[split].lower()],
            "" if category is None else names[category],
            "" if item is None else _item([names[level] for level in telling], parents),
        )
        for image, names in deep.items()
    ]
    notes = [
        f"the folders of level {level + 1} ({_some({names[level] for names in deep.values()})}) are the {what}"
        for what, level in (("splits", split), ("categories", category), ("items", item))
        if level is not None
    ]
    return FolderReading("folder", notes, found, ignored)


def _are_splits(names: Sequence[str]) -> bool:
    return 2 * sum(name.lower() in SPLIT_NAMES for name in names) >= len(names) > 0


def _item(names: Sequence[str], parents: dict[str, set[tuple[str, ...]]]) -> str:
    return names[-1] if len(parents[names[-1]]) == 1 else "/".join(names)


def _some(names: set[str]) -> str:
    shown = sorted(names)[:NAMES_SHOWN]
    return ", ".join(shown) + (f" and {len(names) - len(shown):,} more" if len(names) > len(shown) else "")
