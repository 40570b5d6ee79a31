from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsim.errors import FsimError
from fsim.kit.unpack import BrokenZipError, LockedZipError, UnreadableZipError, check_zip, is_web_page, unpack

NAMES = ("top/a/1.jpg", "top/a/2.jpg", "top/3.jpg")


def archive(names: tuple[str, ...] = NAMES) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.writestr(name, f"content of {name}" * 50)
    return stream.getvalue()


def changed_headers(content: bytes, field: int, value: int) -> bytes:
    """The archive with two bytes of each entry's headers changed; `field` counts from the local header's flags."""
    changed = bytearray(content)
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(signature)
        while at >= 0:
            struct.pack_into("<H", changed, at + flags + field, value)
            at = changed.find(signature, at + 4)
    return bytes(changed)


def files(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def below_top(parts: tuple[str, ...]) -> tuple[str, ...] | None:
    return parts[1:] if parts[0] == "top" else None


def everything(parts: tuple[str, ...]) -> tuple[str, ...]:
    return parts


def packed(folder: Path, content: bytes) -> Path:
    (folder / "a.zip").write_bytes(content)
    return folder / "a.zip"


def test_what_has_a_place_is_unpacked_and_what_is_there_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "a").mkdir(parents=True)
    (out / "a" / "1.jpg").write_text("mine")
    told: list[tuple[int, int]] = []
    file = packed(tmp_path, archive((*NAMES, "other/x")))
    assert unpack(file, out, below_top, lambda done, total: told.append((done, total))) == 3
    assert files(out) == ["3.jpg", "a/1.jpg", "a/2.jpg"]
    assert (out / "a/1.jpg").read_text() == "mine"
    assert (out / "a/2.jpg").read_text() == "content of top/a/2.jpg" * 50
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_damaged_entry_is_told_and_never_stands_under_its_name(tmp_path: Path) -> None:
    content = bytearray(archive())
    content[content.find(b"PK\x03\x04", 4) + 30 + len("top/a/2.jpg") + 5] ^= 0xFF
    file, out = packed(tmp_path, bytes(content)), tmp_path / "out"
    out.mkdir()
    check_zip(file)
    with pytest.raises(BrokenZipError, match=r"a\.zip \([\d,]+ bytes\) is not a whole zip"):
        unpack(file, out, below_top)
    assert "a/2.jpg" not in files(out)
    unpack(packed(tmp_path, archive()), out, below_top)
    assert files(out) == ["3.jpg", "a/1.jpg", "a/2.jpg"]


@given(st.integers(0, len(archive()) - 1))
def test_a_zip_that_is_cut_off_anywhere_is_told(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    file = packed(tmp_path_factory.mktemp("cut"), archive()[:length])
    with pytest.raises(BrokenZipError, match="not a whole zip"):
        check_zip(file)


def test_a_locked_zip_is_told(tmp_path: Path) -> None:
    file = packed(tmp_path, changed_headers(archive(), 0, 1))
    for act in (lambda: check_zip(file), lambda: unpack(file, tmp_path / "out", everything)):
        with pytest.raises(LockedZipError, match=r"locked by a password \(3 files, the first: top/a/1.jpg\)"):
            act()
    assert files(tmp_path) == ["a.zip"]


def test_a_compression_that_python_lacks_is_told(tmp_path: Path) -> None:
    file = packed(tmp_path, changed_headers(archive(), 2, 9))  # Deflate64
    with pytest.raises(UnreadableZipError, match=r"Python cannot unpack 'top/a/1\.jpg'"):
        unpack(file, tmp_path, everything)


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/x", "..\\x", "C:/x", "C:x"])
def test_paths_that_lead_out_are_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    file = packed(tmp_path, archive(("good.txt", name)))
    with pytest.raises(BrokenZipError, match="leads out of the folder"):
        unpack(file, tmp_path / "in" / "side", everything)
    assert files(tmp_path) == ["a.zip"]


def test_links_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as stream:
        stream.writestr(link, "/etc")
        stream.writestr("link/x", "text")
    with pytest.raises(BrokenZipError, match="leads out of the folder"):
        unpack(tmp_path / "a.zip", tmp_path, everything)
    assert files(tmp_path) == ["a.zip"]


def test_what_the_disk_has_no_room_for_is_not_begun(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as stream:
        stream.writestr("small", "x")
        stream.writestr("bomb", "x")
        stream.getinfo("bomb").file_size = 1 << 50
    with pytest.raises(FsimError, match=r"GB free, and 1125899\.9 GB are needed"):
        unpack(tmp_path / "a.zip", tmp_path, everything)
    assert files(tmp_path) == ["a.zip"]


@pytest.mark.parametrize(
    ("content", "page"),
    [
        (b"\xef\xbb\xbf\n<!DOCTYPE html><html>", True),
        (b"<HTML><head>", True),
        (b"52712\nimage_name", False),
        (archive(), False),
        (b"", False),
    ],
)
def test_web_pages_are_known(tmp_path: Path, content: bytes, page: bool) -> None:
    assert is_web_page(packed(tmp_path, content)) == page
