from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fsim.errors import FsimError
from fsim.interfaces import Download
from fsim.runtime.display import Display
from fsim.testing.download_contract import DownloadContract
from fsim_plugins.deepfashion.benchmark_files import BENCHMARKS
from fsim_plugins.downloads.deepfashion import DeepFashion

IMAGES = {f"img/WOMEN/Dresses/id_0000000{n}/01_1_front.jpg": b"\xff\xd8 picture %d" % n * 40 for n in range(1, 6)}
ZIP, PARTITION, BOXES = "Img/img.zip", "Eval/list_eval_partition.txt", "Anno/list_bbox_inshop.txt"


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name), content)  # with no time of day
    return stream.getvalue()


def locked(content: bytes) -> bytes:
    """The archive with the flag of encryption in all its headers."""
    changed = bytearray(content)
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(signature)
        while at >= 0:
            struct.pack_into("<H", changed, at + flags, 1)
            at = changed.find(signature, at + 4)
    return bytes(changed)


def release(benchmark: str = "inshop") -> dict[str, bytes]:
    """All files of a benchmark, as a mirror has them."""
    files = {file.path: f"1\nname\n{file.holds}\n".encode() for file in BENCHMARKS[benchmark].texts}
    rows = [f"{name}  {name}  id  train" for name in IMAGES]
    files[PARTITION] = "\n".join([str(len(rows)), "names", *rows]).encode()
    return {**files, ZIP: zipped(IMAGES)}


