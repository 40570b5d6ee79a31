"""Signs of the losses beside their values: do they still teach, and what would a collapse cost?"""

from __future__ import annotations

import copy
import logging
from typing import Any

import torch

from fsim.training.losses import LossTerms

# Parts of the embeddings' distances from their mean. Not 0: where all are one point, no triplet is semi-hard.
NEAR, NEARER = 1e-3, 1e-4
COMPARED = ("embedding", "text_embedding")
ACTIVE = ("active_negatives", "active_triplets")
ROUNDING = 1e-5  # of a loss of cosines in float32


def loss_signs(losses: LossTerms, available: dict[str, Any], values: dict[str, float]) -> dict[str, float]:
    """Return signs of each loss term that compares embeddings with each other, by `<term>/<sign>`:

        loss       its value, weighted
        collapsed  its value if the network gave everything that the loss compares, images and captions, nearly the same
                   embedding, their mean: for a triplet loss its margin, for `supcon` log(B - 1), 0 where nothing keeps
                   embeddings apart
        active_negatives, active_triplets
                   for a loss that has a method of this name, the share of them that cost something; 0 to 1

    A loss with parameters (`arcface`, `proxy_anchor`) compares embeddings with what it learned, and has no signs: it
    begins above what a collapse would cost, as a classification does, and a healthy one passes it on its way down. Nor
    has one with a memory, which compares with what was not collapsed.

    The signs are computed by copies of the losses, so that one that remembers what it saw is not disturbed. A loss that
    cannot be copied or computed so has no signs, which is logged once.

    Args:
        losses: the terms of the recipe.
        available: what the batch and the network give, by name; see `LossTerms`.
        values: the weighted value of each term for this batch.
    """
    signs: dict[str, float] = {}
    with torch.no_grad():
        for (name, loss), weight, wanted in zip(losses.losses.items(), losses.weights, losses.needs, strict=True):
            if "embedding" not in wanted or any(True for _ in loss.parameters()) or name in losses.memories:
                continue
            if name in losses.without_signs:
                continue
            given = {need: available[need] for need in wanted}
            try:
                probe: Any = copy.deepcopy(loss)
                compared = {need: given[need] for need in COMPARED if need in given}  # [B, D] each
                mean = torch.cat(list(compared.values())).mean(0)  # [D]
                near, nearer = (
                    weight * float(probe(**given | {need: mean.lerp(own, part) for need, own in compared.items()}))
                    for part in (NEAR, NEARER)
                )
                vanishes = nearer < near / 2 or near < ROUNDING * values[name]
                of_loss = {"loss": values[name], "collapsed": 0.0 if vanishes else near}
                active = {sign: getattr(probe, sign)(**given) for sign in ACTIVE}
                of_loss |= {sign: float(share) for sign, share in active.items() if share is not None}
                signs |= {f"{name}/{sign}": value for sign, value in of_loss.items()}
            except Exception as error:  # whatever a stranger's loss raises here, training goes on without it
                losses.without_signs.add(name)
                logging.getLogger("fsim").warning(
                    f"the loss '{name}' cannot be asked whether it has collapsed ({error}); training goes on"
                )
    return signs
