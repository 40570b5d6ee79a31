"""fsim evaluate RUN [key=value ...]"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, help="the run folder: runs/<name>/<time>")
    parser.add_argument(
        "overrides",
        nargs="*",
        default=[],
        metavar="key=value",
        help="change the evaluation: evaluation.flip=true, data.dataset.root=DIR, "
        "evaluation.evaluators=[{name: exact}]",
    )
    parser.add_argument(
        "--checkpoint",
        metavar="best|last|FILE",
        help="which network (default: the best, or the last if none was chosen)",
    )
    parser.add_argument(
        "--split", metavar="SPLIT", help="evaluate leave-one-out over this split, instead of the recipe's protocols"
    )
    parser.add_argument("--json", action="store_true", help="print the lines of metrics.jsonl, for programs")


def execute(args: argparse.Namespace) -> int:
    import json

    from fsim.evaluation.evaluate_run import evaluate_run, recipe_to_evaluate
    from fsim.evaluation.trained_run import TrainedRun
    from fsim.run.terminal import show_evaluation
    from fsim.runtime.display import Display
    from fsim.runtime.torchrun import join_processes
    from fsim.store.run_folder import RunFolder

    folder = RunFolder.open(args.run)
    checked = recipe_to_evaluate(folder, args.overrides, args.split)
    with join_processes() as shared, Display(quiet=not shared.is_rank0) as display:
        say = display.log.info if args.json else display.say
        trained = TrainedRun.open(folder, args.checkpoint, checked)
        results = evaluate_run(trained, display, shared, say)
        display.close_bars()
        if not shared.is_rank0:
            return 0
        if args.json:
            print(json.dumps([result.line.to_json() for result in results], indent=2, ensure_ascii=False))
            return 0
        for result in results:
            show_evaluation([result.line], [f"{trained.checkpoint.stem} (epoch {result.line.epoch})"], display)
        display.say(
            f"all metrics, those of each query, category and attribute, confusions and hubs: {folder.evaluations}"
        )
    return 0
