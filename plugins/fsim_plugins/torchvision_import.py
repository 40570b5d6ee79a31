"""Import torchvision, also where its compiled operators do not fit the installed torch.

A torchvision wheel is built for one build of torch; beside another (torch for CPU from a mirror, say) its operators
cannot be loaded, and `import torchvision` dies of "operator torchvision::nms does not exist", although the models and
datasets that fsim uses need none of them.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

import torch


def import_torchvision(module: str) -> ModuleType:
    """Import `torchvision` or one of its modules, without the operators where they cannot be loaded."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Failed to load image Python extension")
        try:
            return import_module(module)
        except RuntimeError as error:
            if "operator torchvision::" not in str(error):
                raise
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        register = torch.library.register_fake
        torch.library.register_fake = _unless_missing(register)
        try:
            return import_module(module)
        finally:
            torch.library.register_fake = register


def _unless_missing(register: Callable[..., Any]) -> Callable[..., Any]:
    """`register_fake` that passes over operators of torchvision that are not there."""

    def register_if_there(operator: str, *args: Any, **kwargs: Any) -> Any:
        namespace, _, name = str(operator).partition("::")
        if namespace == "torchvision" and not hasattr(torch.ops.torchvision, name):
            return lambda function: function
        return register(operator, *args, **kwargs)

    return register_if_there
