"""The evaluators of a recipe, and what is better by their metrics."""

from __future__ import annotations

from collections.abc import Mapping

from fsim.interfaces import Direction, Evaluator
from fsim.recipe.checked_recipe import CheckedRecipe


def build_evaluators(checked: CheckedRecipe) -> dict[str, Evaluator]:
    """Build the evaluators by the name that their metrics begin with, in the recipe's order.

    Raises:
        FsimError: one refuses its parameters, or does not fit its interface.
    """
    seed = checked.recipe.seed
    return {part.result_name: part.build(seed=seed) for part in checked.each("evaluation.evaluators")}


def directions_of(evaluators: Mapping[str, Evaluator]) -> dict[str, Direction]:
    """Return {`<evaluator>/<metric>`: whether more or less of it is better}."""
    return {
        f"{name}/{metric}": direction
        for name, evaluator in evaluators.items()
        for metric, direction in evaluator.directions.items()
    }
