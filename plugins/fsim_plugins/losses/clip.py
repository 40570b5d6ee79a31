"""The loss of CLIP: each image names its caption, and each caption its image."""

from __future__ import annotations

import math
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from fsim.functional.distances import cosine_matrix, masked_logsumexp, masked_mean
from fsim_plugins.losses.caption_negatives import caption_negatives

MOST_SCALE = 100.0


class Clip(torch.nn.Module):
    """For each image, names its own caption among all of the batch, and for each caption its own image.

    With s(i, c) the cosine of an image and a caption, c_i the caption of image i and t the temperature, image i costs

        -log( exp(s(i, c_i) / t) / sum over j of exp(s(i, c_j) / t) )

    and caption c_i the same with the s(j, c_i) of all images j. The loss is the mean over both. Radford et al.,
    "Learning transferable visual models from natural language supervision", ICML 2021, section 2.3 and figure 3.

    The temperature is learned, as log(1 / t); 1 / t stays at 100 at most, as in the paper (section 2.5), so that it
    cannot make training unstable. Weight decay, if the optimizer has it, draws it towards 1; the paper spares it that.

    Captions and images of one known item are not in each other's sums; the paper's images have no items. An image
    without a caption is only in the sums of the others' captions. A batch in which there is nothing to tell apart
    costs 0.

    Args:
        temperature: t at the beginning, 0.01 or more. The paper: 0.07.
        learned: false for a temperature that stays as it is.
    """

    def __init__(self, temperature: Annotated[float, Field(ge=1 / MOST_SCALE)] = 0.07, learned: bool = True) -> None:
        super().__init__()
        log_scale = torch.tensor(-math.log(temperature))
        if learned:
            self.log_scale = torch.nn.Parameter(log_scale)
        else:
            self.register_buffer("log_scale", log_scale)

    def forward(self, embedding: Tensor, text_embedding: Tensor, items: Tensor, captioned: Tensor) -> Tensor:
        """[B, D], [B, D], [B] and [B] -> scalar."""
        with torch.no_grad():  # in place: a clamp in the graph would hold at the bound for good, with a gradient of 0
            self.log_scale.clamp_(max=math.log(MOST_SCALE))
        logits = self.log_scale.exp() * cosine_matrix(embedding, text_embedding)  # [B, B], image by caption
        own = torch.eye(len(items), dtype=torch.bool, device=items.device) & captioned  # [B, B]
        in_sum = caption_negatives(items, captioned) | own  # [2, B, B]
        sums = masked_logsumexp(torch.stack([logits, logits.T]), in_sum, dim=2)  # [2, B]
        return masked_mean(sums - logits.diagonal(), captioned.expand_as(sums))
