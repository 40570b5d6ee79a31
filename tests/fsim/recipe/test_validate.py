from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsim.errors import FsimError
from fsim.recipe.document import Document
from fsim.recipe.mistake import RecipeError
from fsim.recipe.validate import check_document, check_recipe

DESIGN = """
name: siam_cat
seed: 7
data:
  dataset: {name: garments}            # built in, drawn on first use, no download
  image_size: 96
  augmentation: {name: standard}
model:
  backbone: {name: resnet18}
  head: {name: siam_cat, embedding_dim: 256}
sampler: {name: balanced_pairs, batch_size: 64, positive_fraction: 0.5}
losses:
  - {name: contrastive, margin: 1.0}
  - {name: cross_entropy, weight: 1.0}
train:
  epochs: 5
  optimizer: {name: adamw, lr: 1e-3}
  scheduler: {name: cosine}
evaluation:
  relevant: category                   # or: item
  monitor: exact/recall@1
  evaluators:
    - {name: exact, k: [1, 5, 10]}
    - {name: annoy, k: [1, 5, 10], trees: 50}
    - {name: cluster_distance}
"""

TEN_MISTAKES = """\
name: wrong
seeds: 7
data:
  dataset: {name: garmets}
  image_size: big
model:
  backbone: {name: resnet18, weigths: null}
  head: {name: siam, embedding_dim: 0}
sampler: {name: shuffled, batch_size: 64, seed: 3}
losses:
  - {name: contrastive, margin: -1}
  - {name: cross_entropy}
train:
  epochs: 5
  epochs: 6
  optimizer: {name: adamw, lr: fast}
evaluation:
  monitor: exact/recall@7
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "r.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_recipe_of_the_design_is_valid_and_resolves(tmp_path: Path) -> None:
    checked = check_recipe(write(tmp_path, DESIGN))
    resolved = checked.resolved()
    assert resolved["train"]["optimizer"]["lr"] == 0.001
    assert resolved["train"]["optimizer"]["betas"] == [0.9, 0.999]  # a default of torch, written out
    assert resolved["losses"][1] == {"name": "cross_entropy", "weight": 1.0, "memory": None, "label_smoothing": 0.0}


def test_a_resolved_recipe_is_valid_and_resolves_to_itself(tmp_path: Path) -> None:
    resolved = check_recipe(write(tmp_path, DESIGN)).resolved()
    again = check_recipe(write(tmp_path, yaml.safe_dump(resolved)))
    assert again.resolved() == resolved


def test_all_mistakes_are_told_at_once_each_with_its_place(tmp_path: Path) -> None:
    file = write(tmp_path, TEN_MISTAKES)
    with pytest.raises(RecipeError) as raised:
        check_recipe(file)
    told = {mistake.where.removeprefix(str(file)): mistake.message for mistake in raised.value.mistakes}
    assert len(raised.value.mistakes) == len(told) == 12
    expected = {
        ":2:1": "did you mean 'seed'",
        ":4:13": "did you mean 'garments'",
        ":5:3": "valid integer",
        ":7:30": "did you mean 'weights'",
        ":8:22": "greater than or equal to 2",
        ":9:43": "only at run time",
        ":11:25": "greater than or equal to 0",
        ":11:5": "needs pairs, which sampler 'shuffled' does not give",
        ":12:5": "needs logits, which head 'siam' does not give",
        ":15:3": "given twice",
        ":16:28": "valid number",
        ":18:3": "no evaluator measures 'exact/recall@7'",
    }
    for place, words in expected.items():
        assert words in told[place], (place, told)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": {"head": "siam"}}, "must be a mapping of keys to values, such as {name: ...}"),
        ({"model": None}, "must be a mapping"),
        ({"losses": []}, "at least 1 item"),
        ({"losses": {"name": "contrastive"}}, "must be a list"),
        ({"name": "../escape"}, "match pattern"),
        ({"seed": -1}, "greater than or equal to 0"),
        ({"sampler": {"batch_size": 4}}, "is required"),
        ({"sampler": {"name": "balanced_pairs"}}, "is required by sampler 'balanced_pairs'"),
        ({"losses": [{"name": "contrastive", "weight": -1}]}, "greater than or equal to 0"),
        (
            {"evaluation": {"evaluators": [{"name": "exact"}, {"name": "exact", "k": [3]}]}},
            "is there already",
        ),
        (
            {"evaluation": {"monitor": "annoy/build_seconds", "evaluators": [{"name": "annoy"}]}},
            "no evaluator measures",
        ),
        ({"train": {"optimizer": {"name": "adamw", "lr": -1.0}}}, "optimizer 'adamw' refuses its parameters: Invalid"),
        ({"train": {"optimizer": {"name": "adamw", "lr": math.nan}}}, "finite number"),
        ({"train": {"scheduler": {"name": "one_cycle", "max_lr": 0.1, "pct_start": 3.0}}}, "'one_cycle' refuses"),
        ({"losses": [{"name": "triplet", "mining": "semi_hard", "margin": None}]}, "margin"),
        ({"losses": [{"name": "pytorch_metric_learning", "loss": "CircelLoss"}]}, "did you mean 'CircleLoss'"),
        ({"losses": [{"name": "contrastive", "margin": math.inf}]}, "finite number"),
        ({"data": {"dataset": {"name": "csv", "file": "x.csv", "val_share": 0.6, "test_share": 0.6}}}, "lower them"),
        ({"evaluation": {"relevant": "colour"}}, "'category' or 'item'"),
        ({"evaluation": {"protocols": [{"query": "val", "junk": "category"}]}}, "'item'"),
        ({"train": {"optimizer": {"name": "adamw", "params": []}}}, "only at run time"),
        ({"data": {"dataset": {"name": "garments"}, "mean": [0.1, 0.2]}}, "at least 3 items"),
    ],
)
def test_each_mistake_has_its_words(change: dict[str, Any], words: str) -> None:
    recipe = yaml.safe_load(DESIGN.replace("1e-3", "1.0e-3")) | change
    with pytest.raises(RecipeError, match=words.replace("{", r"\{")):
        check_document(Document(recipe))


def test_junk_of_what_is_relevant_is_told_with_its_place(tmp_path: Path) -> None:
    protocols = "relevant: item\n  protocols: [{query: val}, {query: val, junk: item}]"
    file = write(tmp_path, DESIGN.replace("relevant: category", protocols))
    with pytest.raises(RecipeError, match="none would be left") as raised:
        check_recipe(file)
    assert [mistake.where for mistake in raised.value.mistakes] == [f"{file}:21:42"]
    check_recipe(file, ["evaluation.relevant=category"])


def test_only_what_is_needed_must_be_written() -> None:
    checked = check_document(
        Document(
            {
                "name": "least",
                "data": {"dataset": {"name": "garments"}},
                "model": {"backbone": {"name": "resnet18"}, "head": {"name": "cat"}},
                "sampler": {"name": "shuffled", "batch_size": 4},
                "losses": [{"name": "cross_entropy"}],
            }
        )
    )
    assert checked["data.augmentation"].name == "none"
    assert [part.name for part in checked.each("evaluation.evaluators")] == ["exact"]


BASE = yaml.safe_load(DESIGN.replace("1e-3", "1.0e-3"))
junk = (
    st.none()
    | st.booleans()
    | st.integers(-5, 200)
    | st.floats()
    | st.text(max_size=6)
    | st.builds(list)
    | st.builds(dict)
)
words = st.sampled_from(["name", "siam", "exact", "contrastive", "k", "item", "val", "weight", "batch_size", "extends"])


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for name, child in children for path in paths(child, (*at, name)))]


@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_thousand_mutated_recipes_are_valid_or_told(data: st.DataObject) -> None:
    recipe: Any = {"recipe": copy.deepcopy(BASE)}
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths(recipe)[1:]))
        parent = recipe
        for part in path[:-1]:
            parent = parent[part]
        action = data.draw(st.sampled_from(["replace", "delete", "add", "copy"]))
        if action == "replace":
            parent[path[-1]] = data.draw(junk | words)
        elif action == "delete" and path != ("recipe",):
            del parent[path[-1]]
        elif action == "copy":
            source: Any = recipe
            for part in data.draw(st.sampled_from(paths(recipe))):
                source = source[part]
            parent[path[-1]] = copy.deepcopy(source)
        elif isinstance(parent[path[-1]], dict):
            parent[path[-1]][data.draw(words | st.text(max_size=5))] = data.draw(junk | words)
    if not isinstance(recipe["recipe"], dict):
        recipe["recipe"] = {"recipe": recipe["recipe"]}
    try:
        check_document(Document(recipe["recipe"]))
    except FsimError as error:
        assert str(error)


@pytest.mark.parametrize(
    "recipe", sorted((Path(__file__).parents[3] / "recipes").rglob("*.yaml")), ids=lambda file: file.stem
)
def test_every_recipe_of_ours_is_valid(recipe: Path) -> None:
    check_recipe(recipe)


def test_the_schema_is_json_schema_of_all_components() -> None:
    from fsim.commands.schema import recipe_schema

    schema = json.loads(json.dumps(recipe_schema()))
    names = [option["properties"]["name"]["const"] for option in schema["$defs"]["component_head"]["oneOf"]]
    assert names == ["cat", "siam", "siam_cat", "siam_cat_attr", "siam_cat_cos"]
    assert schema["$defs"]["ModelSettings"]["properties"]["head"] == {"$ref": "#/$defs/component_head"}


@pytest.mark.parametrize(
    ("change", "head", "message"),
    [
        (
            "losses=[{name: attribute_bce}]",
            "siam_cat",
            "loss 'attribute_bce' needs attribute_logits, which head 'siam_cat'",
        ),
        (
            "evaluation.evaluators=[{name: attributes}]",
            "siam_cat_cos",
            "evaluator 'attributes' needs attribute_logits, which head 'siam_cat_cos' does not give",
        ),
        ("evaluation.evaluators=[{name: classification}]", "siam", "'classification' needs logits, which head 'siam'"),
    ],
)
def test_what_the_head_does_not_give_is_told(change: str, head: str, message: str, tmp_path: Path) -> None:
    head_and_loss = [f"model.head.name={head}", "losses=[{name: contrastive}]", "evaluation.monitor=null"]
    with pytest.raises(RecipeError) as caught:
        check_recipe(write(tmp_path, DESIGN), [*head_and_loss, change])
    (mistake,) = caught.value.mistakes
    assert message in mistake.message
    assert change.startswith(".".join(map(str, mistake.key[:-1])))


def test_a_head_that_gives_all_is_right(tmp_path: Path) -> None:
    losses = "losses=[{name: contrastive}, {name: cross_entropy}, {name: attribute_bce}]"
    evaluators = "evaluation.evaluators=[{name: exact, ndcg: [10]}, {name: attributes}, {name: classification}]"
    monitor = "evaluation.monitor=attributes/map"
    check_recipe(write(tmp_path, DESIGN), ["model.head.name=siam_cat_attr", losses, evaluators, monitor])


@pytest.mark.parametrize(
    ("dataset", "missing"),
    [
        ("{name: garments}", []),
        ("{name: csv, file: nope.csv}", ["file"]),
        ("{name: csv, file: r.yaml, root: nope}", ["root"]),
        ("{name: deepfashion_inshop, root: .}", []),
        ("{name: deepfashion_inshop, root: nope}", ["root"]),
    ],
)
def test_data_that_is_not_there_yet_is_no_mistake_and_is_known(
    dataset: str, missing: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    checked = check_recipe(write(tmp_path, DESIGN), [f"data.dataset={dataset}"])
    assert list(checked.missing_data()) == [f"data.dataset.{parameter}" for parameter in missing]
    assert all(path.parent == tmp_path for path in checked.missing_data().values())


def test_early_stopping_needs_a_metric_at_each_evaluation(tmp_path: Path) -> None:
    file, stopping = write(tmp_path, DESIGN), "train.early_stopping={patience: 3}"
    with pytest.raises(RecipeError, match="did you mean 'gallery'"):  # in a section of a list
        check_recipe(file, ["evaluation.protocols=[{query: val, galery: train}]"])
    assert check_recipe(file, [stopping]).recipe.train.early_stopping.min_delta == 0  # type: ignore[union-attr]
    for other, told in (
        ("evaluation.monitor=null", "set evaluation.monitor, or remove early_stopping"),
        ("evaluation.protocols=[{query: val, at_end: true}]", "add one without at_end, or remove early_stopping"),
        ("train.early_stopping.patience=0", "patience"),
        ("train.early_stopping.patiense=2", "did you mean 'patience'"),  # in a section that may be null
    ):
        with pytest.raises(RecipeError, match=rf"train.early_stopping.*{told}"):
            check_recipe(file, [stopping, other])
