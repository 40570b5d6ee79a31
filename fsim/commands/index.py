"""fsim index ACTION: the indexes that find near embeddings."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Any

# action -> what it does; the module fsim.commands.index_actions.<action> is like that of a command
ACTIONS = {"tune": "find the parameters of an index that reach a wanted recall at the least query time"}


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
    return import_module(f"fsim.commands.index_actions.{name.replace('-', '_')}")
