"""Queries with their answers: the best, the median and the worst, confident mistakes, and images returned too often."""

from __future__ import annotations

import numpy as np

from fsim.functional.retrieval.answer_counts import skewness
from fsim.interfaces import IntArray
from fsim.pages.page import Picture, Section
from fsim.report.subject import Subject

QUERIES = 5  # in each gallery
HUBS = 8


def gallery_section(subject: Subject) -> Section:
    """The best, the median and the worst queries, by the metric that the report ranks by."""
    metric = subject.ranked_by
    if metric is None:
        return Section("Galleries", "No evaluator of the recipe measures each query.")
    values = subject.per_query[metric]
    median = float(np.nanmedian(values)) if np.isfinite(values).any() else 0.0
    orders = {"best": -values, "median": np.abs(values - median), "worst": values}
    rows = [
        (f"{name}: {metric} {values[query]:.3f}, {subject.label(subject.query_rows[query])}", _row(subject, query))
        for name, order in orders.items()
        for query in varied(order, subject.evaluated.task.query.categories.numpy(), QUERIES)
    ]
    measure = "cosines" if subject.evaluated.task.distance == "cosine" else "distances"
    text = (
        f"Each row: a query, and its nearest {subject.answers.index.shape[1]} answers with their {measure}. Right "
        f"(solid green) are those of the same {subject.evaluated.task.relevant}, wrong (dashed red) all others. Ranked "
        f"by {metric}, median {median:.3f}; no category twice before every one was shown."
    )
    return Section("Galleries", text, pictures=rows)


def failure_section(subject: Subject) -> Section:
    """The wrong first answers that the network was surest of, and the hubs."""
    answers, task = subject.answers, subject.evaluated.task
    can_answer = next((np.isfinite(values) for values in subject.per_query.values()), task.query_labels.numpy() >= 0)
    wrong = can_answer & ~answers.right[:, 0] & (answers.index[:, 0] >= 0)
    order = np.where(wrong, -answers.score[:, 0].astype(float), np.nan)
    rows = [
        (f"sure and wrong: {subject.label(subject.query_rows[query])}", _row(subject, query))
        for query in varied(order, task.query.categories.numpy(), QUERIES)
    ]
    counts, right = subject.returned
    k = answers.index.shape[1]
    usual = k * len(task.query.names) / len(task.gallery.names)
    hubs = [
        Picture(
            subject.picture(subject.gallery_rows[row]),
            f"{subject.label(subject.gallery_rows[row])}: among the first {k} of {counts[row]} queries, right for "
            f"{right[row]}",
        )
        for row in np.argsort(-counts, kind="stable")[:HUBS]
        if counts[row] > usual
    ]
    never = float((counts == 0).mean())
    text = (
        f"{int(wrong.sum()):,} of {int(can_answer.sum()):,} queries have a wrong first answer. Below: those that the "
        f"network was surest of. Then hubs, images that are returned too often: an image is among the first {k} of "
        f"{usual:.1f} queries on average; the skewness of that number is {skewness(counts):.2f} (above 1: hubs), and "
        f"{never:.0%} of the images are returned to nobody."
    )
    return Section("Failures", text, pictures=[*rows, *([("hubs", hubs)] if hubs else [])])


def varied(order: np.ndarray[tuple[int], np.dtype[np.float64]], categories: IntArray, count: int) -> list[int]:
    """Up to `count` places of the lowest in `order` [Q], NaN left out, lowest first; no category a second time before
    every one had its turn."""
    ascending = [int(place) for place in np.argsort(order, kind="stable") if np.isfinite(order[place])]
    turns: dict[int, int] = {}
    turn_of = {}
    for place in ascending:
        category = int(categories[place])
        turn_of[place] = turns.get(category, 0)
        turns[category] = turn_of[place] + 1
    return sorted(ascending, key=turn_of.__getitem__)[:count]


def _row(subject: Subject, query: int) -> list[Picture]:
    row, answers = int(subject.query_rows[query]), subject.answers
    shown = [Picture(subject.picture(row), subject.label(row), mark="query")]
    for answer, score, right in zip(answers.index[query], answers.score[query], answers.right[query], strict=True):
        if answer >= 0:
            found = int(subject.gallery_rows[answer])
            caption = f"{subject.label(found)} {subject.nearness(float(score))}"
            shown.append(Picture(subject.picture(found), caption, mark="right" if right else "wrong"))
    return shown
