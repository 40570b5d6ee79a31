"""What each line of `train:` says is what happens to the weights."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from fsim.errors import FsimError
from fsim.model.network import build_network
from fsim.plugin.registry import register, unregister
from fsim.recipe.document import Document
from fsim.recipe.validate import check_document
from fsim.runtime.machine import prepare_machine
from fsim.training.batches import Batch
from fsim.training.build import build_losses, build_step
from fsim.training.step import TrainingStep, build_engine

SGD = {"name": "sgd", "lr": 1.0}


class Plain(nn.Module):
    """No batch normalisation, unless it is asked for."""

    def __init__(self, norm: bool = False, dropout: float = 0.0) -> None:
        super().__init__()
        self.out_features = 6
        self.early = nn.Conv2d(3, 6, 3, stride=2)
        self.norm = nn.BatchNorm2d(6) if norm else nn.Identity()
        self.late = nn.Sequential(nn.Dropout(dropout), nn.Conv2d(6, 6, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())

    def forward(self, images: Tensor) -> Tensor:
        return self.late(self.norm(self.early(images)).tanh())


@pytest.fixture(autouse=True)
def backbone() -> Iterator[None]:
    register("backbone", "plain")(Plain)
    yield
    unregister("backbone", "plain")


def training(backbone: dict[str, object] | None = None, **train: object) -> TrainingStep:
    recipe = check_document(
        Document(
            {
                "name": "t",
                "data": {"dataset": {"name": "folder", "root": "."}, "image_size": 16},
                "model": {"backbone": {"name": "plain", **(backbone or {})}, "head": {"name": "siam_cat"}},
                "sampler": {"name": "m_per_class", "batch_size": 4},
                "losses": [{"name": "cross_entropy"}, {"name": "supcon"}],
                "train": {"epochs": 4, "optimizer": SGD, "precision": "fp32", **train},
            }
        )
    )
    torch.manual_seed(0)
    network = build_network(recipe, 3)
    losses = build_losses(recipe, embedding_dim=4, num_categories=3, num_labels=3)
    return build_step(recipe, network, losses, 1, prepare_machine(recipe.recipe.train.precision))


def step(of: TrainingStep, size: int = 64) -> dict[str, Tensor]:
    """One step, which is an epoch; what every weight and statistic moved by."""
    before = {name: value.clone() for name, value in of.state.network.state_dict().items()}
    draw = torch.Generator().manual_seed(1)
    labels = torch.arange(size) % 3
    images = torch.randn(size, 3, 16, 16, generator=draw)
    batch = Batch(images, torch.arange(size), labels, labels, labels, None)
    build_engine(of).run([batch], max_epochs=1)
    return {name: value - before[name] for name, value in of.state.network.state_dict().items()}


def test_chunks_give_the_gradient_of_the_whole_batch() -> None:
    whole, chunks, uneven = training(), training(chunk_size=16), training(chunk_size=23)
    moved = step(whole)
    for other in (chunks, uneven):
        for name, value in step(other).items():
            torch.testing.assert_close(value, moved[name], rtol=0, atol=1e-6, msg=name)
        assert other.state.sums == pytest.approx(whole.state.sums, abs=1e-6)
    assert max(value.abs().max() for value in moved.values()) > 1e-3


def test_chunks_leave_a_frozen_part_as_it_is() -> None:
    """Batch normalisation that is held goes by what it had counted, and what learns nothing needs no gradient."""
    held: dict[str, int | None] = {"backbone": None}
    whole = step(training({"norm": True}, frozen=held))
    for name, value in step(training({"norm": True}, frozen=held, chunk_size=16)).items():
        torch.testing.assert_close(value, whole[name], rtol=0, atol=1e-6, msg=name)
    assert whole["head.category.weight"].any() and not whole["backbone.norm.running_mean"].any()
    held["head.embed"] = None
    whole = step(training(frozen=held))
    for name, value in step(training(frozen=held, chunk_size=16)).items():
        torch.testing.assert_close(value, whole[name], rtol=0, atol=1e-6, msg=name)
    assert whole["head.category.weight"].any() and not whole["head.embed.weight"].any()
    held["head"] = None
    assert not any(value.any() for value in step(training(frozen=held, chunk_size=16)).values())


def test_chunks_drop_out_alike_in_both_forwards_and_count_statistics_once() -> None:
    first, again = (step(training({"norm": True, "dropout": 0.5}, chunk_size=16)) for _ in range(2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert first["backbone.norm.num_batches_tracked"] == 4
    one = step(training({"norm": True, "dropout": 0.5}, chunk_size=64))
    whole = step(training({"norm": True, "dropout": 0.5}))
    for name, value in one.items():
        torch.testing.assert_close(value, whole[name], rtol=0, atol=1e-5, msg=name)


def test_a_long_gradient_is_shortened() -> None:
    free, clipped = training(), training(clip_norm=0.01)
    length = {name: torch.linalg.vector_norm(torch.cat([v.flatten() for v in step(of).values()])) for name, of in
              (("free", free), ("clipped", clipped))}  # fmt: skip
    assert length["free"] > 0.02 and float(length["clipped"]) == pytest.approx(0.01, rel=1e-3)


def test_parts_learn_at_their_own_rates() -> None:
    plain = step(training())
    shares = {"backbone": 0.5, "backbone.late": 0.0}
    slow = step(training(learning_rates=shares, scheduler={"name": "constant"}))
    torch.testing.assert_close(slow["backbone.early.weight"], plain["backbone.early.weight"] / 2)
    torch.testing.assert_close(slow["head.embed.weight"], plain["head.embed.weight"])
    assert not slow["backbone.late.1.weight"].any()
    with pytest.raises(FsimError, match=r"train.learning_rates.bakbone: .*did you mean 'backbone'"):
        training(learning_rates={"bakbone": 0.1})
    with pytest.raises(FsimError, match="gives all weights one learning rate"):
        training(learning_rates={"backbone": 0.1}, scheduler={"name": "one_cycle", "max_lr": 1.0})


def test_parts_have_shares_of_a_learning_rate_that_the_recipe_leaves_to_its_default() -> None:
    shares = {"backbone": 0.5, "head": 2.0}
    of = training(learning_rates=shares, optimizer={"name": "adamw"})
    (default,) = {group["lr"] for group in training(optimizer={"name": "adamw"}).state.optimizer.param_groups}
    assert default == torch.optim.AdamW([nn.Parameter(torch.zeros(1))]).param_groups[0]["lr"] == 1e-3
    assert [group["lr"] for group in of.state.optimizer.param_groups] == [0.5 * default, 2.0 * default]
    moved = {name: value.abs().max() for name, value in step(of).items()}
    assert float(moved["backbone.early.weight"]) == pytest.approx(0.5 * default, rel=0.05)  # Adam's first step
    assert float(moved["head.embed.weight"]) == pytest.approx(2.0 * default, rel=0.05)


def test_a_frozen_part_does_not_move_until_its_time() -> None:
    decaying = {"name": "adamw", "lr": 0.1, "weight_decay": 0.5}
    of = training({"norm": True}, frozen={"backbone.norm": 1, "backbone.early": None}, optimizer=decaying)
    first, second = step(of), step(of)
    moved = {name for name, value in first.items() if value.any()}
    assert not any(name.startswith(("backbone.norm", "backbone.early")) for name in moved)
    assert "backbone.late.1.weight" in moved
    assert second["backbone.norm.weight"].any() and second["backbone.norm.running_mean"].any()
    assert not second["backbone.early.weight"].any()
    with pytest.raises(FsimError, match=r"train.frozen.backbone.lat: .*did you mean 'backbone.late'"):
        training(frozen={"backbone.lat": 1})


def test_fp16_scales_its_loss_and_goes_on_from_its_scale() -> None:
    of = training(precision="fp16", optimizer={"name": "sgd", "lr": 1e-3})
    assert any(value.any() for value in step(of).values()) and np.isfinite(of.state.sums["loss"])
    assert of.state.state_dict()["scaler"]["scale"] > 1
    other = training(precision="fp16")
    other.state.load_state_dict(of.state.state_dict())
    assert other.state.state_dict()["scaler"] == of.state.state_dict()["scaler"]
