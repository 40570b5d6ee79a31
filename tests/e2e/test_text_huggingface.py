"""A run whose text encoder is a folder of the package `transformers`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fsim_plugins.torchvision_import import import_torchvision

import_torchvision("torchvision")
transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
WORDS = ("[PAD]", "[UNK]", "a", "in", "red", "blue", "green", "black", "white", "dress", "jeans", "skirt")
RECIPE = """
name: bert
data: {dataset: {name: garments, items: 42, views: 3}, image_size: 32}
model:
  backbone: {name: resnet18, num_stages: 2}
  head: {name: siam, embedding_dim: 8, distance: cosine}
  text_encoder: {name: huggingface, folder: models/bert, max_length: 16}
sampler: {name: shuffled, batch_size: 16}
losses: [{name: clip}]
train: {epochs: 1}
evaluation: {monitor: cross_modal/t2i_recall@1, evaluators: [{name: cross_modal, k: [1, 5]}]}
trackers: []
"""


def save_bert(folder: Path) -> None:
    inner = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({word: number for number, word in enumerate(WORDS)}, "[UNK]")
    )
    inner.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    marks = {"pad_token": "[PAD]", "unk_token": "[UNK]"}
    transformers.PreTrainedTokenizerFast(tokenizer_object=inner, **marks).save_pretrained(folder)
    size = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    config = transformers.BertConfig(vocab_size=len(WORDS), max_position_embeddings=16, **size)
    transformers.BertModel(config).save_pretrained(folder)


def test_a_run_with_a_relative_folder_is_evaluated_from_another_working_folder(fsim: Fsim, tmp_path: Path) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    elsewhere.mkdir()
    save_bert(here / "models" / "bert")
    (here / "bert.yaml").write_text(RECIPE, encoding="utf-8")
    done = fsim("run", "bert.yaml", cwd=here)
    assert done.returncode == 0, done.stderr
    (run,) = (here / "runs" / "bert").iterdir()
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    (measured,) = [line["metrics"] for line in lines if line["split"] == "val" and line["epoch"] == 1]
    again = fsim("evaluate", run, "--json", cwd=elsewhere)
    assert again.returncode == 0, again.stderr
    (found,) = json.loads(again.stdout)
    assert found["metrics"] == pytest.approx(measured, abs=1e-6)
