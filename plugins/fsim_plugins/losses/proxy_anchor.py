"""The proxy-anchor loss."""

from __future__ import annotations

from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from fsim.functional.distances import cosine_matrix, masked_logsumexp, masked_mean


class ProxyAnchor(torch.nn.Module):
    """Learns one proxy for each label, draws the images of the label to it, and pushes all others away.

    With s the cosine of an image x and a proxy p, X+(p) the images of its label and X-(p) all others of the
    batch, P all proxies and P+ those whose label is in the batch:

        1 / |P+| sum over p in P+ of log(1 + sum over x in X+(p) of exp(-alpha (s(x, p) - delta)))
        + 1 / |P| sum over p in P of log(1 + sum over x in X-(p) of exp(alpha (s(x, p) + delta)))

    Kim et al., "Proxy anchor loss for deep metric learning", CVPR 2020, eq. 4. The proxies start as in the
    authors' code (Kaiming normal, fan-out), drawn from PyTorch's global generator. The paper trains them at
    100 times the network's learning rate; here they share the recipe's.

    Images whose label is unknown (-1) are left out; a batch of only such images costs 0.

    Args:
        embedding_dim: D, filled in from the head.
        num_labels: number of proxies, filled in from the training images.
        alpha: how sharply the hardest images weigh, > 0. The paper: 32.
        delta: margin on the cosine, in [0, 1). The paper: 0.1.
    """

    def __init__(
        self,
        embedding_dim: int,
        num_labels: int,
        alpha: Annotated[float, Field(gt=0)] = 32.0,
        delta: Annotated[float, Field(ge=0, lt=1)] = 0.1,
    ) -> None:
        super().__init__()
        self.alpha = alpha
        self.delta = delta
        self.proxies = torch.nn.Parameter(torch.empty(num_labels, embedding_dim))  # [L, D]
        torch.nn.init.kaiming_normal_(self.proxies, mode="fan_out")

    def forward(self, embedding: Tensor, labels: Tensor) -> Tensor:
        """[B, D] and [B] -> scalar."""
        cosine = cosine_matrix(embedding, self.proxies)  # [B, L]
        positive = labels[:, None] == torch.arange(len(self.proxies), device=labels.device)  # [B, L]
        negative = ~positive & (labels >= 0)[:, None]  # [B, L]
        # log(1 + sum exp) = softplus(logsumexp)
        pull = F.softplus(masked_logsumexp(-self.alpha * (cosine - self.delta), positive, dim=0))  # [L]
        push = F.softplus(masked_logsumexp(self.alpha * (cosine + self.delta), negative, dim=0))  # [L]
        return masked_mean(pull, positive.any(0)) + push.mean()
