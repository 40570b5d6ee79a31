"""DeepFashion: what of a benchmark is there, what can be fetched, and what the user must put where."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fsim.errors import FsimError
from fsim.interfaces import Reporter
from fsim.kit.fetch import NotFoundError, Progress, fetch, unwritable
from fsim.kit.unpack import is_web_page
from fsim_plugins.deepfashion.archives import MEGABYTE, unpack_images, unpack_texts
from fsim_plugins.deepfashion.benchmark_files import BENCHMARKS, IMAGES, Benchmark, BenchmarkFile
from fsim_plugins.deepfashion.partition_images import check_images
from fsim_plugins.deepfashion.terms import PROJECT_PAGE, TERMS
from fsim_plugins.downloads.google_drive import DriveError, drive_url, fetch_drive

UNKNOWN = "no address of it is known"


class DeepFashion:
    """Three benchmarks of attributes and retrieval, for non-commercial research. It looks what of a benchmark is there,
    fetches what is missing and known, verifies and unpacks it, and says which files you must put where. Run it again
    after each step.

    Args:
        benchmark: which of the three.
        url: a mirror that has the files under the paths of `benchmark_files`; null: Google Drive, for what is known.
    """

    terms: ClassVar[str] = TERMS

    def __init__(
        self,
        benchmark: Annotated[Literal["category", "inshop", "consumer2shop"], Field(description="which one")],
        url: Annotated[
            str | None,
            Field(description="your mirror, to fetch from in place of Google Drive: URL/Img/img.zip, URL/Anno/..."),
        ] = None,
    ) -> None:
        self.benchmark, self.url = BENCHMARKS[benchmark], url

    def fetch(self, to: Path, reporter: Reporter) -> Path:
        """Complete `<to>/deepfashion_<benchmark>`; a complete folder is only checked.

        Raises:
            FsimError: something is missing, damaged, locked, or cannot be fetched; the message says what to do.
        """
        benchmark, url = self.benchmark, self.url
        folder = (to / f"deepfashion_{benchmark.name}").absolute()
        try:
            for sub in ("Anno", "Eval", "Img"):
                (folder / sub).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(folder, error) from error
        unpack_texts(folder)
        missing = {file: _want(file, folder, url, reporter) for file in benchmark.texts}
        missing[benchmark.images] = _want_images(benchmark.images, folder, url, reporter)
        missing = {file: reason for file, reason in missing.items() if reason}
        if any(file.needed for file in missing):
            raise FsimError(_what_is_missing(benchmark, folder, missing))
        check_images(benchmark, folder)
        for file, reason in missing.items():
            reporter.say(f"not there, and not needed for a run: {file.path} ({file.holds}; {reason})")
        return folder

    def next_steps(self, folder: Path) -> list[str]:
        root = shlex.quote(f"data.dataset.root={folder}")
        return [
            f"DeepFashion is whole in {folder}; now:",
            f"  fsim run recipes/deepfashion/{self.benchmark.name}.yaml {root}",
        ]


def _want(file: BenchmarkFile, folder: Path, url: str | None, reporter: Reporter) -> str:
    """See that a text file is there; else why it is not."""
    found = file.found(folder)
    if found is None:
        return _get(file, folder, url, reporter)
    if is_web_page(found):
        return f"what is there as {found.relative_to(folder)} is a web page; remove it"
    return "" if found.stat().st_size else f"{found.relative_to(folder)} is empty; remove it"


def _want_images(file: BenchmarkFile, folder: Path, url: str | None, reporter: Reporter) -> str:
    """See that the images are there, unpacked; else why they are not."""
    packed, images = folder / file.path, folder / IMAGES
    if images.is_dir() and any(images.iterdir()):
        return ""
    if not packed.is_file() and (reason := _get(file, folder, url, reporter)):
        return reason
    unpack_images(packed, images, file.md5, reporter)
    return ""


def _get(file: BenchmarkFile, folder: Path, url: str | None, reporter: Reporter) -> str:
    """Fetch a file that is not there; else why that cannot be."""
    target = folder / file.path
    try:
        if url is not None:
            target = _fetch_from_mirror(file, folder, url.rstrip("/"), reporter)
        elif file.drive_id is not None:
            reporter.say(f"fetching {file.path} from Google Drive")
            fetch_drive(drive_url(file.drive_id), target, _bar(reporter, target.name))
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


def _fetch_from_mirror(file: BenchmarkFile, folder: Path, url: str, reporter: Reporter) -> Path:
    part = folder / f"{file.path}.part"
    for place in file.places:
        try:
            fetch(f"{url}/{place}", part, _bar(reporter, file.path))
        except NotFoundError:
            continue
        target = folder / place
        target.parent.mkdir(exist_ok=True)
        part.replace(target)
        reporter.say(f"fetched {place}")
        return target
    raise NotFoundError(f"{url} does not have it")


def _bar(reporter: Reporter, name: str) -> Progress:
    return lambda done, total: reporter.bar(f"{name} (MB)", done // MEGABYTE, max(total, done) // MEGABYTE)


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
