"""fsim resume RUN"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run", type=Path, help="the run folder: runs/<name>/<time>; for several seeds: the -seeds.json file"
    )
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="KEY",
        help="continue although this key of recipe.yaml was changed, such as train.epochs; may be given several times",
    )


def execute(args: argparse.Namespace) -> int:
    from fsim.errors import FsimError
    from fsim.recipe.expectation import compare_with_expectations
    from fsim.recipe.validate import check_recipe
    from fsim.report.run_observers import usual_observers
    from fsim.run.resumption import allowed_changes
    from fsim.run.run import run_recipe
    from fsim.run.session import open_session
    from fsim.run.terminal import show_result
    from fsim.runtime.torchrun import join_processes
    from fsim.store.run_folder import RunFolder

    if args.run.is_file():
        if args.allow:
            raise FsimError("--allow is for one run: give its folder, or leave it out")
        from fsim.history.run_seeds import run_seeds
        from fsim.history.seed_series import SeedSeries

        run_seeds(SeedSeries.open(args.run), usual_observers)
        return 0
    folder = RunFolder.open(args.run)
    checked = check_recipe(folder.recipe)
    with join_processes() as shared, open_session(folder, shared) as session:
        changes = allowed_changes(checked, folder, args.allow)
        result = run_recipe(checked, session, usual_observers(session.display), resume=True, changes=changes)
        if result is None:  # rank 0 says the rest
            return 0
        expected = compare_with_expectations(checked.recipe.evaluation.expect, result.monitored.metrics)
        show_result(result, expected, folder, session.display)
    return 0
