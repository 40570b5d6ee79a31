from __future__ import annotations

from pathlib import Path

from fsim.interfaces import Layout
from fsim.testing.layout_contract import LayoutContract
from fsim_plugins.layouts.cub import Cub
from fsim_plugins.layouts.inshop import Inshop
from fsim_plugins.layouts.sop import Sop


def touch(root: Path, *images: str) -> None:
    for image in images:
        (root / image).parent.mkdir(parents=True, exist_ok=True)
        (root / image).touch()


class TestSop(LayoutContract):
    def make(self) -> Layout:
        return Sop()

    def write_folder(self, root: Path) -> None:
        head = "image_id class_id super_class_id path\n"
        (root / "Ebay_train.txt").write_text(f"{head}1 1 1 chair_final/1_0.JPG\n2 1 1 chair_final/1_1.JPG\n")
        (root / "Ebay_test.txt").write_text(f"{head}3 2 1 chair_final/2_0.JPG\n")
        touch(root, "chair_final/1_0.JPG", "chair_final/1_1.JPG", "chair_final/2_0.JPG", "logo.png")


class TestCub(LayoutContract):
    def make(self) -> Layout:
        return Cub()

    def write_folder(self, root: Path) -> None:
        (root / "images.txt").write_text("1 001.Albatross/a.jpg\n2 002.Finch/b.jpg\n")
        (root / "image_class_labels.txt").write_text("1 1\n2 2\n")
        (root / "classes.txt").write_text("1 001.Albatross\n2 002.Finch\n")
        (root / "train_test_split.txt").write_text("1 0\n2 1\n")
        (root / "bounding_boxes.txt").write_text("1 2.0 3.0 10.0 20.0\n")
        touch(root, "images/001.Albatross/a.jpg", "images/002.Finch/b.jpg")


class TestCubByPicture(TestCub):
    def make(self) -> Layout:
        return Cub(by_picture=True)


class TestInshop(LayoutContract):
    def make(self) -> Layout:
        return Inshop()

    def write_folder(self, root: Path) -> None:
        images = [f"img/WOMEN/Dresses/id_0000000{n}/02_1_front.jpg" for n in (1, 2)]
        touch(root, *images, "readme/logo.png")
        (root / "Eval").mkdir(exist_ok=True)
        rows = "".join(f"{image} id_1 {status}\n" for image, status in zip(images, ("train", "query"), strict=True))
        (root / "Eval" / "list_eval_partition.txt").write_text(f"2\nimage_name item_id evaluation_status\n{rows}")


class TestInshopWithoutPartition(TestInshop):
    def write_folder(self, root: Path) -> None:
        touch(root, "MEN/Denim/id_00000001/01_1_front.jpg", "MEN/Denim/id_00000002/01_1_front.jpg")
