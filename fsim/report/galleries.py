"""The sections of a report that show pictures: queries with their answers, failures, and captions with what they find.

Shape legend: Q queries.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fsim.evaluation.protocol_result import NUM_ANSWERS
from fsim.functional.retrieval.retrieval_metrics import skewness
from fsim.functional.retrieval.topk import topk
from fsim.interfaces import FloatArray, IntArray
from fsim.pages.page import Picture, Section
from fsim.report.evaluated_run import EvaluatedRun

QUERIES = 5  # in each gallery
HUBS = 8
CAPTIONS = 8


def gallery_section(run: EvaluatedRun) -> Section:
    """Show the best, the median and the worst queries, by `ProtocolResult.ranked_by`, with their answers."""
    metric = run.result.ranked_by
    if metric is None:
        return Section("Galleries", "No evaluator of the recipe measures each query.")
    values = run.result.query_values[metric]
    median = float(np.nanmedian(values)) if np.isfinite(values).any() else 0.0
    orders = {"best": -values, "median": np.abs(values - median), "worst": values}
    rows = [
        (f"{name}: {metric} {values[query]:.3f}, {run.label(run.result.query_rows[query])}", _row(run, query))
        for name, order in orders.items()
        for query in varied(order, run.result.task.query.categories.numpy(), QUERIES)
    ]
    measure = "cosines" if run.result.task.distance == "cosine" else "distances"
    text = (
        f"Each row: a query, and its nearest {run.result.answers.index.shape[1]} answers with their {measure}. Right "
        f"(solid green) are those of the same {run.result.task.relevant}, wrong (dashed red) all others. Ranked "
        f"by {metric}, median {median:.3f}; no category twice before every one was shown."
    )
    return Section("Galleries", text, pictures=rows)


def failure_section(run: EvaluatedRun) -> Section:
    """Show the wrong first answers that the network was surest of, and images that are answers too often (hubs)."""
    result, answers, task = run.result, run.result.answers, run.result.task
    can_answer = next((np.isfinite(values) for values in result.query_values.values()), task.query_labels.numpy() >= 0)
    wrong = can_answer & ~answers.right[:, 0] & (answers.index[:, 0] >= 0)
    order = np.where(wrong, -answers.score[:, 0].astype(float), np.nan)
    rows = [
        (f"sure and wrong: {run.label(run.result.query_rows[query])}", _row(run, query))
        for query in varied(order, task.query.categories.numpy(), QUERIES)
    ]
    counts, right = run.result.returned
    k = answers.index.shape[1]
    usual = k * len(task.query.names) / len(task.gallery.names)
    hubs = [
        Picture(
            run.picture(run.result.gallery_rows[row]),
            f"{run.label(run.result.gallery_rows[row])}: among the first {k} of {counts[row]} queries, right for "
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
    """Return up to `count` queries of the lowest `order` [Q], NaN left out, lowest first; no category comes a second
    time before every one had its turn."""
    ascending = [int(query) for query in np.argsort(order, kind="stable") if np.isfinite(order[query])]
    turns: dict[int, int] = {}
    turn_of = {}
    for query in ascending:
        category = int(categories[query])
        turn_of[query] = turns.get(category, 0)
        turns[category] = turn_of[query] + 1
    return sorted(ascending, key=turn_of.__getitem__)[:count]


def _row(run: EvaluatedRun, query: int) -> list[Picture]:
    row, answers = int(run.result.query_rows[query]), run.result.answers
    shown = [Picture(run.picture(row), run.label(row), mark="query")]
    for answer, score, right in zip(answers.index[query], answers.score[query], answers.right[query], strict=True):
        if answer >= 0:
            answer_row = int(run.result.gallery_rows[answer])
            caption = f"{run.label(answer_row)} {run.nearness(float(score))}"
            shown.append(Picture(run.picture(answer_row), caption, mark="right" if right else "wrong"))
    return shown


def text_section(run: EvaluatedRun) -> Section | None:
    """Show captions of queries of many categories, each with its nearest images; None where the network does not read,
    or no query has a caption."""
    task, captions = run.result.task, run.catalog.captions(run.result.query_rows)
    captioned = np.array([bool(of_image) for of_image in captions])
    if task.embed_text is None or not captioned.any():
        return None
    chosen = varied(_once_an_item(run, captioned), task.query.categories.numpy(), CAPTIONS)
    texts = [captions[query][turn % len(captions[query])] for turn, query in enumerate(chosen)]
    k = min(NUM_ANSWERS, len(task.gallery.names))
    nearest = topk(task.embed_text(texts), task.gallery.embedding, k, task.distance)
    rows = []
    for caption, query, answers, scores in zip(
        texts, chosen, nearest.index.tolist(), nearest.score.tolist(), strict=True
    ):
        item = int(task.query.items[query])
        described = int(run.result.query_rows[query])
        shown = [Picture(run.picture(described), run.label(described), mark="query")]
        for answer, score in zip(answers, scores, strict=True):
            row = int(run.result.gallery_rows[answer])
            of_item = row == described or (item >= 0 and int(task.gallery.items[answer]) == item)
            label = f"{run.label(row)} {run.nearness(score)}"
            shown.append(Picture(run.picture(row), label, mark="right" if of_item else ""))
        rows.append((f"“{caption}”", shown))
    text = (
        f"Each row: a caption, the picture that it was written for, and the {k} images that are nearest to the words. "
        f"Marked (solid green) are those of the same item; others may fit the words as well."
    )
    return Section("Words", text, pictures=rows)


def _once_an_item(run: EvaluatedRun, captioned: npt.NDArray[np.bool_]) -> FloatArray:
    """Return an order [Q] of queries as `varied` takes it: NaN for those without a caption, and for all but the first
    image of an item."""
    items = run.result.task.query.items.numpy()
    order = np.arange(len(items), dtype=float)
    order[~captioned] = np.nan
    known = np.flatnonzero(captioned & (items >= 0))
    again = np.setdiff1d(known, known[np.unique(items[known], return_index=True)[1]])
    order[again] = np.nan
    return order
