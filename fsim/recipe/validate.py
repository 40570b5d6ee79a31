"""Everything in a recipe is checked before anything is built; all mistakes are told at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fsim.errors import FsimError
from fsim.plugin.build import INVALID, CheckedComponent
from fsim.plugin.parameters import injected_names, parameter_model
from fsim.plugin.registry import find, load
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.component_checks import misfits
from fsim.recipe.document import Document
from fsim.recipe.override import override
from fsim.recipe.problem import Key, Problem, RecipeError, in_order
from fsim.recipe.recipe_file import read_document
from fsim.recipe.schema import SETTINGS, SLOTS, ComponentSettings, Recipe, value_at
from fsim.recipe.search_space_checks import search_misfits
from fsim.recipe.value_problems import value_problems


def check_recipe(file: Path, assignments: Iterable[str] = ()) -> CheckedRecipe:
    """Read a recipe file, apply `key.path=value` overrides, and check all of it.

    Raises:
        RecipeError: with every mistake, each with file, line and column.
    """
    document = read_document(file)
    override(document, assignments)
    return check_document(document)


def check_document(document: Document) -> CheckedRecipe:
    """Check structure, components, and that they fit each other."""
    problems = list(document.problems)
    recipe = _check_structure(document, problems)
    components: dict[Key, CheckedComponent] = {}
    for key, kind, settings in _component_settings(document.value):
        checked = check_component(document, key, kind, settings, problems)
        if checked:
            components[key] = checked
    found = [*misfits(document.value, components), *search_misfits(document.value)]
    problems += [Problem(document.where(key), key, message) for key, message in found]
    if problems or recipe is None:
        raise RecipeError(in_order(problems))
    return CheckedRecipe(recipe, components)


def _check_structure(document: Document, problems: list[Problem]) -> Recipe | None:
    try:
        return Recipe.model_validate_json(json.dumps(document.value))
    except ValidationError as error:
        problems += value_problems(document, (), error, Recipe)
        return None


def _component_settings(value: dict[str, Any]) -> Iterator[tuple[Key, str, dict[str, Any]]]:
    """The settings of every component, also of the ones that are there by default; misshapen ones are left out."""
    for path, kind, many in SLOTS:
        found = value_at(value, path)
        slots: list[tuple[Key, Any]] = [((*path, i), one) for i, one in enumerate(found)] if many else [(path, found)]
        for key, settings in slots:
            if isinstance(settings, dict) and isinstance(settings.get("name"), str):
                yield key, kind, settings


def check_component(
    document: Document, key: Key, kind: str, settings: dict[str, Any], problems: list[Problem]
) -> CheckedComponent | None:
    """The component that `settings` name, at `key` of the document; what is wrong with it is added to `problems`."""
    name = settings["name"]
    try:
        find(kind, name)
        component = load(kind, name)
        model = parameter_model(kind, component)
    except FsimError as error:
        problems.append(Problem(document.where((*key, "name")), (*key, "name"), str(error)))
        return None
    engine_keys = set(SETTINGS.get(kind, ComponentSettings).model_fields)
    given = {parameter: value for parameter, value in settings.items() if parameter not in engine_keys}
    for parameter in sorted(injected_names(kind, component) & set(given)):
        at = (*key, parameter)
        problems.append(Problem(document.where(at), at, "is known only at run time and set by the engine; remove it"))
        del given[parameter]
    try:
        return CheckedComponent(kind, name, component, model.model_validate_json(json.dumps(given)))
    except ValidationError as error:
        problems += value_problems(document, key, error, model, f"{kind} '{name}'")
        return CheckedComponent(kind, name, component, INVALID)
