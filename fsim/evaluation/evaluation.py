"""Measure a network by the protocols of a recipe: embed splits, let the evaluators measure them, record what was asked.

Shape legend: Q queries.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.errors import FsimError
from fsim.evaluation.embedding import Embedder
from fsim.evaluation.evaluators import build_evaluators, directions_of
from fsim.evaluation.protocol import Protocol, build_protocols
from fsim.evaluation.protocol_result import ProtocolResult
from fsim.functional.clusters.embedding_health import embedding_health
from fsim.functional.labels.subsets import comparable
from fsim.interfaces import Direction, Embedded, IntArray, RetrievalTask
from fsim.model.network import Network
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.store.metric_lines import EvaluationLine, ProtocolRecord

NO_IMAGE_OUTPUTS = {"attributes", "captions", "text_embedding"}  # evaluators may need them; no network gives them


class Evaluation:
    """The evaluators and protocols of a recipe, ready to measure a network again and again."""

    def __init__(self, checked: CheckedRecipe, catalog: EncodedCatalog, embedder: Embedder) -> None:
        self.catalog, self.embedder = catalog, embedder
        self.relevant, self.seed = checked.recipe.evaluation.relevant, checked.recipe.seed
        self.evaluators = build_evaluators(checked)
        self.needs = frozenset[str]().union(*(evaluator.needs for evaluator in self.evaluators.values()))
        parameters = {part.result_name: part.written_out() for part in checked.each("evaluation.evaluators")}
        self.protocols = build_protocols(checked.recipe.evaluation, self.evaluators, parameters, catalog)

    def direction(self, metric: str) -> Direction:
        """Return whether more or less of `<evaluator>/<metric>` is better."""
        return directions_of(self.evaluators)[metric]

    def __call__(self, network: Network, epoch: float, at_end: bool) -> list[ProtocolResult]:
        """Measure a network by each protocol that is due.

        Args:
            epoch: how long the network was trained; 2.4 is within the third epoch.
            at_end: whether this is after the last epoch, when all protocols are due.
        """
        due = [protocol for protocol in self.protocols if at_end or not protocol.at_end]
        return self.measure(network, epoch, due, {})

    def measure(
        self, network: Network, epoch: float, protocols: Sequence[Protocol], embedded: dict[str, Embedded]
    ) -> list[ProtocolResult]:
        """Measure a network by some protocols. A split that `embedded` lacks is embedded, and added to it."""
        results = []
        for protocol in protocols:
            started = time.perf_counter()
            task = self.task(protocol, network, embedded)
            metrics, timings, per_query = self._measure(task)
            timings["seconds"] = time.perf_counter() - started
            line = EvaluationLine(
                epoch=epoch,
                split=protocol.split,
                protocol=ProtocolRecord({**protocol.description, "distance": task.distance}),
                fingerprint=protocol.fingerprint,
                metrics=metrics,
                less_is_better=tuple(name for name in metrics if self.direction(name) == "min"),
                health=embedding_health(comparable(task), self.seed),
                timings=timings,
            )
            results.append(ProtocolResult(protocol, task, line, per_query))
        return results

    def task(self, protocol: Protocol, network: Network, embedded: dict[str, Embedded]) -> RetrievalTask:
        """Return what a protocol compares. A split that `embedded` lacks is embedded, and added to it."""
        for split in protocol.splits:
            if split not in embedded:
                embedded[split] = self.embed(network, self.catalog.rows(split))
        query = gallery = self._take(embedded, protocol.query, protocol.query_rows)
        if protocol.gallery is not None:
            gallery = self._take(embedded, protocol.gallery, protocol.gallery_rows)
        embed_text = None if network.text is None else network.text.embed
        return RetrievalTask(query, gallery, self.relevant, network.distance, junk=protocol.junk, embed_text=embed_text)

    def _take(self, embedded: dict[str, Embedded], split: str, rows: IntArray) -> Embedded:
        """Return what was embedded of some rows of a split."""
        all_rows = self.catalog.rows(split)
        if len(rows) == len(all_rows):
            return embedded[split]
        return embedded[split].take(np.searchsorted(all_rows, rows))

    def _measure(self, task: RetrievalTask) -> tuple[dict[str, float], dict[str, float], dict[str, Tensor]]:
        """Return the metrics, the timings, and the metrics of each query, {evaluator/metric: [Q]}."""
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
                    f"{differing}); leave it out, or ask its author to fix it"
                )
            for metric, value in measured.items():
                (timings if metric in evaluator.timings else metrics)[f"{name}/{metric}"] = float(value)
        return metrics, timings, per_query

    def embed(self, network: Network, rows: IntArray) -> Embedded:
        """Embed catalog rows, in the given order, with what else the evaluators need of them."""
        outputs = self.embedder(network, rows, ("embedding", *sorted(self.needs - NO_IMAGE_OUTPUTS)))
        return Embedded(
            embedding=outputs["embedding"],
            logits=outputs.get("logits"),
            attribute_logits=outputs.get("attribute_logits"),
            categories=torch.from_numpy(self.catalog.categories[rows]),
            items=torch.from_numpy(self.catalog.items[rows]),
            names=self.catalog.names(rows),
            attributes=self.catalog.attributes.take(rows) if "attributes" in self.needs else None,
            captions=self.catalog.captions(rows) if "captions" in self.needs else None,
        )
