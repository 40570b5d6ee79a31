"""Text models of the package `transformers`, from a folder or from the Hugging Face hub."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from fsim.errors import FsimError
from fsim.functional.text.vocabulary import PADDING
from fsim.interfaces import IntArray
from fsim_plugins.huggingface.text_model import from_folder, from_hub
from fsim_plugins.text_encoders.pooling import last_of, lengths, mean_of

SHIFT = 1  # from the model's numbers to ours, in which 0 is padding, whatever the model's own is (CLIP's ends a text)


class HuggingFace(nn.Module):
    """A text model that the package `transformers` reads: BERT, CLIP and their like. Needs `fsim[transformers]`.

        {name: huggingface, folder: models/bert-tiny}
        {name: huggingface, hub: openai/clip-vit-base-patch32, pooling: last}

    It has its own words, learns on from its own weights (see `train.frozen` and `train.learning_rates`), and is asked
    for whenever the run is opened again: keep the folder. Nothing that is loaded runs code: weights are safetensors.

    Args:
        folder: what `save_pretrained` of a model and of its tokenizer wrote.
        hub: in place of folder: owner/name on huggingface.co, which is downloaded into the package's own cache, or was.
        pooling: what of the states of a caption's tokens is its feature: `mean`; `cls`, the first token's, which models
            such as BERT begin with; `last`, the last token's, for a model that reads from left to right, such as CLIP.
        max_length: tokens of a caption that count, from its beginning; as many as the model reads at most.

    Raises:
        FsimError: folder and hub are both set, or neither; the package is missing, there is no such model, it has no
            safetensors, or it cannot read so many tokens or be pooled so.
    """

    def __init__(
        self,
        folder: Path | None = None,
        hub: str | None = None,
        pooling: Literal["mean", "cls", "last"] = "mean",
        max_length: Annotated[int, Field(ge=2)] = 64,
    ) -> None:
        super().__init__()
        if (folder is None) == (hub is None):
            raise FsimError(
                "set model.text_encoder.folder to one that save_pretrained wrote, or model.text_encoder.hub to "
                "owner/name on the hub, and not both"
            )
        self.tokenizer, self.network = from_hub(hub or "") if folder is None else from_folder(folder)
        self.pooling = pooling
        self.max_length = max_length
        with torch.no_grad():
            features = self(torch.tensor([[1, 2], [1, 3]]))  # [2, F], of two texts that begin with the same token
            most = self._most_tokens()
        if max_length > most:
            raise FsimError(f"{folder or hub} reads {most} tokens at most: set model.text_encoder.max_length={most}")
        if pooling == "cls" and torch.allclose(*features):
            raise FsimError(
                f"{folder or hub} reads from left to right, so its first token knows nothing of a caption: "
                f"set model.text_encoder.pooling to last or mean"
            )
        self.out_features = features.shape[1]

    def tokens(self, captions: Sequence[str]) -> IntArray:
        """[B] -> int64 [B, L]: the model's own numbers, plus one."""
        asked = {"truncation": True, "max_length": self.max_length}
        whole = [caption.encode(errors="replace").decode() for caption in captions]  # none has half a character
        numbers = self.tokenizer(whole, **asked)["input_ids"] if captions else []
        tokens = np.full((len(captions), max([1, *map(len, numbers)])), PADDING, np.int64)
        for row, of_caption in zip(tokens, numbers, strict=True):
            row[: len(of_caption)] = np.array(of_caption, np.int64) + SHIFT
        return tokens

    def forward(self, tokens: Tensor) -> Tensor:
        """[B, L] -> [B, F]."""
        tokens = tokens[:, : self.max_length]  # behind it is nothing but padding
        there = tokens != PADDING
        there[:, 0] = True  # where there is nothing to attend to, attention is NaN
        states: Tensor = self.network(
            input_ids=(tokens - SHIFT).clamp_min(0), attention_mask=there.long()
        ).last_hidden_state  # [B, L, F]
        if self.pooling == "cls":
            return states[:, 0]
        return (mean_of if self.pooling == "mean" else last_of)(states, lengths(tokens))

    def _most_tokens(self) -> int:
        """How many tokens the model reads, `max_length` at most. It is tried: RoBERTa reads fewer than its config says,
        because its positions begin behind the number of its padding."""
        said = (self.tokenizer.model_max_length, getattr(self.network.config, "max_position_embeddings", None))
        most: int = min([self.max_length, *(limit for limit in said if limit and limit >= 1)])  # XLNet's is -1: none
        if self._reads(most):
            return most
        return 1 + bisect_left(range(2, most), True, key=lambda length: not self._reads(length))

    def _reads(self, length: int) -> bool:
        padding = getattr(self.network.config, "pad_token_id", None)  # in RoBERTa it takes no position
        try:
            self(torch.full((1, length), SHIFT + int(padding == 0)))
        except (IndexError, RuntimeError, ValueError):
            return False
        return True
