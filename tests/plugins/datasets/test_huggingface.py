"""What the package `datasets` wrote or reads is a catalog; pictures in its tables become files, once."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fsim.catalog.encoded_catalog import load_catalog
from fsim.errors import FsimError
from fsim.images.preparation import Preparation
from fsim_plugins.datasets.huggingface import HuggingFace

datasets = pytest.importorskip("datasets")


def picture(number: int) -> bytes:
    content = io.BytesIO()
    rng = np.random.default_rng(number)
    form = "JPEG" if number % 2 else "PNG"
    Image.fromarray(rng.integers(0, 256, (40, 30, 3), np.uint8)).save(content, form)
    return content.getvalue()


def table(count: int, start: int = 0, **columns: Any) -> Any:
    features = datasets.Features(
        {
            "image": datasets.Image(),
            "label": datasets.ClassLabel(names=["hat", "bag"]),
            "product_id": datasets.Value("int64"),
            "bbox": datasets.Sequence(datasets.Value("float64")),
        }
    )
    rows = range(start, start + count)
    return datasets.Dataset.from_dict(
        {
            "image": [{"bytes": picture(row), "path": None} for row in rows],
            "label": [row % 2 for row in rows],
            "product_id": [row // 2 for row in rows],
            "bbox": [[0.1, 0.2, 0.5, 0.5]] * count,
            **columns,
        },
        features=features,
    )


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    splits = datasets.DatasetDict({"train": table(6), "validation": table(4, 6)})
    splits.save_to_disk(str(tmp_path / "saved"))
    return tmp_path / "saved"


def load(cache: Path, **parameters: Any) -> Any:
    return load_catalog(HuggingFace(cache, **parameters))


def test_what_save_to_disk_wrote(saved: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    catalog = load(tmp_path / "cache", root=saved, box="bbox", box_format="relative_xywh")
    frame = catalog.frame
    assert frame["split"].tolist() == ["train"] * 6 + ["val"] * 4
    assert frame["category"].tolist() == ["hat", "bag"] * 5
    assert frame["item"].tolist() == [str(row // 2) for row in range(10)]
    assert frame["box"][0] == pytest.approx((3, 8, 18, 28))
    assert "category: label, item: product_id" in caplog.text
    for row, image in enumerate(frame["image"]):
        assert (catalog.root / image).read_bytes() == picture(row), "as they are, not encoded anew"
        assert Path(image).suffix == (".jpg" if row % 2 else ".png")


def test_pictures_are_written_once(saved: Path, tmp_path: Path) -> None:
    first = load(tmp_path / "cache", root=saved)
    written = (first.root / first.frame["image"][0]).stat().st_mtime_ns
    second = load(tmp_path / "cache", root=saved, category="", item="")
    assert second.root == first.root
    assert (second.root / second.frame["image"][0]).stat().st_mtime_ns == written
    assert set(second.frame["category"]) == {""}


def test_one_split_is_split_by_the_rule(tmp_path: Path) -> None:
    table(40).save_to_disk(str(tmp_path / "one"))
    frame = load(tmp_path / "cache", root=tmp_path / "one", val_share=0.4).frame
    assert set(frame["split"]) == {"train", "val"}
    assert (frame.groupby("item")["split"].nunique() == 1).all()


def test_parquet_files_and_their_splits_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    for split, part in (("train", table(6)), ("test", table(4, 6))):
        part.to_parquet(str(folder / f"{split}-00000-of-00001.parquet"))
    catalog = load(tmp_path / "cache", root=folder, splits={"test": "query"})
    assert catalog.frame["split"].tolist() == ["train"] * 6 + ["query"] * 4
    assert catalog.frame["category"].tolist() == ["hat", "bag"] * 5
    assert Preparation(8).apply((catalog.root / catalog.frame["image"][9]).read_bytes()).shape == (8, 8, 3)


def test_folders_of_pictures_stay_where_they_are(pictures: Path, tmp_path: Path) -> None:
    frame = load(tmp_path / "cache", root=pictures).frame
    assert frame.groupby(["split", "category"]).size().to_dict() == {
        (split, category): count
        for split, count in (("train", 8), ("val", 4))
        for category in ("hat", "shoes", "skirt")
    }
    assert {Path(image).parents[2] for image in frame["image"]} == {pictures}


def test_an_unknown_label_and_a_missing_picture(tmp_path: Path) -> None:
    images = [{"bytes": picture(1), "path": None}, None]
    table(2, image=images, label=[-1, 1]).save_to_disk(str(tmp_path / "holes"))
    catalog = load(tmp_path / "cache", root=tmp_path / "holes")
    assert catalog.frame["category"].tolist() == ["", "bag"]
    assert (catalog.root / catalog.frame["image"][1]).read_bytes() == b"", "an empty file is named as damaged"


def told(folder: Path, **columns: list[Any]) -> Path:
    """A data set of three pictures with such columns."""
    images = [{"bytes": picture(row), "path": None} for row in range(3)]
    whole = datasets.Dataset.from_dict({"image": images, **columns})
    whole.cast_column("image", datasets.Image()).save_to_disk(str(folder))
    return folder


def test_several_captions_of_an_image(tmp_path: Path) -> None:
    root = told(tmp_path / "told", captions=[["a hat", None, "[new] hat"], [None], ["a bag"]])
    frame = load(tmp_path / "cache", root=root, caption="captions").frame
    assert frame["caption"].tolist() == [["a hat", "[new] hat"], "", "a bag"]


@pytest.mark.parametrize("cell", [["a hat", "hat"], [7, 8], {"id": 7, "raw": "a hat"}, [{"raw": "a hat"}]])
def test_a_column_called_captions_is_not_guessed(cell: Any, tmp_path: Path) -> None:
    root = told(tmp_path / "told", captions=[cell] * 3)
    assert set(load(tmp_path / "cache", root=root).frame["caption"]) == {""}


def test_captions_that_are_no_texts_are_told_where_they_are_asked_for(tmp_path: Path) -> None:
    root = told(tmp_path / "told", captions=[[7, 8]] * 3)
    with pytest.raises(FsimError, match=r"row 0: caption .*expected a text or a list of texts"):
        load(tmp_path / "cache", root=root, caption="captions")


def test_a_script_is_never_run(tmp_path: Path) -> None:
    folder = tmp_path / "scripted"
    folder.mkdir()
    (folder / "scripted.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(FsimError, match="cannot read"):
        load(tmp_path / "cache", root=folder)
    assert not (tmp_path / "ran").exists()


def test_forms_of_other_readers_are_refused(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "train.txt").write_text("a\nb\n")
    with pytest.raises(FsimError, match="is read by 'text', which fsim does not use"):
        load(tmp_path / "cache", root=tmp_path / "texts")


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({}, "and not both"),
        ({"root": Path("saved"), "hub": "a/b"}, "and not both"),
        ({"root": Path("none")}, "there is no folder"),
        ({"root": Path("saved"), "revision": "main"}, "leave it out beside root"),
        ({"root": Path("saved"), "category": "lable"}, "no column 'lable' .did you mean 'label'"),
        ({"root": Path("saved"), "image": "label"}, "row 0: the image is int"),
        ({"root": Path("saved"), "image": ""}, "name it: data.dataset.image"),
        ({"root": Path("saved"), "box": "bbox"}, "split train, row 0: box .*box_format is relative"),
        ({"root": Path("saved"), "splits": {"trian": "train"}}, r"no split 'trian' \(valid: train, validation\)"),
        ({"root": Path("saved"), "splits": {"train": "learn"}}, "the split 'learn' .* is none of train, val"),
        ({"root": Path("saved"), "val_share": 0.6, "test_share": 0.5}, "lower them"),
        ({"hub": "a/b/c"}, "no owner/name on the hub"),
    ],
)
def test_mistakes_are_told(
    parameters: dict[str, Any], words: str, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FsimError, match=words):
        load(tmp_path / "cache", **parameters)


def test_a_hub_out_of_reach_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(FsimError, match=r"cannot get 'nobody/nothing' .*save_to_disk\('DIR'\)"):
        load(tmp_path / "cache", hub="nobody/nothing")
