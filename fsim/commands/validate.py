"""fsim validate RECIPE..."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipes", type=Path, nargs="+", metavar="recipe", help="YAML files")


def execute(args: argparse.Namespace) -> int:
    import sys

    from fsim.errors import FsimError
    from fsim.recipe.stated_preparation import stated_keys, with_preparation
    from fsim.runtime.display import say_error
    from fsim.tuning.tunable_recipe import check_tunable_recipe

    failed = 0
    for recipe in args.recipes:
        try:
            checked = check_tunable_recipe(recipe).checked
        except FsimError as error:
            failed += 1
            say_error(f"{recipe} is not valid:\n{error}")
        else:
            print(f"{recipe} is valid")
            backbone = checked["model.backbone"]
            if stated := stated_keys(with_preparation(checked, backbone.component)):
                print(f"  of its pictures the backbone {backbone.name} states: {stated}")
            for key, path in checked.missing_data().items():
                print(f"warning: {recipe}: {key}: there is no {path} yet", file=sys.stderr)
    return 2 if failed else 0
