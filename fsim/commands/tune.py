"""fsim tune RECIPE [key=value ...] --trials N"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsim.tuning.results import StudyResults, TrialResult
    from fsim.tuning.study import Study


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", type=Path, help="the YAML file, with a block `search:`")
    parser.add_argument(
        "overrides", nargs="*", default=[], metavar="key=value", help="change the recipe: train.epochs=2"
    )
    parser.add_argument(
        "--trials",
        type=int,
        required=True,
        metavar="N",
        help="the number of trials of the whole study, with earlier ones and those of other machines",
    )
    parser.add_argument(
        "--storage",
        metavar="URL",
        help="a database that several machines share: postgresql+psycopg://user@host/database (default: a SQLite file "
        "in the study's folder)",
    )
    parser.add_argument(
        "--study",
        default="study",
        metavar="NAME",
        help="the name of the study, to make several of one recipe (default: study)",
    )
    parser.add_argument("--out", type=Path, default=Path("runs"), help="where run folders are made (default: runs)")
    parser.add_argument(
        "--json", action="store_true", help="print the result as JSON, for programs; everything else goes to stderr"
    )


def execute(args: argparse.Namespace) -> int:
    import contextlib
    import json
    import sys

    if not args.json:
        _tune(args)
        return 0
    with contextlib.redirect_stdout(sys.stderr):
        study, results = _tune(args)
    print(json.dumps(_as_json(study, results, args.trials), indent=2, ensure_ascii=False))
    return 0


def _tune(args: argparse.Namespace) -> tuple[Study, StudyResults]:
    from fsim.errors import FsimError
    from fsim.kit.optional_packages import require_packages
    from fsim.runtime.display import Display

    if args.trials < 1:
        raise FsimError(f"--trials {args.trials}: give 1 or more")
    require_packages(("optuna",), "fsim tune", "tune")
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    from fsim.tuning.tune import open_study, tune

    study = open_study(args.recipe, args.overrides, args.out, args.study, args.storage)
    if finished := study.num_finished():
        with Display() as display:
            display.say(f"continuing the study {study.name}: {finished} of {args.trials} trials are finished")
    results = tune(study, args.trials)
    _show(study, results)
    if results.best is None and not results.count("running"):
        raise FsimError(
            f"none of {results.finished} trials reached its end; fix the cause, and start another study: --study NAME"
        )
    return study, results


def _show(study: Study, results: StudyResults) -> None:
    from fsim.runtime.display import Display
    from fsim.tuning.study_page import trial_table
    from fsim.tuning.tune import BEST_RECIPE, PAGE

    table, best, own = trial_table(results), results.best, results.own
    with Display() as display:
        display.table(f"{study.name}: * is best", table.header, ([str(cell) for cell in row] for row in table.rows))
        display.say(results.verdict)
        if running := results.count("running"):
            display.say(
                f"{running} still running elsewhere; the same command shows them later, and takes up what was killed"
            )
        if best is not None and own is not None and best is not own and best.link and own.link:
            runs = f"{study.folder.parent / str(own.run)} {study.folder.parent / str(best.run)}"
            display.say(f"all metrics of both: fsim compare --checkpoint best {runs}")
        if best is not None:
            display.say(f"the best recipe: fsim run {study.folder / BEST_RECIPE}")
        display.say(f"page: {study.folder / PAGE}")


def _as_json(study: Study, results: StudyResults, num_trials: int) -> dict[str, Any]:
    from dataclasses import asdict

    from fsim.tuning.study_page import importance
    from fsim.tuning.tune import BEST_RECIPE, PAGE

    def trial_as_json(trial: TrialResult) -> dict[str, Any]:
        run = None if trial.run is None else str(study.folder.parent / trial.run)
        return {name: value for name, value in asdict(trial).items() if name != "link"} | {"run": run}

    best = results.best
    return {
        "study": study.name,
        "storage": study.storage.display_url,
        "wanted": num_trials,
        "finished": results.finished,
        "monitor": results.monitor,
        "less_is_better": results.sign < 0,
        "trials": [trial_as_json(trial) for trial in results.trials],
        "best": None if best is None else trial_as_json(best),
        "verdict": results.verdict,
        "interval": results.interval,
        "importance": importance(study),
        "recipe": None if best is None else str(study.folder / BEST_RECIPE),
        "page": str(study.folder / PAGE),
    }
