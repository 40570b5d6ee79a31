"""Event files that TensorBoard shows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class TensorBoard:
    """Writes scalars to `<run folder>/tensorboard`; look at them with `tensorboard --logdir runs`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "tensorboard"

    @cached_property
    def writer(self) -> SummaryWriter:
        """Imported and opened with the first numbers: until then a run need not wait for it."""
        from torch.utils.tensorboard import SummaryWriter

        return SummaryWriter(str(self.folder))

    def log(self, step: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)
        self.writer.flush()

    def close(self) -> None:
        if "writer" in vars(self):
            self.writer.close()
