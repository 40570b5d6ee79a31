"""A mistake in a recipe: where it stands, what it concerns, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fsim.errors import FsimError

Key = tuple[str | int, ...]  # the path of a value: ("losses", 0, "margin")


@dataclass(frozen=True)
class Mistake:
    """One mistake in a recipe."""

    where: str  # file:line:column
    key: Key
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {dotted(self.key)}{': ' if self.key else ''}{self.message}"


class RecipeError(FsimError):
    """Everything that is wrong with a recipe, all at once."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = list(mistakes)
        count = len(self.mistakes)
        super().__init__(
            "\n".join(["  " + str(mistake) for mistake in self.mistakes])
            + f"\n{count} mistake{'s' if count != 1 else ''}; nothing was run"
        )


def dotted(key: Key) -> str:
    """Join a path by dots: ("losses", 0, "margin") -> losses.0.margin"""
    return ".".join(map(str, key))


def in_order(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """Sort mistakes as they stand in their files, and leave out repetitions."""
    return sorted(dict.fromkeys(mistakes), key=lambda mistake: _order(mistake.where))


def _order(where: str) -> tuple[str, int, int]:
    name, _, place = where.partition(":")
    numbers = [int(part) for part in where.rsplit(":", 2)[1:] if part.isdigit()] if place else []
    return (name, *numbers) if len(numbers) == 2 else (name, 0, 0)  # type: ignore[return-value]
