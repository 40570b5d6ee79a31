from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsim.errors import FsimError
from fsim_plugins.deepfashion.benchmark_files import BENCHMARKS
from fsim_plugins.deepfashion.partition_images import check_images, partition_images

NAMES = ["img/A/1.jpg", "img/A/2.jpg", "img/B/1.jpg"]


def written(folder: Path, text: str) -> Path:
    (folder / "Eval").mkdir(exist_ok=True)
    file = folder / "Eval" / "list_eval_partition.txt"
    file.write_text(text, encoding="utf-8")
    return file


def table(names: list[str]) -> str:
    rows = [f"{name}   id_1  train " for name in names]
    return "\n".join([str(len(rows)), "image_name  item_id  evaluation_status", *rows])


def touch(folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / "Img" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "Img" / name).write_bytes(b"")


def test_the_first_columns_name_images(tmp_path: Path) -> None:
    file = written(tmp_path, "2\na b c d\nimg/1.jpg   img/2.jpg  id train \nimg/3.jpg img/2.jpg id val\n")
    assert list(partition_images(file, 1)) == ["img/1.jpg", "img/3.jpg"]
    assert list(partition_images(file, 2)) == ["img/1.jpg", "img/2.jpg", "img/3.jpg", "img/2.jpg"]


@given(st.integers(0, len(table(NAMES)) - len(NAMES[-1]) - 20))
def test_a_table_that_lost_rows_is_told(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    file = written(tmp_path_factory.mktemp("cut"), table(NAMES)[:length])
    with pytest.raises(FsimError, match="remove it and get it again"):
        list(partition_images(file, 1))


def test_images_that_are_not_there_are_counted_and_the_first_is_named(tmp_path: Path) -> None:
    inshop = BENCHMARKS["inshop"]
    written(tmp_path, table(NAMES))
    touch(tmp_path, [*NAMES, "img/A/more.jpg"])
    check_images(inshop, tmp_path)
    (tmp_path / "Img/img").rename(tmp_path / "elsewhere")
    (tmp_path / "Img/img").symlink_to(tmp_path / "elsewhere")
    check_images(inshop, tmp_path)
    (tmp_path / "Img" / NAMES[1]).unlink()
    (tmp_path / "Img" / NAMES[2]).unlink()
    with pytest.raises(FsimError, match=r"2 of the 3 images .*the first: img/A/2\.jpg"):
        check_images(inshop, tmp_path)
