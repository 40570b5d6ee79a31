"""The evaluation after an epoch: what is measured, whether the run ends there, and which alarms it raises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fsim.errors import FsimError
from fsim.evaluation.evaluation import Evaluation
from fsim.evaluation.protocol_result import ProtocolResult
from fsim.interfaces import Embedded
from fsim.model.network import Network
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.run.collapse import alarms
from fsim.run.policy import (
    Choice,
    Lines,
    Patience,
    evaluation_is_due,
    last_gain,
    monitored_metric,
    monitored_protocol,
    run_ends,
)


@dataclass(frozen=True)
class EarlyStop:
    """A run ended before its last epoch, because the monitored metric no longer gained.

    epoch      the last of the run
    last_gain  the last epoch that gained
    """

    epoch: int
    last_gain: int
    choice: Choice
    patience: Patience


@dataclass(frozen=True)
class Measured:
    """What was measured after an epoch, in the order of the protocols, and whether the run ends there."""

    results: list[ProtocolResult]
    at_end: bool


class EpochEvaluation:
    """Measures a network after its epochs as the recipe says.

    evaluation  the evaluators and the protocols
    monitored   the protocol that counts
    choice      by what the best epoch is chosen
    patience    how long the run goes on without a gain; None: to its last epoch

    Raises:
        FsimError: early stopping is wanted, and the monitored split must not choose when a run stops.
    """

    def __init__(self, checked: CheckedRecipe, evaluation: Evaluation) -> None:
        self.evaluation, recipe = evaluation, checked.recipe
        self.epochs, self.every = recipe.train.epochs, recipe.evaluation.every
        self.learning_rate: float | None = checked["train.optimizer"].value("lr")
        self.monitored = monitored_protocol(evaluation.protocols)
        metric = monitored_metric(recipe.evaluation.monitor, self.monitored.query, bool(recipe.evaluation.protocols))
        less_is_better = metric is not None and evaluation.direction(metric) == "min"
        self.choice = Choice(self.monitored.split, metric, less_is_better)
        stopping = recipe.train.early_stopping
        self.patience = None if stopping is None else Patience(stopping.patience, stopping.min_delta)
        if self.patience is not None and metric is None:
            raise FsimError(
                f"train.early_stopping: {self.choice.split} must not choose the epoch at which the run stops; give the "
                f"data a split val, name the split in evaluation.protocols, or remove early_stopping"
            )

    def is_due(self, epoch: int) -> bool:
        """Return whether the network is measured after an epoch."""
        return evaluation_is_due(epoch, self.epochs, self.every)

    def measure(
        self, network: Network, epoch: int, earlier: Lines, signs: Mapping[str, float | None], step: int
    ) -> Measured:
        """Measure the network, and put alarms into the lines of the results. The protocols of every evaluation decide
        whether the run ends; those of the end follow then.

        Args:
            earlier: the evaluations of the epochs before.
            signs: of the losses in this epoch, by which a collapse is noticed.
            step: optimizer steps done.
        """
        evaluation = self.evaluation
        embedded: dict[str, Embedded] = {}
        results = evaluation.measure(
            network, epoch, [protocol for protocol in evaluation.protocols if not protocol.at_end], embedded
        )
        lines = [*earlier, *(result.line for result in results)]
        at_end = run_ends(lines, epoch, self.epochs, self.choice, self.patience)
        if at_end:
            results += evaluation.measure(
                network, epoch, [protocol for protocol in evaluation.protocols if protocol.at_end], embedded
            )
            order = {protocol.split: place for place, protocol in enumerate(evaluation.protocols)}
            results.sort(key=lambda result: order[result.protocol.split])
        return Measured([self._with_alarms(result, signs, step) for result in results], at_end)

    def _with_alarms(self, result: ProtocolResult, signs: Mapping[str, float | None], step: int) -> ProtocolResult:
        line = result.line
        raised = alarms(line.split, line.health, signs, step, self.learning_rate)
        return replace(result, line=replace(line, monitor=self.choice.metric, alarms=tuple(raised)))

    def early_stop(self, lines: Lines) -> EarlyStop:
        """Say why a run ended after the last of these evaluations, before its last epoch."""
        assert self.patience is not None, "without it no run stops early"
        last = self.choice.of(lines)[-1]
        return EarlyStop(int(last.epoch), last_gain(lines, self.choice, self.patience), self.choice, self.patience)
