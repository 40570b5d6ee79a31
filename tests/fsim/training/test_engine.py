from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from fsim.errors import FsimError
from fsim.model.network import LossTerms, Network, build_losses, build_network
from fsim.plugin.registry import register, unregister
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.document import Document
from fsim.recipe.validate import check_document
from fsim.runtime.machine import prepare_machine
from fsim.training.engine import Training


def checked(**train: object) -> CheckedRecipe:
    return check_document(
        Document(
            {
                "name": "t",
                "data": {"dataset": {"name": "folder", "root": "."}, "image_size": 32},
                "model": {"backbone": {"name": "resnet18"}, "head": {"name": "siam_cat", "embedding_dim": 4}},
                "sampler": {"name": "m_per_class", "batch_size": 4},
                "losses": [{"name": "cross_entropy", "weight": 0.5}, {"name": "cross_entropy"}, {"name": "supcon"}],
                "train": {"epochs": 2, **train},
            }
        )
    )


def test_loss_terms_are_named_apart_and_weighted() -> None:
    losses = build_losses(checked(), embedding_dim=4, num_categories=3, num_labels=3)
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


def training(**train: object) -> Training:
    recipe = checked(**train)
    torch.manual_seed(0)
    losses = build_losses(recipe, embedding_dim=4, num_categories=3, num_labels=3)
    return Training(recipe, build_network(recipe, 3), losses, steps_per_epoch=3)


def test_the_moving_average_follows_the_weights() -> None:
    state = training(ema_decay=0.5)
    assert state.average is not None
    name = "head.embed.weight"
    start = state.network.state_dict()[name].clone()
    state.average.update_parameters(state.network)  # the first update copies
    with torch.no_grad():
        state.network.head.embed.weight += 1.0
    state.average.update_parameters(state.network)
    decay = min(0.5, 2 / 11)
    expected = decay * start + (1 - decay) * (start + 1)
    torch.testing.assert_close(state.evaluated.state_dict()[name], expected)
    assert training().evaluated is not state.evaluated


def test_all_state_is_saved_and_taken_up() -> None:
    one, other = training(ema_decay=0.9), training(ema_decay=0.9)
    for parameter in one.network.parameters():
        parameter.grad = torch.ones_like(parameter)
    one.optimizer.step()
    one.scheduler.step()
    one.average.update_parameters(one.network)  # type: ignore[union-attr]
    one.step, one.sums, one.signs = 1, {"loss": 2.0}, {"supcon/loss": 1.0}
    other.load_state(one.state())
    flat = list(_leaves(other.state()))
    assert len(flat) == len(list(_leaves(one.state())))
    assert all(
        torch.equal(a, b) if torch.is_tensor(a) else a == b for a, b in zip(flat, _leaves(one.state()), strict=True)
    )


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _leaves(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _leaves(one)
    else:
        yield value


def test_precision_is_chosen_by_the_hardware_or_the_recipe() -> None:
    assert prepare_machine("fp32").precision == "fp32"
    machine = prepare_machine("bf16")
    with machine.autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16


def test_a_component_that_breaks_its_contract_is_told() -> None:
    class Backbone(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images

    register("backbone", "no_out_features")(Backbone)
    try:
        recipe = checked()
        document = Document(
            recipe.resolved() | {"model": {"backbone": {"name": "no_out_features"}, "head": {"name": "cat"}}}
        )
        with pytest.raises(Exception, match="lacks out_features"):
            build_network(check_document(document), 3)
    finally:
        unregister("backbone", "no_out_features")


def test_a_backbone_that_rejects_the_image_size_is_an_error_of_the_user() -> None:
    class Backbone(torch.nn.Module):
        out_features = 3

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            raise ValueError("images of 224 px, please")

    register("backbone", "of_224")(Backbone)
    try:
        recipe = checked()
        document = Document(recipe.resolved() | {"model": {"backbone": {"name": "of_224"}, "head": {"name": "cat"}}})
        with pytest.raises(FsimError, match=r"'of_224' cannot take images of \d+ px \(images of 224 px, please\)"):
            build_network(check_document(document), 3)
    finally:
        unregister("backbone", "of_224")


def test_network_and_losses_are_modules() -> None:
    assert isinstance(training().network, Network)
    assert isinstance(training().losses, LossTerms)
