"""What every layout must hold, as tests to inherit. For authors of plugins; needs pytest.

class TestMyLayout(LayoutContract):
    def make(self) -> Layout:
        return MyLayout()

    def write_folder(self, root: Path) -> None:
        (root / "shop.txt").write_text("dresses/1.jpg")
"""

from __future__ import annotations

from pathlib import Path

from fsim.interfaces import FolderReading, Layout
from fsim.kit.picture_files import picture_files


class LayoutContract:
    """Inherit it, give `make` and `write_folder`, and name the class `Test...`."""

    def make(self) -> Layout:
        """A new layout."""
        raise NotImplementedError

    def write_folder(self, root: Path) -> None:
        """Write a small folder of this layout, with at least two pictures (empty files will do) below `root`."""
        raise NotImplementedError

    def test_own_folder_fits(self, tmp_path: Path) -> None:
        self.write_folder(tmp_path)
        assert self.make().fits(tmp_path, picture_files(tmp_path, tmp_path))

    def test_other_folders_do_not_fit(self, tmp_path: Path) -> None:
        assert not self.make().fits(tmp_path, [])
        for split in ("train", "val"):
            (tmp_path / split / "dress").mkdir(parents=True)
            (tmp_path / split / "dress" / "a.jpg").touch()
        assert not self.make().fits(tmp_path, picture_files(tmp_path, tmp_path))

    def test_pictures_are_on_the_disk_and_listed_once(self, tmp_path: Path) -> None:
        reading = self._read(tmp_path)
        images = [picture.image for picture in reading.pictures]
        assert len(images) >= 2
        assert len(set(images)) == len(images)
        assert all((tmp_path / image).is_file() for image in images)

    def test_all_pictures_have_a_split_or_none_has(self, tmp_path: Path) -> None:
        splits = {bool(picture.split) for picture in self._read(tmp_path).pictures}
        assert len(splits) == 1

    def test_every_picture_is_read_or_left_out_with_a_reason(self, tmp_path: Path) -> None:
        reading = self._read(tmp_path)
        known = {picture.image for picture in reading.pictures} | {image for image, _ in reading.ignored}
        assert set(picture_files(tmp_path, tmp_path)) <= known
        assert all(reason for _, reason in reading.ignored)

    def test_a_missing_picture_is_left_out_with_a_reason(self, tmp_path: Path) -> None:
        first = self._read(tmp_path).pictures[0].image
        (tmp_path / first).unlink()
        reading = self.make().read(tmp_path, picture_files(tmp_path, tmp_path))
        assert first not in {picture.image for picture in reading.pictures}

    def test_a_second_reading_is_the_same(self, tmp_path: Path) -> None:
        assert self._read(tmp_path) == self.make().read(tmp_path, picture_files(tmp_path, tmp_path))

    def test_a_catalog_can_be_built(self, tmp_path: Path) -> None:
        reading = self._read(tmp_path)
        assert len(reading.catalog(tmp_path).frame) == len(reading.pictures)

    def _read(self, root: Path) -> FolderReading:
        self.write_folder(root)
        return self.make().read(root, picture_files(root, root))
