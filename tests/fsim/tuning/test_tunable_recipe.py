"""A recipe that searches is checked whole: what may be chosen must fit the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsim.recipe.mistake import RecipeError
from fsim.recipe.validate import check_recipe
from fsim.tuning.tunable_recipe import check_tunable_recipe


def with_search(recipe: Path, *entries: str) -> Path:
    with recipe.open("a", encoding="utf-8") as file:
        file.write("search:\n" + "".join(f"  {entry}\n" for entry in entries))
    return recipe


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("losses.0.margin: {low: -1.0, high: 2.0}", "17:21: search.losses.0.margin.low: must be greater than or equal"),
        ("losses.0.margn: {low: 1.0, high: 2.0}", "17:3: search.losses.0.margn: is not a parameter of loss"),
        ("losses.7.margin: {low: 1.0, high: 2.0}", "17:3: search.losses.7.margin: '7' is not a position in this list"),
        (
            "train.epoch: {low: 1, high: 2}",
            "17:3: search.train.epoch: is not a key of a recipe (did you mean 'epochs'?)",
        ),
        ("train.epochs: {low: 1, high: 2, setp: 1}", "17:35: search.train.epochs.setp: is not a key"),
        ("train.epochs: {low: 1}", "17:3: search.train.epochs: needs low and high"),
        ("train.epochs: {low: 1.5, high: 2.5}", "must be a valid integer, not 1.5"),
        ("sampler.batch_size: {choices: [8, 1]}", "17:37: search.sampler.batch_size.choices.1: must be greater than"),
        ("model.head.name: {choices: [siam_cat, siam]}", "choices.1: losses.1: loss 'cross_entropy' needs logits"),
        ("train.scheduler: {choices: [{name: cosin}]}", "train.scheduler.name: there is no scheduler 'cosin'"),
        ("evaluation.monitor: {choices: [exact/recall@1]}", "must be the same in all trials"),
        ("data.dataset.root: {choices: [a, b]}", "must be the same in all trials"),
        ("data.overfit: {choices: [null, 4]}", "must be the same in all trials"),
        ("seed: {low: 1, high: 2, when: {train.epochs: 1}}", "17:34: search.seed.when.train.epochs: is not searched"),
        ("seed: {low: 1, high: 2, when: {seed: 1}}", "has a range; a condition needs a path with choices"),
        ("seed: {choices: [1, 2], when: {seed: 1}}", "search.seed.when: leads back to itself"),
        ("seed: {choices: [1, 2], when: {seed: 3}}", "3 is not among the choices there"),
    ],
)
def test_mistakes_are_told_where_they_stand(small_recipe: Path, entry: str, message: str) -> None:
    with pytest.raises(RecipeError) as told:
        check_tunable_recipe(with_search(small_recipe, entry))
    assert message in str(told.value)
    assert all(mistake.where.startswith(f"{small_recipe}:17:") for mistake in told.value.mistakes)


def test_all_mistakes_are_told_at_once(small_recipe: Path) -> None:
    with_search(small_recipe, "losses.0.margin: {low: -1.0, high: 2.0}", "train.epochs: {low: 0, high: 2}")
    with pytest.raises(RecipeError) as told:
        check_tunable_recipe(small_recipe)
    assert [mistake.where.split(":")[1] for mistake in told.value.mistakes] == ["17", "18"]


def test_what_depends_on_a_choice_is_tried_with_it(small_recipe: Path) -> None:
    """`warmup` beyond 1 is wrong, and only the scheduler cosine has a `final`."""
    with_search(
        small_recipe,
        "train.scheduler.final: {low: 0.0, high: 7.0, when: {train.scheduler.name: cosine}}",
        "train.scheduler.name: {choices: [constant, cosine]}",
    )
    with pytest.raises(RecipeError) as told:
        check_tunable_recipe(small_recipe)
    (mistake,) = told.value.mistakes
    assert mistake.key == ("search", "train.scheduler.final", "high")


def test_a_run_takes_the_values_beside_the_search(small_recipe: Path) -> None:
    with_search(small_recipe, "model.head.embedding_dim: {choices: [8, 16]}", "losses.1.weight: {low: 0.0, high: 1.0}")
    checked = check_recipe(small_recipe, ["model.head.embedding_dim=4"])  # not among the choices: no matter for a run
    assert checked.resolved()["model"]["head"]["embedding_dim"] == 4
    assert "search" not in checked.resolved()


def test_a_trial_has_its_values_and_nothing_to_search(small_recipe: Path) -> None:
    with_search(
        small_recipe,
        "train.optimizer: {choices: [{name: sgd, lr: 0.1}, {name: adamw}]}",
        "losses.0.margin: {low: 0.5, high: 2.0}",
        "train.optimizer.lr: {low: 1e-3, high: 1e-1, when: {train.optimizer: {name: adamw}}}",
    )
    recipe = check_tunable_recipe(small_recipe)
    assert list(recipe.search_space) == ["train.optimizer", "losses.0.margin", "train.optimizer.lr"]
    chosen = {"train.optimizer.lr": 0.01, "train.optimizer": {"name": "adamw"}, "losses.0.margin": 0.5}
    value = recipe.with_values(chosen).value
    assert "search" not in value
    assert value["train"] == {"epochs": 2, "optimizer": {"name": "adamw", "lr": 0.01}}
    assert value["losses"] == [{"name": "contrastive", "margin": 0.5}, {"name": "cross_entropy"}]
    assert recipe.document.value["losses"][0]["margin"] == 1.0, "the recipe itself stays"


def test_own_values_are_as_written_or_the_default(small_recipe: Path) -> None:
    recipe = check_tunable_recipe(small_recipe, ["train.optimizer={name: sgd, lr: 0.5}"])
    assert recipe.own_value("losses.0.margin") == 1.0
    assert recipe.own_value("losses.1.weight") == 1.0
    assert recipe.own_value("train.optimizer") == {"name": "sgd", "lr": 0.5}
    assert recipe.own_value("train.clip_norm") is None
