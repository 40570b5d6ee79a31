from __future__ import annotations

from typing import Any

import pytest

from fsim.interfaces import Head
from fsim.plugin.parameters import injected_names
from fsim.testing.head_contract import HeadContract
from fsim_plugins.heads.cat import Cat
from fsim_plugins.heads.siam import Siam
from fsim_plugins.heads.siam_cat import SiamCat
from fsim_plugins.heads.siam_cat_attr import SiamCatAttr
from fsim_plugins.heads.siam_cat_cos import SiamCatCos


class TestEveryHead(HeadContract):
    @pytest.fixture(autouse=True, params=[Cat, Siam, SiamCat, SiamCatAttr, SiamCatCos])
    def _component(self, request: pytest.FixtureRequest) -> None:
        self.component = request.param

    def make(self, **injected: Any) -> Head:
        asked = injected_names("head", self.component)
        return self.component(**{name: value for name, value in injected.items() if name in asked})
