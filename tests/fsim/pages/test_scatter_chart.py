"""The picture of trials over what was chosen."""

from __future__ import annotations

import itertools
import math
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from fsim.pages.scatter_chart import LEFT, RIGHT, WIDTH, scatter_chart

SVG = "{http://www.w3.org/2000/svg}"


def dots(picture: str) -> list[tuple[float, float]]:
    return [
        (float(dot.attrib["cx"]), float(dot.attrib["cy"]))
        for dot in ElementTree.fromstring(picture).iter(SVG + "circle")
    ]


def words(picture: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(picture).iter(SVG + "text")]


POINTS = st.lists(st.tuples(st.floats(1e-8, 1e8), st.floats(-1e6, 1e6)), min_size=1, max_size=20)


@given(POINTS, st.booleans())
def test_every_point_is_a_dot_in_the_plot(points: list[tuple[float, float]], log: bool) -> None:
    found = dots(scatter_chart({"complete": points}, "lr", log))
    assert len(found) == len(points)
    assert all(LEFT <= x <= WIDTH - RIGHT for x, _ in found)
    order = sorted(range(len(points)), key=lambda place: points[place][0])
    assert [found[place][0] for place in order] == sorted(x for x, _ in found)


def test_orders_of_magnitude_are_equally_far_apart() -> None:
    picture = scatter_chart({"complete": [(1e-4, 0.1), (1e-3, 0.2), (1e-2, 0.3)]}, "lr", log=True)
    (a, _), (b, _), (c, _) = dots(picture)
    assert math.isclose(b - a, c - b, abs_tol=0.2)
    assert {"0.0001", "0.001", "0.01", "lr"} <= set(words(picture))


def test_choices_stand_in_their_order_and_are_named() -> None:
    points = [("b", 0.1), (None, 0.2), ("a", 0.3)]
    picture = scatter_chart({"complete": points}, "head", choices=["a", "b", None, "a name that is too long"])
    xs = dict(zip(("b", None, "a"), (x for x, _ in dots(picture)), strict=True))
    assert xs["a"] < xs["b"] < xs[None]
    assert {"a", "b", "None", "a name that i…"} <= set(words(picture))


def test_steps_stay_until_the_next() -> None:
    picture = scatter_chart(
        {"complete": [(0, 0.0), (5, 1.0), (10, 0.0)]}, "trial", steps=[(0, 0.0), (5, 1.0), (10, 1.0)]
    )
    line = next(ElementTree.fromstring(picture).iter(SVG + "polyline")).attrib["points"].split()
    corners = [tuple(map(float, corner.split(","))) for corner in line]
    assert all(x == before_x or y == before_y for (before_x, before_y), (x, y) in itertools.pairwise(corners))
