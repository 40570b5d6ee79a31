"""The network of a run: backbone, head and text tower, built from a checked recipe and compiled where it says so."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from fsim.errors import FsimError
from fsim.functional.text.vocabulary import Vocabulary
from fsim.images.normalise import Normalise
from fsim.interfaces import Backbone, Distance
from fsim.model.text_tower import TextTower, build_text_tower
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.runtime.machine import Machine

TRIAL_IMAGES = 32  # for fewer than 16 another program is compiled


class Network(nn.Module):
    """images -> backbone -> features -> head -> embedding (and logits of categories and attributes); captions, where it
    has a tower for text, -> text_embedding in the same space."""

    def __init__(self, backbone: nn.Module, head: nn.Module, text: TextTower | None = None) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head
        self.text = text

    @property
    def dimensions(self) -> int:
        """D, of an embedding"""
        return int(self.head.embedding_dim)  # type: ignore[arg-type]

    @property
    def distance(self) -> Distance:
        """How embeddings are compared."""
        return self.head.distance  # type: ignore[return-value]

    def __call__(self, images: Tensor, tokens: Tensor | None = None) -> dict[str, Tensor]:
        """Call `forward`; where it is compiled, by one program for batches of any size."""
        inputs = (images,) if tokens is None else (images, tokens)
        if self._compiled_call_impl is not None:
            for part, sizes in zip(inputs, (0, [0, 1]), strict=False):
                torch._dynamo.maybe_mark_dynamic(part, sizes)
        outputs: dict[str, Tensor] = super().__call__(*inputs)
        return outputs

    def forward(self, images: Tensor, tokens: Tensor | None = None) -> dict[str, Tensor]:
        """Map float [B, 3, S, S] to the outputs of the head: embedding [B, D], and logits [B, C] and [B, A] if it has
        them; with tokens of captions, int64 [B, L], also to text_embedding [B, D]."""
        outputs: dict[str, Tensor] = self.head(self.backbone(images))
        if tokens is not None:
            assert self.text is not None, "only a network with a text tower reads tokens"
            outputs = {**outputs, "text_embedding": self.text(tokens)}
        return outputs


def build_backbone(checked: CheckedRecipe) -> Backbone:
    """Build the backbone, with fresh weights or those that it is given.

    Raises:
        FsimError: it refuses its parameters, or does not fit its interface.
    """
    backbone: Backbone = checked["model.backbone"].build()
    return backbone


def build_network(
    checked: CheckedRecipe,
    num_categories: int,
    num_attributes: int = 0,
    vocabulary: Vocabulary | None = None,
    backbone: Backbone | None = None,
) -> Network:
    """Build head and text tower with fresh weights, and the backbone if it is not given.

    Raises:
        FsimError: a component does not fit its interface, or the backbone cannot take images of this size.
    """
    backbone = build_backbone(checked) if backbone is None else backbone
    head = checked["model.head"].build(
        in_features=backbone.out_features,
        num_categories=num_categories,
        num_attributes=num_attributes,
    )
    text = None
    if checked.recipe.model.text_encoder is not None:
        text_head = checked.components.get(("model", "text_head"))
        text = build_text_tower(checked["model.text_encoder"], text_head, vocabulary, head.embedding_dim)
    network = Network(cast(nn.Module, backbone), head, text)
    _try_forward(network, checked.recipe.data.image_size, checked["model.backbone"].name)
    layout = torch.channels_last if checked.recipe.train.channels_last else torch.contiguous_format
    return network.to(memory_format=layout)  # type: ignore[call-overload, no-any-return]


def _try_forward(network: Network, image_size: int, backbone: str) -> None:
    """Forward one image, so that a wrong size is an error of the recipe, and no traceback during training."""
    network.eval()
    try:
        with torch.no_grad():
            outputs = network(torch.zeros(1, 3, image_size, image_size))
    except (RuntimeError, ValueError) as error:
        raise FsimError(
            f"backbone '{backbone}' cannot take images of {image_size} px ({str(error).splitlines()[0]}); "
            f"raise data.image_size or choose a stem for small images (fsim describe backbone {backbone})"
        ) from error
    head = network.head
    missing = set(head.gives) - set(outputs)  # type: ignore[arg-type]
    if missing:
        raise FsimError(f"the head promises {', '.join(sorted(missing))} and does not give it; fix its forward")


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
