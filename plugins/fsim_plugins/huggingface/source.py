"""Opens a data set with the package `datasets`; nothing in it is run as code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from fsim.errors import FsimError

Parts = dict[str, Any]  # split -> datasets.Dataset
READERS = ("arrow", "csv", "imagefolder", "json", "parquet")  # others unpickle, or read what holds no pictures
UNNAMED = "train"  # the split of a data set that says none


def from_folder(root: Path, configuration: str | None, prepared: Path) -> Parts:
    """The splits of a folder that `save_to_disk` wrote, or that `load_dataset` reads.

    Args:
        prepared: a folder for the tables that `load_dataset` makes.

    Raises:
        FsimError: there is no such folder, or it cannot be read.
    """
    if not root.is_dir():
        raise FsimError(
            f"there is no folder {root}; set data.dataset.root to one, or data.dataset.hub to owner/name on the hub"
        )
    module = _import_datasets()
    try:
        if any((root / name).is_file() for name in ("dataset_dict.json", "state.json")):
            return _parts(module.load_from_disk(str(root)))
        builder = module.load_dataset_builder(str(root), configuration, cache_dir=str(prepared))
        return _prepared(builder)
    except FsimError:
        raise
    except Exception as error:  # the package and those below it fail in many ways on what they cannot read
        raise FsimError(
            f"cannot read {root} as a data set ({_first_line(error)}); it must be a folder that save_to_disk wrote, or "
            f"one of pictures, parquet, arrow, csv or json files"
        ) from error


def from_hub(name: str, configuration: str | None, revision: str | None) -> Parts:
    """The splits of a data set on the hub, or of its copy in the package's cache.

    Raises:
        FsimError: there is none, it may not be read, or the hub cannot be reached.
    """
    if Path(name).exists() or name.count("/") > 1:
        raise FsimError(
            f"data.dataset.hub is '{name}', and no owner/name on the hub; set data.dataset.root for a folder"
        )
    module = _import_datasets()
    try:
        return _prepared(module.load_dataset_builder(name, configuration, revision=revision))
    except FsimError:
        raise
    except Exception as error:  # the package, its client of the hub and the network fail in many ways
        raise FsimError(
            f"cannot get '{name}' from the hub ({_first_line(error)}); check the name and the network (a data set that "
            f"asks for consent needs HF_TOKEN), or, where there is a network, save it by "
            f"datasets.load_dataset('{name}').save_to_disk('DIR'), bring DIR here, and set data.dataset.root=DIR"
        ) from error


def _import_datasets() -> ModuleType:
    try:
        import datasets
    except ImportError as error:
        raise FsimError(
            f"the dataset huggingface needs the package datasets ({error}): pip install 'fsim[huggingface]'"
        ) from error
    if not sys.stderr.isatty():
        datasets.disable_progress_bars()
    module: ModuleType = datasets
    return module


def _prepared(builder: Any) -> Parts:
    reader = type(builder).__module__.split(".")[-1]
    if reader not in READERS or not type(builder).__module__.startswith("datasets.packaged_modules."):
        raise FsimError(
            f"this data set is read by '{reader}', which fsim does not use (but {', '.join(READERS)}); save it by "
            f"save_to_disk and set data.dataset.root to that folder"
        )
    builder.download_and_prepare()
    return _parts(builder.as_dataset())


def _parts(loaded: Any) -> Parts:
    if isinstance(loaded, dict):
        return {str(split): part for split, part in loaded.items()}
    return {str(loaded.split or UNNAMED): loaded}


def _first_line(error: Exception) -> str:
    cause = error.__cause__ or error  # of "an error occurred while generating the dataset", what occurred
    return f"{type(cause).__name__}: {str(cause).strip().split(os.linesep)[0][:300]}"
