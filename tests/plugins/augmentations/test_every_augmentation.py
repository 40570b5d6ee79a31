from __future__ import annotations

from typing import Any

import pytest

from fsim.interfaces import Augmentation
from fsim.testing.augmentation_contract import AugmentationContract
from fsim_plugins.augmentations.none import NoAugmentation
from fsim_plugins.augmentations.standard import Standard


class TestNone(AugmentationContract):
    def make(self) -> Augmentation:
        return NoAugmentation()


class TestStandard(AugmentationContract):
    @pytest.fixture(autouse=True, params=[{}, {"brightness": 0, "contrast": 0, "saturation": 0}], ids=str)
    def _settings(self, request: pytest.FixtureRequest) -> None:
        self.settings: dict[str, Any] = {"erasing": 0.5, **request.param}

    def make(self) -> Augmentation:
        return Standard(**self.settings)
