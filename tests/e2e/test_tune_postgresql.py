"""Several processes work at one study in PostgreSQL."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..ready_process import Forked

pwd = pytest.importorskip("pwd")
pytest.importorskip("psycopg")
NUM = 3


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """The URL of a database on a server of this test, reached by a socket in a folder; skips where there is none."""
    programs = [str(path.parent) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    path = os.pathsep.join([*programs[::-1], os.environ["PATH"]])
    if not (initdb := shutil.which("initdb", path=path)) or not (pg_ctl := shutil.which("pg_ctl", path=path)):
        pytest.skip("no PostgreSQL on this machine")
    user = None
    folder = Path(tempfile.mkdtemp(prefix="fsim-pg-"))  # not pytest's, which another user cannot enter
    if os.geteuid() == 0:  # as whom PostgreSQL refuses to work
        user = "postgres"
        try:
            shutil.chown(folder, user)
        except LookupError:
            pytest.skip("no user postgres on this machine")
    name = user or pwd.getpwuid(os.geteuid()).pw_name

    def server(*command: str) -> None:
        done = subprocess.run(command, user=user, cwd=folder, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr

    data = str(folder / "data")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    try:
        server(initdb, "-D", data, "-U", name, "--auth=trust", "--no-sync", "--encoding=UTF8")
        server(pg_ctl, "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://{name}@/postgres?host={folder}"
        finally:
            server(pg_ctl, "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_two_workers_share_the_trials(
    started: Callable[..., Forked], small_recipe: Path, tmp_path: Path, postgresql: str
) -> None:
    with small_recipe.open("a", encoding="utf-8") as recipe:
        recipe.write("trackers: []\nsearch:\n  losses.0.margin: {low: 0.5, high: 2.0}\n")
    given = ["tune", small_recipe, "train.epochs=1", "--trials", NUM, "--storage", postgresql, "--out", tmp_path]
    workers = [started(*given, "--json") for _ in range(2)]  # both begin the study, whoever is first
    told = [worker.communicate(timeout=200) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], told
    ended = [line.split(":")[0] for _, progress in told for line in progress.splitlines() if " at epoch 1" in line]
    assert sorted(ended) == [f"trial {number}" for number in range(NUM)], "each once"

    found = max((json.loads(answer) for answer, _ in told), key=lambda one: int(one["finished"]))
    assert [one["state"] for one in found["trials"]] == ["complete"] * NUM
    assert len({one["run"] for one in found["trials"]}) == NUM == len(list((tmp_path / "small").glob("*Z*")))
    assert not list(tmp_path.rglob("*.db")), "the study is in PostgreSQL alone"
