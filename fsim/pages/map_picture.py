"""A picture of a map: its points by category, and beside them the images themselves where they lie.

Shape legend: N images, T thumbnail size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fsim.interfaces import IntArray, Vectors
from fsim.pages.image_map import Mark, category_marks

PANEL = 1200  # pixels, the width of each of the two panels, and their height at most
MARGIN = 40
TITLE = 44
LEGEND = 26  # pixels, the size of its letters
ROW = 42  # pixels between lines of the legend
FINER = 3  # markers are drawn so many times larger and then made small, for smooth edges
PAPER, INK, FRAME = "#FFFFFF", "#222222", "#D5D5D5"
FEWEST_CELLS, MOST_CELLS = 14, 24  # thumbnails along a side
AROUND = 8  # images that tell whether a category is among itself
MOST_LABELS = 20  # more names on the map would hide it


def map_picture(
    plane: Vectors, categories: Sequence[str], thumbnails: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], title: str
) -> Image.Image:
    """Draw points [N, 2], drawn to one scale along both axes.

    Left, a mark for each image, by category. Right, the images themselves on a grid: each cell shows the one nearest to
    its middle, framed in the colour of its category, so none hides another. The legend below serves both.
    """
    marks = category_marks(categories)
    side = PANEL // int(np.clip(2 * len(plane) ** 0.5, FEWEST_CELLS, MOST_CELLS))  # of a cell, in pixels
    places, height = _places(plane, side)  # [N, 2] pixels in a panel
    legend = _legend(list(dict.fromkeys(marks.values())), 2 * PANEL + MARGIN)
    top = MARGIN + TITLE + MARGIN // 2
    picture = Image.new("RGB", (2 * PANEL + 3 * MARGIN, top + height + MARGIN + legend.height + MARGIN), PAPER)
    ImageDraw.Draw(picture).text((MARGIN, MARGIN), title, INK, _font(TITLE - 8))
    picture.paste(_points(places, height, categories, marks), (MARGIN, top))
    picture.paste(_images(places, height, side, categories, marks, thumbnails), (2 * MARGIN + PANEL, top))
    picture.paste(legend, (MARGIN, top + height + MARGIN))
    return picture


def _places(plane: Vectors, side: int) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], int]:
    """Vectors [N, 2] -> pixels [N, 2] in a panel, the second axis upwards; and the panel's height, which holds
    whole cells and is less than its width where that of the map is."""
    exact = plane.astype(np.float64)
    low, high = exact.min(0), exact.max(0)
    scale = (PANEL - 2 * MARGIN) / ((high - low).max() or 1.0)
    height = -(-max(PANEL // 2, int((high - low)[1] * scale) + 2 * MARGIN) // side) * side
    places: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = (exact - (low + high) / 2) * scale * (1, -1)
    return places + np.array([PANEL / 2, height / 2]), height


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _panel(height: int, scale: int = 1) -> Image.Image:
    panel = Image.new("RGB", (PANEL * scale, height * scale), PAPER)
    ImageDraw.Draw(panel).rectangle((0, 0, PANEL * scale - 1, height * scale - 1), outline=FRAME, width=2 * scale)
    return panel


def _points(places: np.ndarray, height: int, categories: Sequence[str], marks: dict[str, Mark]) -> Image.Image:
    """Draw the left panel: points."""
    panel = _panel(height, FINER)
    draw = ImageDraw.Draw(panel, "RGBA")
    radius = float(np.clip(140 / len(places) ** 0.5, 4.5, 11)) * FINER
    # In random order, or the last category would hide the others; pale marks below.
    order = np.random.default_rng(0).permutation(len(places))
    pale_first = sorted(order, key=lambda row: bool(categories[row]))
    for row in pale_first:
        _mark(draw, marks[categories[row]], places[row] * FINER, radius, opacity=200)
    panel = panel.resize((PANEL, height), Image.Resampling.LANCZOS)
    names = [name for name in marks if name]
    if len(names) <= MOST_LABELS:
        _name_groups(ImageDraw.Draw(panel), places, np.array(categories), marks, names)
    return panel


def _mark(draw: ImageDraw.ImageDraw, mark: Mark, place: np.ndarray, radius: float, opacity: int = 255) -> None:
    outline = [(float(place[0] + radius * x), float(place[1] + radius * y)) for x, y in mark.shape]
    draw.polygon(outline, fill=f"{mark.colour}{opacity:02x}", outline="#FFFFFFA0", width=max(1, round(radius / 6)))


def _name_groups(
    draw: ImageDraw.ImageDraw,
    places: np.ndarray,
    categories: np.ndarray,
    marks: dict[str, Mark],
    names: list[str],
) -> None:
    """Write each category's name where its middle image lies, large categories first. A category that is not among
    itself there, and a name that would cover another, are left to the legend."""
    taken: list[tuple[float, float, float, float]] = []
    for name in sorted(names, key=lambda name: -marks[name].count):
        own = places[categories == name]
        middle = own[np.square(own - np.median(own, axis=0)).sum(1).argmin()]
        around = np.square(places - middle).sum(1).argsort(kind="stable")[:AROUND]
        if (categories[around] == name).mean() < 0.5:
            continue
        font = _font(LEGEND)
        width = min(draw.textlength(name, font) / 2 + 6, PANEL / 2)
        x = float(np.clip(middle[0], width, PANEL - width))
        box = (x - width, middle[1] - LEGEND * 0.6, x + width, middle[1] + LEGEND * 0.6)
        if not any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
            draw.text((x, middle[1]), name, INK, font, anchor="mm", stroke_width=4, stroke_fill=PAPER)
            taken.append(box)


def _images(
    places: np.ndarray,
    height: int,
    side: int,
    categories: Sequence[str],
    marks: dict[str, Mark],
    thumbnails: np.ndarray,
) -> Image.Image:
    """Draw the right panel: images."""
    panel = _panel(height)
    draw = ImageDraw.Draw(panel)
    frame = max(2, side // 20)
    for row, column, line in one_in_each_cell(places, side):
        x, y = column * side, line * side
        draw.rectangle((x + 1, y + 1, x + side - 2, y + side - 2), fill=marks[categories[row]].colour)
        inner = side - 2 - 2 * frame
        small = Image.fromarray(thumbnails[row]).resize((inner, inner), Image.Resampling.LANCZOS)
        panel.paste(small, (x + 1 + frame, y + 1 + frame))
    return panel


def one_in_each_cell(places: np.ndarray, side: int) -> Iterator[tuple[int, int, int]]:
    """Choose in each cell the place [N, 2] nearest to its middle: its number, and the cell's column and row."""
    cells: IntArray = np.minimum(places // side, PANEL // side - 1).astype(np.int64)  # [N, 2]
    off = np.square(places - (cells + 0.5) * side).sum(1)
    seen: set[tuple[int, int]] = set()
    for row in np.argsort(off, kind="stable"):
        cell = (int(cells[row, 0]), int(cells[row, 1]))
        if cell not in seen:
            seen.add(cell)
            yield int(row), *cell


def _legend(marks: list[Mark], width: int) -> Image.Image:
    """Draw marks with their names and counts, in as many columns as fit."""
    font = _font(LEGEND)
    texts = [f"{mark.label} ({mark.count})" for mark in marks]
    wide = int(max(font.getlength(text) for text in texts)) + 80
    columns = max(1, width // wide)
    lines = -(-len(marks) // columns)
    legend = Image.new("RGB", (width * FINER, lines * ROW * FINER), PAPER)
    draw = ImageDraw.Draw(legend, "RGBA")
    spots = [(place // lines * wide, place % lines * ROW) for place in range(len(marks))]
    for mark, (x, y) in zip(marks, spots, strict=True):
        _mark(draw, mark, np.array([x + 14, y + ROW / 2]) * FINER, 10 * FINER)
    legend = legend.resize((width, lines * ROW), Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(legend)
    for text, (x, y) in zip(texts, spots, strict=True):
        draw.text((x + 36, y + ROW / 2), text, INK, font, anchor="lm")
    return legend
