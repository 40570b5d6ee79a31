"""The folder of what fsim can make again: decoded images, generated data sets."""

from __future__ import annotations

import os
from pathlib import Path


def cache_dir() -> Path:
    """Return `FSIM_CACHE_DIR`, or the user's cache folder of this system."""
    given = os.environ.get("FSIM_CACHE_DIR")
    if given:
        return Path(given).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("fsim")
