"""An evaluation, whole, of embeddings that are given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from fsim.catalog.encoded_catalog import EncodedCatalog, encode
from fsim.errors import FsimError
from fsim.evaluation.evaluation import Evaluation
from fsim.evaluation.result_tables import write_per_query
from fsim.interfaces import Catalog, IntArray
from fsim.model.network import Network, build_network
from fsim.recipe.validate import check_recipe
from fsim.store.per_query import per_query_file, read_per_query

POINTS = torch.tensor([[0.0], [0.1], [5.0], [9.0], [9.1], [2.0]])
ITEMS = ["coat 1", "coat 1", "coat 2", "hat 1", "", "hat 2"]  # each image's nearest is another view of it, or a hat


def given(network: Network, rows: IntArray, names: Sequence[str]) -> dict[str, Tensor]:
    return {"embedding": POINTS[rows]}


def catalog(items: list[str]) -> EncodedCatalog:
    columns = {"image": [f"{row}.jpg" for row in range(6)], "split": ["val"] * 6, "item": items}
    columns["category"] = ["coat"] * 3 + ["hat"] * 3
    return encode(Catalog.of(columns, root=Path()), np.ones(6, dtype=bool))


def test_a_protocol_with_junk_beside_the_same_without(small_recipe: Path, tmp_path: Path) -> None:
    evaluators = "evaluation.evaluators=[{name: exact, k: [1]}, {name: annoy, k: [1]}]"
    protocols = "evaluation.protocols=[{query: val}, {query: val, junk: item}]"
    checked = check_recipe(small_recipe, [evaluators, protocols])
    raw, fair = Evaluation(checked, catalog(ITEMS), given)(build_network(checked, 2), epoch=1, at_end=True)
    assert (raw.line.split, fair.line.split) == ("val", "val without junk")
    assert "junk" not in raw.line.protocol.content, "older fingerprints stay"
    assert fair.line.protocol.content == {**raw.line.protocol.content, "junk": "item"}
    assert fair.line.fingerprint != raw.line.fingerprint
    # The nearest of 0.0, 0.1, 5.0, 9.0, 9.1 and 2.0, and the same without other views of the first two.
    assert raw.per_query["exact/recall@1"].tolist() == [1, 1, 0, 1, 1, 0]
    assert fair.per_query["exact/recall@1"].tolist() == [0, 0, 0, 1, 1, 0]
    for one in (raw, fair):
        assert torch.equal(one.per_query["annoy/recall@1"], one.per_query["exact/recall@1"])
    write_per_query(tmp_path / "kept", catalog(ITEMS), [raw, fair])
    for one in (raw, fair):
        table = read_per_query(per_query_file(tmp_path / "kept", one.protocol.split))
        assert table["image"].tolist() == one.task.query.names
        assert table["item"].tolist() == ITEMS and table["category"].tolist() == ["coat"] * 3 + ["hat"] * 3
        for name, values in one.per_query.items():
            assert table[name].tolist() == values.tolist()


def test_junk_that_leaves_out_nothing_or_all_is_told(small_recipe: Path) -> None:
    checked = check_recipe(small_recipe, ["evaluation.protocols=[{query: val, junk: item}]"])
    with pytest.raises(FsimError, match=r"no image of 'val' has an item.*leave `junk: item` out"):
        Evaluation(checked, catalog([""] * 6), given)
    with pytest.raises(FsimError, match="`junk: item` leaves nothing relevant"):
        Evaluation(checked, catalog(["coat 1"] * 3 + ["hat 1"] * 3), given)


def test_two_protocols_of_one_name_are_told(small_recipe: Path) -> None:
    for second in ("{query: val, gallery: val}", "{query: val, at_end: true}"):
        checked = check_recipe(small_recipe, [f"evaluation.protocols=[{{query: val}}, {second}]"])
        with pytest.raises(FsimError, match="has 'val' twice"):
            Evaluation(checked, catalog([""] * 6), given)


def test_an_index_is_measured_by_its_name_as_its_own_evaluator_measures_it(small_recipe: Path) -> None:
    lines = []
    for evaluator in ("{name: annoy, k: [1, 2], trees: 3}", "{name: index, index: {name: annoy, trees: 3}, k: [1, 2]}"):
        checked = check_recipe(small_recipe, [f"evaluation.evaluators=[{{name: exact}}, {evaluator}]"])
        (result,) = Evaluation(checked, catalog(ITEMS), given)(build_network(checked, 2), epoch=1, at_end=True)
        lines.append(result.line)
    assert lines[0].metrics == lines[1].metrics
    assert lines[0].timings.keys() == lines[1].timings.keys() >= {"annoy/build_seconds"}
    own, by_index = (line.protocol.content["evaluators"]["annoy"] for line in lines)
    assert own == {"k": [1, 2], "trees": 3, "search_k": None}
    assert by_index == {"index": {"name": "annoy", "trees": 3, "search_k": None}, "k": [1, 2]}
