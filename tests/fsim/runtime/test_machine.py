"""What is recorded of a machine and a command."""

from __future__ import annotations

import pytest
import torch

from fsim.runtime.machine import prepare_machine, without_password


@pytest.mark.parametrize(
    ("word", "kept"),
    [
        ("postgresql+psycopg://me:s3cret%40@host:5432/db", "postgresql+psycopg://me:***@host:5432/db"),
        ("backup.url=sftp://me:s3cret@host/runs", "backup.url=sftp://me:***@host/runs"),
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("http://host:8080/a@b", "http://host:8080/a@b"),
        ("train.epochs=2", "train.epochs=2"),
    ],
)
def test_passwords_of_urls_are_not_recorded(word: str, kept: str) -> None:
    assert without_password(word) == kept


def test_precision_is_chosen_by_the_hardware_or_the_recipe() -> None:
    assert prepare_machine("fp32").precision == "fp32"
    machine = prepare_machine("bf16")
    with machine.autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16
