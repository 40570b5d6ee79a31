"""fsim run RECIPE [key=value ...]"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", type=Path, help="the YAML file")
    parser.add_argument(
        "overrides", nargs="*", default=[], metavar="key=value", help="change the recipe: train.epochs=2"
    )
    parser.add_argument("--out", type=Path, default=Path("runs"), help="where run folders are made (default: runs)")
    parser.add_argument(
        "--overfit",
        type=int,
        metavar="N",
        help="train on N fixed images without augmentation and evaluate on the same: can the model learn at all?",
    )
    parser.add_argument(
        "--seeds",
        type=int,
        metavar="N",
        help="make N runs, with the recipe's seed and the ones after it, and show their means with 95%% intervals",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="exit with code 2 if the result (with --seeds: the mean) is not what the recipe expects",
    )


def execute(args: argparse.Namespace) -> int:
    from fsim.recipe.validate import check_recipe

    checked = check_recipe(args.recipe, args.overrides)

    from fsim.errors import FsimError, WriteError
    from fsim.recipe.expectation import compare_with_expectations, reject_unmet
    from fsim.report.run_observers import usual_observers
    from fsim.run.run import InterruptedRunError, run_recipe
    from fsim.run.session import open_session
    from fsim.run.terminal import show_result
    from fsim.runtime.processes import LostProcessError
    from fsim.runtime.torchrun import join_processes
    from fsim.store.run_folder import RunFolder
    from fsim.training.overfit import overfit_recipe, verdict

    if args.overfit is not None and (args.check or args.seeds is not None):
        raise FsimError("--overfit only checks whether the model can learn at all: leave --check and --seeds out")
    if args.check and not checked.recipe.evaluation.expect:
        raise FsimError(
            f"--check: {args.recipe} states no expected results; add them to the recipe, such as "
            f"evaluation: {{expect: {{exact/recall@1: 0.85 +- 0.02}}}}"
        )
    if args.seeds is not None:
        from fsim.history.run_seeds import run_seeds
        from fsim.history.seed_series import SeedSeries

        series = SeedSeries.create(args.out, checked, args.seeds)
        expected = run_seeds(series, usual_observers)
        if args.check:
            reject_unmet(expected, series.file)
        return 0
    if args.overfit is not None:
        checked = overfit_recipe(checked, args.overfit)
    with join_processes() as shared:
        path = shared.broadcast_from_rank0(
            str(RunFolder.create(args.out, checked.recipe.name).path) if shared.is_rank0 else None
        )
        folder = RunFolder(Path(path))
        try:
            with open_session(folder, shared) as session:
                result = run_recipe(checked, session, usual_observers(session.display))
                if result is None:  # rank 0 says the rest
                    return 0
                expected = compare_with_expectations(checked.recipe.evaluation.expect, result.monitored.metrics)
                show_result(result, expected, folder, session.display)
                if args.check:
                    reject_unmet(expected, folder.path)
                if args.overfit is not None:
                    session.display.say(verdict(result.last[0]))
        except (InterruptedRunError, LostProcessError, WriteError):  # the run can be resumed
            raise
        except FsimError:
            if shared.is_rank0:
                folder.discard_if_unused()
            raise
    return 0
