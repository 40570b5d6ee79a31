"""What an index says of itself, and so which network may search in it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fsim.errors import FsimError
from fsim.images.preparation import Preparation
from fsim.interfaces import Distance
from fsim.kit.files import write_text

FORMAT = 1
FILE = "passport.json"
COMPARED = ("weights", "preparation", "dimensions", "distance")


@dataclass(frozen=True)
class EmbeddingSource:
    """What embeddings are made by. They can be compared where they agree in `COMPARED`.

    run            the id of the run (`RunFolder.run_id`)
    run_name       `<recipe>/<time>`
    checkpoint     `best`, `last`, ...
    weights        a hash of all weights and buffers
    preparation    what is done to a picture before the network sees it
    dimensions     D
    distance       how the embeddings are compared
    precision      in which the network computed; another gives nearly the same
    """

    run: str
    run_name: str
    checkpoint: str
    weights: str
    preparation: Preparation
    dimensions: int
    distance: Distance
    precision: str

    def differences(self, other: EmbeddingSource) -> list[str]:
        """Return what makes the embeddings of two sources incomparable, each as `name this -> other`."""
        names = [name for name in COMPARED if getattr(self, name) != getattr(other, name)]
        return [f"{name} {_short(getattr(self, name))} -> {_short(getattr(other, name))}" for name in names]


def _short(value: Any) -> str:
    return json.dumps(value.to_json()) if isinstance(value, Preparation) else str(value)


@dataclass(frozen=True)
class Passport:
    """What an index says of itself.

    embedded_by       the network of its embeddings
    kind, parameters  the component `index` that finds neighbours, and how it was built
    num_images        N
    source            where the images came from, as it was given
    made_at           UTC
    recall            share of the k nearest that the index finds; None for no images but one
    k                 of that share
    fsim              the version
    """

    embedded_by: EmbeddingSource
    kind: str
    parameters: dict[str, Any]
    num_images: int
    source: str
    made_at: str
    recall: float | None
    k: int
    fsim: str

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data, with the keys of passport.json."""
        values = asdict(self)
        source = values.pop("embedded_by")
        del source["preparation"]
        return {"made": {**source, "preprocessing": self.embedded_by.preparation.to_json()}, **values}

    def write(self, folder: Path) -> None:
        """Write passport.json."""
        text = json.dumps({"format": FORMAT, **self.as_json()}, indent=2, ensure_ascii=False)
        write_text(folder / FILE, text + "\n")

    @classmethod
    def read(cls, folder: Path) -> Passport:
        """Read passport.json.

        Raises:
            FsimError: it is damaged, or of another version of fsim.
        """
        try:
            values = json.loads((folder / FILE).read_text(encoding="utf-8"))
            if values.pop("format") != FORMAT:
                raise FsimError(f"{folder} is an index of another version of fsim: make it again by --rebuild")
            source = values.pop("made")
            preparation = Preparation.from_json(source.pop("preprocessing"))
            return cls(embedded_by=EmbeddingSource(**source, preparation=preparation), **values)
        except FileNotFoundError:
            raise
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise FsimError(f"{folder / FILE} is damaged ({error}): make the index again by --rebuild") from error

    def check_comparable(self, source: EmbeddingSource) -> None:
        """Reject a network whose embeddings can't be compared with those of the index.

        Raises:
            FsimError: it is another network, or prepares pictures in another way; says in what.
        """
        if differences := self.embedded_by.differences(source):
            raise FsimError(
                f"the index was made by {self.embedded_by.run_name} ({self.embedded_by.checkpoint}), and its "
                f"embeddings can't be compared with those of {source.run_name} ({source.checkpoint}): "
                f"{'; '.join(differences)}. Search with the run that it was made by, or make it again by --rebuild"
            )
