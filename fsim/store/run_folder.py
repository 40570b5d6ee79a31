"""The folder that a run leaves, and the only code that knows its layout."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from fsim.errors import FsimError
from fsim.kit.files import write_json, write_text
from fsim.recipe.document import yaml_text
from fsim.store.environment import Environment
from fsim.store.metric_lines import EvaluationLine, MetricLine, TrainingLine, metric_line
from fsim.store.older_runs import upgrade_environment, upgrade_line, upgrade_recipe

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C ten times as fast, where PyYAML was built with it


@dataclass(frozen=True)
class KeptEvaluation:
    """What `fsim evaluate` measured of one network: the folder with its tables, the checkpoint's name, the numbers."""

    place: Path
    checkpoint: str
    line: EvaluationLine


@dataclass(frozen=True)
class TrialRecord:
    """A trial of `fsim tune`: the name and the id of its study, its number, and the chosen value of each path."""

    study: str
    id: str
    trial: int
    values: Mapping[str, object]


class RunFolder:
    """recipe.yaml, environment.json, metrics.jsonl, status.json, log.txt, checkpoints/, per_query/{last,best}/*.csv,
    evaluations/, embeddings/, exports/<format>/, indexes/<name>/, projections/, tensorboard/, report.html;
    of a trial of `fsim tune` trial.json"""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.recipe = path / "recipe.yaml"
        self.environment = path / "environment.json"
        self.metrics = path / "metrics.jsonl"
        self.status = path / "status.json"  # where the run stands, and how it ended
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
        """Make a new folder `<out>/<name>/<UTC time>`; an existing one is never touched.

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
        """Open the folder of an existing run.

        Raises:
            FsimError: there is no run.
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

    def checkpoint(self, name: str | None) -> Path:
        """Return the file of a checkpoint.

        Args:
            name: `best`, `last`, `epoch-0007`, or the path of a file; None: the best, or the last where there is none.

        Raises:
            FsimError: it is not there.
        """
        if name is None:
            name = "best" if self.best.is_file() else "last"
        own = self.checkpoints / f"{name}.pt"
        file = own if name in ("best", "last") or own.is_file() else Path(name)
        if not file.is_file():
            raise FsimError(f"there is no checkpoint {file}; train the run (fsim resume {self.path}), or name another")
        return file

    def checkpoint_name(self, file: Path) -> str:
        """Return `last`, `best`, ...; for a file that is not the run's own its name and a hash of its path."""
        if file.resolve().parent == self.checkpoints.resolve():
            return file.stem
        return f"{file.stem}-{hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:8]}"

    def per_query(self, network: str) -> Path:
        """Return where the training puts the metrics of each query of the `best` or the `last` network."""
        return self.path / "per_query" / network

    def evaluation(self, checkpoint: str, fingerprint: str) -> Path:
        """Return where `fsim evaluate` puts what it measured of a checkpoint by a protocol."""
        return self.evaluations / f"{checkpoint}-{fingerprint}"

    def write_evaluation(self, checkpoint: str, line: EvaluationLine) -> None:
        """Write what `fsim evaluate` measured of a checkpoint into the place of that evaluation."""
        place = self.evaluation(checkpoint, line.fingerprint)
        write_json(place / "metrics.json", {"checkpoint": checkpoint, **line.to_json()})

    def read_evaluations(self) -> list[KeptEvaluation]:
        """Return all that `fsim evaluate` measured of this run."""
        kept = []
        for file in sorted(self.evaluations.glob("*/metrics.json")):
            line = json.loads(file.read_text(encoding="utf-8"))
            measured = EvaluationLine.from_json(upgrade_line(line, self._monitor))
            kept.append(KeptEvaluation(file.parent, str(line["checkpoint"]), measured))
        return kept

    def remove_results_of_the_end(self) -> None:
        """Remove what a run wrote at its end, because it goes on: the tables of queries, the maps without an epoch in
        their name, and the report."""
        shutil.rmtree(self.per_query("last"), ignore_errors=True)
        self.report.unlink(missing_ok=True)
        for file in self.projections.glob("*"):
            if not re.fullmatch(r".+-\d{3,}", file.stem):
                file.unlink(missing_ok=True)

    def discard_if_unused(self) -> None:
        """Remove a folder in which nothing was learned: the run stopped at a mistake before its first epoch ended."""
        if not self.metrics.exists() and not self.last.exists():
            shutil.rmtree(self.path, ignore_errors=True)

    def write_recipe(self, resolved: Mapping[str, Any], from_backbone: Collection[str] = ()) -> None:
        """Write recipe.yaml; a comment marks the keys of `data` that the backbone stated."""
        text = yaml_text(dict(resolved))
        if from_backbone:
            lines = re.compile(rf"^(  (?:{'|'.join(from_backbone)}):.*)$", re.MULTILINE)
            data = re.compile(r"^data:\n(?: .*\n)+", re.MULTILINE)
            text = data.sub(lambda section: lines.sub(r"\1  # from the backbone", section[0]), text)
        write_text(self.recipe, text)

    def read_recipe(self) -> Mapping[str, Any]:
        """Return recipe.yaml as plain data, without a check: a reader of many runs has no time for one."""
        return upgrade_recipe(yaml.load(self.recipe.read_text(encoding="utf-8"), _LOADER))

    def read_environment(self) -> Environment | None:
        """Return what environment.json says; None where there is none."""
        if not self.environment.is_file():
            return None
        content = json.loads(self.environment.read_text(encoding="utf-8"))
        return Environment(upgrade_environment(content, self.name))

    def run_id(self) -> str:
        """Return the id that tells this run from all others, wherever its folder is."""
        return (self.read_environment() or Environment(upgrade_environment({}, self.name))).run

    def note_environment(self, environment: Environment) -> list[str]:
        """Write the environment of a session into environment.json: that of the first as it is, with a new id of the
        run, and those of later ones into its list `resumed`.

        Returns:
            In what a later session differs from the first: `device cuda and goes on with cpu`.
        """
        first = self.read_environment()
        if first is None:
            write_json(self.environment, {"run": uuid.uuid4().hex, **environment.content})
            return []
        write_json(self.environment, dict(first.resumed_by(environment).content))
        return first.differences(environment)

    def read_trial(self) -> TrialRecord | None:
        """Return of which trial of which study the run is; None where it is of none."""
        try:
            trial = json.loads(self.trial.read_text(encoding="utf-8"))
            return TrialRecord(trial["study"], trial["id"], trial["trial"], trial["values"])
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def write_trial(self, trial: TrialRecord) -> None:
        """Write trial.json."""
        write_json(self.trial, vars(trial))

    def metric_lines(self) -> list[MetricLine]:
        """Return the lines of metrics.jsonl, in order."""
        return [self._line(text) for text in self._metric_texts()]

    def training_lines(self) -> list[TrainingLine]:
        """Return the lines of metrics.jsonl that epochs of training left, in order."""
        return [line for line in self.metric_lines() if isinstance(line, TrainingLine)]

    def evaluation_lines(self) -> list[EvaluationLine]:
        """Return the lines of metrics.jsonl that evaluations left, in order."""
        return [line for line in self.metric_lines() if isinstance(line, EvaluationLine)]

    def append_metric_lines(self, lines: Sequence[MetricLine]) -> None:
        """Write lines behind those of metrics.jsonl; a kill leaves the file with all of them or with none."""
        self._write_metric_texts([*self._metric_texts(), *(_text(line) for line in lines)])

    def keep_metric_lines(self, is_kept: Callable[[MetricLine], bool]) -> None:
        """Write metrics.jsonl without the lines that are not kept; the others stay as they are, byte for byte."""
        self._write_metric_texts([text for text in self._metric_texts() if is_kept(self._line(text))])

    def _metric_texts(self) -> list[str]:
        if not self.metrics.is_file():
            return []
        return [text for text in self.metrics.read_text(encoding="utf-8").split("\n") if text]

    def _write_metric_texts(self, texts: Sequence[str]) -> None:
        write_text(self.metrics, "".join(f"{text}\n" for text in texts))

    def _line(self, text: str) -> MetricLine:
        return metric_line(upgrade_line(json.loads(text), self._monitor))

    def _monitor(self) -> str | None:
        """`evaluation.monitor` of the recipe."""
        monitor: str | None = self.read_recipe()["evaluation"]["monitor"]
        return monitor


def _text(line: MetricLine) -> str:
    return json.dumps(line.to_json(), ensure_ascii=False)
