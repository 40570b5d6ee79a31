"""What a training needs before its first step, built from a checked recipe: data, batches, network, losses."""

from __future__ import annotations

from dataclasses import dataclass

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.images.image_cache import CachedImages
from fsim.images.normalise import Normalise
from fsim.model.compiled import compile_in_place
from fsim.model.network import build_losses, build_network
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.schema import AUTO
from fsim.runtime.display import Display
from fsim.runtime.machine import Machine
from fsim.runtime.processes import ALONE, Processes
from fsim.runtime.randomness import seed_torch
from fsim.training.batches import TrainingBatches
from fsim.training.engine import Training
from fsim.training.training_captions import TrainingCaptions, learned_vocabulary, training_captions
from fsim.training.training_data import (
    attributes_asked_for,
    build_sampler,
    measure_channels,
    prepare_data,
    warn_of_lacking_pairs,
)


@dataclass(frozen=True)
class Prepared:
    """A training before its first step.

    checked         the recipe, with numbers where its `data.mean` or `data.std` was auto
    num_attributes  that the head or a loss learns; 0 where none does
    """

    checked: CheckedRecipe
    catalog: EncodedCatalog
    images: CachedImages
    normalise: Normalise
    batches: TrainingBatches
    training: Training
    num_attributes: int


def prepare(checked: CheckedRecipe, machine: Machine, display: Display, processes: Processes = ALONE) -> Prepared:
    """Catalog, images, batches, network, losses, optimizer, in this order.

    Raises:
        FsimError: the data does not fit the recipe, or a component not its interface.
    """
    catalog, images = prepare_data(checked, display, processes)
    rows = catalog.rows("train")
    sampler = build_sampler(checked, catalog, rows, processes)
    if AUTO in (checked.recipe.data.mean, checked.recipe.data.std):
        checked = measure_channels(checked, images, rows, display)
    recipe = checked.recipe
    normalise = Normalise(recipe.data.mean, recipe.data.std, recipe.train.channels_last)
    augmentation = checked["data.augmentation"].build()
    attributes = attributes_asked_for(checked, catalog, rows)
    captions = training_captions(checked, catalog, rows)

    num_attributes = len(attributes.names) if attributes else 0
    seed_torch(recipe.seed, "weights")
    network = build_network(checked, len(catalog.category_names), num_attributes, learned_vocabulary(checked, captions))
    batches = TrainingBatches(
        catalog,
        rows,
        images,
        sampler,
        augmentation,
        normalise,
        recipe.seed,
        processes.rank,
        attributes,
        None if captions is None or network.text is None else TrainingCaptions(captions, network.text),
    )
    losses = build_losses(
        checked,
        embedding_dim=network.embedding_dim,
        num_categories=len(catalog.category_names),
        num_labels=batches.num_labels,
        attribute_counts=attributes and attributes.take(rows).counts(),
    )
    warn_of_lacking_pairs(batches, losses, display)
    network.to(machine.device), losses.to(machine.device)
    training = Training(checked, network, losses, batches.steps_per_epoch)
    processes.refuse_difference(
        {
            "steps in an epoch": batches.steps_per_epoch,
            "training images": catalog.fingerprint(rows),
            "captions": "none" if batches.captions is None else catalog.captions_fingerprint(rows),
            "labels": batches.num_labels,
            "weights": sum(weights.numel() for weights in network.parameters()),
        }
    )
    processes.take_from_first(training.tensors())  # whatever a backbone drew its first weights by
    if recipe.train.compile:
        display.say("compiling the network; the first time that may take some minutes")
        for one in dict.fromkeys((network, training.evaluated)):
            compile_in_place(one, machine, normalise, recipe.data.image_size)
    return Prepared(checked, catalog, images, normalise, batches, training, num_attributes)
