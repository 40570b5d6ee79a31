"""What all tests share: a small folder of pictures, a cache of their own, and commands as a user runs them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import numpy as np
import pytest
from PIL import Image

from .file_server import FileServer, running_server
from .ready_process import Forked, ReadyProcess

if TYPE_CHECKING:
    from playwright.sync_api import Browser

if "PYTEST_XDIST_WORKER" in os.environ:  # each worker has a core, and so have the commands that it starts
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A slow machine is no fault; and what CI finds is found again: new examples are looked for by people.
hypothesis.settings.register_profile("fsim", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("fsim")

ROOT = Path(__file__).resolve().parent.parent
Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
Started = Callable[..., Forked]
Ranks = Callable[..., AbstractContextManager[list[Forked]]]
Stopped = Callable[..., tuple[int, str]]


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder of this test session; generated garments are made once for all tests."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["FSIM_CACHE_DIR"] = str(folder)
    return folder


@pytest.fixture
def hangup_ends_processes() -> Iterator[None]:
    """SIGHUP ends a process, as it does unless the tests were started with nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def server() -> Iterator[FileServer]:
    """A server of files on loopback."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """<root>/<split>/<category>/*.jpg: three categories of noisy colours, 8 pictures each in train, 4 in val."""
    root = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for split, count in (("train", 8), ("val", 4)):
        for category, colour in (("hat", (200, 60, 60)), ("shoes", (60, 200, 60)), ("skirt", (60, 60, 200))):
            folder = root / split / category
            folder.mkdir(parents=True)
            for number in range(count):
                noisy = np.clip(rng.normal(colour, 40, (40, 30, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(noisy).save(folder / f"{number}.jpg")
    return root


@pytest.fixture(scope="session")
def ready(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadyProcess]:
    """Starts Pythons that find imported what nearly all of them import."""
    with ReadyProcess(tmp_path_factory.mktemp("ready")) as ready:
        yield ready


@pytest.fixture(scope="session")
def python(ready: ReadyProcess) -> Path:
    """A program that does what `sys.executable` does, without the seconds that it takes to import torch. It is not for
    what Python or torch read at their start, nor for tests of what is imported."""
    return ready.python


@pytest.fixture(scope="session")
def fsim(ready: ReadyProcess) -> Fsim:
    """Run a command as a user does: fsim("run", "recipe.yaml") -> the finished process. It is one of its own, but for
    what it imports first; with `fresh=True` in all."""

    def run(
        *arguments: object, cwd: Path = ROOT, env: dict[str, str] | None = None, fresh: bool = False
    ) -> subprocess.CompletedProcess[str]:
        command = ["-m", "fsim", *map(str, arguments)]
        if not fresh:
            return ready.run(command, cwd, environment(env), timeout=300)
        return subprocess.run(
            [sys.executable, *command], cwd=cwd, env=environment(env), capture_output=True, text=True, timeout=300
        )

    return run


def environment(more: dict[str, str] | None = None) -> dict[str, str]:
    """That of commands: their warnings are as a user's."""
    return {**os.environ, "PYTHONWARNINGS": "", **(more or {})}


@pytest.fixture(scope="session")
def started(ready: ReadyProcess) -> Started:
    """Start a command as `fsim` does, and do not wait for its end."""

    def start(*arguments: object, cwd: Path = ROOT, env: dict[str, str] | None = None) -> Forked:
        return ready.start(["-m", "fsim", *map(str, arguments)], cwd, environment(env))

    return start


@pytest.fixture(scope="session")
def ranks(ready: ReadyProcess) -> Ranks:
    """Start what `torchrun --nproc-per-node NUM` starts: ranks(2, "-m", "fsim", "run", recipe) -> its processes, in the
    order of ranks."""

    @contextmanager
    def start(num: int, *arguments: object) -> Iterator[list[Forked]]:
        from torch.distributed import TCPStore

        store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)  # as torchrun's agent has it
        shared = {"OMP_NUM_THREADS": "1", "TORCHELASTIC_USE_AGENT_STORE": "True"}
        shared |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(store.port)}
        shared |= {"WORLD_SIZE": str(num), "LOCAL_WORLD_SIZE": str(num)}
        with ExitStack() as stack:
            processes = []
            for rank in map(str, range(num)):
                env = environment({**shared, "RANK": rank, "LOCAL_RANK": rank})
                processes.append(stack.enter_context(ready.start(list(map(str, arguments)), ROOT, env)))
            yield processes

    return start


@pytest.fixture(scope="session")
def script(ready: ReadyProcess) -> Fsim:
    """Run a script of this repository: script("bench/engine.py", "--steps", 2) -> the finished process. The Pythons
    that it starts are ready too."""

    def run(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [str(ROOT / "scripts" / name), *map(str, arguments)]
        return ready.run(command, ROOT, environment(), timeout=300, python=ready.python)

    return run


@pytest.fixture(scope="session")
def stopped(started: Started) -> Stopped:
    """Run a command and send it a signal when its first epoch is over: its exit code, and what it told on stderr."""

    def stop(arguments: list[object], number: int, env: dict[str, str] | None = None) -> tuple[int, str]:
        with started(*arguments, env=env) as process:
            assert any(line.startswith("epoch 1/") for line in process.stdout), process.communicate(timeout=120)
            process.send_signal(number)
            _, told = process.communicate(timeout=120)
            return process.wait(timeout=120), told

    return stop


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser; tests of pages skip where there is none."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def small_recipe_text(pictures: Path) -> str:
    """A recipe that trains in seconds."""
    return f"""
name: small
data:
  dataset: {{name: folder, root: {pictures}}}
  image_size: 32
model:
  backbone: {{name: resnet18, num_stages: 2}}
  head: {{name: siam_cat, embedding_dim: 8}}
sampler: {{name: balanced_pairs, batch_size: 8}}
losses:
  - {{name: contrastive, margin: 1.0}}
  - {{name: cross_entropy}}
train: {{epochs: 2}}
evaluation:
  evaluators: [{{name: exact, k: [1, 2]}}]
"""


@pytest.fixture
def small_recipe(tmp_path: Path, small_recipe_text: str) -> Path:
    """The same as a file."""
    file = tmp_path / "small.yaml"
    file.write_text(small_recipe_text, encoding="utf-8")
    return file
