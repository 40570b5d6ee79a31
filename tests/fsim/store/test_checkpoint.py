from __future__ import annotations

from pathlib import Path

import pytest
import torch

from fsim.errors import FsimError
from fsim.store.checkpoint import Checkpoint, CheckpointFolder, load_checkpoint, save_checkpoint
from fsim.store.run_folder import RunFolder

NETWORK = {"recipe": "r", "category_names": ["hat"], "num_attributes": 2, "vocabulary": ["red"]}


def state(step: int) -> dict[str, object]:
    return {"model": {"w": torch.tensor([float(step)])}, "step": step, "steps_per_epoch": 5, **NETWORK}


def network(epoch: int) -> dict[str, object]:
    best = {"epoch": epoch, "split": "val", "monitor": "exact/recall@1", "value": 0.5}
    return {"model": {"w": torch.tensor([float(epoch)])}, "epoch": epoch, "best": best, **NETWORK}


def test_a_checkpoint_is_read_as_it_was_written(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "last.pt", state(7))
    read = load_checkpoint(tmp_path / "last.pt")
    assert torch.equal(read.weights["w"], torch.tensor([7.0]))
    assert (read.category_names, read.num_attributes, read.vocabulary) == (["hat"], 2, ["red"])
    assert read.resolved is None
    save_checkpoint(tmp_path / "best.pt", network(3))
    best = load_checkpoint(tmp_path / "best.pt").best
    assert best == {"epoch": 3, "split": "val", "monitor": "exact/recall@1", "value": 0.5}


@pytest.mark.parametrize(
    ("content", "epochs"), [(state(10), 2), (state(7), 1.4), (network(3), 3), ({"epoch": 2.5}, 2.5)]
)
def test_how_long_the_weights_were_trained(content: dict[str, object], epochs: float) -> None:
    found = Checkpoint(content).epochs_trained
    assert found == epochs and type(found) is type(epochs)


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "last.pt"
    with pytest.raises(FsimError, match=r"cannot read the checkpoint .*last.pt.*use another checkpoint"):
        load_checkpoint(file)
    for content in ({"format": 2}, [1]):
        torch.save(content, file)
        with pytest.raises(FsimError, match=r"is not a checkpoint of this version of fsim \(format 1\)"):
            load_checkpoint(file)


def test_only_the_epochs_that_are_kept_stay(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "r")
    checkpoints = CheckpointFolder(folder)
    for epoch in (1, 2, 3):
        checkpoints.save_last(state(5 * epoch))
        checkpoints.keep_last(epoch, {2, 3})
        checkpoints.save_among_best(network(epoch), [1, 3])
    checkpoints.save_best(network(3), 3)
    assert {file.name for file in folder.checkpoints.iterdir()} == {
        *("last.pt", "epoch-0002.pt", "epoch-0003.pt"),
        *("best.pt", "best.safetensors", "best-0001.pt", "best-0003.pt"),
    }
    assert sorted(checkpoints.saved_epochs()) == [2, 3]
    for name, step in (("last.pt", 15), ("epoch-0002.pt", 10), ("epoch-0003.pt", 15)):
        assert load_checkpoint(folder.checkpoints / name).content["step"] == step
