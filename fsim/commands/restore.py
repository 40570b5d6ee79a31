"""fsim restore URL"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", help="the backup of the run, with its name and time: s3://bucket/runs/<name>/<time>")
    parser.add_argument(
        "overrides",
        nargs="*",
        default=[],
        metavar="key=value",
        help="for --verify: where the data is on this machine: data.dataset.root=DIR",
    )
    parser.add_argument("--out", type=Path, default=Path("runs"), help="where run folders are (default: runs)")
    parser.add_argument(
        "--verify",
        action="store_true",
        help="evaluate the last network again, and compare the results with the recorded ones",
    )


def execute(args: argparse.Namespace) -> int:
    from fsim.backup.place import BackupPlace
    from fsim.backup.restoring import restore, verify
    from fsim.recipe.recipe_file import reject_other_keys
    from fsim.runtime.display import Display

    reject_other_keys(args.overrides, ["data.dataset"], "what was recorded is measured again")
    with Display() as display:
        folder = restore(BackupPlace(args.url), args.out)
        display.say(f"restored, and every file equals its backup: {folder.path}")
        if args.verify:
            verify(folder, args.overrides, display)
    return 0
