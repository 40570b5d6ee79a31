from __future__ import annotations

import hypothesis
import pytest
import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from fsim.interfaces import Memory
from fsim.model.network import build_network
from fsim.recipe.document import Document
from fsim.recipe.mistake import RecipeError
from fsim.recipe.validate import check_document
from fsim.runtime.machine import prepare_machine
from fsim.training.build import build_losses, build_step
from fsim.training.losses import CrossBatchMemory
from fsim.training.state import TrainingState
from fsim_plugins.losses.info_nce import InfoNce
from fsim_plugins.losses.supcon import SupCon
from fsim_plugins.losses.triplet import Triplet


@hypothesis.given(
    size=st.integers(1, 9), batches=st.lists(st.integers(1, 12), max_size=5), after_steps=st.integers(0, 3)
)
def test_the_last_images_are_remembered(size: int, batches: list[int], after_steps: int) -> None:
    memory = CrossBatchMemory(size, after_steps, dimensions=2)
    seen: list[int] = []
    for batch in batches:
        labels = torch.arange(len(seen), len(seen) + batch)
        memory.remember(torch.stack([labels, -labels], dim=1).float(), labels)
        seen += labels.tolist()
    given = memory.recall()
    if len(batches) < after_steps or not seen:
        assert given is None
        return
    assert given is not None
    assert sorted(given.labels.tolist()) == seen[-size:]
    assert given.embedding.tolist() == [[label, -label] for label in given.labels.tolist()]


LOSSES = [
    InfoNce(),
    SupCon(),
    Triplet("batch_hard", margin=5.0),
    Triplet("semi_hard", margin=5.0),
    Triplet("all", margin=5.0),
]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: f"{type(loss).__name__}-{getattr(loss, 'mining', '')}")
def test_a_loss_with_a_memory_is_that_of_all_images_at_the_anchors_of_the_batch(loss: nn.Module) -> None:
    draw = torch.Generator().manual_seed(0)
    images = torch.randn(14, 4, generator=draw, dtype=torch.float64)
    labels = torch.tensor([0, 1, 2, 0, 1, -1, 0, 1, 2, 3, -1, 2, 0, 3])
    memory = Memory(images[6:], labels[6:])
    batch = images[:6].clone().requires_grad_()
    value = loss(batch, labels[:6], memory=memory)
    torch.testing.assert_close(value, _by_anchors(loss, images, labels, 6))
    value.backward()
    assert batch.grad is not None and (batch.grad[:5].abs().sum(1) > 0).all() and not batch.grad[5].any()
    torch.testing.assert_close(loss(images, labels, memory=None), loss(images, labels))


def _by_anchors(loss: nn.Module, images: Tensor, labels: Tensor, anchors: int) -> Tensor:
    """The same from one image at a time beside all others, whose labels keep them from being anchors of a positive."""
    costs, weights = [], []
    for anchor in range(anchors):
        if labels[anchor] < 0:
            continue
        others = [row for row in range(len(labels)) if row != anchor and labels[row] >= 0]
        positives = [row for row in others if labels[row] == labels[anchor]]
        negatives = [row for row in others if labels[row] != labels[anchor]]
        distance = (images[anchor] - images).norm(dim=1)
        cosine = nn.functional.cosine_similarity(images[anchor][None], images)
        if isinstance(loss, InfoNce | SupCon):
            weight = (cosine / loss.temperature).exp()
            of = [-(weight[p] / (weight[p] + weight[negatives].sum())).log() for p in positives]
            if isinstance(loss, SupCon):
                of = [torch.stack([-(weight[p] / weight[others].sum()).log() for p in positives]).mean()]
            costs += of
        elif loss.mining == "batch_hard":
            costs.append((distance[positives].max() - distance[negatives].min() + loss.margin).clamp_min(0))
        else:
            gaps = [(distance[p] - distance[n], n) for p in positives for n in negatives]
            costs += [gap + loss.margin for gap, _ in gaps if gap > -loss.margin and (loss.mining == "all" or gap < 0)]
        weights.append(1)
    return torch.stack(costs).mean()


def recipe(*losses: dict[str, object]) -> Document:
    return Document(
        {
            "name": "t",
            "data": {"dataset": {"name": "folder", "root": "."}, "image_size": 32},
            "model": {"backbone": {"name": "resnet18"}, "head": {"name": "siam_cat", "embedding_dim": 4}},
            "sampler": {"name": "m_per_class", "batch_size": 4},
            "losses": list(losses),
        }
    )


def test_loss_terms_are_named_apart_and_weighted() -> None:
    losses = build_losses(
        check_document(recipe({"name": "cross_entropy", "weight": 0.5}, {"name": "cross_entropy"}, {"name": "supcon"})),
        embedding_dim=4,
        num_categories=3,
        num_labels=3,
    )
    available = {
        "embedding": torch.randn(4, 4),
        "logits": torch.randn(4, 3),
        "categories": torch.tensor([0, 1, 2, 0]),
        "labels": torch.tensor([0, 1, 2, 0]),
    }
    terms = losses(available)
    assert list(terms) == ["cross_entropy", "cross_entropy#2", "supcon"]
    plain = torch.nn.functional.cross_entropy(available["logits"], available["categories"])
    torch.testing.assert_close(terms["cross_entropy"], 0.5 * plain)
    torch.testing.assert_close(terms["cross_entropy#2"], plain)


def test_a_memory_is_part_of_the_state() -> None:
    checked = check_document(recipe({"name": "supcon", "memory": {"size": 3}}, {"name": "supcon"}))

    def training() -> TrainingState:
        torch.manual_seed(0)
        losses = build_losses(checked, embedding_dim=4, num_categories=3, num_labels=3)
        return build_step(checked, build_network(checked, 3), losses, 3, prepare_machine("fp32")).state

    one, other = training(), training()
    available = {"embedding": torch.randn(4, 4), "labels": torch.tensor([0, 1, 0, 1])}
    first = one.losses(available)
    assert first["supcon"] == first["supcon#2"]
    one.losses.remember(available)
    assert one.losses(available)["supcon"] != first["supcon"] and one.losses(available)["supcon#2"] == first["supcon#2"]
    other.load_state_dict(one.state_dict())
    assert other.losses(available)["supcon"] == one.losses(available)["supcon"]


def test_a_loss_that_cannot_remember_is_told() -> None:
    given = {"name": "contrastive", "memory": {"size": 3}}
    with pytest.raises(RecipeError, match=r"losses\.0\.memory: loss 'contrastive' compares the images of a batch"):
        check_document(recipe(given))
    with pytest.raises(RecipeError, match=r"losses\.0\.memory\.sizes: .*did you mean 'size'"):
        check_document(recipe({"name": "supcon", "memory": {"sizes": 3}}))
