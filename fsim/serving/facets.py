"""What the images of an index can be filtered by."""

from __future__ import annotations

from typing import Any

from fsim.serving.served import Served

MOST = 100  # values of a key, the most frequent ones
LEFT_OUT = ("item",)  # of which there are about as many as images
LAST = ("split",)


def facets(served: Served) -> list[dict[str, Any]]:
    """`key`, and its `values` with their `count` of images; keys of one value alone tell nothing and are left out."""
    found = []
    rows = served.index.filters.rows
    for key in sorted(rows, key=lambda key: (key in LAST, list(rows).index(key))):
        if key in LEFT_OUT or len(rows[key]) < 2:
            continue
        values = sorted(rows[key].items(), key=lambda one: (-len(one[1]), one[0]))[:MOST]
        found.append({"key": key, "values": [{"value": value, "count": len(of)} for value, of in values]})
    return found
