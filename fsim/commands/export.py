"""fsim export RUN --to FORMAT"""

from __future__ import annotations

import argparse
from pathlib import Path

TOLERANCE = 1e-4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from fsim.export.formats import FORMATS

    parser.add_argument("run", type=Path, help="the run folder: runs/<name>/<time>")
    parser.add_argument(
        "overrides", nargs="*", default=[], metavar="key=value", help="where the data is now: data.dataset.root=DIR"
    )
    parser.add_argument("--to", required=True, choices=tuple(FORMATS), help="the format")
    parser.add_argument(
        "--checkpoint",
        metavar="best|last|FILE",
        help="which network (default: the best, or the last if none was chosen)",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to write it (default: RUN/exports/<format>)")
    parser.add_argument(
        "--tolerance",
        type=float,
        default=TOLERANCE,
        metavar="X",
        help=f"the largest difference to the run's network in fp32 that is accepted (default: {TOLERANCE:g})",
    )
    parser.add_argument("--json", action="store_true", help="print the folder and its preprocessing.json, for programs")


def execute(args: argparse.Namespace) -> int:
    import json

    from fsim.errors import FsimError
    from fsim.evaluation.trained_run import TrainedRun
    from fsim.export.export_run import CARD, PREPROCESSING, export_run, reject_folder
    from fsim.recipe.recipe_file import reject_other_keys
    from fsim.recipe.validate import check_recipe
    from fsim.runtime.display import Display
    from fsim.store.run_folder import RunFolder

    folder = RunFolder.open(args.run)
    reject_other_keys(args.overrides, ["data.dataset"], "an export is what the run learned")
    if not args.tolerance > 0:
        raise FsimError(f"--tolerance {args.tolerance:g}: must be a number above 0, such as 1e-4")
    checked = check_recipe(folder.recipe, args.overrides)
    out = args.out or folder.exports / args.to
    reject_folder(out)
    with Display(quiet=args.json) as display:
        trained = TrainedRun.open(folder, args.checkpoint, checked, device="cpu", precision="fp32")
        written = export_run(trained, args.to, out, args.tolerance, display)
        display.close_bars()
        display.say(
            f"exported the {trained.checkpoint_name} network: {out / written.format.FILE} "
            f"({written.num_bytes / 1e6:.1f} MB, {args.to}), {PREPROCESSING}, and the model card {CARD}"
        )
    if args.json:
        about = json.loads((out / PREPROCESSING).read_text(encoding="utf-8"))
        print(json.dumps({"folder": str(out), **about}, indent=2, ensure_ascii=False))
    return 0
