"""The gradient of one batch: by one forward of the whole batch, or in parts, of which each process has its own.

Shape legend: B images of the batch of one process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from fsim.model.network import Network
from fsim.runtime.machine import Machine
from fsim.runtime.processes import Processes

Inputs = tuple[Tensor, ...]  # images [B, 3, S, S] and, where captions are read, their tokens [B, L]
Loss = Callable[[dict[str, Tensor]], Tensor]  # outputs of the network for the whole batch -> the scaled loss


def whole_batch(network: Network, machine: Machine, inputs: Inputs, loss: Loss, seed: Callable[[int], None]) -> None:
    """Leave the gradient of the loss in the weights. `seed(0)` is called before the forward."""
    loss(dict(_outputs(network, machine, inputs, seed, 0))).backward()  # type: ignore[no-untyped-call]


def in_parts(
    network: Network,
    machine: Machine,
    inputs: Inputs,
    loss: Loss,
    seed: Callable[[int], None],
    size: int | None,
    processes: Processes,
) -> None:
    """The same for losses that see the whole batch, of which each process has a part and forwards it, `size` images at
    a time: Gao, Zhang, Han and Callan, "Scaling deep contrastive learning batch size under memory limited setup",
    RepL4NLP 2021, section 3.

    First all outputs; of those of all processes the loss, and its gradient for each output; then that gradient through
    the network, and the sum over the processes. Where `size` is less than B, the first outputs come without what a
    gradient needs, and chunk by chunk once more, which costs a second forward; `seed(c)` is called before each forward
    of chunk c, so that dropout is the same in both. Without batch normalisation the gradient is that of the whole
    batch; batch normalisation sees a chunk at a time, and counts it once.
    """
    processes.take_from_first(list(network.buffers()))  # each process has counted its own images
    num_images = len(inputs[0])
    chunks = list(zip(*(torch.split(one, size or num_images) for one in inputs), strict=True))
    if len(chunks) == 1:
        parts = [_outputs(network, machine, inputs, seed, 0)]
    else:
        with torch.no_grad(), _unmoved_statistics(network):
            parts = [_outputs(network, machine, chunk, seed, number) for number, chunk in enumerate(chunks)]
    counts = processes.counts(num_images)
    before = sum(counts[: processes.rank])
    whole: dict[str, Tensor] = {}  # [sum of all B, ...]
    for name in parts[0]:
        mine = torch.cat([part[name].detach() for part in parts])
        whole[name] = torch.cat(processes.all_gather(mine, counts)).requires_grad_()
    loss(whole).backward()  # type: ignore[no-untyped-call]
    of_outputs = {
        name: torch.split(value.grad[before : before + num_images], len(chunks[0][0]))
        for name, value in whole.items()
        if value.grad is not None
    }
    for number, chunk in enumerate(chunks):
        outputs = parts[0] if len(chunks) == 1 else _outputs(network, machine, chunk, seed, number)
        learning = [name for name in of_outputs if outputs[name].requires_grad]  # none where all of it is frozen
        if learning:
            torch.autograd.backward(
                [outputs[name] for name in learning], [of_outputs[name][number] for name in learning]
            )
    processes.add_up([weights.grad for weights in network.parameters() if weights.grad is not None])


def _outputs(
    network: Network, machine: Machine, inputs: Inputs, seed: Callable[[int], None], number: int
) -> Mapping[str, Tensor]:
    seed(number)
    with machine.autocast():
        outputs: dict[str, Tensor] = network(*inputs)
    return {name: value.float() for name, value in outputs.items()}


@contextmanager
def _unmoved_statistics(network: nn.Module) -> Iterator[None]:
    """Batch normalisation by the batch, as in training, that does not count it."""
    layers: list[Any] = [
        layer
        for layer in network.modules()
        if isinstance(layer, _BatchNorm) and layer.track_running_stats and layer.training  # a frozen one needs them
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
