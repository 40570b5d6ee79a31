"""fsim backup RUN URL"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, help="the run folder: runs/<name>/<time>")
    parser.add_argument("url", help="a folder, or s3://bucket/runs and the like; the run goes to <url>/<name>/<time>")
    parser.add_argument(
        "--part",
        action="append",
        metavar="NAME",
        help="copy only this folder of the run, such as checkpoints, and the files that are always copied; may be "
        "given several times (default: all)",
    )


def execute(args: argparse.Namespace) -> int:
    from fsim.backup.copying import back_up
    from fsim.backup.place import BackupPlace
    from fsim.errors import FsimError, nearest
    from fsim.recipe.schema import BACKUP_PARTS
    from fsim.runtime.display import Display
    from fsim.store.run_folder import RunFolder

    folder = RunFolder.open(args.run)
    for part in args.part or ():
        if part not in BACKUP_PARTS:
            raise FsimError(f"--part {part}: a run has no such folder{nearest(part, BACKUP_PARTS)}")
    url = f"{args.url.rstrip('/')}/{folder.name}"
    with Display() as display:
        copied = back_up(folder, BackupPlace(url), args.part or BACKUP_PARTS)
        display.say(f"{copied} files copied; the backup at {url} is up to date")
    return 0
