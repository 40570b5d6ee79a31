"""Commands as processes of their own, forked from one that has imported what nearly all of them import.

    python tests/ready_process.py DESCRIPTOR

DESCRIPTOR is of a socket. A request is one JSON message {arguments, cwd, environment} with the descriptors of stdout
and stderr; the answer is the exit code, as of `subprocess`.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

MODULES = (
    "ignite.engine",
    "pandas",
    "torch._dynamo",  # of which every optimizer takes a part
    "torch.utils.tensorboard",
    "fsim.run.run",
    "fsim.run.summary",
    "fsim_plugins.backbones.resnet",
    "fsim_plugins.evaluators.exact",
)
LONGEST = 1 << 20  # bytes of a request


class ReadyProcess:
    """Runs `fsim` commands one after the other, each in a process of its own."""

    def __init__(self) -> None:
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.lock = threading.Lock()
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONWARNINGS": ""},
        )
        theirs.close()

    def run(
        self, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """As `subprocess.run` of `python -m fsim`."""
        asked = json.dumps({"arguments": list(arguments), "cwd": str(cwd), "environment": dict(environment)}).encode()
        with self.lock, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            self.ours.settimeout(timeout)
            socket.send_fds(self.ours, [asked], [out.fileno(), err.fileno()])
            code = int(self.ours.recv(64))
            texts = []
            for stream in (out, err):
                stream.seek(0)
                texts.append(stream.read().decode("utf-8"))
        return subprocess.CompletedProcess(["fsim", *arguments], code, *texts)

    def __enter__(self) -> ReadyProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ours.close()
        self.process.wait()


def serve(asked: socket.socket) -> None:
    """Fork a process for each request. Returns in that process, ready to be the command; ends with the last request."""
    while True:
        text, descriptors, _, _ = socket.recv_fds(asked, LONGEST, 2)
        if not text:
            os._exit(0)
        request = json.loads(text)
        child = os.fork()
        if child == 0:
            asked.close()
            os.dup2(descriptors[0], 1), os.dup2(descriptors[1], 2)
            for descriptor in descriptors:
                os.close(descriptor)
            os.chdir(request["cwd"])
            os.environ.clear()
            os.environ.update(request["environment"])
            sys.argv = ["fsim", *request["arguments"]]
            return
        for descriptor in descriptors:
            os.close(descriptor)
        asked.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


def ended(code: object) -> int:
    """What `sys.exit` makes of it."""
    if isinstance(code, str):
        print(code, file=sys.stderr)
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    sys.path.pop(0)  # of this script, beside which is a folder fsim
    for module in MODULES:
        importlib.import_module(module)
    gc.freeze()  # a collection would copy all pages of what is imported
    serve(socket.socket(fileno=int(sys.argv[1])))
    try:
        runpy.run_module("fsim", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as error:
        code = ended(error.code)
    atexit._run_exitfuncs()
    sys.stdout.flush(), sys.stderr.flush()
    os._exit(code)  # to tear down all modules takes a second
