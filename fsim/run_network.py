"""The network of a finished run, ready to embed the images of any catalog."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from fsim.boxes import cut_by
from fsim.checkpoint import load_checkpoint
from fsim.errors import FsimError
from fsim.image_cache import CachedImages, open_image_cache
from fsim.interfaces import Catalog, Distance
from fsim.machine import prepare_machine
from fsim.network import build_network
from fsim.normalise import Normalise
from fsim.paths import cache_dir
from fsim.run_folder import RunFolder
from fsim.validate import check_recipe


class RunNetwork:
    """The best network of a run, or the last where none was chosen, with the recipe's own view of an image.

    Raises:
        FsimError: the folder is not that of a run, has no checkpoint, or one that does not fit its recipe.
    """

    def __init__(self, run: Path) -> None:
        folder = RunFolder.open(run)
        file = folder.best if folder.best.is_file() else folder.last
        if not file.is_file():
            raise FsimError(f"{run} has no checkpoint yet; train it first: fsim resume {run}")
        checked = check_recipe(folder.recipe)
        self.data = checked.recipe.data
        self.normalise = Normalise(self.data.mean, self.data.std)
        state = load_checkpoint(file)
        self.machine = prepare_machine(checked.recipe.train.precision)
        self.network = build_network(checked, len(state.get("category_names", ())))
        try:
            self.network.load_state_dict(state["model"])
        except (KeyError, RuntimeError) as error:
            raise FsimError(f"{file} does not fit {folder.recipe}; give a run whose recipe was not changed") from error
        self.network.to(self.machine.device).eval()

    @property
    def distance(self) -> Distance:
        """How the embeddings are to be compared."""
        return self.network.distance

    def images(self, catalog: Catalog, progress: Callable[[int, int], None] | None = None) -> CachedImages:
        """The images of a catalog as the network sees them, decoded; any share of them may be damaged."""
        return open_image_cache(
            cut_by(catalog, self.data.box, self.data.box_padding, self.data.image_size),
            size=self.data.image_size,
            resize=self.data.resize,
            folder=cache_dir() / "images",
            max_damaged=1,
            progress=progress,
        )

    def embed(self, images: Tensor) -> Tensor:
        """uint8 [B, 3, S, S], or float32 of 0 to 255 -> float32 [B, D], on the CPU."""
        with torch.inference_mode(), self.machine.autocast():
            embedding: Tensor = self.network(self.normalise(images).to(self.machine.device))["embedding"]
        return embedding.float().cpu().clone()
