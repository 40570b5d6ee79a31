"""A study from its start to its results: opened, worked at, its best recipe and its page written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from fsim.errors import FsimError, WriteError
from fsim.evaluation.evaluators import build_evaluators, directions_of
from fsim.kit.files import write_text
from fsim.recipe.document import yaml_text
from fsim.recipe.mistake import Mistake, RecipeError
from fsim.run.interruption import Interruption
from fsim.run.run import InterruptedRunError
from fsim.store.run_folder import RunFolder
from fsim.tuning.results import StudyResults, TrialResult, shown_value, study_results
from fsim.tuning.storage import Storage, file_url
from fsim.tuning.study import Study
from fsim.tuning.study_page import study_page
from fsim.tuning.trial import run_trial
from fsim.tuning.tunable_recipe import TunableRecipe, check_tunable_recipe

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
BEST_RECIPE, PAGE = "best.yaml", "tune.html"  # in the study's folder


def open_study(file: Path, assignments: Sequence[str], out: Path, name: str, url: str | None) -> Study:
    """Start or reopen the study of a recipe, in its folder `<out>/<recipe name>/<name>`.

    Args:
        url: of a database; None: a SQLite file in that folder.

    Raises:
        FsimError: the recipe can't be tuned, the name can't be that of a folder, or the database can't be used.
    """
    if not NAME.fullmatch(name):
        raise FsimError(f"--study {name}: give letters, digits, dots, dashes and underscores, up to 100")
    recipe = check_tunable_recipe(file, assignments)
    _check_can_be_tuned(recipe, file)
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


def _check_can_be_tuned(recipe: TunableRecipe, file: Path) -> None:
    if not recipe.search_space:
        raise FsimError(
            f"{file} says nothing to search; say it there, such as "
            f"search: {{train.optimizer.lr: {{low: 1e-4, high: 1e-2, log: true}}}}"
        )
    if recipe.checked.recipe.evaluation.monitor is None:
        raise FsimError(f"{file} has no evaluation.monitor, by which trials are compared; name a metric there")
    if missing := recipe.checked.missing_data():
        paths = "; ".join(f"{key}: there is no {path}" for key, path in missing.items())
        raise FsimError(f"{paths}; every trial would fail: get the data, or set the path")
    mistakes = []
    for path, own in recipe.own_values().items():
        searched = recipe.search_space[path]
        if not searched.holds(recipe.own_value(path)):
            message = (
                f"the recipe's own value {own} is not among {searched.shown}: widen that, or change the value; it is "
                f"tried first, and the others are compared with it"
            )
            mistakes.append(Mistake(recipe.document.where(("search", path)), ("search", path), message))
    if mistakes:
        raise RecipeError(mistakes)


def tune(study: Study, num_trials: int) -> StudyResults:
    """Work at a study until it has so many trials, write the best recipe and the page, and return the results.

    Raises:
        FsimError: as of `work`; or a file can't be written.
    """
    work(study, num_trials)
    results = study_results(study)
    if results.best is not None:
        write_best_recipe(study.folder / BEST_RECIPE, study.recipe, results, results.best)
    study_page(study, results).write(study.folder / PAGE)
    return results


def work(study: Study, num_trials: int) -> None:
    """Run trials until this process and others have started so many, and none is left without a process.

    Raises:
        InterruptedRunError: Ctrl-C or SIGTERM; the same command continues.
        FsimError: an error that any other trial would have too; once it is fixed, the same command continues.
    """
    with Interruption() as interruption:
        try:
            with interruption.immediate():  # while a trial trains, its run handles signals
                while (claim := study.claim(num_trials)) is not None:
                    run_trial(study, claim, num_trials)
        except InterruptedRunError as error:
            raise InterruptedRunError(f"stopped; {_how_to_continue(study, num_trials)}", error.exit_code) from None
        except KeyboardInterrupt:
            message = f"stopped; {_how_to_continue(study, num_trials)}"
            raise InterruptedRunError(message, interruption.exit_code) from None


def _how_to_continue(study: Study, num_trials: int) -> str:
    try:
        kept = f"{study.num_finished()} of {num_trials} trials are finished and kept"
    except FsimError as error:
        kept = str(error)
    return f"{kept}. Go on with the same command"


def write_best_recipe(file: Path, recipe: TunableRecipe, results: StudyResults, best: TrialResult) -> None:
    """Write the recipe of the best trial, ready to run, without the search space and without the results that the
    recipe expected of its own values. A comment at its head says what it is and what it gave.

    Raises:
        WriteError: it can't be written.
    """
    value = recipe.with_values(best.values).value
    if isinstance(value.get("evaluation"), dict):
        value["evaluation"].pop("expect", None)
    head = [
        f"The best of {results.finished} trials of {recipe.checked.recipe.name} ({file.parent}):",
        f"{results.verdict}.",
        *(f"  {path}: {shown_value(chosen)}" for path, chosen in best.values.items()),
        "",
        f"  fsim run {file}",
    ]
    write_text(file, "".join(f"# {line}".rstrip() + "\n" for line in head) + yaml_text(value, short=True))
