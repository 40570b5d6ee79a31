from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from fsim.errors import FsimError
from fsim.functional.text.vocabulary import Vocabulary
from fsim.model.network import build_network
from fsim.model.text_tower import BATCH_SIZE
from fsim.plugin.registry import register, unregister
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.document import Document
from fsim.recipe.validate import check_document

WORDS = Vocabulary(("red", "dress"))


def checked(**model: object) -> CheckedRecipe:
    return check_document(
        Document(
            {
                "name": "t",
                "data": {"dataset": {"name": "folder", "root": "."}, "image_size": 32},
                "model": {
                    "backbone": {"name": "resnet18", "stem_stride": 4},
                    "head": {"name": "siam", "embedding_dim": 4, "distance": "cosine"},
                    "text_encoder": {"name": "bag_of_words", "word_dim": 3},
                    **model,
                },
                "sampler": {"name": "shuffled", "batch_size": 4},
                "losses": [{"name": "clip"}],
            }
        )
    )


def test_captions_and_pictures_come_out_of_one_forward() -> None:
    network = build_network(checked(), 2, vocabulary=WORDS).eval()
    assert network.text is not None
    tokens = torch.from_numpy(network.text.tokens(["red dress", "dress"]))
    with torch.no_grad():
        outputs = network(torch.zeros(2, 3, 32, 32), tokens)
        assert outputs["embedding"].shape == outputs["text_embedding"].shape == (2, 4)
        assert set(network(torch.zeros(2, 3, 32, 32))) == {"embedding"}
    torch.testing.assert_close(network.text.embed(["red dress", "dress"]), outputs["text_embedding"])


def test_many_captions_are_embedded_as_few_are() -> None:
    text = build_network(checked(), 2, vocabulary=WORDS).text
    assert text is not None
    many = text.embed(["red dress", "red", ""] * BATCH_SIZE)
    torch.testing.assert_close(many, text.embed(["red dress", "red", ""]).repeat(BATCH_SIZE, 1))
    assert many.dtype == torch.float32 and not many.requires_grad and not many.is_inference()


def test_a_head_of_its_own() -> None:
    head = {"name": "siam_cat_cos", "embedding_dim": 4}
    with pytest.raises(FsimError, match="asks for num_categories"):
        checked(text_head=head)
    network = build_network(checked(text_head={"name": "siam", "embedding_dim": 4, "distance": "cosine"}), 2, 0, WORDS)
    assert type(network.text.head).__name__ == "Siam"  # type: ignore[union-attr]


class Strange(nn.Module):
    """A text encoder that does not keep its contract."""

    def __init__(self, fault: str, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.fault, self.out_features = fault, 3
        self.layer = nn.Linear(1, 2 if fault == "width" else 3)

    def tokens(self, captions: Sequence[str]) -> Any:
        found = np.ones((len(captions), 2), np.int64)
        strange = {"list": found.tolist(), "type": found.astype(np.int32), "rows": found[:0], "flat": found[0]}
        return strange.get(self.fault, found)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.layer(tokens.float()[:, :1])


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        *[(one, "gives for a caption no int64 array") for one in ("list", "type", "rows", "flat")],
        ("width", "can't read a caption"),
    ],
)
def test_a_text_encoder_that_breaks_its_contract_is_told_before_training(fault: str, told: str) -> None:
    register("text_encoder", "strange")(Strange)
    try:
        recipe = checked(text_encoder={"name": "strange", "fault": fault})
        with pytest.raises(FsimError, match=f"text_encoder 'strange' {told}"):
            build_network(recipe, 2, vocabulary=WORDS)
    finally:
        unregister("text_encoder", "strange")
