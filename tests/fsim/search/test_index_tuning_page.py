from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from hypothesis import example, given
from hypothesis import strategies as st

from fsim.search.index_tuning import Measurement
from fsim.search.index_tuning_page import WIDTH, recall_chart, unbeaten


def one(recall: float, speed: float) -> Measurement:
    return Measurement("annoy", {}, recall, speed, 1.0, 1.0)


points = st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 1e8)), min_size=1, max_size=12)


@given(points)
def test_none_of_the_unbeaten_is_beaten(found: list[tuple[float, float]]) -> None:
    measured = [one(*point) for point in found]
    left = unbeaten(measured)
    assert left == sorted(left, key=lambda best: best.recall)
    for best in measured:
        beaten = any(
            other.recall >= best.recall
            and other.queries_per_second >= best.queries_per_second
            and (other.recall, other.queries_per_second) != (best.recall, best.queries_per_second)
            for other in measured
        )
        assert (best in left) != beaten


@given(points, points, st.floats(0.01, 1))
@example([(1.0, 5.0)], [(1.0, 5.0)], 1.0)
def test_every_measurement_is_in_the_picture(
    first: list[tuple[float, float]], second: list[tuple[float, float]], wanted: float
) -> None:
    curves = {"a": [one(*point) for point in first], "b <&>": [one(*point) for point in second]}
    root = ElementTree.fromstring(recall_chart(curves, wanted, curves["a"][0]))
    dots = [node for node in root if node.tag.endswith("circle")]
    assert len(dots) == len(first) + len(second) + 1  # and the ring
    for dot in dots:
        assert 0 <= float(dot.attrib["cx"]) <= WIDTH and 0 <= float(dot.attrib["cy"]) <= float(root.attrib["height"])
    assert "b <&>" in [node.text for node in root]
