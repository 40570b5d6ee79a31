"""The key that clients must send."""

from __future__ import annotations

import os
from pathlib import Path

from fsim.errors import FsimError

LEAST = 16  # letters: a shorter one is guessed


def read_key(file: Path | None) -> str | None:
    """The content of a file, or FSIM_API_KEY; None where there is neither.

    Raises:
        FsimError: the file can't be read, or the key is too short or not of plain letters.
    """
    if file is not None:
        try:
            key, source = file.read_text(encoding="utf-8").strip(), str(file)
        except (OSError, UnicodeDecodeError) as error:
            raise FsimError(f"cannot read the key of {file} ({error}): give a file with one line of text") from error
    elif "FSIM_API_KEY" in os.environ:
        key, source = os.environ["FSIM_API_KEY"].strip(), "FSIM_API_KEY"
    else:
        return None
    if len(key) < LEAST or not key.isascii() or not key.isprintable() or " " in key:
        raise FsimError(
            f"the key of {source} must be {LEAST} or more plain letters and digits without blanks: make one by "
            f"python -c 'import secrets; print(secrets.token_urlsafe())'"
        )
    return key
