"""One run, from top to bottom: catalog, images, network, training, evaluation, checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ignite.engine import Engine

from fsim import interfaces
from fsim.batches import TrainingBatches
from fsim.catalog import EncodedCatalog, encode, load_catalog
from fsim.checked_recipe import CheckedRecipe
from fsim.display import Display
from fsim.engine import NotFiniteError, Training, build_engine
from fsim.errors import FsimError
from fsim.evaluation import Evaluation
from fsim.handlers import attach
from fsim.image_cache import CachedImages, open_image_cache
from fsim.interfaces import IntArray, Sampler
from fsim.interruption import Interruption
from fsim.keeper import Keeper
from fsim.machine import describe_environment, prepare_machine
from fsim.network import LossTerms, build_losses, build_network, built
from fsim.normalise import Normalise
from fsim.overfit import overfit_catalog
from fsim.paths import cache_dir
from fsim.quick_start import take_up_garbage_collection
from fsim.randomness import seed_torch
from fsim.run_folder import RunFolder


class InterruptedRunError(FsimError):
    """The user stopped the run; everything up to there is saved."""

    interrupted = True


@dataclass(frozen=True)
class Result:
    """What a finished run found: the last evaluation, and the best one by the monitored metric."""

    last: list[dict[str, Any]]
    best: dict[str, Any] | None


def execute(checked: CheckedRecipe, folder: RunFolder, display: Display, *, resume: bool = False) -> Result:
    """Train and evaluate as the recipe says; the run folder has everything afterwards.

    Raises:
        FsimError: the data does not fit the recipe, or the loss is no longer finite.
        InterruptedRunError: Ctrl-C; the run can be resumed.
    """
    recipe = checked.recipe
    machine = prepare_machine(recipe.train.precision)
    if not resume:
        folder.write_recipe(checked.resolved())
    _note_environment(describe_environment(machine), folder, display)

    catalog, images = prepare_data(checked, display)
    rows = catalog.rows("train")
    sampler = build_sampler(checked, catalog, rows)
    normalise = Normalise(recipe.data.mean, recipe.data.std)
    augmentation = checked["data.augmentation"].build()
    batches = TrainingBatches(catalog, rows, images, sampler, augmentation, normalise, recipe.seed)

    seed_torch(recipe.seed, "weights")
    network = build_network(checked, len(catalog.category_names))
    losses = build_losses(
        checked,
        embedding_dim=network.embedding_dim,
        num_categories=len(catalog.category_names),
        num_labels=batches.num_labels,
    )
    _warn_of_lacking_pairs(batches, losses, display)
    network.to(machine.device), losses.to(machine.device)
    training = Training(checked, network, losses, batches.steps_per_epoch)
    evaluation = Evaluation(
        checked, catalog, images, normalise, machine, lambda done, total: display.bar("evaluate", done, total)
    )
    display.say(
        f"{recipe.name}: {len(rows)} training images, {len(catalog.category_names)} categories, "
        f"{recipe.train.epochs} epochs of {batches.steps_per_epoch} steps on {machine.device} in {machine.precision}"
    )
    engine = build_engine(training, machine, recipe.seed)
    keeper = Keeper(checked, folder, training, evaluation, catalog, display)
    if resume:
        keeper.take_up()
    take_up_garbage_collection()
    with Interruption() as interruption:
        attach(engine, training, keeper, display, interruption, recipe.train.epochs)
        _train(engine, training, batches, recipe.train.epochs, recipe.data.workers, catalog)
    display.close_bars()
    if not keeper.finished:
        raise InterruptedRunError(f"saved at step {keeper.saved_step}; go on with: fsim resume {folder.path}")
    keeper.close()
    return Result(keeper.last_lines, keeper.best)


def _note_environment(environment: dict[str, Any], folder: RunFolder, display: Display) -> None:
    """environment.json; when a run is taken up, its new environment stands in the first one's list `resumed`."""
    first = folder.read_environment()
    if first is None:
        folder.write_environment(environment)
        return
    for name in ("device", "precision"):
        if first[name] != environment[name]:
            display.warn(f"the run began with {name} {first[name]} and goes on with {environment[name]}")
    folder.write_environment({**first, "resumed": [*first.get("resumed", ()), environment]})


def prepare_data(checked: CheckedRecipe, display: Display) -> tuple[EncodedCatalog, CachedImages]:
    """The catalog of the recipe's dataset and its decoded images."""
    data = checked.recipe.data
    catalog = load_catalog(checked["data.dataset"].build(cache_dir=cache_dir()))
    if data.overfit is not None:
        catalog = overfit_catalog(catalog, data.overfit, checked.recipe.evaluation.relevant, checked.recipe.seed)
    images = open_image_cache(
        catalog,
        size=data.image_size,
        resize=data.resize,
        folder=cache_dir() / "images",
        max_damaged=data.max_damaged,
        progress=lambda done, total: display.bar("decode images", done, total),
    )
    for image, cause in list(images.damaged.items())[:20]:
        display.warn(f"left out {image}: {cause}")
    if len(images.damaged) > 20:
        display.warn(f"left out {len(images.damaged) - 20} more damaged images")
    return encode(catalog, images.usable), images


def build_sampler(checked: CheckedRecipe, catalog: EncodedCatalog, rows: IntArray) -> Sampler:
    """The sampler over the training images."""
    sampler: Sampler = built(
        checked["sampler"],
        interfaces.Sampler,
        categories=catalog.categories[rows],
        items=catalog.items[rows],
        seed=checked.recipe.seed,
        rank=0,
        world_size=1,
    )
    if not (catalog.labels(sampler.label)[rows] >= 0).any():
        raise FsimError(
            f"no training image has a known {sampler.label}; set sampler.label to the other, or mend the catalog"
        )
    return sampler


def _warn_of_lacking_pairs(batches: TrainingBatches, losses: LossTerms, display: Display) -> None:
    if {"pairs", "labels"} & set().union(*losses.needs):
        for sort in batches.lacking():
            whose = f"{'one' if sort == 'positive' else 'different'} {batches.sampler.label}"
            display.warn(
                f"no batch of the first epoch has a {sort} pair (two images of {whose}), so a loss of pairs has "
                f"nothing to learn from: change the sampler or its batch_size"
            )


def _train(
    engine: Engine,
    training: Training,
    batches: TrainingBatches,
    epochs: int,
    workers: int,
    catalog: EncodedCatalog,
) -> None:
    """Run the engine from the step that the training stands at to its end."""
    if training.step >= training.total_steps:
        return
    steps = training.steps_per_epoch
    engine.load_state_dict({"iteration": training.step, "max_epochs": epochs, "epoch_length": steps})
    loader = batches.loader(training.step, training.total_steps, workers)
    try:
        engine.run(loader, max_epochs=epochs, epoch_length=steps)
    except KeyboardInterrupt:
        return
    except NotFiniteError as error:
        names = catalog.names(error.rows)
        raise FsimError(
            f"{error}; the images of this batch: {', '.join(names)}. Lower train.optimizer.lr, or set "
            f"train.precision=fp32, and look at these images"
        ) from error
