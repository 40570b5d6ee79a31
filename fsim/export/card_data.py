"""The data of a model card: which pictures a network learned from and was measured on."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence

from fsim.export.subject import Subject
from fsim.plugin.interface_check import class_member

MOST_NAMES = 50


def training_data(subject: Subject) -> str:
    """Source, licence, and counts of each split, as Markdown."""
    part, frame = subject.trained.checked["data.dataset"], subject.catalog.catalog.frame
    about = (inspect.getdoc(part.component) or "").strip().partition("\n")[0]
    splits = [str(split) for split in frame["split"].unique()]
    rows = []
    for split in splits:
        there = subject.catalog.rows(split)
        labels = (subject.catalog.categories[there], subject.catalog.items[there])
        rows.append([split, len(there), *(len({*of.tolist()} - {-1}) for of in labels)])
    left_out = int((~subject.catalog.usable).sum())
    damaged = f"{left_out} damaged pictures were left out. " if left_out else ""
    names = subject.trained.category_names
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    listed = ", ".join(map(cell, names[:MOST_NAMES])) + more
    return "\n\n".join(
        [
            f"Dataset `{part.name}`: {about}",
            f"Licence of the pictures: {class_member('dataset', part.component, 'licence')}",
            table(["split", "pictures", "categories", "items"], rows),
            f"{damaged}The network learned from `train` alone. Its {len(names)} categories: {listed}.",
        ]
    )


def table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines: list[Sequence[object]] = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell(one) for one in line) + " |" for line in lines)


def cell(value: object) -> str:
    """A value as Markdown shows it, whatever characters a name has."""
    text = f"{value:,}" if isinstance(value, int) else " ".join(str(value).split())
    for character in "\\|<`*_[":
        text = text.replace(character, f"\\{character}")
    return text
