"""What a run's environment.json says: by which machine it was made, and gone on with."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from fsim.runtime.display import Display
from fsim.runtime.machine import Machine, describe_environment
from fsim.runtime.processes import Processes
from fsim.store.run_folder import RunFolder


def note_environment(
    folder: RunFolder,
    machine: Machine,
    processes: Processes,
    changes: Mapping[str, Sequence[str]] | None,
    display: Display,
) -> None:
    """Write environment.json; when a run is taken up, its new environment stands in the first one's list `resumed`,
    with the changes of its recipe."""
    environment: dict[str, Any] = {**describe_environment(machine), "processes": processes.size}
    if changes:
        environment["changed"] = dict(changes)
    first = folder.read_environment()
    if first is None:
        folder.write_environment({"run": uuid.uuid4().hex, **environment})
        return
    for name in ("device", "precision"):
        if first[name] != environment[name]:
            display.warn(f"the run began with {name} {first[name]} and goes on with {environment[name]}")
    folder.write_environment({**first, "resumed": [*first.get("resumed", ()), environment]})
