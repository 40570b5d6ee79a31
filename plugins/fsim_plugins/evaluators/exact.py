"""Exact retrieval, the reference that every index is measured against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field
from torch import Tensor

from fsim.functional.retrieval.graded_relevance import GradedRelevance, ndcg
from fsim.functional.retrieval.relevant_ranks import ranks_in_answers, ranks_in_gallery, relevant_of
from fsim.functional.retrieval.retrieval_metrics import (
    Depths,
    DepthsOrNone,
    metrics_of_blocks,
    rank_metric_names,
    ranking_directions,
    summarise,
)
from fsim.functional.retrieval.search_cost import BYTES_PER_NEIGHBOUR, cost_of_ranks, cost_of_topk
from fsim.functional.retrieval.topk import topk
from fsim.interfaces import Cost, Direction, RetrievalTask

QUERIES_AT_ONCE = 2**13  # whose ranks are held
NEIGHBOURS_IN_MEMORY = 2**22  # or more, where the queries' embeddings take as much room


class Exact:
    """Ranks the whole gallery for each query, and asks where the relevant images stand.

    An image is relevant to a query of the same known label (category or item, as the protocol says). R is their number.

        recall@k     share of queries with a relevant image among the first k (CMC@k); 0 to 1, as all of these
        precision@k  relevant among the first k, over k, even where k is more than the gallery has
        r_precision  relevant among the first R, over R
        map@r        1/R sum_{i <= R} P(i) rel(i), with P(i) the precision of the first i answers and rel(i) = 1 where
                     the i-th is relevant. Musgrave, Belongie and Lim, "A metric learning reality check", ECCV 2020
        map          the same sum over the whole gallery: mean average precision
        mrr          mean of 1 / the rank of the first relevant image. Voorhees, "The TREC-8 question answering track
                     report", 1999. With `map` alone, whose ranking it needs
        ndcg@k       by grades: 3 the same item, 2 the same category and attributes, 1 the same category. DCG = sum over
                     i <= k of (2^grade(i) - 1) / log2(1 + i), over that of the best ranking of the gallery. Jarvelin
                     and Kekalainen, ACM TOIS 20(4), 2002; gain and discount of Burges et al., ICML 2005

    These are means over queries; with `macro_` before the name, means over labels of the means over their queries.

        num_queries                    queries that have a relevant image: those that count. Neither more nor fewer is
                                       better; every metric has a direction
        num_queries_without_relevant   queries that have none, and are left out

    Leave-one-out leaves a query out of its own answers by index, so a duplicate of it stays. Junk (see `RetrievalTask`)
    is neither right nor wrong: it has no rank and is not counted in R. Equal scores rank in the order of the gallery.
    Scores are cosines (0 for a zero vector) or Euclidean distances in float32. NaN: every metric where no query has a
    relevant image.

    Attributes are the same where the Jaccard index of those that the two images have, among those known of both, is at
    least `same_attributes`. Equality, which is 1, asks too much of DeepFashion: of its 1000 attributes an image has a
    few, and they come from the words beside it on the web, so that two pictures of alike garments seldom agree in all.
    ndcg@k too is a mean over the queries
    that have a relevant image, and searches once more.

    `map` needs the full ranking. Without it 60,000 images against each other take about as long as one search with
    faiss, with it several times as long, unless the largest R is so large that most of the ranking is needed anyway.

    Args:
        k: the depths for recall and precision, each 1 or more.
        map: whether to compute map and mrr.
        ndcg: the depths for ndcg@k, each 1 or more; none by default.
        same_attributes: from what Jaccard index on, in (0, 1], attributes count as the same. Null: nothing has grade 2,
            and the data needs no attributes.

    Raises:
        FsimError: embeddings that are NaN, infinite or too large for float32.
    """

    def __init__(
        self,
        k: Depths = (1, 5, 10),
        map: bool = True,
        ndcg: DepthsOrNone = (),
        same_attributes: Annotated[float, Field(gt=0, le=1)] | None = 0.5,
    ) -> None:
        self.k = k
        self.map = map
        self.ndcg = ndcg
        self.same_attributes = same_attributes

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"attributes"} if self.ndcg and self.same_attributes is not None else ())

    @property
    def directions(self) -> Mapping[str, Direction]:
        return ranking_directions([*rank_metric_names(self.k, self.map), *(f"ndcg@{depth}" for depth in self.ndcg)])

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        relevant = relevant_of(task)  # [Q]
        metrics = metrics_of_blocks(self._ranks(task, relevant), relevant, self.k, self.map)  # [Q]
        metrics |= self._ndcg(task) if self.ndcg else {}
        return summarise(task, metrics, relevant)

    def cost(self, num_queries: int, num_gallery: int | None, dimensions: int) -> Cost:
        """As if a query had a hundredth of the gallery relevant with `map`, and at most max(k) images without."""
        asked = (num_queries, num_gallery, dimensions)
        searches = [cost_of_ranks(*asked) if self.map else cost_of_topk(*asked, max(self.k))]
        if self.ndcg:
            searches.append(cost_of_topk(*asked, max(self.ndcg)))
        return Cost(sum(one.seconds for one in searches), max(one.bytes for one in searches))

    def _ranks(self, task: RetrievalTask, relevant: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Rows of queries, and the ranks of their relevant images as far as the metrics need them."""
        gallery = None if task.leave_one_out else task.gallery.embedding
        depth = min(max(*self.k, int(relevant.max())), max(1, len(task.gallery_labels)))
        room = max(NEIGHBOURS_IN_MEMORY, 4 * task.query.embedding.numel() // BYTES_PER_NEIGHBOUR)
        if self.map or depth * len(relevant) > room:
            yield from ranks_in_gallery(
                task.query.embedding, gallery, task.query_labels, task.gallery_labels, task.distance, task.junk_labels
            )
        else:
            answers = topk(task.query.embedding, gallery, depth, task.distance, junk=task.junk_labels)
            for start in range(0, max(1, len(relevant)), QUERIES_AT_ONCE):
                rows = slice(start, start + QUERIES_AT_ONCE)
                yield rows, ranks_in_answers(answers.index[rows], task.query_labels[rows], task.gallery_labels)

    def _ndcg(self, task: RetrievalTask) -> dict[str, Tensor]:
        """ndcg@k [Q] for each depth."""
        gallery = None if task.leave_one_out else task.gallery
        relevance = GradedRelevance(task.query, gallery, self.same_attributes, task.junk)
        deepest = min(max(self.ndcg), max(1, len(task.gallery_labels)))
        others = None if gallery is None else gallery.embedding
        answers = topk(task.query.embedding, others, deepest, task.distance, junk=task.junk_labels)
        grades, counts = relevance.of_answers(answers.index), relevance.counts()
        return {f"ndcg@{depth}": ndcg(grades, counts, depth) for depth in self.ndcg}
