"""Restore a run folder from its backup, and measure the restored run again to prove that it is whole."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path

from fsim.backup.place import BackupPlace
from fsim.errors import FsimError
from fsim.evaluation.evaluate_run import evaluate_run
from fsim.evaluation.trained_run import TrainedRun
from fsim.recipe.validate import check_recipe
from fsim.runtime.display import Display, number
from fsim.runtime.torchrun import join_processes
from fsim.store.run_folder import RunFolder

TOLERANCE = 0.005  # another processor rounds differently, and one answer in a thousand changes its rank


def restore(place: BackupPlace, out: Path) -> RunFolder:
    """Copy the run of a backup to `<out>/<name>/<time>`, whole or not at all; each file is checked by its hash.

    Raises:
        FsimError: there is no backup; a file is missing or not what was backed up; the folder is there already.
    """
    manifest = place.read_manifest()
    if manifest is None:
        raise FsimError(f"there is no backup at {place.url}; give the URL with the run's name and time at its end")
    target = out / manifest.name
    if target.exists():
        raise FsimError(f"{target} is there already, and is not overwritten; give another --out")
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        for path, stored in manifest.files.items():
            file = beside / path
            file.parent.mkdir(parents=True, exist_ok=True)
            place.get(manifest.place(path), path, stored, file)
        beside.rename(target)
    except OSError as error:
        raise FsimError(f"cannot write {target}: {error.strerror or error}; give another --out") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return RunFolder.open(target)


def verify(folder: RunFolder, overrides: Sequence[str], display: Display) -> None:
    """Evaluate the last network, and compare its metrics with those of the last epoch in metrics.jsonl: shares may
    differ by 0.005, other values by as large a part of themselves.

    Raises:
        FsimError: the run has no evaluation, the data is not that which was evaluated, or a metric differs.
    """
    lines = folder.evaluation_lines()
    recorded = {line.split: line for line in lines if line.epoch == lines[-1].epoch}
    if not recorded:
        raise FsimError(f"{folder.path} has no evaluation to compare with; go on with: fsim resume {folder.path}")
    checked = check_recipe(folder.recipe, overrides)
    with join_processes() as alone:
        measured = evaluate_run(TrainedRun.open(folder, "last", checked), display, alone, display.log.info)
    display.close_bars()
    differing = []
    for result in measured:
        before = recorded.get(result.protocol.split)
        if before is None:
            continue
        if before.fingerprint != result.line.fingerprint:
            raise FsimError(
                f"the images of {result.protocol.split} are not those that were evaluated; say where these are now: "
                f"data.dataset.root=FOLDER"
            )
        for name, value in before.metrics.items():
            now = result.line.metrics[name]
            if value is not None and (now is None or not abs(now - value) <= TOLERANCE * max(1.0, abs(value))):
                differing.append(f"{result.protocol.split} {name} is {number(now)}, recorded {number(value)}")
    if differing:
        lines_of_text = "".join(f"  {line}\n" for line in differing)
        raise FsimError(f"the restored network does not give what was recorded:\n{lines_of_text}take another backup")
    display.say(f"verified: {', '.join(recorded)} as recorded")
