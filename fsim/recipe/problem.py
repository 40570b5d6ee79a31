"""A mistake in a recipe: where it stands, what it concerns, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fsim.errors import FsimError

Key = tuple[str | int, ...]  # the path of a value: ("losses", 0, "margin")


@dataclass(frozen=True)
class Problem:
    """One mistake: where it stands, what it concerns, and what is wrong."""

    where: str  # file:line:column
    key: Key
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {dotted(self.key)}{': ' if self.key else ''}{self.message}"


class RecipeError(FsimError):
    """Everything that is wrong with a recipe, all at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        count = len(self.problems)
        super().__init__(
            "\n".join(["  " + str(problem) for problem in self.problems])
            + f"\n{count} mistake{'s' if count != 1 else ''}; nothing was run"
        )


def dotted(key: Key) -> str:
    """("losses", 0, "margin") -> losses.0.margin"""
    return ".".join(map(str, key))


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """As they stand in their files, each once."""
    return sorted(dict.fromkeys(problems), key=lambda problem: _order(problem.where))


def _order(where: str) -> tuple[str, int, int]:
    name, _, place = where.partition(":")
    numbers = [int(part) for part in where.rsplit(":", 2)[1:] if part.isdigit()] if place else []
    return (name, *numbers) if len(numbers) == 2 else (name, 0, 0)  # type: ignore[return-value]
