"""fsim lr-find RECIPE [key=value ...]"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", type=Path, help="the YAML file")
    parser.add_argument(
        "overrides", nargs="*", default=[], metavar="key=value", help="change the recipe: train.optimizer.name=sgd"
    )
    parser.add_argument("--start", type=float, default=1e-6, metavar="RATE", help="the first rate (default: 1e-6)")
    parser.add_argument("--end", type=float, default=1.0, metavar="RATE", help="the last rate (default: 1)")
    parser.add_argument(
        "--steps",
        type=int,
        default=100,
        metavar="N",
        help="the number of training steps, one for each rate (default: 100)",
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with the curve")
    parser.add_argument("--json", action="store_true", help="print the curve and the suggestion as JSON, for programs")


def execute(args: argparse.Namespace) -> int:
    import json

    from fsim.pages.page import reject_page_file
    from fsim.recipe.validate import check_recipe
    from fsim.runtime.display import Display, number
    from fsim.runtime.machine import prepare_machine
    from fsim.training.build import build_training
    from fsim.training.learning_rate_finder import find_learning_rate, learning_rate_page, reject_range

    reject_range(args.start, args.end, args.steps)
    if args.html is not None:
        reject_page_file(args.html)
    given = check_recipe(args.recipe, args.overrides)
    train = given.recipe.train
    name, before = train.optimizer.name, given["train.optimizer"].value("lr")
    moving = [f"train.optimizer.name={name}", f"train.optimizer.lr={args.start!r}", "train.scheduler={name: constant}"]
    checked = check_recipe(args.recipe, [*args.overrides, *moving, "train.ema_decay=0.0"])
    with Display() as display:
        display.console.stderr = args.json  # stdout is for the program that reads it
        machine = prepare_machine(checked.recipe.train.precision)
        training = build_training(checked, machine, display)
        display.say(f"{args.steps} steps at learning rates from {args.start:g} to {args.end:g}, on {machine.device}")
        curve = find_learning_rate(
            training, args.start, args.end, args.steps, lambda done, total: display.bar("lr-find", done, total)
        )
        display.close_bars()
        rate = f"{curve.suggestion:.1e}"
        has_optimizer = "optimizer" in train.model_fields_set
        line = f"train.optimizer.lr={rate}" if has_optimizer else f"train.optimizer={{name: {name}, lr: {rate}}}"
        if args.html is not None:
            learning_rate_page(checked.recipe.name, curve, line).write(args.html)
        if args.json:
            found = {"suggestion": curve.suggestion, "line": line, "before": before, "diverged": curve.diverged}
            steps = [
                {"learning_rate": rate, "loss": loss} for rate, loss in zip(curve.rates, curve.losses, strict=True)
            ]
            print(json.dumps({**found, "steps": steps}, indent=2))
            return 0
        lowest, at = number(curve.losses[curve.lowest]), curve.rates[curve.lowest]
        display.say(f"the loss falls most steeply at {curve.suggestion:.1e}; its lowest value is {lowest} at {at:.1e}")
        if curve.diverged:
            display.say(f"it diverges at {curve.rates[-1]:.1e}")
        if curve.still_falls:
            display.warn(f"the loss still falls at {args.end:g}: give a larger --end")
        if args.html is not None:
            display.say(f"the curve: {args.html}")
        now = "" if before is None else f" (now {before:g})"
        display.say(f"the line for the recipe{now}: {line}")
    return 0
