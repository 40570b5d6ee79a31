"""Weights for a torchvision network: none, a name that torchvision knows, or a file."""

from __future__ import annotations

import logging
from pathlib import Path
from urllib.parse import urlparse

import torch
from torch import Tensor, nn

from fsim.errors import FsimError, nearest
from fsim.kit.weights import read_weights, weights_of
from fsim_plugins.torchvision_import import import_torchvision

log = logging.getLogger("fsim.backbones")

OR_RANDOM = " or random"


class UnavailableError(FsimError):
    """Weights that cannot be downloaded."""


def load_weights(network: nn.Module, architecture: str, weights: str, fresh: tuple[str, ...] = ()) -> None:
    """Load `weights` into a torchvision network that has been given its final shape.

    What the network has no place for (a classifier, stages left out) is not used.

    Args:
        weights: a name of torchvision's enum for this architecture (`DEFAULT`, `IMAGENET1K_V1`), or a file with
            a state dict of the network, or a checkpoint of a run with the same backbone (its moving average, where it
            has one). `DEFAULT or random`:
            where they cannot be downloaded the network stays as it is, which is logged.
        fresh: beginnings of the names of weights that may stay as they are, because their shape is our own.

    Raises:
        FsimError: no such name or file, the download fails, or the weights do not fit.
    """
    weights, or_random, _ = weights.partition(OR_RANDOM)
    file = Path(weights).expanduser()
    try:
        state = _from_file(file) if file.is_file() else _from_torchvision(architecture, weights)
    except UnavailableError as error:
        if not or_random:
            raise
        log.warning("%s. Until then the network starts from RANDOM weights, as the recipe allows", error)
        return
    known = network.state_dict()
    fitting = {name: value for name, value in state.items() if name in known and known[name].shape == value.shape}
    missing, _ = network.load_state_dict(fitting, strict=False)
    if not fitting or any(not name.startswith(fresh) for name in missing):
        raise FsimError(
            f"the weights in {weights} do not fit {architecture}: {len(missing)} of {len(known)} tensors are missing "
            f"or of another shape (first: {', '.join(missing[:3])}); give weights of {architecture} with "
            f"the same stem, stages and layer"
        )


def _from_file(file: Path) -> dict[str, Tensor]:
    """The weights of a file; of a run those of its backbone."""
    weights = read_weights(file)
    return weights_of("backbone.network", weights) or weights


def _from_torchvision(architecture: str, name: str) -> dict[str, Tensor]:
    known = import_torchvision("torchvision.models").get_model_weights(architecture)
    if name not in known.__members__:
        raise FsimError(f"weights '{name}' are neither a file nor a name{nearest(name, known.__members__)}")
    weights = known[name]
    try:
        state: dict[str, Tensor] = weights.get_state_dict(progress=True, check_hash=True)
    except (OSError, RuntimeError) as error:  # URLError is an OSError; a wrong hash is a RuntimeError
        file = Path(urlparse(weights.url).path).name
        folder = Path(torch.hub.get_dir()) / "checkpoints"
        raise UnavailableError(
            f"cannot download the weights '{name}' of {architecture} ({error}); on a machine with a network get "
            f"{weights.url}, then put it at {folder / file}, or give its path as weights=PATH"
        ) from error
    return state
