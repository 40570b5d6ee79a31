from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
from torch import Tensor

from fsim.errors import FsimError
from fsim.functional.labels.attribute_labels import AttributeLabels
from fsim.interfaces import Distance, Embedded, Evaluator, JunkLabel, Label, RetrievalTask
from fsim.testing.evaluator_contract import EvaluatorContract, embedded
from fsim_plugins.evaluators import exact as module
from fsim_plugins.evaluators.exact import Exact

K = (1, 3, 10)


class TestContract(EvaluatorContract):
    def make(self, seed: int) -> Evaluator:
        return Exact()


class TestContractWithoutMap(EvaluatorContract):
    def make(self, seed: int) -> Evaluator:
        return Exact((1, 2), map=False)


def images(points: object, labels: Sequence[int], name: str = "image") -> Embedded:
    return embedded(np.asarray(points, np.float32).reshape(len(labels), -1), [*labels], [*labels], name)


def task(query: Embedded, gallery: Embedded | None = None, distance: Distance = "euclidean") -> RetrievalTask:
    return RetrievalTask(query, query if gallery is None else gallery, "category", distance)


def ranked(one: RetrievalTask) -> list[list[int]]:
    """The gallery in order of (distance, index) for each query, without junk, and without itself in leave-one-out."""
    order = []
    for number, query in enumerate(one.query.embedding.double()):
        others = one.gallery.embedding.double()
        if one.distance == "euclidean":
            distance = (others - query).square().sum(1).tolist()
        else:
            lengths = others.norm(dim=1) * query.norm()
            distance = (-(others * query).sum(1) / lengths.masked_fill(lengths == 0, 1)).tolist()
        indices = sorted(range(len(others)), key=lambda index, distance=distance: (distance[index], index))
        junk = one.query.items[number] == one.gallery.items if one.junk and one.query.items[number] >= 0 else None
        order.append(
            [
                index
                for index in indices
                if not (one.leave_one_out and index == number) and (junk is None or not junk[index])
            ]
        )
    return order


def slow_metrics(one: RetrievalTask) -> dict[str, float]:
    """Every metric, by walking down the answers of each query."""
    of_label: dict[int, list[dict[str, float]]] = {}
    alone = 0
    for label, order in zip(one.query_labels.tolist(), ranked(one), strict=True):
        hits = [int(one.gallery_labels[index] == label != -1) for index in order]
        relevant = sum(hits)
        if not relevant:
            alone += 1
            continue
        precision = [sum(hits[: depth + 1]) / (depth + 1) * hits[depth] for depth in range(len(hits))]
        of_label.setdefault(label, []).append(
            {f"recall@{k}": float(any(hits[:k])) for k in K}
            | {f"precision@{k}": sum(hits[:k]) / k for k in K}
            | {
                "r_precision": sum(hits[:relevant]) / relevant,
                "map@r": sum(precision[:relevant]) / relevant,
                "map": sum(precision) / relevant,
                "mrr": 1 / (1 + hits.index(1)),
            }
        )
    queries = [query for some in of_label.values() for query in some]
    metrics = {"num_queries": float(len(queries)), "num_queries_without_relevant": float(alone)}
    for name in [f"{kind}@{k}" for k in K for kind in ("recall", "precision")] + [
        "r_precision",
        "map@r",
        "map",
        "mrr",
    ]:
        metrics[name] = float(np.mean([query[name] for query in queries])) if queries else math.nan
        means = [np.mean([query[name] for query in some]) for some in of_label.values()]
        metrics[f"macro_{name}"] = float(np.mean(means)) if queries else math.nan
    return metrics


def check(one: RetrievalTask) -> None:
    """Both ways to the ranks against the oracle."""
    expected = slow_metrics(one)
    assert Exact(K)(one) == pytest.approx(expected, abs=1e-6, nan_ok=True)
    without = {name: value for name, value in expected.items() if name.removeprefix("macro_") not in ("map", "mrr")}
    assert Exact(K, map=False)(one) == pytest.approx(without, abs=1e-6, nan_ok=True)


RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(60, 4))
LABELS = RNG.integers(0, 6, 60).tolist()
TASKS = {
    "random": (POINTS, LABELS),
    "tied": (RNG.integers(0, 3, (60, 2)), LABELS),
    "duplicated": (POINTS[np.arange(60) // 4], LABELS),
    "duplicates of one label": (POINTS[np.arange(60) // 4], [row // 4 for row in range(60)]),
    "all in one place": (np.ones((60, 4)), LABELS),
    "one label": (POINTS, [2] * 60),
    "lone queries": (POINTS, [0] * 20 + [1] * 20 + list(range(100, 120))),
    "only lone queries": (POINTS[:9], list(range(9))),
    "one image": (POINTS[:1], [0]),
    "zero vectors": (np.where(np.arange(60)[:, None] % 3, POINTS, 0), LABELS),
    "unknown labels": (POINTS, [-1] * 20 + LABELS[20:]),
}


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("distance", get_args(Distance))
@pytest.mark.parametrize("leave_one_out", [True, False])
def test_metrics_equal_walking_down_the_answers(name: str, distance: Distance, leave_one_out: bool) -> None:
    points, labels = TASKS[name]
    if distance == "cosine" and name == "tied":
        points = np.eye(3)[points[:, 0]]  # directions whose cosines float32 and float64 compute alike
    query = images(points, labels)
    check(task(query, None if leave_one_out else images(points[::-1][:40], labels[:40]), distance))


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("leave_one_out", [True, False])
def test_junk_is_as_if_the_gallery_lacked_it(name: str, leave_one_out: bool) -> None:
    points, labels = TASKS[name]
    items = [-1 if row % 7 == 0 else 100 * label + row % 3 for row, label in enumerate(labels)]
    query = embedded(np.asarray(points, np.float32), labels, items)
    gallery = embedded(np.asarray(points[::-1][:40], np.float32), labels[:40], items[:40])
    check(RetrievalTask(query, query if leave_one_out else gallery, "category", "euclidean", junk="item"))


def test_other_views_of_the_query_are_no_answers() -> None:
    points, categories, items = [[0.0], [0.1], [5.0], [1.0], [1.1]], [0, 0, 0, 1, 1], [0, 0, 1, 2, -1]
    query = embedded(np.array(points), categories, items)
    raw, fair = (
        Exact([1, 2])(RetrievalTask(query, query, "category", "euclidean", junk=junk)) for junk in (None, "item")
    )
    assert raw["recall@1"] == 4 / 5  # all but the one at 5, which is lone
    assert fair["recall@1"] == 2 / 5 and fair["num_queries"] == 5  # the two of unknown or lone item that are near
    assert fair["map"] == pytest.approx((1 / 3 + 1 / 3 + (1 / 3 + 2 / 4) / 2 + 1 + 1) / 5)


def nearest_by_sorting(query: Tensor, k: int, reference: Tensor, ref_includes_query: bool) -> tuple[Tensor, Tensor]:
    """Exact neighbours for pytorch-metric-learning, in the order that we promise."""
    everything = embedded(reference, [0] * len(reference), [0] * len(reference))
    asked = everything if ref_includes_query else embedded(query, [0] * len(query), [0] * len(query))
    index = torch.tensor(ranked(RetrievalTask(asked, everything, "category", "euclidean")))[:, :k]
    return index.float(), index


@pytest.mark.parametrize("name", [name for name in TASKS if name not in ("unknown labels", "one image")])
@pytest.mark.parametrize("leave_one_out", [True, False])
def test_metrics_equal_those_of_pytorch_metric_learning(name: str, leave_one_out: bool) -> None:
    points, labels = TASKS[name]
    query = images(points, labels)
    gallery = None if leave_one_out else images(points[::-1][:40], labels[:40])
    for macro in (False, True):
        calculator = AccuracyCalculator(
            include=("precision_at_1", "r_precision", "mean_average_precision_at_r", "mean_average_precision"),
            avg_of_avgs=macro,
            device=torch.device("cpu"),
            knn_func=nearest_by_sorting,
            kmeans_func=len,
        )
        theirs = calculator.get_accuracy(
            query.embedding,
            query.categories,
            *((None, None) if gallery is None else (gallery.embedding, gallery.categories)),
        )
        ours = Exact()(task(query, gallery))
        prefix = "macro_" if macro else ""
        for our_name, their_name in (
            ("recall@1", "precision_at_1"),
            ("precision@1", "precision_at_1"),
            ("r_precision", "r_precision"),
            ("map@r", "mean_average_precision_at_r"),
            ("map", "mean_average_precision"),
        ):
            assert ours[prefix + our_name] == pytest.approx(theirs[their_name], abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("name", [name for name in TASKS if name not in ("unknown labels", "one image")])
@pytest.mark.parametrize("distance", get_args(Distance))
@pytest.mark.parametrize("leave_one_out", [True, False])
def test_metrics_equal_those_of_trec_eval(name: str, distance: Distance, leave_one_out: bool) -> None:
    """Average precision, P@k, R-precision, success@k (our recall@k) and reciprocal rank, by trec_eval itself.

    It breaks ties in its own way, so its scores are the places in the order that we promise.
    """
    pytrec_eval = pytest.importorskip("pytrec_eval")
    points, labels = TASKS[name]
    if distance == "cosine" and name == "tied":
        points = np.eye(3)[points[:, 0]]
    query = images(points, labels)
    one = task(query, None if leave_one_out else images(points[::-1][:40], labels[:40]), distance)
    relevant, answers = {}, {}
    for number, order in enumerate(ranked(one)):
        of_query = {str(i): int(one.gallery_labels[i] == one.query_labels[number]) for i in order}
        if any(of_query.values()):  # trec_eval's own mean counts the others too
            relevant[str(number)] = of_query
            answers[str(number)] = {str(i): float(len(order) - place) for place, i in enumerate(order)}
    k = (1, 5, 10, 100)  # more than any gallery here has
    asked = {"map", "Rprec", "recip_rank", "P.1,5,10,100", "success.1,5,10,100"}
    found = [*pytrec_eval.RelevanceEvaluator(relevant, asked).evaluate(answers).values()]
    ours = Exact(k)(one)
    assert ours["num_queries"] == len(found)
    theirs = {"map": "map", "r_precision": "Rprec", "mrr": "recip_rank"}
    theirs |= {f"precision@{depth}": f"P_{depth}" for depth in k} | {
        f"recall@{depth}": f"success_{depth}" for depth in k
    }
    for our_name, their_name in theirs.items():
        expected = np.mean([of_query[their_name] for of_query in found]) if found else math.nan
        assert ours[our_name] == pytest.approx(expected, abs=1e-6, nan_ok=True), our_name


def test_equals_pytorch_metric_learning_with_its_own_search() -> None:
    from pytorch_metric_learning.distances import CosineSimilarity
    from pytorch_metric_learning.utils.inference import CustomKNN

    rng = np.random.default_rng(1)
    labels = rng.integers(0, 9, 300)
    query = images(rng.normal(size=(300, 16)) + 2 * np.eye(16)[labels], labels.tolist())
    calculator = AccuracyCalculator(
        include=("precision_at_1", "r_precision", "mean_average_precision_at_r", "mean_average_precision"),
        device=torch.device("cpu"),
        knn_func=CustomKNN(CosineSimilarity()),
        kmeans_func=len,
    )
    theirs = calculator.get_accuracy(query.embedding, query.categories)
    ours = Exact()(task(query, distance="cosine"))
    names = ("recall@1", "r_precision", "map@r", "map")
    assert [ours[name] for name in names] == pytest.approx(
        [
            theirs[name]
            for name in (
                "precision_at_1",
                "r_precision",
                "mean_average_precision_at_r",
                "mean_average_precision",
            )
        ],
        abs=1e-6,
    )


grid = st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2), st.integers(-1, 2)), min_size=1, max_size=30)
labelled = st.lists(st.tuples(*[st.integers(-2, 2)] * 2, *[st.integers(-1, 2)] * 2), min_size=1, max_size=30)


def drawn(rows: list[tuple[int, int, int]]) -> Embedded:
    return images([row[:2] for row in rows], [row[2] for row in rows])


@settings(deadline=None, max_examples=40)
@given(grid, st.none() | grid)
def test_any_points_of_a_grid(query: list[tuple[int, int, int]], gallery: list[tuple[int, int, int]] | None) -> None:
    check(task(drawn(query), None if gallery is None else drawn(gallery)))


@settings(deadline=None, max_examples=40)
@given(labelled, st.none() | labelled)
def test_any_points_of_a_grid_with_junk(
    query: list[tuple[int, int, int, int]], gallery: list[tuple[int, int, int, int]] | None
) -> None:
    asked, answering = (
        embedded(np.array([row[:2] for row in some]), [row[2] for row in some], [row[3] for row in some])
        for some in (query, gallery or query)
    )
    check(RetrievalTask(asked, asked if gallery is None else answering, "category", "euclidean", junk="item"))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(2, 40))
def test_without_ties_the_order_of_the_gallery_is_nothing(seed: int, num_images: int) -> None:
    rng = np.random.default_rng(seed)
    points, labels = rng.normal(size=(num_images, 3)), rng.integers(0, 3, num_images)
    query = images(rng.normal(size=(5, 3)), [0, 1, 2, 0, 1])
    shuffled = rng.permutation(num_images)
    one = Exact(K)(task(query, images(points, labels.tolist())))
    other = Exact(K)(task(query, images(points[shuffled], labels[shuffled].tolist())))
    assert one == pytest.approx(other, nan_ok=True)


@settings(deadline=None, max_examples=30)
@given(grid)
def test_recall_rises_with_k_and_all_stay_within_0_and_1(rows: list[tuple[int, int, int]]) -> None:
    depths = list(range(1, 12))
    measures = Exact(depths)(task(drawn(rows)))
    recall = [measures[f"recall@{k}"] for k in depths]
    if measures["num_queries"]:
        assert recall == sorted(recall)
        assert all(0 <= value <= 1 for name, value in measures.items() if not name.startswith("num_"))
        assert measures["map@r"] <= measures["map"] + 1e-12 and measures["map@r"] <= measures["r_precision"] + 1e-12
        assert measures["recall@1"] == measures["precision@1"]


@settings(deadline=None, max_examples=30)
@given(grid, grid)
def test_a_far_irrelevant_image_changes_nothing(
    query: list[tuple[int, int, int]], gallery: list[tuple[int, int, int]]
) -> None:
    asked = drawn(query)
    metrics = Exact(K)(task(asked, drawn(gallery)))
    assert Exact(K)(task(asked, drawn([*gallery, (99, 99, 7)]))) == pytest.approx(metrics, nan_ok=True)


def test_more_answers_wanted_than_there_are() -> None:
    measures = Exact([2, 10])(task(images([[0], [1], [9]], [0, 0, 1])))
    assert measures["recall@10"] == 1 and measures["precision@10"] == 0.1  # one hit each, over 10
    assert measures["num_queries"] == 2 and measures["num_queries_without_relevant"] == 1


def test_relevance_by_item() -> None:
    query = embedded(np.array([[0.0], [1], [10], [11]]), [0, 0, 0, 0], [1, 2, 1, -1])
    assert Exact([1])(RetrievalTask(query, query, "category", "euclidean"))["recall@1"] == 1
    by_item = Exact([1])(RetrievalTask(query, query, "item", "euclidean"))
    assert by_item["recall@1"] == 0 and by_item["num_queries"] == 2
    assert by_item["map"] == pytest.approx((1 / 2 + 1 / 3) / 2)


def test_too_many_neighbours_to_keep_take_the_way_through_the_gallery(monkeypatch: pytest.MonkeyPatch) -> None:
    points, labels = TASKS["random"]
    one = task(images(points, labels))
    expected = Exact(K, map=False)(one)
    monkeypatch.setattr(module, "NEIGHBOURS_IN_MEMORY", 0)
    assert Exact(K, map=False)(one) == pytest.approx(expected)


@pytest.mark.parametrize("full", [True, False])
def test_nan_embeddings_are_counted(full: bool) -> None:
    query = images([[0.0], [math.nan], [1.0]], [0, 0, 0])
    with pytest.raises(FsimError, match="1 of 3 query embeddings are NaN"):
        Exact(map=full)(task(query))


def slow_ndcg(one: RetrievalTask, depth: int) -> float:
    """The mean over queries with a relevant image, by walking down the answers and down all grades sorted."""
    values = []
    for query, order in enumerate(ranked(one)):
        label = one.query_labels[query]
        if label < 0 or not any(one.gallery_labels[index] == label for index in order):
            continue
        same_item = [one.query.items[query] == one.gallery.items[index] != -1 for index in order]
        same_category = [one.query.categories[query] == one.gallery.categories[index] != -1 for index in order]
        grades = [3 if item else int(category) for item, category in zip(same_item, same_category, strict=True)]
        gained, best = (
            sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(some[:depth]))
            for some in (grades, sorted(grades, reverse=True))
        )
        values.append(gained / best)
    return float(np.mean(values)) if values else math.nan


