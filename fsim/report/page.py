"""The report of a run: one page with all that a person wants to know of it after training."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import yaml

from fsim.functional.statistics.intervals import mean_intervals
from fsim.pages.page import Page, Section, Table
from fsim.report.evaluated_run import EvaluatedRun
from fsim.report.galleries import failure_section, gallery_section, text_section
from fsim.report.groups import attribute_section, category_section
from fsim.report.query_map import map_section
from fsim.report.results import health_section, result_sections
from fsim.runtime.display import number
from fsim.store.environment import Environment


def report_page(run: EvaluatedRun) -> Page:
    """Build the page. It shows without any other file and without a network."""
    sections = [
        *result_sections(run),
        gallery_section(run),
        text_section(run),
        map_section(run),
        category_section(run),
        attribute_section(run),
        failure_section(run),
        health_section(run),
        _recipe_section(run),
        _environment_section(run),
    ]
    evaluated = run.result
    written = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    subtitle = (
        f"{run.folder.path}. Pictures and map: the {run.which} network, epoch {evaluated.line.epoch}, "
        f"protocol {evaluated.protocol.split}. Written {written}."
    )
    return Page(run.recipe.name, subtitle, _figures(run), [section for section in sections if section is not None])


def _figures(run: EvaluatedRun) -> dict[str, str]:
    """Return the few numbers at the head of the page."""
    line, recipe, result = run.result.line, run.recipe, run.result
    wanted = [recipe.evaluation.monitor, result.ranked_by]
    names = [name for name in dict.fromkeys(wanted) if name is not None and name in line.metrics]
    values = {name: result.query_values[name] for name in names if name in result.query_values}
    known = mean_intervals(values, result.task.query.categories.numpy(), recipe.seed)
    figures = {}
    for name in names:
        half = f" ± {(known[name].high - known[name].low) / 2:.3f}" if name in known else ""
        figures[name] = f"{number(line.metrics[name])}{half}"
    figures["queries"] = f"{line.protocol.num_queries:,}"
    figures["in a gallery of"] = f"{line.protocol.num_gallery:,}"
    done = max(line.epoch for line in run.folder.metric_lines())
    figures["epochs"] = f"{done}" if done == recipe.train.epochs else f"{done} of {recipe.train.epochs}"
    return figures


def _recipe_section(run: EvaluatedRun) -> Section:
    recipe, text = run.recipe, run.recipe.model.text_encoder
    parts = [
        ["data", recipe.data.dataset.name, f"{recipe.data.image_size} px, {recipe.data.augmentation.name}"],
        ["model", recipe.model.backbone.name, _settings(recipe.model.head.model_dump())],
        *([] if text is None else [["text", text.name, _settings(text.model_dump(exclude={"name"}))]]),
        ["sampler", recipe.sampler.name, _settings(recipe.sampler.model_dump(exclude={"name"}))],
        *(["loss", loss.name, _settings(loss.model_dump(exclude={"name"}))] for loss in recipe.losses),
        ["optimizer", recipe.train.optimizer.name, _settings(recipe.train.optimizer.model_dump(exclude={"name"}))],
        ["scheduler", recipe.train.scheduler.name, _settings(recipe.train.scheduler.model_dump(exclude={"name"}))],
        ["seed", str(recipe.seed), ""],
    ]
    code = run.folder.recipe.read_text(encoding="utf-8")
    return Section("Recipe", "", [Table(["part", "component", "settings"], parts)], code=code)


def _settings(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items() if value is not None)


def _environment_section(run: EvaluatedRun) -> Section:
    environment = run.folder.read_environment() or Environment({})
    plain = [[name, str(value)] for name, value in environment.content.items() if not isinstance(value, dict | list)]
    packages = [[name, str(version)] for name, version in environment.packages.items()]
    code = yaml.safe_dump(dict(environment.content), sort_keys=False, allow_unicode=True)
    return Section(
        "Environment", "", [Table(["machine", ""], plain), Table(["package", "version"], packages)], code=code
    )
