"""Embedding by several processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fsim.evaluation.embedding import LocalEmbedder
from fsim.interfaces import IntArray
from fsim.model.network import Network
from fsim.runtime.processes import Processes


@dataclass(frozen=True)
class ParallelEmbedder:
    """An `Embedder` of several processes: rank 0 asks, each embeds its part of the rows, and rank 0 gets all of them.

    While rank 0 works, the others `follow` it, until it lets them go by `release`.
    """

    embed: LocalEmbedder
    processes: Processes

    def __call__(self, network: Network, rows: IntArray, names: Sequence[str]) -> dict[str, Tensor]:
        """Rank 0's: outputs of all rows, in their order."""
        if self.processes.size == 1:
            return self.embed(network, rows, names)
        self.processes.broadcast_from_rank0({"rows": rows.tolist(), "names": list(names)})
        outputs = self._part(network, rows, names)
        assert all(len(values) == len(rows) for values in outputs.values()), "every image once"
        return outputs

    def release(self, word: Any = None) -> None:
        """Rank 0's: let the others go on, with a word (plain data) to them."""
        self.processes.broadcast_from_rank0({"word": word})

    def follow(self, network: Network) -> Any:
        """The others': embed parts of what rank 0 asks for by its own network, until its `release`; its word."""
        while "word" not in (said := self.processes.broadcast_from_rank0(None)):
            self._part(network, np.asarray(said["rows"], dtype=np.int64), said["names"])
        return said["word"]

    def _part(self, network: Network, rows: IntArray, names: Sequence[str]) -> dict[str, Tensor]:
        """Embed this process's part; rank 0 gets all."""
        # Each process counts statistics of batch normalisation of its own images; those of rank 0 are the network's.
        self.processes.copy_from_rank0(list(network.buffers()))
        mine = np.array_split(rows, self.processes.size)[self.processes.rank]
        some = self.embed(network, mine if len(mine) else rows[:1], names)
        return {
            name: torch.cat(self.processes.gather(values[: len(mine)]) or [values]) for name, values in some.items()
        }
