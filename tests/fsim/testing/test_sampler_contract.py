"""The suite for plugin authors finds the mistakes that it is for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fsim.interfaces import Selection
from fsim.testing.sampler_contract import SamplerContract


class Good:
    gives = frozenset({"pairs"})
    label = "category"

    def __init__(self, categories: Any, items: Any, seed: int, rank: int, world_size: int) -> None:
        self.size, self.key = len(categories), (seed, rank)

    def __len__(self) -> int:
        return 3

    def rng(self, epoch: int) -> np.random.Generator:
        return np.random.default_rng((*self.key, epoch))

    def select(self, rows: Any) -> Selection:
        first, second = np.triu_indices(len(rows), 1)
        return Selection(rows, first, second)

    def epoch(self, epoch: int) -> list[Selection]:
        rng = self.rng(epoch)
        return [self.select(rng.permutation(self.size)[:16]) for _ in range(3)]


class Forgetful(Good):
    calls = 0

    def rng(self, epoch: int) -> np.random.Generator:
        self.calls += 1
        return np.random.default_rng((*self.key, self.calls))


class Uneven(Good):
    def __len__(self) -> int:
        return 3 + self.key[1]


class Short(Good):
    def epoch(self, epoch: int) -> list[Selection]:
        return super().epoch(epoch)[:2]


class OutOfRange(Good):
    def select(self, rows: Any) -> Selection:
        return super().select(rows + self.size)


class WithItself(Good):
    def select(self, rows: Any) -> Selection:
        return Selection(rows, np.arange(16), np.arange(16))


class NoPairs(Good):
    def select(self, rows: Any) -> Selection:
        return Selection(rows)


class OneSeed(Good):
    def rng(self, epoch: int) -> np.random.Generator:
        return np.random.default_rng(epoch)


class GlobalState(Good):
    def rng(self, epoch: int) -> np.random.Generator:
        np.random.random()
        return super().rng(epoch)


class UnknownItems(Good):
    label = "item"


class NeverTheLast(Good):
    def __init__(self, **injected: Any) -> None:
        super().__init__(**injected)
        self.size -= 1


def failures(kind: Callable[..., Any]) -> set[str]:
    class Suite(SamplerContract):
        def make(self, **injected: Any) -> Any:
            return kind(**injected)

    failed = set()
    for name in (name for name in dir(Suite) if name.startswith("test_")):
        try:
            getattr(Suite(), name)()
        except Exception:
            failed.add(name)
    return failed


def test_a_good_sampler_passes() -> None:
    assert failures(Good) == set()


@pytest.mark.parametrize(
    ("kind", "finds"),
    [
        (Forgetful, "test_an_epoch_does_not_depend_on_what_was_asked_before"),
        (Uneven, "test_every_epoch_has_its_declared_length_on_every_rank"),
        (Short, "test_every_epoch_has_its_declared_length_on_every_rank"),
        (OutOfRange, "test_rows_are_positions_among_the_training_images"),
        (WithItself, "test_pairs_are_positions_in_the_batch_and_couple_different_images"),
        (NoPairs, "test_pairs_are_positions_in_the_batch_and_couple_different_images"),
        (OneSeed, "test_epochs_seeds_and_ranks_differ"),
        (GlobalState, "test_leaves_the_global_generator_alone"),
        (UnknownItems, "test_labels_of_pairs_are_known"),
        (NeverTheLast, "test_every_image_with_a_label_has_its_turn"),
    ],
)
def test_a_mistake_is_found(kind: type, finds: str) -> None:
    assert finds in failures(kind)
