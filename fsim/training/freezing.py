"""Parts of a network that do not learn, or not yet."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from fsim.training.weight_groups import is_within, reject_unknown_path


class Freezing:
    """Freezes parts of a network: their weights do not move, nor do the statistics of their batch normalisation, and
    they drop nothing out.

    Args:
        epochs: path of a module or parameter -> the number of first epochs for which it is frozen; None: all.

    Raises:
        FsimError: a path matches no weight.
    """

    def __init__(self, network: nn.Module, epochs: Mapping[str, int | None]) -> None:
        self.network, self.epochs = network, epochs
        known = [path for path, _ in network.named_parameters()]
        for path in epochs:
            reject_unknown_path(path, known, "train.frozen")

    def begin_step(self, epoch: int) -> None:
        """Set the network to training mode in epoch 0, 1, ..., except for the parts that are frozen then."""
        self.network.train()
        if not self.epochs:
            return
        frozen = [path for path, until in self.epochs.items() if until is None or epoch < until]
        for path, weights in self.network.named_parameters():
            weights.requires_grad_(not any(is_within(path, part) for part in frozen))
        for path, module in self.network.named_modules():
            if any(is_within(path, part) for part in frozen):
                module.train(False)
