"""The part of each picture that the network sees: its box, with some of what is around it, or the whole picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from fsim.errors import FsimError
from fsim.images.resize import Box
from fsim.interfaces import Catalog


def cut_by(catalog: Catalog, box: Literal["crop", "ignore"], padding: int, image_size: int) -> Catalog:
    """The catalog with its boxes padded, or without boxes.

    The padding is counted in pixels of the network's image, as in Girshick et al., "Rich feature hierarchies for
    accurate object detection and semantic segmentation", CVPR 2014 (16 of 227): what is in the box fills all but
    `padding` pixels on each side. Beyond the picture there is nothing to show: there the box ends with it.

    Raises:
        FsimError: so much padding that nothing is left of the box.
    """
    import pandas as pd

    if box == "ignore":
        frame = catalog.frame.assign(box=pd.Series([None] * len(catalog.frame), dtype=object))
        return replace(catalog, frame=frame)
    if not padding:
        return catalog
    share = padding_share(padding, image_size)
    boxes = [None if one is None else padded(one, share) for one in catalog.frame["box"]]
    return replace(catalog, frame=catalog.frame.assign(box=pd.Series(boxes, dtype=object)))


def padding_share(padding: int, image_size: int) -> float:
    """`padding` pixels of the network's image on each side, as a share of the box's side.

    Raises:
        FsimError: so much that nothing is left of the box.
    """
    if 2 * padding >= image_size:
        raise FsimError(
            f"data.box_padding={padding} on each side leaves nothing of an image of {image_size} px; lower it"
        )
    return padding / (image_size - 2 * padding)


def padded(box: Box, share: float) -> Box:
    """A box (x1, y1, x2, y2), grown on each side by a share of its width or height."""
    x1, y1, x2, y2 = box
    wide, high = share * (x2 - x1), share * (y2 - y1)
    return x1 - wide, y1 - high, x2 + wide, y2 + high
