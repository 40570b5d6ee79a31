"""Fashion-MNIST: 70,000 grey pictures of 28 x 28 pixels in ten categories."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import numpy as np

from fsim.errors import FsimError
from fsim.interfaces import Catalog
from fsim_plugins.made_once import made_once
from fsim_plugins.torchvision_import import import_torchvision

RAW = Path("FashionMNIST") / "raw"
FILES = tuple(f"{split}-{content}-ubyte" for split in ("train", "t10k") for content in ("images-idx3", "labels-idx1"))
LAST = str(RAW / FILES[-1])


class FashionMnist:
    """Fashion-MNIST (Xiao, Rasul & Vollgraf 2017): 60,000 `train` and 10,000 `test` pictures, 10 categories, no items.

    Args:
        root: the folder that holds `FashionMNIST/raw` with the four idx files, packed (.gz) or not, as torchvision
            leaves them. Null: downloaded once into the cache folder.

    Raises:
        FsimError: files are missing from `root`, damaged, or the download fails.
    """

    licence: ClassVar[str] = "MIT"

    def __init__(self, cache_dir: Path, root: Path | None = None) -> None:
        self.cache_dir, self.root = cache_dir, root

    def load(self) -> Catalog:
        module = import_torchvision("torchvision.datasets.mnist")
        root = self._downloaded(module) if self.root is None else self._unpacked(self.root.expanduser().absolute())
        try:
            parts = [module.FashionMNIST(str(root), train=train) for train in (True, False)]
        except (OSError, RuntimeError, ValueError, EOFError, AssertionError) as error:
            raise _UnavailableError(
                f"cannot read the files in {root / RAW} ({error or 'they are no idx files'})"
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
        state = "".join(f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}\n" for file in _files(root))
        folder = self.cache_dir / "fashion_mnist_unpacked" / hashlib.sha256(state.encode()).hexdigest()[:16]
        return made_once(folder, LAST, lambda unpacked: _unpack(root, unpacked))

    def _downloaded(self, module: ModuleType) -> Path:
        def download(folder: Path) -> None:
            try:
                module.FashionMNIST(str(folder), download=True)
            except (OSError, RuntimeError, EOFError, zlib.error) as error:
                raise _UnavailableError(f"cannot download Fashion-MNIST ({error})") from error

        return made_once(self.cache_dir / "fashion_mnist", LAST, download)


class _UnavailableError(FsimError):
    def __init__(self, message: str) -> None:
        super().__init__(
            f"{message}; put the four files {', '.join(FILES)} (packed as .gz or not) into {Path('DIR') / RAW} and set "
            f"data.dataset.root=DIR"
        )


def _files(root: Path) -> list[Path]:
    """The four files of a root, the unpacked one where there are both."""
    plain = [root / RAW / name for name in FILES]
    return [file if file.is_file() else file.with_name(f"{file.name}.gz") for file in plain]


def _unpack(root: Path, unpacked: Path) -> None:
    """Write the four files, unpacked, below another root."""
    (unpacked / RAW).mkdir(parents=True)
    for source in _files(root):
        content = source.read_bytes()
        if source.suffix == ".gz":
            try:
                content = gzip.decompress(content)
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise FsimError(f"{source} is damaged ({error}); fetch it again") from error
        (unpacked / RAW / source.name.removesuffix(".gz")).write_bytes(content)
