"""Downloads: public data sets that can be fetched."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable


class Reporter(Protocol):
    """Shows a person what a download does."""

    def say(self, text: str) -> None:
        """Show a line."""
        ...

    def bar(self, name: str, done: int, total: int) -> None:
        """Move the progress bar of that name."""
        ...


@runtime_checkable
class Download(Protocol):
    """Fetches a public data set. The parameters of its constructor are options of `fsim data download NAME`."""

    terms: ClassVar[str] = ""  # optional: what a user must accept before anything is fetched

    @abstractmethod
    def fetch(self, to: Path, reporter: Reporter) -> Path:
        """Put the data set into a folder below `to`, and return that folder. A second call resumes a broken one.

        Raises:
            FsimError: something is missing, damaged, or cannot be fetched; the message says what to do.
        """
        ...

    @abstractmethod
    def next_steps(self, folder: Path) -> list[str]:
        """Lines for a person: what to do with the folder that `fetch` returned."""
        ...
