"""The forward of a batch: as a whole, or in chunks and by several processes, with the same gradient of the same losses.

Shape legend: B images of the batch of one process, N images of the batches of all processes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from fsim.model.network import Network
from fsim.runtime.machine import Machine
from fsim.runtime.processes import ALONE, Processes

Inputs = tuple[Tensor, ...]  # images [B, 3, S, S] and, where captions are read, their tokens [B, L]
SeedChunk = Callable[[int], None]  # seeds torch before the forward of chunk 0, 1, ...


class Outputs(ABC):
    """What the network gives for a batch.

    tensors  {name: float32 [N, ...]}
    """

    tensors: dict[str, Tensor]

    @abstractmethod
    def backward_through_network(self) -> None:
        """Bring the gradient from `tensors` to the weights, after the loss's own backward."""


class ChunkedForward:
    """Forwards the images of this process, `chunk_size` at a time, and gathers the outputs of all processes: Gao,
    Zhang, Han and Callan, "Scaling deep contrastive learning batch size under memory limited setup", RepL4NLP 2021,
    section 3.

    The losses see the whole batch. With chunks, the first outputs come without what a gradient needs; when the loss has
    given the gradient of each output, chunk by chunk is forwarded once more, which costs a second forward. Torch is
    seeded before each forward of a chunk, so that dropout is the same in both. Without batch normalisation the gradient
    is that of the whole batch; batch normalisation sees a chunk at a time, and counts it once.

    Args:
        chunk_size: None: all images of the process at once.
    """

    def __init__(
        self, network: Network, machine: Machine, chunk_size: int | None = None, processes: Processes = ALONE
    ) -> None:
        self.network, self.machine, self.chunk_size, self.processes = network, machine, chunk_size, processes

    def __call__(self, inputs: Inputs, seed_chunk: SeedChunk) -> Outputs:
        """Return the outputs of the batches of all processes."""
        if self.chunk_size is None and self.processes.size == 1:
            return WholeOutputs(self.forward(inputs, 0, seed_chunk))
        self.processes.copy_from_rank0(list(self.network.buffers()))  # each process has counted its own images
        chunks = list(zip(*(torch.split(part, self.chunk_size or len(part)) for part in inputs), strict=True))
        if len(chunks) == 1:
            parts = [self.forward(chunks[0], 0, seed_chunk)]
        else:
            with torch.no_grad(), _uncounted_statistics(self.network):
                parts = [self.forward(chunk, number, seed_chunk) for number, chunk in enumerate(chunks)]
        return ChunkedOutputs(self, chunks, parts, seed_chunk)

    def forward(self, inputs: Inputs, chunk: int, seed_chunk: SeedChunk) -> dict[str, Tensor]:
        """Return the network's outputs of one chunk, [b, ...] each."""
        seed_chunk(chunk)
        with self.machine.autocast():
            outputs: dict[str, Tensor] = self.network(*inputs)
        return {name: value.float() for name, value in outputs.items()}


class WholeOutputs(Outputs):
    """Outputs of one forward of the whole batch: the loss's backward reaches the weights by itself."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self.tensors = tensors

    def backward_through_network(self) -> None:
        pass


class ChunkedOutputs(Outputs):
    """Outputs without a way back to the weights, which `backward_through_network` goes chunk by chunk.

    Args:
        chunks: the inputs of this process.
        parts: what the network has given for each of them; of a single chunk, with what a gradient needs.
    """

    def __init__(
        self,
        forward: ChunkedForward,
        chunks: Sequence[Inputs],
        parts: Sequence[dict[str, Tensor]],
        seed_chunk: SeedChunk,
    ) -> None:
        self.forward, self.chunks, self.parts, self.seed_chunk = forward, chunks, parts, seed_chunk
        processes, num_images = forward.processes, sum(len(images) for images, *_ in chunks)
        counts = processes.counts(num_images)
        before = sum(counts[: processes.rank])
        self.own = slice(before, before + num_images)  # the images of this process among all N
        self.tensors = {}
        for name in parts[0]:
            own = torch.cat([part[name].detach() for part in parts])  # [B, ...]
            self.tensors[name] = torch.cat(processes.all_gather(own, counts)).requires_grad_()  # [N, ...]

    def backward_through_network(self) -> None:
        """Forward each chunk again, bring the gradient of its outputs to the weights, and add up those of all
        processes."""
        size = len(self.chunks[0][0])
        gradients = {
            name: torch.split(value.grad[self.own], size)
            for name, value in self.tensors.items()
            if value.grad is not None
        }
        for number, chunk in enumerate(self.chunks):
            again = len(self.chunks) > 1
            outputs = self.forward.forward(chunk, number, self.seed_chunk) if again else self.parts[number]
            learning = [name for name in gradients if outputs[name].requires_grad]  # none where all of it is frozen
            if learning:
                torch.autograd.backward(
                    [outputs[name] for name in learning], [gradients[name][number] for name in learning]
                )
        weights = self.forward.network.parameters()
        self.forward.processes.sum_tensors([weight.grad for weight in weights if weight.grad is not None])


@contextmanager
def _uncounted_statistics(network: nn.Module) -> Iterator[None]:
    """Batch normalisation by the batch, as in training, without counting the batch."""
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
