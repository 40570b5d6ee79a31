"""The indexes of faiss: all embeddings, a graph, or lists around centroids."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from fsim.errors import FsimError
from fsim.functional.retrieval.index_vectors import checked_embeddings, checked_queries, filled_up, unit_length
from fsim.interfaces import Answers, Distance, Trial, Vectors
from fsim.kit.saved_index import SavedIndex, open_index, save_index
from fsim_plugins.indexes.required import required

FILE = "index.faiss"
OWN = {"flat": (), "hnsw": ("m", "ef_construction", "ef"), "ivf": ("lists", "probes")}  # parameters of each type
POINTS_PER_LIST = 39  # what faiss wants for its k-means


class Faiss:
    """faiss (Douze et al., "The Faiss library", arXiv 2401.08281), on the CPU, vectors kept as float32. Extra `faiss`.

        flat  compares with every embedding
        hnsw  a graph (Malkov and Yashunin, arXiv 1603.09320)
        ivf   lists around the centroids of a k-means; a search looks through the nearest lists

    A parameter may only be given with its type; None is the default that stands here.

    Args:
        type: flat, hnsw or ivf.
        m: of hnsw, links of an embedding in each layer, 2 or more; None is 32.
        ef_construction: of hnsw, candidates looked at when one is linked in, 1 or more; None is 200.
        ef: of hnsw, candidates of a search, 1 or more; None is 64. At least as many as answers are wanted are taken.
        lists: of ivf, number of lists, 1 to the number of embeddings; None is 4 sqrt(N), and at most N / 39.
        probes: of ivf, lists that a search looks through, 1 or more; None is 8.
        seed: of the layers or the k-means.
        threads: to build with; with more than one a graph is another each time.

    Raises:
        FsimError: the package is missing; a parameter of another type is given; more lists than embeddings; see
            `Index`.
    """

    def __init__(
        self,
        type: Literal["flat", "hnsw", "ivf"] = "hnsw",
        m: Annotated[int, Field(ge=2, le=1024)] | None = None,
        ef_construction: Annotated[int, Field(ge=1)] | None = None,
        ef: Annotated[int, Field(ge=1)] | None = None,
        lists: Annotated[int, Field(ge=1)] | None = None,
        probes: Annotated[int, Field(ge=1)] | None = None,
        seed: int = 0,
        threads: int = 1,
    ) -> None:
        self.package = required("faiss", "faiss-cpu", "faiss")
        given = {"m": m, "ef_construction": ef_construction, "ef": ef, "lists": lists, "probes": probes}
        for name, value in given.items():
            if value is not None and name not in OWN[type]:
                owner = next(other for other, names in OWN.items() if name in names)
                raise FsimError(f"faiss: `{name}` is a parameter of type {owner}, not of {type}; leave one of them out")
        self.type = type
        self.m = m or 32
        self.ef_construction = ef_construction or 200
        self.ef = ef or 64
        self.lists = lists
        self.probes = probes or 8
        self.seed = seed
        self.threads = threads
        self.dimensions = 0

    @staticmethod
    def trials(num_embeddings: int, k: int) -> Sequence[Trial]:
        """All three types; up to as many candidates as there are embeddings, and up to all lists."""
        root = 2 ** round(math.log2(max(1, num_embeddings)) / 2)
        efs = [ef for ef in (k * 2**step for step in range(12)) if ef < 2 * num_embeddings]
        most = max(1, num_embeddings // POINTS_PER_LIST)
        numbers = sorted({min(most, root * factor) for factor in (1, 2, 4)}, reverse=True)
        return [
            Trial({"type": "flat"}),
            *(
                Trial({"type": "ivf", "lists": lists}, "probes", [2**step for step in range(lists.bit_length())])
                for lists in numbers
            ),
            *(
                Trial({"type": "hnsw", "m": m, "ef_construction": made}, "ef", efs)
                for m, made in ((16, 200), (32, 200), (8, 100))
            ),
        ]

    def build(self, embeddings: Vectors, distance: Distance) -> None:
        vectors = checked_embeddings(embeddings)
        if self.lists is not None and self.lists > len(vectors):
            raise FsimError(
                f"faiss: there are {len(vectors):,} embeddings for {self.lists:,} lists; set `lists` to fewer"
            )
        index = self._empty(*vectors.shape, distance)
        self.dimensions, self.distance = vectors.shape[1], distance
        with self._threads(self.threads):
            vectors = self._as_kept(vectors)
            index.train(vectors)
            index.add(vectors)
        self.index = index

    def search(self, queries: Vectors, k: int) -> Answers:
        vectors = checked_queries(queries, k, self.dimensions)
        wanted = min(k, self.index.ntotal)
        with self._threads(1):
            # faiss.contrib.torch_utils, which other packages import, puts a search without `params` in its place.
            search = getattr(self.index, "search_numpy", self.index.search)
            far, ids = search(self._as_kept(vectors), wanted, params=self._search_parameters(wanted))
        return filled_up(ids, far if self.distance == "cosine" else -far / 2, k)  # of an inner product, of a square

    def save(self, folder: Path) -> None:
        saved = SavedIndex("faiss", self.distance, self.index.ntotal, self.dimensions)
        save_index(folder, saved, FILE, lambda file: self.package.write_index(self.index, str(file)))

    def load(self, folder: Path) -> None:
        saved = open_index(folder, "faiss", FILE)
        try:
            index = self.package.read_index(str(Path(folder) / FILE))
        except RuntimeError as error:
            raise FsimError(f"{folder} holds no index of faiss ({error}): build and save it anew") from error
        types = {"IndexFlat": "flat", "IndexFlatIP": "flat", "IndexFlatL2": "flat"}
        types |= {"IndexHNSWFlat": "hnsw", "IndexIVFFlat": "ivf"}
        held = types.get(type(index).__name__, type(index).__name__)
        if held != self.type or (index.ntotal, index.d) != (saved.num_embeddings, saved.dimensions):
            raise FsimError(f"{folder} holds an index of faiss of type {held}, not {self.type}; set `type` to it")
        self.index, self.dimensions, self.distance = index, saved.dimensions, saved.distance

    def _empty(self, num_embeddings: int, dimensions: int, distance: Distance) -> Any:
        faiss = self.package
        metric = faiss.METRIC_INNER_PRODUCT if distance == "cosine" else faiss.METRIC_L2
        if self.type == "flat":
            return faiss.IndexFlat(dimensions, metric)
        if self.type == "hnsw":
            index = faiss.IndexHNSWFlat(dimensions, self.m, metric)
            index.hnsw.efConstruction = self.ef_construction
            index.hnsw.rng = faiss.RandomGenerator(self.seed % 2**31)
            return index
        most = max(1, num_embeddings // POINTS_PER_LIST)
        lists = self.lists or min(most, round(4 * math.sqrt(num_embeddings)))
        index = faiss.IndexIVFFlat(faiss.IndexFlat(dimensions, metric), dimensions, lists, metric)
        index.cp.seed = self.seed % 2**31
        index.cp.min_points_per_centroid = 1  # it would complain on stderr, and do the same
        return index

    def _search_parameters(self, k: int) -> Any:
        if self.type == "hnsw":
            return self.package.SearchParametersHNSW(efSearch=max(self.ef, k))
        return self.package.SearchParametersIVF(nprobe=self.probes) if self.type == "ivf" else None

    @contextmanager
    def _threads(self, number: int) -> Iterator[None]:
        """faiss works on so many threads for this one."""
        before = self.package.omp_get_max_threads()
        self.package.omp_set_num_threads(number)
        try:
            yield
        finally:
            self.package.omp_set_num_threads(before)

    def _as_kept(self, vectors: Vectors) -> Vectors:
        """Of length one for cosine, which then is the inner product."""
        return unit_length(vectors) if self.distance == "cosine" else vectors
