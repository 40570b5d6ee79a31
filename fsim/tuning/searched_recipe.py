"""A recipe with what is searched in it; each end of each range, and each choice, fits the rest of the recipe."""

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
from fsim.recipe.override import assign, override, path_key
from fsim.recipe.recipe_file import read_document
from fsim.recipe.search_space import SearchedValue, label
from fsim.recipe.stated_preparation import with_preparation
from fsim.recipe.validate import check_document


@dataclass(frozen=True)
class SearchedRecipe:
    """document: as the user wrote it, with `extends` and the command line; checked: the same without a mistake."""

    document: Document
    checked: CheckedRecipe

    @property
    def search(self) -> dict[str, SearchedValue]:
        """Path -> what may be chosen, a path after those that it depends on."""
        found: dict[str, SearchedValue] = {}
        given = self.checked.recipe.search
        while len(found) < len(given):  # there are no circles
            found |= {path: one for path, one in given.items() if path not in found and set(one.when) <= set(found)}
        return found

    def with_values(self, values: Mapping[str, Any]) -> Document:
        """The recipe of a trial: with these values, and nothing to search."""
        document = _with_values(self.document, values)
        document.value.pop("search", None)
        return document

    def own_value(self, path: str) -> Any:
        """What the recipe itself has at a path: as it was written, or the default; None where there is nothing."""
        key = path_key(path)
        written = _at(self.document.value, key)
        if written is not None:
            return written
        return _at(with_preparation(self.checked, self.checked["model.backbone"].component).resolved(), key)


def _at(value: Any, key: Key) -> Any:
    for part in key:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def check_searched_recipe(file: Path, assignments: Iterable[str] = ()) -> SearchedRecipe:
    """Read a recipe as `check_recipe` does, and try what may be chosen in it.

    Raises:
        RecipeError: with every mistake, each with file, line and column.
    """
    document = read_document(file)
    override(document, assignments)
    found = SearchedRecipe(document, check_document(document))
    mistakes = [mistake for path in found.search for mistake in _mistakes(found, path)]
    if mistakes:
        raise RecipeError(in_order(mistakes))
    return found


def _with_values(document: Document, values: Mapping[str, Any]) -> Document:
    """A copy; of paths within each other the outer value is set first."""
    changed = Document(copy.deepcopy(document.value), dict(document.marks), list(document.mistakes))
    for path in sorted(values, key=lambda path: path.count(".")):
        key = path_key(path)
        if message := assign(changed.value, key, copy.deepcopy(values[path])):
            changed.mistakes.append(Mistake("", key, message))
    return changed


def _mistakes(recipe: SearchedRecipe, path: str) -> list[Mistake]:
    """What is wrong with the ends of a searched path; what is wrong with all of them is told once, of the path."""
    ends = recipe.search[path].ends
    found: dict[str, list[Key]] = {}
    for place, value in ends:
        at = ("search", path, *place)
        messages = [
            _message(mistake, path)
            for given in _conditions_met(recipe.search, path)
            for mistake in _mistakes_with(recipe, {**given, path: value})
        ]
        for message in dict.fromkeys(messages):
            found.setdefault(message, []).append(at)
    of_all = {message for message, places in found.items() if len(places) == len(ends)}
    places = {message: [("search", path)] if message in of_all else places for message, places in found.items()}
    return [Mistake(recipe.document.where(at), at, message) for message, many in places.items() for at in many]


def _mistakes_with(recipe: SearchedRecipe, values: Mapping[str, Any]) -> list[Mistake]:
    try:
        check_document(recipe.with_values(values))
    except RecipeError as error:
        return error.mistakes
    return []


def _message(mistake: Mistake, path: str) -> str:
    at = dotted(mistake.key)
    return mistake.message if at == path else f"{at}: {mistake.message}"


def _conditions_met(search: Mapping[str, SearchedValue], path: str) -> Iterator[dict[str, Any]]:
    """The values of other paths with which a path is searched: all choices that its conditions name."""
    conditions = search[path].conditions.items()
    for combination in product(*([(other, one) for one in wanted] for other, wanted in conditions)):
        met: dict[str, Any] = {}
        for other, _ in combination:
            met |= next(_conditions_met(search, other))
        yield met | {other: choice_of(search[other], label(one)) for other, one in combination}


def choice_of(searched: SearchedValue, chosen: Any) -> Any:
    """The value that a study's label stands for; of a range the number itself."""
    return chosen if searched.choices is None else searched.choices[searched.labels.index(chosen)]
