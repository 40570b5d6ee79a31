"""Everything in a recipe is checked before anything is built; all mistakes are told at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import to_jsonable_python

from fsim.document import Document, Key, Problem, RecipeError, override, read_document
from fsim.errors import FsimError, nearest
from fsim.params import construct, injected_names, needs, parameter_model
from fsim.recipe import SLOTS, LossSettings, Recipe
from fsim.registry import find, load

BATCH_GIVES = frozenset({"categories", "items", "labels"})  # what a loss may ask for, whatever the head and sampler


class _Invalid(BaseModel): ...


INVALID = _Invalid()  # the settings of a component whose own are wrong; its fit with the others is still checked


@dataclass(frozen=True)
class CheckedComponent:
    """A component that a recipe names, loaded, with its validated settings."""

    kind: str
    name: str
    component: Callable[..., Any]
    settings: BaseModel

    def build(self, **given: Any) -> Any:
        """Construct it with its settings and what its signature asks for of `given`."""
        return construct(self.kind, self.component, self.settings, given)


@dataclass(frozen=True)
class CheckedRecipe:
    """A recipe without mistakes, and its components by their place in it: ("losses", 0) -> contrastive."""

    recipe: Recipe
    components: dict[Key, CheckedComponent]

    def __getitem__(self, path: str) -> CheckedComponent:
        return self.components[tuple(path.split("."))]

    def each(self, path: str) -> list[CheckedComponent]:
        """The components of a list, such as `losses`, in order."""
        at = tuple(path.split("."))
        return [part for key, part in self.components.items() if key[:-1] == at]

    def resolved(self) -> dict[str, Any]:
        """The recipe as plain data, with every default written out."""
        value: dict[str, Any] = self.recipe.model_dump(mode="json")
        for key, part in self.components.items():
            at: Any = value
            for name in key:
                at = at[name]
            at.update(part.settings.model_dump(mode="json", by_alias=True))
        return value


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
        checked = _check_component(document, key, kind, settings, problems)
        if checked:
            components[key] = checked
    problems += [Problem(document.where(key), key, message) for key, message in _misfits(document.value, components)]
    if problems or recipe is None:
        raise RecipeError(sorted(dict.fromkeys(problems), key=lambda problem: _order(problem.where)))
    return CheckedRecipe(recipe, components)


def _order(where: str) -> tuple[str, int, int]:
    name, _, place = where.partition(":")
    numbers = [int(part) for part in where.rsplit(":", 2)[1:] if part.isdigit()] if place else []
    return (name, *numbers) if len(numbers) == 2 else (name, 0, 0)  # type: ignore[return-value]


def _check_structure(document: Document, problems: list[Problem]) -> Recipe | None:
    try:
        return Recipe.model_validate_json(json.dumps(document.value))
    except ValidationError as error:
        problems += _problems(document, (), error, Recipe)
        return None


def _component_settings(value: dict[str, Any]) -> Iterator[tuple[Key, str, dict[str, Any]]]:
    """The settings of every component, also of the ones that are there by default; misshapen ones are left out."""
    for path, kind, many in SLOTS:
        found = _at(value, path)
        slots: list[tuple[Key, Any]] = [((*path, i), one) for i, one in enumerate(found)] if many else [(path, found)]
        for key, settings in slots:
            if isinstance(settings, dict) and isinstance(settings.get("name"), str):
                yield key, kind, settings


def _at(value: Any, path: tuple[str, ...]) -> Any:
    """The value at a path of the recipe, or its default; an empty list where neither is there."""
    model: Any = Recipe
    for part in path:
        field = model.model_fields[part]
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif field.is_required():
            return []
        else:
            value = to_jsonable_python(field.get_default(call_default_factory=True))
        model = field.annotation
    return value if isinstance(value, dict | list) else []


def _check_component(
    document: Document, key: Key, kind: str, settings: dict[str, Any], problems: list[Problem]
) -> CheckedComponent | None:
    name = settings["name"]
    try:
        find(kind, name)
        component = load(kind, name)
        model = parameter_model(kind, component)
    except FsimError as error:
        problems.append(Problem(document.where((*key, "name")), (*key, "name"), str(error)))
        return None
    engine_keys = set(LossSettings.model_fields) if kind == "loss" else {"name"}
    given = {parameter: value for parameter, value in settings.items() if parameter not in engine_keys}
    for parameter in sorted(injected_names(kind, component) & set(given)):
        at = (*key, parameter)
        problems.append(Problem(document.where(at), at, "is known only at run time and set by the engine; remove it"))
        del given[parameter]
    try:
        return CheckedComponent(kind, name, component, model.model_validate_json(json.dumps(given)))
    except ValidationError as error:
        problems += _problems(document, key, error, model, f"{kind} '{name}'")
        return CheckedComponent(kind, name, component, INVALID)


def _problems(
    document: Document, prefix: Key, error: ValidationError, model: type[BaseModel], owner: str = ""
) -> Iterator[Problem]:
    for detail in error.errors():
        key = _real_key(document.value, prefix + tuple(detail["loc"]))
        yield Problem(document.where(key), key, _message(detail, key, prefix, model, owner))


def _real_key(value: Any, key: Key) -> Key:
    """The path as the user wrote it: without the names of a union's members that pydantic adds."""
    real: list[str | int] = []
    for part in key:
        if isinstance(value, dict | list):
            real.append(part)
            try:
                value = value[part]  # type: ignore[index]
            except (KeyError, IndexError, TypeError):
                value = None if isinstance(value, dict) else value
    return tuple(real)


