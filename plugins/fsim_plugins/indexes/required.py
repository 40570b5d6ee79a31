"""Packages that an index needs and a plain installation of fsim lacks."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from fsim.errors import FsimError


def required(module: str, package: str, extra: str) -> ModuleType:
    """The module of a package.

    Raises:
        FsimError: it is not installed, or fails to import.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise FsimError(
            f"the index {extra} needs the package {package} ({error}): pip install 'fsim[{extra}]'"
        ) from error
