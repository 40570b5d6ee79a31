"""A learned vector for each word of a vocabulary."""

from __future__ import annotations

from torch import Tensor, nn

from fsim.functional.text.vocabulary import PADDING, Vocabulary

BOUND = 0.1


class WordVectors(nn.Module):
    """Tokens [B, L] -> vectors [B, L, W].

    They start evenly distributed in [-0.1, 0.1], as in the code of VSE++ (Faghri et al., BMVC 2018), drawn from
    PyTorch's global generator. Padding is zero, and stays so.
    """

    def __init__(self, vocabulary: Vocabulary, dim: int) -> None:
        super().__init__()
        self.table = nn.Embedding(vocabulary.size, dim, padding_idx=PADDING)
        nn.init.uniform_(self.table.weight, -BOUND, BOUND)
        nn.init.zeros_(self.table.weight[PADDING])

    def forward(self, tokens: Tensor) -> Tensor:
        """int64 [B, L] -> [B, L, W]."""
        vectors: Tensor = self.table(tokens)
        return vectors
