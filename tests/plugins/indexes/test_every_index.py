from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

from fsim.interfaces import Index
from fsim.testing.index_contract import IndexContract
from fsim_plugins.indexes.annoy import Annoy
from fsim_plugins.indexes.exact import Exact
from fsim_plugins.indexes.faiss import Faiss
from fsim_plugins.indexes.hnswlib import Hnswlib
from fsim_plugins.indexes.milvus import Milvus
from fsim_plugins.indexes.usearch import Usearch


class TestAnnoy(IndexContract):
    def make(self, **injected: Any) -> Index:
        return Annoy(trees=30, **injected)


class TestExact(IndexContract):
    exact: ClassVar[bool] = True

    def make(self, **injected: Any) -> Index:
        return Exact()

    def test_equal_scores_rank_by_id(self) -> None:
        alike = np.ones((40, 3), np.float32)
        found = self.built(alike, "euclidean").search(alike[:2], 5)
        assert found.ids.tolist() == [[0, 1, 2, 3, 4]] * 2


class TestHnswlib(IndexContract):
    def make(self, **injected: Any) -> Index:
        pytest.importorskip("hnswlib")
        return Hnswlib(**injected)


class TestMilvus(IndexContract):
    rounding: ClassVar[float] = 1e-5  # what is packed was rewritten

    def make(self, **injected: Any) -> Index:
        pytest.importorskip("milvus_lite")
        return Milvus(**injected)


class TestUsearch(IndexContract):
    def make(self, **injected: Any) -> Index:
        pytest.importorskip("usearch")
        return Usearch()


class TestFaissFlat(IndexContract):
    exact: ClassVar[bool] = True

    def make(self, **injected: Any) -> Index:
        pytest.importorskip("faiss")
        return Faiss(type="flat", **injected)


class TestFaissHnsw(IndexContract):
    def make(self, **injected: Any) -> Index:
        pytest.importorskip("faiss")
        return Faiss(**injected)


class TestFaissIvf(IndexContract):
    def make(self, **injected: Any) -> Index:
        pytest.importorskip("faiss")
        return Faiss(type="ivf", probes=5, **injected)
