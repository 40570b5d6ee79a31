"""Packages that the server needs and a plain installation of fsim lacks."""

from __future__ import annotations

from importlib import import_module

from fsim.errors import FsimError

MODULES = ("fastapi", "uvicorn", "python_multipart", "prometheus_client")


def require_server_packages() -> None:
    """Raises:
    FsimError: one is not installed, or fails to import.
    """
    for module in MODULES:
        try:
            import_module(module)
        except ImportError as error:
            package = module.replace("_", "-")
            raise FsimError(f"fsim serve needs the package {package} ({error}): pip install 'fsim[serve]'") from error
