"""Embeddings that are kept in the run folder, and read again while nothing that they depend on has changed.

`RUN/embeddings/<key>/` has `embedding.npy` (float32 [N, D]; beside it `logits.npy` and the like where evaluators asked
for them), `catalog.parquet` (the N rows, in that order) and `about.json`, which is written last.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.evaluation.embedding import Embedder, Forward
from fsim.functional.labels.catalog_table import catalog_table
from fsim.images.image_cache import CachedImages
from fsim.interfaces import IntArray
from fsim.kit.files import write_json, write_with
from fsim.model.network import Network

FORMAT = 1


@dataclass(frozen=True)
class StoringEmbedder:
    """An `Embedder` that calls another one only for embeddings that it has not stored.

    folder   RUN/embeddings
    images   the pixels that the key depends on
    forward  what is made of the pixels, on which the key depends too
    source   what embeds: this process, or several
    """

    folder: Path
    catalog: EncodedCatalog
    images: CachedImages
    forward: Forward
    source: Embedder

    def __call__(self, network: Network, rows: IntArray, names: Sequence[str]) -> dict[str, Tensor]:
        about = self._about(network, rows)
        folder = self.folder / _digest(about)
        files = {name: folder / f"{name}.npy" for name in names}
        if folder.is_dir():
            self._write_table(folder, rows)  # captions, say, may have changed since
        if (folder / "about.json").is_file() and all(file.is_file() for file in files.values()):
            return {name: torch.from_numpy(np.load(file, allow_pickle=False)) for name, file in files.items()}
        outputs = self.source(network, rows, names)
        folder.mkdir(parents=True, exist_ok=True)
        for name, values in outputs.items():
            write_with(files[name], partial(np.save, arr=values.numpy()))
        self._write_table(folder, rows)
        write_json(folder / "about.json", about)
        return outputs

    def _write_table(self, folder: Path, rows: IntArray) -> None:
        table = io.BytesIO()
        catalog_table(self.catalog.catalog.frame.iloc[rows]).to_parquet(table, index=False)
        write_with(folder / "catalog.parquet", lambda stream: stream.write(table.getvalue()))

    def _about(self, network: Network, rows: IntArray) -> dict[str, Any]:
        """Return all that the numbers depend on, but for the machine's rounding."""
        return {
            "format": FORMAT,
            "weights": weights_hash(network),
            "pixels": self.images.folder.name,  # the cache's key: files, boxes, size and way of resizing
            "images": self.catalog.fingerprint(rows),
            "rows": hashlib.sha256(np.ascontiguousarray(rows).tobytes()).hexdigest()[:16],
            "num_images": len(rows),
            "scale": self.forward.normalise.scale.tolist(),
            "shift": self.forward.normalise.shift.tolist(),
            "flip": self.forward.flip,
            "precision": self.forward.machine.precision,
        }


def weights_hash(network: nn.Module) -> str:
    """Return a hash of all weights and buffers, by name."""
    digest = hashlib.sha256()
    for name, values in sorted(network.state_dict().items()):
        digest.update(f"{name} {values.dtype} {tuple(values.shape)}".encode())
        digest.update(values.detach().cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]


def _digest(about: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
