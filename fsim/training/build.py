"""Builds a training from a checked recipe: data, batches, network, losses, optimizer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.images.image_cache import CachedImages
from fsim.images.normalise import Normalise
from fsim.images.preparation import Preparation
from fsim.model.network import Network, build_backbone, build_network, compile_in_place
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.schema import AUTO
from fsim.recipe.stated_preparation import stated_keys, with_preparation
from fsim.runtime.display import Display
from fsim.runtime.machine import Machine, seed_torch
from fsim.runtime.processes import ALONE, Processes
from fsim.training.batches import Drawing, TrainingBatches, TrainingImages
from fsim.training.chunked_forward import ChunkedForward
from fsim.training.losses import CrossBatchMemory, LossTerms
from fsim.training.optimizer import build_moving_average, build_optimizer, build_scheduler
from fsim.training.state import TrainingState
from fsim.training.step import TrainingStep
from fsim.training.training_captions import TrainingCaptions
from fsim.training.training_data import (
    build_sampler,
    dataset_catalog,
    learned_attributes,
    learned_vocabulary,
    measure_channels,
    prepare_images,
    training_captions,
    warn_of_missing_pairs,
)
from fsim.training.weight_groups import Freezing


@dataclass(frozen=True)
class Training:
    """A training before its first step.

    checked         the recipe, with what the backbone stated of its pictures, and numbers where its `data.mean` or
                    `data.std` was auto
    num_attributes  that the head or a loss learns; 0 where none does
    """

    checked: CheckedRecipe
    catalog: EncodedCatalog
    images: CachedImages
    preparation: Preparation
    normalise: Normalise
    batches: TrainingBatches
    step: TrainingStep
    num_attributes: int
    machine: Machine
    processes: Processes

    @property
    def state(self) -> TrainingState:
        """What changes while the network learns."""
        return self.step.state

    @property
    def total_steps(self) -> int:
        """Steps of all epochs."""
        return self.checked.recipe.train.epochs * self.batches.steps_per_epoch


def build_training(
    checked: CheckedRecipe,
    machine: Machine,
    display: Display,
    processes: Processes = ALONE,
    is_resumed: bool = False,
) -> Training:
    """Build catalog, backbone, images, batches, network, losses and optimizer, in this order: the backbone may state
    how its pictures are to be prepared.

    Args:
        is_resumed: whether a checkpoint is loaded next. Its network learned from pictures as the recipe says, whatever
            a backbone states today.

    Raises:
        FsimError: the data does not fit the recipe, or a component not its interface.
    """
    table = dataset_catalog(checked, processes)
    seed_torch(checked.recipe.seed, "weights")
    backbone = build_backbone(checked)
    drawn = torch.get_rng_state()
    checked = with_preparation(checked, None if is_resumed else backbone)
    if stated := stated_keys(checked):
        display.say(f"of its pictures the backbone {checked['model.backbone'].name} states: {stated}")
    catalog, images = prepare_images(checked, table, display, processes)
    rows = catalog.rows("train")
    sampler = build_sampler(checked, catalog, rows, processes)
    if AUTO in (checked.recipe.data.mean, checked.recipe.data.std):
        checked = measure_channels(checked, images, rows, display)
    recipe = checked.recipe
    preparation = Preparation.from_recipe(recipe)
    normalise = Normalise.from_preparation(preparation, recipe.train.channels_last)
    augmentation = checked["data.augmentation"].build()
    attributes = learned_attributes(checked, catalog, rows)
    captions = training_captions(checked, catalog, rows)

    num_attributes = len(attributes.names) if attributes else 0
    torch.set_rng_state(drawn)  # head and text tower draw on where the backbone ended
    vocabulary = learned_vocabulary(checked, captions)
    network = build_network(checked, len(catalog.category_names), num_attributes, vocabulary, backbone)
    tokens = None if captions is None or network.text is None else TrainingCaptions(captions, network.text)
    batches = TrainingBatches(
        TrainingImages(catalog, images, rows, attributes, tokens),
        Drawing(sampler, augmentation, recipe.seed, processes.rank),
        normalise,
    )
    losses = build_losses(
        checked,
        embedding_dim=network.dimensions,
        num_categories=len(catalog.category_names),
        num_labels=batches.num_labels,
        attribute_counts=attributes and attributes.take(rows).counts(),
    )
    warn_of_missing_pairs(batches, losses, display)
    network.to(machine.device), losses.to(machine.device)
    step = build_step(checked, network, losses, batches.steps_per_epoch, machine, processes)
    processes.reject_differences(
        {
            "steps in an epoch": batches.steps_per_epoch,
            "training images": catalog.fingerprint(rows),
            "captions": "none" if batches.images.captions is None else catalog.captions_fingerprint(rows),
            "labels": batches.num_labels,
            "weights": sum(weights.numel() for weights in network.parameters()),
        }
    )
    processes.copy_from_rank0(step.state.tensors())  # whatever a backbone drew its first weights by
    if recipe.train.compile:
        display.say("compiling the network; the first time that may take some minutes")
        for compiled in dict.fromkeys((network, step.state.evaluated)):
            compile_in_place(compiled, machine, normalise, preparation.size)
    return Training(checked, catalog, images, preparation, normalise, batches, step, num_attributes, machine, processes)


def build_losses(checked: CheckedRecipe, **injected: Any) -> LossTerms:
    """Build the losses of a recipe; a second one of the same name gets a number behind it."""
    losses: dict[str, nn.Module] = {}
    memories: dict[str, CrossBatchMemory] = {}
    for part, settings in zip(checked.each("losses"), checked.recipe.losses, strict=True):
        name = part.name.replace(".", "_")  # a dot would split the names of its weights
        number = sum(known.partition("#")[0] == name for known in losses) + 1
        name = name if number == 1 else f"{name}#{number}"
        losses[name] = part.build(**injected)
        if settings.memory is not None:
            memory = settings.memory
            memories[name] = CrossBatchMemory(memory.size, memory.after_steps, injected["embedding_dim"])
    return LossTerms(losses, [settings.weight for settings in checked.recipe.losses], memories)


def build_step(
    checked: CheckedRecipe,
    network: Network,
    losses: LossTerms,
    steps_per_epoch: int,
    machine: Machine,
    processes: Processes = ALONE,
) -> TrainingStep:
    """Build the step that trains a network, with its optimizer, scheduler and moving average.

    Raises:
        FsimError: `train.frozen` or `train.learning_rates` does not fit the network or the optimizer.
    """
    train = checked.recipe.train
    freezing = Freezing(network, train.frozen)
    optimizer = build_optimizer(checked["train.optimizer"], network, losses, train.learning_rates)
    scheduler = build_scheduler(
        checked["train.scheduler"], optimizer, train.epochs * steps_per_epoch, steps_per_epoch, train.learning_rates
    )
    scaler = torch.amp.GradScaler(machine.device, enabled=machine.precision == "fp16")
    average = build_moving_average(network, train.ema_decay) if train.ema_decay else None
    state = TrainingState(network, losses, optimizer, scheduler, scaler, average, steps_per_epoch)
    forward = ChunkedForward(network, machine, train.chunk_size, processes)
    return TrainingStep(state, forward, freezing, train.clip_norm, checked.recipe.seed)
