"""Fetch a file from Google Drive by gdown, which knows its pages of warnings."""

from __future__ import annotations

import errno
from pathlib import Path

from fsim.errors import FsimError
from fsim.kit.fetch import TIMEOUT, Progress, unwritable

RETRIES = 3


class DriveError(FsimError):
    """Google Drive does not give the file; by hand, in a browser, it may."""


def drive_url(drive_id: str) -> str:
    """The address that gives the file with this id."""
    return f"https://drive.google.com/uc?id={drive_id}"


def fetch_drive(url: str, file: Path, progress: Progress | None = None) -> None:
    """Download into `file`, which must not be there; gdown keeps a broken try beside it and goes on with it.

    Raises:
        DriveError: gdown is not installed, or the file is not given (no network, no permission, the day's quota).
        FsimError: the disk is full.
    """
    try:
        import gdown
        import requests
    except ImportError as error:
        raise DriveError("gdown is not installed: pip install 'fsim[download]'") from error

    try:
        gdown.download(
            url=url,
            output=str(file),
            quiet=True,
            resume=True,
            timeout=TIMEOUT,
            retries=RETRIES,
            progress=lambda done, total: progress(done, total or 0) if progress else None,
        )
    except (gdown.DownloadError, OSError) as error:  # the errors of requests are OSErrors
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise unwritable(file, error) from error
        cause = error.__cause__ or error
        if isinstance(cause, requests.ConnectionError):
            raise DriveError(f"the connection failed ({type(cause).__name__})") from error
        raise DriveError(" ".join(str(error).split())) from error
