"""The device, the precision and the memory allocator that a run uses, and the seed of its draws on the device."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import torch

from fsim.errors import FsimError
from fsim.functional.draws import keyed_generator

PACKAGES = (
    "fsim",
    "torch",
    "torchvision",
    "pytorch-ignite",
    "numpy",
    "pandas",
    "annoy",
    "scikit-learn",
    "pillow",
)
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # mallopt(3)
_KEEP_BYTES = 1 << 30


Precision = Literal["auto", "fp32", "bf16", "fp16"]


@dataclass(frozen=True)
class Machine:
    """Where the tensors live and in which numbers the network computes."""

    device: str
    precision: Literal["fp32", "bf16", "fp16"]
    raised_allocator_thresholds: bool

    def autocast(self) -> AbstractContextManager[Any]:
        """The context for forward passes of the network."""
        if self.precision == "fp32":
            return nullcontext()
        return torch.autocast(
            torch.device(self.device).type, dtype=torch.bfloat16 if self.precision == "bf16" else torch.float16
        )


def prepare_machine(precision: Precision, device: str | None = None) -> Machine:
    """Choose device and precision. Call it before the first large allocation.

    Args:
        device: None for a GPU where there is one.

    Raises:
        FsimError: this machine has no such device.
    """
    raised = _raise_allocator_thresholds()
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    else:
        try:
            torch.empty(0, device=device)
        except (RuntimeError, AssertionError) as error:  # the latter of a torch that was built without CUDA
            cause = str(error).splitlines()[0]
            raise FsimError(f"there is no device '{device}' here ({cause}); give cpu, or cuda where it is") from error
    if precision == "auto":
        precision = "bf16" if _has_native_bf16(device) else "fp32"
    return Machine(device, precision, raised)


def _has_native_bf16(device: str) -> bool:
    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= 8
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, check, lambda: False)() for check in checks)


def _raise_allocator_thresholds() -> bool:
    """Keep freed memory in the process: glibc gives large blocks back after each use, and the page faults of taking
    them again cost a third of the training speed on a CPU."""
    if not _has_glibc():
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(_M_MMAP_THRESHOLD, _KEEP_BYTES)) and bool(mallopt(_M_TRIM_THRESHOLD, _KEEP_BYTES))


def return_freed_memory() -> None:
    """Give what the process keeps in spite of having freed it back to the system, after something rare and large."""
    if _has_glibc():
        ctypes.CDLL(None).malloc_trim(0)


def _has_glibc() -> bool:
    return sys.platform == "linux" and platform.libc_ver()[0] == "glibc"


def describe_environment(machine: Machine) -> dict[str, Any]:
    """What a reader needs to repeat a run: versions, hardware, and what was chosen."""
    return {
        **asdict(machine),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if machine.device.startswith("cuda") else None,
        "packages": {name: _version(name) for name in PACKAGES} | {"torch": torch.__version__},  # with its build: +cpu
        "command": [without_password(word) for word in sys.argv],
    }


def without_password(word: str) -> str:
    """postgresql://user:secret@host -> postgresql://user:***@host"""
    return re.sub(r"(://[^/@:\s]*):[^/@\s]*@", r"\1:***@", word)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def seed_torch(seed: int, purpose: str, *key: int) -> None:
    """Seed torch's global generators (dropout, initial weights) for one purpose at one place."""
    torch.manual_seed(int(keyed_generator(seed, purpose, *key).integers(2**63)))
