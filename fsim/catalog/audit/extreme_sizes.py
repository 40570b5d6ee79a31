"""Pictures whose size or shape is far from the others'."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fsim.catalog.audit.image_prints import ImagePrints

TINY = 8  # pixels
FAR = 4  # times smaller or larger than the median
LONG = 4  # times as long as wide


def extreme_sizes(prints: ImagePrints) -> dict[int, str]:
    """Row -> why: a side below 8 pixels; a shorter side below a quarter of the median one, or a longer side above four
    times the median one; one side more than four times the other. Of the part in the box."""
    rows = prints.usable
    if not len(rows):
        return {}
    short = np.minimum(prints.widths, prints.heights)
    long = np.maximum(prints.widths, prints.heights)
    usual_short, usual_long = float(np.median(short[rows])), float(np.median(long[rows]))
    found = {}
    for row in rows.tolist():
        if short[row] < TINY:
            found[row] = f"a side below {TINY} pixels"
        elif long[row] > LONG * short[row]:
            found[row] = f"one side is {long[row] / short[row]:.1f} times the other"
        elif FAR * short[row] < usual_short:
            found[row] = f"its shorter side is below a quarter of the usual {usual_short:.0f} pixels"
        elif long[row] > FAR * usual_long:
            found[row] = f"its longer side is above four times the usual {usual_long:.0f} pixels"
    return found
