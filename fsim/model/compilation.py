"""Compiles a network by torch.compile, in place: its weights and their names stay as they are."""

from __future__ import annotations

import torch

from fsim.errors import FsimError
from fsim.images.normalise import Normalise
from fsim.model.network import Network
from fsim.runtime.machine import Machine

TRIAL_IMAGES = 32  # for fewer than 16 another program is compiled


def compile_in_place(
    network: Network, machine: Machine, normalise: Normalise, image_size: int, backend: str = "inductor"
) -> None:
    """Compile the forward of a network, and try it in evaluation mode.

    One program for training and one for evaluation serve batches of any size but the very small, for which there are
    a few more; each is compiled when it is first needed. A copy of the network is not compiled.

    Raises:
        FsimError: the network cannot be compiled here.
    """
    network.compile(backend=backend)
    training = network.training
    try:
        with torch.inference_mode(), machine.autocast():  # as `fsim.evaluation.embedding` does
            inputs = [normalise(torch.zeros(TRIAL_IMAGES, 3, image_size, image_size))]
            if network.text is not None:
                inputs.append(torch.from_numpy(network.text.tokens(["a red dress"] * TRIAL_IMAGES)))
            network.eval()(*(part.to(machine.device) for part in inputs))
    except Exception as error:  # each backend and compiler has errors of its own
        message = str(getattr(error, "inner_exception", error))
        cause = next((line for line in message.splitlines() if line.strip()), type(error).__name__)
        needed = "a C++ compiler (g++)" if machine.device == "cpu" else "a C++ compiler (g++) and triton"
        raise FsimError(
            f"train.compile: the network cannot be compiled ({cause.strip()}); it needs {needed}; or set "
            f"train.compile=false"
        ) from error
    finally:
        network.train(training)
