"""fsim run RECIPE [key=value ...]"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", type=Path, help="the YAML file")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="change the recipe: train.epochs=2")
    parser.add_argument("--out", type=Path, default=Path("runs"), help="where run folders are made (default: runs)")
    parser.add_argument(
        "--overfit",
        type=int,
        metavar="N",
        help="train on N fixed images without augmentation and evaluate on the same: can the model learn at all?",
    )


def execute(args: argparse.Namespace) -> int:
    from fsim.validate import check_recipe

    checked = check_recipe(args.recipe, args.overrides)

    from fsim.display import Display
    from fsim.errors import FsimError
    from fsim.overfit import overfit_recipe, verdict
    from fsim.run import InterruptedRunError
    from fsim.run import execute as execute_run
    from fsim.run_folder import RunFolder
    from fsim.summary import summarise

    if args.overfit is not None:
        checked = overfit_recipe(checked, args.overfit)
    display = Display()
    folder = RunFolder.create(args.out, checked.recipe.name)
    display.log_to(folder.log)
    try:
        result = execute_run(checked, folder, display)
    except InterruptedRunError:
        raise
    except FsimError:
        folder.discard_if_unused()
        raise
    summarise(result, folder, display)
    monitor = checked.recipe.evaluation.monitor
    if args.overfit is not None and monitor is not None:
        display.say(verdict(args.overfit, monitor, result.last[0]["metrics"][monitor]))
    return 0
