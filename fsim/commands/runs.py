"""fsim runs [FOLDER]"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsim.history.run_record import RunRecord


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path("runs"), metavar="FOLDER", help="where to look (default: runs)"
    )
    parser.add_argument(
        "--sort", default="time", metavar="KEY", help="sort by time (default), name, or a metric such as exact/recall@1"
    )
    parser.add_argument(
        "--filter",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="list only runs whose recipe has this value, or 'exact/recall@1>0.7'; may be given several times",
    )
    parser.add_argument(
        "--metric",
        action="append",
        default=[],
        metavar="NAME",
        help="add a column for this metric of the last evaluation; may be given several times",
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON, for programs")


def execute(args: argparse.Namespace) -> int:
    import json

    from fsim.errors import FsimError
    from fsim.history.run_record import find_runs, read_record
    from fsim.history.run_selection import reject_unknown_metrics, select, sort
    from fsim.runtime.display import Display

    records, warnings = [], []
    for folder in find_runs(args.folder):
        try:
            records.append(read_record(folder))
        except FsimError as error:
            warnings.append(str(error))
    reject_unknown_metrics(records, args.metric, "--metric")
    shown = sort(select(records, args.filter), args.sort)
    fingerprints = list(dict.fromkeys(record.last.fingerprint for record in shown if record.last))
    if len(fingerprints) > 1:
        warnings.append(
            f"these runs were asked {len(fingerprints)} different things, numbered under 'asked': only runs with the "
            f"same number can be compared"
        )
    if args.json:
        runs = [_as_json(record) for record in shown]
        print(json.dumps({"runs": runs, "warnings": warnings}, indent=2, ensure_ascii=False))
        return 0
    columns = list(dict.fromkeys([*args.metric, *([args.sort] if args.sort not in ("time", "name") else [])]))
    header = ["run", "epochs", "state", "split", "monitor", "last", "best (epoch)", *columns, "duration"]
    rows = [_row(record, args.folder, columns) for record in shown]
    if len(fingerprints) > 1:
        header.append("asked")
        for row, record in zip(rows, shown, strict=True):
            row.append(str(1 + fingerprints.index(record.last.fingerprint)) if record.last else "-")
    with Display() as display:
        if rows:
            display.table(f"{len(rows)} of {len(records)} runs in {args.folder}", header, rows)
        else:
            display.say(f"none of the {len(records)} runs in {args.folder} matches --filter")
        for warning in warnings:
            display.warn(warning)
    return 0


def _row(record: RunRecord, below: Path, columns: list[str]) -> list[str]:
    from datetime import timedelta

    from fsim.runtime.display import number

    last = record.metrics.get(record.monitor) if record.monitor else None
    return [
        str(record.path.relative_to(below)),
        f"{record.epochs_done}/{record.epochs}",
        record.state,
        record.last.split if record.last else "-",
        record.monitor or "-",
        number(last),
        f"{number(record.best.value)} ({record.best.epoch})" if record.best else "-",
        *(number(record.metrics.get(name)) for name in columns),
        "-" if record.seconds is None else str(timedelta(seconds=round(record.seconds))),
    ]


def _as_json(record: RunRecord) -> dict[str, object]:
    return {
        "path": str(record.path),
        "name": record.name,
        "time": record.started[0].isoformat(),
        "epochs": record.epochs,
        "epochs_done": record.epochs_done,
        "state": record.state,
        "split": record.last.split if record.last else None,
        "fingerprint": record.last.fingerprint if record.last else None,
        "monitor": record.monitor,
        "best": {"value": record.best.value, "epoch": record.best.epoch} if record.best else None,
        "metrics": record.metrics,
        "seconds": record.seconds,
    }
