"""Fashion-MNIST: 70,000 grey pictures of 28 x 28 pixels in ten categories."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np

from fsim.errors import FsimError
from fsim.interfaces import Catalog
from fsim_plugins.torchvision_import import import_torchvision

RAW = Path("FashionMNIST") / "raw"
FILES = tuple(f"{split}-{content}-ubyte" for split in ("train", "t10k") for content in ("images-idx3", "labels-idx1"))


class FashionMnist:
    """Fashion-MNIST (Xiao, Rasul & Vollgraf 2017): 60,000 `train` and 10,000 `test` pictures, 10 categories, no items.

    Args:
        root: the folder that holds `FashionMNIST/raw` with the four idx files, packed (.gz) or not, as torchvision
            leaves them. Null: downloaded once into the cache folder.

    Raises:
        FsimError: files are missing from `root`, damaged, or the download fails.
    """

    def __init__(self, cache_dir: Path, root: Path | None = None) -> None:
        self.cache_dir, self.root = cache_dir, root

    def load(self) -> Catalog:
        module = import_torchvision("torchvision.datasets.mnist")
        root = self.cache_dir / "fashion_mnist" if self.root is None else self._unpacked(self.root.expanduser())
        try:
            parts = [module.FashionMNIST(str(root), train=train, download=self.root is None) for train in (True, False)]
        except (OSError, RuntimeError, ValueError, EOFError) as error:
            raise FsimError(
                f"cannot read or download Fashion-MNIST ({error}); put the four files {', '.join(FILES)}(.gz) into "
                f"{Path('DIR') / RAW} and set data.dataset.root=DIR"
            ) from error
        labels = np.concatenate([part.targets.numpy() for part in parts])
        names = parts[0].classes
        splits = [split for split, part in zip(("train", "test"), parts, strict=True) for _ in range(len(part))]
        numbers = [number for part in parts for number in range(len(part))]
        return Catalog.of(
            {
                "image": [f"{split}/{number:05d}" for split, number in zip(splits, numbers, strict=True)],
                "split": splits,
                "category": [names[label] for label in labels],
            },
            Path(root),
            pixels=np.concatenate([part.data.numpy() for part in parts]),
        )

    def _unpacked(self, root: Path) -> Path:
        """A root with unpacked files: the user's own, or one in the cache where theirs are packed."""
        missing = [name for name in FILES if not any((root / RAW / (name + end)).is_file() for end in ("", ".gz"))]
        if missing:
            raise FsimError(
                f"{root / RAW} lacks {', '.join(missing)} (packed as .gz or not); set data.dataset.root to the folder "
                f"above FashionMNIST, or leave it out to download"
            )
        if all((root / RAW / name).is_file() for name in FILES):
            return root
        unpacked = self.cache_dir / "fashion_mnist_unpacked"
        for name in FILES:
            source, target = root / RAW / f"{name}.gz", unpacked / RAW / name
            if not source.is_file():
                source = root / RAW / name
            if not target.is_file() or target.stat().st_mtime_ns != source.stat().st_mtime_ns:
                _unpack(source, target)
        return unpacked


def _unpack(source: Path, target: Path) -> None:
    """Write `target` from a plain or gzip file, atomically, with the source's time so that a changed one is seen."""
    target.parent.mkdir(parents=True, exist_ok=True)
    open_source = gzip.open if source.suffix == ".gz" else open
    with open_source(source, "rb") as packed, tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as plain:
        try:
            shutil.copyfileobj(packed, plain)
        except (OSError, EOFError) as error:
            Path(plain.name).unlink()
            raise FsimError(f"{source} is damaged ({error}); fetch it again") from error
    time = source.stat().st_mtime_ns
    os.utime(plain.name, ns=(time, time))
    Path(plain.name).replace(target)
