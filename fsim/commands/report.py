"""fsim report RUN"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, help="the run folder: runs/<name>/<time>")
    parser.add_argument(
        "overrides",
        nargs="*",
        default=[],
        metavar="key=value",
        help="where the data is now: data.dataset.root=DIR",
    )
    parser.add_argument(
        "--checkpoint",
        choices=("last", "best"),
        help="the network to report on (default: the last, or the best if the run did not reach its end)",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write it (default: RUN/report.html)")


def execute(args: argparse.Namespace) -> int:
    from fsim.pages.page import reject_page_file
    from fsim.recipe.recipe_file import reject_other_keys
    from fsim.recipe.validate import check_recipe
    from fsim.report.evaluated_run import reopen_evaluated_run
    from fsim.report.page import report_page
    from fsim.runtime.display import Display
    from fsim.store.run_folder import RunFolder

    folder = RunFolder.open(args.run)
    reject_other_keys(args.overrides, ["data.dataset"], "a report shows what the run measured")
    file = args.out or folder.report
    reject_page_file(file)
    checked = check_recipe(folder.recipe, args.overrides)
    with Display() as display:
        report_page(reopen_evaluated_run(checked, folder, args.checkpoint, display)).write(file)
        display.say(f"report: {file}")
    return 0
