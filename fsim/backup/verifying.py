"""A restored run, measured again."""

from __future__ import annotations

from collections.abc import Sequence

from fsim.errors import FsimError
from fsim.evaluation.evaluate_run import evaluate_run
from fsim.evaluation.trained_run import TrainedRun
from fsim.recipe.validate import check_recipe
from fsim.runtime.display import Display, number
from fsim.runtime.torchrun import join_processes
from fsim.store.run_folder import RunFolder

TOLERANCE = 0.005  # another processor rounds otherwise, and an answer in a thousand changes its place


def verify(folder: RunFolder, overrides: Sequence[str], display: Display) -> None:
    """Evaluate the last network, and hold its metrics against those of the last epoch in metrics.jsonl: of shares,
    within 0.005; what is no share by the same part of its value.

    Raises:
        FsimError: the run is not at its end, the data is not that which was evaluated, or a metric is another.
    """
    lines = folder.evaluation_lines()
    recorded = {line.split: line for line in lines if line.epoch == lines[-1].epoch}
    if not recorded:
        raise FsimError(f"{folder.path} has no evaluation to hold it against; go on with: fsim resume {folder.path}")
    checked = check_recipe(folder.recipe, overrides)
    with join_processes() as alone:
        measured = evaluate_run(TrainedRun.open(folder, "last", checked), display, alone, display.log.info)
    display.close_bars()
    off = []
    for one in measured:
        before = recorded.get(one.protocol.split)
        if before is None:
            continue
        if before.fingerprint != one.line.fingerprint:
            raise FsimError(
                f"the images of {one.protocol.split} are not those that were evaluated; say where these are now: "
                f"data.dataset.root=FOLDER"
            )
        for name, value in before.metrics.items():
            now = one.line.metrics[name]
            if value is not None and (now is None or not abs(now - value) <= TOLERANCE * max(1.0, abs(value))):
                off.append(f"{one.protocol.split} {name} is {number(now)}, recorded {number(value)}")
    if off:
        told = "".join(f"  {one}\n" for one in off)
        raise FsimError(f"the restored network does not give what was recorded:\n{told}take another backup")
    display.say(f"verified: {', '.join(recorded)} as recorded")
