"""Read a folder that has no known layout: guess its levels of folders, or match its paths by a pattern."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from fsim.errors import FsimError, nearest
from fsim.functional.labels.splits import SPLIT_NAMES
from fsim.interfaces import FolderReading, ListedPicture

NUMBERED = 0.8  # folders are items where at least this share of their names has a digit
NAMES_SHOWN = 3
GROUPS = ("split", "category", "item", "caption")
EXAMPLE = r"(?P<split>[^/]+)/(?P<category>[^/]+)/(?P<item>[^/]+)/"
PATHS_SHOWN = 5


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


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of `--pattern`.

    Raises:
        FsimError: it is no regular expression, has no named group, or one that is not split, category, item or caption.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise FsimError(f"--pattern '{pattern}' is no regular expression ({error}); write, say, '{EXAMPLE}'") from error
    if not expression.groupindex:
        raise FsimError(f"--pattern '{pattern}' has no named group; name the parts, as in '{EXAMPLE}'")
    for name in expression.groupindex:
        if name not in GROUPS:
            raise FsimError(f"--pattern: there is no part '{name}'{nearest(name, GROUPS)}")
    return expression


def read_by_pattern(root: Path, pictures: Sequence[str], expression: re.Pattern[str]) -> FolderReading:
    """Read the groups of the pattern's first match in each path, relative to the folder, with forward slashes.

    Raises:
        FsimError: it matches none, or finds a split of unknown name.
    """
    found, ignored = [], []
    for image in pictures:
        match = expression.search(image)
        parts = {} if match is None else {name: text or "" for name, text in match.groupdict().items()}
        if match is None or parts.get("split") == "":
            ignored.append((image, "not matched by the pattern"))
            continue
        if "split" in parts:
            name = SPLIT_NAMES.get(parts["split"].lower())
            if name is None:
                raise FsimError(
                    f"--pattern '{expression.pattern}' finds the split '{parts['split']}' in {image}"
                    f"{nearest(parts['split'], SPLIT_NAMES)}; let it match only these: (?P<split>train|val|test)"
                )
            parts["split"] = name
        split, category, item, caption = (parts.get(name, "") for name in GROUPS)
        found.append(ListedPicture(image, split, category, item, caption))
    if not found:
        first = "".join(f"\n  {image}" for image in pictures[:PATHS_SHOWN])
        raise FsimError(
            f"--pattern '{expression.pattern}' matches none of the {len(pictures):,} paths, such as{first}\n"
            f"the paths are relative to {root}; fix the pattern"
        )
    return FolderReading("pattern", [f"{', '.join(expression.groupindex)} by {expression.pattern}"], found, ignored)
