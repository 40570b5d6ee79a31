"""A recipe with a search space, checked: each end of each range, and each choice, fits the rest of the recipe."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.document import Document
from fsim.recipe.mistake import Key, Mistake, RecipeError, dotted, in_order
from fsim.recipe.recipe_file import assign, override, path_key, read_document
from fsim.recipe.search_space import SearchedValue, label
from fsim.recipe.stated_preparation import with_preparation
from fsim.recipe.validate import check_document


@dataclass(frozen=True)
class TunableRecipe:
    """A recipe that `fsim tune` can run with other values.

    document  the recipe as the user wrote it, with `extends` and the command line
    checked   the same, validated
    """

    document: Document
    checked: CheckedRecipe

    @property
    def search_space(self) -> dict[str, SearchedValue]:
        """Path -> what may be chosen for it. A path comes after those that it depends on."""
        ordered: dict[str, SearchedValue] = {}
        given = self.checked.recipe.search
        while len(ordered) < len(given):  # there are no circles
            ready = {path: one for path, one in given.items() if path not in ordered and set(one.when) <= set(ordered)}
            ordered |= ready
        return ordered

    def with_values(self, values: Mapping[str, Any]) -> Document:
        """Return the recipe of a trial: with these values, and without a search space."""
        document = _with_values(self.document, values)
        document.value.pop("search", None)
        return document

    def own_value(self, path: str) -> Any:
        """Return the recipe's own value at a path: as it was written, or the default; None where there is nothing."""
        key = path_key(path)
        written = _at(self.document.value, key)
        if written is not None:
            return written
        return _at(with_preparation(self.checked, self.checked["model.backbone"].component).resolved(), key)

    def own_values(self) -> dict[str, Any]:
        """Return the recipe's own values at the paths of the search space, as labels of a study."""
        labels: dict[str, Any] = {}
        for path, searched in self.search_space.items():
            if searched.is_active(labels):
                labels[path] = label(self.own_value(path))
        return labels


def _at(value: Any, key: Key) -> Any:
    for part in key:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def check_tunable_recipe(file: Path, assignments: Iterable[str] = ()) -> TunableRecipe:
    """Read a recipe as `check_recipe` does, and check it with each end and choice of its search space.

    Raises:
        RecipeError: with every mistake, each with file, line and column.
    """
    document = read_document(file)
    override(document, assignments)
    recipe = TunableRecipe(document, check_document(document))
    mistakes = [mistake for path in recipe.search_space for mistake in _mistakes(recipe, path)]
    if mistakes:
        raise RecipeError(in_order(mistakes))
    return recipe


def _with_values(document: Document, values: Mapping[str, Any]) -> Document:
    """A copy with these values; of paths within each other the outer value is set first."""
    changed = Document(copy.deepcopy(document.value), dict(document.marks), list(document.mistakes))
    for path in sorted(values, key=lambda path: path.count(".")):
        key = path_key(path)
        if message := assign(changed.value, key, copy.deepcopy(values[path])):
            changed.mistakes.append(Mistake("", key, message))
    return changed


def _mistakes(recipe: TunableRecipe, path: str) -> list[Mistake]:
    """What is wrong with the ends or choices of a path; a mistake of all of them is reported once, for the path."""
    ends = recipe.search_space[path].ends
    places_of: dict[str, list[Key]] = {}
    for place, value in ends:
        at = ("search", path, *place)
        messages = [
            _message(mistake, path)
            for given in _conditions_met(recipe.search_space, path)
            for mistake in _mistakes_with(recipe, {**given, path: value})
        ]
        for message in dict.fromkeys(messages):
            places_of.setdefault(message, []).append(at)
    of_all = {message for message, places in places_of.items() if len(places) == len(ends)}
    places_of |= {message: [("search", path)] for message in of_all}
    return [Mistake(recipe.document.where(at), at, message) for message, places in places_of.items() for at in places]


def _mistakes_with(recipe: TunableRecipe, values: Mapping[str, Any]) -> list[Mistake]:
    try:
        check_document(recipe.with_values(values))
    except RecipeError as error:
        return error.mistakes
    return []


def _message(mistake: Mistake, path: str) -> str:
    at = dotted(mistake.key)
    return mistake.message if at == path else f"{at}: {mistake.message}"


def _conditions_met(space: Mapping[str, SearchedValue], path: str) -> Iterator[dict[str, Any]]:
    """All combinations of other paths' values with which a path is searched."""
    conditions = space[path].conditions.items()
    for combination in product(*([(other, choice) for choice in choices] for other, choices in conditions)):
        met: dict[str, Any] = {}
        for other, _ in combination:
            met |= next(_conditions_met(space, other))
        yield met | {other: value_of_label(space[other], label(choice)) for other, choice in combination}


def value_of_label(searched: SearchedValue, label: Any) -> Any:
    """Return the value that a study's label stands for; of a range the number itself."""
    return label if searched.choices is None else searched.choices[searched.labels.index(label)]
