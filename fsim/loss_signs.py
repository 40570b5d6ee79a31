"""What the losses tell of a batch beside their value: do they still teach, and would a collapse cost less?"""

from __future__ import annotations

import copy
import logging
from typing import Any

import torch

from fsim.network import LossTerms

# Not to one point: there no triplet is semi-hard. Of the embeddings' distances from their mean.
DRAWN_TOGETHER = 1e-3


def loss_signs(losses: LossTerms, available: dict[str, Any], values: dict[str, float]) -> dict[str, float]:
    """Signs of each loss term that sees embeddings, by `<term>/<sign>`:

        loss       its value, weighted
        collapsed  what it would be of a network that gives all images nearly the same embedding, the batch's mean: for
                   a triplet loss its margin, for `supcon` log(B - 1), 0 where nothing keeps embeddings apart
        active     of a loss that has a method `active`: the share of its negative pairs or triplets that cost
                   something; 0 to 1

    The losses are asked as copies, so that one that remembers what it saw is not disturbed. A loss that cannot be
    copied or asked has no signs, which is logged once.

    Args:
        losses: the terms of the recipe.
        available: what the batch and the network give, by name; see `LossTerms`.
        values: the weighted value of each term for this batch.
    """
    signs: dict[str, float] = {}
    with torch.no_grad():
        embedding = available["embedding"]  # [B, D]
        collapsed = {**available, "embedding": torch.lerp(embedding.mean(0), embedding, DRAWN_TOGETHER)}
        for (name, loss), weight, wanted in zip(losses.losses.items(), losses.weights, losses.needs, strict=True):
            if "embedding" not in wanted or name in losses.without_signs:
                continue
            try:
                asked: Any = copy.deepcopy(loss)
                of_loss = {"loss": values[name]}
                of_loss["collapsed"] = weight * float(asked(**{need: collapsed[need] for need in wanted}))
                if hasattr(asked, "active"):
                    of_loss["active"] = float(asked.active(**{need: available[need] for need in wanted}))
                signs |= {f"{name}/{sign}": value for sign, value in of_loss.items()}
            except Exception as error:  # whatever a stranger's loss raises here, training goes on without it
                losses.without_signs.add(name)
                logging.getLogger("fsim").warning(
                    f"the loss '{name}' cannot be asked whether it has collapsed ({error}); training goes on"
                )
    return signs
