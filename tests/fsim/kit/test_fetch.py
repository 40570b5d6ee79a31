from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from fsim.errors import FsimError
from fsim.kit.fetch import NotFoundError, check_space, fetch

CONTENT = bytes(range(256)) * 20


def test_a_file_comes_whole_and_its_progress_is_told(server: Any, tmp_path: Path) -> None:
    server.files["a/b.zip"] = CONTENT
    told: list[tuple[int, int]] = []
    fetch(f"{server.url}/a/b.zip", tmp_path / "b", lambda done, total: told.append((done, total)))
    assert (tmp_path / "b").read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_a_broken_connection_is_gone_on_with(server: Any, tmp_path: Path) -> None:
    server.files["b"], server.breaks_at = CONTENT, 1000
    with pytest.raises(FsimError, match=r"broke after 1,000 of 5,120 bytes; run the command again"):
        fetch(f"{server.url}/b", tmp_path / "b")
    fetch(f"{server.url}/b", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == CONTENT
    assert server.asked == ["/b", "/b bytes=1000-"]
    fetch(f"{server.url}/b", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == CONTENT, "a whole file was changed"


def test_a_part_of_another_file_is_not_gone_on_with(server: Any, tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(CONTENT)
    server.files["b"] = CONTENT[:100]
    with pytest.raises(FsimError, match="another file than at the last try"):
        fetch(f"{server.url}/b", tmp_path / "b")
    fetch(f"{server.url}/b", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == CONTENT[:100]


def test_a_web_page_does_not_take_the_place_of_what_is_there(server: Any, tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(CONTENT[:100])
    server.files["b"], server.types["b"] = b"<html>" * 100, "text/html; charset=utf-8"
    with pytest.raises(NotFoundError, match="gives a web page"):
        fetch(f"{server.url}/b", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == CONTENT[:100]


def test_no_server_no_file_and_no_address_are_told(server: Any, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="answers 404"):
        fetch(f"{server.url}/none", tmp_path / "b")
    with pytest.raises(FsimError, match=r"cannot fetch .* get it on a machine with a network"):
        fetch("http://127.0.0.1:9/none", tmp_path / "b")
    for url in ("nonsense", "http://127.0.0.1:x/none", "http://127.0.0.1/a b"):
        with pytest.raises(FsimError, match="is no address"):
            fetch(url, tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_an_answer_that_is_no_http_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            connection.recv(1000)
            connection.sendall(b"rubbish\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        with pytest.raises(FsimError, match=r"the connection to .* broke"):
            fetch(f"http://127.0.0.1:{listening.getsockname()[1]}/x.zip", tmp_path / "b")
        thread.join(10)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_told(server: Any) -> None:
    server.files["b"] = CONTENT
    with pytest.raises(FsimError, match="the disk is full; free space"):
        fetch(f"{server.url}/b", Path("/dev/full"))


def test_too_little_room_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(FsimError, match=r"GB free, and 1125899\.9 GB are needed"):
        check_space(tmp_path, 1 << 50)
