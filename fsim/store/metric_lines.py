"""The lines of metrics.jsonl as records: one for each epoch of training, one for each protocol of an evaluation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

Numbers: TypeAlias = Mapping[str, float | None]  # by name; None or NaN: there is no number


@dataclass(frozen=True)
class Alarm:
    """A sign that a network collapses or learns nothing, as sentences for a person."""

    cause: str
    remedy: str


@dataclass(frozen=True)
class ProtocolRecord:
    """Who queried what, and how it was measured: all that decides whether two results may be compared.

    content  the JSON object of metrics.jsonl
    """

    content: Mapping[str, Any]

    @property
    def leave_one_out(self) -> bool:
        """Whether each query is compared with all other queries."""
        return bool(self.content["leave_one_out"])

    @property
    def gallery(self) -> str:
        """The split in which answers are looked for."""
        return str(self.content["gallery"])

    @property
    def relevant(self) -> str:
        """The label that makes an answer right: `category` or `item`."""
        return str(self.content["relevant"])

    @property
    def num_queries(self) -> int:
        return int(self.content["num_queries"])

    @property
    def num_gallery(self) -> int:
        return int(self.content["num_gallery"])

    @property
    def evaluators(self) -> Mapping[str, Mapping[str, Any]]:
        """Each evaluator's name and parameters."""
        evaluators: Mapping[str, Mapping[str, Any]] = self.content["evaluators"]
        return evaluators

    @property
    def question(self) -> dict[str, object]:
        """Everything but the evaluators that measured it and the distance that the network is made for."""
        return {name: value for name, value in self.content.items() if name not in ("evaluators", "distance")}


@dataclass(frozen=True)
class TrainingLine:
    """What one epoch of training left.

    metrics  the mean of each loss over the epoch, and the learning rate at its end
    health   signs of the losses by which a collapse is noticed
    timings  images_per_second, and the seconds that the epoch took (None: not measured)
    """

    epoch: int
    metrics: Numbers
    health: Numbers
    timings: Numbers

    @property
    def split(self) -> str:
        """The name under which the line stands in metrics.jsonl."""
        return "train"

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> TrainingLine:
        return cls(line["epoch"], line["metrics"], line["health"], line["timings"])

    def to_json(self) -> dict[str, object]:
        return {
            "epoch": self.epoch,
            "split": self.split,
            "metrics": without_nan(self.metrics),
            "health": without_nan(self.health),
            "timings": without_nan(self.timings),
        }


@dataclass(frozen=True)
class EvaluationLine:
    """What one protocol measured of a network.

    epoch           the epochs that the network was trained for; 2.4 within the third
    split           the name of the protocol: `val`; `val:train` for queries of val in the gallery train
    fingerprint     of the protocol: numbers of different fingerprints are not comparable
    metrics         `<evaluator>/<metric>`
    less_is_better  the metrics of which less is better; None: the run does not say
    health          how the embeddings are spread, by which a collapse is noticed
    timings         seconds, of the whole evaluation under `seconds` (None: not measured)
    monitor         the metric that chooses the best epoch; None: the last epoch counts
    alarms          None where nobody looked for them: `fsim evaluate` measured this, and not the run itself
    """

    epoch: float
    split: str
    protocol: ProtocolRecord
    fingerprint: str
    metrics: Numbers
    less_is_better: tuple[str, ...] | None
    health: Numbers
    timings: Numbers
    monitor: str | None = None
    alarms: tuple[Alarm, ...] | None = None

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> EvaluationLine:
        less_is_better, alarms = line["less_is_better"], line.get("alarms")
        return cls(
            epoch=line["epoch"],
            split=line["split"],
            protocol=ProtocolRecord(line["protocol"]),
            fingerprint=line["fingerprint"],
            metrics=line["metrics"],
            less_is_better=None if less_is_better is None else tuple(less_is_better),
            health=line["health"],
            timings=line["timings"],
            monitor=line.get("monitor"),
            alarms=None if alarms is None else tuple(Alarm(**alarm) for alarm in alarms),
        )

    def to_json(self) -> dict[str, object]:
        in_training: dict[str, object] = {}
        if self.alarms is not None:
            in_training = {"monitor": self.monitor, "alarms": [asdict(alarm) for alarm in self.alarms]}
        return {
            "epoch": self.epoch,
            "split": self.split,
            "protocol": dict(self.protocol.content),
            "fingerprint": self.fingerprint,
            "metrics": without_nan(self.metrics),
            "less_is_better": list(self.less_is_better or ()),
            "health": without_nan(self.health),
            "timings": without_nan(self.timings),
            **in_training,
        }


MetricLine: TypeAlias = TrainingLine | EvaluationLine


def metric_line(line: Mapping[str, Any]) -> MetricLine:
    """Return the record of one JSON object of metrics.jsonl."""
    return EvaluationLine.from_json(line) if "protocol" in line else TrainingLine.from_json(line)


def without_nan(numbers: Numbers) -> dict[str, float | None]:
    """Return the numbers with None in place of NaN, which JSON does not have."""
    return {name: None if value is None or math.isnan(value) else value for name, value in numbers.items()}