def _message(detail: Any, key: Key, prefix: Key, model: type[BaseModel], owner: str) -> str:
    if detail["type"] == "missing":
        return f"is required{' by ' + owner if owner else ''}"
    if detail["type"] == "extra_forbidden":
        valid = _keys_at(model, key[len(prefix) : -1])
        of = f" of {owner}" if owner else ""
        return f"is not a {'parameter' if owner else 'key'}{of or ' of a recipe'}{nearest(str(key[-1]), valid)}"
    if detail["type"] in ("model_type", "model_attributes_type"):
        return f"must be a mapping of keys to values{_component_hint(key)}, not {_shown(detail['input'])}"
    message = str(detail["msg"]).replace("Input should be", "must be").replace("Value error, ", "")
    message = message.replace("valid dictionary", "mapping").replace("valid array", "list")
    message = message.replace("List should have", "must have").replace("String should", "must")
    return f"{message}, not {_shown(detail['input'])}"


def _component_hint(key: Key) -> str:
    slots = {path: many for path, _, many in SLOTS}
    return ", such as {name: ...}" if key in slots or key[:-1] in slots else ""


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def _keys_at(model: Any, path: Key) -> list[str]:
    for part in path:
        if isinstance(part, str) and isinstance(model, type) and issubclass(model, BaseModel):
            model = model.model_fields[part].annotation if part in model.model_fields else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _misfits(value: dict[str, Any], components: dict[Key, CheckedComponent]) -> Iterator[tuple[Key, str]]:
    """Components that are right by themselves and wrong together."""
    head, sampler = components.get(("model", "head")), components.get(("sampler",))
    if head and sampler:
        given = BATCH_GIVES | head.component.gives | sampler.component.gives  # type: ignore[attr-defined]
        for key, loss in components.items():
            for need in sorted(needs(loss.component) - given) if loss.kind == "loss" else ():
                giver = sampler if need == "pairs" else head
                yield (
                    key,
                    f"loss '{loss.name}' needs {need}, which {giver.kind} '{giver.name}' does not give; "
                    f"take another {giver.kind}, or leave the loss out",
                )
    evaluators = {key: part for key, part in components.items() if part.kind == "evaluator"}
    yield from _repeated(evaluators)
    evaluation = value.get("evaluation")
    monitor = evaluation.get("monitor", "exact/recall@1") if isinstance(evaluation, dict) else "exact/recall@1"
    valid = [part for part in evaluators.values() if part.settings is not INVALID]
    if isinstance(monitor, str) and len(valid) == len(_at(value, ("evaluation", "evaluators"))):
        metrics = [f"{part.name}/{metric}" for part in evaluators.values() for metric in part.build(seed=0).directions]
        if monitor not in metrics:
            yield ("evaluation", "monitor"), f"no evaluator measures '{monitor}'{nearest(monitor, metrics)}"


def _repeated(evaluators: dict[Key, CheckedComponent]) -> Iterator[tuple[Key, str]]:
    seen = set()
    for key, part in evaluators.items():
        if part.name in seen:
            yield key, f"evaluator '{part.name}' is there already; its metrics would have the same names"
        seen.add(part.name)
