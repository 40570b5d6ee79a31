"""Groups of weights by their learning rates, and parts of a network that do not learn, or not yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from torch import nn

from fsim.errors import FsimError, nearest


def parameter_groups(modules: Mapping[str, nn.Module], rate: float | None, shares: Mapping[str, float]) -> list[Any]:
    """Group the parameters of named modules for an optimizer, each group with its learning rate.

    Args:
        modules: name -> module; a parameter's path is the module's name, if it has one, and its own.
        rate: the optimizer's learning rate; None where it has no such setting.
        shares: path of a module or parameter -> share of the rate. The longest path that fits counts.

    Raises:
        FsimError: a path matches no weight, or there is no rate to take a share of.
    """
    named = [
        (f"{name}.{own}" if name else own, weights)
        for name, module in modules.items()
        for own, weights in module.named_parameters()
    ]
    if not shares:
        return [weights for _, weights in named]
    if rate is None:
        raise FsimError("train.learning_rates are shares of train.optimizer.lr: give it")
    paths = [path for path, _ in named]
    for path in shares:
        reject_unknown_path(path, paths, "train.learning_rates")
    groups: dict[float, list[nn.Parameter]] = {}
    for path, weights in named:
        longest = max((part for part in shares if is_within(path, part)), key=len, default=None)
        groups.setdefault(1.0 if longest is None else shares[longest], []).append(weights)
    return [{"params": weights, "lr": rate * share} for share, weights in groups.items()]


def is_within(path: str, part: str) -> bool:
    """Return whether a path names a part of the network, or something in it."""
    return path == part or path.startswith(f"{part}.")


def reject_unknown_path(path: str, known: list[str], setting: str) -> None:
    """Reject a path that matches no weight.

    Raises:
        FsimError: it matches none of the known paths; the message suggests the nearest.
    """
    if not any(is_within(weight, path) for weight in known):
        parts = {prefix for weight in known for prefix in _prefixes(weight)}
        raise FsimError(f"{setting}.{path}: the network has no such part{nearest(path, parts)}")


def _prefixes(path: str) -> Iterator[str]:
    parts = path.split(".")
    for number in range(1, len(parts) + 1):
        yield ".".join(parts[:number])


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