@pytest.mark.parametrize(("relevant", "junk"), [("category", None), ("item", None), ("category", "item")])
@pytest.mark.parametrize("leave_one_out", [True, False])
def test_ndcg_equals_walking_down_the_answers(relevant: Label, junk: JunkLabel | None, leave_one_out: bool) -> None:
    rng = np.random.default_rng(2)
    query, gallery = (
        embedded(
            rng.integers(-3, 4, (size, 2)), rng.integers(-1, 4, size).tolist(), rng.integers(-1, 12, size).tolist()
        )
        for size in (40, 50)
    )
    one = RetrievalTask(query, query if leave_one_out else gallery, relevant, "euclidean", junk=junk)
    measures = Exact((1,), map=False, ndcg=(3, 10, 200), same_attributes=None)(one)
    for depth in (3, 10, 200):
        assert measures[f"ndcg@{depth}"] == pytest.approx(slow_ndcg(one, depth), rel=1e-9)


class TestContractWithNdcg(EvaluatorContract):
    def make(self, seed: int) -> Evaluator:
        return Exact((1,), ndcg=(1, 5))


def test_only_ndcg_by_attributes_needs_attributes() -> None:
    assert Exact(ndcg=[5]).needs == {"attributes"}
    assert not Exact().needs and not Exact(ndcg=[5], same_attributes=None).needs


def test_the_same_attributes_are_worth_more_than_the_category() -> None:
    points = np.array([[0.0], [1], [2]])
    values = np.array([[1, -1], [-1, 1], [1, -1]], np.int8)  # the farther one has the query's
    labels = AttributeLabels(["a", "b"], ["one", "one"], values)
    query = replace(embedded(points, [0, 0, 0], [0, 1, 2]), attributes=labels)
    measures = Exact((1,), ndcg=(1,))(RetrievalTask(query, query, "category", "euclidean"))
    assert measures["ndcg@1"] == pytest.approx((1 / 3 + 1 + 1 / 3) / 3)
