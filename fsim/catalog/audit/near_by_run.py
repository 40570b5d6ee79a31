"""Near duplicates that no hash finds: pictures that a trained network takes for crops of each other.

Shape legend: N images, B batch, S image size, D embedding.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from fsim.functional.retrieval.similarity import Similarity
from fsim.functional.retrieval.topk import topk
from fsim.images.image_cache import CachedImages
from fsim.interfaces import Distance, IntArray
from fsim.pages.page import evenly

BATCH_SIZE = 256
CROP = 1 / 16  # of the side, cut off at each edge
SAMPLE = 512  # images that are cropped to find what is near
NEAREST_SHARE = 0.5
RATIO = 0.6  # of the distances to the nearest and to the next


def near_by_run(
    embed: Callable[[Tensor], Tensor],
    distance: Distance,
    images: CachedImages,
    rows: IntArray,
    progress: Callable[[int, int], None] | None = None,
) -> list[IntArray]:
    """Find pairs of rows that are each other's nearest, much nearer than any other, and as near as a picture is to a
    crop of itself; the nearest pair first.

    Much nearer: the distance to the nearest is at most 0.6 of that to the next (the ratio test of Lowe, "Distinctive
    image features from scale-invariant keypoints", IJCV 2004, section 7.1, who takes 0.8), so that a crowd of
    resembling garments has no pairs. As near as a crop: up to 512 pictures are cropped by a sixteenth at each edge;
    half of these crops are no nearer to their originals. A third copy of a picture hides the other two, unless equal
    pixels gave it away.

    Args:
        embed: uint8 or float32 images of 0 to 255, [B, 3, S, S] -> embeddings [B, D].
        distance: how to compare them.
        images: those of a catalog, as the network sees them.
        rows: to compare, one for each picture; damaged ones are left out.
        progress: called with (images embedded, all images).
    """
    rows = rows[images.usable[rows]]
    if len(rows) < 2:
        return []
    parts = []
    for start in range(0, len(rows), BATCH_SIZE):
        parts.append(embed(images.gather(rows[start : start + BATCH_SIZE])))
        if progress is not None:
            progress(min(start + BATCH_SIZE, len(rows)), len(rows))
    embedding = torch.cat(parts)  # [N, D]
    near = topk(embedding, None, 2, distance)
    nearest, score = near.index[:, 0].numpy(), near.score[:, 0].numpy()
    distances = ((2 if distance == "cosine" else 0) - 2 * near.score.double()).clamp_min(0).sqrt()  # [N, 2]
    is_much_nearer = (distances[:, 0] <= RATIO * distances[:, 1]).numpy()
    numbers = np.arange(len(rows))
    score_of_crops = _score_of_crops(embed, distance, images, rows, embedding)
    mutual = (nearest[nearest] == numbers) & (numbers < nearest) & is_much_nearer & is_much_nearer[nearest]
    chosen = np.flatnonzero(mutual & (score >= score_of_crops))
    ordered = chosen[np.argsort(-score[chosen], kind="stable")]
    return [rows[[number, nearest[number]]] for number in ordered]


def _score_of_crops(
    embed: Callable[[Tensor], Tensor], distance: Distance, images: CachedImages, rows: IntArray, embedding: Tensor
) -> float:
    """Return the score that half of the crops reach with their originals."""
    sample = np.array(evenly(np.arange(len(rows)), SAMPLE))
    crops = torch.cat(
        [
            embed(_cropped(images.gather(rows[sample[start : start + BATCH_SIZE]])))
            for start in range(0, len(sample), BATCH_SIZE)
        ]
    )
    scores = Similarity(crops, embedding, distance, BATCH_SIZE, BATCH_SIZE).of_pairs(torch.from_numpy(sample)[:, None])
    return float(torch.quantile(scores, NEAREST_SHARE))


def _cropped(images: Tensor) -> Tensor:
    """uint8 [B, 3, S, S] -> float32 [B, 3, S, S] of 0 to 255, without its edges."""
    side = images.shape[-1]
    edge = max(1, round(side * CROP))
    middle = images[:, :, edge : side - edge, edge : side - edge].float()
    return F.interpolate(middle, (side, side), mode="bilinear", antialias=True)
