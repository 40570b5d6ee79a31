"""Which weights learn how fast, and which do not learn for a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from torch import nn

from fsim.errors import FsimError, nearest


def parameter_groups(modules: Mapping[str, nn.Module], rate: float | None, shares: Mapping[str, float]) -> list[Any]:
    """The parameters of named modules for an optimizer, each group with its learning rate.

    Args:
        modules: name -> module; a parameter's path is the module's name, if it has one, and its own.
        rate: the recipe's learning rate; None where the optimizer's settings have none.
        shares: path of a module or parameter -> share of the rate. Of several the longest path counts.

    Raises:
        FsimError: a path is that of no weight, or there is no rate to take a share of.
    """
    named = [(_joined(name, own), weights) for name, of in modules.items() for own, weights in of.named_parameters()]
    if not shares:
        return [weights for _, weights in named]
    if rate is None:
        raise FsimError("train.learning_rates are shares of train.optimizer.lr: give it")
    known = [path for path, _ in named]
    for path in shares:
        refuse_unknown(path, known, "train.learning_rates")
    groups: dict[float, list[nn.Parameter]] = {}
    for path, weights in named:
        within = max((one for one in shares if is_within(path, one)), key=len, default=None)
        groups.setdefault(1.0 if within is None else shares[within], []).append(weights)
    return [{"params": of, "lr": rate * share} for share, of in groups.items()]


class Frozen:
    """Parts of a network that do not learn at first: their weights do not move, nor do the statistics of their batch
    normalisation, and they drop nothing out.

    Args:
        epochs: path of a module or parameter -> the epochs that it stays as it is; None: all.

    Raises:
        FsimError: a path is that of no weight.
    """

    def __init__(self, network: nn.Module, epochs: Mapping[str, int | None]) -> None:
        self.network, self.epochs = network, epochs
        known = [path for path, _ in network.named_parameters()]
        for path in epochs:
            refuse_unknown(path, known, "train.frozen")

    def hold(self, epoch: int) -> None:
        """Set the network to training in epoch 0, 1, ..., but for what is frozen then."""
        self.network.train()
        if not self.epochs:
            return
        held = [path for path, until in self.epochs.items() if until is None or epoch < until]
        for path, weights in self.network.named_parameters():
            weights.requires_grad_(not any(is_within(path, one) for one in held))
        for path, module in self.network.named_modules():
            if any(is_within(path, one) for one in held):
                module.train(False)


def is_within(path: str, module: str) -> bool:
    """Whether a path is that of a module, or of something in it."""
    return path == module or path.startswith(f"{module}.")


def refuse_unknown(path: str, known: list[str], where: str) -> None:
    """Tell a path that is that of no weight.

    Raises:
        FsimError: it is.
    """
    if not any(is_within(one, path) for one in known):
        modules = {prefix for one in known for prefix in _prefixes(one)}
        raise FsimError(f"{where}.{path}: the network has no such part{nearest(path, modules)}")


def _prefixes(path: str) -> Iterator[str]:
    parts = path.split(".")
    for number in range(1, len(parts) + 1):
        yield ".".join(parts[:number])


def _joined(name: str, own: str) -> str:
    return f"{name}.{own}" if name else own
