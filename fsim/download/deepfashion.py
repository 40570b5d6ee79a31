"""DeepFashion: what of a benchmark is there, what can be fetched, and what the user must put where."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fsim.download.deepfashion_archives import MEGABYTE, unpack_images, unpack_texts
from fsim.download.deepfashion_files import BENCHMARKS, IMAGES, Benchmark, BenchmarkFile
from fsim.download.deepfashion_partition import check_images
from fsim.download.deepfashion_terms import PROJECT_PAGE
from fsim.errors import FsimError
from fsim.kit.fetch import NotFoundError, Progress, fetch, unwritable
from fsim.kit.google_drive import DriveError, drive_url, fetch_drive
from fsim.kit.unpack import is_web_page
from fsim.runtime.display import Display

UNKNOWN = "no address of it is known"


def download_deepfashion(name: str, to: Path, url: str | None, display: Display) -> Path:
    """Make `<to>/deepfashion_<name>` whole; a folder that is whole already is only looked at.

    Args:
        name: the benchmark: category, inshop or consumer2shop.
        to: the folder of data sets.
        url: a mirror that has the files under the paths of `deepfashion_files`; None: Google Drive, for what is known.
        display: is told what is done.

    Raises:
        FsimError: something is missing, damaged, locked, or cannot be fetched; the message says what to do.
    """
    benchmark = BENCHMARKS[name]
    folder = (to / f"deepfashion_{name}").absolute()
    try:
        for sub in ("Anno", "Eval", "Img"):
            (folder / sub).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    unpack_texts(folder)
    missing = {file: _want(file, folder, url, display) for file in benchmark.texts}
    missing[benchmark.images] = _want_images(benchmark.images, folder, url, display)
    missing = {file: reason for file, reason in missing.items() if reason}
    if any(file.needed for file in missing):
        raise FsimError(_what_is_missing(benchmark, folder, missing))
    check_images(benchmark, folder)
    for file, reason in missing.items():
        display.say(f"not there, and not needed for a run: {file.path} ({file.holds}; {reason})")
    return folder


def _want(file: BenchmarkFile, folder: Path, url: str | None, display: Display) -> str:
    """See that a text file is there; else why it is not."""
    found = file.found(folder)
    if found is None:
        return _get(file, folder, url, display)
    if is_web_page(found):
        return f"what is there as {found.relative_to(folder)} is a web page; remove it"
    return "" if found.stat().st_size else f"{found.relative_to(folder)} is empty; remove it"


def _want_images(file: BenchmarkFile, folder: Path, url: str | None, display: Display) -> str:
    """See that the images are there, unpacked; else why they are not."""
    packed, images = folder / file.path, folder / IMAGES
    if images.is_dir() and any(images.iterdir()):
        return ""
    if not packed.is_file() and (reason := _get(file, folder, url, display)):
        return reason
    unpack_images(packed, images, file.md5, display)
    return ""


def _get(file: BenchmarkFile, folder: Path, url: str | None, display: Display) -> str:
    """Fetch a file that is not there; else why that cannot be."""
    target = folder / file.path
    try:
        if url is not None:
            target = _fetch_from_mirror(file, folder, url.rstrip("/"), display)
        elif file.drive_id is not None:
            display.say(f"fetching {file.path} from Google Drive")
            fetch_drive(drive_url(file.drive_id), target, _bar(display, target.name))
        else:
            return UNKNOWN
    except NotFoundError as error:
        return str(error)
    except DriveError as error:
        return f"Google Drive did not give it: {error}"
    if is_web_page(target) or not target.stat().st_size:
        target.unlink()
        return "a web page or nothing came in its place"
    return ""


def _fetch_from_mirror(file: BenchmarkFile, folder: Path, url: str, display: Display) -> Path:
    part = folder / f"{file.path}.part"
    for place in file.places:
        try:
            fetch(f"{url}/{place}", part, _bar(display, file.path))
        except NotFoundError:
            continue
        target = folder / place
        target.parent.mkdir(exist_ok=True)
        part.replace(target)
        display.say(f"fetched {place}")
        return target
    raise NotFoundError(f"{url} does not have it")


def _bar(display: Display, name: str) -> Progress:
    return lambda done, total: display.bar(f"{name} (MB)", done // MEGABYTE, max(total, done) // MEGABYTE)


def _what_is_missing(benchmark: Benchmark, folder: Path, missing: Mapping[BenchmarkFile, str]) -> str:
    lines = [f"the {benchmark.title} of DeepFashion is not whole in {folder}"]
    lines += [f"{file.path}: {reason}" for file, reason in missing.items() if reason != UNKNOWN]
    lines.append(
        f"Open {PROJECT_PAGE}, follow its link to Google Drive, get these files from the folder of the "
        f"{benchmark.title}, and put them here:"
    )
    lines += [f"  {folder / file.path}  ({file.holds})" for file in missing if file.needed]
    if not all(file.needed for file in missing):
        lines.append("These too, if you can; a run does without them:")
        lines += [f"  {folder / file.path}  ({file.holds})" for file in missing if not file.needed]
    lines.append(
        f"Archives of whole folders may stay packed: {folder / 'Anno*.zip'}, Eval*.zip."
        f"\nThen run the command again; it goes on with what is there. fsim knows the address of "
        f"{'Img/img.zip alone' if benchmark.images.drive_id else 'none of them'}; a mirror can be named by --url."
    )
    return "\n".join(lines)
