"""Category and Attribute Prediction: rows in the official format, with its traps."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest
from PIL import Image

from fsim.errors import FsimError
from fsim.interfaces import Catalog
from fsim_plugins.datasets.deepfashion_category import DeepFashionCategory
from fsim_plugins.datasets.garments import FEWEST, Garments
from fsim_plugins.garments.deepfashion import CLOTHES_TYPES, attribute_labels, attribute_types
from fsim_plugins.garments.layouts import write_layout

IMAGES = [
    "img/Sheer_Pleated-Front_Blouse/img_00000001.jpg",
    "img/Sheer_Pleated-Front_Blouse/img_00000002.jpg",
    "img/My Blouse/img_00000001.jpg",
    "img/Romper/img_00000007.jpg",
]
FILES = {
    "Anno/list_category_cloth.txt": "3\ncategory_name  category_type\n"
    "Anorak          1\nBlouse          1\nRomper  3\n",
    "Anno/list_category_img.txt": "4\nimage_name  category_label\n"
    + "".join(f"{image}    {number}\n" for image, number in zip(IMAGES, (2, 2, 1, 3), strict=True)),
    "Anno/list_attr_cloth.txt": "3\nattribute_name  attribute_type\n"
    "a-line                          3\nabstract chevron print          1\nboxy knit                       5\n",
    "Anno/list_attr_img.txt": "4\nimage_name  attribute_labels\n"
    + "".join(
        f"{image.ljust(70)} {labels} \n"
        for image, labels in zip(IMAGES, ("-1  1 -1", " 0  0  0", " 1 -1  0", "-1 -1  1"), strict=True)
    ),
    "Anno/list_bbox.txt": "4\nimage_name  x_1  y_1  x_2  y_2\n"
    + "".join(
        f"{image}    {box}\n"
        for image, box in zip(
            IMAGES, ("072 079 232 273", "067 059 155 161", "065 065 156 200", "051 050 051 200"), strict=True
        )
    ),
    "Eval/list_eval_partition.txt": "4\nimage_name  evaluation_status\n"
    + "".join(f"{image}    {split}\n" for image, split in zip(IMAGES, ("train", "val", "train", "test"), strict=True)),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    for image in IMAGES:
        (tmp_path / "Img" / image).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (300, 280)).save(tmp_path / "Img" / image)
    return tmp_path


def check(catalog: Catalog, root: Path) -> None:
    frame = catalog.frame
    assert catalog.root == root / "Img" and frame["image"].tolist() == IMAGES
    assert frame["split"].tolist() == ["train", "val", "train", "test"]
    assert frame["category"].tolist() == ["Blouse", "Blouse", "Anorak", "Romper"]
    assert frame["item"].tolist() == ["Sheer_Pleated-Front_Blouse"] * 2 + ["My Blouse", "Romper"]
    assert frame["box"].tolist() == [(72, 79, 232, 273), (67, 59, 155, 161), (65, 65, 156, 200), None]
    labels = catalog.attribute_labels()
    assert labels.names == ["a-line", "abstract chevron print", "boxy knit"]
    assert labels.types == ["shape", "texture", "style"]
    assert labels.values.dtype == "int8"
    assert labels.values.tolist() == [[-1, 1, -1], [0, 0, 0], [1, -1, 0], [-1, -1, 1]]
    assert frame["attributes"].tolist() == [
        {"shape": [], "texture": ["abstract chevron print"], "style": []},
        {},
        {"shape": ["a-line"], "texture": []},
        {"shape": [], "texture": [], "style": ["boxy knit"]},
    ]


def test_the_official_files(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        check(DeepFashionCategory(root).load(), root)
    assert "the official split leaks: of the 2 pictures of val and test 1 show a product" in caplog.text
    assert "1 boxes that hold nothing" in caplog.text


def test_a_word_that_is_no_split_is_told_with_its_row(root: Path) -> None:
    file = root / "Eval/list_eval_partition.txt"
    file.write_text(FILES["Eval/list_eval_partition.txt"].replace("    val", "    Val"))
    with pytest.raises(FsimError, match=rf"list_eval_partition.txt: 'Val' of {IMAGES[1]} is none of train, val, test;"):
        DeepFashionCategory(root).load()


@pytest.mark.parametrize("name", ["list_attr_img.txt", "list_category_cloth.txt", "list_landmarks.txt"])
def test_of_rows_that_are_there_twice_the_first_counts(name: str, root: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = root / "Anno" / name
    again = {
        "list_attr_img.txt": f"{IMAGES[0]} 1 1 1\n",
        "list_category_cloth.txt": "Blouse 2\n",
        "list_landmarks.txt": "".join(f"{image} 2 {kind}{' 0 1 2' * 4}\n" for kind in (1, 2) for image in IMAGES),
    }[name]
    file.write_text(FILES.get(f"Anno/{name}", "") + again)
    catalog = DeepFashionCategory(root).load()
    assert f"{name} has {4 if 'landmarks' in name else 1} rows of names that it has already (first: " in caplog.text
    if name == "list_landmarks.txt":
        assert [one["variation"] for one in catalog.frame["attributes"]] == ["normal pose"] * 4
    else:
        check(catalog, root)


def test_the_newer_folders(root: Path) -> None:
    (root / "Anno").rename(root / "Anno_coarse")
    check(DeepFashionCategory(root).load(), root)


def test_pictures_without_the_folder_img(root: Path) -> None:
    (root / "Img" / "img").rename(root / "img")
    assert DeepFashionCategory(root).load().root == root


def test_a_split_by_folder_keeps_products_together(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    lines = [f"img/Product_{number // 5}/{number}.jpg" for number in range(1000)]
    (root / "Eval/list_eval_partition.txt").write_text("".join(f"{line} train\n" for line in lines))
    (root / "Anno/list_category_img.txt").write_text("".join(f"{line} 1\n" for line in lines))
    (root / "Anno/list_bbox.txt").write_text("".join(f"{line} 1 2 3 4\n" for line in lines))
    (root / "Img/img/Product_0").mkdir()
    (root / "Img" / lines[0]).touch()
    frame = DeepFashionCategory(root, split="by_folder", attributes=False).load().frame
    assert (frame.groupby("item")["split"].nunique() == 1).all()
    shares = frame["split"].value_counts(normalize=True)
    assert 0.6 < shares["train"] < 0.85 and min(shares["val"], shares["test"]) > 0.06
    assert "leaks" not in caplog.text


def test_the_balanced_selection(root: Path) -> None:
    frame = DeepFashionCategory(root, largest_categories=2).load().frame
    assert frame["category"].value_counts().to_dict() in ({"Blouse": 1, "Anorak": 1}, {"Blouse": 1, "Romper": 1})


def test_files_in_another_order_or_with_holes(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("list_bbox.txt", "list_attr_img.txt", "list_category_img.txt"):
        count, header, *rows = (root / "Anno" / name).read_text().splitlines()
        (root / "Anno" / name).write_text("\n".join([count, header, *reversed(rows)]))
    with caplog.at_level(logging.WARNING):
        check(DeepFashionCategory(root).load(), root)
        assert "says nothing" not in caplog.text
        text = (root / "Anno/list_attr_img.txt").read_text().splitlines()
        (root / "Anno/list_attr_img.txt").write_text("\n".join(text[:-1]))
        labels = DeepFashionCategory(root).load().attribute_labels()
    assert labels.values[0].tolist() == [0, 0, 0] and labels.values[2].tolist() == [1, -1, 0]
    assert "says nothing of 1 of 4 names (first: img/Sheer_Pleated-Front_Blouse/img_00000001.jpg)" in caplog.text
    assert "4 rows, and has 3" in caplog.text


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_missing_file_is_named_with_its_places(name: str, root: Path) -> None:
    (root / name).unlink()
    with pytest.raises(FsimError, match=Path(name).name) as error:
        DeepFashionCategory(root).load()
    assert str(root / name).removesuffix(f"/{Path(name).name}") in str(error.value)


def test_missing_pictures_are_told(root: Path) -> None:
    shutil.rmtree(root / "Img")
    (root / "Img").mkdir()
    with pytest.raises(FsimError, match=r"looked for .*Img/img/Sheer.*get Img/img.zip"):
        DeepFashionCategory(root).load()
    (root / "Img" / "img.zip").touch()
    with pytest.raises(FsimError, match=r"unpack .*img.zip"):
        DeepFashionCategory(root).load()
    with pytest.raises(FsimError, match="there is no folder"):
        DeepFashionCategory(root / "nowhere").load()


def test_files_that_do_not_belong_together(root: Path) -> None:
    (root / "Anno/list_category_img.txt").write_text("".join(f"{image} 51\n" for image in IMAGES))
    with pytest.raises(FsimError, match=r"category '51'.* 1 to 3"):
        DeepFashionCategory(root).load()
    (root / "Anno/list_category_img.txt").write_text("img/other.jpg 1\n")
    with pytest.raises(FsimError, match="another benchmark"):
        DeepFashionCategory(root).load()


def test_the_fine_annotations(root: Path) -> None:
    fine = root / "Anno_fine"
    fine.mkdir()
    (root / "Anno/list_category_cloth.txt").rename(fine / "list_category_cloth.txt")
    (fine / "list_attr_cloth.txt").write_text("2\nattribute_name attribute_type\nfloral 1\ntight 6\n")
    split = {"train": [0, 2], "val": [1], "test": [3]}
    for name, rows in split.items():
        for content, values in (
            ("", IMAGES),
            ("_cate", ["2", "2", "1", "3"]),
            ("_bbox", ["72 79 232 273 "] * 4),
            ("_attr", ["1 0", "0 0", "0 1", "1 1"]),
        ):
            (fine / f"{name}{content}.txt").write_text("".join(f"{values[row]}\n" for row in rows))
    catalog = DeepFashionCategory(root, annotations="fine").load()
    order = [0, 2, 1, 3]
    assert catalog.frame["image"].tolist() == [IMAGES[row] for row in order]
    assert catalog.frame["split"].tolist() == ["train", "train", "val", "test"]
    assert catalog.frame["category"].tolist() == ["Blouse", "Anorak", "Blouse", "Romper"]
    assert catalog.frame["box"].tolist() == [(72, 79, 232, 273)] * 4
    assert catalog.attribute_labels().types == ["texture", "fit"]
    assert catalog.attribute_labels().values.tolist() == [[1, -1], [-1, 1], [-1, -1], [1, 1]]
    (fine / "val_cate.txt").write_text("2\n2\n")
    with pytest.raises(FsimError, match=r"val_cate.txt has 2 rows, and val.txt names 1"):
        DeepFashionCategory(root, annotations="fine").load()


def test_garments_there_and_back(tmp_path: Path, cache: Path) -> None:
    garments = Garments(items=FEWEST, views=3, cache_dir=cache).load()
    write_layout(garments, tmp_path, "deepfashion_category")
    catalog = DeepFashionCategory(tmp_path).load()
    clothes = garments.frame[garments.frame["category"].isin(CLOTHES_TYPES)].reset_index(drop=True)
    frame = catalog.frame
    assert frame["split"].tolist() == clothes["split"].tolist()
    assert frame["category"].tolist() == [category.title() for category in clothes["category"]]
    assert frame["box"].tolist() == clothes["box"].tolist()
    assert frame.groupby("item").ngroup().nunique() == clothes["item"].nunique()
    assert [*zip(frame["item"], clothes["item"], strict=True)] == [
        (item, known)
        for item, known in zip(frame["item"], clothes["item"], strict=True)
        if item.lower().endswith(known[-5:])
    ]
    variations = {"normal pose", "medium zoom-in", "large zoom-in"}
    assert {row["variation"] for row in frame["attributes"]} <= variations
    labels = catalog.attribute_labels()
    assert labels.names == list(attribute_types())
    rows = zip(clothes["category"], clothes["attributes"], strict=True)
    assert labels.values.tolist() == [[int(label) for label in attribute_labels(*row)] for row in rows]
    for image, known in zip(frame["image"], clothes["image"], strict=True):
        assert (catalog.root / image).read_bytes() == (garments.root / known).read_bytes()
