from __future__ import annotations

from pathlib import Path

import pytest

from fsim.errors import FsimError
from fsim.images.preparation import Preparation
from fsim.search.passport import Passport

from .made_index import opened, source, vectors


def test_a_passport_refuses_other_embeddings(tmp_path: Path) -> None:
    passport = opened(vectors(3)).passport
    passport.check_comparable(source(run="other", precision="bf16"))
    for change in ({"weights": "v"}, {"preparation": Preparation(64)}, {"dimensions": 5}, {"distance": "euclidean"}):
        with pytest.raises(FsimError, match=f"can't be compared.*{next(iter(change))}"):
            passport.check_comparable(source(**change))
    passport.write(tmp_path)
    assert Passport.read(tmp_path) == passport
    (tmp_path / "passport.json").write_text("{}")
    with pytest.raises(FsimError, match="damaged"):
        Passport.read(tmp_path)
