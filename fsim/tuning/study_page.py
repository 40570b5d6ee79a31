"""The page and the table of a study."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import optuna

from fsim.pages.page import Bar, Link, Page, Picture, Section, Table
from fsim.pages.scatter_chart import scatter_chart
from fsim.pages.svg import data_uri
from fsim.recipe.search_space import SearchedValue, label
from fsim.runtime.display import number
from fsim.tuning.results import StudyResults, TrialResult, searched_paths, shown_value
from fsim.tuning.study import Study

MIN_TRIALS = 4  # complete trials, below which no importance is shown


def trial_table(results: StudyResults, links: bool = False) -> Table:
    """Return a row for each trial; a star marks the best. With `links`, the number of a trial leads to its report."""
    paths, best = searched_paths(results.trials), results.best
    rows: list[list[str | Link]] = []
    for one in results.trials:
        name = f"{one.number} (own values)" if one.number == 0 else str(one.number)
        chosen = [shown_value(one.values[path]) if path in one.values else "-" for path in paths]
        rows.append(
            [
                Link(name, one.link) if links and one.link else name,
                number(one.value) + (" *" if one is best else ""),
                "-" if one.epoch is None else str(one.epoch),
                one.state,
                *chosen,
                "-" if one.seconds is None else str(timedelta(seconds=round(one.seconds))),
                one.run or "-",
            ]
        )
    return Table(["trial", results.monitor, "epoch", "state", *paths, "time", "run"], rows)


def study_page(study: Study, results: StudyResults) -> Page:
    """Return the page of a study: what was tried, what it gave, and what mattered."""
    best, own = results.best, results.own
    figures = {"trials": str(results.finished)}
    figures |= {state: str(results.count(state)) for state in ("pruned", "failed", "running") if results.count(state)}
    if best is not None:
        figures[f"best {results.monitor}"] = number(best.value)
    if own is not None:
        figures["recipe's own values"] = number(own.value)
    verdict = results.verdict[0].upper() + results.verdict[1:]
    sections = [Section("Result", f"{verdict}.", [_searched(study, best)])]
    if any(_measured(one) for one in results.trials):
        sections.append(Section("History", charts=[_history(results)]))
        sections += _importance(study, results)
        charts = [_slice(results, path, study.recipe.search_space[path]) for path in searched_paths(results.trials)]
        sections.append(Section("Each searched value", charts=[chart for chart in charts if chart is not None]))
    sections.append(Section("Trials", "", [trial_table(results, links=True)]))
    failed = [[str(one.number), one.reason or ""] for one in results.trials if one.state == "failed"]
    if failed:
        sections.append(Section("Why trials failed", "", [Table(["trial", "reason"], failed)]))
    subtitle = f"The study {study.folder.name}. Trial 0 has the recipe's own values; the others were chosen by TPE."
    return Page(f"Search of {study.folder.parent.name}", subtitle, figures, sections)


def _searched(study: Study, best: TrialResult | None) -> Table:
    chosen = {} if best is None else best.values
    rows = [
        [
            path,
            shown_value(chosen[path]) if path in chosen else "-",
            shown_value(study.recipe.own_value(path)),
            one.shown,
        ]
        for path, one in study.recipe.search_space.items()
    ]
    return Table(["searched", "best", "recipe's own", "among"], rows)


def _measured(one: TrialResult) -> bool:
    return one.value is not None and math.isfinite(one.value) and one.state in ("complete", "pruned")


def _history(results: StudyResults) -> Picture:
    steps: list[tuple[float, float]] = []
    for one in results.complete:
        assert one.value is not None
        if not steps or results.sign * one.value > results.sign * steps[-1][1]:
            steps.append((one.number, one.value))
    if steps:
        steps.append((results.trials[-1].number, steps[-1][1]))
    chart = scatter_chart(_by_state(results, lambda one: one.number), "trial", steps=steps)
    return Picture(
        data_uri(chart),
        f"{results.monitor} of each trial: at its best epoch; of a pruned one at its last. Line: the best so far.",
    )


def _slice(results: StudyResults, path: str, searched: SearchedValue) -> Picture | None:
    with_path = [one for one in results.trials if path in one.values and _measured(one)]
    if not with_path:
        return None
    of_path = StudyResults(results.monitor, results.sign, with_path)
    chart = scatter_chart(
        _by_state(of_path, lambda one: label(one.values[path])),
        path,
        log=searched.log,
        choices=None if searched.choices is None else searched.labels,
    )
    return Picture(data_uri(chart), f"{results.monitor} against {path}")


def _by_state(results: StudyResults, across: Callable[[TrialResult], Any]) -> dict[str, list[tuple[Any, float]]]:
    """The measured trials as points, the complete ones first."""
    series: dict[str, list[tuple[Any, float]]] = {}
    for state in ("complete", "pruned"):
        points = [(across(one), one.value) for one in results.trials if one.state == state and _measured(one)]
        if points:
            series[state] = [(x, y) for x, y in points if y is not None]
    return series


def importance(study: Study) -> dict[str, float]:
    """Return path -> its share of what the searched values change in the monitored metric (PED-ANOVA), the largest
    first; empty where there are too few complete trials, or none differs.

    Raises:
        StorageError: the database cannot be used.
    """
    values = {one.value for one in study.trials() if one.state == optuna.trial.TrialState.COMPLETE}
    if len(values) < MIN_TRIALS:
        return {}
    with study.storage.plain_errors(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shares = optuna.importance.get_param_importances(study.optuna)
    return {path: share for path, share in shares.items() if math.isfinite(share)}


def _importance(study: Study, results: StudyResults) -> list[Section]:
    shares = importance(study)
    if not shares:
        return []
    text = (
        f"How much of what the searched values change in {results.monitor} each of them explains (PED-ANOVA), by "
        f"{len(results.complete)} complete trials: below some dozens a rough picture."
    )
    return [Section("Importance", text, bars=[("", [Bar(path, share) for path, share in shares.items()])])]
