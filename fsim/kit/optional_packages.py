"""Packages that a part of fsim needs and a plain installation lacks."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from fsim.errors import FsimError


def require_packages(modules: Sequence[str], needed_by: str, extra: str) -> None:
    """Import modules, so that a missing package is an error that says how to install it.

    Args:
        needed_by: what needs them, such as `fsim serve`.
        extra: of fsim, which installs them.

    Raises:
        FsimError: one is not installed, or fails to import.
    """
    for module in modules:
        try:
            import_module(module)
        except ImportError as error:
            package = module.replace("_", "-")
            raise FsimError(
                f"{needed_by} needs the package {package} ({error}): pip install 'fsim[{extra}]'"
            ) from error
