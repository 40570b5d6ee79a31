"""Pythons as processes of their own, forked from one that has imported what nearly all commands import.

    python tests/ready_process.py ADDRESS

ADDRESS is of a socket (of Linux, without a file). Each connection asks for one process: a JSON message {arguments, cwd,
environment, python} with the descriptors of its stdin, stdout and stderr, where `arguments` are those of Python: -m
MODULE, -c CODE or a file, and what it is given. Two answers come back: the process's number, and when it has ended its
exit code, as of `subprocess`. All ends when stdin does.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import runpy
import select
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

MODULES = (
    "ignite.engine",
    "pandas",
    "torch._dynamo",  # of which every optimizer takes a part
    "torch.utils.tensorboard",
    "fsim.commands.data",
    "fsim.report.page",
    "fsim.run.run",
    "fsim.run.terminal",
    "fsim.search.search_index",
    "fsim_plugins.backbones.resnet",
    "fsim_plugins.evaluators.exact",
)
OPTIONAL = ("annoy", "fastapi", "resvg_py", "sklearn.cluster", "uvicorn")
LONGEST = 1 << 20  # bytes of a request

# A program that is started as Python is, and has its work done by a process that is forked.
PYTHON = """#!{python} -IS
import json, os, signal, socket, sys
asked = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
asked.connect("\\0{address}")
given = {{"arguments": sys.argv[1:], "cwd": os.getcwd(), "environment": dict(os.environ), "python": sys.argv[0]}}
socket.send_fds(asked, [json.dumps(given).encode()], [0, 1, 2])
child = int(asked.recv(64))
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, frame: os.kill(child, number))
code = int(asked.recv(64))
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""


class Forked:
    """A process that was started; used as `subprocess.Popen` is, with stderr in a file until it ends."""

    def __init__(self, command: list[str], asked: socket.socket, stdout: int, stderr: io.TextIOWrapper) -> None:
        self.args, self.asked, self.stderr = command, asked, stderr
        self.pid = int(asked.recv(64))
        self.stdout = open(stdout, encoding="utf-8")  # noqa: SIM115 (`__exit__` closes it)
        self.returncode: int | None = None

    def send_signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self.returncode is None:
                os.kill(self.pid, number)

    def wait(self, timeout: float) -> int:
        """Wait for its end; a process that takes longer is killed.

        Raises:
            TimeoutExpired: it took longer.
        """
        if self.returncode is None:
            late = not select.select([self.asked], [], [], timeout)[0]
            if late:
                os.kill(self.pid, signal.SIGKILL)
            with self.asked:
                self.returncode = int(self.asked.recv(64))
            if late:
                raise subprocess.TimeoutExpired(self.args, timeout)
        return self.returncode

    def communicate(self, timeout: float) -> tuple[str, str]:
        """Wait for its end: what is left to read of stdout, and all of stderr."""
        read: list[str] = []
        reader = threading.Thread(target=lambda: read.append(self.stdout.read()))
        reader.start()
        self.wait(timeout)
        reader.join()
        with self.stdout, self.stderr:
            self.stderr.seek(0)
            return read[0], self.stderr.read()

    def __enter__(self) -> Forked:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.returncode is None:
            self.send_signal(signal.SIGKILL)
            self.wait(60)
        self.stdout.close()
        self.stderr.close()


