from __future__ import annotations

from typing import Any

import pytest

from fsim.interfaces import Head
from fsim.params import injected_names
from fsim.registry import load
from fsim.testing.head_contract import HeadContract


class TestEveryHead(HeadContract):
    components = ("cat", "siam", "siam_cat", "siam_cat_attr", "siam_cat_cos")

    @pytest.fixture(autouse=True, params=components)
    def _name(self, request: pytest.FixtureRequest) -> None:
        self.name = request.param

    def make(self, **injected: Any) -> Head:
        head = load("head", self.name)
        asked = injected_names("head", head)
        return head(**{name: value for name, value in injected.items() if name in asked})  # type: ignore[no-any-return]
