"""The end of a run, as a table; what it leaves out for brevity stands in metrics.jsonl."""

from __future__ import annotations

from fsim.display import Display, number
from fsim.run import Result
from fsim.run_folder import RunFolder


def summarise(result: Result, folder: RunFolder, display: Display) -> None:
    """Show the last and the best evaluation without the macro means, and where the run folder is."""
    evaluations = [line for line in folder.read_metrics() if "protocol" in line]
    for last in result.last:
        split, columns = last["split"], ["metric", f"last (epoch {last['epoch']})"]
        best = None
        if result.best is not None and result.best["split"] == split and result.best["epoch"] != last["epoch"]:
            epoch = result.best["epoch"]
            best = next(line for line in evaluations if line["split"] == split and line["epoch"] == epoch)
            columns.append(f"best (epoch {epoch})")
        shown = [last] if best is None else [last, best]
        names = [name for name in last["metrics"] if not name.partition("/")[2].startswith(("macro_", "num_queries"))]
        rows = [[name, *(number(line["metrics"][name]) for line in shown)] for name in names]
        queries = "leave-one-out" if last["protocol"]["leave_one_out"] else f"against {last['protocol']['gallery']}"
        title = (
            f"{split}: {last['protocol']['num_queries']} queries {queries}, relevant: {last['protocol']['relevant']}"
        )
        display.table(title, columns, rows)
    display.say(f"all metrics, macro means too: {folder.metrics}\nrun folder: {folder.path}")
