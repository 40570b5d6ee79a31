"""Why a place for backups cannot be reached, and what to do about it."""

from __future__ import annotations

from typing import NoReturn

from fsim.errors import FsimError

EXTRAS = {"s3": "s3", "s3a": "s3"}  # kind of URL -> the extra of fsim that has the package for it


def refuse_unknown_kind(url: str, error: Exception) -> NoReturn:
    """Tell that nothing reads URLs of that kind.

    Raises:
        FsimError: always; with what to install, where a package would read it.
    """
    extra = EXTRAS.get(_kind(url))
    if isinstance(error, ImportError) and extra is not None:
        raise FsimError(f"cannot reach {url}: {error}: pip install 'fsim[{extra}]'") from error
    raise FsimError(
        f"cannot reach {url}: {error}; give a folder, or a URL that fsspec knows, s3:// or sftp:// say"
    ) from error


def cause(error: Exception) -> str:
    """What went wrong, in a line."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def is_lasting(error: Exception) -> bool:
    """Whether trying again is of no use: the bucket is not there, or the credentials are missing or refused."""
    return isinstance(error, FileNotFoundError) or _is_of_credentials(error)


def what_to_do(url: str, error: Exception) -> str:
    """The next action."""
    if _is_of_credentials(error) and _kind(url) in EXTRAS:
        return (
            "see that the credentials are set and may write there: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
            "AWS_PROFILE; and AWS_ENDPOINT_URL where it is not Amazon's"
        )
    return "see that it is there and may be written to"


def _is_of_credentials(error: Exception) -> bool:
    # botocore's own errors are known by their names: it is not installed where nobody needs it.
    return isinstance(error, PermissionError) or type(error).__name__.endswith("CredentialsError")


def _kind(url: str) -> str:
    return url.partition("://")[0]
