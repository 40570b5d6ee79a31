"""What all tests share: a small folder of pictures, a cache of their own, and commands as a user runs them."""

from __future__ import annotations

import os
import shutil
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
def ready(cache: Path) -> Iterator[ReadyProcess]:
    """Starts commands that find what nearly all of them import imported."""
    with ReadyProcess() as ready:
        yield ready


@pytest.fixture(scope="session")
def fsim(ready: ReadyProcess) -> Fsim:
    """Run a command as a user does: fsim("run", "recipe.yaml") -> the finished process. It is one of its own, but for
    what it imports first; with `fresh=True` in all, which is for what Python or torch read at their start."""

    def run(
        *arguments: object, cwd: Path = ROOT, env: dict[str, str] | None = None, fresh: bool = False
    ) -> subprocess.CompletedProcess[str]:
        given = [str(one) for one in arguments]
        environment = {**os.environ, "PYTHONWARNINGS": "", **(env or {})}
        if not fresh:
            return ready.run(given, cwd, environment, timeout=300)
        command = [sys.executable, "-m", "fsim", *given]
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)

    return run


@pytest.fixture(scope="session")
def started(ready: ReadyProcess) -> Started:
    """Start a command as `fsim` does, and do not wait for its end."""

    def start(*arguments: object, cwd: Path = ROOT, env: dict[str, str] | None = None) -> Forked:
        return ready.start([str(one) for one in arguments], cwd, {**os.environ, "PYTHONWARNINGS": "", **(env or {})})

    return start


@pytest.fixture(scope="session")
def ranks(ready: ReadyProcess) -> Ranks:
    """Start a command, or a program, as `torchrun --nproc-per-node NUM` does: the processes, in the order of ranks."""

    @contextmanager
    def start(num: int, *arguments: object, program: Path | None = None) -> Iterator[list[Forked]]:
        from torch.distributed import TCPStore

        store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)  # as torchrun's agent has it
        shared = {"PYTHONWARNINGS": "", "OMP_NUM_THREADS": "1", "TORCHELASTIC_USE_AGENT_STORE": "True"}
        shared |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(store.port), "WORLD_SIZE": str(num)}
        given = [str(one) for one in arguments]
        with ExitStack() as stack:
            yield [
                stack.enter_context(
                    ready.start(given, ROOT, {**os.environ, **shared, "LOCAL_WORLD_SIZE": str(num), **rank}, program)
                )
                for rank in ({"RANK": str(number), "LOCAL_RANK": str(number)} for number in range(num))
            ]

    return start


@pytest.fixture(scope="session")
def script(ready: ReadyProcess) -> Fsim:
    """Run a script of this repository: script("bench/engine.py", "--steps", 2) -> the finished process."""

    def run(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONWARNINGS": ""}
        return ready.run([str(one) for one in arguments], ROOT, environment, 300, program=ROOT / "scripts" / name)

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
