"""A compiled network computes, learns and is kept as the eager one."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from fsim.errors import FsimError
from fsim.images.normalise import Normalise
from fsim.model.network import build_network, compile_in_place
from fsim.plugin.registry import register, unregister
from fsim.recipe.document import Document
from fsim.recipe.validate import check_document
from fsim.runtime.machine import prepare_machine
from fsim.training.batches import Batch
from fsim.training.build import build_losses, build_step
from fsim.training.step import TrainingStep, build_engine

SIZE = 16  # pixels
FP32 = prepare_machine("fp32")


class Small(nn.Module):
    """One of each sort of layer, so that inductor is soon done."""

    out_features = 6

    def __init__(self) -> None:
        super().__init__()
        self.early = nn.Sequential(nn.Conv2d(3, 6, 3, stride=2), nn.BatchNorm2d(6), nn.ReLU())
        self.late = nn.Sequential(nn.Conv2d(6, 6, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())

    def forward(self, images: Tensor) -> Tensor:
        return self.late(self.early(images))


@pytest.fixture(autouse=True)
def small() -> Iterator[None]:
    register("backbone", "small")(Small)
    torch._dynamo.reset()
    yield
    unregister("backbone", "small")
    torch._dynamo.reset()


class Programs:
    """A backend that counts the programs that it is asked for, and runs them as they are."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, program: Any, inputs: Any) -> Any:
        self.count += 1
        return program.forward


def training(backend: Any = None, **train: object) -> TrainingStep:
    recipe = check_document(
        Document(
            {
                "name": "t",
                "data": {"dataset": {"name": "folder", "root": "."}, "image_size": SIZE},
                "model": {"backbone": {"name": "small"}, "head": {"name": "siam_cat", "embedding_dim": 4}},
                "sampler": {"name": "m_per_class", "batch_size": 4},
                "losses": [{"name": "cross_entropy"}, {"name": "supcon"}],
                "train": {"epochs": 9, "optimizer": {"name": "sgd", "lr": 0.1}, "precision": "fp32", **train},
            }
        )
    )
    torch.manual_seed(0)
    network = build_network(recipe, 3)
    losses = build_losses(recipe, embedding_dim=4, num_categories=3, num_labels=3)
    step = build_step(recipe, network, losses, 1, FP32)
    if backend is not None:
        normalise = Normalise((0.5,) * 3, (0.5,) * 3, recipe.recipe.train.channels_last)
        for one in dict.fromkeys((network, step.state.evaluated)):
            compile_in_place(one, FP32, normalise, SIZE, backend)
    return step


def images(count: int) -> Tensor:
    drawn = torch.randn(count, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(count))
    return drawn.contiguous(memory_format=torch.channels_last)


def learn(step: TrainingStep, *sizes: int) -> None:
    """A step of each size, with an evaluation after each."""
    for size in sizes:
        labels = torch.arange(size) % 3
        batch = Batch(images(size), torch.arange(size), labels, labels, labels, None)
        build_engine(step).run([batch], max_epochs=1)
        with torch.inference_mode():
            step.state.evaluated.eval()(images(size))


def assert_equal(compiled: TrainingStep, eager: TrainingStep) -> None:
    ours, theirs = compiled.state, eager.state
    for one, other in ((ours.network, theirs.network), (ours.evaluated, theirs.evaluated)):
        assert list(one.state_dict()) == list(other.state_dict())
        for name, value in one.state_dict().items():
            torch.testing.assert_close(value, other.state_dict()[name], rtol=0, atol=1e-4, msg=name)
        with torch.inference_mode():
            outputs, expected = one.eval()(images(20)), other.eval()(images(20))
        for name, value in outputs.items():
            torch.testing.assert_close(value, expected[name], rtol=0, atol=1e-4, msg=name)


def test_inductor_learns_and_embeds_as_eager_does() -> None:
    compiled, eager = training("inductor"), training()
    learn(compiled, 20, 24), learn(eager, 20, 24)
    assert_equal(compiled, eager)
    fresh = training().state.network.state_dict()
    assert any((value - fresh[name]).abs().max() > 1e-2 for name, value in eager.state.network.state_dict().items())


@pytest.mark.parametrize(
    "train",
    [{"ema_decay": 0.9}, {"frozen": {"backbone.early": 2}}, {"chunk_size": 8}, {"channels_last": False}],
    ids=str,
)
def test_other_settings_hold_for_a_compiled_network(train: dict[str, object]) -> None:
    compiled, eager = training("aot_eager", **train), training(**train)
    learn(compiled, 20, 20, 20, 20), learn(eager, 20, 20, 20, 20)
    assert_equal(compiled, eager)
    state = compiled.state
    assert state.network._compiled_call_impl is not None and state.evaluated._compiled_call_impl is not None
    copied = copy.deepcopy(state.network)
    with torch.no_grad():
        copied.head.embed.weight.zero_(), copied.head.embed.bias.zero_()  # type: ignore[union-attr, operator]
        assert not copied.eval()(images(20))["embedding"].any(), "a copy computes by its own weights"


def test_batches_of_any_size_need_a_handful_of_programs() -> None:
    programs = Programs()
    of = training(programs)
    learn(of, *range(40, 20, -1), 100, 17)
    assert programs.count == 2  # of training and of evaluation
    learn(of, 4, 9)
    assert programs.count <= 4


def test_a_network_that_cannot_be_compiled_is_told() -> None:
    def failing(program: Any, inputs: Any) -> Any:
        raise RuntimeError("no compiler\nmore of it")

    with pytest.raises(FsimError, match=r"cannot be compiled \(.*no compiler\); it needs .*g\+\+.*train.compile=false"):
        training(failing)
