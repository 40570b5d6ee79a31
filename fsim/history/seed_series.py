"""Runs of one recipe that differ in their seed alone, and the file beside their folders that keeps them together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsim.errors import FsimError
from fsim.history.run_record import read_record
from fsim.kit.files import write_json
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.document import Document
from fsim.recipe.validate import check_document
from fsim.store.run_folder import RunFolder


@dataclass(frozen=True)
class SeedSeries:
    """`<out>/<name>/<time>-seeds.json`, where time is that of the first run.

    recipe  with every default; each run has another seed in it
    seeds   of all runs, in order
    runs    {seed: its folder, beside the file}, of the runs that have begun
    """

    file: Path
    recipe: Mapping[str, Any]
    seeds: list[int]
    runs: dict[int, RunFolder]

    @classmethod
    def create(cls, out: Path, checked: CheckedRecipe, num: int) -> SeedSeries:
        """Make a series of `num` runs, from the recipe's seed on, and the folder of the first run.

        Raises:
            FsimError: fewer than two; a seed is too large; the folder cannot be made.
        """
        if num < 2:
            raise FsimError("--seeds needs 2 runs or more: one has no spread, and without --seeds there is one")
        recipe, first = checked.resolved(), checked.recipe.seed
        seeds = list(range(first, first + num))
        check_document(Document({**recipe, "seed": seeds[-1]}))
        folder = RunFolder.create(out, checked.recipe.name)
        series = cls(folder.path.parent / f"{folder.path.name}-seeds.json", recipe, seeds, {first: folder})
        series.write()
        return series

    @classmethod
    def open(cls, file: Path) -> SeedSeries:
        """Open a series that was begun.

        Raises:
            FsimError: the file is no series.
        """
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            runs = {int(run["seed"]): RunFolder(file.parent / run["folder"]) for run in content["runs"]}
            existing = {seed: folder for seed, folder in runs.items() if folder.path.is_dir()}
            return cls(file, dict(content["recipe"]), [int(seed) for seed in content["seeds"]], existing)
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise FsimError(f"{file} is not of several seeds; give runs/<name>/<time>-seeds.json") from error

    def checked(self, seed: int) -> CheckedRecipe:
        """Return the recipe of one run."""
        return check_document(Document({**self.recipe, "seed": seed}))

    def begin(self, seed: int) -> RunFolder:
        """Return the folder of a run; a new one is noted in the file before anything is learned in it."""
        if seed not in self.runs:
            self.runs[seed] = RunFolder.create(self.file.parent.parent, self.file.parent.name)
            self.write()
        return self.runs[seed]

    def discard_if_unused(self, seed: int) -> None:
        """Remove a run in which nothing was learned, and the file where it was the only run."""
        folder = self.runs.get(seed)
        if folder is None:
            return
        folder.discard_if_unused()
        if folder.path.exists():
            return
        del self.runs[seed]
        if self.runs:
            self.write()
        else:
            self.file.unlink()

    def is_finished(self, seed: int) -> bool:
        """Return whether a run has come to its end."""
        has_recipe = seed in self.runs and self.runs[seed].recipe.is_file()
        return has_recipe and read_record(self.runs[seed]).state == "finished"

    def write(self, **results: object) -> None:
        """Write the file, with results of the runs where there are some."""
        runs = [{"seed": seed, "folder": folder.path.name} for seed, folder in self.runs.items()]
        write_json(self.file, {"seeds": self.seeds, "runs": runs, **results, "recipe": self.recipe})
