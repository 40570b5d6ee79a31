"""The recipe of the best trial, as a person would write it."""

from __future__ import annotations

from pathlib import Path

from fsim.kit.files import write_text
from fsim.recipe.document import yaml_text
from fsim.tuning.outcome import Outcome, Tried, shown_value
from fsim.tuning.searched_recipe import SearchedRecipe


def write_best(file: Path, recipe: SearchedRecipe, found: Outcome, best: Tried) -> None:
    """Write it, ready to run: what the recipe says, with the values of the trial, and without what it searched and what
    it expected of its own values. Its head says what it is and what it gave.

    Raises:
        WriteError: it cannot be written.
    """
    value = recipe.with_values(best.values).value
    if isinstance(value.get("evaluation"), dict):
        value["evaluation"].pop("expect", None)
    head = [
        f"The best of {found.finished} trials of {recipe.checked.recipe.name} ({file.parent}):",
        f"{found.verdict}.",
        *(f"  {path}: {shown_value(one)}" for path, one in best.values.items()),
        "",
        f"  fsim run {file}",
    ]
    write_text(file, "".join(f"# {line}".rstrip() + "\n" for line in head) + yaml_text(value, short=True))
