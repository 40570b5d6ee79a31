"""Event files that TensorBoard shows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from fsim.interfaces import EmbeddedImages
from fsim_plugins.trackers.embedding_projector import write_projector

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class TensorBoard:
    """Writes scalars to `<run folder>/tensorboard`, and after the last epoch embeddings with their images for the tab
    Projector; look at them with `tensorboard --logdir runs`.

    Args:
        folder: the run folder; filled in.
        max_images: the most images for the projector, 0 or more; 0 for none. Its t-SNE, which runs in the browser, is
            slow beyond a few thousands; by 50 categories or fewer it can colour them.
    """

    def __init__(self, folder: Path, max_images: Annotated[int, Field(ge=0)] = 2_000) -> None:
        self.folder = folder / "tensorboard"
        self.max_images = max_images

    @cached_property
    def writer(self) -> SummaryWriter:
        """Imported and opened with the first numbers: until then a run need not wait for it."""
        from torch.utils.tensorboard import SummaryWriter

        return SummaryWriter(str(self.folder))

    def log(self, step: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)
        self.writer.flush()

    def show(self, step: int, images: EmbeddedImages) -> None:
        write_projector(self.folder, images)

    def close(self) -> None:
        if "writer" in vars(self):
            self.writer.close()
