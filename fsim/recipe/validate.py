"""Check everything in a recipe before anything is built, and raise all its mistakes at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from fsim.errors import FsimError
from fsim.plugin.build import INVALID, CheckedComponent
from fsim.plugin.kinds import KINDS, kind_of, slots
from fsim.plugin.parameters import injected_names, parameter_model, part_kinds
from fsim.plugin.registry import find, load, offers
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.component_checks import component_mistakes
from fsim.recipe.document import Document, flow_text
from fsim.recipe.mistake import Key, Mistake, RecipeError, in_order
from fsim.recipe.recipe_file import override, read_document
from fsim.recipe.schema import Recipe, value_at
from fsim.recipe.search_space import search_space_mistakes
from fsim.recipe.value_mistakes import value_mistakes


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
    mistakes = list(document.mistakes)
    recipe = _check_structure(document, mistakes)
    components: dict[Key, CheckedComponent] = {}
    for key, kind, settings in _component_settings(document.value):
        checked = check_component(document, key, kind, settings, mistakes)
        if checked:
            components[key] = checked
    found = [*component_mistakes(document.value, components), *search_space_mistakes(document.value)]
    mistakes += [Mistake(document.where(key), key, message) for key, message in found]
    if mistakes or recipe is None:
        raise RecipeError(in_order(mistakes))
    return CheckedRecipe(recipe, components)


def _check_structure(document: Document, mistakes: list[Mistake]) -> Recipe | None:
    try:
        return Recipe.model_validate_json(json.dumps(document.value))
    except ValidationError as error:
        mistakes += value_mistakes(document, (), error, Recipe)
        return None


def _component_settings(value: dict[str, Any]) -> Iterator[tuple[Key, str, dict[str, Any]]]:
    """Find the settings of every component, also of those that are there by default; misshapen ones are left out."""
    for slot, kind in slots():
        found = value_at(value, slot.path)
        entries: list[tuple[Key, Any]] = [((*slot.path, place), one) for place, one in enumerate(found)]
        for key, settings in entries if slot.is_list else [(slot.path, found)]:
            if _names_a_component(settings):
                yield key, kind.name, settings


def check_component(
    document: Document, key: Key, kind: str, settings: dict[str, Any], mistakes: list[Mistake]
) -> CheckedComponent | None:
    """Check the component that `settings` name, at `key` of the document, and those that it is made of.

    What is wrong is added to `mistakes`; None where there is no such component.
    """
    name = settings["name"]
    try:
        find(kind, name)
        component = load(kind, name)
        model = parameter_model(kind, component)
    except FsimError as error:
        message = measured_by_another(kind, settings) or str(error)
        mistakes.append(Mistake(document.where((*key, "name")), (*key, "name"), message))
        return None
    engine_keys = set(kind_of(kind).settings_class.model_fields)
    given = {parameter: value for parameter, value in settings.items() if parameter not in engine_keys}
    for parameter in sorted(injected_names(kind, component) & set(given)):
        at = (*key, parameter)
        mistakes.append(Mistake(document.where(at), at, "is known only at run time and set by the engine; remove it"))
        del given[parameter]
    written = {name: part for name, part in part_kinds(kind, component).items() if _names_a_component(given.get(name))}
    parts = {
        parameter: check_component(document, (*key, parameter), part_kind, given[parameter], mistakes)
        for parameter, part_kind in written.items()
    }
    valid: BaseModel = INVALID
    try:
        found = model.model_validate_json(json.dumps(given))
        valid = found if None not in parts.values() else INVALID
    except ValidationError as error:
        mistakes += value_mistakes(document, key, error, model, f"{kind} '{name}'")
    known = {parameter: part for parameter, part in parts.items() if part is not None}
    return CheckedComponent(kind, name, component, valid, known)


def _names_a_component(settings: Any) -> bool:
    return isinstance(settings, dict) and isinstance(settings.get("name"), str)


def measured_by_another(kind: str, settings: Mapping[str, Any]) -> str:
    """Say how to write a component that is offered as another kind, of which one of this kind is made; else "".

    `{name: hnswlib, m: 16}` is no evaluator, but an index, and the evaluator `index` measures any index.
    """
    name = settings["name"]
    for other in KINDS:
        if name not in {offer.name for offer in offers(other)} or other not in {offer.name for offer in offers(kind)}:
            continue
        try:
            own = {field.alias for field in parameter_model(other, load(other, name)).model_fields.values()}
            if part_kinds(kind, load(kind, other)).get(other) != other:
                continue
        except FsimError:
            continue
        beside = {key: value for key, value in settings.items() if key not in own and key != "name"}
        inside = {key: value for key, value in settings.items() if key in own}
        line = flow_text({"name": other, other: {"name": name, **inside}, **beside})
        return f"there is no {kind} '{name}', but an {other} of that name, which is measured so: {line}"
    return ""