def put(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def files(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def download(to: Path, url: str | None = None, benchmark: str = "inshop") -> Path:
    with Display() as display:
        return DeepFashion(benchmark, url).fetch(to, display)  # type: ignore[arg-type]


UNPACKED = {f"Img/{name}": content for name, content in IMAGES.items()}


@pytest.mark.parametrize("benchmark", ["inshop", "consumer2shop"])
def test_a_mirror_gives_a_whole_folder_which_is_then_left_alone(server: Any, tmp_path: Path, benchmark: str) -> None:
    server.files.update(release(benchmark))
    folder = download(tmp_path, server.url + "/", benchmark)
    assert folder == tmp_path / f"deepfashion_{benchmark}"
    assert files(folder) == {**release(benchmark), **UNPACKED}
    server.asked.clear()
    download(tmp_path, server.url, benchmark)
    (folder / ZIP).unlink()
    download(tmp_path, server.url, benchmark)
    download(tmp_path, None, benchmark)
    assert server.asked == []


def test_a_broken_connection_is_gone_on_with(server: Any, tmp_path: Path) -> None:
    server.files.update(release())
    server.breaks_at = 600  # the archive alone is longer
    with pytest.raises(FsimError, match=r"broke after 600 of .* goes on where it stopped"):
        download(tmp_path, server.url)
    server.asked.clear()
    folder = download(tmp_path, server.url)
    assert server.asked == [f"/{ZIP} bytes=600-"]
    assert files(folder) == {**release(), **UNPACKED}


def test_other_places_of_releases_are_found(server: Any, tmp_path: Path) -> None:
    mirror = release()
    mirror["Anno/attributes/list_color_cloth.txt"] = mirror.pop("Anno/list_color_cloth.txt")
    server.files.update(mirror)
    assert files(download(tmp_path, server.url)) == {**mirror, **UNPACKED}


def test_all_that_is_missing_is_told_with_its_place(server: Any, tmp_path: Path) -> None:
    server.files.update(release())
    for name in (PARTITION, ZIP, "Anno/list_color_cloth.txt"):
        del server.files[name]
    with pytest.raises(FsimError) as told:
        download(tmp_path, server.url)
    folder = tmp_path / "deepfashion_inshop"
    lines = str(told.value).splitlines()
    places = [line.split()[0] for line in lines if line.startswith("  ")]
    assert places == [str(folder / name) for name in (PARTITION, ZIP, "Anno/list_color_cloth.txt")]
    assert f"{ZIP}: {server.url} does not have it" in lines
    assert "http://mmlab.ie.cuhk.edu.hk/projects/DeepFashion.html" in str(told.value)
    put(folder, {PARTITION: release()[PARTITION], ZIP: release()[ZIP]})
    assert set(release()) - set(files(download(tmp_path, server.url))) == {"Anno/list_color_cloth.txt"}


def test_without_a_mirror_nothing_is_asked_for_what_has_no_address(tmp_path: Path) -> None:
    with pytest.raises(FsimError) as told:
        download(tmp_path)
    for file in (*BENCHMARKS["inshop"].texts, BENCHMARKS["inshop"].images):
        assert f"  {tmp_path / 'deepfashion_inshop' / file.path}  (" in str(told.value)


def test_archives_that_the_user_put_there_are_unpacked(tmp_path: Path) -> None:
    texts = {name: content for name, content in release().items() if name.startswith("Anno/")}
    folder = tmp_path / "deepfashion_inshop"
    given = {
        ZIP: zipped({"__MACOSX/x": b"", "img/": b"", **IMAGES}),
        "Anno-20240101T000000Z-001.zip": zipped(texts),
        "Eval.zip": zipped({"list_eval_partition.txt": release()[PARTITION]}),
    }
    put(folder, given)
    (folder / "Img/img").mkdir()
    download(tmp_path)
    assert files(folder) == {**given, **texts, PARTITION: release()[PARTITION], **UNPACKED}
    (folder / BOXES).write_text("mine")
    download(tmp_path)
    assert (folder / BOXES).read_text() == "mine", "an archive took the place of the user's file"


def test_a_known_checksum_is_verified(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.files.update(release("category"))
    with pytest.raises(FsimError, match=r"MD5 \w{32}, known: 48aca947353f2235d27a52e6707205b7"):
        download(tmp_path, server.url, "category")
    category = BENCHMARKS["category"]
    images = replace(category.images, md5=hashlib.md5(release()[ZIP]).hexdigest())
    monkeypatch.setitem(BENCHMARKS, "category", replace(category, images=images))
    assert files(download(tmp_path, server.url, "category")) == {**release("category"), **UNPACKED}


@pytest.mark.parametrize("folder", ["Anno_coarse", "Anno_fine"])
def test_newer_releases_of_category_are_taken(server: Any, tmp_path: Path, folder: str) -> None:
    mirror = {name.replace("Anno/", f"{folder}/"): content for name, content in release("category").items()}
    del mirror[ZIP]
    server.files.update(mirror)
    put(tmp_path / "deepfashion_category", UNPACKED)
    assert files(download(tmp_path, server.url, "category")) == {**mirror, **UNPACKED}


def bad_crc() -> bytes:
    content = bytearray(release()[ZIP])
    content[200] ^= 0xFF
    return bytes(content)


def test_an_archive_of_tables_that_is_locked_is_told_until_it_is_moved_away(tmp_path: Path) -> None:
    folder = tmp_path / "deepfashion_inshop"
    put(folder, {**release(), **UNPACKED, "Anno_fine.zip": locked(zipped({"list_bbox.txt": b"x"}))})
    with pytest.raises(FsimError, match=r"(.|\n)*so that its files are in .*/Anno_fine, move the archive away"):
        download(tmp_path)
    (folder / "Anno_fine.zip").unlink()
    download(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<!DOCTYPE html><title>Quota exceeded</title>", r"a web page, not a whole zip|a web page or nothing"),
        (locked(release()[ZIP]), r"locked by a password(.|\n)*authors give the password on request"),
        (release()[ZIP][:-30], r"\([\d,]+ bytes\) is not a whole zip file .* get it again"),
        (bad_crc(), r"not a whole zip file \(Bad CRC-32.* get it again"),
        (zipped({**IMAGES, "img/../../../../escaped": b"x"}), "leads out of the folder"),
        (zipped({"WOMEN/a.jpg": b"x"}), "has no folder img; unpack it yourself"),
    ],
    ids=["web page", "locked", "cut off", "damaged", "leads out", "another"],
)
@pytest.mark.parametrize("by_hand", [True, False])
def test_a_wrong_archive_is_told_and_can_be_mended(
    server: Any, tmp_path: Path, content: bytes, message: str, by_hand: bool
) -> None:
    folder = tmp_path / "in" / "deepfashion_inshop"
    server.files.update({**release(), ZIP: content})
    if by_hand:
        put(folder, {ZIP: content})
    with pytest.raises(FsimError, match=message):
        download(tmp_path / "in", server.url)
    assert not (folder / "Img/img").exists()
    assert list(tmp_path.iterdir()) == [tmp_path / "in"]
    (folder / ZIP).unlink(missing_ok=True)
    server.files[ZIP] = release()[ZIP]
    assert files(download(tmp_path / "in", server.url)) == {**release(), **UNPACKED}


def test_an_unpacking_that_was_stopped_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "deepfashion_inshop"
    first = next(iter(IMAGES)).removeprefix("img/")
    put(folder, {**release(), f"Img/.img.unpacking/{first}": b"is kept"})
    download(tmp_path)
    assert files(folder) == {**release(), **UNPACKED, f"Img/img/{first}": b"is kept"}


def test_web_pages_and_nothing_in_place_of_tables_are_told(server: Any, tmp_path: Path) -> None:
    folder = tmp_path / "deepfashion_inshop"
    put(folder, {**release(), BOXES: b"<html>", PARTITION: b""})
    with pytest.raises(FsimError) as told:
        download(tmp_path)
    assert f"{BOXES}: what is there as {BOXES} is a web page; remove it" in str(told.value)
    assert f"{PARTITION}: {PARTITION} is empty; remove it" in str(told.value)
    server.files.update({**release(), PARTITION: b"<html>", BOXES: b""})
    for name in (PARTITION, BOXES):
        (folder / name).unlink()
    with pytest.raises(FsimError, match="a web page or nothing came"):
        download(tmp_path, server.url)
    assert not (folder / PARTITION).exists()


def test_images_that_were_not_all_unpacked_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "deepfashion_inshop"
    put(folder, {**release(), **dict(list(UNPACKED.items())[:3])})
    with pytest.raises(FsimError, match=r"2 of the 5 images .*; move .*Img/img away and run"):
        download(tmp_path)
    (folder / "Img/img").rename(tmp_path / "away")
    assert files(download(tmp_path)) == {**release(), **UNPACKED}


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FsimError, match="choose another --to"):
        download(tmp_path / "file")


class TestDeepFashion(DownloadContract):
    def make(self, url: str) -> Download:
        return DeepFashion("inshop", url)

    def files(self) -> dict[str, bytes]:
        return release()
