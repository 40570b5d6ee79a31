from __future__ import annotations

import contextlib
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fsim_plugins.deepfashion.benchmark_files import BENCHMARKS

ROOT = Path(__file__).resolve().parents[4]
Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
INSHOP = ("data", "download", "deepfashion", "--benchmark", "inshop")


@pytest.fixture(scope="module")
def layouts(fsim: Fsim, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn garments in the three layouts, each a folder <layouts>/<benchmark>."""
    folder = tmp_path_factory.mktemp("layouts")
    for name in BENCHMARKS:
        layout = ("--layout", f"deepfashion_{name}", "--items", 42, "--views", 2)
        done = fsim("data", "garments", folder / name, *layout)
        assert done.returncode == 0, done.stderr
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def mirrored(layout: Path, tmp_path: Path) -> dict[str, bytes]:
    """The layout as the project offers it: the images in Img/img.zip."""
    contents = files(layout)
    with zipfile.ZipFile(tmp_path / "img.zip", "w") as packed:
        for name in [name for name in contents if name.startswith("Img/")]:
            packed.writestr(name.removeprefix("Img/"), contents.pop(name))
    return {**contents, "Img/img.zip": (tmp_path / "img.zip").read_bytes()}


@pytest.mark.parametrize("benchmark", ["inshop", "consumer2shop"])
def test_a_mirror_gives_the_layout_and_the_next_command(
    fsim: Fsim, server: Any, layouts: Path, tmp_path: Path, benchmark: str
) -> None:
    mirror = mirrored(layouts / benchmark, tmp_path)
    server.files.update(mirror)
    command = ("data", "download", "deepfashion", "--benchmark", benchmark, "--accept-terms")
    done = fsim(*command, "--to", tmp_path / "to", "--url", server.url)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "to" / f"deepfashion_{benchmark}"
    assert {**mirror, **files(layouts / benchmark)} == files(folder)
    assert "non-commercial research and education only" in done.stdout
    assert done.stdout.splitlines()[-1] == (
        f"  fsim run recipes/deepfashion/{benchmark}.yaml data.dataset.root={folder}"
    )
    server.asked.clear()
    assert fsim(*command, "--to", tmp_path / "to").returncode == 0
    assert server.asked == []


def test_category_put_there_by_hand_is_whole(fsim: Fsim, layouts: Path, tmp_path: Path) -> None:
    shutil.copytree(layouts / "category", tmp_path / "deepfashion_category")
    done = fsim("data", "download", "deepfashion", "--benchmark", "category", "--accept-terms", "--to", tmp_path)
    assert done.returncode == 0, done.stderr


def test_drive_is_asked_for_what_has_an_address_alone(fsim: Fsim, server: Any, tmp_path: Path) -> None:
    proxy = {"https_proxy": server.url, "http_proxy": server.url, "no_proxy": "", "NO_PROXY": "", "HOME": str(tmp_path)}
    done = fsim(*INSHOP, "--accept-terms", "--to", tmp_path, env=proxy)
    assert (done.returncode, server.asked) == (2, [])
    done = fsim(*INSHOP, "--accept-terms", "--to", tmp_path, "--benchmark", "category", env=proxy)
    assert (done.returncode, server.asked) == (2, ["CONNECT drive.google.com:443"])
    assert "Img/img.zip: Google Drive did not give it: the connection failed" in done.stderr
    assert f"  {tmp_path}/deepfashion_category/Img/img.zip  (289,222 images)" in done.stderr
    assert "Traceback" not in done.stderr


def answered(answer: bytes, *arguments: object) -> tuple[int, str]:
    """The exit code and what is said, when `answer` is typed in a terminal."""
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "fsim", *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stdin=end, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        os.close(end)
        os.write(terminal, answer)
        said = process.communicate(timeout=60)[0].decode()
    os.close(terminal)
    return process.returncode, said


@pytest.mark.parametrize("answer", [b"no\n", b"\n", b"\x04"], ids=["no", "nothing", "Ctrl-D"])
def test_without_consent_nothing_is_begun(tmp_path: Path, answer: bytes) -> None:
    code, said = answered(answer, *INSHOP, "--to", tmp_path)
    assert code == 2
    assert "Type yes to accept" in said and "the terms were not accepted" in said
    assert list(tmp_path.iterdir()) == []


def test_consent_can_be_typed(tmp_path: Path) -> None:
    code, said = answered(b"yes\n", *INSHOP, "--to", tmp_path)
    assert code == 2
    assert "is not whole in" in said, "the command did not go on"


def test_a_pipe_cannot_consent(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fsim", *INSHOP, "--to", tmp_path]
    done = subprocess.run(command, cwd=ROOT, input="yes\n", capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "Cite:" in done.stdout and "add --accept-terms" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_keeps_what_was_fetched(fsim: Fsim, server: Any, tmp_path: Path) -> None:
    content, sent = bytes(3 << 20), 2 << 20
    part = tmp_path / "deepfashion_inshop/Eval/list_eval_partition.txt.part"
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content[:sent])
                with contextlib.suppress(ConnectionResetError):
                    connection.recv(1)  # until the other side goes away

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        command = [sys.executable, "-m", "fsim", *INSHOP, "--accept-terms", "--to", str(tmp_path), "--url", url]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Tests that a shell started in the background inherit that Ctrl-C is ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        for _ in range(3000):
            if part.exists() and part.stat().st_size >= 1 << 20:
                break
            try:
                process.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
            break
        process.send_signal(signal.SIGINT)
        error = process.communicate(timeout=60)[1]
        thread.join(10)
    assert process.returncode == 130, error
    assert "what was fetched is kept, run the same command again" in error and "Traceback" not in error
    kept = part.stat().st_size
    server.files["Eval/list_eval_partition.txt"] = content
    fsim(*INSHOP, "--accept-terms", "--to", tmp_path, "--url", server.url)
    assert server.asked[0] == f"/Eval/list_eval_partition.txt bytes={kept}-"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: DATASET"),
        (["deepfashion"], "required: --benchmark"),
        (["deepfashion", "--benchmark", "landmarks"], "choose from"),
        (["clothing", "--accept-terms"], "there is no option --accept-terms"),
    ],
)
def test_options_that_make_no_sense_are_refused(fsim: Fsim, arguments: list[str], message: str) -> None:
    done = fsim("data", "download", *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_the_script_is_a_door_to_the_command(tmp_path: Path) -> None:
    """In a checkout whose environment is ready: .venv/bin/fsim stands for it, and there is nothing to set up."""
    (tmp_path / "scripts").mkdir()
    for name in ("download_deepfashion_ds.sh", "fsim"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    for name, line in (
        ("scripts/setup", "exit 0"),
        (".venv/bin/fsim", f'PYTHONPATH="{ROOT}" exec "{sys.executable}" -m fsim "$@"'),
    ):
        (tmp_path / name).write_text(f"#!/usr/bin/env bash\n{line}\n")
        (tmp_path / name).chmod(0o755)
    script = tmp_path / "scripts/download_deepfashion_ds.sh"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [script, *arguments], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )

    asked = run()
    assert asked.returncode == 2 and "add --accept-terms" in asked.stderr, asked.stderr
    done = run("--accept-terms", "--to", "here")
    assert done.returncode == 2 and f"{tmp_path}/here/deepfashion_inshop/Img/img.zip" in done.stderr, done.stderr
    other = run("--accept-terms", "--benchmark", "consumer2shop")
    assert f"{tmp_path}/data/deepfashion_consumer2shop/Img/img.zip" in other.stderr, other.stderr
