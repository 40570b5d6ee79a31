"""fsim index RUN: make an index of images that can be searched. fsim index tune: the parameters of indexes."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Any

# action -> what it does; the module fsim.commands.index_actions.<action> is like that of a command
ACTIONS_OR_RUN = True  # `add_arguments` is given what stands behind the command
ACTIONS = {"tune": "find the parameters of an index that reach a wanted recall in the least query time"}


def add_arguments(parser: argparse.ArgumentParser, words: list[str]) -> None:
    """`words` are those of the command line behind `index`: with an action among ACTIONS at their head it is that
    one, and else an index is made."""
    if words[:1] and words[0] in ACTIONS:
        actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
        for name, purpose in ACTIONS.items():
            _action(name).add_arguments(
                actions.add_parser(name, help=purpose, description=purpose[0].upper() + purpose[1:] + ".")
            )
        return
    parser.set_defaults(action="make")
    parser.epilog = "; ".join(f"fsim index {name}: {purpose}" for name, purpose in ACTIONS.items())
    _action("make").add_arguments(parser)


def execute(args: argparse.Namespace) -> int:
    code: int = _action(args.action).execute(args)
    return code


def _action(name: str) -> Any:
    return import_module(f"fsim.commands.index_actions.{name.replace('-', '_')}")
