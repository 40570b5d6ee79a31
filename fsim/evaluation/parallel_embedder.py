"""Embedding by several processes, each a part of the rows."""

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
    """An `Embedder` of several processes: each embeds its part of the rows, and rank 0 gets all of them.

    Rank 0 calls it; the others `follow` until rank 0 calls `release`.
    """

    embed: LocalEmbedder
    processes: Processes

    def __call__(self, network: Network, rows: IntArray, names: Sequence[str]) -> dict[str, Tensor]:
        """On rank 0: embed all rows, by all processes."""
        if self.processes.size == 1:
            return self.embed(network, rows, names)
        self.processes.broadcast_from_rank0({"rows": rows.tolist(), "names": list(names)})
        outputs = self._part(network, rows, names)
        assert all(len(values) == len(rows) for values in outputs.values()), "every image once"
        return outputs

    def release(self, message: Any = None) -> None:
        """On rank 0: end the `follow` of the others, which return the message (plain data)."""
        self.processes.broadcast_from_rank0({"message": message})

    def follow(self, network: Network) -> Any:
        """On the other ranks: embed parts of the rows that rank 0 embeds, until its `release`; return its message."""
        while "message" not in (request := self.processes.broadcast_from_rank0(None)):
            self._part(network, np.asarray(request["rows"], dtype=np.int64), request["names"])
        return request["message"]

    def _part(self, network: Network, rows: IntArray, names: Sequence[str]) -> dict[str, Tensor]:
        """Embed this process's part; rank 0 gets all."""
        # Each process counts statistics of batch normalisation of its own images; those of rank 0 are the network's.
        self.processes.copy_from_rank0(list(network.buffers()))
        mine = np.array_split(rows, self.processes.size)[self.processes.rank]
        outputs = self.embed(network, mine if len(mine) else rows[:1], names)
        return {
            name: torch.cat(self.processes.gather(values[: len(mine)]) or [values]) for name, values in outputs.items()
        }
