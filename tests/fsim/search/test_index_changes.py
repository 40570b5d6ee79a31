from __future__ import annotations

from typing import Any

import pytest

from fsim.errors import FsimError
from fsim.search.index_changes import IndexRequest


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"recall": 0.0}, "--recall 0: give more than 0"),
        ({"recall": 1.1}, "--recall 1.1: give more than 0"),
        ({"name": "../x"}, "use letters, digits, - and _"),
        ({"name": ""}, "use letters, digits, - and _"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(FsimError, match=message):
        IndexRequest(**settings)
