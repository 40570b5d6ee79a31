"""Whether the head knows the category of an image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from fsim.errors import FsimError
from fsim.functional.retrieval.retrieval_metrics import Depths, micro_and_macro
from fsim.interfaces import Direction, RetrievalTask


class Classification:
    """Ranks the categories of each query image by the head's logits.

        accuracy@k        share of images whose category is among the k likeliest; 0 to 1
        macro_accuracy@k  mean over categories of the share of their images
        num_images        images whose category is known: those that count. Neither more nor fewer is better; every
                          metric has a direction

    DeepFashion's Category benchmark reports accuracy@3 and accuracy@5. Liu et al., "DeepFashion: powering robust
    clothes recognition and retrieval with rich annotations", CVPR 2016, section 5.1.

    Equal logits rank in the order of the categories. With no more than k categories accuracy@k is 1. NaN: both where no
    category is known.

    Args:
        k: how many guesses count, each 1 or more.

    Raises:
        FsimError: logits that are not finite.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"logits"})

    def __init__(self, k: Depths = (1, 3, 5)) -> None:
        self.k = k

    @property
    def directions(self) -> Mapping[str, Direction]:
        names = [f"accuracy@{depth}" for depth in self.k]
        return dict.fromkeys((*names, *(f"macro_{name}" for name in names), "num_images"), "max")

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        assert task.query.logits is not None
        known = task.query.categories >= 0
        logits, categories = task.query.logits[known], task.query.categories[known]  # [N, C], [N]
        unfit = int((~logits.isfinite()).any(1).sum())
        if unfit:
            raise FsimError(
                f"the logits of {unfit} of {len(logits)} images are NaN or infinite: "
                "the network has diverged; lower the learning rate"
            )
        rank = _rank(logits, categories)
        metrics = {f"accuracy@{depth}": (rank <= depth).double() for depth in self.k}
        return {**micro_and_macro(metrics, categories), "num_images": float(len(categories))}


def _rank(logits: Tensor, categories: Tensor) -> Tensor:
    """[N, C] and [N] -> [N] place of the true category, counted from 1."""
    true = logits.gather(1, categories[:, None])  # [N, 1]
    before = torch.arange(logits.shape[1]) < categories[:, None]  # [N, C]
    return ((logits > true) | ((logits == true) & before)).sum(1) + 1
