from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from fsim.errors import FsimError
from fsim.testing.projection_contract import ProjectionContract, clouds, project
from fsim_plugins.projections.pacmap import Pacmap
from fsim_plugins.projections.pca import Pca
from fsim_plugins.projections.tsne import Tsne
from fsim_plugins.projections.umap import Umap


class TestPca(ProjectionContract):
    def make(self, seed: int) -> Pca:
        return Pca()


class TestOpenTsne(ProjectionContract):
    def make(self, seed: int) -> Tsne:
        pytest.importorskip("openTSNE")
        return Tsne("opentsne", seed=seed)


class TestScikitLearnTsne(ProjectionContract):
    def make(self, seed: int) -> Tsne:
        return Tsne("scikit-learn", seed=seed)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # numba's, when umap is imported
class TestUmap(ProjectionContract):
    def make(self, seed: int) -> Umap:
        pytest.importorskip("umap")
        return Umap(seed=seed)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
class TestPacmap(ProjectionContract):
    def make(self, seed: int) -> Pacmap:
        pytest.importorskip("pacmap")
        return Pacmap(seed=seed)


def test_pca_is_that_of_scikit_learn() -> None:
    from sklearn.decomposition import PCA

    embedding, _ = clouds()
    expected = PCA(2).fit_transform(embedding.astype(np.float64))
    found = project(Pca(), embedding)
    np.testing.assert_allclose(found * np.sign(found[0]), expected * np.sign(expected[0]), rtol=1e-4, atol=1e-4)


def test_pca_of_points_in_a_plane_keeps_every_distance() -> None:
    embedding, _ = clouds(20, 2)
    found = project(Pca(), embedding)
    np.testing.assert_allclose(
        np.linalg.norm(found[:, None] - found, axis=2),
        np.linalg.norm(embedding[:, None] - embedding, axis=2),
        atol=1e-4,
    )


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Tsne(), "pip install fsim[tsne]; or set library: scikit-learn"),
        (lambda: Tsne("cuml"), "pip install cuml-cu12"),
        (lambda: Tsne("tsnecuda"), "conda install tsnecuda"),
        (Umap, "pip install fsim[umap]"),
        (Pacmap, "pip install fsim[pacmap]"),
    ],
)
def test_a_missing_package_is_told_with_how_to_get_it(make: Any, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsim_plugins.projections.packages.find_spec", lambda name: None)
    with pytest.raises(FsimError) as caught:
        make()
    assert says in str(caught.value)


def gpu_library(name: str, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A stand-in for a library that needs a GPU; it notes how its TSNE is made."""
    made: list[dict[str, Any]] = []

    class TSNE:
        def __init__(self, **settings: Any) -> None:
            made.append(settings)

        def fit_transform(self, points: np.ndarray) -> np.ndarray:
            return np.asfortranarray(points[:, :2])

    module = ModuleType(name)
    module.__spec__ = SimpleNamespace(name=name)  # type: ignore[assignment]
    module.TSNE = TSNE  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, f"{name}.manifold", module)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    return made


@pytest.mark.parametrize("name", ["cuml", "tsnecuda"])
def test_auto_takes_what_runs_on_the_gpu(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = gpu_library(name, monkeypatch)
    tsne = Tsne(seed=3)
    assert tsne.library == name
    project(tsne, clouds(40)[0])
    assert made[0]["perplexity"] == 13
    assert made[0].get("random_state", 3) == 3


def test_a_gpu_library_without_a_gpu_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu_library("cuml", monkeypatch)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(FsimError, match="needs a GPU"):
        Tsne("cuml")
