"""fsim data ACTION: get, make and look at data sets."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Any

# action -> what it does; the module fsim.commands.data_actions.<action> is like that of a command
ACTIONS = {
    "download": "fetch a public data set",
    "make-catalog": "write a metadata.csv of a folder of pictures, with splits, categories and items from their paths",
    "meta": "write the catalog of a data set as metadata.csv, and a balanced selection of it",
    "stats": "count what a catalog contains, and measure the mean and std of its pixels",
    "audit": "find damaged files, duplicates, label conflicts and leaks, and write a cleaned catalog",
    "attributes": "show which attributes are typical of a category",
    "garments": "write the generated pictures of the dataset `garments` to a folder",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, purpose in ACTIONS.items():
        _action(name).add_arguments(
            actions.add_parser(name, help=purpose, description=purpose[0].upper() + purpose[1:] + ".")
        )


def execute(args: argparse.Namespace) -> int:
    code: int = _action(args.action).execute(args)
    return code


def _action(name: str) -> Any:
    return import_module(f"fsim.commands.data_actions.{name.replace('-', '_')}")
