"""The gradient of one batch: by one forward of the whole batch, or chunk by chunk in the memory of one chunk.

Shape legend: B images of the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from fsim.machine import Machine
from fsim.network import Network

Loss = Callable[[dict[str, Tensor]], Tensor]  # outputs of the network for the whole batch -> the scaled loss


def whole_batch(network: Network, machine: Machine, images: Tensor, loss: Loss, seed: Callable[[int], None]) -> None:
    """Leave the gradient of the loss in the weights. `seed(0)` is called before the forward."""
    seed(0)
    with machine.autocast():
        outputs = network(images)
    loss({name: value.float() for name, value in outputs.items()}).backward()  # type: ignore[no-untyped-call]


def in_chunks(
    network: Network, machine: Machine, images: Tensor, loss: Loss, seed: Callable[[int], None], size: int
) -> None:
    """The same from a forward of `size` images at a time, for losses that see the whole batch: Gao, Zhang, Han and
    Callan, "Scaling deep contrastive learning batch size under memory limited setup", RepL4NLP 2021, section 3.

    First all outputs without what a gradient needs; of these the loss, and its gradient for each output; then chunk by
    chunk the outputs once more, and that gradient through the network. It costs a second forward. `seed(c)` is called
    before each forward of chunk c, so that dropout is the same in both. Without batch normalisation the gradient is
    that of the whole batch; batch normalisation sees a chunk at a time, and counts it once.
    """
    chunks = torch.split(images, size)
    with torch.no_grad(), _unmoved_statistics(network):
        parts = [_outputs(network, machine, chunk, seed, number) for number, chunk in enumerate(chunks)]
    whole = {name: torch.cat([part[name] for part in parts]).requires_grad_() for name in parts[0]}  # [B, ...]
    loss(whole).backward()  # type: ignore[no-untyped-call]
    of_outputs = {name: torch.split(value.grad, size) for name, value in whole.items() if value.grad is not None}
    for number, chunk in enumerate(chunks):
        outputs = _outputs(network, machine, chunk, seed, number)
        torch.autograd.backward(
            [outputs[name] for name in of_outputs], [of_output[number] for of_output in of_outputs.values()]
        )


def _outputs(
    network: Network, machine: Machine, images: Tensor, seed: Callable[[int], None], number: int
) -> Mapping[str, Tensor]:
    seed(number)
    with machine.autocast():
        outputs: dict[str, Tensor] = network(images)
    return {name: value.float() for name, value in outputs.items()}


@contextmanager
def _unmoved_statistics(network: nn.Module) -> Iterator[None]:
    """Batch normalisation by the batch, as in training, that does not count it."""
    layers: list[Any] = [
        layer for layer in network.modules() if isinstance(layer, _BatchNorm) and layer.track_running_stats
    ]
    try:
        for layer in layers:
            layer.track_running_stats = False
            layer.kept = (layer.running_mean, layer.running_var)
            layer.running_mean = layer.running_var = None
        yield
    finally:
        for layer in layers:
            layer.track_running_stats = True
            layer.running_mean, layer.running_var = layer.kept
            del layer.kept
