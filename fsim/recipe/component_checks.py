"""Components whose settings have the right types, and that yet refuse them or do not fit each other."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fsim.errors import FsimError, nearest
from fsim.functional.labels.attribute_labels import AttributeCounts
from fsim.functional.text.vocabulary import Vocabulary
from fsim.interfaces import Evaluator
from fsim.kit.cache_folder import cache_dir
from fsim.plugin.build import INVALID, CheckedComponent
from fsim.plugin.parameters import injected_names, needs, takes_memory
from fsim.recipe.problem import Key
from fsim.recipe.schema import value_at
from fsim.recipe.text_checks import ADD_A_READER, MADE_UP_HEAD, TEXT_GIVES, text_misfits

BATCH_GIVES = frozenset({"categories", "items", "labels", "attributes"})  # for losses, whatever head and sampler give


def misfits(value: dict[str, Any], components: dict[Key, CheckedComponent]) -> Iterator[tuple[Key, str]]:
    """Components that are right by themselves and wrong together, or that refuse what their types allow."""
    refused = dict(_refused(components))
    yield from refused.items()
    head, sampler = components.get(("model", "head")), components.get(("sampler",))
    text = components.get(("model", "text_encoder"))
    if head and sampler:
        yield from _lacking_for_losses(head, sampler, text, components)
    yield from text_misfits(components, refused)
    yield from _without_memory(value, components)
    evaluators = {key: part for key, part in components.items() if part.kind == "evaluator"}
    yield from _repeated(evaluators)
    valid = {key: part for key, part in evaluators.items() if part.settings is not INVALID and key not in refused}
    built = {key: part.build(seed=0) for key, part in valid.items()}
    if head:
        yield from _lacking_for_evaluators(head, text, valid, built)
    yield from _all_junk(value)
    yield from _without_monitor(value)
    if len(valid) == len(value_at(value, ("evaluation", "evaluators"))):
        metrics = [f"{valid[key].name}/{metric}" for key, one in built.items() for metric in _monitorable(one)]
        for key, metric in _named_metrics(value.get("evaluation")):
            if metric not in metrics:
                yield key, f"no evaluator measures '{metric}'{nearest(metric, metrics)}"


def _named_metrics(evaluation: Any) -> Iterator[tuple[Key, str]]:
    """The metrics that a recipe names: those that it monitors, and expects something of."""
    evaluation = evaluation if isinstance(evaluation, dict) else {}
    monitor, expect = evaluation.get("monitor", "exact/recall@1"), evaluation.get("expect")
    if isinstance(monitor, str):
        yield ("evaluation", "monitor"), monitor
    for metric in expect if isinstance(expect, dict) else ():
        yield ("evaluation", "expect", metric), metric


def _lacking_for_losses(
    head: CheckedComponent,
    sampler: CheckedComponent,
    text: CheckedComponent | None,
    components: dict[Key, CheckedComponent],
) -> Iterator[tuple[Key, str]]:
    given = BATCH_GIVES | head.component.gives | sampler.component.gives  # type: ignore[attr-defined]
    given |= TEXT_GIVES if text else frozenset()
    for key, loss in components.items():
        for need in sorted(needs(loss.component) - given) if loss.kind == "loss" else ():
            if need in TEXT_GIVES:
                yield key, f"loss '{loss.name}' needs {need}: {ADD_A_READER}, or leave the loss out"
                break
            giver = sampler if need == "pairs" else head
            yield (
                key,
                f"loss '{loss.name}' needs {need}, which {giver.kind} '{giver.name}' does not give; "
                f"take another {giver.kind}, or leave the loss out",
            )


def _without_memory(value: dict[str, Any], components: dict[Key, CheckedComponent]) -> Iterator[tuple[Key, str]]:
    for place, settings in enumerate(value_at(value, ("losses",))):
        loss = components.get(("losses", place))
        if loss and settings.get("memory") is not None and not takes_memory(loss.component):
            yield (
                ("losses", place, "memory"),
                f"loss '{loss.name}' compares the images of a batch alone; remove it, or take a loss that can "
                f"remember, such as supcon, info_nce or triplet",
            )


def _lacking_for_evaluators(
    head: CheckedComponent,
    text: CheckedComponent | None,
    evaluators: dict[Key, CheckedComponent],
    built: dict[Key, Evaluator],
) -> Iterator[tuple[Key, str]]:
    given = head.component.gives | {"attributes", "captions"}  # type: ignore[attr-defined]
    given |= {"text_embedding"} if text else frozenset()
    for key, evaluator in built.items():
        for need in sorted(evaluator.needs - given):
            if need == "text_embedding":
                yield (
                    key,
                    f"evaluator '{evaluators[key].name}' needs {need}: {ADD_A_READER}, or leave the evaluator out",
                )
                continue
            yield (
                key,
                f"evaluator '{evaluators[key].name}' needs {need}, which head '{head.name}' does not give; "
                f"take another head, or leave the evaluator out",
            )


def _all_junk(value: dict[str, Any]) -> Iterator[tuple[Key, str]]:
    evaluation = value.get("evaluation")
    by_item = isinstance(evaluation, dict) and evaluation.get("relevant") == "item"
    for place, protocol in enumerate(value_at(value, ("evaluation", "protocols")) if by_item else ()):
        if isinstance(protocol, dict) and protocol.get("junk") == "item":
            yield (
                ("evaluation", "protocols", place, "junk"),
                "images of the query's own item are the relevant ones here, and none would be left: "
                "remove it, or set evaluation.relevant to category",
            )


def _without_monitor(value: dict[str, Any]) -> Iterator[tuple[Key, str]]:
    train, evaluation = value.get("train"), value.get("evaluation")
    if not isinstance(train, dict) or train.get("early_stopping") is None:
        return
    if isinstance(evaluation, dict) and evaluation.get("monitor", "") is None:
        yield (
            ("train", "early_stopping"),
            "needs a metric that tells whether the network gains: set evaluation.monitor, or remove early_stopping",
        )
    protocols = [one for one in value_at(value, ("evaluation", "protocols")) if isinstance(one, dict)]
    if protocols and all(one.get("at_end") is True for one in protocols):
        yield (
            ("train", "early_stopping"),
            "needs a protocol that is measured before the end: add one without at_end, or remove early_stopping",
        )


def _repeated(evaluators: dict[Key, CheckedComponent]) -> Iterator[tuple[Key, str]]:
    seen = set()
    for key, part in evaluators.items():
        if part.name in seen:
            yield key, f"evaluator '{part.name}' is there already; its metrics would have the same names"
        seen.add(part.name)


def _monitorable(evaluator: Evaluator) -> list[str]:
    """Its metrics that repeat: not its timings."""
    return [metric for metric in evaluator.directions if metric not in evaluator.timings]


def _refused(components: dict[Key, CheckedComponent]) -> Iterator[tuple[Key, str]]:
    """Components that can be built without the data, and refuse their parameters: tried on made-up numbers."""
    optimizer: Any = None
    for key, part in components.items():
        if part.settings is INVALID or part.kind not in TRIED or (part.kind == "scheduler" and optimizer is None):
            continue
        if part.kind == "text_encoder" and not injected_names(part.kind, part.component):
            continue  # one that has words of its own loads them, which is no trial
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # they come again when it is built for good
                built = part.build(**TRIED[part.kind](optimizer))
        except FsimError as error:
            yield key, str(error)
        else:
            optimizer = built if part.kind == "optimizer" else optimizer


def _one_weight(optimizer: Any) -> dict[str, Any]:
    import torch

    return {"params": [torch.nn.Parameter(torch.zeros(1))]}


# What is given to a component that is tried; a scheduler comes after the optimizer that it is for.
TRIED: dict[str, Callable[[Any], dict[str, Any]]] = {
    "augmentation": lambda optimizer: {},
    "dataset": lambda optimizer: {"cache_dir": cache_dir()},
    "evaluator": lambda optimizer: {"seed": 0},
    "projection": lambda optimizer: {"seed": 0},
    "loss": lambda optimizer: {
        "embedding_dim": 8,
        "num_categories": 2,
        "num_labels": 2,
        "attribute_counts": AttributeCounts(np.ones(2, np.int64), np.ones(2, np.int64)),
    },
    "head": lambda optimizer: MADE_UP_HEAD,
    "text_encoder": lambda optimizer: {"vocabulary": Vocabulary(("a", "dress"))},
    "optimizer": _one_weight,
    "scheduler": lambda optimizer: {"optimizer": optimizer, "total_steps": 10**6, "steps_per_epoch": 10**4},
}
