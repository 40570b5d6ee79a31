"""environment.json: the machine that a run was made by, and those that went on with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Environment:
    """Versions, hardware, and what was chosen by them; under `resumed` the environments of later sessions.

    content  the JSON object; empty where the run has none
    """

    content: Mapping[str, Any]

    @property
    def run(self) -> str:
        """The id that tells this run from all others, wherever its folder is."""
        return str(self.content["run"])

    @property
    def precision(self) -> Literal["fp32", "bf16", "fp16"] | None:
        """The numbers in which the network computed."""
        precision: Literal["fp32", "bf16", "fp16"] | None = self.content.get("precision")
        return precision

    @property
    def hardware(self) -> str | None:
        """The GPU, or else the processor."""
        hardware: str | None = self.content.get("gpu") or self.content.get("processor")
        return hardware

    @property
    def python(self) -> str | None:
        """The version of Python."""
        python: str | None = self.content.get("python")
        return python

    @property
    def packages(self) -> Mapping[str, str | None]:
        """The version of each package that the numbers depend on; None where it is not installed."""
        packages: Mapping[str, str | None] = self.content.get("packages", {})
        return packages

    def differences(self, later: Environment) -> list[str]:
        """Return in what a later session differs that changes the numbers: `device cuda and goes on with cpu`."""
        names = [name for name in ("device", "precision") if self.content[name] != later.content[name]]
        return [f"{name} {self.content[name]} and goes on with {later.content[name]}" for name in names]

    def resumed_by(self, later: Environment) -> Environment:
        """Return the environment of a run with that of a later session among those that resumed it."""
        return Environment({**self.content, "resumed": [*self.content.get("resumed", ()), dict(later.content)]})
