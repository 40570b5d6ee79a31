"""Protocols: who queries what, and all that decides whether two results may be compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.errors import FsimError
from fsim.evaluation.leaks import without_leaks
from fsim.functional.retrieval.relevant_ranks import num_relevant
from fsim.interfaces import Evaluator, IntArray, JunkLabel, JunkLabels, Label
from fsim.recipe.schema import EvaluationSettings, ProtocolSettings

METRICS_VERSION = 1  # raised when the definition of a metric changes: older results have another fingerprint


@dataclass(frozen=True)
class Protocol:
    """Who queries what, in one catalog.

    at_end       whether it is measured after the last epoch alone
    description  all that decides whether results are comparable, as metrics.jsonl has it
    """

    query: str
    gallery: str | None  # None: leave-one-out
    at_end: bool
    query_rows: IntArray
    gallery_rows: IntArray
    without_leaks: bool
    junk: JunkLabel | None
    description: dict[str, Any]

    @property
    def split(self) -> str:
        """Its name in metrics.jsonl: `val`; `val:train` for queries of val in the gallery train; `val without leaks`
        where an audit says which images to leave out, `val without junk` where junk is left out."""
        name = self.query if self.gallery is None else f"{self.query}:{self.gallery}"
        without = [word for word, is_set in (("leaks", self.without_leaks), ("junk", self.junk)) if is_set]
        return f"{name} without {' and '.join(without)}" if without else name

    @property
    def splits(self) -> list[str]:
        """The splits that must be embedded for it."""
        return [self.query] if self.gallery is None else [self.query, self.gallery]

    @property
    def fingerprint(self) -> str:
        """A hash of the description: results of different fingerprints are not comparable."""
        text = json.dumps(self.description, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def build_protocols(
    evaluation: EvaluationSettings,
    evaluators: Mapping[str, Evaluator],
    parameters: Mapping[str, Any],
    catalog: EncodedCatalog,
) -> list[Protocol]:
    """Build the protocols of a recipe, or the usual one where it names none.

    Args:
        evaluation: the recipe's section.
        evaluators: by name.
        parameters: of each evaluator by its name; they are part of a protocol's fingerprint.

    Raises:
        FsimError: a protocol does not fit the catalog, or two would have one name.
    """
    settings = evaluation.protocols or [_usual_protocol(catalog)]
    protocols = [_build_protocol(each, evaluation, evaluators, parameters, catalog) for each in settings]
    names = [protocol.split for protocol in protocols]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise FsimError(f"evaluation.protocols has '{twice}' twice, and their results would be one: leave one out")
    return protocols


def _build_protocol(
    settings: ProtocolSettings,
    evaluation: EvaluationSettings,
    evaluators: Mapping[str, Evaluator],
    parameters: Mapping[str, Any],
    catalog: EncodedCatalog,
) -> Protocol:
    query = catalog.rows(settings.query)
    leave_one_out = settings.gallery in (None, settings.query)
    gallery = query if leave_one_out else catalog.rows(settings.gallery or settings.query)
    if not leave_one_out and np.intersect1d(query, gallery).size:
        raise FsimError(
            f"images of '{settings.query}' are in the gallery '{settings.gallery}' too, so each would find itself: "
            f"leave their split out of the gallery, or the gallery away (leave-one-out)"
        )
    if not len(query) or not len(gallery):
        raise FsimError(f"no usable image to query or answer with in '{settings.query}', '{settings.gallery}'")
    left_out = {}
    if settings.without_leaks is not None:
        fair = without_leaks(catalog, settings.without_leaks, query, gallery)
        left_out = {"queries": len(query) - len(fair[0]), "gallery": len(gallery) - len(fair[1])}
        query, gallery = fair
    if (catalog.labels(evaluation.relevant)[query] < 0).all():
        raise FsimError(
            f"no image of '{settings.query}' has {'an item' if evaluation.relevant == 'item' else 'a category'}: "
            f"set evaluation.relevant to {'category' if evaluation.relevant == 'item' else 'item'}, or fix the catalog"
        )
    if settings.junk is not None:
        _check_junk(settings, evaluation.relevant, catalog, query, None if leave_one_out else gallery)
    description = {
        "query": settings.query,
        "gallery": settings.gallery or settings.query,
        "leave_one_out": leave_one_out,
        "relevant": evaluation.relevant,
        "num_queries": len(query),
        "num_gallery": len(gallery),
        "images": [catalog.fingerprint(query), catalog.fingerprint(gallery)],
        "evaluators": dict(parameters),
        "metrics_version": METRICS_VERSION,
        **({"left_out_as_leaks": left_out} if left_out else {}),
        **({"junk": settings.junk} if settings.junk else {}),
        **({"flip": True} if evaluation.flip else {}),
    }
    name = next((name for name, evaluator in evaluators.items() if "attributes" in evaluator.needs), None)
    if name is not None:
        catalog.attributes_for(f"evaluator '{name}'", query, settings.query)
        description["attributes"] = [catalog.attributes_fingerprint(rows) for rows in (query, gallery)]
    name = next((name for name, evaluator in evaluators.items() if "captions" in evaluator.needs), None)
    if name is not None:
        catalog.captions_for(f"evaluator '{name}'", query, settings.query)
        description["captions"] = [catalog.captions_fingerprint(rows) for rows in (query, gallery)]
    return Protocol(
        query=settings.query,
        gallery=None if leave_one_out else settings.gallery,
        at_end=settings.at_end,
        query_rows=query,
        gallery_rows=gallery,
        without_leaks=settings.without_leaks is not None,
        junk=settings.junk,
        description=description,
    )


def _check_junk(
    settings: ProtocolSettings,
    relevant_label: Label,
    catalog: EncodedCatalog,
    query: IntArray,
    gallery: IntArray | None,
) -> None:
    """Raises:
    FsimError: no image is junk to any query, or all that is relevant is junk.
    """
    assert settings.junk is not None
    items, relevant = (torch.from_numpy(catalog.labels(label)) for label in (settings.junk, relevant_label))
    if (items[query] < 0).all():
        raise FsimError(
            f"no image of '{settings.query}' has an item, so that nothing is junk: leave `junk: item` out of the "
            f"protocol, or fix the catalog"
        )
    answers = query if gallery is None else gallery
    junk = JunkLabels(items[query], items[answers])
    if not num_relevant(relevant[query], None if gallery is None else relevant[gallery], junk).any():
        raise FsimError(
            f"each category of '{settings.query}' shows one item, so that `junk: item` leaves nothing relevant: "
            f"leave it out of the protocol, or query a split with several items of a category"
        )


def _usual_protocol(catalog: EncodedCatalog) -> ProtocolSettings:
    """Return query against gallery where the catalog has them, else leave-one-out over val, test or train."""
    splits = set(catalog.catalog.frame["split"])
    if {"query", "gallery"} <= splits:
        return ProtocolSettings(query="query", gallery="gallery")
    return ProtocolSettings(query=next((split for split in ("val", "test") if split in splits), "train"))
