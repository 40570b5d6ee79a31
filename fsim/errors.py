"""Mistakes of a user, with what to do about them. The command line shows these without a traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class FsimError(Exception):
    """A mistake of the user or a fault of their machine. The message ends with the next action."""

    exit_code = 2


class WriteError(FsimError):
    """A file cannot be written: a full disk, no permission. What was there before is whole."""


def nearest(wrong: str, valid: Iterable[str]) -> str:
    """A hint for a misspelt name: ` (did you mean 'x'?)`, or the valid names where none is near."""
    names = sorted(valid)
    close = difflib.get_close_matches(wrong, names, n=1, cutoff=0.6)
    if close:
        return f" (did you mean '{close[0]}'?)"
    return f" (valid: {', '.join(names)})" if names else ""
