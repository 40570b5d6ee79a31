"""fsim data ...: get and make data sets."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    download = actions.add_parser("download", help="fetch a public data set")
    download.add_argument("dataset", choices=["clothing"], help="clothing: 3,781 photographs, 10 categories, CC0")
    download.add_argument("--to", type=Path, default=Path("data"), help="the folder to put it in (default: data)")
    download.add_argument("--url", help="another place that has the same zip file")
    download.set_defaults(act=_download)
    garments = actions.add_parser("garments", help="write the generated pictures of the dataset `garments` to a folder")
    garments.add_argument("out", type=Path, help="a new folder")
    garments.add_argument(
        "--layout",
        default="csv",
        help="csv (metadata.csv and images; the default), folder (<split>/<category>/), deepfashion_category, "
        "deepfashion_inshop or deepfashion_consumer2shop (the layouts of DeepFashion's benchmarks)",
    )
    for name, help in (("items", "how many garments"), ("views", "pictures of each"), ("seed", "which wardrobe")):
        garments.add_argument(f"--{name}", type=int, default=argparse.SUPPRESS, help=help)
    garments.set_defaults(act=_garments)


def execute(args: argparse.Namespace) -> int:
    args.act(args)
    return 0


def _download(args: argparse.Namespace) -> None:
    from fsim.display import Display
    from fsim.download import download_clothing

    with Display() as display:
        folder = download_clothing(args.to, args.url, lambda done, total: display.bar("download", done, total))
        display.say(f"the photographs are in {folder}")


def _garments(args: argparse.Namespace) -> None:
    from pydantic import ValidationError

    from fsim.errors import FsimError
    from fsim.params import construct, parameter_model
    from fsim.paths import cache_dir
    from fsim.registry import load

    component = load("dataset", "garments")
    given = {name: value for name, value in vars(args).items() if name in ("items", "views", "seed")}
    try:
        settings = parameter_model("dataset", component).model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise FsimError(f"--{first['loc'][0]}: {first['msg']}; see: fsim describe dataset garments") from error
    construct("dataset", component, settings, {"cache_dir": cache_dir()}).write(args.out, args.layout)
    print(f"the pictures are in {args.out}, in the layout {args.layout}")
