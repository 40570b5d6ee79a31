from __future__ import annotations

import pytest
import torch

from fsim.interfaces import Head
from fsim_plugins.heads.cat import Cat
from fsim_plugins.heads.siam import Siam
from fsim_plugins.heads.siam_cat import SiamCat
from fsim_plugins.heads.siam_cat_attr import SiamCatAttr
from fsim_plugins.heads.siam_cat_cos import SiamCatCos

HEADS = [Cat(12, 5), Siam(12, 7), SiamCat(12, 5, 7), SiamCatCos(12, 5, 7), SiamCatAttr(12, 5, 9, 7)]


@pytest.mark.parametrize("head", HEADS, ids=lambda head: type(head).__name__)
def test_a_head_gives_what_it_promises(head: torch.nn.Module) -> None:
    assert isinstance(head, Head)
    outputs = head(torch.randn(3, 12))
    assert set(outputs) == head.gives
    assert outputs["embedding"].shape == (3, head.embedding_dim)
    if "logits" in outputs:
        assert outputs["logits"].shape == (3, 5)
    if "attribute_logits" in outputs:
        assert outputs["attribute_logits"].shape == (3, 9)


def test_type_a_embeds_the_feature_itself() -> None:
    features = torch.randn(3, 12)
    assert Cat(12, 5)(features)["embedding"] is features


def test_type_d_is_of_length_one_and_its_category_is_not_of_the_normalised() -> None:
    head = SiamCatCos(12, 5, 7)
    features = torch.randn(3, 12)
    one, ten = head(features), head(10 * features)
    torch.testing.assert_close(one["embedding"].norm(dim=1), torch.ones(3))
    bias = head.category.bias
    torch.testing.assert_close(ten["logits"] - bias, 10 * (one["logits"] - bias))


@pytest.mark.parametrize("head", HEADS[2:], ids=lambda head: type(head).__name__)
def test_category_and_embedding_both_leave_the_feature(head: torch.nn.Module) -> None:
    features = torch.randn(3, 12, requires_grad=True)
    head(features)["logits"].sum().backward()
    assert head.embed.weight.grad is None
    assert features.grad is not None
