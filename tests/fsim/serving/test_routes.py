from __future__ import annotations

from collections.abc import Callable

from fsim.serving.loaded_index import LoadedIndex
from fsim.serving.routes import facets


def test_facets_are_the_keys_that_divide_the_images(make_loaded: Callable[..., LoadedIndex]) -> None:
    found = {one["key"]: [(of["value"], of["count"]) for of in one["values"]] for one in facets(make_loaded())}
    assert found == {"category": [("shoe", 20), ("hat", 10)], "colour": [("blue", 1), ("red", 1)]}
