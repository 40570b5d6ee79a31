"""What a report is of, taken from the folder of a run that ended before."""

from __future__ import annotations

import torch

from fsim.errors import FsimError
from fsim.evaluation.evaluate_run import stored_evaluation
from fsim.evaluation.evaluation import Evaluated
from fsim.evaluation.per_query import per_query_file, read_per_query
from fsim.evaluation.trained_run import TrainedRun
from fsim.history.run_evaluations import Which, run_evaluations
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.report.subject import Subject
from fsim.run.policy import monitored_protocol
from fsim.runtime.display import Display
from fsim.store.run_folder import RunFolder


def reopened_subject(checked: CheckedRecipe, folder: RunFolder, which: Which | None, display: Display) -> Subject:
    """The monitored protocol as the last or the best network answers it; its metrics are those that the run kept.

    Args:
        which: None is the last network where the run came to its end, else the best so far.

    Raises:
        FsimError: the run was not evaluated yet, or its images are not those that it was evaluated on.
    """
    lines = folder.evaluation_lines()
    if not lines:
        raise FsimError(f"{folder.path} has no evaluation yet; finish it first: fsim resume {folder.path}")
    if which is None:
        ended = per_query_file(folder.per_query("last"), lines[0].split).is_file()
        which = "last" if ended else "best"
    trained = TrainedRun.open(folder, which, checked)
    catalog, images = trained.open_data(display)
    shared = trained.embedder(images, progress=lambda done, total: display.bar("embed", done, total))
    evaluation = stored_evaluation(trained, catalog, images, shared)
    protocol = monitored_protocol(evaluation.protocols)
    kept = next((one for one in run_evaluations(folder, which) if one.split == protocol.split), None)
    if kept is None or kept.line.epoch != trained.epoch:
        raise FsimError(
            f"{folder.path} has no evaluation of its {which} network by the protocol {protocol.split}; finish it "
            f"first: fsim resume {folder.path}"
        )
    table = read_per_query(kept.per_query)
    task = evaluation.task(protocol, trained.network, {})
    display.close_bars()
    if list(table["image"]) != list(task.query.names):
        raise FsimError(
            f"the images of {protocol.query} are not those that the run was evaluated on; say where these are now: "
            f"fsim report {folder.path} data.dataset.root=FOLDER"
        )
    per_query = {name: torch.from_numpy(table[name].to_numpy(float)) for name in table.columns if "/" in name}
    return Subject(folder, checked, catalog, images, Evaluated(protocol, task, kept.line, per_query), which)
