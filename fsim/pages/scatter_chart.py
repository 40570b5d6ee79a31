"""A chart of points over numbers or choices, as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fsim.pages.line_chart import even_ticks
from fsim.pages.svg import COLOURS, legend, line, svg, text

WIDTH, PLOT, LEFT, RIGHT, BOTTOM = 460, 200, 56, 16, 44  # pixels
WORDS = 14  # letters of a choice that are shown below the axis
INSET, WORD_INSET = 10, 52  # pixels of the axis left free at both ends; of choices, whose words stand there
FEW = 3  # choices that are named below the axis on one row; more stand on two in turn
Point = tuple[Any, float]
Place = Callable[[Any], float]


def scatter_chart(
    series: Mapping[str, Sequence[Point]],
    across: str,
    log: bool = False,
    choices: Sequence[Any] | None = None,
    steps: Sequence[tuple[float, float]] = (),
) -> str:
    """Draw each point as a dot, in the colour of its series.

    Args:
        series: name -> points (x, y), one in all at least, y finite.
        across: what x is.
        log: whether its axis is logarithmic.
        choices: what x may be where it is no number; None: numbers.
        steps: (x, y) in order, drawn as a line that stays at y until the next x.
    """
    points = [point for of_one in series.values() for point in of_one]
    ticks = even_ticks(min(y for _, y in points), max(y for _, y in points))
    places, marks = _axis([x for x, _ in points], log, choices)
    names, top = legend(LEFT, WIDTH, series)
    top += 8
    foot = top + PLOT

    inset = INSET if choices is None else WORD_INSET

    def column(x: Any) -> float:
        return LEFT + inset + places(x) * (WIDTH - LEFT - RIGHT - 2 * inset)

    def row(y: float) -> float:
        return foot - (y - ticks[0]) / (ticks[-1] - ticks[0]) * PLOT

    parts = [line(LEFT, row(tick), WIDTH - RIGHT, row(tick)) for tick in ticks]
    parts += [text(LEFT - 8, row(tick) + 4, f"{tick:.4g}", "end") for tick in ticks]
    two_rows = choices is not None and len(choices) > FEW
    for place, (x, words) in enumerate(marks):
        parts.append(line(column(x), foot, column(x), foot + 5))
        parts.append(text(column(x), foot + 19 + (14 if two_rows and place % 2 else 0), words))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, foot + BOTTOM - 6 + (14 if two_rows else 0), across))
    if steps:
        corners = [(x, before) for (x, _), (_, before) in zip(steps[1:], steps, strict=False)]
        path = [steps[0], *(one for pair in zip(corners, steps[1:], strict=True) for one in pair)]
        joined = " ".join(f"{column(x):.1f},{row(y):.1f}" for x, y in path)
        parts.append(f'<polyline points="{joined}" fill="none" stroke="#777" stroke-width="2"/>')
    for place, of_one in enumerate(series.values()):
        colour = COLOURS[place % len(COLOURS)]
        parts += [
            f'<circle cx="{column(x):.1f}" cy="{row(y):.1f}" r="4" fill="{colour}" fill-opacity=".8"/>'
            for x, y in of_one
        ]
    return svg(WIDTH, foot + BOTTOM + (14 if two_rows else 0), parts + names)


def _axis(
    xs: Sequence[Any], log: bool, choices: Sequence[Any] | None
) -> tuple[Callable[[Any], float], list[tuple[Any, str]]]:
    """Return the position of each x, 0 to 1, and the ticks of the axis with their labels."""
    if choices is not None:
        step = 1 / max(1, len(choices) - 1) if len(choices) > 1 else 0.5
        order = list(choices)
        short = [(one, str(one) if len(str(one)) <= WORDS else f"{str(one)[: WORDS - 1]}…") for one in order]
        return (lambda x: order.index(x) * step if len(order) > 1 else 0.5), short
    scale = math.log10 if log else float
    first, last = scale(min(xs)), scale(max(xs))
    span = (last - first) or 1.0
    marked = _powers(min(xs), max(xs)) if log else [x for x in even_ticks(min(xs), max(xs)) if min(xs) <= x <= max(xs)]
    return (lambda x: (scale(x) - first) / span), [(x, f"{x:.4g}") for x in marked]


def _powers(low: float, high: float) -> list[float]:
    """Return round numbers for a logarithmic axis: powers of ten, and where they are few, what lies between."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for times in ((1,), (1, 3), (1, 2, 5)):
        found = [one * 10.0**power for power in exponents for one in times if low <= one * 10.0**power <= high]
        if len(found) > 2:
            break
    return [float(f"{one:.6g}") for one in found]
