"""The report of a run: one page with all that a person asks of it after training."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import yaml

from fsim.pages.page import Page, Section, Table
from fsim.report.galleries import failure_section, gallery_section
from fsim.report.groups import attribute_section, category_section
from fsim.report.points import map_section
from fsim.report.results import health_section, intervals, result_sections
from fsim.report.subject import Subject
from fsim.report.text_gallery import text_section
from fsim.runtime.display import number


def report_page(subject: Subject) -> Page:
    """The page; it needs nothing but itself to be shown."""
    sections = [
        *result_sections(subject),
        gallery_section(subject),
        text_section(subject),
        map_section(subject),
        category_section(subject),
        attribute_section(subject),
        failure_section(subject),
        health_section(subject),
        _recipe_section(subject),
        _environment_section(subject),
    ]
    evaluated = subject.evaluated
    made = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    subtitle = (
        f"{subject.folder.path}. Pictures and map: the {subject.which} network, epoch {evaluated.line.epoch}, "
        f"protocol {evaluated.protocol.split}. Written {made}."
    )
    return Page(subject.checked.recipe.name, subtitle, _figures(subject), [one for one in sections if one is not None])


def _figures(subject: Subject) -> dict[str, str]:
    """The few numbers at the head of the page."""
    line, recipe = subject.evaluated.line, subject.checked.recipe
    asked = [recipe.evaluation.monitor, subject.ranked_by]
    names = [name for name in dict.fromkeys(asked) if name is not None and name in line.metrics]
    categories = subject.evaluated.task.query.categories.numpy()
    known = intervals(
        {name: subject.per_query[name] for name in names if name in subject.per_query}, categories, recipe.seed
    )
    figures = {}
    for name in names:
        half = f" ± {(known[name][2] - known[name][1]) / 2:.3f}" if name in known else ""
        figures[name] = f"{number(line.metrics[name])}{half}"
    figures["queries"] = f"{line.protocol.num_queries:,}"
    figures["in a gallery of"] = f"{line.protocol.num_gallery:,}"
    done = max(line.epoch for line in subject.folder.metric_lines())
    figures["epochs"] = f"{done}" if done == recipe.train.epochs else f"{done} of {recipe.train.epochs}"
    return figures


def _recipe_section(subject: Subject) -> Section:
    recipe, text = subject.checked.recipe, subject.checked.recipe.model.text_encoder
    parts = [
        ["data", recipe.data.dataset.name, f"{recipe.data.image_size} px, {recipe.data.augmentation.name}"],
        ["model", recipe.model.backbone.name, _settings(recipe.model.head.model_dump())],
        *(["text", one.name, _settings(one.model_dump(exclude={"name"}))] for one in filter(None, [text])),
        ["sampler", recipe.sampler.name, _settings(recipe.sampler.model_dump(exclude={"name"}))],
        *(["loss", one.name, _settings(one.model_dump(exclude={"name"}))] for one in recipe.losses),
        ["optimizer", recipe.train.optimizer.name, _settings(recipe.train.optimizer.model_dump(exclude={"name"}))],
        ["scheduler", recipe.train.scheduler.name, _settings(recipe.train.scheduler.model_dump(exclude={"name"}))],
        ["seed", str(recipe.seed), ""],
    ]
    code = subject.folder.recipe.read_text(encoding="utf-8")
    return Section("Recipe", "", [Table(["part", "component", "settings"], parts)], code=code)


def _settings(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items() if value is not None)


def _environment_section(subject: Subject) -> Section:
    environment = subject.folder.read_environment() or {}
    plain = [[name, str(value)] for name, value in environment.items() if not isinstance(value, dict | list)]
    packages = [[name, str(version)] for name, version in environment.get("packages", {}).items()]
    code = yaml.safe_dump(environment, sort_keys=False, allow_unicode=True)
    return Section(
        "Environment", "", [Table(["machine", ""], plain), Table(["package", "version"], packages)], code=code
    )
