"""Captions and the images that they find."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fsim.functional.retrieval.topk import topk
from fsim.pages.page import Picture, Section
from fsim.report.galleries import varied
from fsim.report.subject import ANSWERS, Numbers, Subject

CAPTIONS = 8


def text_section(subject: Subject) -> Section | None:
    """Captions of queries of many categories, each with its nearest images; None where the network does not read, or no
    query has a caption."""
    task, captions = subject.evaluated.task, subject.catalog.captions(subject.query_rows)
    captioned = np.array([bool(of_image) for of_image in captions])
    if task.embed_text is None or not captioned.any():
        return None
    chosen = varied(_once_an_item(subject, captioned), task.query.categories.numpy(), CAPTIONS)
    texts = [captions[query][turn % len(captions[query])] for turn, query in enumerate(chosen)]
    k = min(ANSWERS, len(task.gallery.names))
    found = topk(task.embed_text(texts), task.gallery.embedding, k, task.distance)
    rows = []
    for text, query, answers, scores in zip(texts, chosen, found.index.tolist(), found.score.tolist(), strict=True):
        item = int(task.query.items[query])
        described = int(subject.query_rows[query])
        shown = [Picture(subject.picture(described), subject.label(described), mark="query")]
        for answer, score in zip(answers, scores, strict=True):
            row = int(subject.gallery_rows[answer])
            of_item = row == described or (item >= 0 and int(task.gallery.items[answer]) == item)
            caption = f"{subject.label(row)} {subject.nearness(score)}"
            shown.append(Picture(subject.picture(row), caption, mark="right" if of_item else ""))
        rows.append((f"“{text}”", shown))
    told = (
        f"Each row: a caption, the picture that it was written for, and the {k} images that are nearest to the words. "
        f"Marked (solid green) are those of the same item; others may fit the words as well."
    )
    return Section("Words", told, pictures=rows)


def _once_an_item(subject: Subject, captioned: npt.NDArray[np.bool_]) -> Numbers:
    """An order [Q] of queries as `varied` takes it, NaN for those without a caption, and for all but the first image of
    an item."""
    items = subject.evaluated.task.query.items.numpy()
    order = np.arange(len(items), dtype=float)
    order[~captioned] = np.nan
    known = np.flatnonzero(captioned & (items >= 0))
    again = np.setdiff1d(known, known[np.unique(items[known], return_index=True)[1]])
    order[again] = np.nan
    return order
