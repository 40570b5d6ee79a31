"""The network of a run: backbone, head and what reads captions, built from a checked recipe."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from fsim.errors import FsimError
from fsim.functional.text.vocabulary import Vocabulary
from fsim.interfaces import Distance
from fsim.model.text_tower import TextTower, build_text_tower
from fsim.plugin.parameters import needs
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.training.cross_batch_memory import CrossBatchMemory


class Network(nn.Module):
    """images -> backbone -> features -> head -> embedding (and logits of categories and attributes); captions, where it
    has a tower for text, -> text_embedding in the same space."""

    def __init__(self, backbone: nn.Module, head: nn.Module, text: TextTower | None = None) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head
        self.text = text

    @property
    def embedding_dim(self) -> int:
        """D"""
        return int(self.head.embedding_dim)  # type: ignore[arg-type]

    @property
    def distance(self) -> Distance:
        """How the embeddings are to be compared."""
        return self.head.distance  # type: ignore[return-value]

    def __call__(self, images: Tensor, tokens: Tensor | None = None) -> dict[str, Tensor]:
        """`forward`; where it is compiled, by a program for batches of any size."""
        inputs = (images,) if tokens is None else (images, tokens)
        if self._compiled_call_impl is not None:
            for one, sizes in zip(inputs, (0, [0, 1]), strict=False):
                torch._dynamo.maybe_mark_dynamic(one, sizes)
        outputs: dict[str, Tensor] = super().__call__(*inputs)
        return outputs

    def forward(self, images: Tensor, tokens: Tensor | None = None) -> dict[str, Tensor]:
        """float [B, 3, S, S] -> what the head gives: embedding [B, D], and logits [B, C] and [B, A] if any; with tokens
        of captions int64 [B, L] also text_embedding [B, D]."""
        outputs: dict[str, Tensor] = self.head(self.backbone(images))
        if tokens is not None:
            assert self.text is not None, "tokens of captions are for a network that reads"
            outputs = {**outputs, "text_embedding": self.text(tokens)}
        return outputs


class LossTerms(nn.Module):
    """The weighted losses of a recipe; each is given by name what its forward asks for."""

    def __init__(
        self, losses: dict[str, nn.Module], weights: list[float], memories: dict[str, CrossBatchMemory] | None = None
    ) -> None:
        super().__init__()
        self.losses = nn.ModuleDict(losses)
        self.memories = nn.ModuleDict(memories or {})  # of some losses
        self.weights = weights
        self.needs = [needs(loss) for loss in losses.values()]
        self.without_signs: set[str] = set()  # those that `fsim.training.loss_signs` has found it cannot ask

    def forward(self, available: dict[str, Any]) -> dict[str, Tensor]:
        """Each term by its name, weighted; the loss is their sum."""
        terms = zip(self.losses.items(), self.weights, self.needs, strict=True)
        return {
            name: weight * loss(**{need: available[need] for need in wanted}, **self._remembered(name))
            for (name, loss), weight, wanted in terms
        }

    def remember(self, available: dict[str, Any]) -> None:
        """After a step: put its batch into the memories."""
        memory: Any
        for memory in self.memories.values():
            memory.remember(available["embedding"], available["labels"])

    def _remembered(self, name: str) -> dict[str, Any]:
        memory: Any = self.memories[name] if name in self.memories else None  # noqa: SIM401, it has no get
        return {} if memory is None else {"memory": memory.given()}


def build_network(
    checked: CheckedRecipe, num_categories: int, num_attributes: int = 0, vocabulary: Vocabulary | None = None
) -> Network:
    """Backbone, head and text tower with fresh weights.

    Raises:
        FsimError: a component does not fit its interface, or the backbone cannot take images of this size.
    """
    backbone = checked["model.backbone"].build()
    head = checked["model.head"].build(
        in_features=backbone.out_features,
        num_categories=num_categories,
        num_attributes=num_attributes,
    )
    network = Network(backbone, head, build_text_tower(checked, vocabulary, head))
    _try_forward(network, checked.recipe.data.image_size, checked["model.backbone"].name)
    layout = torch.channels_last if checked.recipe.train.channels_last else torch.contiguous_format
    return network.to(memory_format=layout)  # type: ignore[call-overload, no-any-return]


def build_losses(checked: CheckedRecipe, **given: Any) -> LossTerms:
    """The losses of the recipe; one that is there twice gets a number behind its name."""
    losses: dict[str, nn.Module] = {}
    memories: dict[str, CrossBatchMemory] = {}
    for part, settings in zip(checked.each("losses"), checked.recipe.losses, strict=True):
        name = part.name.replace(".", "_")  # a dot would part the names of its weights
        number = sum(known.partition("#")[0] == name for known in losses) + 1
        name = name if number == 1 else f"{name}#{number}"
        losses[name] = part.build(**given)
        if settings.memory is not None:
            of = settings.memory
            memories[name] = CrossBatchMemory(of.size, of.after_steps, given["embedding_dim"])
    return LossTerms(losses, [settings.weight for settings in checked.recipe.losses], memories)


def _try_forward(network: Network, image_size: int, backbone: str) -> None:
    """One grey image through the network, so that a wrong size is told before training and not by a traceback."""
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
        raise FsimError(f"the head promises {', '.join(sorted(missing))} and does not give it; mend its forward")
