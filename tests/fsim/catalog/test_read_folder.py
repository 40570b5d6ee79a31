"""Folders are reading as a person would, and what is not is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsim.catalog.read_folder import read_folder
from fsim.errors import FsimError
from fsim.interfaces import FolderReading, ListedPicture


def touch(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    return root


def labels(reading: FolderReading) -> list[tuple[str, str, str]]:
    return [(picture.split, picture.category, picture.item) for picture in reading.pictures]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["train/hat/a.jpg", "validation/bag/b.jpg"], [("train", "hat", ""), ("val", "bag", "")]),
        (["Train/hat/a.jpg", "Test/bag/b.jpg"], [("test", "bag", ""), ("train", "hat", "")]),
        (["hat/a.jpg", "bag/b.jpg"], [("", "bag", ""), ("", "hat", "")]),
        (["img/train/hat/a.jpg", "img/test/bag/b.jpg"], [("test", "bag", ""), ("train", "hat", "")]),
        (["hat/train/a.jpg", "bag/test/b.jpg"], [("test", "bag", ""), ("train", "hat", "")]),
        (["hat/a.jpg"], [("", "hat", "")]),
        (["hat/i1/a.jpg", "hat/i2/b.jpg", "bag/i3/c.jpg"], [("", "bag", "i3"), ("", "hat", "i1"), ("", "hat", "i2")]),
        (
            ["hat/01/a.jpg", "hat/2/a.jpg", "bag/01/b.jpg"],
            [("", "bag", "bag/01"), ("", "hat", "hat/01"), ("", "hat", "2")],
        ),
        (
            ["train/hat/1/a.jpg", "val/hat/1/b.jpg", "val/bag/2/b.jpg"],
            [("train", "hat", "1"), ("val", "bag", "2"), ("val", "hat", "1")],
        ),
        (["0001/a.jpg", "0002/b.jpg"], [("", "", "0001"), ("", "", "0002")]),
        (["women/hat/a.jpg", "men/bag/b.jpg"], [("", "bag", ""), ("", "hat", "")]),
        (
            ["train/hat/deep/er/a.jpg", "train/hat/b.jpg", "val/bag/c.jpg"],
            [("train", "hat", "")] * 2 + [("val", "bag", "")],
        ),
    ],
)
def test_levels_of_folders(files: list[str], expected: list[tuple[str, str, str]], tmp_path: Path) -> None:
    assert labels(read_folder(touch(tmp_path, *files))) == expected


def test_pictures_outside_the_levels_are_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "train/hat/a.jpg", "val/bag/b.jpg", "cover.jpg", "notes/x/c.jpg", "train/hat/readme.txt")
    reading = read_folder(tmp_path)
    assert [picture.image for picture in reading.pictures] == ["train/hat/a.jpg", "val/bag/b.jpg"]
    assert sorted(reading.ignored) == [("cover.jpg", "not 2 folders deep"), ("notes/x/c.jpg", "in no split")]


def test_without_splits_items_stay_together(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{kind}/{kind}{item}/{view}.jpg" for kind in "ab" for item in range(30) for view in range(3)))
    frame = read_folder(tmp_path).catalog(tmp_path).frame
    assert set(frame["split"]) == {"train", "val"}
    assert (frame.groupby("item")["split"].nunique() == 1).all()


def test_a_share_of_train_may_become_val(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{split}/hat/{number}.jpg" for split in ("train", "test") for number in range(60)))
    reading = read_folder(tmp_path)
    assert set(reading.catalog(tmp_path).frame["split"]) == {"train", "test"}
    counts = reading.catalog(tmp_path, 0.5).frame["split"].value_counts()
    assert counts["test"] == 60
    assert 10 < counts["val"] < 50


def sop(root: Path) -> Path:
    (root / "Ebay_train.txt").write_text(
        "image_id class_id super_class_id path\n1 1 1 bicycle_final/1_0.JPG\n2 1 1 bicycle_final/1_1.JPG\n"
        "3 2 9 coffee_maker_final/2_0.JPG\n"
    )
    (root / "Ebay_test.txt").write_text("image_id class_id super_class_id path\n4 3 1 bicycle_final/3_0.JPG\n")
    return touch(root, "bicycle_final/1_0.JPG", "coffee_maker_final/2_0.JPG", "bicycle_final/3_0.JPG", "more/x.jpg")


def test_stanford_online_products(tmp_path: Path) -> None:
    reading = read_folder(sop(tmp_path))
    assert reading.layout == "sop"
    assert reading.pictures == [
        ListedPicture("bicycle_final/1_0.JPG", "train", "bicycle", "1"),
        ListedPicture("coffee_maker_final/2_0.JPG", "train", "coffee_maker", "2"),
        ListedPicture("bicycle_final/3_0.JPG", "test", "bicycle", "3"),
    ]
    assert reading.ignored == [
        ("bicycle_final/1_1.JPG", "listed, but not there"),
        ("more/x.jpg", "in neither Ebay_train.txt nor Ebay_test.txt"),
    ]


def cub(root: Path) -> Path:
    paths = [f"00{label}.Bird_{label}/b{label} {number}.jpg" for label in (1, 2, 3, 4) for number in (0, 1)]
    lists = {
        "images.txt": [f"{row} {path}" for row, path in enumerate(paths, start=1)],
        "image_class_labels.txt": [f"{row} {(row + 1) // 2}" for row in range(1, 9)],
        "classes.txt": [f"{label} 00{label}.Bird_{label}" for label in (1, 2, 3, 4)],
        "train_test_split.txt": [f"{row} {row % 2}" for row in range(1, 9)],
        "bounding_boxes.txt": [f"{row} 10.0 20.0 30.0 {40.0 + row}" for row in range(1, 9)],
    }
    for name, rows in lists.items():
        (root / name).write_text("\n".join(rows) + "\n")
    return touch(root, *(f"images/{path}" for path in paths))


def test_birds_by_class_as_in_metric_learning(tmp_path: Path) -> None:
    reading = read_folder(cub(tmp_path))
    assert reading.layout == "cub"
    assert [(picture.split, picture.category) for picture in reading.pictures] == [
        (split, f"Bird_{label}")
        for label, split in enumerate(["train", "train", "test", "test"], start=1)
        for _ in "01"
    ]
    assert reading.pictures[0].image == "images/001.Bird_1/b1 0.jpg"
    assert reading.pictures[2].box == (10, 20, 40, 63)
    assert not reading.ignored


def test_birds_by_picture(tmp_path: Path) -> None:
    reading = read_folder(cub(tmp_path), "cub", parameters={"by_picture": True})
    assert [picture.split for picture in reading.pictures] == ["train", "test"] * 4


def test_birds_without_boxes_and_with_holes(tmp_path: Path) -> None:
    (cub(tmp_path) / "bounding_boxes.txt").unlink()
    assert read_folder(tmp_path).pictures[0].box is None
    (tmp_path / "bounding_boxes.txt").write_text("1 10 20 0 40\n")
    with pytest.raises(FsimError, match="the box of picture 1 cannot be read"):
        read_folder(tmp_path)
    (tmp_path / "bounding_boxes.txt").write_text("1 10\n")
    with pytest.raises(FsimError, match=r"bounding_boxes.txt, line 1: expected 5 columns"):
        read_folder(tmp_path)
    (tmp_path / "image_class_labels.txt").write_text("1 1\n")
    (tmp_path / "bounding_boxes.txt").unlink()
    with pytest.raises(FsimError, match=r"lists 2 .*says nothing"):
        read_folder(tmp_path)


INSHOP = ["WOMEN/Dresses/id_00000002/02_1_front.jpg", "WOMEN/Dresses/id_00000002/02_2_side.jpg"]
INSHOP += ["MEN/Pants/id_00000001/01_1_front.jpg"]


@pytest.mark.parametrize("prefix", ["img/", "Img/img/", ""])
def test_inshop_by_its_folders(prefix: str, tmp_path: Path) -> None:
    reading = read_folder(touch(tmp_path, *(prefix + path for path in INSHOP), "logo.png"))
    assert reading.layout == "inshop"
    assert labels(reading) == [
        ("", "Pants", "id_00000001"),
        ("", "Dresses", "id_00000002"),
        ("", "Dresses", "id_00000002"),
    ]
    assert [image for image, _ in reading.ignored] == ["logo.png"]


@pytest.mark.parametrize("prefix", ["img/", "Img/img/"])
def test_inshop_by_its_partition(prefix: str, tmp_path: Path) -> None:
    touch(tmp_path, *(prefix + path for path in INSHOP))
    (tmp_path / "Eval").mkdir()
    (tmp_path / "Eval" / "list_eval_partition.txt").write_text(
        "3\nimage_name item_id evaluation_status\n"
        + "".join(
            f"img/{path}   {path.split('/')[2]}  {split} \n"
            for path, split in zip(INSHOP, ["query", "gallery", "train"], strict=True)
        )
    )
    reading = read_folder(tmp_path)
    assert reading.pictures[0] == ListedPicture(prefix + INSHOP[0], "query", "Dresses", "id_00000002")
    assert [picture.split for picture in reading.pictures] == ["query", "gallery", "train"]
    assert not reading.ignored
    with (tmp_path / "Eval" / "list_eval_partition.txt").open("a") as file:
        file.write("img/CLOTHING/x.jpg id_1 train\n")
    with pytest.raises(FsimError, match="line 6: expected a path of In-shop"):
        read_folder(tmp_path)


def test_a_pattern_names_the_parts(tmp_path: Path) -> None:
    touch(tmp_path, "a/TRAIN_hat_1_x.jpg", "a/valid_bag_2_x.jpg", "a/odd.jpg")
    reading = read_folder(tmp_path, pattern=r"(?P<split>[^/_]+)_(?P<category>[a-z]+)_(?P<item>\d+)")
    assert labels(reading) == [("train", "hat", "1"), ("val", "bag", "2")]
    assert reading.ignored == [("a/odd.jpg", "not matched by the pattern")]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(?P<category>[a-z", "is no regular expression"),
        ("([a-z]+)/", "has no named group"),
        ("(?P<catgory>[a-z]+)/", "no part 'catgory' .did you mean 'category'"),
        ("(?P<category>[0-9]+)x/", r"matches none of the 2 paths, such as\n  bag/b.jpg\n  hat/a.jpg\n"),
        ("(?P<split>[a-z]+)/", "finds the split 'bag' in bag/b.jpg"),
    ],
)
def test_a_pattern_that_does_not_fit_is_told(pattern: str, words: str, tmp_path: Path) -> None:
    touch(tmp_path, "hat/a.jpg", "bag/b.jpg")
    with pytest.raises(FsimError, match=words):
        read_folder(tmp_path, pattern=pattern)


def test_folders_that_say_nothing_are_told(tmp_path: Path) -> None:
    with pytest.raises(FsimError, match="there is no folder of pictures"):
        read_folder(tmp_path / "none")
    with pytest.raises(FsimError, match="no picture"):
        read_folder(touch(tmp_path, "a.txt"))
    with pytest.raises(FsimError, match="in no folders of categories"):
        read_folder(touch(tmp_path, "a.jpg"))
    with pytest.raises(FsimError, match=r"cannot read .*Ebay_train"):
        read_folder(tmp_path, "sop")
    with pytest.raises(FsimError, match="nothing is left of the layout inshop"):
        read_folder(tmp_path, "inshop")
    with pytest.raises(FsimError, match="in no folders of categories"):
        read_folder(touch(tmp_path, "train/b.jpg", "train/c.jpg"))


@pytest.mark.parametrize(("folder", "prefix", "up"), [("Img", "img/", "../"), ("Img/img", "", "../../")])
def test_inshop_by_the_partition_above_its_pictures(folder: str, prefix: str, up: str, tmp_path: Path) -> None:
    touch(tmp_path, *(f"Img/img/{path}" for path in INSHOP), "Eval/list_eval_partition.txt")
    (tmp_path / "Eval" / "list_eval_partition.txt").write_text(
        "1\nimage_name item_id evaluation_status\n" + f"img/{INSHOP[0]} id_00000002 query\n"
    )
    reading = read_folder(tmp_path / folder)
    assert reading.pictures == [ListedPicture(prefix + INSHOP[0], "query", "Dresses", "id_00000002")]
    assert reading.notes[0].endswith(f"those of {up}Eval/list_eval_partition.txt")


@pytest.mark.parametrize("folder", [".", "Img", "Img/img"])
@pytest.mark.parametrize(
    ("file", "dataset"),
    [("list_category_img.txt", "deepfashion_category"), ("list_bbox_consumer2shop.txt", "deepfashion_consumer2shop")],
)
def test_the_dataset_of_a_benchmark_is_named(file: str, dataset: str, folder: str, tmp_path: Path) -> None:
    touch(tmp_path, "Img/img/Dress/id_00000001/a.jpg", "Img/img/Skirt/id_00000002/a.jpg", f"Anno/{file}")
    with pytest.raises(FsimError, match=f"fsim data meta {tmp_path} --dataset {dataset} .*--layout folder"):
        read_folder(tmp_path / folder)
    assert read_folder(tmp_path / folder, "folder").layout == "folder"
