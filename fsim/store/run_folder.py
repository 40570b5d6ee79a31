"""The folder that a run leaves, and the only code that knows its layout."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from fsim.errors import FsimError
from fsim.kit.files import write_json, write_text
from fsim.recipe.document import yaml_text


class RunFolder:
    """recipe.yaml, environment.json, metrics.jsonl, log.txt, checkpoints/, per_query/{last,best}/*.csv,
    evaluations/, embeddings/, exports/<format>/, indexes/<name>/, projections/, tensorboard/, report.html;
    of a trial of `fsim tune` trial.json"""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.recipe = path / "recipe.yaml"
        self.environment = path / "environment.json"
        self.metrics = path / "metrics.jsonl"
        self.log = path / "log.txt"
        self.trial = path / "trial.json"  # of which trial of which study the run is, where it is one
        self.checkpoints = path / "checkpoints"
        self.last = self.checkpoints / "last.pt"
        self.best = self.checkpoints / "best.pt"
        self.projections = path / "projections"
        self.evaluations = path / "evaluations"
        self.exports = path / "exports"
        self.report = path / "report.html"

    @classmethod
    def create(cls, out: Path, name: str) -> RunFolder:
        """A new folder `<out>/<name>/<UTC time>`; an existing one is never touched.

        Raises:
            FsimError: it cannot be made.
        """
        time = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        for attempt in range(1000):
            path = out / name / (time if attempt == 0 else f"{time}-{attempt + 1}")
            try:
                path.mkdir(parents=True)
                cls(path).checkpoints.mkdir()
            except FileExistsError:
                continue
            except OSError as error:
                raise FsimError(f"cannot make the run folder {path}: {error.strerror}; choose another --out") from error
            return cls(path)
        raise FsimError(f"there are a thousand runs of this second in {out / name}; choose another --out")

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """The folder of an existing run.

        Raises:
            FsimError: it is none.
        """
        folder = cls(path)
        if not folder.recipe.is_file():
            raise FsimError(f"{path} is not the folder of a run (it has no recipe.yaml); give runs/<name>/<time>")
        return folder

    @property
    def name(self) -> str:
        """`<recipe name>/<time>`"""
        path = self.path.resolve()
        return f"{path.parent.name}/{path.name}"

    def run_id(self) -> str:
        """What tells this run from all others, wherever its folder is."""
        environment = self.read_environment() or {}
        if "run" in environment:
            return str(environment["run"])
        began = {name: value for name, value in environment.items() if name != "resumed"}  # a run of an older fsim
        return hashlib.sha256(json.dumps([self.name, began], sort_keys=True).encode()).hexdigest()[:32]

    def checkpoint(self, which: str | None) -> Path:
        """The file of a checkpoint by its name (`best`, `last`, `epoch-0007`), or that file; None: the best, or the
        last where there is none.

        Raises:
            FsimError: it is not there.
        """
        if which is None:
            which = "best" if self.best.is_file() else "last"
        named = self.checkpoints / f"{which}.pt"
        file = named if which in ("best", "last") or named.is_file() else Path(which)
        if not file.is_file():
            raise FsimError(f"there is no checkpoint {file}; train the run (fsim resume {self.path}), or name another")
        return file

    def checkpoint_name(self, file: Path) -> str:
        """`last`, `best`, ...; of a file that is not the run's own, with something of its path."""
        if file.resolve().parent == self.checkpoints.resolve():
            return file.stem
        return f"{file.stem}-{hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:8]}"

    def per_query(self, of: str) -> Path:
        """Where the training puts the metrics of each query: of the `best` or the `last` network."""
        return self.path / "per_query" / of

    def evaluation(self, checkpoint: str, fingerprint: str) -> Path:
        """Where `fsim evaluate` puts what it measured of a network by a protocol."""
        return self.evaluations / f"{checkpoint}-{fingerprint}"

    def write_evaluation(self, line: dict[str, Any]) -> None:
        """Put the line of an evaluation, with its `checkpoint`, into that place. NaN is written as null."""
        write_json(self.evaluation(line["checkpoint"], line["fingerprint"]) / "metrics.json", _without_nan(line))

    def read_evaluations(self) -> list[tuple[Path, dict[str, Any]]]:
        """The places of all evaluations of `fsim evaluate`, and their lines."""
        files = sorted(self.evaluations.glob("*/metrics.json"))
        return [(file.parent, _without_nan(json.loads(file.read_text(encoding="utf-8")))) for file in files]

    def remove_results_of_the_end(self) -> None:
        """Remove what was written after the last epoch, where that is no longer the last: the tables of queries, the
        maps without an epoch in their name, and the report."""
        shutil.rmtree(self.per_query("last"), ignore_errors=True)
        self.report.unlink(missing_ok=True)
        for file in self.projections.glob("*"):
            if not re.fullmatch(r".+-\d{3,}", file.stem):
                file.unlink(missing_ok=True)

    def discard_if_unused(self) -> None:
        """Remove a folder in which nothing was learned: the run stopped at a mistake before its first epoch ended."""
        if not self.metrics.exists() and not self.last.exists():
            shutil.rmtree(self.path, ignore_errors=True)

    def write_recipe(self, resolved: dict[str, Any]) -> None:
        write_text(self.recipe, yaml_text(resolved))

    def read_environment(self) -> dict[str, Any] | None:
        """environment.json, where it is there."""
        return json.loads(self.environment.read_text(encoding="utf-8")) if self.environment.is_file() else None

    def write_environment(self, environment: dict[str, Any]) -> None:
        write_json(self.environment, environment)

    def read_metrics(self) -> list[dict[str, Any]]:
        """The lines of metrics.jsonl, in order."""
        if not self.metrics.is_file():
            return []
        return [json.loads(line) for line in self.metrics.read_text(encoding="utf-8").splitlines()]

    def write_metrics(self, lines: list[dict[str, Any]]) -> None:
        """All lines anew: a kill leaves the old or the new file, never half a line. NaN is written as null."""
        write_text(self.metrics, "".join(json.dumps(_without_nan(line), ensure_ascii=False) + "\n" for line in lines))

    def append_metrics(self, lines: list[dict[str, Any]]) -> None:
        self.write_metrics(self.read_metrics() + lines)


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(one) for name, one in value.items()}
    return None if isinstance(value, float) and value != value else value
