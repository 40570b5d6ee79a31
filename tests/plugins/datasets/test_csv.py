from __future__ import annotations

from pathlib import Path

import pytest

from fsim.errors import FsimError
from fsim_plugins.datasets.csv import Csv

WHOLE = """image,split,category,item,box,attributes,caption,price
a.jpg,train,hat,i1,1 2 30 40,"{""colour"": ""red""}","a red hat, knitted",9
"sub/b c.jpg",val,bag,,,,,
"""


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "metadata.csv"
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_whole_table(tmp_path: Path, encoding: str) -> None:
    catalog = Csv(write(tmp_path, WHOLE, encoding)).load()
    assert catalog.root == tmp_path
    first, second = catalog.frame.to_dict("records")
    assert first == {
        "image": "a.jpg",
        "split": "train",
        "category": "hat",
        "item": "i1",
        "box": (1.0, 2.0, 30.0, 40.0),
        "attributes": {"colour": "red"},
        "caption": "a red hat, knitted",
    }
    assert second["box"] is None
    assert second["attributes"] == {}
    assert second["image"] == "sub/b c.jpg"


def test_without_splits_the_images_of_an_item_stay_together(tmp_path: Path) -> None:
    rows = "".join(f"{item}_{view}.jpg,{item}\n" for item in range(60) for view in range(3))
    frame = Csv(write(tmp_path, "image,item\n" + rows), val_share=0.3).load().frame
    assert set(frame["split"]) == {"train", "val"}
    assert (frame.groupby("item")["split"].nunique() == 1).all()


def test_names_that_look_like_nothing_are_kept(tmp_path: Path) -> None:
    frame = Csv(write(tmp_path, "image,category\nNA,null\n1,nan\n")).load().frame
    assert frame["category"].tolist() == ["null", "nan"]
    assert frame["image"].tolist() == ["NA", "1"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("picture,split\na,train\n", "no column 'image'"),
        ("image\n", "has no rows"),
        ("", "cannot read"),
        ("image,box\na,1 2 3\n", r"line 2: box '1 2 3' cannot be read \(expected four"),
        ("image,box\na,1 2 3 4\nb,x y z w\n", "line 3: box"),
        ("image,attributes\na,red\n", "line 2: attributes 'red'"),
        ("image,attributes\na,[1]\n", "expected a JSON object"),
        ("image,split\na,b,c,d\n", "cannot read"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(FsimError, match=words):
        Csv(write(tmp_path, text)).load()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_header_says_what_parts_the_cells(tmp_path: Path, separator: str) -> None:
    text = 'image|"a;b, c\td"|attributes|caption\na.jpg||"{""fit"": [""slim"", ""long""]}"|"red; long, new"\n'
    catalog = Csv(write(tmp_path, text.replace("|", separator))).load()
    row = catalog.frame.to_dict("records")[0]
    assert row["attributes"] == {"fit": ["slim", "long"]} and row["caption"] == "red; long, new"
    with pytest.raises(FsimError, match=r"no column 'image' \(valid: category, path\)"):
        Csv(write(tmp_path, f"path{separator}category\na{separator}hat\n")).load()


def test_a_column_twice_is_told(tmp_path: Path) -> None:
    with pytest.raises(FsimError, match="has 2 columns 'category'; rename or remove"):
        Csv(write(tmp_path, "image,category,category\na,hat,bag\n")).load()
    assert len(Csv(write(tmp_path, "image,price,price\na,1,2\n")).load().frame) == 1


def test_a_missing_file_and_another_encoding_are_told(tmp_path: Path) -> None:
    with pytest.raises(FsimError, match="cannot read"):
        Csv(tmp_path / "none.csv").load()
    with pytest.raises(FsimError, match="UTF-8"):
        Csv(write(tmp_path, "image\nchâle.jpg\n", "latin-1")).load()
