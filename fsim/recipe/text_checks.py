"""Components that do not fit each other where a network reads, or where nothing does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fsim.plugin import trial_values
from fsim.plugin.build import CheckedComponent
from fsim.plugin.parameters import injected_names, needs
from fsim.recipe.problem import Key

ADD_A_READER = "give the recipe something that reads, such as model.text_encoder: {name: gru}"
TEXT_GIVES = frozenset({"text_embedding", "captioned"})  # for losses, with a text encoder


def text_misfits(components: Mapping[Key, CheckedComponent], refused: Mapping[Key, str]) -> Iterator[tuple[Key, str]]:
    """
    Args:
        refused: What can't be built at all, which is told already.
    """
    encoder, head, text_head = (components.get(("model", name)) for name in ("text_encoder", "head", "text_head"))
    if encoder is None:
        if text_head is not None:
            yield ("model", "text_head"), f"there are no captions for it: {ADD_A_READER}, or remove it"
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
    if head is None or not head.is_valid or ("model", "head") in refused:
        return
    space = head.build(**trial_values.head(set(), {}))
    if space.distance == "euclidean":
        yield (
            ("model", "head"),
            f"head '{head.name}' compares by Euclidean distance, and the losses of words and pictures by cosine: set "
            f"distance: cosine, or take head siam_cat_cos",
        )
    if text_head is None or not text_head.is_valid or ("model", "text_head") in refused:
        return
    other = text_head.build(**trial_values.head(set(), {}))
    for name in ("embedding_dim", "distance"):
        if getattr(other, name) != getattr(space, name):
            yield (
                ("model", "text_head"),
                f"has {name} {getattr(other, name)}, and model.head {getattr(space, name)}: words and pictures lie in "
                f"one space, so give both the same, or leave text_head out",
            )
