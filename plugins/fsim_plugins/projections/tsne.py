"""t-SNE, by the library that is there."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Any, Literal

import numpy as np
import torch
from pydantic import Field

from fsim.errors import FsimError
from fsim.functional.clusters.principal import compared, principal_plane, start_from, without_neighbourhoods
from fsim.interfaces import Distance, Vectors
from fsim_plugins.projections.packages import require

Library = Literal["auto", "opentsne", "scikit-learn", "cuml", "tsnecuda"]
MODULES = {"opentsne": "openTSNE", "scikit-learn": "sklearn", "cuml": "cuml", "tsnecuda": "tsnecuda"}
GET = {
    "opentsne": "pip install fsim[tsne]; or set library: scikit-learn, which is there and slower",
    "scikit-learn": "pip install scikit-learn",
    "cuml": "pip install cuml-cu12 (or cuml-cu13, as your CUDA is), see https://docs.rapids.ai/install",
    "tsnecuda": "conda install tsnecuda -c conda-forge, see https://github.com/CannyLab/tsne-cuda",
}
START = 1e-4  # standard deviation of the first points: van der Maaten and Hinton, section 3.4


class Tsne:
    """t-SNE: near neighbours stay near; distances between groups, and their sizes, mean little. Van der Maaten and
    Hinton, "Visualizing data using t-SNE", JMLR 9, 2008; starting from the principal components, as Kobak and Berens,
    "The art of using t-SNE for single-cell transcriptomics", Nature Communications 10, 2019, advise.

    Distances are Euclidean, after scaling to length one where embeddings are compared by cosine. Fewer than 10 images,
    and embeddings that are all the same, are drawn by their principal components.

    Args:
        library: `opentsne` (Policar et al., JSS 109(3), 2024), `scikit-learn`, or on a GPU `cuml` or `tsnecuda`. auto:
            cuml or tsnecuda where a GPU and the package are there, else opentsne. On a GPU a map does not repeat:
            cuml sums in any order, and tsnecuda starts at random and takes no seed.
        perplexity: how many neighbours count, about; 1 or more. 5 to 50 are usual, and the paper's range. At most
            (N - 1) / 3 is used.
        threads: on the CPU. With one, the map does not depend on the machine's load or number of processors; with
            more, some digits may.

    Raises:
        FsimError: the library is not installed, or there is no GPU for it.
    """

    def __init__(
        self,
        library: Library = "auto",
        perplexity: Annotated[float, Field(ge=1)] = 30.0,
        threads: Annotated[int, Field(ge=1)] = 1,
        seed: int = 0,
    ) -> None:
        self.library = _chosen() if library == "auto" else library
        self.perplexity = perplexity
        self.threads = threads
        self.seed = seed % 2**31
        require(MODULES[self.library], f"projection 'tsne' with library {self.library}", GET[self.library])
        if self.library in ("cuml", "tsnecuda") and not torch.cuda.is_available():
            raise FsimError(f"projection 'tsne' with library {self.library} needs a GPU: set library: auto")

    def __call__(self, embedding: Vectors, distance: Distance) -> Vectors:
        """Float32 [N, D] -> float32 [N, 2]."""
        points = compared(embedding, distance)
        start = principal_plane(points)
        if without_neighbourhoods(points):
            return start
        perplexity = min(self.perplexity, (len(points) - 1) / 3)
        found = self._map(points, start_from(start, START, self.seed), perplexity)
        return np.array(found, dtype=np.float32)

    def _map(self, points: Vectors, start: Any, perplexity: float) -> Any:
        if self.library == "opentsne":
            from openTSNE import TSNE

            return TSNE(perplexity=perplexity, initialization=start, random_state=self.seed, n_jobs=self.threads).fit(
                points
            )
        if self.library == "scikit-learn":
            from sklearn.manifold import TSNE
            from threadpoolctl import threadpool_limits

            with threadpool_limits(self.threads):
                return TSNE(
                    perplexity=perplexity,
                    init=start.astype(np.float32),
                    random_state=self.seed,
                    n_jobs=self.threads,
                ).fit_transform(points)
        rate = max(len(points) / 12, 50.0)  # Belkina et al., Nature Communications 10, 2019; the others' default
        if self.library == "cuml":
            from cuml.manifold import TSNE

            return TSNE(
                perplexity=perplexity,
                n_neighbors=min(int(3 * perplexity), 1023),  # its most
                learning_rate_method="none",  # its adaptive one sets the perplexity too
                learning_rate=rate,
                init="pca",
                random_state=self.seed,
                output_type="numpy",
            ).fit_transform(points)
        from tsnecuda import TSNE

        return TSNE(perplexity=perplexity, learning_rate=rate).fit_transform(points)


def _chosen() -> Library:
    """The library for `auto`."""
    if torch.cuda.is_available():
        for library in ("cuml", "tsnecuda"):
            if find_spec(library) is not None:
                return library  # type: ignore[return-value]
    return "opentsne"
