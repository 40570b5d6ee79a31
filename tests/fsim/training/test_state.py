from __future__ import annotations

from collections.abc import Iterator

import torch

from fsim.model.network import build_network
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.document import Document
from fsim.recipe.validate import check_document
from fsim.runtime.machine import prepare_machine
from fsim.training.build import build_losses, build_step
from fsim.training.state import TrainingState


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


def training(**train: object) -> TrainingState:
    recipe = checked(**train)
    torch.manual_seed(0)
    losses = build_losses(recipe, embedding_dim=4, num_categories=3, num_labels=3)
    return build_step(recipe, build_network(recipe, 3), losses, 3, prepare_machine("fp32")).state


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


def test_all_state_is_saved_and_loaded() -> None:
    one, other = training(ema_decay=0.9), training(ema_decay=0.9)
    for parameter in one.network.parameters():
        parameter.grad = torch.ones_like(parameter)
    one.optimizer.step()
    one.scheduler.step()
    one.average.update_parameters(one.network)  # type: ignore[union-attr]
    one.step, one.sums, one.signs = 1, {"loss": 2.0}, {"supcon/loss": 1.0}
    other.load_state_dict(one.state_dict())
    flat = list(_leaves(other.state_dict()))
    assert len(flat) == len(list(_leaves(one.state_dict())))
    assert all(
        torch.equal(a, b) if torch.is_tensor(a) else a == b
        for a, b in zip(flat, _leaves(one.state_dict()), strict=True)
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
