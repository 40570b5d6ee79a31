"""Fetch a public data set: resumed where it stopped, unpacked beside its place, then renamed."""

from __future__ import annotations

import http.client
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from fsim.errors import FsimError

CLOTHING_URL = "https://github.com/alexeygrigorev/clothing-dataset-small/archive/refs/heads/master.zip"
CLOTHING_SPLITS = {"train", "validation", "test"}


def download_clothing(to: Path, url: str | None = None, progress: Callable[[int, int], None] | None = None) -> Path:
    """The CC0 photographs of alexeygrigorev/clothing-dataset-small in `<to>/clothing/{train,validation,test}`.

    Raises:
        FsimError: the folder is there already, the network fails, or the file is not the expected zip.
    """
    target = to / "clothing"
    if target.exists():
        raise FsimError(f"{target} is there already; use it, move it away, or choose another --to")
    try:
        to.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FsimError(f"cannot make the folder {to}: {error.strerror}; choose another --to") from error
    packed = to / "clothing.zip.part"
    fetch(url or CLOTHING_URL, packed, progress)
    with tempfile.TemporaryDirectory(dir=to, prefix=".clothing.") as folder:
        count = unpack(packed, Path(folder), CLOTHING_SPLITS)
        if not count:
            raise FsimError(f"{packed} has no folders train, validation, test; remove it and try again")
        Path(folder).rename(target)
        Path(folder).mkdir()  # for TemporaryDirectory to remove
    target.chmod(0o755)
    packed.unlink()
    return target


def fetch(url: str, file: Path, progress: Callable[[int, int], None] | None = None) -> None:
    """Download into `file`; what is there from an earlier try is kept and gone on with.

    Raises:
        FsimError: the server cannot be reached or refuses, or the connection breaks.
    """
    start = file.stat().st_size if file.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            resumed = answer.status == 206
            total = int(answer.headers.get("Content-Length") or 0) + (start if resumed else 0)
            with file.open("ab" if resumed else "wb") as stream:
                while block := answer.read(1 << 20):
                    stream.write(block)
                    if progress:
                        progress(stream.tell(), total)
            if total and file.stat().st_size < total:
                raise FsimError(f"the connection to {url} broke; run the command again, it goes on where it stopped")
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing is left to fetch
            return
        raise FsimError(f"{url} answers {error.code} {error.reason}; get the file by hand") from error
    except http.client.HTTPException as error:
        raise FsimError(
            f"the connection to {url} broke ({error!r}); run the command again, it goes on where it stopped"
        ) from error
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise FsimError(
            f"cannot fetch {url} ({getattr(error, 'reason', error)}); get it on a machine with a network"
        ) from error


def unpack(packed: Path, folder: Path, wanted: set[str]) -> int:
    """Unpack the files below the top folder's subfolders `wanted`; how many there were. No path leads elsewhere."""
    count = 0
    try:
        with zipfile.ZipFile(packed) as archive:
            for entry in archive.infolist():
                parts = PurePosixPath(entry.filename).parts[1:]
                if entry.is_dir() or not parts or parts[0] not in wanted or ".." in parts:
                    continue
                target = folder.joinpath(*parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as source, target.open("wb") as stream:
                    shutil.copyfileobj(source, stream)
                count += 1
    except OSError as error:
        raise FsimError(f"cannot unpack {packed}: {error.strerror}; free space there or choose another --to") from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        packed.unlink(missing_ok=True)
        raise FsimError(f"{packed} is not a whole zip file ({error}); it was removed, run the command again") from error
    return count
