"""fsim verify-resume RECIPE [key=value ...]"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", type=Path, help="the YAML file")
    parser.add_argument(
        "overrides",
        nargs="*",
        default=[],
        metavar="key=value",
        help="change the recipe, to make it short: train.epochs=2 data.workers=2",
    )
    parser.add_argument("--kills", type=int, default=3, metavar="N", help="how often the run is killed (default: 3)")
    parser.add_argument(
        "--seed", type=int, default=0, help="the seed of the moments at which it is killed (default: 0)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="keep both runs in this folder (default: they are removed if they are equal)",
    )


def execute(args: argparse.Namespace) -> int:
    import shutil
    import tempfile

    from fsim.errors import FsimError
    from fsim.history.resume_proof import prove_resume
    from fsim.recipe.validate import check_recipe
    from fsim.runtime.display import Display

    if args.kills < 1:
        raise FsimError("--kills: give 1 or more")
    if args.out is not None and args.out.exists() and any(args.out.iterdir()):
        raise FsimError(f"{args.out} is not empty; name another folder")
    check_recipe(args.recipe, args.overrides)
    out = args.out or Path(tempfile.mkdtemp(prefix="fsim-verify-resume-"))
    with Display() as display:
        differences = prove_resume(args.recipe, args.overrides, out, args.kills, args.seed, display.say)
        if differences:
            lines = "".join(f"  {difference}\n" for difference in differences)
            raise FsimError(
                f"the resumed run ended differently:\n{lines}both runs are in {out}; try data.workers=0, "
                f"train.precision=fp32 and the same number of threads (OMP_NUM_THREADS), and report what still differs"
            )
        display.say("equal: the states, the best networks and the metrics, bit for bit")
    if args.out is None:
        shutil.rmtree(out)
    return 0
