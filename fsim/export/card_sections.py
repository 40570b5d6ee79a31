"""Sections of a model card that the run itself fills: its pictures, its results, and the limits that they show."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from fsim.export.exported_run import ExportedRun
from fsim.functional.statistics.intervals import mean_intervals
from fsim.history.run_evaluations import RunEvaluation
from fsim.interfaces import IntArray
from fsim.plugin.interface_check import class_member
from fsim.runtime.display import main_metrics, number
from fsim.store.per_query import read_per_query

MOST_NAMES = 50  # of categories, in a list
WEAKEST = 5  # categories that are named


def training_data(exported: ExportedRun) -> str:
    """Write source, licence, and counts of each split, as Markdown."""
    part, frame = exported.trained.checked["data.dataset"], exported.catalog.catalog.frame
    about = (inspect.getdoc(part.component) or "").strip().partition("\n")[0]
    splits = [str(split) for split in frame["split"].unique()]
    rows = []
    for split in splits:
        in_split = exported.catalog.rows(split)
        categories, items = exported.catalog.categories[in_split], exported.catalog.items[in_split]
        rows.append([split, len(in_split), _num_known(categories), _num_known(items)])
    left_out = int((~exported.catalog.usable).sum())
    damaged = f"{left_out} damaged pictures were left out. " if left_out else ""
    names = exported.trained.category_names
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    listed = ", ".join(map(cell, names[:MOST_NAMES])) + more
    return "\n\n".join(
        [
            f"Dataset `{part.name}`: {about}",
            f"Licence of the pictures: {class_member('dataset', part.component, 'licence')}",
            table(["split", "pictures", "categories", "items"], rows),
            f"{damaged}The network learned from `train` alone. Its {len(names)} categories: {listed}.",
        ]
    )


def protocols(exported: ExportedRun) -> str:
    """Write who queried what, and the fingerprint of each protocol."""
    rows = []
    for evaluation in exported.evaluations:
        protocol = evaluation.line.protocol
        gallery = "leave-one-out" if protocol.leave_one_out else f"{protocol.num_gallery:,} of {protocol.gallery}"
        rows.append([evaluation.split, protocol.num_queries, gallery, protocol.relevant, evaluation.fingerprint])
    if not rows:
        return (
            f"This network was not measured. Do so: `fsim evaluate RUN --checkpoint {exported.trained.checkpoint_name}`"
        )
    explanation = (
        "A query is answered by the nearest pictures of the gallery, never by itself; an answer is right where it has "
        "the query's label. Results of other fingerprints are not comparable."
    )
    return f"{table(['protocol', 'queries', 'gallery', 'right by', 'fingerprint'], rows)}\n\n{explanation}"


def results(exported: ExportedRun) -> str:
    """Write the metrics of the first evaluator, with intervals where each query's are kept."""
    parts = []
    for evaluation in exported.evaluations:
        known = _intervals(evaluation, exported.trained.recipe.seed)
        names = main_metrics(evaluation.line.metrics)
        first = (exported.trained.recipe.evaluation.monitor or names[0]).partition("/")[0]
        shown = [name for name in names if name.startswith(f"{first}/")] or names
        rows = [[name, number(evaluation.line.metrics[name]), known.get(name, "-")] for name in shown]
        parts.append(table([evaluation.split, f"epoch {evaluation.line.epoch}", "95 % interval"], rows))
    if parts:
        parts.append(
            "Intervals are of a bootstrap over the queries, stratified by category: they tell what other queries would "
            "change, not what another seed would."
        )
    return "\n\n".join(parts)


def _intervals(evaluation: RunEvaluation, seed: int) -> dict[str, str]:
    if not evaluation.per_query.is_file():
        return {}
    kept = read_per_query(evaluation.per_query)
    values = {name: kept[name].to_numpy(float) for name in kept.columns if "/" in name}
    intervals = mean_intervals(values, kept["category"].to_numpy(), seed)
    return {name: f"{interval.low:.3f} to {interval.high:.3f}" for name, interval in intervals.items()}


