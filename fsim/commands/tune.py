"""fsim tune RECIPE [key=value ...] --trials N"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsim.runtime.display import Display
    from fsim.tuning.outcome import Outcome
    from fsim.tuning.study import Study


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", type=Path, help="the YAML file, with a block `search:`")
    parser.add_argument(
        "overrides", nargs="*", default=[], metavar="key=value", help="change the recipe: train.epochs=2"
    )
    parser.add_argument(
        "--trials", type=int, required=True, metavar="N", help="of the whole study, those of before and elsewhere too"
    )
    parser.add_argument(
        "--storage",
        metavar="URL",
        help="a database that several machines share: postgresql+psycopg://user@host/database (default: a file of "
        "SQLite in the study's folder)",
    )
    parser.add_argument(
        "--study", default="study", metavar="NAME", help="another study of the same recipe (default: study)"
    )
    parser.add_argument("--out", type=Path, default=Path("runs"), help="where run folders are made (default: runs)")
    parser.add_argument("--json", action="store_true", help="the result, for programs; all else goes to stderr")


def execute(args: argparse.Namespace) -> int:
    import contextlib
    import sys

    if not args.json:
        _tune(args)
        return 0
    with contextlib.redirect_stdout(sys.stderr):
        found = _tune(args)
    import json

    print(json.dumps(found, indent=2, ensure_ascii=False))
    return 0


def _tune(args: argparse.Namespace) -> dict[str, Any]:
    from fsim.errors import FsimError
    from fsim.runtime.display import Display

    if args.trials < 1:
        raise FsimError(f"--trials {args.trials}: give 1 or more")
    _refuse_without_optuna()
    from fsim.tuning.begin import begin
    from fsim.tuning.best_recipe import write_best
    from fsim.tuning.outcome import outcome
    from fsim.tuning.study_page import study_page
    from fsim.tuning.worker import work

    study = begin(args.recipe, args.overrides, args.out, args.study, args.storage)
    with Display() as display:
        finished = sum(one.state.is_finished() for one in study.trials())
        if finished:
            display.say(f"going on with the study {study.name}: {finished} of {args.trials} trials are finished")
    work(study, args.trials)
    found = outcome(study)
    best = found.best
    if best is not None:
        write_best(study.folder / "best.yaml", study.recipe, found, best)
    study_page(study, found).write(study.folder / "tune.html")
    with Display() as display:
        _show(study, found, display)
    if best is None and not found.count("running"):
        raise FsimError(f"no trial of {found.finished} came to its end; mend that, and begin another: --study NAME")
    return _as_json(study, found, args.trials)


def _refuse_without_optuna() -> None:
    from fsim.errors import FsimError

    try:
        import optuna
    except ImportError as error:
        raise FsimError(f"fsim tune needs the package optuna ({error}): pip install 'fsim[tune]'") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def _show(study: Study, found: Outcome, display: Display) -> None:
    from fsim.tuning.study_page import trial_table

    table, best, own = trial_table(found), found.best, found.own
    display.table(f"{study.name}: * is best", table.header, ([str(cell) for cell in row] for row in table.rows))
    display.say(found.verdict)
    if running := found.count("running"):
        display.say(
            f"{running} still running elsewhere; the same command shows them later, and takes up what was killed"
        )
    if best is not None and own is not None and best is not own and best.link and own.link:
        runs = f"{study.folder.parent / str(own.run)} {study.folder.parent / str(best.run)}"
        display.say(f"all metrics of both: fsim compare --checkpoint best {runs}")
    if best is not None:
        display.say(f"the best recipe: fsim run {study.folder / 'best.yaml'}")
    display.say(f"page: {study.folder / 'tune.html'}")


def _as_json(study: Study, found: Outcome, num: int) -> dict[str, Any]:
    from dataclasses import asdict

    from fsim.tuning.study_page import importance

    def of(one: Any) -> dict[str, Any]:
        run = None if one.run is None else str(study.folder.parent / one.run)
        return {name: value for name, value in asdict(one).items() if name != "link"} | {"run": run}

    best = found.best
    return {
        "study": study.name,
        "storage": study.storage.shown,
        "wanted": num,
        "finished": found.finished,
        "monitor": found.monitor,
        "less_is_better": found.sign < 0,
        "trials": [of(one) for one in found.trials],
        "best": None if best is None else of(best),
        "verdict": found.verdict,
        "interval": found.interval,
        "importance": importance(study),
        "recipe": None if best is None else str(study.folder / "best.yaml"),
        "page": str(study.folder / "tune.html"),
    }
