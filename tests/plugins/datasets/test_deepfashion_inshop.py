"""In-shop Clothes Retrieval: rows in the official format, with its traps."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from PIL import Image

from fsim.errors import FsimError
from fsim.interfaces import Catalog
from fsim_plugins.datasets.deepfashion_inshop import DeepFashionInshop
from fsim_plugins.datasets.garments import FEWEST, Garments
from fsim_plugins.garments.deepfashion import CLOTHES_TYPES, attribute_name
from fsim_plugins.garments.deepfashion_inshop import FOLDERS
from fsim_plugins.garments.layouts import write_layout

IMAGES = [
    "img/WOMEN/Dresses/id_00000002/02_1_front.jpg",
    "img/WOMEN/Dresses/id_00000002/02_2_side.jpg",
    "img/MEN/Denim/id_00000080/01_1_front.jpg",
    "img/MEN/Denim/id_00000080/01_7_additional.jpg",
]
PADDED = "{}                                      {}  {}                  \n"
FILES = {
    "Eval/list_eval_partition.txt": "4\nimage_name item_id evaluation_status\n"
    + "".join(
        PADDED.format(image, image.split("/")[3], split)
        for image, split in zip(IMAGES, ("train", "train", "query", "gallery"), strict=True)
    ),
    "Anno/list_item_inshop.txt": "2\nid_00000002\nid_00000080\n",
    "Anno/list_bbox_inshop.txt": "4\nimage_name  clothes_type  pose_type  x_1  y_1  x_2  y_2\n"
    + "".join(
        f"{image}   1 {pose} 050 049 208 {number}\n"
        for number, (image, pose) in enumerate(zip(IMAGES, (1, 2, 4, 6), strict=True), start=200)
    ),
    "Anno/list_description_inshop.json": json.dumps(
        [
            {
                "item": "id_00000002",
                "color": "Burgundy/black",
                "description": ["A dress.", "Woven in a 90% café blend."],
            },
            {"item": "id_00000080", "color": "Medium denim", "description": []},
            {"item": "id_00000002", "color": "again", "description": ["again"]},
        ],
        ensure_ascii=False,
    ),
    "Anno/attributes/list_attr_cloth.txt": "3\nattribute_name\nabstract print\nslim fit\n3/4 sleeve\n",
    "Anno/attributes/list_attr_items.txt": "2\nitem_id  attribute_labels\n"
    "id_00000002    -1  1  0\nid_00000080   1 -1 -1 \n",
    "Anno/attributes/list_color_cloth.txt": "4\nimage_name  color\n"
    + "".join(
        f"{image}      {colour}   \n"
        for image, colour in zip(IMAGES, ("Burgundy/black", "Red", "Medium denim", "Olive Green"), strict=True)
    ),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for image in IMAGES:
        (tmp_path / "Img" / image).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (256, 256)).save(tmp_path / "Img" / image)
    return tmp_path


def check(catalog: Catalog) -> None:
    frame = catalog.frame
    assert frame["image"].tolist() == IMAGES
    assert frame["split"].tolist() == ["train", "train", "query", "gallery"]
    assert frame["item"].tolist() == ["id_00000002"] * 2 + ["id_00000080"] * 2
    assert frame["category"].tolist() == ["Dresses", "Dresses", "Denim", "Denim"]
    assert frame["box"].tolist() == [(50, 49, 208, y2) for y2 in (200, 201, 202, 203)]
    assert frame["caption"].tolist() == ["A dress. Woven in a 90% café blend."] * 2 + [""] * 2
    assert [row["colour"] for row in frame["attributes"]] == ["Burgundy/black", "Red", "Medium denim", "Olive Green"]
    assert [row["gender"] for row in frame["attributes"]] == ["women"] * 2 + ["men"] * 2
    assert [row["attribute"] for row in frame["attributes"]] == [["slim fit"]] * 2 + [["abstract print"]] * 2
    labels = catalog.attribute_labels()
    listed = [column for column, kind in enumerate(labels.types) if kind == "attribute"]
    assert [labels.names[column] for column in listed] == ["abstract print", "slim fit", "3/4 sleeve"]
    assert labels.values[:, listed].tolist() == [[-1, 1, 0]] * 2 + [[1, -1, -1]] * 2


def test_the_official_files(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        check(DeepFashionInshop(root).load())
    assert not caplog.records


def test_attributes_beside_the_other_files(root: Path) -> None:
    for file in (root / "Anno" / "attributes").iterdir():
        file.rename(root / "Anno" / file.name)
    check(DeepFashionInshop(root).load())


def test_without_what_not_every_release_has(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("list_attr_items.txt", "list_color_cloth.txt"):
        (root / "Anno" / "attributes" / name).unlink()
    (root / "Anno/list_item_inshop.txt").unlink()
    with caplog.at_level(logging.WARNING):
        frame = DeepFashionInshop(root).load().frame
    assert frame["attributes"].tolist()[0] == {"colour": "Burgundy/black", "gender": "women", "pose": "front"}
    assert frame["attributes"].tolist()[3] == {"colour": "Medium denim", "gender": "men", "pose": "flat"}
    (root / "Anno/list_description_inshop.json").unlink()
    with caplog.at_level(logging.WARNING):
        frame = DeepFashionInshop(root).load().frame
    assert frame["caption"].tolist() == [""] * 4
    assert "no attributes but colour" in caplog.text and "no captions" in caplog.text


@pytest.mark.parametrize(
    "name", ["Eval/list_eval_partition.txt", "Anno/list_bbox_inshop.txt", "Anno/attributes/list_attr_cloth.txt"]
)
def test_a_missing_file_is_named_with_its_places(name: str, root: Path) -> None:
    (root / name).unlink()
    with pytest.raises(FsimError, match=Path(name).name) as error:
        DeepFashionInshop(root).load()
    assert str((root / name).parent) in str(error.value)


def test_edited_copies(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    (root / "Anno/list_item_inshop.txt").write_text("7982\nid_00000002\nid_00000099\n")
    with caplog.at_level(logging.WARNING):
        DeepFashionInshop(root).load()
    assert "7982 rows, and has 2" in caplog.text and "differ in 2 items (first: id_00000080)" in caplog.text
    (root / "Anno/list_description_inshop.json").write_text("[{")
    with pytest.raises(FsimError, match=r"list_description_inshop.json"):
        DeepFashionInshop(root).load()
    (root / "Anno/list_description_inshop.json").write_text("[]")
    (root / "Eval/list_eval_partition.txt").write_text("1\nimage_name item_id evaluation_status\na.jpg id_1 train\n")
    with pytest.raises(FsimError, match="no path such as"):
        DeepFashionInshop(root).load()
    (root / "Eval/list_eval_partition.txt").write_text(
        "1\nimage_name item_id evaluation_status\nimg/W/D/i/a.jpg id_1 Train\n"
    )
    with pytest.raises(
        FsimError, match=r"partition.txt: 'Train' of img/W/D/i/a.jpg is none of train, query, gallery; fix"
    ):
        DeepFashionInshop(root).load()


def test_some_training_items_for_val(tmp_path: Path, cache: Path) -> None:
    write_layout(Garments(items=100, views=2, cache_dir=cache).load(), tmp_path, "deepfashion_inshop")
    official = DeepFashionInshop(tmp_path).load().frame
    frame = DeepFashionInshop(tmp_path, val_share=0.3).load().frame
    moved = frame["split"] != official["split"]
    assert set(official["split"][moved]) == {"train"} and set(frame["split"][moved]) == {"val"}
    assert not set(frame["item"][moved]) & set(frame["item"][frame["split"] == "train"])


def test_garments_there_and_back(tmp_path: Path, cache: Path) -> None:
    garments = Garments(items=FEWEST, views=4, cache_dir=cache).load()
    write_layout(garments, tmp_path, "deepfashion_inshop")
    catalog = DeepFashionInshop(tmp_path).load()
    clothes = garments.frame[garments.frame["category"].isin(CLOTHES_TYPES)].reset_index(drop=True)
    frame = catalog.frame
    assert frame["category"].tolist() == [FOLDERS[category] for category in clothes["category"]]
    assert frame["box"].tolist() == clothes["box"].tolist()
    assert [split == "train" for split in frame["split"]] == [split == "train" for split in clothes["split"]]
    assert (
        len({*zip(frame["item"], clothes["item"], strict=True)}) == clothes["item"].nunique() == frame["item"].nunique()
    )
    assert [text.rstrip(".").lower() for text in frame["caption"]] == [
        first.lower() for first, *_ in clothes["caption"]
    ]
    assert {row["pose"] for row in frame["attributes"]} == {"front", "side", "back", "full"}
    assert all("pose" in row["variation"] or "zoom" in row["variation"] for row in frame["attributes"])
    for attributes, known in zip(frame["attributes"], clothes["attributes"], strict=True):
        assert attributes["colour"] == known["colour"].title()
        names = {attribute_name(kind, value) for kind, value in known.items()}
        assert set(attributes["attribute"]) <= names
        assert names - set(attributes["attribute"]) <= {
            value for value in names if value not in catalog.attribute_labels().names
        }
    for image, known in zip(frame["image"], clothes["image"], strict=True):
        assert (catalog.root / image).read_bytes() == (garments.root / known).read_bytes()
