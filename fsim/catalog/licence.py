"""The licence of a dataset's pictures, where its plugin states one: the class attribute `licence`."""

from __future__ import annotations

from typing import Any

NOT_STATED = "not stated: ask who made the data set"


def licence_of(dataset: Any) -> str:
    """A sentence, for model cards."""
    return str(getattr(dataset, "licence", NOT_STATED))
