"""Parts of SVG pictures, in colours that are legible on light and dark pages."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b38600", "#56b4e9", "#7f7f7f")  # Okabe and Ito, and grey
GREY = "#777"
LETTER, LEGEND_ROW = 7.5, 20  # pixels: the width of a letter, at most on average, and the height of a row


def svg(width: float, height: float, parts: Iterable[str]) -> str:
    """Wrap content as a picture of a width and height in pixels; letters are 13 px high."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="system-ui, sans-serif" font-size="13">\n' + "\n".join(parts) + "\n</svg>\n"
    )


def line(x1: float, y1: float, x2: float, y2: float, more: str = 'stroke-opacity=".3"') -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{GREY}" {more}/>'


def text(x: float, y: float, words: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{GREY}" text-anchor="{anchor}">{escape(words)}</text>'


def legend(left: float, right: float, names: Iterable[str]) -> tuple[list[str], float]:
    """Draw rows at the head of a picture, each name behind a patch of its colour, in the order of `COLOURS`; and how
    far they reach down."""
    names = list(names)
    step = min(LETTER * max(map(len, names)) + 34, right - left)
    columns = int((right - left) // step)
    parts = []
    for place, name in enumerate(names):
        x, y = left + step * (place % columns), 7 + LEGEND_ROW * (place // columns)
        parts.append(
            f'<rect x="{x:.1f}" y="{y}" width="12" height="12" rx="2" fill="{COLOURS[place % len(COLOURS)]}"/>'
        )
        parts.append(text(x + 18, y + 11, name, "start"))
    return parts, 7 + LEGEND_ROW * -(-len(names) // columns)


def data_uri(picture: str) -> str:
    """Return an SVG picture as a data URI."""
    return "data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode()
