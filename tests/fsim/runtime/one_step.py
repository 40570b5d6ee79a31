"""One training step on 64 images by the processes of this command; what it did to the weights, into a file.

torchrun --nproc-per-node 2 tests/fsim/runtime/one_step.py OUT, or called in one process: `one_step.steps(ALONE)`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from fsim.errors import FsimError
from fsim.functional.text.vocabulary import Vocabulary
from fsim.interfaces import IntArray, Pairs
from fsim.model.network import build_network
from fsim.plugin.registry import register, unregister
from fsim.recipe.document import Document
from fsim.recipe.validate import check_document
from fsim.runtime.machine import prepare_machine
from fsim.runtime.processes import Processes
from fsim.runtime.torchrun import join_processes
from fsim.training.batches import Batch
from fsim.training.build import build_losses, build_step
from fsim.training.state import TrainingState
from fsim.training.step import build_engine

SIZE = 64
WORDS = ["a", "red", "striped", "cotton", "dress", "with", "long", "sleeves", "and", "pockets", "to", "wear"]
BY_LABELS = [{"name": "cross_entropy"}, {"name": "supcon"}]
OF_WORDS = [{"name": "vse", "weight": 1e-3}, {"name": "vse_hard", "weight": 1e-2}, {"name": "clip", "weight": 0.1}]
CASES: dict[str, dict[str, Any]] = {
    "labels": {"losses": BY_LABELS},
    "pairs": {"losses": [{"name": "contrastive"}]},
    "learned": {"losses": [{"name": "proxy_anchor", "weight": 0.1}, {"name": "arcface", "weight": 1e-3}]},
    "chunks": {"losses": BY_LABELS, "chunk_size": 12},
    "clipped": {"losses": [{"name": "triplet"}], "clip_norm": 0.01},
    "frozen": {"losses": BY_LABELS, "frozen": {"backbone": None}, "ema_decay": 0.5},
    "uneven": {"losses": BY_LABELS, "sizes": [40, 24]},
    "drawing": {"losses": [{"name": "drawing"}]},
    "remembering": {"losses": [{"name": "supcon", "memory": {"size": 50}}]},
    "reading": {"losses": OF_WORDS, "reads": True},
    "reading in chunks": {"losses": [*OF_WORDS, *BY_LABELS], "reads": True, "chunk_size": 12, "sizes": [40, 24]},
}


class Plain(nn.Module):
    """Without batch normalisation."""

    out_features = 6

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 6, 3, stride=2), nn.Tanh(), nn.Conv2d(6, 6, 3), nn.AdaptiveAvgPool2d(1)
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images).flatten(1)


class Reading(nn.Module):
    """The mean of word vectors."""

    out_features = 5

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.vectors = nn.Embedding(vocabulary.size, 5, padding_idx=0)

    def tokens(self, captions: Sequence[str]) -> IntArray:
        return self.vocabulary.tokens(captions)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.vectors(tokens).sum(1) / (tokens > 0).sum(1, keepdim=True).clamp_min(1)


class Drawing(nn.Module):
    """A loss of half of the images, which it draws."""

    def forward(self, embedding: Tensor, categories: Tensor) -> Tensor:
        return (embedding.square().sum(1) * torch.randint(2, categories.shape)).mean()


def steps(together: Processes) -> dict[str, dict[str, Any]]:
    """For each case how much every weight moved, and the loss."""
    register("backbone", "plain")(Plain)
    register("text_encoder", "reading")(Reading)
    register("loss", "drawing")(Drawing)
    try:
        return {name: _step(together, **case) for name, case in CASES.items()}
    finally:
        unregister("backbone", "plain")
        unregister("text_encoder", "reading")
        unregister("loss", "drawing")


def refused(together: Processes) -> list[str]:
    """What is said where the processes differ, and of a sampler that knows no ranks."""
    together.reject_differences({"same": 1, "alike": "a"})
    told = []
    try:
        together.reject_differences({"same": 1, "steps": together.rank})
    except FsimError as error:
        told.append(str(error))
    return told


def _step(
    together: Processes, losses: list[Any], sizes: list[int] | None = None, reads: bool = False, **train: Any
) -> dict[str, Any]:
    head = {"name": "siam_cat", "embedding_dim": 4, **({"distance": "cosine"} if reads else {})}
    recipe = check_document(
        Document(
            {
                "name": "t",
                "data": {"dataset": {"name": "folder", "root": "."}, "image_size": 16},
                "model": {
                    "backbone": {"name": "plain"},
                    "head": head,
                    "text_encoder": {"name": "reading"} if reads else None,
                },
                "sampler": {"name": "m_per_class", "batch_size": 4},
                "losses": losses,
                "train": {"optimizer": {"name": "sgd", "lr": 1.0}, "precision": "fp32", **train},
            }
        )
    )
    torch.manual_seed(0)
    vocabulary = Vocabulary(WORDS)
    network = build_network(recipe, 3, vocabulary=vocabulary if reads else None)
    terms = build_losses(recipe, embedding_dim=4, num_categories=3, num_labels=3)
    step = build_step(recipe, network, terms, 1, prepare_machine("fp32"), together)
    before = {name: value.clone() for name, value in _weights(step.state).items()}
    stops = torch.cumsum(torch.tensor([0, *(sizes or [SIZE // 2] * 2)]), 0).tolist()
    start, stop = (0, SIZE) if together.size == 1 else (stops[together.rank], stops[together.rank + 1])
    batch = _batch(start, stop, [(a, b) for a, b in pairwise(stops) if start <= a and b <= stop])
    if reads:  # the captions of each process are as long as the longest of them
        texts = [" ".join(WORDS[: row % 7 * (1 + row // 40)]) for row in range(start, stop)]
        captioned = torch.tensor([text != "" for text in texts])
        batch = replace(batch, tokens=torch.from_numpy(vocabulary.tokens(texts)), captioned=captioned)
    build_engine(step).run([batch], max_epochs=1)
    moved = {name: value - before[name] for name, value in _weights(step.state).items()}
    return {"moved": moved, "sums": step.state.sums, "signs": step.state.signs}


def _weights(state: TrainingState) -> dict[str, Tensor]:
    of = {**state.evaluated.state_dict(), **{f"losses.{k}": v for k, v in state.losses.state_dict().items()}}
    return {name: value for name, value in of.items() if isinstance(value, Tensor)}


def _batch(start: int, stop: int, ranges: list[tuple[int, int]]) -> Batch:
    """Images start to stop of the 64, with the pairs that lie within each range."""
    images = torch.randn(SIZE, 3, 16, 16, generator=torch.Generator().manual_seed(1))[start:stop]
    rows = torch.arange(start, stop)
    labels = rows % 3
    pairs = [(a, b) for low, high in ranges for a in range(low, high) for b in range(a + 1, high, 1 + low % 3)]
    first, second = (torch.tensor(side) - start for side in zip(*pairs, strict=True))
    return Batch(images, rows, labels, labels, labels, Pairs(first, second, labels[first] == labels[second]))


if __name__ == "__main__":
    with join_processes() as together:
        found = {"steps": steps(together), "refused": refused(together)}
        if together.is_rank0:
            torch.save(found, sys.argv[1])
