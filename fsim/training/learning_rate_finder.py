"""How the loss moves while the learning rate grows, and which rate that suggests.

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
        """The place of the lowest loss."""
        return min(range(len(self.losses)), key=self.losses.__getitem__)

    @property
    def still_falls(self) -> bool:
        """Whether the loss is lowest in the last tenth of the steps, so that higher rates may do too."""
        return not self.diverged and self.lowest >= 0.9 * len(self.losses)


def refuse_range(start: float, end: float, steps: int) -> None:
    """Tell a range that no curve comes of.

    Raises:
        FsimError: it is one.
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
    # What has no share does not move, and grows to no rate.
    optimizer.param_groups[:] = [group for group in optimizer.param_groups if group["lr"] > 0]
    if not optimizer.param_groups:
        raise FsimError("train.learning_rates gives each part a share of 0, so that none learns: give one more than 0")
    state.scheduler = LambdaLR(optimizer, lambda step: 1.0)
    starts = [float(group["lr"]) for group in optimizer.param_groups]
    engine = build_engine(training.step)
    used: list[float] = []  # the finder itself notes the rate of the step to come

    @engine.on(Events.ITERATION_STARTED)
    def note(engine: Engine) -> None:
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
    """Train; what ended that, where the loss was no longer finite."""
    loader = training.batches.loader(0, steps, training.checked.recipe.data.workers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the loss did not diverge, which is told below
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
