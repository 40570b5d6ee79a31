"""Runs of one recipe that differ in their seed alone, and the file beside their folders that keeps them together."""

from __future__ import annotations

import json
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

    recipe  resolved; each run has another seed in it
    seeds   of all runs, in order
    runs    {seed: its folder, beside the file}, of those that began
    """

    file: Path
    recipe: dict[str, Any]
    seeds: list[int]
    runs: dict[int, RunFolder]

    @classmethod
    def create(cls, out: Path, checked: CheckedRecipe, num: int) -> SeedSeries:
        """A series of `num` runs from the recipe's seed on, with the folder of the first.

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
        """A series that was begun.

        Raises:
            FsimError: it is none.
        """
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
            runs = {int(run["seed"]): RunFolder(file.parent / run["folder"]) for run in found["runs"]}
            there = {seed: folder for seed, folder in runs.items() if folder.path.is_dir()}
            return cls(file, dict(found["recipe"]), [int(seed) for seed in found["seeds"]], there)
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise FsimError(f"{file} is not of several seeds; give runs/<name>/<time>-seeds.json") from error

    def checked(self, seed: int) -> CheckedRecipe:
        """The recipe of one run."""
        return check_document(Document({**self.recipe, "seed": seed}))

    def begin(self, seed: int) -> RunFolder:
        """The folder of a run; a new one is noted in the file before anything is learned in it."""
        if seed not in self.runs:
            self.runs[seed] = RunFolder.create(self.file.parent.parent, self.file.parent.name)
            self.write()
        return self.runs[seed]

    def discard_if_unused(self, seed: int) -> None:
        """Leave out a run in which nothing was learned; without any run the file goes too."""
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

    def finished(self, seed: int) -> bool:
        """Whether a run has come to its end."""
        begun = seed in self.runs and self.runs[seed].recipe.is_file()
        return begun and read_record(self.runs[seed]).state == "finished"

    def write(self, **found: Any) -> None:
        """The file anew, with what was found."""
        runs = [{"seed": seed, "folder": folder.path.name} for seed, folder in self.runs.items()]
        write_json(self.file, {"seeds": self.seeds, "runs": runs, **found, "recipe": self.recipe})
