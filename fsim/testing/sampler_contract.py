"""What every sampler must hold, as tests to inherit. For authors of plugins; needs pytest.

    class TestMySampler(SamplerContract):
        def make(self, **injected: Any) -> Sampler:
            return MySampler(batch_size=8, **injected)

`injected` holds `categories`, `items`, `seed`, `rank` and `world_size`.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from fsim.interfaces import IntArray, Sampler, Selection
from fsim.plugin.interface_check import complete


class SamplerContract:
    """Inherit it, give `make`, and name the class `Test...`.

    The training set has 6 categories of 2 to 40 images, items of 1 to 4 images, and two images without an
    item. Put your own `categories` and `items` in their place where a sampler needs others.
    """

    categories: ClassVar[IntArray] = np.repeat(np.arange(6), [40, 20, 16, 12, 6, 2])  # [96]
    items: ClassVar[IntArray] = np.r_[np.repeat(np.arange(22), 4), np.array([22, 22, 23, 24, 25, 25, -1, -1])]  # [96]
    epochs_to_see_all: ClassVar[int] = 60

    def make(self, **injected: Any) -> Sampler:
        """A new sampler with these injected values."""
        raise NotImplementedError

    def sampler(self, seed: int = 3, rank: int = 0, world_size: int = 1) -> Sampler:
        """The sampler under test on the training set of this class."""
        return self.make(
            categories=self.categories.copy(),
            items=self.items.copy(),
            seed=seed,
            rank=rank,
            world_size=world_size,
        )

    def test_has_the_members_of_a_sampler(self) -> None:
        sampler = self.sampler()
        complete("sampler", "under test", sampler)
        assert sampler.gives <= {"pairs"}
        assert sampler.label in ("category", "item")
        assert len(sampler) >= 1

    def test_every_epoch_has_its_declared_length_on_every_rank(self) -> None:
        lengths = {len(self.sampler(rank=rank, world_size=3)) for rank in range(3)}
        assert len(lengths) == 1, (
            f"ranks disagree about the number of batches, and would wait for each other: {lengths}"
        )
        for rank in range(3):
            sampler = self.sampler(rank=rank, world_size=3)
            assert {len(sampler.epoch(epoch)) for epoch in range(4)} == lengths

    def test_rows_are_positions_among_the_training_images(self) -> None:
        for batch in self.sampler().epoch(0):
            _check_positions(batch.rows, len(self.categories))

    def test_pairs_are_positions_in_the_batch_and_couple_different_images(self) -> None:
        sampler = self.sampler()
        for batch in sampler.epoch(0):
            if "pairs" not in sampler.gives:
                assert batch.first is None
                assert batch.second is None
                continue
            assert batch.first is not None
            assert batch.second is not None
            assert len(batch.first) == len(batch.second)
            _check_positions(batch.first, len(batch.rows))
            _check_positions(batch.second, len(batch.rows))
            assert np.all(batch.rows[batch.first] != batch.rows[batch.second]), "an image is paired with itself"

    def test_labels_of_pairs_are_known(self) -> None:
        sampler = self.sampler()
        labels = self.categories if sampler.label == "category" else self.items
        for batch in sampler.epoch(0):
            if batch.first is not None and batch.second is not None:
                assert np.all(labels[batch.rows[batch.first]] >= 0)
                assert np.all(labels[batch.rows[batch.second]] >= 0)

    def test_an_epoch_does_not_depend_on_what_was_asked_before(self) -> None:
        alone = self.sampler().epoch(5)
        sampler = self.sampler()
        for epoch in (7, 5, 0, 2):
            sampler.epoch(epoch)
        np.random.seed(1)
        assert _same(sampler.epoch(5), alone)
        assert _same(sampler.epoch(5), alone)

    def test_leaves_the_global_generator_alone(self) -> None:
        np.random.seed(1)
        expected = np.random.random()
        np.random.seed(1)
        self.sampler().epoch(0)
        assert np.random.random() == expected

    def test_epochs_seeds_and_ranks_differ(self) -> None:
        first = self.sampler().epoch(0)
        assert not _same(self.sampler().epoch(1), first)
        assert not _same(self.sampler(seed=4).epoch(0), first)
        by_rank = [self.sampler(rank=rank, world_size=2).epoch(0) for rank in range(2)]
        assert not _same(by_rank[0], by_rank[1])

    def test_every_image_with_a_label_has_its_turn(self) -> None:
        sampler = self.sampler()
        labels = self.categories if sampler.label == "category" else self.items
        seen: set[int] = set()
        for epoch in range(self.epochs_to_see_all):
            seen.update(*(batch.rows.tolist() for batch in sampler.epoch(epoch)))
        assert seen >= set(np.flatnonzero(labels >= 0).tolist())


def _check_positions(positions: IntArray, size: int) -> None:
    assert positions.ndim == 1
    assert positions.dtype == np.int64
    assert positions.flags.writeable, "torch warns about arrays that it may not write to"
    assert np.all((positions >= 0) & (positions < size))


def _same(one: Any, other: Any) -> bool:
    def parts(batch: Selection) -> list[list[int] | None]:
        return [None if part is None else part.tolist() for part in batch]

    return [parts(batch) for batch in one] == [parts(batch) for batch in other]
