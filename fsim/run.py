"""One run, from top to bottom: catalog, images, network, training, evaluation, checkpoints."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

from ignite.engine import Engine, Events

from fsim import interfaces
from fsim.batches import TrainingBatches
from fsim.catalog import EncodedCatalog, encode, load_catalog
from fsim.checkpoint import load_checkpoint, save_checkpoint
from fsim.display import Display, number, shown
from fsim.engine import NotFiniteError, Training, build_engine
from fsim.errors import FsimError
from fsim.evaluation import Evaluation
from fsim.image_cache import CachedImages, open_image_cache
from fsim.interfaces import IntArray, Sampler
from fsim.interruption import Interruption
from fsim.machine import describe_environment, prepare_machine
from fsim.network import build_losses, build_network, built
from fsim.normalise import Normalise
from fsim.overfit import overfit_catalog
from fsim.paths import cache_dir
from fsim.randomness import seed_torch
from fsim.run_folder import RunFolder
from fsim.validate import CheckedRecipe


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
    folder.write_recipe(checked.resolved())
    folder.write_environment(describe_environment(machine))

    catalog, images = prepare_data(checked, display)
    rows = catalog.rows("train")
    sampler = build_sampler(checked, catalog, rows)
    normalise = Normalise(recipe.data.mean, recipe.data.std)
    augmentation = checked["data.augmentation"].build()
    batches = TrainingBatches(catalog, rows, images, sampler, augmentation, normalise, recipe.seed)

    seed_torch("weights", recipe.seed)
    network = build_network(checked, len(catalog.category_names))
    losses = build_losses(
        checked,
        embedding_dim=network.head.embedding_dim,
        num_categories=len(catalog.category_names),
        num_labels=int(catalog.labels(sampler.label).max()) + 1,
    )
    network.to(machine.device), losses.to(machine.device)
    training = Training(checked, network, losses, batches.steps_per_epoch)
    evaluation = Evaluation(
        checked, catalog, images, normalise, machine, lambda done, total: display.bar("evaluate", done, total)
    )
    display.say(
        f"{recipe.name}: {len(rows)} training images, {len(catalog.category_names)} categories, "
        f"{training.total_steps} steps of about {len(rows) // batches.steps_per_epoch} images on {machine.device} in {machine.precision}"
    )
    engine = build_engine(training, machine, recipe.seed)
    keeper = Keeper(checked, folder, training, evaluation, catalog, display)
    if resume:
        keeper.take_up()
    with Interruption() as interruption:
        attach(engine, training, keeper, display, interruption, recipe.train.epochs)
        _train(engine, training, batches, recipe.train.epochs, recipe.data.workers, catalog)
    display.close_bars()
    if interruption.requested:
        raise InterruptedRunError(f"stopped after step {training.step}; go on with: fsim resume {folder.path}")
    keeper.close()
    return Result(keeper.last_lines, keeper.best)


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
        raise FsimError(f"no training image has a known {sampler.label}; set sampler.label to the other, or mend the catalog")
    return sampler


def _train(
    engine: Engine, training: Training, batches: TrainingBatches, epochs: int, workers: int, catalog: EncodedCatalog
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
        names = catalog.names(engine.state.batch.rows.numpy())
        raise FsimError(
            f"{error}; the images of this batch: {', '.join(names)}. Lower train.optimizer.lr, or set "
            f"train.precision=fp32, and look at these images"
        ) from error


def attach(
    engine: Engine, training: Training, keeper: Keeper, display: Display, interruption: Interruption, epochs: int
) -> None:
    """Say what happens at which event of the engine."""
    clock = {"epoch": time.perf_counter(), "steps": 0}

    @engine.on(Events.STARTED | Events.EPOCH_STARTED)
    def start_clock(engine: Engine) -> None:
        clock.update(epoch=time.perf_counter(), steps=0)

    @engine.on(Events.ITERATION_COMPLETED)
    def after_step(engine: Engine) -> None:
        clock["steps"] += 1
        if display.console.is_terminal:
            done = (training.step - 1) % training.steps_per_epoch + 1
            rate = clock["steps"] * len(engine.state.batch.rows) / (time.perf_counter() - clock["epoch"])
            text = f"{shown(engine.state.output)}  {rate:.0f} images/s"
            display.bar(f"epoch {(training.step - 1) // training.steps_per_epoch + 1}/{epochs}", done, training.steps_per_epoch, text)
        if interruption.requested and training.step % training.steps_per_epoch:
            keeper.save_last()
            engine.terminate()

    @engine.on(Events.EPOCH_COMPLETED)
    def after_epoch(engine: Engine) -> None:
        seconds = time.perf_counter() - clock["epoch"]
        with interruption.immediate():
            keeper.end_epoch(clock["steps"] * len(engine.state.batch.rows) / seconds)
        if interruption.requested:
            engine.terminate()


class Keeper:
    """Keeps what a run must not lose: metrics, the last state, and the best network."""

    def __init__(
        self,
        checked: CheckedRecipe,
        folder: RunFolder,
        training: Training,
        evaluation: Evaluation,
        catalog: EncodedCatalog,
        display: Display,
    ) -> None:
        self.recipe, self.folder = checked.recipe, folder
        self.training, self.evaluation, self.catalog, self.display = training, evaluation, catalog, display
        self.trackers = [part.build(folder=folder.path) for part in checked.each("trackers")]
        self.best: dict[str, Any] | None = None
        self.last_lines: list[dict[str, Any]] = []

    def take_up(self) -> None:
        """Go on from the last checkpoint, and finish what its epoch still lacks."""
        if not self.folder.last.is_file():
            return
        state = load_checkpoint(self.folder.last)
        self.training.load_state(state)
        self.best = load_checkpoint(self.folder.best)["best"] if self.folder.best.is_file() else None
        epoch, position = divmod(self.training.step, self.training.steps_per_epoch)
        lines = [line for line in self.folder.read_metrics() if line["epoch"] <= epoch]
        self.folder.write_metrics(lines)
        self.last_lines = [line for line in lines if line["epoch"] == epoch and line["split"] != "train"]
        self.display.say(f"going on after epoch {epoch}, step {position}")
        if position == 0 and epoch and not self.last_lines and self._due(epoch):
            self._evaluate(epoch)

    def end_epoch(self, rate: float) -> None:
        """After the last step of an epoch: the training line, the checkpoint, the evaluation."""
        training = self.training
        epoch = training.step // training.steps_per_epoch
        metrics = {**training.take_epoch_means(), "learning_rate": training.optimizer.param_groups[0]["lr"]}
        self.folder.append_metrics(
            [{"epoch": epoch, "split": "train", "metrics": metrics, "timings": {"images_per_second": rate}}]
        )
        self._track({f"train/{name}": value for name, value in {**metrics, "images_per_second": rate}.items()})
        self.save_last()
        text = f"epoch {epoch}/{self.recipe.train.epochs}  {shown(metrics)}  {rate:.0f} images/s"
        if self._due(epoch):
            self.display.say(text + "  " + self._evaluate(epoch))
        else:
            self.display.say(text)

    def _due(self, epoch: int) -> bool:
        return epoch % self.recipe.evaluation.every == 0 or epoch == self.recipe.train.epochs

    def _evaluate(self, epoch: int) -> str:
        lines = self.evaluation(self.training.evaluated, epoch)
        self.last_lines = lines
        self.folder.append_metrics(lines)
        for line in lines:
            self._track({f"{line['split']}/{name}": value for name, value in line["metrics"].items()})
        return self._keep_best(lines[0])

    def _keep_best(self, line: dict[str, Any]) -> str:
        monitor = self.recipe.evaluation.monitor
        value = None if monitor is None else line["metrics"][monitor]
        if monitor is None or self.best is None or self._better(monitor, value, self.best["value"]):
            self.best = {"epoch": line["epoch"], "split": line["split"], "monitor": monitor, "value": value}
            self.save_best()
        return "" if monitor is None else f"{line['split']} {monitor} {number(value)}"

    def _better(self, monitor: str, value: float, best: float) -> bool:
        if math.isnan(value) or math.isnan(best):
            return math.isnan(best) and not math.isnan(value)
        return value > best if self.evaluation.direction(monitor) == "max" else value < best

    def save_last(self) -> None:
        """The whole state, to go on from here."""
        save_checkpoint(self.folder.last, {**self.training.state(), **self._identity()})

    def save_best(self) -> None:
        """The network alone, as it was evaluated."""
        epoch = self.training.step // self.training.steps_per_epoch
        model = self.training.evaluated.state_dict()
        save_checkpoint(self.folder.best, {"model": model, "epoch": epoch, "best": self.best, **self._identity()})

    def _identity(self) -> dict[str, Any]:
        return {"recipe": self.recipe.name, "category_names": self.catalog.category_names}

    def _track(self, values: dict[str, float]) -> None:
        for tracker in self.trackers:
            tracker.log(self.training.step, values)

    def close(self) -> None:
        """Write out what the trackers hold."""
        for tracker in self.trackers:
            tracker.close()
