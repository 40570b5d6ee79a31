from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fsim.pages.line_chart import WIDTH, even_ticks, line_chart

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


@given(st.integers(-6, 3), st.integers(2, 8), st.integers(0, 8))
def test_a_logarithmic_axis_gives_each_decade_the_same_width(first: int, decades: int, marked: int) -> None:
    points = [(10.0 ** (first + place), float(place)) for place in range(decades + 1)]
    marked = min(marked, decades)
    picture = line_chart({"loss": points}, marked=points[marked][0], below="learning rate", logarithmic=True)
    root = ElementTree.fromstring(picture)
    (joined,) = (node.attrib["points"].split() for node in root if node.tag.endswith("polyline"))
    xs = [float(point.partition(",")[0]) for point in joined]
    assert [b - a for a, b in pairwise(xs)] == pytest.approx([(xs[-1] - xs[0]) / decades] * decades, abs=0.11)
    (dashed,) = (node for node in root if "stroke-dasharray" in node.attrib)
    assert float(dashed.attrib["x1"]) == pytest.approx(xs[marked], abs=0.11)
    words = {node.text for node in root}
    assert "learning rate" in words and len([word for word in words if word and word.startswith("1e")]) >= 2


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_ticks_are_even_and_hold_what_is_shown(low: float, span: float) -> None:
    high = low + span
    ticks, tolerance = even_ticks(low, high), 1e-6 * max(abs(low), abs(high)) + 1e-8
    assert ticks[0] <= low + tolerance and ticks[-1] >= high - tolerance
    assert 2 <= len(ticks) <= 8
