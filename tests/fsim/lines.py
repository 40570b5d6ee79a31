"""Lines of metrics.jsonl, made by hand."""

from __future__ import annotations

from typing import Any

from fsim.store.metric_lines import EvaluationLine, Numbers, ProtocolRecord, TrainingLine

MONITOR = "exact/recall@1"


def training_line(epoch: int, seconds: float | None = 10) -> TrainingLine:
    return TrainingLine(epoch, {"loss": 1.0}, {}, {"seconds": seconds})


def evaluation_line(epoch: float, metrics: Numbers, split: str = "val", **others: Any) -> EvaluationLine:
    """An evaluation as a run writes it, monitored by `exact/recall@1`, of which more is better."""
    given: dict[str, Any] = {
        "protocol": ProtocolRecord({"query": split}),
        "fingerprint": "f",
        "less_is_better": (),
        "health": {},
        "timings": {"seconds": 1},
        "monitor": MONITOR,
        "alarms": (),
    }
    return EvaluationLine(epoch=epoch, split=split, metrics=metrics, **{**given, **others})