class ReadyProcess:
    """Starts Pythons, each in a process of its own; `python` is a program that does the same."""

    def __init__(self, folder: Path) -> None:
        self.address = f"fsim-{os.getpid()}-{os.urandom(8).hex()}"
        self.python = folder / "python"
        self.python.write_text(PYTHON.format(python=sys.executable, address=self.address), encoding="utf-8")
        self.python.chmod(0o755)
        self.process = subprocess.Popen(
            [sys.executable, __file__, self.address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONWARNINGS": ""},
        )
        assert self.process.stdout is not None
        self.process.stdout.readline()  # it listens

    def start(
        self, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], python: Path | None = None
    ) -> Forked:
        """As `subprocess.Popen` of `python` with these arguments.

        Args:
            python: what `sys.executable` is there, where it is not that of all.
        """
        request = {"arguments": list(arguments), "cwd": str(cwd), "environment": dict(environment)}
        message = json.dumps({**request, "python": str(python or sys.executable)}).encode()
        stderr = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 (the process that is started owns it)
        read_output, write_output = os.pipe()
        asked = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        asked.connect(f"\0{self.address}")
        with Path(os.devnull).open("rb") as stdin:
            socket.send_fds(asked, [message], [stdin.fileno(), write_output, stderr.fileno()])
        os.close(write_output)
        return Forked(list(arguments), asked, read_output, stderr)

    def run(
        self,
        arguments: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        timeout: float,
        python: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """As `subprocess.run` of `python` with these arguments."""
        with self.start(arguments, cwd, environment, python) as started:
            out, err = started.communicate(timeout)
            return subprocess.CompletedProcess(started.args, started.wait(timeout), out, err)

    def __enter__(self) -> ReadyProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.process:
            assert self.process.stdin is not None
            self.process.stdin.close()


def serve(listening: socket.socket) -> dict[str, Any]:
    """Fork a process for each request. Returns in that process, which is ready to be what is asked for: the request."""
    running: dict[int, tuple[int, socket.socket]] = {}  # descriptor of a process -> its number, and who asked for it
    with selectors.DefaultSelector() as ready:
        for source in (sys.stdin, listening):
            ready.register(source, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fileobj is sys.stdin:
                    os._exit(0)
                elif key.fileobj is listening:
                    request = answer(listening, running)
                    if request is not None:
                        return request
                    descriptor = next(reversed(running))
                    ready.register(descriptor, selectors.EVENT_READ)
                    ready.register(running[descriptor][1], selectors.EVENT_READ, data=running[descriptor][0])
                elif key.data is not None:  # who asked for it is gone
                    os.kill(key.data, signal.SIGKILL)
                    ready.unregister(key.fileobj)
                else:
                    child, asked = running.pop(key.fd)
                    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                    for source in (key.fd, asked):
                        with contextlib.suppress(KeyError):
                            ready.unregister(source)
                    with asked, contextlib.suppress(BrokenPipeError):
                        asked.send(b"%d" % code)
                    os.close(key.fd)
                    break  # what else was ready may be of this one


def answer(listening: socket.socket, running: dict[int, tuple[int, socket.socket]]) -> dict[str, Any] | None:
    """Fork a process for the next request, which is returned in that process; here it joins those that run."""
    asked = listening.accept()[0]
    text, descriptors, _, _ = socket.recv_fds(asked, LONGEST, 3)
    child = os.fork()
    if child == 0:
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
        for descriptor in (*descriptors, *running):
            os.close(descriptor)
        for connection in (listening, asked, *(other for _, other in running.values())):
            connection.close()
        request: dict[str, Any] = json.loads(text)
        return request
    for descriptor in descriptors:
        os.close(descriptor)
    with contextlib.suppress(BrokenPipeError):
        asked.send(b"%d" % child)
    running[os.pidfd_open(child)] = child, asked
    return None


def become(request: dict[str, Any]) -> None:
    """Run what is asked for, as a Python that is started for it does."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # where a shell in the background lets it be ignored
    os.chdir(request["cwd"])
    path = os.environ.get("PYTHONPATH")
    os.environ.clear()
    os.environ.update(request["environment"])
    if "PYTHONPATH" in os.environ and os.environ["PYTHONPATH"] != path:
        sys.path[:0] = os.environ["PYTHONPATH"].split(os.pathsep)
    sys.executable = request["python"]
    arguments = request["arguments"]
    while arguments[0] in ("-W", "-u"):  # warnings are those of all, and who wants lines at once flushes
        arguments = arguments[2 if arguments[0] == "-W" else 1 :]
    match arguments:
        case ["-m", module, *given]:
            sys.argv = [module, *given]
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        case ["-c", code, *given]:
            sys.argv = ["-c", *given]
            exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
        case [file, *given]:
            sys.argv = [file, *given]
            sys.path.insert(0, str(Path(file).absolute().parent))
            runpy.run_path(file, run_name="__main__")


def exit_code(code: object) -> int:
    """What `sys.exit` makes of it."""
    if isinstance(code, str):
        print(code, file=sys.stderr)
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    sys.path.pop(0)  # of this script, beside which is a folder fsim
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(f"\0{sys.argv[1]}")
    listening.listen(100)
    print("ready", flush=True)
    for module in MODULES:
        importlib.import_module(module)
    for module in OPTIONAL:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    importlib.import_module("fsim_plugins.torchvision_import").import_torchvision("torchvision.models")
    for registered in list(weakref.finalize._registry):
        registered.atexit = False  # torch's, which take away at a process's end what a process's end takes away
    gc.freeze()  # a collection would copy all pages of what is imported
    asked = serve(listening)
    try:
        become(asked)
        code = 0
    except SystemExit as error:
        code = exit_code(error.code)
    atexit._run_exitfuncs()
    sys.stdout.flush(), sys.stderr.flush()
    os._exit(code)  # to tear down all modules takes a second