def limits(exported: ExportedRun) -> str:
    """List what the run shows of where the network is weak, and where its figures are kind to it."""
    sentences = [*_limits_of_protocols(exported), *_limits_of_categories(exported), *_limits_of_alarms(exported)]
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _limits_of_protocols(exported: ExportedRun) -> Iterator[str]:
    recipe, catalog = exported.trained.recipe, exported.catalog
    train = catalog.rows("train")
    monitored = exported.monitored
    if exported.trained.checkpoint_name.startswith("best") and recipe.evaluation.monitor is not None:
        yield (
            f"This epoch was chosen by {cell(recipe.evaluation.monitor)} on `{monitored.query}`, so that its results "
            f"there may be better than on pictures that chose nothing."
        )
    if np.intersect1d(train, monitored.query_rows).size:
        yield f"It was measured on pictures of `{monitored.query}` that it learned from: of others nothing is known."
    known = {*catalog.categories[train].tolist()}
    others = {*catalog.categories[monitored.query_rows].tolist()} - known - {-1}
    names = ", ".join(cell(catalog.category_names[number]) for number in sorted(others))
    yield (
        f"Categories that it did not learn from, among those measured: {names}."
        if others
        else "All measured pictures are of categories that it learned from: of others nothing is known."
    )
    items = catalog.items[monitored.query_rows]
    if (items >= 0).any():
        shared = len({*items.tolist()} & {*catalog.items[train].tolist()} - {-1})
        yield f"Of the {_num_known(items):,} items of `{monitored.query}`, {shared:,} are in `train` too."
        if recipe.evaluation.relevant == "category" and monitored.junk is None and monitored.gallery is None:
            yield "Other pictures of the query's own item count as right answers, which is easier than to find others."
    yield f"One training with seed {recipe.seed}: another seed gives other figures."


def _limits_of_categories(exported: ExportedRun) -> Iterator[str]:
    """The weakest categories by the first recall, of the first protocol that has one."""
    for evaluation in exported.evaluations:
        if not evaluation.per_query.is_file():
            continue
        kept = read_per_query(evaluation.per_query)
        metric = next((name for name in kept.columns if "/recall@" in name), None)
        if metric is None:
            continue
        means = _means(kept[(kept["category"] != "") & np.isfinite(kept[metric])], metric)
        if len(means) < 2:
            continue
        weakest = (f"{cell(name)} {row['mean']:.3f} ({row['count']:.0f})" for name, row in means[:WEAKEST].iterrows())
        yield f"Weakest categories by {cell(metric)} on {cell(evaluation.split)} (queries): {', '.join(weakest)}."
        return


def _means(kept: pd.DataFrame, metric: str) -> pd.DataFrame:
    return kept.groupby("category")[metric].agg(["mean", "count"]).sort_values("mean", kind="stable")


def _limits_of_alarms(exported: ExportedRun) -> Iterator[str]:
    lines = exported.trained.folder.evaluation_lines()
    causes = {alarm.cause: line.epoch for line in lines for alarm in line.alarms or ()}
    for cause, epoch in causes.items():
        yield f"The training raised an alarm, at the latest in epoch {epoch}: {cell(cause)}."
    if lines and not causes:
        yield "The training raised no alarm of a collapse."


def _num_known(labels: IntArray) -> int:
    """Count the different labels that are known."""
    return len({*labels.tolist()} - {-1})


def table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Write a Markdown table."""
    lines: list[Sequence[object]] = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell(value) for value in line) + " |" for line in lines)


def cell(value: object) -> str:
    """Write a value so that Markdown shows it as it is, whatever characters a name has."""
    text = f"{value:,}" if isinstance(value, int) else " ".join(str(value).split())
    for character in "\\|<`*_[":
        text = text.replace(character, f"\\{character}")
    return text
