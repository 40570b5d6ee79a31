"""Packages that a projection needs and fsim does not bring."""

from __future__ import annotations

from importlib.util import find_spec

from fsim.errors import FsimError


def require(module: str, asks: str, remedy: str) -> None:
    """Refuse a missing package before the training, and not after it.

    Raises:
        FsimError: `module` is not installed, so `asks` cannot work; `remedy` says how to get it.
    """
    if find_spec(module) is None:
        raise FsimError(f"{asks} needs the package {module}, which is not installed: {remedy}")
