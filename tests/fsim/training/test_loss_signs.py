from __future__ import annotations

import logging
import math
from typing import Any

import pytest
import torch

from fsim.interfaces import Pairs
from fsim.plugin.interface_check import complete
from fsim.training.losses import LossTerms, loss_signs
from fsim_plugins.losses.contrastive import Contrastive
from fsim_plugins.losses.cosine_contrastive import CosineContrastive
from fsim_plugins.losses.cross_entropy import CrossEntropy
from fsim_plugins.losses.info_nce import InfoNce
from fsim_plugins.losses.proxy_anchor import ProxyAnchor
from fsim_plugins.losses.supcon import SupCon
from fsim_plugins.losses.triplet import Triplet
from fsim_plugins.losses.vse import Vse, VseHard

LABELS = torch.arange(12) // 3  # 4 labels of 3 images
FIRST, SECOND = torch.triu_indices(12, 12, 1)
PAIRS = Pairs(FIRST, SECOND, LABELS[FIRST] == LABELS[SECOND])
NEGATIVES = float((~PAIRS.same).double().mean())


def signs(loss: torch.nn.Module, spread: float = 1.0, weight: float = 1.0) -> dict[str, float]:
    """Of a batch of embeddings that differ by about `spread`."""
    noise = torch.randn(12, 8, generator=torch.Generator().manual_seed(0))
    given: dict[str, Any] = {"embedding": 3 + spread * noise, "labels": LABELS, "categories": LABELS, "pairs": PAIRS}
    given |= {"logits": noise, "text_embedding": 2 + spread * noise.flip(0), "items": LABELS, "captioned": LABELS < 3}
    terms = LossTerms({"one": complete("loss", "one", loss)}, [weight])
    values = {name: value.item() for name, value in terms(given).items()}
    return {name.partition("/")[2]: value for name, value in loss_signs(terms, given, values).items()}


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (Triplet("batch_hard", 0.2), 0.2),
        (Triplet("all", 0.2), 0.2),
        (Triplet("semi_hard", 0.2), 0.2),
        (Triplet("batch_hard", None), math.log(2)),
        (Contrastive(2.0), NEGATIVES * 4),
        (Contrastive(2.0, "hadsell"), NEGATIVES * 4),
        (CosineContrastive(0.3), NEGATIVES * 0.7),
        (SupCon(0.1), math.log(11)),
        (InfoNce(0.1), math.log(1 + 9)),
        (Vse(0.2), 0.2 * 9 * (6 + 9)),  # each of 9 captioned images has 6 captions and 9 images of other items
        (VseHard(0.2), 0.2 * 9 * 2),
        (Contrastive(0.0), 0),
        (Contrastive(0.0, "hadsell"), 0),
        (Triplet("batch_hard", 0.0), 0),
        (Triplet("all", 0.0, "cosine"), 0),
    ],
)
def test_what_a_collapse_costs(loss: torch.nn.Module, expected: float) -> None:
    assert signs(loss)["collapsed"] == pytest.approx(expected, rel=0.02, abs=1e-9)
    assert signs(loss, weight=0.5)["collapsed"] == pytest.approx(expected / 2, rel=0.02, abs=1e-9)
    assert signs(loss, weight=0.5)["loss"] == pytest.approx(signs(loss)["loss"] / 2)


def test_a_collapsed_batch_stands_there() -> None:
    for loss in (
        Triplet("batch_hard", 0.2),
        Contrastive(2.0),
        SupCon(),
        InfoNce(),
        CosineContrastive(),
        Vse(),
        VseHard(),
    ):
        found = signs(loss, spread=1e-4)
        assert found["loss"] == pytest.approx(found["collapsed"], rel=0.01)


@pytest.mark.parametrize(("margin", "active"), [(1e-3, 0.0), (1e3, 1.0)])
def test_active_pairs(margin: float, active: float) -> None:
    assert signs(Contrastive(margin))["active_negatives"] == active
    assert signs(Triplet("all", 1e3))["active_triplets"] == 1


def test_active_equals_a_loop() -> None:
    embedding = torch.randn(12, 8, generator=torch.Generator().manual_seed(0))
    apart = torch.cdist(embedding, embedding)
    gaps = [
        float(apart[a, p] - apart[a, n])
        for a in range(12)
        for p in range(12)
        for n in range(12)
        if a != p and LABELS[a] == LABELS[p] != LABELS[n]
    ]
    of_all = sum(gap + 0.5 > 0 for gap in gaps) / len(gaps)
    in_band = sum(-0.5 < gap < 0 for gap in gaps) / len(gaps)
    assert float(Triplet("all", 0.5).active_triplets(embedding, LABELS)) == pytest.approx(of_all)
    assert float(Triplet("semi_hard", 0.5).active_triplets(embedding, LABELS)) == pytest.approx(in_band)
    within = (apart[FIRST, SECOND] < 3.5)[~PAIRS.same].double().mean()
    assert 0 < within < 1
    assert float(Contrastive(3.5).active_negatives(embedding, PAIRS)) == pytest.approx(float(within))
    cosine = torch.nn.functional.cosine_similarity(embedding[FIRST], embedding[SECOND])[~PAIRS.same]
    found = float(CosineContrastive(0.1).active_negatives(embedding, PAIRS))
    assert found == pytest.approx(float((cosine > 0.1).double().mean()))


def test_no_pair_is_active_where_there_is_none() -> None:
    none = torch.zeros(0, dtype=torch.int64)
    assert float(Contrastive().active_negatives(torch.randn(3, 2), Pairs(none, none, none.bool()))) == 0
    assert float(Triplet("semi_hard").active_triplets(torch.randn(3, 2), torch.arange(3))) == 0


def test_losses_of_logits_and_of_learned_directions_have_no_signs() -> None:
    assert signs(CrossEntropy()) == {}
    assert signs(ProxyAnchor(embedding_dim=8, num_labels=4)) == {}


def test_a_loss_that_remembers_is_not_disturbed() -> None:
    class Remembers(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.seen: list[torch.Tensor] = []

        def forward(self, embedding: torch.Tensor) -> torch.Tensor:
            self.seen.append(embedding.detach())
            return embedding.square().sum()

    loss = Remembers()
    assert {"loss", "collapsed"} == set(signs(loss))
    assert len(loss.seen) == 1


def test_a_loss_that_cannot_be_asked_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    class Refuses(torch.nn.Module):
        def forward(self, embedding: torch.Tensor) -> torch.Tensor:
            if embedding.std(0).max() < 0.1:
                raise ValueError("all alike")
            return embedding.sum()

    logging.getLogger("fsim").propagate = True
    terms = LossTerms({"strange": complete("loss", "strange", Refuses())}, [1.0])
    given = {"embedding": torch.randn(6, 4)}
    for _ in range(2):
        assert loss_signs(terms, given, {"strange": 1.0}) == {}
    told = {id(record): record.getMessage() for record in caplog.records}  # by another test's handlers once more
    assert [*told.values()] == [
        "the loss 'strange' cannot be asked whether it has collapsed (all alike); training goes on"
    ]
