"""fsim compare RUN RUN..."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="run folders; the first is the base")
    parser.add_argument(
        "--checkpoint",
        choices=("last", "best"),
        default="last",
        help="compare the evaluations of this network (default: last)",
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON, for programs")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the table, one row for each metric and run")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the comparison as a page")


def execute(args: argparse.Namespace) -> int:
    import json

    from fsim.errors import FsimError
    from fsim.history.comparison import compare_runs, open_runs
    from fsim.history.comparison_tables import comparison_page, difference_table, metric_table
    from fsim.kit.files import write_text
    from fsim.pages.page import reject_page_file
    from fsim.recipe.differences import recipe_differences
    from fsim.runtime.display import Display

    if args.html is not None:
        reject_page_file(args.html)
    if args.csv is not None and args.csv.exists():
        raise FsimError(f"{args.csv} is there already; move it away, or name another file")
    folders = open_runs(args.runs)
    differences = recipe_differences({str(folder.path): folder.read_recipe() for folder in folders})
    comparisons = compare_runs(folders, args.checkpoint)
    if args.csv is not None:
        import pandas as pd

        tables = [comparison.table.assign(split=comparison.split) for comparison in comparisons]
        write_text(args.csv, pd.concat(tables).to_csv(index=False))
    if args.html is not None:
        comparison_page(folders, differences, comparisons).write(args.html)
    if args.json:
        answer = {
            "runs": [str(folder.path) for folder in folders],
            "recipes": json.loads(differences.to_json(orient="index")),
            "protocols": [
                {
                    "split": comparison.split,
                    "warnings": comparison.warnings,
                    "metrics": json.loads(comparison.table.to_json(orient="records", double_precision=15)),
                }
                for comparison in comparisons
            ],
        }
        print(json.dumps(answer, indent=2, ensure_ascii=False))
        return 0
    with Display() as display:
        tables_of_metrics = [
            (metric_table(comparison, folders), f"{comparison.title}, of the {args.checkpoint} network")
            for comparison in comparisons
        ]
        for table, title in [(difference_table(differences), "what the recipes differ in"), *tables_of_metrics]:
            display.table(title, table.header, ([str(cell) for cell in row] for row in table.rows))
        for comparison in comparisons:
            for warning in comparison.warnings:
                display.warn(f"{comparison.title}: {warning}")
        display.say(
            "* marks the best; in brackets: the difference to the first run as 95% interval over the queries, and p"
        )
    return 0
