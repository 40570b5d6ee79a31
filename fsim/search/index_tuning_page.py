"""What `fsim index tune` shows: the measurements as a table, and a page with the curve."""

from __future__ import annotations

from collections.abc import Sequence

from fsim.pages.page import Page, Picture, Section, Table
from fsim.pages.svg import data_uri
from fsim.search.index_tuning import Measured, Questions
from fsim.search.recall_chart import recall_chart


def by_index(measured: Sequence[Measured]) -> dict[str, list[Measured]]:
    """Index -> its measurements."""
    found: dict[str, list[Measured]] = {}
    for one in measured:
        found.setdefault(one.index, []).append(one)
    return found


def measured_table(k: int, measured: Sequence[Measured], chosen: Measured | None) -> Table:
    """A row a measurement; a star marks the chosen one."""
    header = ["index", "parameters", f"recall@{k}", "queries/s", "build s", "MB", ""]
    rows = [
        [
            one.index,
            ", ".join(f"{name} {value}" for name, value in one.parameters.items()),
            f"{one.recall:.4f}",
            f"{one.queries_per_second:,.0f}",
            f"{one.build_seconds:,.2f}",
            f"{one.megabytes:,.1f}",
            "*" if one is chosen else "",
        ]
        for one in measured
    ]
    return Table(header, rows)


def tuning_page(
    source: str, questions: Questions, measured: Sequence[Measured], recall: float, chosen: Measured | None
) -> Page:
    """The page; `recall` is what was wanted, `chosen` None where none reached it."""
    picture = data_uri(recall_chart(by_index(measured), recall, chosen))
    number, dimensions = questions.embeddings.shape
    figures = {"wanted recall": f"{recall:g}", "neighbours": f"{questions.k}"}
    if chosen is not None:
        figures |= {
            "index": chosen.index,
            f"recall@{questions.k}": f"{chosen.recall:.4f}",
            "queries/s": f"{chosen.queries_per_second:,.0f}",
            "MB": f"{chosen.megabytes:,.1f}",
        }
        said = f"The fastest that reaches the recall, for the evaluators of a recipe: {chosen.line}"
    else:
        said = "None reaches the recall."
    caption = (
        "Dots: all measurements. Lines: those of an index that no other of it beats. Dashed: the wanted recall. "
        "Ringed: the fastest that reaches it."
    )
    return Page(
        f"Indexes for {source}",
        f"{number:,} embeddings of {dimensions} dimensions, {questions.distance}; {len(questions.queries):,} of them "
        "are the queries, each left out of its own answers. Searched on one core, all queries in one call.",
        figures,
        [
            Section("Recall against speed", said, charts=[Picture(picture, caption)]),
            Section("Measurements", "", [measured_table(questions.k, measured, chosen)]),
        ],
    )
