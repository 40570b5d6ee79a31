"""Finds a learning rate: how the loss moves while the rate grows, which rate that suggests, and both as a page.

Smith, "Cyclical learning rates for training neural networks", WACV 2017, section 3.3, as Ignite's FastaiLRFinder does
it: one step at each rate, from a tiny one to one at which the loss diverges.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ignite.engine import Engine, Events
from ignite.handlers import FastaiLRFinder
from torch.optim.lr_scheduler import LambdaLR

from fsim.errors import FsimError
from fsim.pages.line_chart import line_chart
from fsim.pages.page import Page, Picture, Section, Table
from fsim.pages.svg import data_uri
from fsim.runtime.display import number
from fsim.training.build import Training
from fsim.training.step import NotFiniteError, build_engine

FEWEST = 10  # steps: of fewer no curve is seen
SMOOTHED = 0.2  # the weight of a step's loss in the running mean
DIVERGED = 5.0  # times the lowest loss


@dataclass(frozen=True)
class RateCurve:
    """The loss at growing learning rates.

    rates       of the optimizer, of a part of the network whose share is 1
    losses      at each, as a running mean
    diverged    whether the loss did so at the last of them, which ended the search
    suggestion  the rate at which the loss falls most steeply
    """

    rates: Sequence[float]
    losses: Sequence[float]
    diverged: bool
    suggestion: float

    @property
    def lowest(self) -> int:
        """The index of the lowest loss."""
        return min(range(len(self.losses)), key=self.losses.__getitem__)

    @property
    def still_falls(self) -> bool:
        """Whether the loss is lowest in the last tenth of the steps, so that still higher rates may lower it."""
        return not self.diverged and self.lowest >= 0.9 * len(self.losses)


def reject_range(start: float, end: float, steps: int) -> None:
    """Reject a range of rates, or a number of steps, that gives no curve.

    Raises:
        FsimError: the rates do not grow from above 0, or there are too few steps.
    """
    if not 0 < start < end < float("inf"):
        raise FsimError(f"--start {start:g} and --end {end:g}: give rates above 0, the start below the end")
    if steps < FEWEST:
        raise FsimError(f"--steps {steps}: give {FEWEST} or more; of fewer no curve is seen")


def find_learning_rate(
    training: Training, start: float, end: float, steps: int, progress: Callable[[int, int], None]
) -> RateCurve:
    """Train for `steps` steps at rates from `start` to `end`; the weights are as before afterwards.

    Args:
        training: with `start` as the optimizer's learning rate, and a constant scheduler.
        progress: called with (steps done, all steps).

    Raises:
        FsimError: no part of the network has a share of the rate; the loss is not a number at once, or it does not
            fall before it diverges.
    """
    state = training.state
    optimizer = state.optimizer
    # Weights with a share of 0 do not move, and no rate grows from 0.
    optimizer.param_groups[:] = [group for group in optimizer.param_groups if group["lr"] > 0]
    if not optimizer.param_groups:
        raise FsimError("train.learning_rates gives each part a share of 0, so that none learns: give one more than 0")
    state.scheduler = LambdaLR(optimizer, lambda step: 1.0)
    starts = [float(group["lr"]) for group in optimizer.param_groups]
    engine = build_engine(training.step)
    used: list[float] = []  # the finder itself records the rate of the next step

    @engine.on(Events.ITERATION_STARTED)
    def record_rate(engine: Engine) -> None:
        used.append(optimizer.param_groups[0]["lr"] * start / starts[0])
        progress(len(used), steps)

    finder = FastaiLRFinder()
    kept = {"model": state.network, "losses": state.losses, "optimizer": optimizer}
    ends = [rate * end / start for rate in starts]
    with finder.attach(
        engine, kept, _loss, num_iter=steps, start_lr=starts, end_lr=ends, smooth_f=SMOOTHED, diverge_th=DIVERGED
    ):
        not_finite = _run(engine, training, steps)
    found = finder.get_results()
    losses = [float(loss) for loss in found.get("loss", ())]
    rates = used[: len(losses)]
    suggestion = _suggestion(finder, rates, losses, not_finite)
    return RateCurve(rates, losses, not_finite is not None or losses[-1] > DIVERGED * min(losses), suggestion)


def _loss(output: dict[str, float]) -> float:
    return output["loss"]


def _run(engine: Engine, training: Training, steps: int) -> NotFiniteError | None:
    """Train, and return the error that ended it, where the loss was no longer finite."""
    loader = training.batches.loader(0, steps, training.checked.recipe.data.workers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the loss did not diverge, which the curve says
        try:
            engine.run(loader, max_epochs=1, epoch_length=steps)
        except NotFiniteError as error:
            return error
    return None


def _suggestion(
    finder: FastaiLRFinder, rates: Sequence[float], losses: Sequence[float], not_finite: NotFiniteError | None
) -> float:
    if not losses:
        assert not_finite is not None, "a step has a loss, or none that is finite"
        raise FsimError(f"{not_finite}, with the first weights already: train.precision=fp32 may help, or other losses")
    try:
        found = finder.lr_suggestion()
    except RuntimeError as error:
        lowest = min(range(len(losses)), key=losses.__getitem__)
        raise FsimError(
            f"the loss was lowest at step {lowest + 1} of {len(losses)}, at a learning rate of {rates[lowest]:.1e}, "
            f"and has not fallen before: give a smaller --start, or more --steps"
        ) from error
    return rates[finder.get_results()["lr"].index(found)]


def learning_rate_page(name: str, curve: RateCurve, line: str) -> Page:
    """Build a page with the curve, the suggested rate, the line for the recipe, and the numbers of every step."""
    first, lowest = curve.losses[0], curve.losses[curve.lowest]
    highest = first + 2 * (first - lowest)  # where it diverges the picture ends: the rest would be flat in it
    places = range(curve.lowest, len(curve.losses))
    end = next((place for place in places if curve.losses[place] > highest), len(curve.losses))
    chart = line_chart(
        {"loss": list(zip(curve.rates[:end], curve.losses[:end], strict=True))},
        marked=curve.suggestion,
        below="learning rate",
        logarithmic=True,
    )
    text = (
        "One step of training at each learning rate, from the first weights on. The loss is a running mean. Dashed: "
        f"the rate at which it falls most steeply. For the recipe: {line}"
    )
    rows = [
        [str(step), f"{rate:.2e}", f"{loss:.4f}"]
        for step, (rate, loss) in enumerate(zip(curve.rates, curve.losses, strict=True), start=1)
    ]
    section = Section(
        "Loss over learning rate",
        text,
        charts=[Picture(data_uri(chart), "Loss, as a running mean")],
        more=[Table(["step", "learning rate", "loss"], rows)],
    )
    figures = {"suggested learning rate": f"{curve.suggestion:.1e}", "lowest loss": number(lowest)}
    return Page(f"{name}: learning rate", "By fsim lr-find.", figures, [section])
