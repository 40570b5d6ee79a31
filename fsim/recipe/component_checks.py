"""Components whose settings have the right types, and that yet refuse them or do not fit each other."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from fsim.errors import FsimError, nearest
from fsim.interfaces import Evaluator
from fsim.plugin.build import CheckedComponent
from fsim.plugin.kinds import kind_of
from fsim.plugin.parameters import injected_names, needs, takes_memory
from fsim.recipe.problem import Key
from fsim.recipe.schema import value_at
from fsim.recipe.text_checks import ADD_A_READER, TEXT_GIVES, text_misfits

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
    valid = {
        key: part
        for key, part in evaluators.items()
        if part.is_valid and not any(other[: len(key)] == key for other in refused)
    }
    built = {key: build_on_trial(part) for key, part in valid.items()}
    if head:
        yield from _lacking_for_evaluators(head, text, valid, built)
    yield from _all_junk(value)
    yield from _without_monitor(value)
    if len(valid) == len(value_at(value, ("evaluation", "evaluators"))):
        metrics = [f"{valid[key].result_name}/{metric}" for key, one in built.items() for metric in _monitorable(one)]
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
        name = part.result_name
        if name in seen:
            yield key, f"evaluator '{name}' is there already; its metrics would have the same names"
        seen.add(name)


def _monitorable(evaluator: Evaluator) -> list[str]:
    """Its metrics that repeat: not its timings."""
    return [metric for metric in evaluator.directions if metric not in evaluator.timings]


def _refused(components: dict[Key, CheckedComponent]) -> Iterator[tuple[Key, str]]:
    """Components that can be built without the data, and refuse their parameters."""
    built: dict[str, Any] = {}
    for key, component in components.items():
        for place, part in (*((((*key, name), part)) for name, part in component.parts.items()), (key, component)):
            try:
                tried = build_on_trial(part, built)
            except FsimError as error:
                yield place, str(error)
                break
            if tried is not None:
                built[part.kind] = tried


def build_on_trial(part: CheckedComponent, built: Mapping[str, Any] | None = None) -> Any:
    """Build a component from made-up values, as far as its kind can be; None where it can't.

    Args:
        built: by kind, what was built on trial before.

    Raises:
        FsimError: it refuses its parameters, or does not fit its interface.
    """
    trial_values = kind_of(part.kind).trial_values
    values = trial_values and trial_values(injected_names(part.kind, part.component), built or {})
    if values is None or not part.is_valid:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they come again when it is built for good
        return part.build(**values)
