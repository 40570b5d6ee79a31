from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from hypothesis import example, given
from hypothesis import strategies as st

from fsim.line_chart import WIDTH, even_ticks, line_chart

values = st.one_of(st.floats(-1e6, 1e6), st.just(float("nan")))
series = st.dictionaries(st.text("abc<&", min_size=1, max_size=9), st.lists(values, min_size=1, max_size=9), min_size=1)


@given(series.filter(lambda found: any(y == y for ys in found.values() for y in ys)))
@example({"flat": [0.0, 0.0]})
@example({"one": [3.0]})
def test_all_finite_points_are_in_the_picture(found: dict[str, list[float]]) -> None:
    points = {name: [(epoch + 1, y) for epoch, y in enumerate(ys)] for name, ys in found.items()}
    root = ElementTree.fromstring(line_chart(points, marked=1))
    lines = [node.attrib["points"].split() for node in root if node.tag.endswith("polyline")]
    assert sum(map(len, lines)) == sum(y == y for ys in found.values() for y in ys)
    for x, y in (point.split(",") for of in lines for point in of):
        assert 0 <= float(x) <= WIDTH and 0 <= float(y) <= float(root.attrib["height"])
    assert {node.text for node in root} >= set(found)


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_ticks_are_even_and_hold_what_is_shown(low: float, span: float) -> None:
    high = low + span
    ticks, tolerance = even_ticks(low, high), 1e-6 * max(abs(low), abs(high)) + 1e-8
    assert ticks[0] <= low + tolerance and ticks[-1] >= high - tolerance
    assert 2 <= len(ticks) <= 8
