"""What a newcomer tries first, from the contracts alone, in one process: no file of the core is touched for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fsim.interfaces import Answers, Catalog, Direction, Distance, IntArray, RetrievalTask, Vectors
from fsim.plugin.build import build
from fsim.plugin.registry import register, unregister
from fsim.recipe.mistake import RecipeError
from fsim.recipe.validate import check_recipe
from fsim.run.run import run_recipe
from fsim.run.session import RunSession
from fsim.runtime.display import Display
from fsim.runtime.machine import prepare_machine
from fsim.search.indexed_images import NO_IMAGES
from fsim.search.passport import EmbeddingSource, Passport
from fsim.search.search_index import SearchIndex
from fsim.store.run_folder import RunFolder
from fsim.training.build import build_training
from fsim.training.step import build_engine
from fsim_plugins.indexes.exact import Exact


class TwoSpaces(nn.Module):
    """A head with a second embedding, of colour."""

    gives: ClassVar[frozenset[str]] = frozenset({"embedding", "colour_embedding"})
    distance: Distance = "euclidean"

    def __init__(self, in_features: int, embedding_dim: int = 8) -> None:
        super().__init__()
        self.embedding_dim = embedding_dim
        self.embed, self.colour = nn.Linear(in_features, embedding_dim), nn.Linear(in_features, 3)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        return {"embedding": self.embed(features), "colour_embedding": self.colour(features)}


class ColourSpread(nn.Module):
    """A loss of the second embedding."""

    def forward(self, colour_embedding: Tensor, categories: Tensor) -> Tensor:
        apart = torch.cdist(colour_embedding, colour_embedding)
        return (apart * (categories[:, None] == categories)).mean()


class ByItem(nn.Module):
    """A loss whose positives are all images of one item: Khosla et al., "Supervised contrastive learning", 2020."""

    def forward(self, embedding: Tensor, items: Tensor) -> Tensor:
        rows = F.normalize(embedding, dim=1)
        alike = (items[:, None] == items).fill_diagonal_(False)
        likely = (rows @ rows.T).fill_diagonal_(-10.0).log_softmax(1)
        return -(likely * alike).sum() / alike.sum().clamp(min=1)


class MeanLength:
    """An evaluator that leaves each query's value, and says nothing that is optional."""

    directions: Mapping[str, Direction] = {"length": "min"}

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        lengths = task.query.embedding.norm(dim=1)
        task.per_query["length"] = lengths
        return {"length": float(lengths.mean())}


class Flat(Exact):
    """An index that filters by itself, and counts how often."""

    filtered = 0

    def search_among(self, queries: Vectors, k: int, rows: IntArray) -> Answers:
        Flat.filtered += 1
        few = Exact()
        few.build(self.embeddings[rows], self.distance)
        found = few.search(queries, k)
        return found._replace(ids=np.where(found.ids < 0, -1, rows[found.ids]))


NEW = {("head", "two_spaces"): TwoSpaces, ("loss", "colour_spread"): ColourSpread, ("loss", "by_item"): ByItem}
NEW |= {("evaluator", "mean_length"): MeanLength, ("index", "flat"): Flat}  # type: ignore[dict-item]


@pytest.fixture(autouse=True)
def newcomers() -> Iterator[None]:
    for (kind, name), component in NEW.items():
        register(kind, name)(component)
    yield
    for kind, name in NEW:
        unregister(kind, name)


RECIPE = [
    "model.head={name: two_spaces}",
    "losses=[{name: contrastive}, {name: colour_spread, weight: 0.5}, {name: by_item}]",
    "evaluation={monitor: mean_length/length, evaluators: [{name: exact, k: [1]}, {name: mean_length}]}",
    "train.epochs=1",
    "trackers=[]",
]


def test_a_run_uses_them_as_it_uses_ours(small_recipe: Path, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "new")
    with Display(quiet=True) as display:
        result = run_recipe(check_recipe(small_recipe, RECIPE), RunSession(folder, display))
    lines = [json.loads(line) for line in folder.metrics.read_text(encoding="utf-8").splitlines()]
    train, val = lines[0], lines[-1]
    assert {"loss", "contrastive", "colour_spread", "by_item"} <= train["metrics"].keys()
    assert val["metrics"]["mean_length/length"] > 0
    assert "mean_length/length" in val["less_is_better"]
    assert result.best is not None and result.best.value == val["metrics"]["mean_length/length"]


@pytest.mark.parametrize("chunk_size", ["null", "3"])
def test_the_second_embedding_learns_also_in_chunks(small_recipe: Path, chunk_size: str) -> None:
    checked = check_recipe(small_recipe, [*RECIPE, f"train.chunk_size={chunk_size}"])
    with Display(quiet=True) as display:
        of = build_training(checked, prepare_machine("fp32"), display)
    before = of.state.network.head.colour.weight.detach().clone()  # type: ignore[union-attr]
    build_engine(of.step).run([of.batches[0]], max_epochs=1)
    assert not torch.equal(of.state.network.head.colour.weight, before)  # type: ignore[union-attr, arg-type]


def test_a_loss_that_needs_what_no_head_gives_is_rejected(small_recipe: Path) -> None:
    with pytest.raises(RecipeError, match="needs colour_embedding, which head 'siam_cat' does not give"):
        check_recipe(small_recipe, [*RECIPE, "model.head={name: siam_cat}"])


def test_an_index_that_filters_by_itself_is_asked_to(tmp_path: Path) -> None:
    embedding = np.random.default_rng(0).standard_normal((40, 4)).astype(np.float32)
    columns = {
        "image": [f"{row}.jpg" for row in range(40)],
        "category": [("hat", "shoe")[row % 2] for row in range(40)],
    }
    images = NO_IMAGES.with_more(Catalog.of(columns, tmp_path).frame, [b""] * 40)
    source = EmbeddingSource("r", "a/b", "best", "w", {}, 4, "cosine", "fp32")
    filtered = []
    for kind in ("flat", "exact"):
        component = build("index", kind, {})
        component.build(embedding, "cosine")
        passport = Passport(source, kind, {}, 40, "-", "-", 1.0, 10, "0")
        index = SearchIndex(tmp_path, passport, images, embedding, component)
        filtered.append(index.search(embedding[:3], 30, {"category": ["shoe"]}))
    np.testing.assert_array_equal(filtered[0].ids, filtered[1].ids)
    assert Flat.filtered == 1
