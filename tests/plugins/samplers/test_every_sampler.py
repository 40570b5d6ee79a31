"""What holds for all built-in samplers, whatever the training set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsim.errors import FsimError
from fsim.interfaces import Sampler
from fsim_plugins.samplers.balanced_categories import BalancedCategories
from fsim_plugins.samplers.balanced_pairs import BalancedPairs
from fsim_plugins.samplers.m_per_class import MPerClass
from fsim_plugins.samplers.shuffled import Shuffled


@st.composite
def training_sets(draw: st.DrawFn) -> dict[str, Any]:
    num_images = draw(st.integers(2, 60))
    return {
        "batch_size": draw(st.integers(2, 12)),
        "label": draw(st.sampled_from(["category", "item"])),
        "batches_per_epoch": draw(st.none() | st.integers(1, 5)),
        "categories": np.array(draw(st.lists(st.integers(-1, 4), min_size=num_images, max_size=num_images))),
        "items": np.array(draw(st.lists(st.integers(-1, 20), min_size=num_images, max_size=num_images))),
        "seed": draw(st.integers(0, 2**63)),
        "world_size": draw(st.integers(1, 4)),
    }


def build(kind: type, rank: int = 0, **given: Any) -> Sampler | None:
    """None where the training set is refused."""
    if kind is Shuffled:
        given = {key: value for key, value in given.items() if key != "items"}
    try:
        return kind(rank=rank, **given)
    except FsimError:
        return None


@pytest.mark.parametrize("kind", [Shuffled, BalancedCategories, MPerClass, BalancedPairs])
@settings(max_examples=60, deadline=None)
@given(given_=training_sets())
def test_batches(kind: type, given_: dict[str, Any]) -> None:
    ranks = [build(kind, rank, **given_) for rank in range(given_["world_size"])]
    if ranks[0] is None:
        return
    labels = given_["categories"] if given_["label"] == "category" else given_["items"]
    eligible = np.arange(len(labels)) if kind is Shuffled else np.flatnonzero(labels >= 0)

    epochs = [[sampler.epoch(epoch) for sampler in ranks] for epoch in range(3)]
    for epoch in epochs:
        assert {len(batches) for batches in epoch} == {len(ranks[0])}
        for batch in (batch for batches in epoch for batch in batches):
            assert len(batch.rows) == given_["batch_size"]
            assert len(set(batch.rows.tolist())) == len(batch.rows)
            assert set(batch.rows.tolist()) <= set(eligible.tolist())
    drawn = len(ranks[0]) * len(ranks) * given_["batch_size"]
    assert given_["batches_per_epoch"] is not None or drawn >= len(eligible)


@pytest.mark.parametrize("kind", [Shuffled, BalancedPairs])
@settings(max_examples=60, deadline=None)
@given(given_=training_sets())
def test_ranks_share_out_the_images_without_replacement(kind: type, given_: dict[str, Any]) -> None:
    """Every image is drawn once before one is drawn twice, but for those that fill up the last batch."""
    ranks = [build(kind, rank, **given_) for rank in range(given_["world_size"])]
    if ranks[0] is None:
        return
    labels = given_["categories"] if given_["label"] == "category" else given_["items"]
    eligible = len(labels) if kind is Shuffled else int((labels >= 0).sum())
    batches_in_lap = -(-eligible // given_["batch_size"])
    in_turn: list[list[int]] = []
    epoch = 0
    while len(in_turn) < batches_in_lap:
        by_rank = [sampler.epoch(epoch) for sampler in ranks]
        in_turn += [batch.rows.tolist() for batches in zip(*by_rank, strict=True) for batch in batches]
        epoch += 1
    drawn = [row for rows in in_turn[:batches_in_lap] for row in rows][:eligible]
    assert len(set(drawn)) == eligible


@pytest.mark.parametrize("kind", [Shuffled, BalancedCategories, MPerClass, BalancedPairs])
@settings(max_examples=60, deadline=None)
@given(given_=training_sets(), data=st.data())
def test_an_epoch_depends_on_seed_epoch_and_rank_alone(kind: type, given_: dict[str, Any], data: st.DataObject) -> None:
    rank = data.draw(st.integers(0, given_["world_size"] - 1))
    sampler, fresh = build(kind, rank, **given_), build(kind, rank, **given_)
    if sampler is None or fresh is None:
        return
    before = sampler.epoch(2)
    for epoch in data.draw(st.permutations(range(3))):
        sampler.epoch(epoch)
    for batches in (sampler.epoch(2), fresh.epoch(2)):
        for one, other in zip(batches, before, strict=True):
            for part, expected in zip(one, other, strict=True):
                np.testing.assert_array_equal(part, expected)


@pytest.mark.parametrize("kind", [Shuffled, BalancedPairs, MPerClass, BalancedCategories])
def test_the_batches_do_not_depend_on_the_number_of_ranks(kind: type) -> None:
    given_ = {
        "batch_size": 4,
        "categories": np.arange(48) % 5,
        "items": np.arange(48) % 12,
        "seed": 1,
    }
    alone = build(kind, world_size=1, **given_)
    ranks = [build(kind, rank, world_size=3, **given_) for rank in range(3)]
    together = [batch for batches in zip(*(sampler.epoch(1) for sampler in ranks), strict=True) for batch in batches]
    for one, other in zip(together, alone.epoch(1), strict=True):
        for part, expected in zip(one, other, strict=True):
            np.testing.assert_array_equal(part, expected)


@pytest.mark.parametrize("kind", [Shuffled, BalancedCategories, MPerClass, BalancedPairs])
def test_too_few_images_for_a_batch_is_said(kind: type) -> None:
    items = {} if kind is Shuffled else {"items": np.arange(6)}
    with pytest.raises(FsimError, match="batch_size is 8"):
        kind(8, categories=np.arange(6) // 2, **items)


@pytest.mark.parametrize("kind", [BalancedCategories, MPerClass, BalancedPairs])
def test_a_catalog_without_items_is_said(kind: type) -> None:
    with pytest.raises(FsimError, match=r"set sampler\.label: category"):
        kind(4, label="item", categories=np.arange(8) // 2, items=np.full(8, -1))


@pytest.mark.parametrize("kind", [MPerClass, BalancedPairs])
def test_labels_of_one_image_each_are_said(kind: type) -> None:
    with pytest.raises(FsimError, match=r"no item has two training images.*use sampler: shuffled"):
        kind(4, label="item", categories=np.arange(8) // 2, items=np.arange(8))
