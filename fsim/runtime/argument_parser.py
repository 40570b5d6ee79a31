"""Parse a command's arguments; an unknown option is an error of that command, with the nearest option."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from fsim.errors import nearest


class Parser(argparse.ArgumentParser):
    """A parser, and so are its sub-commands', that knows options by their whole names alone.

    Words that argparse leaves over go to `left_over`, where the command has that: it does not find them behind an
    option. All others are mistakes.
    """

    left_over = "overrides"  # an argument that is a list

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **settings})

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        found, rest = super().parse_known_args(args, namespace)
        wrong = next((word for word in rest if word.startswith("-")), None)
        if wrong is not None:
            options = [option for option in self._option_string_actions if option.startswith("--")]
            self.error(f"there is no option {wrong}{nearest(wrong.partition('=')[0], options)}")
        if rest and not hasattr(found, self.left_over):
            self.error(f"unrecognized arguments: {' '.join(rest)}")
        if rest:
            setattr(found, self.left_over, [*getattr(found, self.left_over), *rest])
        return found, []
