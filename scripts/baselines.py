"""What a recipe's metrics are without learning: raw pixels, and the network with its first weights.

    python scripts/baselines.py recipes/siam_cat.yaml [key=value ...]

The same catalog, protocol and evaluator `exact` as the recipe's. Raw pixels are the images at 32 px, by both
distances. The untrained network is in evaluation mode, compared by its head's distance.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from fsim.errors import FsimError
from fsim.evaluation.embedding import Forward, LocalEmbedder
from fsim.evaluation.evaluation import Evaluation
from fsim.images.preparation import Preparation
from fsim.interfaces import Distance
from fsim.model.network import Network, build_network
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.document import Document
from fsim.recipe.validate import check_document, check_recipe
from fsim.runtime.display import Display, number
from fsim.runtime.machine import prepare_machine, seed_torch
from fsim.store.metric_lines import EvaluationLine
from fsim.training.training_data import learned_attributes, learned_vocabulary, prepare_data, training_captions

SHOWN = ("exact/recall@1", "exact/recall@10", "exact/r_precision", "exact/map@r")


class Pixels(nn.Module):
    """An image is its own embedding."""

    def __init__(self, distance: Distance) -> None:
        super().__init__()
        self.distance = distance

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        return {"embedding": images.flatten(1)}


def evaluate(checked: CheckedRecipe, network: Network | None = None) -> list[EvaluationLine]:
    display = Display()
    catalog, images = prepare_data(checked, display)
    machine = prepare_machine("fp32")
    recipe = checked.recipe
    forward = Forward.from_preparation(Preparation.from_recipe(recipe), machine, recipe.train.channels_last)
    evaluation = Evaluation(checked, catalog, LocalEmbedder(images, forward))
    if network is None:
        seed_torch(checked.recipe.seed, "weights")
        attributes = learned_attributes(checked, catalog, catalog.rows("train"))
        vocabulary = learned_vocabulary(checked, training_captions(checked, catalog, catalog.rows("train")))
        num_attributes = len(attributes.names) if attributes else 0
        network = build_network(checked, len(catalog.category_names), num_attributes, vocabulary)
    return [one.line for one in evaluation(network, epoch=0, at_end=True)]


def main(recipe: str, overrides: list[str]) -> None:
    recipe_of = check_recipe(Path(recipe), overrides)
    plain = recipe_of.resolved()
    plain["evaluation"] |= {"evaluators": [{"name": "exact"}], "monitor": None, "expect": None}
    plain["train"]["early_stopping"] = None
    small = {**plain, "data": {**plain["data"], "image_size": 32}}
    found: dict[str, list[EvaluationLine]] = {}
    distances: tuple[Distance, ...] = ("cosine", "euclidean")
    for distance in distances:
        pixels = Network(nn.Identity(), Pixels(distance))
        found[f"raw pixels, {distance}"] = evaluate(check_document(Document(small)), pixels)
    found["untrained network"] = evaluate(check_document(Document(plain)))
    for position, first in enumerate(found["untrained network"]):
        print(f"\n{first.split}, relevant: {first.protocol.relevant}")
        print(f"{'':<24}" + "".join(f"{name.removeprefix('exact/'):>14}" for name in SHOWN))
        for name, lines in found.items():
            values = lines[position].metrics
            print(f"{name:<24}" + "".join(f"{number(values[metric]):>14}" for metric in SHOWN))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    given = parser.parse_args()
    torch.set_grad_enabled(False)
    try:
        main(given.recipe, given.overrides)
    except FsimError as error:
        sys.exit(f"{error}")
