"""Any loss of the package pytorch-metric-learning."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from fsim.errors import FsimError, nearest
from fsim.functional.distances import at_least_float32, no_autocast

# Parameters that the package wants as objects, and its subpackage that has them.
PARTS = {
    "distance": "distances",
    "reducer": "reducers",
    "embedding_regularizer": "regularizers",
    "weight_regularizer": "regularizers",
}
# Besides the bases: what wraps other objects, or does not turn (embeddings, labels) into a scalar.
UNFIT = {"CrossBatchMemory", "DoNothingReducer", "GenericPairLoss", "MultipleReducers", "VICRegLoss"}


class PytorchMetricLearning(torch.nn.Module):
    """A loss of pytorch-metric-learning (Musgrave et al., arXiv 2008.09164), by the name of its class.

        {name: pytorch_metric_learning, loss: CircleLoss, arguments: {m: 0.4, gamma: 80}}

    Its documentation is at https://kevinmusgrave.github.io/pytorch-metric-learning/losses/. What the package
    takes as an object (`distance`, `reducer`, `embedding_regularizer`, `weight_regularizer`) is written as
    the name of its class, or as a mapping with its arguments: `distance: {name: LpDistance, power: 2}`.

    Images whose label is unknown (-1) are left out; a batch of only such images costs 0. For a batch without
    a pair most of these losses cost 0; `NCALoss` gives NaN, so use it with a sampler that makes pairs.
    `SmoothAPLoss` refuses batches in which labels differ in number.

    Args:
        embedding_dim: filled in from the head; goes to a loss that requires `embedding_size`.
        num_labels: filled in from the training images; goes to a loss that requires `num_classes`.
        loss: class in pytorch_metric_learning.losses that works on embeddings and labels alone.
        arguments: its arguments.
        miner: class in pytorch_metric_learning.miners that chooses pairs or triplets; null for the loss's own
            choice.
        miner_arguments: arguments of the miner.

    Raises:
        FsimError: the package is missing, there is no such class, or it refuses its arguments; in training, that it
            refuses a batch.
    """

    def __init__(
        self,
        embedding_dim: int,
        num_labels: int,
        loss: str,
        arguments: dict[str, Any] | None = None,
        miner: str | None = None,
        miner_arguments: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        if miner is None and miner_arguments:
            raise FsimError("pytorch_metric_learning: `miner_arguments` without `miner`; name a miner, or drop them")
        known = {"embedding_size": embedding_dim, "descriptors_dim": embedding_dim, "num_classes": num_labels}
        self.loss = _build("losses", loss, arguments or {}, known)
        self.miner = _build("miners", miner, miner_arguments or {}, known) if miner else None

    def forward(self, embedding: Tensor, labels: Tensor) -> Tensor:
        """[B, D] and [B] -> scalar."""
        embedding = at_least_float32(embedding)
        # Keeps every parameter in the graph, also where the package gives a plain 0: data-parallel training
        # waits for a gradient of each.
        zero = 0 * sum((parameter.sum() for parameter in self.parameters()), embedding.sum())
        known = labels >= 0
        if not known.any():
            return zero
        embedding, labels = embedding[known], labels[known]
        with no_autocast(embedding.device):
            try:
                chosen = self.miner(embedding, labels) if self.miner is not None else None
                value: Tensor = self.loss(embedding, labels, chosen).sum()  # some losses give shape [1]
            except (ValueError, AssertionError) as error:
                raise FsimError(
                    f"pytorch_metric_learning {type(self.loss).__name__} refuses a batch ({error}); take a sampler "
                    f"whose batches it accepts, or another loss"
                ) from error
        return value + zero


def _build(subpackage: str, name: str, arguments: Mapping[str, Any], known: Mapping[str, int]) -> Any:
    """An object of a class of the package; `known` fills what it requires and `arguments` leave out."""
    available = _classes(subpackage)
    if name not in available:
        raise FsimError(
            f"pytorch_metric_learning.{subpackage} has no '{name}' that works here"
            f"{nearest(name, available)}; correct the name"
        )
    required = _parameters(available[name])
    for wrong in sorted(arguments.keys() - required.keys()):
        raise FsimError(
            f"pytorch_metric_learning.{subpackage}.{name} has no argument '{wrong}'"
            f"{nearest(wrong, required)}; correct its arguments"
        )
    given = {key: value for key, value in known.items() if required.get(key)}
    for key, value in arguments.items():
        given[key] = _part(PARTS[key], value) if key in PARTS and value is not None else value
    try:
        return available[name](**given)
    except Exception as error:  # whatever its constructor raises, the arguments are the cause
        raise FsimError(
            f"pytorch_metric_learning.{subpackage}.{name} refuses its arguments: {error}; correct them"
        ) from error


def _part(subpackage: str, value: Any) -> Any:
    if isinstance(value, str):
        return _build(subpackage, value, {}, {})
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        return _build(subpackage, value["name"], {key: value[key] for key in value if key != "name"}, {})
    raise FsimError(
        f"pytorch_metric_learning: {value!r} does not name a class of its {subpackage}; "
        "write the name, or {name: ..., <its arguments>}"
    )


def _classes(subpackage: str) -> dict[str, type[Any]]:
    try:
        module = importlib.import_module(f"pytorch_metric_learning.{subpackage}")
        base = importlib.import_module("pytorch_metric_learning.utils.module_with_records").ModuleWithRecords
    except ImportError as error:
        raise FsimError(
            f"the loss pytorch_metric_learning needs the package of that name ({error}): "
            "pip install fsim[metric-learning]"
        ) from error
    return {
        name: member
        for name, member in vars(module).items()
        if inspect.isclass(member)
        and issubclass(member, base)
        and name not in UNFIT
        and not name.startswith("Base")
        and not name.endswith("Mixin")
    }


def _parameters(component: type[Any]) -> dict[str, bool]:
    """Constructor parameter -> is it required. Classes hand `**kwargs` to their bases, so these count too."""
    found: dict[str, bool] = {}
    for base in component.__mro__:
        if "__init__" not in vars(base):
            continue
        parameters = list(inspect.signature(vars(base)["__init__"]).parameters.values())[1:]  # without self
        for parameter in parameters:
            if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                found.setdefault(parameter.name, parameter.default is parameter.empty)
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            break
    return found
