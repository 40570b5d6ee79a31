from __future__ import annotations

import sys
from typing import Any

import pytest
import torch

from fsim.errors import FsimError
from fsim.testing.loss_contract import LossContract
from fsim_plugins.losses.pytorch_metric_learning import PytorchMetricLearning

losses = pytest.importorskip("pytorch_metric_learning.losses")
miners = pytest.importorskip("pytorch_metric_learning.miners")
distances = pytest.importorskip("pytorch_metric_learning.distances")


class TestPairs(LossContract):
    def make(self) -> torch.nn.Module:
        return PytorchMetricLearning(self.embedding_dim, self.num_labels, "MultiSimilarityLoss")


class TestMined(LossContract):
    def make(self) -> torch.nn.Module:
        return PytorchMetricLearning(self.embedding_dim, self.num_labels, "TripletMarginLoss", miner="BatchHardMiner")


class TestProxies(LossContract):
    def make(self) -> torch.nn.Module:
        return PytorchMetricLearning(self.embedding_dim, self.num_labels, "ProxyAnchorLoss")


class TestLearntMargin(LossContract):
    def make(self) -> torch.nn.Module:
        return PytorchMetricLearning(self.embedding_dim, self.num_labels, "MarginLoss", {"learn_beta": True, "nu": 0.1})


LABELS = torch.tensor([0, 1, 0, 2, 1, 0, 2, 1])


def embeddings() -> torch.Tensor:
    return torch.randn(len(LABELS), 4, generator=torch.Generator().manual_seed(0))


def test_equals_the_package() -> None:
    expected = losses.CircleLoss(m=0.3, gamma=20)(embeddings(), LABELS)
    found = PytorchMetricLearning(4, 3, "CircleLoss", {"m": 0.3, "gamma": 20})(embeddings(), LABELS)
    torch.testing.assert_close(found, expected)


def test_miner_and_its_arguments() -> None:
    miner = miners.TripletMarginMiner(margin=0.5, type_of_triplets="semihard")
    expected = losses.TripletMarginLoss()(embeddings(), LABELS, miner(embeddings(), LABELS))
    loss = PytorchMetricLearning(
        4,
        3,
        "TripletMarginLoss",
        miner="TripletMarginMiner",
        miner_arguments={"margin": 0.5, "type_of_triplets": "semihard"},
    )
    torch.testing.assert_close(loss(embeddings(), LABELS), expected)


@pytest.mark.parametrize("distance", ["CosineSimilarity", {"name": "LpDistance", "power": 2}])
def test_parts_by_name(distance: str | dict[str, Any]) -> None:
    given = distances.CosineSimilarity() if isinstance(distance, str) else distances.LpDistance(power=2)
    expected = losses.TripletMarginLoss(distance=given)(embeddings(), LABELS)
    loss = PytorchMetricLearning(4, 3, "TripletMarginLoss", {"distance": distance})
    torch.testing.assert_close(loss(embeddings(), LABELS), expected)


def test_fills_the_sizes_that_a_loss_requires() -> None:
    assert PytorchMetricLearning(4, 3, "ProxyAnchorLoss").loss.proxies.shape == (3, 4)
    assert PytorchMetricLearning(4, 3, "ArcFaceLoss").loss.W.shape == (4, 3)
    assert PytorchMetricLearning(4, 3, "CosFaceLoss").loss.W.shape == (4, 3)  # takes *args
    assert PytorchMetricLearning(4, 3, "P2SGradLoss").loss.weight.shape == (4, 3)
    assert PytorchMetricLearning(4, 3, "ProxyAnchorLoss", {"num_classes": 9}).loss.proxies.shape == (9, 4)
    assert len(PytorchMetricLearning(4, 3, "MarginLoss").loss.beta) == 1  # num_classes is optional there


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loss": "TripletMarginLos"}, r"did you mean 'TripletMarginLoss'\?"),
        ({"loss": "VICRegLoss"}, "that works here"),
        ({"loss": "GenericPairLoss"}, "that works here"),
        ({"loss": "CrossBatchMemory"}, "that works here"),
        ({"loss": "CircleLoss", "arguments": {"gama": 80}}, r"'gama' \(did you mean 'gamma'\?\)"),
        ({"loss": "RankedListLoss"}, "margin.*Tn.*correct them"),
        ({"loss": "PNPLoss", "arguments": {"variant": "X"}}, "variant=X.*correct them"),
        ({"loss": "CircleLoss", "arguments": {"distance": "LpDistance"}}, "CosineSimilarity.*correct them"),
        ({"loss": "CircleLoss", "arguments": {"distance": "Cosine"}}, "distances has no 'Cosine'"),
        ({"loss": "CircleLoss", "arguments": {"reducer": 3}}, "3 does not name a class of its reducers"),
        ({"loss": "CircleLoss", "miner": "BatchHard"}, r"did you mean 'BatchHardMiner'\?"),
        ({"loss": "CircleLoss", "miner_arguments": {"margin": 1}}, "name a miner, or drop them"),
    ],
)
def test_mistakes(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(FsimError, match=message):
        PytorchMetricLearning(4, 3, **arguments)


def test_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pytorch_metric_learning", None)
    monkeypatch.delitem(sys.modules, "pytorch_metric_learning.losses")
    with pytest.raises(FsimError, match=r"pip install fsim\[metric-learning\]$"):
        PytorchMetricLearning(4, 3, "CircleLoss")
