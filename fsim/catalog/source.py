"""Open the SOURCE that a command on data is given, as a catalog."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from fsim.catalog.encoded_catalog import load_catalog
from fsim.errors import FsimError
from fsim.interfaces import Catalog
from fsim.kit.files import cache_dir
from fsim.plugin.build import CheckedComponent
from fsim.plugin.interface_check import class_member
from fsim.plugin.parameters import parameter_model
from fsim.plugin.registry import load, offers
from fsim.recipe.document import Document
from fsim.recipe.mistake import RecipeError
from fsim.recipe.recipe_file import override
from fsim.recipe.validate import check_component, check_recipe

log = logging.getLogger("fsim.catalog.source")

SOURCE_HELP = (
    "a table (metadata.csv, .parquet, .jsonl), a folder (with a metadata.csv, <split>/<category>/*.jpg, or DeepFashion "
    "as it is unpacked), a recipe, or the name of a dataset"
)
TABLES = {".csv": "csv", ".jsonl": "jsonl", ".parquet": "parquet"}  # the datasets that read them; each has `file`
RECIPES = (".yaml", ".yml")
SLOT = ("data", "dataset")


def open_source(source: str, dataset: str | None = None, parameters: Sequence[str] = ()) -> Catalog:
    """Open the catalog of a source.

    Args:
        source: see `SOURCE_HELP`.
        dataset: the dataset that reads it; it is given the source as its `root` or `file`.
        parameters: `key=value` for the dataset.

    Raises:
        FsimError: there is no such source, or it cannot be read.
    """
    return load_catalog(_component(source, dataset, parameters).build(cache_dir=cache_dir()))


def _component(source: str, dataset: str | None, parameters: Sequence[str]) -> CheckedComponent:
    path = Path(source).expanduser()
    if path.suffix in RECIPES and dataset is None:
        return check_recipe(path, [f"data.dataset.{parameter}" for parameter in parameters])["data.dataset"]
    names = {offer.name for offer in offers("dataset")}
    if dataset is None and not path.exists() and source in names:
        settings = {"name": source}
    elif not path.exists():
        raise FsimError(f"there is no '{source}'; give {SOURCE_HELP} ({', '.join(sorted(names))})")
    else:
        if dataset is None and path.is_dir() and (path / "metadata.csv").is_file():
            path = path / "metadata.csv"
        name = dataset or (_of_folder(path) if path.is_dir() else TABLES.get(path.suffix.lower()))
        if name is None:
            raise FsimError(f"'{source}' has none of the endings {', '.join(TABLES)}; name what reads it: --dataset")
        settings = {"name": name, _place(name): str(path.absolute())}
    document = Document({"data": {"dataset": settings}})
    override(document, [f"data.dataset.{parameter}" for parameter in parameters])
    mistakes = list(document.mistakes)
    checked = check_component(document, SLOT, "dataset", document.value["data"]["dataset"], mistakes)
    if mistakes or checked is None:
        raise RecipeError(mistakes)
    return checked


def _of_folder(folder: Path) -> str:
    """Return the dataset that reads a folder without a metadata.csv."""
    benchmarks = benchmarks_in(folder)
    if len(benchmarks) > 1:
        raise FsimError(
            f"{folder} may be {' or '.join(benchmarks.values())}, and its files do not say which; add --dataset "
            f"{' or '.join(benchmarks)}"
        )
    for name, title in benchmarks.items():
        log.warning("%s is %s: read by the dataset %s", folder, title, name)
        return name
    return "folder"


def benchmarks_in(folder: Path) -> dict[str, str]:
    """Return the public benchmarks that a folder may hold, {dataset: title}, as their datasets recognise them."""
    titles = {}
    for name in dict.fromkeys(offer.name for offer in offers("dataset")):
        try:
            component = load("dataset", name)
        except FsimError as error:  # a broken plugin harms no other data set
            log.info("%s", error)
            continue
        title = class_member("dataset", component, "benchmark_in")(folder)
        if title:
            titles[name] = title
    return titles


def _place(dataset: str) -> str:
    """Return the parameter of a dataset that takes its place on the disk."""
    fields = parameter_model("dataset", load("dataset", dataset)).model_fields.values()
    for place in ("file", "root"):  # `csv` has both: its file, and perhaps another root
        if any(field.alias == place for field in fields):
            return place
    raise FsimError(f"the dataset '{dataset}' reads neither a `file` nor a `root`; give its name alone")
