"""Commands as processes of their own, forked from one that has imported what nearly all of them import.

    python tests/ready_process.py DESCRIPTOR

DESCRIPTOR is of a socket. A request is one JSON message {program, arguments, cwd, environment} with the descriptors of
stdout, stderr and a pipe, to which go two lines: the process's number, and when it has ended its exit code, as of
`subprocess`. Requests may overlap.
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
    "fsim.run.run",
    "fsim.run.terminal",
    "fsim_plugins.backbones.resnet",
    "fsim_plugins.evaluators.exact",
)
LONGEST = 1 << 20  # bytes of a request


class Forked:
    """A process that was started; used as `subprocess.Popen` is, with stderr in a file until it ends."""

    def __init__(self, command: list[str], pid: int, status: int, stdout: int, stderr: io.TextIOWrapper) -> None:
        self.args, self.pid, self.stderr = command, pid, stderr
        self.status = open(status, encoding="ascii")  # noqa: SIM115 (`wait` closes it)
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
            late = not select.select([self.status], [], [], timeout)[0]
            if late:
                os.kill(self.pid, signal.SIGKILL)
            with self.status:
                self.returncode = int(self.status.readline())
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
    """Starts `fsim` commands, or a Python file, each in a process of its own."""

    def __init__(self) -> None:
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONWARNINGS": ""},
        )
        theirs.close()

    def start(
        self, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], program: Path | None = None
    ) -> Forked:
        """As `subprocess.Popen` of `python -m fsim`, or of `python program`."""
        request = {"program": program and str(program), "arguments": list(arguments), "cwd": str(cwd)}
        message = json.dumps({**request, "environment": dict(environment)}).encode()
        stderr = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 (the process that is started owns it)
        (read_output, write_output), (read_status, write_status) = os.pipe(), os.pipe()
        socket.send_fds(self.ours, [message], [write_output, stderr.fileno(), write_status])
        os.close(write_output), os.close(write_status)
        pid = b""
        while not pid.endswith(b"\n"):
            pid += os.read(read_status, 1)
        command = ["fsim" if program is None else str(program), *arguments]
        return Forked(command, int(pid), read_status, read_output, stderr)

    def run(
        self,
        arguments: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        timeout: float,
        program: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """As `subprocess.run` of `python -m fsim`, or of `python program`."""
        with self.start(arguments, cwd, environment, program) as started:
            out, err = started.communicate(timeout)
            return subprocess.CompletedProcess(started.args, started.wait(timeout), out, err)

    def __enter__(self) -> ReadyProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ours.close()
        self.process.wait()


def serve(requests: socket.socket) -> dict[str, Any]:
    """Fork a process for each request. Returns in that process, which is ready to be the command: the request."""
    running: dict[int, tuple[int, int]] = {}  # descriptor of a process -> its number, and the pipe that is told its end
    with selectors.DefaultSelector() as ready:
        ready.register(requests, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fileobj is requests:
                    request = answer(requests, running)
                    if request is not None:
                        return request
                    descriptor = next(reversed(running))
                    ready.register(descriptor, selectors.EVENT_READ)
                else:
                    ready.unregister(key.fd)
                    child, status = running.pop(key.fd)
                    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                    with contextlib.suppress(BrokenPipeError):
                        os.write(status, b"%d\n" % code)
                    os.close(key.fd), os.close(status)


def answer(requests: socket.socket, running: dict[int, tuple[int, int]]) -> dict[str, Any] | None:
    """Fork a process for the next request, which is returned in that process; the other adds it to those that run, and
    ends where there is no next request."""
    text, descriptors, _, _ = socket.recv_fds(requests, LONGEST, 3)
    if not text:
        os._exit(0)
    out, err, status = descriptors
    child = os.fork()
    if child == 0:
        requests.close()
        os.dup2(out, 1), os.dup2(err, 2)
        for descriptor in (*descriptors, *running, *(pipe for _, pipe in running.values())):
            os.close(descriptor)
        request: dict[str, Any] = json.loads(text)
        return request
    os.close(out), os.close(err)
    os.write(status, b"%d\n" % child)
    running[os.pidfd_open(child)] = child, status
    return None


def become(request: dict[str, Any]) -> None:
    """Run the command, as a Python that is started for it does."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # where a shell in the background lets it be ignored
    os.chdir(request["cwd"])
    path = os.environ.get("PYTHONPATH")
    os.environ.clear()
    os.environ.update(request["environment"])
    if "PYTHONPATH" in os.environ and os.environ["PYTHONPATH"] != path:
        sys.path[:0] = os.environ["PYTHONPATH"].split(os.pathsep)
    sys.argv = [request["program"] or "fsim", *request["arguments"]]
    if request["program"] is None:
        runpy.run_module("fsim", run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(request["program"], run_name="__main__")


def exit_code(code: object) -> int:
    """What `sys.exit` makes of it."""
    if isinstance(code, str):
        print(code, file=sys.stderr)
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    sys.path.pop(0)  # of this script, beside which is a folder fsim
    for module in MODULES:
        importlib.import_module(module)
    for registered in list(weakref.finalize._registry):
        registered.atexit = False  # torch's, which take away at a process's end what a process's end takes away
    gc.freeze()  # a collection would copy all pages of what is imported
    asked = serve(socket.socket(fileno=int(sys.argv[1])))
    try:
        become(asked)
        code = 0
    except SystemExit as error:
        code = exit_code(error.code)
    atexit._run_exitfuncs()
    sys.stdout.flush(), sys.stderr.flush()
    os._exit(code)  # to tear down all modules takes a second
