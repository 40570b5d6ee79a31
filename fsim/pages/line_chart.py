"""A chart of numbers over epochs or another axis, as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from fsim.pages.svg import COLOURS, legend, line, svg, text

WIDTH, PLOT, LEFT, RIGHT, BOTTOM = 460, 200, 56, 12, 44  # pixels
TICKS = 5
FLAT = 1e-9  # a span of so small a part of the values is none
Point = tuple[float, float]


def line_chart(
    series: Mapping[str, Sequence[Point]], marked: float | None = None, below: str = "epoch", logarithmic: bool = False
) -> str:
    """Draw each series as a line through its points (x, value); what is not finite leaves a gap.

    Args:
        series: name -> points, one finite value at least in all.
        marked: an x to draw a line at.
        below: what x is.
        logarithmic: whether the axis of x is; all are above 0 then.
    """
    if logarithmic:
        series = {name: [(math.log10(x), y) for x, y in points] for name, points in series.items()}
        marked = None if marked is None else math.log10(marked)
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points if math.isfinite(y)]
    first, last = min(xs), max(xs)
    ticks = even_ticks(min(ys), max(ys))
    names, top = legend(LEFT, WIDTH, series)
    top += 8
    foot = top + PLOT  # where the plot ends

    def across(x: float) -> float:
        return LEFT + (x - first) / ((last - first) or 1) * (WIDTH - LEFT - RIGHT)

    def down(y: float) -> float:
        return foot - (y - ticks[0]) / (ticks[-1] - ticks[0]) * PLOT

    parts = [line(LEFT, down(tick), WIDTH - RIGHT, down(tick)) for tick in ticks]
    parts += [text(LEFT - 8, down(tick) + 4, f"{tick:.4g}", "end") for tick in ticks]
    whole = [tick for tick in even_ticks(first, last) if first <= tick <= last and tick == round(tick)]
    if logarithmic:
        whole = list(range(math.ceil(first), math.floor(last) + 1))
    parts += [text(across(tick), foot + 20, f"1e{tick}" if logarithmic else f"{tick:.0f}") for tick in whole]
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, foot + BOTTOM - 6, below))
    if marked is not None and first <= marked <= last:
        parts.append(line(across(marked), top, across(marked), foot, 'stroke-dasharray="4 4"'))
    for place, points in enumerate(series.values()):
        colour = COLOURS[place % len(COLOURS)]
        for stretch in _without_gaps(points):
            joined = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in stretch)
            parts.append(f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"/>')
            if len(stretch) == 1:
                (x, y) = stretch[0]
                parts.append(f'<circle cx="{across(x):.1f}" cy="{down(y):.1f}" r="3" fill="{colour}"/>')
    return svg(WIDTH, foot + BOTTOM, parts + names)


def even_ticks(low: float, high: float) -> list[float]:
    """Return about `TICKS` round numbers, evenly, from one that is not above `low` to one that is not below `high`."""
    size = max(abs(low), abs(high))
    span = high - low if high - low > FLAT * max(size, FLAT) else size if size > FLAT else 1.0
    power = 10.0 ** math.floor(math.log10(span / TICKS))
    step = power * next(times for times in (1, 2, 5, 10) if span / (times * power) <= TICKS)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{place * step:.10g}") for place in range(first, max(last, first + 1) + 1)]


def _without_gaps(points: Sequence[Point]) -> list[list[Point]]:
    """Split points into runs of finite values."""
    stretches: list[list[Point]] = [[]]
    for point in points:
        if math.isfinite(point[1]):
            stretches[-1].append(point)
        elif stretches[-1]:
            stretches.append([])
    return [stretch for stretch in stretches if stretch]
