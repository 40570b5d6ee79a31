"""A component that is made of another: `{name: index, index: {name: hnswlib, ef: 64}}`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fsim.errors import FsimError
from fsim.interfaces import Direction, Index, RetrievalTask
from fsim.plugin.build import build
from fsim.plugin.registry import register, unregister
from fsim.recipe.document import yaml_text
from fsim.recipe.mistake import RecipeError
from fsim.recipe.validate import check_recipe

RECIPE = """\
name: nested
data: {dataset: {name: garments}}
model:
  backbone: {name: resnet18}
  head: {name: siam}
sampler: {name: balanced_pairs, batch_size: 8}
losses: [{name: contrastive}]
evaluation:
  monitor: EVALUATED/recall@1
  evaluators:
    - EVALUATOR
"""
INDEX = "{name: index, index: {name: annoy, trees: 7}}"


def recipe(folder: Path, evaluator: str = INDEX, evaluated: str = "annoy") -> Path:
    file = folder / "r.yaml"
    file.write_text(RECIPE.replace("EVALUATOR", evaluator).replace("EVALUATED", evaluated), encoding="utf-8")
    return file


def test_it_is_validated_and_built_with_its_own_parameters(tmp_path: Path) -> None:
    (part,) = check_recipe(recipe(tmp_path)).each("evaluation.evaluators")
    evaluator = part.build(seed=3)
    assert (evaluator.index.trees, evaluator.index.seed, evaluator.index.threads) == (7, 3, 1)
    assert part.result_name == "annoy"
    assert part.value("index").value("trees") == 7


def test_the_resolved_recipe_has_its_defaults_and_resolves_to_itself(tmp_path: Path) -> None:
    resolved = check_recipe(recipe(tmp_path)).resolved()
    assert resolved["evaluation"]["evaluators"] == [
        {"name": "index", "index": {"name": "annoy", "trees": 7, "search_k": None}, "k": [1, 5, 10]}
    ]
    file = tmp_path / "again.yaml"
    file.write_text(yaml_text(resolved), encoding="utf-8")
    assert check_recipe(file).resolved() == resolved


def test_the_command_line_reaches_it(tmp_path: Path) -> None:
    checked = check_recipe(recipe(tmp_path), ["evaluation.evaluators.0.index.trees=9"])
    assert checked.each("evaluation.evaluators")[0].value("index").value("trees") == 9
    with pytest.raises(RecipeError, match=r"evaluators\.0\.index\.tree: is not a parameter of index 'annoy' \(did you"):
        check_recipe(recipe(tmp_path), ["evaluation.evaluators.0.index.tree=9"])


@pytest.mark.parametrize(
    ("evaluator", "at", "words"),
    [
        ("{name: index, index: {name: annoi}}", "name: annoi", "there is no index 'annoi' (did you mean 'annoy'?)"),
        ("{name: index, index: {name: annoy, trees: 0}}", "trees", "index.trees: must be greater than or equal to 1"),
        ("{name: index, index: {name: annoy, seed: 3}}", "seed", "index.seed: is known only at run time"),
        (
            "{name: index, index: annoy}",
            "index: annoy",
            "must be a mapping of keys to values, such as {name: ...}, not",
        ),
        ("{name: index}", "{", "index: is required by evaluator 'index'"),
        ("{name: index, index: {trees: 3}}", "index: {", "index.name: is required"),
        ("{name: index, indx: {name: annoy}}", "indx", "is not a parameter of evaluator 'index' (did you mean 'ind"),
        ("{name: index, index: {name: annoy}, k: [0]}", "0", "k.0: must be greater than or equal to 1"),
        ("{name: annoy, index: {name: annoy}}", "index", "index: is not a parameter of evaluator 'annoy'"),
    ],
)
def test_each_mistake_has_its_place_and_its_words(tmp_path: Path, evaluator: str, at: str, words: str) -> None:
    file = recipe(tmp_path, evaluator)
    with pytest.raises(RecipeError) as raised:
        check_recipe(file)
    place = f"{file}:11:{7 + evaluator.index(at)}: "
    assert any(place in line and words in line for line in str(raised.value).splitlines()), raised.value


def test_two_of_one_index_would_have_the_same_metrics(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="evaluator 'annoy' is there already"):
        check_recipe(recipe(tmp_path), [f"evaluation.evaluators=[{INDEX}, {{name: annoy}}]"])


@pytest.mark.parametrize(
    ("evaluator", "line"),
    [
        ("{name: hnswlib}", "{name: index, index: {name: hnswlib}}"),
        ("{name: usearch, expansion: 9}", "{name: index, index: {name: usearch, expansion: 9}}"),
        ("{name: faiss, k: [2], type: flat}", "{name: index, index: {name: faiss, type: flat}, k: [2]}"),
    ],
)
def test_an_index_that_is_written_as_an_evaluator_gets_the_line_to_write(
    tmp_path: Path, evaluator: str, line: str
) -> None:
    with pytest.raises(RecipeError) as raised:
        check_recipe(recipe(tmp_path, evaluator))
    assert line in str(raised.value)
    assert raised.value.exit_code == 2


class Depth:
    """An evaluator of a stranger, of an index or of none."""

    directions: Mapping[str, Direction] = {"depth": "max"}

    def __init__(self, index: Index | None = None) -> None:
        self.index = index

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        return {"depth": 0.0}


@pytest.fixture
def depth() -> Iterator[None]:
    register("evaluator", "depth")(Depth)
    yield
    unregister("evaluator", "depth")


@pytest.mark.usefixtures("depth")
@pytest.mark.parametrize(
    ("evaluator", "name"),
    [
        ("{name: depth}", "depth"),
        ("{name: depth, index: null}", "depth"),
        ("{name: depth, index: {name: exact}}", "exact"),
    ],
)
def test_a_part_may_be_optional(tmp_path: Path, evaluator: str, name: str) -> None:
    checked = check_recipe(recipe(tmp_path, evaluator), [f"evaluation.monitor={name}/depth"])
    (part,) = checked.each("evaluation.evaluators")
    assert part.result_name == name
    assert (part.build(seed=0).index is None) == (name == "depth")
    assert checked.resolved()["evaluation"]["evaluators"][0]["index"] == (
        None if name == "depth" else {"name": "exact"}
    )


def test_a_part_is_built_without_a_recipe_too() -> None:
    evaluator: Any = build("evaluator", "index", {"index": {"name": "annoy", "trees": 3}, "k": (1,)}, seed=1)
    assert (evaluator.index.trees, evaluator.index.seed, evaluator.k) == (3, 1, (1,))
    with pytest.raises(FsimError, match="index annoy refuses its parameters"):
        build("evaluator", "index", {"index": {"name": "annoy", "trees": 0}})


def test_the_json_schema_and_describe_say_what_stands_there(capsys: pytest.CaptureFixture[str]) -> None:
    from argparse import Namespace

    from fsim.commands import describe
    from fsim.commands.schema import recipe_schema

    definitions = recipe_schema()["$defs"]
    names = {option["properties"]["name"]["const"]: option for option in definitions["component_evaluator"]["oneOf"]}
    assert names["index"]["properties"]["index"] == {"$ref": "#/$defs/component_index"}
    assert names["index"]["required"] == ["name", "index"]
    assert "annoy" in {option["properties"]["name"]["const"] for option in definitions["component_index"]["oneOf"]}
    describe.execute(Namespace(kind="evaluator", name="index"))
    assert "index: {name: ..., parameter: value, ...}, kind index (required)" in capsys.readouterr().out
