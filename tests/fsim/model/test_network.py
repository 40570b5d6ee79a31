from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch

from fsim.errors import FsimError
from fsim.model.network import build_network
from fsim.plugin.registry import register, unregister
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.document import Document
from fsim.recipe.validate import check_document


@contextmanager
def offered(backbone: type[torch.nn.Module]) -> Iterator[CheckedRecipe]:
    """A recipe with a backbone of this process."""
    register("backbone", "mine")(backbone)
    try:
        yield check_document(
            Document(
                {
                    "name": "t",
                    "data": {"dataset": {"name": "folder", "root": "."}, "image_size": 32},
                    "model": {"backbone": {"name": "mine"}, "head": {"name": "cat"}},
                    "sampler": {"name": "m_per_class", "batch_size": 4},
                    "losses": [{"name": "cross_entropy"}],
                }
            )
        )
    finally:
        unregister("backbone", "mine")


def test_a_backbone_that_breaks_its_contract_is_rejected() -> None:
    class Backbone(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images

    with offered(Backbone) as checked, pytest.raises(FsimError, match="lacks out_features"):
        build_network(checked, 3)


def test_a_backbone_that_rejects_the_image_size_is_an_error_of_the_user() -> None:
    class Backbone(torch.nn.Module):
        out_features = 3

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            raise ValueError("images of 224 px, please")

    told = r"'mine' cannot take images of 32 px \(images of 224 px, please\)"
    with offered(Backbone) as checked, pytest.raises(FsimError, match=told):
        build_network(checked, 3)
