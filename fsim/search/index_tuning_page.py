"""What `fsim index tune` shows: the measurements as a table, and a page with recall against speed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from fsim.pages.page import Page, Picture, Section, Table
from fsim.pages.svg import COLOURS, data_uri, legend, line, svg, text
from fsim.search.index_tuning import Measurement
from fsim.search.sample_queries import SampleQueries

WIDTH, PLOT, LEFT, RIGHT, BOTTOM = 760, 356, 84, 20, 52  # pixels
RECALLS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 1.0)
FINEST = 0.001  # of recall: what the axis still shows apart next to 1


def by_index(measured: Sequence[Measurement]) -> dict[str, list[Measurement]]:
    """Group measurements by the name of the index."""
    found: dict[str, list[Measurement]] = {}
    for one in measured:
        found.setdefault(one.index, []).append(one)
    return found


def measured_table(k: int, measured: Sequence[Measurement], chosen: Measurement | None) -> Table:
    """Return a row for each measurement; a star marks the chosen one."""
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
    source: str, queries: SampleQueries, measured: Sequence[Measurement], recall: float, chosen: Measurement | None
) -> Page:
    """Return the page; `recall` is what was wanted, `chosen` None where none reached it."""
    picture = data_uri(recall_chart(by_index(measured), recall, chosen))
    number, dimensions = queries.embeddings.shape
    figures = {"wanted recall": f"{recall:g}", "neighbours": f"{queries.k}"}
    if chosen is not None:
        figures |= {
            "index": chosen.index,
            f"recall@{queries.k}": f"{chosen.recall:.4f}",
            "queries/s": f"{chosen.queries_per_second:,.0f}",
            "MB": f"{chosen.megabytes:,.1f}",
        }
        verdict = f"The fastest that reaches the recall, for the evaluators of a recipe: {chosen.line}"
    else:
        verdict = "None reaches the recall."
    caption = (
        "Dots: all measurements. Lines: those of an index that no other of it beats. Dashed: the wanted recall. "
        "Ringed: the fastest that reaches it."
    )
    return Page(
        f"Indexes for {source}",
        f"{number:,} embeddings of {dimensions} dimensions, {queries.distance}; {len(queries.queries):,} of them "
        "are the queries, each left out of its own answers. Searched on one core, all queries in one call.",
        figures,
        [
            Section("Recall against speed", verdict, charts=[Picture(picture, caption)]),
            Section("Measurements", "", [measured_table(queries.k, measured, chosen)]),
        ],
    )


def recall_chart(
    curves: Mapping[str, Sequence[Measurement]], wanted: float | None = None, chosen: Measurement | None = None
) -> str:
    """Draw the measurements of each name as points, those that no other of the name beats joined by a line.

    The recall's axis is stretched towards 1, where the differences that matter are; that of queries/s is logarithmic.

    Args:
        curves: name -> measurements; one at least in all.
        wanted: a recall to draw a line at.
        chosen: one to ring.
    """
    shown = [one for measured in curves.values() for one in measured]
    lowest = max(tick for tick in RECALLS[:-1] if tick <= min(one.recall for one in shown))
    decades = [math.log10(one.queries_per_second) for one in shown]
    bottom, top = math.floor(min(decades)), max(math.floor(min(decades)) + 1, math.ceil(max(decades)))

    names, top_of_plot = legend(LEFT, WIDTH, curves)
    top_of_plot += 25  # for the words above the axis
    foot = top_of_plot + PLOT

    def across(recall: float) -> float:
        share = (_stretched(recall) - _stretched(lowest)) / (_stretched(1) - _stretched(lowest))
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def down(speed: float) -> float:
        return foot - (math.log10(speed) - bottom) / (top - bottom) * PLOT

    parts = [line(across(tick), top_of_plot, across(tick), foot) for tick in RECALLS if tick >= lowest]
    parts += [text(across(tick), foot + 18, f"{tick:g}") for tick in RECALLS if tick >= lowest]
    parts += [line(LEFT, down(10**power), WIDTH - RIGHT, down(10**power)) for power in range(bottom, top + 1)]
    parts += [text(LEFT - 8, down(10**power) + 4, f"{10**power:,}", "end") for power in range(bottom, top + 1)]
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, foot + BOTTOM - 12, "recall (stretched towards 1)"))
    parts.append(text(LEFT, top_of_plot - 10, "queries a second, one core", "start"))
    if wanted is not None and wanted >= lowest:
        parts.append(line(across(wanted), top_of_plot, across(wanted), foot, 'stroke-dasharray="4 4" stroke-width="2"'))
    for place, measured in enumerate(curves.values()):
        colour = COLOURS[place % len(COLOURS)]
        best = unbeaten(measured)
        for one in measured:
            look = 'r="3.5"' if one in best else 'r="2.5" fill-opacity=".45"'
            x, y = across(one.recall), down(one.queries_per_second)
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" fill="{colour}" {look}/>')
        joined = " ".join(f"{across(one.recall):.1f},{down(one.queries_per_second):.1f}" for one in best)
        parts.append(f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"/>')
    parts += names
    if chosen is not None:
        x, y = across(chosen.recall), down(chosen.queries_per_second)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="none" stroke="#777" stroke-width="2"/>')
    return svg(WIDTH, foot + BOTTOM, parts)


def unbeaten(measured: Sequence[Measurement]) -> list[Measurement]:
    """Return the measurements that no other beats in both recall and speed, by recall."""
    best: list[Measurement] = []
    for one in sorted(measured, key=lambda one: (-one.recall, -one.queries_per_second)):
        if not best or one.queries_per_second > best[-1].queries_per_second:
            best.append(one)
    return best[::-1]


def _stretched(recall: float) -> float:
    return -math.log10(1 + FINEST - recall)
