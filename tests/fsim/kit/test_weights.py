from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from fsim.errors import FsimError
from fsim.kit.weights import read_weights, weights_of

WEIGHTS = {"backbone.a": torch.tensor([1.0, 2.0]), "backbone.b.c": torch.tensor(3), "head.a": torch.zeros(2)}


def same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_weights_are_read_from_files_of_each_kind(tmp_path: Path) -> None:
    torch.save(WEIGHTS, tmp_path / "weights.pth")
    torch.save({"format": 1, "model": WEIGHTS, "step": 3, "average": None}, tmp_path / "run.pt")
    safetensors.torch.save_file(WEIGHTS, tmp_path / "weights.safetensors")
    for file in tmp_path.iterdir():
        assert same(read_weights(file), WEIGHTS), file


def test_of_a_run_the_weights_that_were_evaluated_are_read(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    average = AveragedModel(network, use_buffers=True)
    with torch.no_grad():
        network[0].weight.zero_()
    torch.save({"format": 1, "model": network.state_dict(), "average": average.state_dict()}, tmp_path / "last.pt")
    weights = read_weights(tmp_path / "last.pt")
    assert same(weights, average.module.state_dict())
    assert not torch.equal(weights["0.weight"], network[0].weight)


def test_a_part_of_a_network() -> None:
    assert same(weights_of("backbone", WEIGHTS), {"a": WEIGHTS["backbone.a"], "b.c": WEIGHTS["backbone.b.c"]})
    assert weights_of("back", WEIGHTS) == {}


class Attack:
    """What pickle would run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> object:
        return Path.mkdir, (self.folder / "attacked",)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("text.pt", b"no weights", "cannot read weights from .*text.pt: .*; give a state dict"),
        ("text.safetensors", b"no weights", "cannot read weights from .*; name another file"),
        ("list.pt", [1, 2], "list.pt holds no state dict; give"),
        ("plain.pt", {"a": 1}, "plain.pt holds no state dict; give"),
        ("none.pt", None, "cannot read weights from .*none.pt: .*No such file"),
        ("none.safetensors", None, "cannot read weights from .*none.safetensors: .*No such file"),
    ],
)
def test_a_file_without_weights_is_refused(tmp_path: Path, name: str, content: object, told: str) -> None:
    file = tmp_path / name
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        torch.save(content, file)
    with pytest.raises(FsimError, match=told):
        read_weights(file)


def test_no_code_is_run(tmp_path: Path) -> None:
    (tmp_path / "attack.pt").write_bytes(pickle.dumps(Attack(tmp_path), protocol=2))
    with pytest.raises(FsimError, match="cannot read weights"):
        read_weights(tmp_path / "attack.pt")
    assert not (tmp_path / "attacked").exists()
