"""Images a second on the way to the network, beside Pillow and torchvision in the same run.

    python scripts/bench/data_path.py FOLDER_OF_JPEGS [--size 96] [--rounds 3]

Building the cache: fsim beside the same decoding in full (Pillow alone; simplejpeg with Pillow's resize) and beside
the fastest decoders alone, with no resize and nothing written, all on as many threads as there are processors. Batches
of 64, shuffled: gathered from the cache, augmented and normalised in this process, beside a DataLoader of two workers
that decodes by Pillow and transforms by torchvision (v1, the same augmentation). Each is measured in turn,
--rounds times, and the median is shown.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import simplejpeg
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from fsim.images.each_image import available_processors
from fsim.images.image_cache import CachedImages, open_image_cache
from fsim.images.normalise import Normalise
from fsim.images.preparation import Preparation
from fsim.interfaces import Augmentation, Catalog
from fsim.runtime.machine import prepare_machine
from fsim_plugins.augmentations.none import NoAugmentation
from fsim_plugins.augmentations.standard import Standard
from fsim_plugins.torchvision_import import import_torchvision

BATCH_SIZE = 64
PASSES = 5  # over the cache a round: one takes a few hundredths of a second
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Files(Dataset[torch.Tensor]):
    """Images by Pillow, transformed by torchvision: what a plain training script does."""

    def __init__(self, files: list[Path], size: int, augmented: bool) -> None:
        v1 = import_torchvision("torchvision.transforms")
        to_input = [v1.ToTensor(), v1.Normalize(MEAN, STD)]
        if augmented:  # as Standard() does
            steps = [
                v1.RandomResizedCrop(size, scale=(0.5, 1)),
                v1.RandomHorizontalFlip(),
                v1.ColorJitter(brightness=0.2, contrast=0.2, saturation=0.2),
                *to_input,
                v1.RandomErasing(p=0.25, scale=(0.02, 0.2), value="random"),
            ]
        else:
            steps = [v1.Resize((size, size)), *to_input]
        self.files, self.transform = files, v1.Compose(steps)

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, row: int) -> torch.Tensor:
        with Image.open(self.files[row]) as image:
            transformed: torch.Tensor = self.transform(image.convert("RGB"))
        return transformed


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def decode_by_pillow(file: Path, size: int) -> bytes:
    with Image.open(file) as image:
        return image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR).tobytes()


def decode_by_simplejpeg(file: Path, size: int) -> bytes:
    image = Image.fromarray(simplejpeg.decode_jpeg(file.read_bytes(), "RGB"))
    return image.resize((size, size), Image.Resampling.BILINEAR).tobytes()


def decode_small(file: Path, size: int) -> object:
    """What fsim's cache asks of simplejpeg, and nothing else: the limit of any cache that is built with it."""
    return simplejpeg.decode_jpeg(file.read_bytes(), "RGB", min_height=2 * size, min_width=2 * size)


def decode_by_torchvision(file: Path, size: int) -> object:
    io = import_torchvision("torchvision.io")
    return io.decode_jpeg(io.read_file(str(file)), mode=io.ImageReadMode.RGB)


def build_rates(files: list[Path], size: int, rounds: int) -> dict[str, list[float]]:
    def cache() -> object:
        catalog = Catalog.of({"image": [str(file) for file in files]}, Path())
        with tempfile.TemporaryDirectory() as folder:
            return open_image_cache(catalog, Preparation(size), folder=Path(folder), max_damaged=1)

    def in_threads(decode: Callable[[Path, int], object]) -> Callable[[], object]:
        def run() -> object:
            with ThreadPoolExecutor(available_processors()) as pool:
                return list(pool.map(lambda file: decode(file, size), files))

        return run

    works = {
        "fsim: cache": cache,
        "Pillow: decode, resize": in_threads(decode_by_pillow),
        "simplejpeg: decode; Pillow: resize": in_threads(decode_by_simplejpeg),
        "simplejpeg alone, in full": in_threads(lambda file, size: simplejpeg.decode_jpeg(file.read_bytes(), "RGB")),
        "simplejpeg alone, at a fraction": in_threads(decode_small),
    }
    try:
        decode_by_torchvision(files[0], size)
    except RuntimeError as error:
        print(f"torchvision.io is left out, it decodes nothing here: {str(error).splitlines()[0][:60]}")
    else:
        works["torchvision.io alone, in full"] = in_threads(decode_by_torchvision)
    return measure(works, len(files), rounds)


def batch_rates(files: list[Path], images: CachedImages, size: int, rounds: int) -> dict[str, list[float]]:
    normalise = Normalise(MEAN, STD)
    rng = np.random.default_rng(0)

    def from_cache(augmentation: Augmentation) -> Callable[[], object]:
        def run() -> None:
            for _ in range(PASSES):
                order = rng.permutation(np.flatnonzero(images.usable))
                for start in range(0, len(order), BATCH_SIZE):
                    normalise(augmentation(images.gather(order[start : start + BATCH_SIZE]), rng))

        return run

    def from_files(augmented: bool) -> Callable[[], object]:
        loader = DataLoader(
            Files(files, size, augmented), BATCH_SIZE, shuffle=True, num_workers=2, persistent_workers=True
        )

        def run() -> None:
            for _ in loader:
                pass

        run()  # starts the workers
        return run

    cached = {"fsim: none": from_cache(NoAugmentation()), "fsim: standard": from_cache(Standard())}
    loaded = {
        "DataLoader: none": from_files(augmented=False),
        "DataLoader: as standard": from_files(augmented=True),
    }
    rates = measure({**cached, **loaded}, len(files), rounds)
    return {name: [rate * (PASSES if name in cached else 1) for rate in each] for name, each in rates.items()}


def measure(works: dict[str, Callable[[], object]], num_images: int, rounds: int) -> dict[str, list[float]]:
    """Images a second of each work in each round; the works alternate, so that a slow minute hits all of them."""
    rates: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            rates[name].append(num_images / seconds(work))
    return rates


def show(title: str, rates: dict[str, list[float]], held_against: dict[str, str]) -> None:
    """One line a work: median images a second; beside a peer, the median of how many times as fast fsim is."""
    print(f"\n{title:<40}{'images/s':>10}{'fsim is':>10}")
    for name, each in rates.items():
        times = ""
        if name in held_against:
            ours = rates[held_against[name]]
            times = f"{statistics.median(one / other for one, other in zip(ours, each, strict=True)):.1f} x"
        print(f"{name:<40}{statistics.median(each):>10,.0f}{times:>10}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    prepare_machine("fp32")  # the allocator as `fsim run` sets it
    files = sorted(arguments.folder.absolute().rglob("*.jpg"))
    print(f"{len(files)} images, {arguments.size} px, {available_processors()} processors")

    built = build_rates(files, arguments.size, arguments.rounds)
    show("build the cache", built, dict.fromkeys(list(built)[1:], "fsim: cache"))
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog.of({"image": [str(file) for file in files]}, Path())
        images = open_image_cache(catalog, Preparation(arguments.size), folder=Path(folder), max_damaged=1)
        batches = batch_rates(files, images, arguments.size, arguments.rounds)
    show(
        f"batches of {BATCH_SIZE}",
        batches,
        {"DataLoader: none": "fsim: none", "DataLoader: as standard": "fsim: standard"},
    )


if __name__ == "__main__":
    main()
