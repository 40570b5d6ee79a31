"""What a backbone states of its pictures holds where the recipe says nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from fsim.errors import FsimError
from fsim.interfaces import BackbonePreparation
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.stated_preparation import stated_keys, statement, with_preparation
from fsim.recipe.validate import check_recipe
from fsim.store.run_folder import RunFolder

STATED = BackbonePreparation(48, "crop", 0.875, "bicubic", (0.5, 0.4, 0.3), (0.25, 0.25, 0.25))
KEYS = ["image_size", "resize", "crop_share", "interpolation", "mean", "std"]


class Backbone:
    preparation = STATED


class Asked:
    @property
    def preparation(self) -> BackbonePreparation:
        return BackbonePreparation(interpolation="bicubic")


def without_size(recipe: Path, *assignments: str) -> CheckedRecipe:
    value = yaml.safe_load(recipe.read_text())
    del value["data"]["image_size"]
    recipe.write_text(yaml.safe_dump(value))
    return check_recipe(recipe, assignments)


def prepared(checked: CheckedRecipe) -> dict[str, Any]:
    return {key: getattr(checked.recipe.data, key) for key in KEYS}


def test_key_by_key_the_recipe_holds_then_the_backbone_then_the_default(small_recipe: Path) -> None:
    checked = without_size(small_recipe, "data.mean=[0.1, 0.2, 0.3]", "data.resize=squash")
    found = with_preparation(checked, Backbone())
    expected = [48, "squash", 0.875, "bicubic", [0.1, 0.2, 0.3], [0.25, 0.25, 0.25]]
    assert list(prepared(found).values()) == expected
    assert found.from_backbone == {"image_size", "crop_share", "interpolation", "std"}
    assert stated_keys(found) == "image_size 48, crop_share 0.875, interpolation bicubic, std [0.25, 0.25, 0.25]"
    partly = with_preparation(checked, Asked())
    assert (partly.recipe.data.image_size, partly.recipe.data.interpolation) == (96, "bicubic")
    assert partly.from_backbone == {"interpolation"}
    nothing = with_preparation(checked, object())
    assert prepared(nothing) == prepared(checked) and not nothing.from_backbone and not stated_keys(nothing)


def test_an_explicit_null_holds_too(small_recipe: Path) -> None:
    found = with_preparation(check_recipe(small_recipe, ["data.crop_share=null"]), Backbone())
    assert found.recipe.data.crop_share is None and found.recipe.data.resize == "crop"


def test_until_the_backbone_is_asked_its_keys_are_left_open_and_then_they_are_written(small_recipe: Path) -> None:
    checked = without_size(small_recipe)
    assert not set(KEYS) & set(checked.resolved()["data"])
    resolved = with_preparation(checked, Backbone()).resolved()
    assert set(KEYS) <= set(resolved["data"])
    small_recipe.write_text(yaml.safe_dump(resolved))
    again = check_recipe(small_recipe)
    assert with_preparation(again, Asked()) is again, "what is written is asked of no backbone"
    assert again.resolved() == resolved


def test_recipe_yaml_marks_what_is_from_the_backbone(small_recipe: Path, tmp_path: Path) -> None:
    found = with_preparation(without_size(small_recipe, "data.std=[0.2, 0.2, 0.2]"), Backbone())
    folder = RunFolder.create(tmp_path / "runs", "small")
    folder.write_recipe(found.resolved(), found.from_backbone)
    lines = folder.recipe.read_text().splitlines()
    marked = {line.strip().partition(":")[0] for line in lines if line.endswith("  # from the backbone")}
    assert marked == {"image_size", "resize", "crop_share", "interpolation", "mean"}
    assert check_recipe(folder.recipe).resolved() == found.resolved()


def test_a_class_states_before_anything_is_built_and_a_property_does_not() -> None:
    assert statement(Backbone) is STATED
    assert statement(Asked) is None and statement(Asked()) is not None
    assert statement(object()) is None


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        (BackbonePreparation(size=4), r"backbone 'resnet18' states what no recipe may have: data\.image_size=4"),
        (BackbonePreparation(crop_share=1.5), r"data\.crop_share=1\.5"),
        (BackbonePreparation(interpolation="nearest"), "interpolation"),  # type: ignore[arg-type]
        (BackbonePreparation(mean=(0.5, 0.5)), "mean"),  # type: ignore[arg-type]
        (BackbonePreparation(std=(0.5, 0.0, 0.5)), "std"),
        ({"size": 48}, "must be an fsim.interfaces.BackbonePreparation"),
    ],
)
def test_what_no_recipe_may_say_is_rejected(small_recipe: Path, stated: object, words: str) -> None:
    backbone = Backbone()
    backbone.preparation = stated  # type: ignore[assignment]
    with pytest.raises(FsimError, match=words):
        with_preparation(without_size(small_recipe), backbone)
