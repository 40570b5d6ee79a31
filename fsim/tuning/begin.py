"""What must be right before a study begins, or is gone on with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from fsim.errors import FsimError, WriteError
from fsim.evaluation.evaluators import build_evaluators, directions_of
from fsim.recipe.mistake import Mistake, RecipeError
from fsim.recipe.search_space import label
from fsim.store.run_folder import RunFolder
from fsim.tuning.searched_recipe import SearchedRecipe, check_searched_recipe
from fsim.tuning.storage import Storage, file_url
from fsim.tuning.study import Study

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def begin(file: Path, assignments: Sequence[str], out: Path, name: str, url: str | None) -> Study:
    """The study of a recipe, in its folder `<out>/<recipe name>/<name>`.

    Args:
        url: of a database; None: a SQLite file in that folder.

    Raises:
        FsimError: the recipe cannot be searched, the name is none, or the database cannot be used.
    """
    if not NAME.fullmatch(name):
        raise FsimError(f"--study {name}: give letters, digits, dots, dashes and underscores, up to 100")
    recipe = check_searched_recipe(file, assignments)
    _refuse_unsearchable(recipe, file)
    folder = out / recipe.checked.recipe.name / name
    if RunFolder(folder).recipe.is_file():
        raise FsimError(f"--study {name}: {folder} is a run; give another name")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(f"cannot make {folder}: {error.strerror or error}; choose another --out") from error
    checked = recipe.checked
    direction = directions_of(build_evaluators(checked))[str(checked.recipe.evaluation.monitor)]
    return Study(Storage(url or file_url(folder / "study.db")), folder, recipe, direction)


def _refuse_unsearchable(recipe: SearchedRecipe, file: Path) -> None:
    if not recipe.search:
        raise FsimError(
            f"{file} says nothing to search; say it there, such as "
            f"search: {{train.optimizer.lr: {{low: 1e-4, high: 1e-2, log: true}}}}"
        )
    if recipe.checked.recipe.evaluation.monitor is None:
        raise FsimError(f"{file} has no evaluation.monitor, by which trials are compared; name a metric there")
    if missing := recipe.checked.missing_data():
        told = "; ".join(f"{key}: there is no {path}" for key, path in missing.items())
        raise FsimError(f"{told}; every trial would fail: get the data, or set the path")
    mistakes = []
    own: dict[str, object] = {}
    for path, searched in recipe.search.items():
        if not searched.is_active(own):
            continue
        value = recipe.own_value(path)
        own[path] = label(value)
        if not searched.holds(value):
            message = (
                f"the recipe's own value {own[path]} is not among {searched.shown}: widen that, or change the value; "
                f"it is tried first, and the others are held against it"
            )
            mistakes.append(Mistake(recipe.document.where(("search", path)), ("search", path), message))
    if mistakes:
        raise RecipeError(mistakes)
