from __future__ import annotations

from pathlib import Path

import pytest

from fsim.errors import FsimError
from fsim_plugins.datasets.folder import Folder


def touch(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    return root


def test_split_folders_under_their_usual_names(tmp_path: Path) -> None:
    touch(
        tmp_path, "train/hat/b.jpg", "train/hat/a.PNG", "validation/bag/deep/er/c.webp", "test/hat/.hidden.jpg", "x.txt"
    )
    touch(tmp_path, "train/hat/notes.txt", "train/stray.jpg", "README.md", "notes/hat/z.jpg")
    frame = Folder(tmp_path).load().frame
    assert frame[["image", "split", "category"]].to_numpy().tolist() == [
        ["train/hat/a.PNG", "train", "hat"],
        ["train/hat/b.jpg", "train", "hat"],
        ["validation/bag/deep/er/c.webp", "val", "bag"],
    ]


def test_a_flat_root_is_split_by_a_rule_that_moves_nothing(tmp_path: Path) -> None:
    touch(tmp_path, *(f"hat/{number}.jpg" for number in range(400)))
    before = Folder(tmp_path, val_share=0.25, test_share=0.25).load().frame.set_index("image")["split"]
    assert {split: 60 < count < 240 for split, count in before.value_counts().items()} == {
        "train": True,
        "val": True,
        "test": True,
    }
    touch(tmp_path, *(f"bag/{number}.jpg" for number in range(50)))
    after = Folder(tmp_path, val_share=0.25, test_share=0.25).load().frame.set_index("image")["split"]
    assert after[before.index].equals(before)
    other = Folder(tmp_path, val_share=0.25, test_share=0.25, split_seed=1).load().frame.set_index("image")["split"]
    assert not other.equals(after)


@pytest.mark.parametrize(
    ("files", "words"), [([], "no picture"), (["train/hat/a.txt"], "no picture"), (["a.jpg"], "no picture")]
)
def test_a_root_without_pictures_is_told(tmp_path: Path, files: list[str], words: str) -> None:
    with pytest.raises(FsimError, match=words):
        Folder(touch(tmp_path, *files)).load()


def test_a_missing_root_and_impossible_shares_are_told(tmp_path: Path) -> None:
    with pytest.raises(FsimError, match="there is no folder"):
        Folder(tmp_path / "none").load()
    with pytest.raises(FsimError, match="lower them"):
        Folder(tmp_path, val_share=0.5, test_share=0.5)


def test_a_category_may_be_a_link_and_a_link_that_leads_back_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.jpg").write_bytes(b"")
    train = tmp_path / "root" / "train"
    train.mkdir(parents=True)
    (train / "bag").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(train)
    frame = Folder(tmp_path / "root").load().frame
    assert frame["category"].tolist() == ["bag"]
