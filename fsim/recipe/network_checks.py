"""Losses, head, sampler and text tower of a recipe that do not fit each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fsim.plugin.build import CheckedComponent
from fsim.plugin.parameters import injected_names, needs, takes_memory
from fsim.recipe.mistake import Key
from fsim.recipe.schema import value_at

ADD_TEXT_ENCODER = "give the recipe something that reads, such as model.text_encoder: {name: gru}"
EVERY_BATCH_GIVES = frozenset({"categories", "items", "labels", "attributes"})
TEXT_GIVES = frozenset({"text_embedding", "captioned"})


def loss_mistakes(value: Mapping[str, Any], components: Mapping[Key, CheckedComponent]) -> Iterator[tuple[Key, str]]:
    """Find losses that need what nothing gives, or are to remember and cannot."""
    losses = {key: part for key, part in components.items() if part.kind == "loss"}
    head, sampler = components.get(("model", "head")), components.get(("sampler",))
    if head and sampler:
        given = EVERY_BATCH_GIVES | head.component.gives | sampler.component.gives  # type: ignore[attr-defined]
        given |= TEXT_GIVES if ("model", "text_encoder") in components else frozenset()
        for key, loss in losses.items():
            yield from _unmet_needs(key, loss, needs(loss.component) - given, head, sampler)
    for place, settings in enumerate(value_at(value, ("losses",))):
        part = losses.get(("losses", place))
        if part and settings.get("memory") is not None and not takes_memory(part.component):
            yield (
                ("losses", place, "memory"),
                f"loss '{part.name}' compares the images of a batch alone; remove it, or take a loss that can "
                f"remember, such as supcon, info_nce or triplet",
            )


def _unmet_needs(
    key: Key, loss: CheckedComponent, unmet: set[str], head: CheckedComponent, sampler: CheckedComponent
) -> Iterator[tuple[Key, str]]:
    for need in sorted(unmet):
        if need in TEXT_GIVES:
            yield key, f"loss '{loss.name}' needs {need}: {ADD_TEXT_ENCODER}, or leave the loss out"
            break
        giver = sampler if need == "pairs" else head
        yield (
            key,
            f"loss '{loss.name}' needs {need}, which {giver.kind} '{giver.name}' does not give; "
            f"take another {giver.kind}, or leave the loss out",
        )


def text_mistakes(components: Mapping[Key, CheckedComponent], built: Mapping[Key, Any]) -> Iterator[tuple[Key, str]]:
    """Find parts of the text tower that lack each other, and two heads that embed into different spaces.

    Args:
        built: the components that could be built on trial.
    """
    text_head = components.get(("model", "text_head"))
    if ("model", "text_encoder") not in components:
        if text_head is not None:
            yield ("model", "text_head"), f"there are no captions for it: {ADD_TEXT_ENCODER}, or remove it"
        return
    losses = [part for part in components.values() if part.kind == "loss"]
    if not any(needs(loss.component) & TEXT_GIVES for loss in losses):
        yield (
            ("model", "text_encoder"),
            "no loss learns from it: add one of words and pictures to the losses, such as clip, or remove it",
        )
    if text_head is not None:
        for name in sorted(injected_names("head", text_head.component) & {"num_categories", "num_attributes"}):
            yield (
                ("model", "text_head"),
                f"head '{text_head.name}' asks for {name}, which is for pictures: take another, such as siam",
            )
    of_images, of_texts = built.get(("model", "head")), built.get(("model", "text_head"))
    if of_images is None:
        return
    if of_images.distance == "euclidean":
        yield (
            ("model", "head"),
            f"head '{components['model', 'head'].name}' compares by Euclidean distance, and the losses of words and "
            f"pictures by cosine: set distance: cosine, or take head siam_cat_cos",
        )
    for name in ("embedding_dim", "distance") if of_texts is not None else ():
        if getattr(of_texts, name) != getattr(of_images, name):
            yield (
                ("model", "text_head"),
                f"has {name} {getattr(of_texts, name)}, and model.head {getattr(of_images, name)}: words and pictures "
                f"lie in one space, so give both the same, or leave text_head out",
            )
