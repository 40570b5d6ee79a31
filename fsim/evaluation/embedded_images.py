"""The embedded images that maps and trackers show, with their thumbnails.

Shape legend: N images, B batch, S image size, T side of a thumbnail.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.evaluation.protocol_result import ProtocolResult
from fsim.functional.draws import keyed_generator
from fsim.functional.labels.subsets import stratified_subset
from fsim.images.image_cache import CachedImages
from fsim.interfaces import EmbeddedImages, IntArray

THUMBNAIL = 64  # pixels
BATCH_SIZE = 256


def embedded_images(
    catalog: EncodedCatalog, images: CachedImages, result: ProtocolResult, at_most: int, seed: int
) -> EmbeddedImages:
    """Return the queries of a protocol, or `at_most` of them, drawn by the seed: every category keeps its share, or,
    with more than at_most / 10 categories, some categories are drawn and keep their images."""
    protocol, query = result.protocol, result.task.query
    chosen = stratified_subset(query.categories.numpy(), at_most, keyed_generator(seed, "embedded images"))
    rows = protocol.query_rows[chosen]
    frame = catalog.catalog.frame.iloc[rows]
    return EmbeddedImages(
        split=protocol.query,
        embedding=query.embedding[chosen].numpy(),
        names=catalog.names(rows),
        categories=[str(name) for name in frame["category"]],
        items=[str(item) for item in frame["item"]],
        thumbnails=_thumbnails(images, rows),
    )


def _thumbnails(cached: CachedImages, rows: IntArray) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """uint8 [N, T, T, 3] of catalog rows."""
    size = min(THUMBNAIL, cached.size)
    parts = []
    for start in range(0, len(rows), BATCH_SIZE):
        images = cached.gather(rows[start : start + BATCH_SIZE])  # uint8 [B, 3, S, S]
        small = F.interpolate(images, (size, size), mode="bilinear", antialias=True)
        parts.append(small.permute(0, 2, 3, 1))  # [B, T, T, 3]
    thumbnails: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] = torch.cat(parts).contiguous().numpy()
    return thumbnails
