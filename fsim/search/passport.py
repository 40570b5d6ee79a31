"""What an index was made by, and so what may search in it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fsim.errors import FsimError
from fsim.interfaces import Distance
from fsim.kit.files import write_text

FORMAT = 1
FILE = "passport.json"
COMPARED = ("weights", "preprocessing", "dimensions", "distance")


def preprocessing(**done: Any) -> dict[str, Any]:
    """What is done to a picture, by the names that are compared: size, resize, box, box_padding, mean, std, flip."""
    assert sorted(done) == ["box", "box_padding", "flip", "mean", "resize", "size", "std"]
    return {**done, "mean": [float(one) for one in done["mean"]], "std": [float(one) for one in done["std"]]}


@dataclass(frozen=True)
class Made:
    """By what embeddings are made. Only those of one sort can be compared.

    run            its id (`RunFolder.run_id`)
    run_name       `<recipe>/<time>`
    checkpoint     `best`, `last`, ...
    weights        a hash of all weights and buffers
    preprocessing  what is done to a picture before the network sees it
    dimensions     D
    distance       what the embeddings are compared by
    precision      in which the network computed; another gives nearly the same
    """

    run: str
    run_name: str
    checkpoint: str
    weights: str
    preprocessing: dict[str, Any]
    dimensions: int
    distance: Distance
    precision: str


@dataclass(frozen=True)
class Passport:
    """What an index says of itself.

    kind, parameters  the component `index` that searches, and how it was made
    num_images        N
    source            where the images came from, as it was given
    made_at           UTC
    recall            share of the k nearest that the index finds; None for no images but one
    k                 of that share
    fsim              the version
    """

    made: Made
    kind: str
    parameters: dict[str, Any]
    num_images: int
    source: str
    made_at: str
    recall: float | None
    k: int
    fsim: str

    def write(self, folder: Path) -> None:
        write_text(folder / FILE, json.dumps({"format": FORMAT, **asdict(self)}, indent=2, ensure_ascii=False) + "\n")

    @classmethod
    def read(cls, folder: Path) -> Passport:
        """Raises:
        FsimError: it is damaged, or of a newer fsim.
        """
        try:
            found = json.loads((folder / FILE).read_text(encoding="utf-8"))
            if found.pop("format") != FORMAT:
                raise FsimError(f"{folder} is an index of another version of fsim: make it anew by --rebuild")
            return cls(**{**found, "made": Made(**found["made"])})
        except FileNotFoundError:
            raise
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise FsimError(f"{folder / FILE} is damaged ({error}): make the index anew by --rebuild") from error

    def refuse_other(self, made: Made) -> None:
        """Raises:
        FsimError: `made` is by another network, or its pictures are prepared otherwise; says in what.
        """
        before, now = asdict(self.made), asdict(made)
        found = [
            f"{name} {_short(before[name])} -> {_short(now[name])}" for name in COMPARED if before[name] != now[name]
        ]
        if found:
            raise FsimError(
                f"the index was made by {self.made.run_name} ({self.made.checkpoint}), and its embeddings can't be "
                f"compared with those of {made.run_name} ({made.checkpoint}): {'; '.join(found)}. Search with the run "
                f"that it was made by, or make it anew by --rebuild"
            )


def _short(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict) else str(value)
