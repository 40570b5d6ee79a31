"""Read the parts of each path by a regular expression with named groups."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from fsim.errors import FsimError, nearest
from fsim.functional.labels.splits import SPLIT_NAMES
from fsim.interfaces import FolderReading, ListedPicture

GROUPS = ("split", "category", "item", "caption")
EXAMPLE = r"(?P<split>[^/]+)/(?P<category>[^/]+)/(?P<item>[^/]+)/"
PATHS_SHOWN = 5


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
