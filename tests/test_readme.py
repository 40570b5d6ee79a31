"""The README names what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RECIPES = sorted((ROOT / "recipes" / "deepfashion").glob("*.yaml"))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda file: file.stem)
def test_every_recipe_of_deepfashion_is_in_the_table(recipe: Path) -> None:
    assert f"`{recipe.name}`" in (ROOT / "README.md").read_text(encoding="utf-8")
