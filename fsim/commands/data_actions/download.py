"""fsim data download DATASET"""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from fsim.errors import FsimError


class InterruptedDownloadError(FsimError):
    """Ctrl-C; what was fetched is kept."""

    exit_code = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from fsim.download.deepfashion_files import BENCHMARKS

    datasets = parser.add_subparsers(dest="dataset", metavar="DATASET", required=True)
    clothing = datasets.add_parser("clothing", help="3,781 photographs, 10 categories, CC0")
    clothing.add_argument("--url", help="another place that has the same zip file")
    deepfashion = datasets.add_parser(
        "deepfashion",
        help="three benchmarks of attributes and retrieval, for non-commercial research",
        description="Look what of a benchmark is there, fetch what is missing and known, verify and unpack it, and say "
        "which files you must put where. Run it again after each step.",
    )
    deepfashion.add_argument("--benchmark", choices=list(BENCHMARKS), required=True, help="which one")
    deepfashion.add_argument("--accept-terms", action="store_true", help="you accept the terms that are shown")
    deepfashion.add_argument(
        "--url", help="a mirror that you have, to fetch from in place of Google Drive: URL/Img/img.zip, URL/Anno/..."
    )
    for dataset in (clothing, deepfashion):
        dataset.add_argument("--to", type=Path, default=Path("data"), help="the folder to put it in (default: data)")


def execute(args: argparse.Namespace) -> int:
    try:
        return _clothing(args) if args.dataset == "clothing" else _deepfashion(args)
    except KeyboardInterrupt as error:
        raise InterruptedDownloadError(
            "interrupted; what was fetched is kept, run the same command again to go on"
        ) from error


def _clothing(args: argparse.Namespace) -> int:
    from fsim.download.clothing import download_clothing
    from fsim.runtime.display import Display

    with Display() as display:
        folder = download_clothing(args.to, args.url, lambda done, total: display.bar("download", done, total))
        display.say(f"the photographs are in {folder}")
    return 0


def _deepfashion(args: argparse.Namespace) -> int:
    from fsim.download.deepfashion import download_deepfashion
    from fsim.download.deepfashion_terms import ask_consent
    from fsim.runtime.display import Display

    with Display() as display:
        ask_consent(args.accept_terms, display.say)
        folder = download_deepfashion(args.benchmark, args.to.expanduser(), args.url, display)
        display.say(f"DeepFashion is whole in {folder}; now:")
        root = shlex.quote(f"data.dataset.root={folder}")
        display.say(f"  fsim run recipes/deepfashion/{args.benchmark}.yaml {root}")
    return 0
