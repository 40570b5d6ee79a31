"""What DeepFashion's three benchmarks consist of, and where each file belongs.

Sources: the README files of the benchmarks (Liu et al., CVPR 2016). Of all files the address of one is known for sure.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PARTITION = "Eval/list_eval_partition.txt"
PACKED_IMAGES, IMAGES = "Img/img.zip", "Img/img"


@dataclass(frozen=True)
class BenchmarkFile:
    """A file of a benchmark.

    Args:
        holds: what is in it.
        places: where releases have it, below the benchmark's folder; the first is where it is put.
        needed: whether a run needs it.
        drive_id: its id on Google Drive, where that is known.
        md5: its checksum, where that is known.
    """

    holds: str
    places: tuple[str, ...]
    needed: bool = True
    drive_id: str | None = None
    md5: str | None = None

    @property
    def path(self) -> str:
        return self.places[0]

    def found(self, folder: Path) -> Path | None:
        """Where it is in the benchmark's folder."""
        return next((folder / place for place in self.places if (folder / place).is_file()), None)


@dataclass(frozen=True)
class Benchmark:
    """One of the three benchmarks; `image_columns` is how many columns of the partition name images."""

    name: str
    title: str
    images: BenchmarkFile
    texts: tuple[BenchmarkFile, ...]
    image_columns: int = 1


def _partition(holds: str) -> BenchmarkFile:
    return BenchmarkFile(holds, (PARTITION,))


def _category(name: str, holds: str, needed: bool = True) -> BenchmarkFile:
    return BenchmarkFile(holds, tuple(f"{folder}/{name}" for folder in ("Anno", "Anno_coarse", "Anno_fine")), needed)


def _retrieval(name: str, holds: str, needed: bool = False) -> BenchmarkFile:
    return BenchmarkFile(holds, (f"Anno/{name}", f"Anno/attributes/{name}"), needed)


BENCHMARKS = {
    benchmark.name: benchmark
    for benchmark in (
        Benchmark(
            "category",
            "Category and Attribute Prediction Benchmark",
            BenchmarkFile(
                "289,222 images",
                (PACKED_IMAGES,),
                drive_id="0B7EVK8r0v71pa2EyNEJ0dE9zbU0",
                md5="48aca947353f2235d27a52e6707205b7",
            ),
            (
                _partition("train, val, test"),
                _category("list_category_cloth.txt", "names of the categories"),
                _category("list_category_img.txt", "categories of the images"),
                _category("list_attr_cloth.txt", "names of the attributes"),
                _category("list_attr_img.txt", "attributes of the images"),
                _category("list_bbox.txt", "boxes"),
                _category("list_landmarks.txt", "landmarks", needed=False),
            ),
        ),
        Benchmark(
            "inshop",
            "In-shop Clothes Retrieval Benchmark",
            BenchmarkFile("52,712 images", (PACKED_IMAGES,)),
            (
                _partition("train, query, gallery"),
                _retrieval("list_bbox_inshop.txt", "boxes", needed=True),
                _retrieval("list_item_inshop.txt", "ids of the items"),
                _retrieval("list_description_inshop.json", "descriptions of the items"),
                _retrieval("list_attr_cloth.txt", "names of the attributes"),
                _retrieval("list_attr_items.txt", "attributes of the items"),
                _retrieval("list_color_cloth.txt", "colours of the images"),
                _retrieval("list_landmarks_inshop.txt", "landmarks"),
            ),
        ),
        Benchmark(
            "consumer2shop",
            "Consumer-to-shop Clothes Retrieval Benchmark",
            BenchmarkFile("images of consumers and shops", (PACKED_IMAGES,)),
            (
                _partition("pairs of images: train, val, test"),
                _retrieval("list_bbox_consumer2shop.txt", "boxes", needed=True),
                _retrieval("list_item_consumer2shop.txt", "ids of the items"),
                _retrieval("list_landmarks_consumer2shop.txt", "landmarks"),
            ),
            image_columns=2,
        ),
    )
}
