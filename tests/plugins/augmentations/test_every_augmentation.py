from __future__ import annotations

from typing import Any

import pytest

from fsim.interfaces import Augmentation
from fsim.registry import load
from fsim.testing.augmentation_contract import AugmentationContract


class TestNone(AugmentationContract):
    components = ("none",)

    def make(self) -> Augmentation:
        return load("augmentation", "none")()  # type: ignore[no-any-return]


class TestStandard(AugmentationContract):
    components = ("standard",)

    @pytest.fixture(autouse=True, params=[{}, {"brightness": 0, "contrast": 0, "saturation": 0}], ids=str)
    def _settings(self, request: pytest.FixtureRequest) -> None:
        self.settings: dict[str, Any] = {"flip": 0.5, "erasing": 0.5, **request.param}

    def make(self) -> Augmentation:
        return load("augmentation", "standard")(**self.settings)  # type: ignore[no-any-return]
