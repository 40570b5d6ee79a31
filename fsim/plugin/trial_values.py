"""Made-up values that a component is built with on trial, so that what it refuses is known before a run starts.

A function for each kind that can be tried: of the names that the component asks for, and of the components, by kind,
that were built on trial before it. None: this one cannot be tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any


def nothing(asked: Set[str], built: Mapping[str, Any]) -> dict[str, Any]:
    """For a kind that is given nothing."""
    return {}


def seed(asked: Set[str], built: Mapping[str, Any]) -> dict[str, Any]:
    """For a kind whose components are built from a seed alone."""
    return {"seed": 0}


def dataset(asked: Set[str], built: Mapping[str, Any]) -> dict[str, Any]:
    """For a dataset, which reads nothing before it is asked to load."""
    from fsim.kit.files import cache_dir

    return {"cache_dir": cache_dir()}


def head(asked: Set[str], built: Mapping[str, Any]) -> dict[str, Any]:
    """For a head of images or of captions."""
    return {"in_features": 8, "num_categories": 2, "num_attributes": 2}


def text_encoder(asked: Set[str], built: Mapping[str, Any]) -> dict[str, Any] | None:
    """For a text encoder that learns words. One that has words of its own would load them, which is no trial."""
    from fsim.functional.text.vocabulary import Vocabulary

    return {"vocabulary": Vocabulary(("a", "dress"))} if "vocabulary" in asked else None


def loss(asked: Set[str], built: Mapping[str, Any]) -> dict[str, Any]:
    """For a loss."""
    import numpy as np

    from fsim.functional.labels.attribute_labels import AttributeCounts

    counts = AttributeCounts(np.ones(2, np.int64), np.ones(2, np.int64))
    return {"embedding_dim": 8, "num_categories": 2, "num_labels": 2, "attribute_counts": counts}


def optimizer(asked: Set[str], built: Mapping[str, Any]) -> dict[str, Any]:
    """For an optimizer: one weight."""
    import torch

    return {"params": [torch.nn.Parameter(torch.zeros(1))]}


def scheduler(asked: Set[str], built: Mapping[str, Any]) -> dict[str, Any] | None:
    """For a scheduler, where there is an optimizer that can be built."""
    if "optimizer" not in built:
        return None
    return {"optimizer": built["optimizer"], "total_steps": 10**6, "steps_per_epoch": 10**4}
