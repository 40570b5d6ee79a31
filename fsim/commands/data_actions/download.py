"""fsim data download DATASET"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", choices=["clothing"], help="clothing: 3,781 photographs, 10 categories, CC0")
    parser.add_argument("--to", type=Path, default=Path("data"), help="the folder to put it in (default: data)")
    parser.add_argument("--url", help="another place that has the same zip file")


def execute(args: argparse.Namespace) -> int:
    from fsim.display import Display
    from fsim.download import download_clothing

    with Display() as display:
        folder = download_clothing(args.to, args.url, lambda done, total: display.bar("download", done, total))
        display.say(f"the photographs are in {folder}")
    return 0
