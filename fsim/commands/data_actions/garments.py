"""fsim data garments OUT"""

from __future__ import annotations

import argparse
from pathlib import Path

PARAMETERS = (
    ("items", int, "the number of garments"),
    ("views", int, "the number of pictures of each garment"),
    ("seed", int, "the seed of all draws"),
    ("captions", int, "the number of captions of each picture"),
    ("held_out", float, "share of the combinations of colour and category that are kept out of train"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, help="a new folder")
    parser.add_argument(
        "--layout",
        default="csv",
        help="csv (metadata.csv and images; the default), folder (<split>/<category>/), deepfashion_category, "
        "deepfashion_inshop or deepfashion_consumer2shop (the layouts of DeepFashion's benchmarks)",
    )
    for name, type, help in PARAMETERS:
        parser.add_argument(f"--{name.replace('_', '-')}", type=type, default=argparse.SUPPRESS, help=help)


def execute(args: argparse.Namespace) -> int:
    from pydantic import ValidationError

    from fsim.errors import FsimError
    from fsim.kit.files import cache_dir
    from fsim.plugin.build import CheckedComponent
    from fsim.plugin.parameters import parameter_model
    from fsim.plugin.registry import load

    component = load("dataset", "garments")
    given = {name: getattr(args, name) for name, *_ in PARAMETERS if hasattr(args, name)}
    try:
        settings = parameter_model("dataset", component).model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise FsimError(
            f"--{str(first['loc'][0]).replace('_', '-')}: {first['msg']}; see: fsim describe dataset garments"
        ) from error
    garments = CheckedComponent("dataset", "garments", component, settings).build(cache_dir=cache_dir())
    garments.write(args.out, args.layout)
    print(f"the pictures are in {args.out}, in the layout {args.layout}")
    return 0
