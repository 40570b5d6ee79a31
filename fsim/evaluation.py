"""Evaluate a network: embed splits, let the evaluators measure them, and say exactly what was asked."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fsim import interfaces
from fsim.catalog import EncodedCatalog
from fsim.checked_recipe import CheckedRecipe
from fsim.embedding import Embedder
from fsim.errors import FsimError
from fsim.functional.embedding_health import embedding_health
from fsim.functional.relevant_ranks import num_relevant
from fsim.functional.subsets import comparable
from fsim.interfaces import Direction, Embedded, Evaluator, IntArray, JunkLabel, JunkLabels, RetrievalTask
from fsim.leaks import without_leaks
from fsim.network import Network, built
from fsim.params import evaluator_needs
from fsim.recipe import ProtocolSettings

METRICS_VERSION = 1  # raised when the definition of a metric changes: older results have another fingerprint


@dataclass(frozen=True)
class Protocol:
    """Who queries what, in one catalog."""

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
        """How its lines in metrics.jsonl are called: `val`; `val:train` for queries of val in the gallery train; `val
        without leaks` where an audit says which images to leave out, `val without junk` where junk is left out."""
        name = self.query if self.gallery is None else f"{self.query}:{self.gallery}"
        without = [word for word, is_set in (("leaks", self.without_leaks), ("junk", self.junk)) if is_set]
        return f"{name} without {' and '.join(without)}" if without else name

    @property
    def splits(self) -> list[str]:
        """What must be embedded for it."""
        return [self.query] if self.gallery is None else [self.query, self.gallery]

    @property
    def fingerprint(self) -> str:
        """A hash of all that is asked: results of different fingerprints are not comparable."""
        text = json.dumps(self.description, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Evaluated:
    """One protocol, measured.

    line       its line of metrics.jsonl
    per_query  {evaluator/metric: [Q]}: what the means are of, NaN for a query that does not count
    """

    protocol: Protocol
    task: RetrievalTask
    line: dict[str, Any]
    per_query: dict[str, Tensor]


class Evaluation:
    """The evaluators and protocols of a recipe, ready to measure a network again and again."""

    def __init__(self, checked: CheckedRecipe, catalog: EncodedCatalog, embedder: Embedder) -> None:
        self.catalog, self.embedder = catalog, embedder
        self.relevant, self.flip = checked.recipe.evaluation.relevant, checked.recipe.evaluation.flip
        self.seed = checked.recipe.seed
        self.evaluators: dict[str, Evaluator] = {
            part.name: built(part, interfaces.Evaluator, seed=checked.recipe.seed)
            for part in checked.each("evaluation.evaluators")
        }
        self.needs = frozenset[str]().union(*map(evaluator_needs, self.evaluators.values()))
        asked = {
            part.name: part.settings.model_dump(mode="json", by_alias=True)
            for part in checked.each("evaluation.evaluators")
        }
        settings = checked.recipe.evaluation.protocols or [_suggested(catalog)]
        self.protocols = [self._protocol(one, asked) for one in settings]
        names = [protocol.split for protocol in self.protocols]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise FsimError(f"evaluation.protocols asks '{twice}' twice, and their results would be one: leave one out")
        # What may choose the best epoch: the first protocol that is there in every evaluation.
        self.monitored = next((one for one in self.protocols if not one.at_end), self.protocols[0])

    def _protocol(self, settings: ProtocolSettings, evaluators: dict[str, Any]) -> Protocol:
        query = self.catalog.rows(settings.query)
        leave_one_out = settings.gallery in (None, settings.query)
        gallery = query if leave_one_out else self.catalog.rows(settings.gallery or settings.query)
        if not leave_one_out and np.intersect1d(query, gallery).size:
            raise FsimError(
                f"images of '{settings.query}' are in the gallery '{settings.gallery}' too, so each would find itself: "
                f"leave their split out of the gallery, or the gallery away (leave-one-out)"
            )
        if not len(query) or not len(gallery):
            raise FsimError(f"no usable image to query or answer with in '{settings.query}', '{settings.gallery}'")
        left_out = {}
        if settings.without_leaks is not None:
            fair = without_leaks(self.catalog, settings.without_leaks, query, gallery)
            left_out = {"queries": len(query) - len(fair[0]), "gallery": len(gallery) - len(fair[1])}
            query, gallery = fair
        if (self.catalog.labels(self.relevant)[query] < 0).all():
            raise FsimError(
                f"no image of '{settings.query}' has {'an item' if self.relevant == 'item' else 'a category'}: "
                f"set evaluation.relevant to {'category' if self.relevant == 'item' else 'item'}, or mend the catalog"
            )
        if settings.junk is not None:
            self._hold_junk_against(settings, query, None if leave_one_out else gallery)
        description = {
            "query": settings.query,
            "gallery": settings.gallery or settings.query,
            "leave_one_out": leave_one_out,
            "relevant": self.relevant,
            "num_queries": len(query),
            "num_gallery": len(gallery),
            "images": [self.catalog.fingerprint(query), self.catalog.fingerprint(gallery)],
            "evaluators": evaluators,
            "metrics_version": METRICS_VERSION,
            **({"left_out_as_leaks": left_out} if left_out else {}),
            **({"junk": settings.junk} if settings.junk else {}),
            **({"flip": True} if self.flip else {}),
        }
        if "attributes" in self.needs:
            asks = next(name for name, one in self.evaluators.items() if "attributes" in evaluator_needs(one))
            self.catalog.attributes_for(f"evaluator '{asks}'", query, settings.query)
            description["attributes"] = [self.catalog.attributes_fingerprint(rows) for rows in (query, gallery)]
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

    def _hold_junk_against(self, settings: ProtocolSettings, query: IntArray, gallery: IntArray | None) -> None:
        """FsimError where no image is junk to any query, or all that is relevant is junk."""
        assert settings.junk is not None
        items, relevant = (torch.from_numpy(self.catalog.labels(label)) for label in (settings.junk, self.relevant))
        if (items[query] < 0).all():
            raise FsimError(
                f"no image of '{settings.query}' has an item, so that nothing is junk: leave `junk: item` out of the "
                f"protocol, or mend the catalog"
            )
        answers = query if gallery is None else gallery
        junk = JunkLabels(items[query], items[answers])
        if not num_relevant(relevant[query], None if gallery is None else relevant[gallery], junk).any():
            raise FsimError(
                f"each category of '{settings.query}' shows one item, so that `junk: item` leaves nothing relevant: "
                f"leave it out of the protocol, or query a split with several items of a category"
            )

    def direction(self, metric: str) -> Direction:
        """Whether more or less of `<evaluator>/<metric>` is better."""
        evaluator, _, name = metric.partition("/")
        return self.evaluators[evaluator].directions[name]

    def __call__(self, network: Network, epoch: float, at_end: bool) -> list[Evaluated]:
        """Measure a network by each protocol; `at_end` is after the last epoch."""
        evaluated = []
        embedded: dict[str, Embedded] = {}
        for protocol in self.protocols:
            if protocol.at_end and not at_end:
                continue
            started = time.perf_counter()
            task = self.task(protocol, network, embedded)
            metrics, timings, per_query = self._measure(task)
            timings["seconds"] = time.perf_counter() - started
            line = {
                "epoch": epoch,
                "split": protocol.split,
                "protocol": {**protocol.description, "distance": task.distance},
                "fingerprint": protocol.fingerprint,
                "metrics": metrics,
                "less_is_better": [name for name in metrics if self.direction(name) == "min"],
                "health": embedding_health(comparable(task), self.seed),
                "timings": timings,
            }
            evaluated.append(Evaluated(protocol, task, line, per_query))
        return evaluated

    def task(self, protocol: Protocol, network: Network, embedded: dict[str, Embedded]) -> RetrievalTask:
        """What a protocol compares; splits that are not in `embedded` are embedded, and put there."""
        for split in protocol.splits:
            if split not in embedded:
                embedded[split] = self.embed(network, self.catalog.rows(split))
        query = self._of(embedded, protocol.query, protocol.query_rows)
        gallery = query if protocol.gallery is None else self._of(embedded, protocol.gallery, protocol.gallery_rows)
        return RetrievalTask(query, gallery, self.relevant, network.distance, junk=protocol.junk)

    def embed_all(self, network: Network) -> None:
        """Embed what all protocols ask for, in the order of a call at the end, and measure nothing."""
        for split in dict.fromkeys(split for protocol in self.protocols for split in protocol.splits):
            self.embed(network, self.catalog.rows(split))

    def _of(self, embedded: dict[str, Embedded], split: str, rows: IntArray) -> Embedded:
        """What was embedded of some rows of a split."""
        there = self.catalog.rows(split)
        return embedded[split] if len(rows) == len(there) else embedded[split].take(np.searchsorted(there, rows))

    def _measure(self, task: RetrievalTask) -> tuple[dict[str, float], dict[str, float], dict[str, Tensor]]:
        metrics: dict[str, float] = {}
        timings: dict[str, float] = {}
        per_query: dict[str, Tensor] = {}
        for name, evaluator in self.evaluators.items():
            task.per_query.clear()
            measured = evaluator(task)
            per_query |= {f"{name}/{metric}": values for metric, values in task.per_query.items()}
            if set(measured) != set(evaluator.directions):
                differing = ", ".join(sorted(set(measured) ^ set(evaluator.directions)))
                raise FsimError(
                    f"evaluator '{name}' does not give the metrics that its `directions` name (they differ in "
                    f"{differing}); leave it out, or ask its author to mend it"
                )
            unrepeatable: frozenset[str] = getattr(evaluator, "timings", frozenset())
            for metric, value in measured.items():
                (timings if metric in unrepeatable else metrics)[f"{name}/{metric}"] = float(value)
        return metrics, timings, per_query

    def embed(self, network: Network, rows: IntArray) -> Embedded:
        """Embeddings of catalog rows, in the given order, and what else the evaluators need."""
        outputs = self.embedder(network, rows, ("embedding", *sorted(self.needs - {"attributes"})))
        return Embedded(
            categories=torch.from_numpy(self.catalog.categories[rows]),
            items=torch.from_numpy(self.catalog.items[rows]),
            names=self.catalog.names(rows),
            attributes=self.catalog.attributes.take(rows) if "attributes" in self.needs else None,
            **outputs,
        )


def _suggested(catalog: EncodedCatalog) -> ProtocolSettings:
    splits = set(catalog.catalog.frame["split"])
    if {"query", "gallery"} <= splits:
        return ProtocolSettings(query="query", gallery="gallery")
    return ProtocolSettings(query=next((split for split in ("val", "test") if split in splits), "train"))
