"""Evaluators, protocols and monitored metrics of a recipe that do not fit each other, or the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fsim.errors import nearest
from fsim.interfaces import Evaluator
from fsim.plugin.build import CheckedComponent
from fsim.recipe.mistake import Key
from fsim.recipe.network_checks import ADD_TEXT_ENCODER
from fsim.recipe.schema import value_at

EVERY_CATALOG_GIVES = frozenset({"attributes", "captions"})


def evaluation_mistakes(
    value: Mapping[str, Any], components: Mapping[Key, CheckedComponent], built: Mapping[Key, Any]
) -> Iterator[tuple[Key, str]]:
    """Find what `evaluation` asks for and cannot have.

    Args:
        value: the recipe as it was written.
        built: the components that could be built on trial.
    """
    parts = {key: part for key, part in components.items() if part.kind == "evaluator"}
    evaluators: dict[Key, Evaluator] = {key: built[key] for key in parts if key in built}
    yield from _given_twice(parts)
    yield from _unmet_needs(components, evaluators)
    yield from _junk_that_is_relevant(value)
    yield from _early_stopping_by_nothing(value)
    if len(evaluators) == len(value_at(value, ("evaluation", "evaluators"))):
        metrics = [
            f"{parts[key].result_name}/{metric}"
            for key, evaluator in evaluators.items()
            for metric in evaluator.directions
            if metric not in evaluator.timings
        ]
        for key, metric in _named_metrics(value.get("evaluation")):
            if metric not in metrics:
                yield key, f"no evaluator measures '{metric}'{nearest(metric, metrics)}"


def _given_twice(parts: Mapping[Key, CheckedComponent]) -> Iterator[tuple[Key, str]]:
    seen = set()
    for key, part in parts.items():
        if part.result_name in seen:
            yield key, f"evaluator '{part.result_name}' is there already; its metrics would have the same names"
        seen.add(part.result_name)


def _unmet_needs(
    components: Mapping[Key, CheckedComponent], evaluators: Mapping[Key, Evaluator]
) -> Iterator[tuple[Key, str]]:
    head = components.get(("model", "head"))
    if head is None:
        return
    given = EVERY_CATALOG_GIVES | head.component.gives  # type: ignore[attr-defined]
    given |= {"text_embedding"} if ("model", "text_encoder") in components else frozenset()
    for key, evaluator in evaluators.items():
        name = components[key].name
        for need in sorted(evaluator.needs - given):
            if need == "text_embedding":
                yield key, f"evaluator '{name}' needs {need}: {ADD_TEXT_ENCODER}, or leave the evaluator out"
                continue
            yield (
                key,
                f"evaluator '{name}' needs {need}, which head '{head.name}' does not give; "
                f"take another head, or leave the evaluator out",
            )


def _junk_that_is_relevant(value: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    evaluation = value.get("evaluation")
    by_item = isinstance(evaluation, dict) and evaluation.get("relevant") == "item"
    for place, protocol in enumerate(value_at(value, ("evaluation", "protocols")) if by_item else ()):
        if isinstance(protocol, dict) and protocol.get("junk") == "item":
            yield (
                ("evaluation", "protocols", place, "junk"),
                "images of the query's own item are the relevant ones here, and none would be left: "
                "remove it, or set evaluation.relevant to category",
            )


def _early_stopping_by_nothing(value: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    train, evaluation = value.get("train"), value.get("evaluation")
    if not isinstance(train, dict) or train.get("early_stopping") is None:
        return
    if isinstance(evaluation, dict) and evaluation.get("monitor", "") is None:
        yield (
            ("train", "early_stopping"),
            "needs a metric that shows whether the network gains: set evaluation.monitor, or remove early_stopping",
        )
    protocols = [protocol for protocol in value_at(value, ("evaluation", "protocols")) if isinstance(protocol, dict)]
    if protocols and all(protocol.get("at_end") is True for protocol in protocols):
        yield (
            ("train", "early_stopping"),
            "needs a protocol that is measured before the end: add one without at_end, or remove early_stopping",
        )


def _named_metrics(evaluation: Any) -> Iterator[tuple[Key, str]]:
    """The metrics that a recipe names: those that it monitors, and expects something of."""
    evaluation = evaluation if isinstance(evaluation, dict) else {}
    monitor, expect = evaluation.get("monitor", "exact/recall@1"), evaluation.get("expect")
    if isinstance(monitor, str):
        yield ("evaluation", "monitor"), monitor
    for metric in expect if isinstance(expect, dict) else ():
        yield ("evaluation", "expect", metric), metric
