from __future__ import annotations

from pathlib import Path

import pytest

from fsim.errors import FsimError
from fsim.recipe.mistake import RecipeError
from fsim.recipe.recipe_file import read_document


def test_extends_merges_mappings_and_replaces_lists_and_other_components(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(
        "name: base\nmodel:\n  head: {name: siam, embedding_dim: 8}\n  backbone: {name: r}\nlosses: [1, 2]\n"
    )
    top = tmp_path / "top.yaml"
    top.write_text("extends: base.yaml\nname: top\nmodel:\n  head: {name: cat}\n  backbone: {depth: 3}\nlosses: [3]\n")
    document = read_document(top)
    assert document.value == {
        "name": "top",
        "model": {"head": {"name": "cat"}, "backbone": {"name": "r", "depth": 3}},
        "losses": [3],
    }
    assert document.where(("model", "backbone", "name")).endswith("base.yaml:4:14")
    assert document.where(("model", "backbone", "depth")).endswith("top.yaml:5:14")


def test_extends_in_a_circle_and_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("extends: b.yaml\n")
    (tmp_path / "b.yaml").write_text("extends: a.yaml\n")
    with pytest.raises(RecipeError, match="leads back"):
        read_document(tmp_path / "a.yaml")
    (tmp_path / "c.yaml").write_text("extends: nowhere.yaml\n")
    assert "no file" in read_document(tmp_path / "c.yaml").mistakes[0].message


def test_a_missing_recipe_is_told(tmp_path: Path) -> None:
    with pytest.raises(FsimError, match="cannot read the recipe"):
        read_document(tmp_path / "none.yaml")
    with pytest.raises(FsimError, match="cannot read the recipe"):
        read_document(tmp_path)
