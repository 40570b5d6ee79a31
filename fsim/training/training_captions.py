"""The captions of the training images: the words that are learned from them, and which of them a batch has.

Shape legend: B images of a batch, M captions of all training images, L words of the longest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.errors import FsimError
from fsim.functional.text.vocabulary import Vocabulary
from fsim.interfaces import IntArray
from fsim.model.text_tower import TextTower
from fsim.plugin.parameters import injected_names
from fsim.recipe.checked_recipe import CheckedRecipe


def training_captions(checked: CheckedRecipe, catalog: EncodedCatalog, rows: IntArray) -> list[list[str]] | None:
    """Return the captions of the training images; None where no text encoder learns from them.

    Raises:
        FsimError: one does, and there are no captions.
    """
    if checked.recipe.model.text_encoder is None:
        return None
    return catalog.captions_for(f"text_encoder '{checked['model.text_encoder'].name}'", rows, "train")


def learned_vocabulary(checked: CheckedRecipe, captions: Sequence[Sequence[str]] | None) -> Vocabulary | None:
    """Return the words of the training images' captions; None where no text encoder learns them.

    Raises:
        FsimError: no word is frequent enough.
    """
    if captions is None or not asks_for_vocabulary(checked):
        return None
    settings = checked.recipe.model.vocabulary
    every_caption = (caption for of_image in captions for caption in of_image)
    vocabulary = Vocabulary.of(every_caption, settings.min_count, settings.max_words, settings.max_length)
    if not vocabulary.words:
        raise FsimError(
            f"no word is there {settings.min_count} times in the captions of 'train', so there is nothing to read: "
            f"lower model.vocabulary.min_count, or correct the captions"
        )
    return vocabulary


def asks_for_vocabulary(checked: CheckedRecipe) -> bool:
    """Return whether the recipe has a text encoder that learns the words of captions."""
    part = checked.components.get(("model", "text_encoder"))
    return part is not None and "vocabulary" in injected_names("text_encoder", part.component)


class TrainingCaptions:
    """Draws one caption for each image of a batch. A caption without a known word does not count."""

    def __init__(self, captions: Sequence[Sequence[str]], text: TextTower) -> None:
        image = np.repeat(np.arange(len(captions)), [len(of_image) for of_image in captions])  # [M] of each caption
        tokens = text.tokens([caption for of_image in captions for caption in of_image])  # [M, L]
        readable = tokens.any(1)
        self.all_tokens = tokens[readable].astype(np.int32)  # [M, L]
        self.counts = np.bincount(image[readable], minlength=len(captions))  # of each image
        self.first = self.counts.cumsum() - self.counts  # of each image, where its captions begin

    def draw(self, rows: IntArray, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Return the tokens of one caption of each image, int64 [B, L'], where L' is the length of the longest of them,
        and whether the image has a caption, bool [B].

        Args:
            rows: [B], numbers of the images among the training images.
        """
        captioned = self.counts[rows] > 0
        drawn = self.first[rows] + rng.integers(np.maximum(self.counts[rows], 1))
        tokens = np.where(captioned[:, None], self.all_tokens[np.where(captioned, drawn, 0)], 0)
        length = max(1, int((tokens != 0).sum(1).max(initial=0)))
        return torch.from_numpy(tokens[:, :length].astype(np.int64)), torch.from_numpy(captioned)
