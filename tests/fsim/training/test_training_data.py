"""mean: auto and std: auto become those of the training images, and nothing else of the recipe changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fsim.errors import FsimError
from fsim.images.decode import read_image
from fsim.images.normalise import Normalise
from fsim.images.preparation import Preparation
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.mistake import RecipeError
from fsim.recipe.validate import check_recipe
from fsim.runtime.display import Display
from fsim.training.training_data import measure_channels, prepare_data


def measured(recipe: Path, *overrides: str) -> tuple[CheckedRecipe, CheckedRecipe]:
    """The recipe before and after."""
    checked = check_recipe(recipe, overrides)
    with Display() as display:
        catalog, images = prepare_data(checked, display)
        return checked, measure_channels(checked, images, catalog.rows("train"), display)


def of_training_pictures(root: Path, size: int = 32) -> tuple[np.ndarray, np.ndarray]:
    decoded = [Preparation(size).apply(read_image(file)) for file in sorted((root / "train").rglob("*.jpg"))]
    pixels = np.stack(decoded).reshape(-1, 3) / 255
    return pixels.mean(axis=0), pixels.std(axis=0)


def test_both(small_recipe: Path, pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = measured(small_recipe, "data.mean=auto", "data.std=auto")
    mean, std = of_training_pictures(pictures)
    np.testing.assert_allclose(after.recipe.data.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(after.recipe.data.std, std, rtol=1e-12)
    said = ", ".join(f"{value:.4f}" for value in mean)
    assert f"of the 24 training images: mean {said}; std" in capsys.readouterr().out
    written = after.resolved()
    assert written["data"].pop("mean") == after.recipe.data.mean and len(written["data"].pop("std")) == 3
    was = before.resolved()
    assert was["data"].pop("mean") == was["data"].pop("std") == "auto"
    assert written == was


def test_one_of_the_two(small_recipe: Path, pictures: Path) -> None:
    _, after = measured(small_recipe, "data.std=auto", "data.mean=[0.1, 0.2, 0.3]")
    assert after.recipe.data.mean == [0.1, 0.2, 0.3]
    np.testing.assert_allclose(after.recipe.data.std, of_training_pictures(pictures)[1], rtol=1e-12)


def test_only_the_images_that_are_trained_on(small_recipe: Path) -> None:
    """With data.overfit they are a few; a damaged one is none."""
    _, whole = measured(small_recipe, "data.mean=auto")
    _, few = measured(small_recipe, "data.mean=auto", "data.overfit=4")
    assert whole.recipe.data.mean != few.recipe.data.mean


def test_a_damaged_image_counts_nowhere(small_recipe: Path, tmp_path: Path) -> None:
    root = tmp_path / "damaged"
    for number, colour in enumerate(((0, 100, 200), (200, 100, 0), (100, 0, 100), (0, 200, 100))):
        folder = root / "train" / f"category{number // 2}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (32, 32), colour).save(folder / f"{number}.png")
    (root / "train" / "category0" / "torn.png").write_bytes(b"torn")
    recipe = [f"data.dataset.root={root}", "data.max_damaged=1", "evaluation.protocols=[{query: train}]"]
    _, after = measured(small_recipe, *recipe, "data.mean=auto")
    np.testing.assert_allclose(after.recipe.data.mean, np.array([300, 400, 400]) / 4 / 255, rtol=1e-12)


def test_pixels_that_are_all_equal_have_no_std(small_recipe: Path, tmp_path: Path) -> None:
    for category in ("one", "other"):
        folder = tmp_path / "flat" / "train" / category
        folder.mkdir(parents=True)
        for number in range(2):
            Image.new("RGB", (32, 32), (10 + number, 20, 30 + number)).save(folder / f"{number}.png")
    with pytest.raises(FsimError, match="the same green"):
        measured(small_recipe, f"data.dataset.root={tmp_path / 'flat'}", "data.std=auto")


@pytest.mark.parametrize(
    ("override", "key", "message"),
    [
        ("data.mean=atuo", "data.mean", r"three numbers .* or the word auto, not \"atuo\""),
        ("data.std=0.5", "data.std", "or the word auto, not 0.5"),
        ("data.std=[0.5, 0.5]", "data.std", "at least 3 items"),
        ("data.std=[0.5, 0, 0.5]", "data.std.1", "greater than 0"),
    ],
)
def test_mistakes_are_told_once_and_where(small_recipe: Path, override: str, key: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message) as caught:
        check_recipe(small_recipe, [override])
    (mistake,) = caught.value.mistakes
    assert ".".join(map(str, mistake.key)) == key


def test_auto_itself_normalises_nothing() -> None:
    with pytest.raises(FsimError, match=r"take the recipe\.yaml of a run"):
        Normalise("auto", [0.5, 0.5, 0.5])
