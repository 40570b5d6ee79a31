"""What a training is built of is as its recipe says."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from fsim.recipe.validate import check_recipe
from fsim.runtime.display import Display
from fsim.runtime.machine import prepare_machine
from fsim.training.build import Training, build_training
from fsim.training.step import build_engine


def training(recipe: Path, *overrides: str) -> Training:
    """With two stages of a ResNet, and an optimizer whose steps are as large as the gradient."""
    small = ["model.backbone.num_stages=2", "train.precision=fp32", "train.optimizer={name: sgd, lr: 0.01}"]
    with Display() as display:
        return build_training(check_recipe(recipe, [*small, *overrides]), prepare_machine("fp32"), display)


@pytest.mark.parametrize("channels_last", [True, False])
def test_weights_and_batches_lie_in_memory_as_asked(small_recipe: Path, channels_last: bool) -> None:
    of = training(small_recipe, f"train.channels_last={str(channels_last).lower()}", "train.ema_decay=0.5")
    build_engine(of.step).run([of.batches[0]], max_epochs=1)
    batch, network = of.batches[1], of.state.network
    found = [batch.images, of.normalise(of.images.gather(of.batches.images.rows[:3]))]
    for weights in (network, of.state.evaluated):
        found += [one for one in weights.parameters() if one.ndim == 4 and one.shape[2] > 1]
    found += [one.grad for one in network.parameters() if one.grad is not None and one.ndim == 4 and one.shape[2] > 1]
    assert len(found) > 12
    for one in found:
        assert one.is_contiguous(memory_format=torch.channels_last) == channels_last, one.shape
        assert one.is_contiguous() != channels_last, one.shape


def test_how_it_lies_in_memory_changes_no_result(small_recipe: Path) -> None:
    both = []
    for switch in ("true", "false"):
        of = training(small_recipe, f"train.channels_last={switch}")
        build_engine(of.step).run([of.batches[0], of.batches[1]], max_epochs=1)
        both.append(of.state.network.state_dict())
    for name, value in both[0].items():
        torch.testing.assert_close(value, both[1][name], rtol=0, atol=1e-4, msg=name)
