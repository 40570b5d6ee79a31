"""Where indexes are: RUN/indexes/NAME."""

from __future__ import annotations

from pathlib import Path

from fsim.errors import FsimError, nearest

DEFAULT = "default"


def index_folder(run: Path, name: str) -> Path:
    """Where an index of a run is."""
    return run / "indexes" / name


def index_names(run: Path) -> list[str]:
    """The indexes of a run."""
    return sorted(one.parent.name for one in (run / "indexes").glob("*/current.json"))


def index_place(given: Path) -> Path:
    """The folder of an index, given itself or its run, where that has one.

    Raises:
        FsimError: it is neither, or the run has none, or several.
    """
    if (given / "current.json").is_file():
        return given
    if (given / "recipe.yaml").is_file():
        names = index_names(given)
        if len(names) == 1:
            return index_folder(given, names[0])
        if not names:
            raise FsimError(f"{given} has no index; make one: fsim index {given} --images FOLDER")
        raise FsimError(
            f"{given} has several indexes; name one: {', '.join(str(index_folder(given, n)) for n in names)}"
        )
    beside = index_names(given.parent.parent) if given.parent.name == "indexes" else []
    raise FsimError(f"there is no index {given}{nearest(given.name, beside) if beside else ''}; give RUN/indexes/NAME")


def run_of(index: Path) -> Path:
    """The run that an index lies in.

    Raises:
        FsimError: it lies in none.
    """
    run = index.absolute().parent.parent
    if not (run / "recipe.yaml").is_file():
        raise FsimError(f"{index} lies in no run: name the one whose network embeds the pictures by --run RUN")
    return run
