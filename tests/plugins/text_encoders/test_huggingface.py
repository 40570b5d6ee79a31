from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from fsim.errors import FsimError
from fsim.interfaces import TextEncoder
from fsim.testing.text_encoder_contract import CAPTIONS, VOCABULARY, TextEncoderContract
from fsim_plugins.text_encoders.huggingface import HuggingFace
from fsim_plugins.torchvision_import import import_torchvision

import_torchvision("torchvision")
transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

# Weights of this size make features that differ as those of a trained model do.
SMALL = {
    "hidden_size": 8,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "max_position_embeddings": 20,
    "initializer_range": 0.5,
}
SPECIAL = {
    "bert": {"unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]"},
    "clip": {"unk_token": "<unk>", "bos_token": "<start>", "eos_token": "<end>", "pad_token": "<end>"},
    "gpt2": {"unk_token": "<unk>"},  # of no words it has no tokens
    "roberta": {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"},
    "t5": {"unk_token": "<unk>", "eos_token": "</s>", "pad_token": "<pad>"},
}
FRAME = {
    "bert": "[CLS] $A [SEP]",
    "clip": "<start> $A <end>",
    "gpt2": "$A",
    "roberta": "<s> $A </s>",
    "t5": "$A </s>",
}
READ_BY_ROBERTA = 15  # tokens, where its tokenizer says 20


def save(folder: Path, sort: str, model: str) -> Path:
    """A model of random weights with the contract's words, as `save_pretrained` leaves it."""
    numbers = {word: number for number, word in enumerate([*VOCABULARY.words, *dict.fromkeys(SPECIAL[sort].values())])}
    special = {name: numbers[word] for name, word in SPECIAL[sort].items()}
    inner = tokenizers.Tokenizer(tokenizers.models.WordLevel(numbers, SPECIAL[sort]["unk_token"]))
    inner.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    marks = [(word, numbers[word]) for word in FRAME[sort].split() if word != "$A"]
    inner.post_processor = tokenizers.processors.TemplateProcessing(single=FRAME[sort], special_tokens=marks)
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=inner, model_max_length=20, **SPECIAL[sort])
    tokenizer.save_pretrained(folder)
    size = {"vocab_size": len(numbers)}
    reads = {**SMALL, **size, **{f"{name}_id": number for name, number in special.items() if name != "unk_token"}}
    configs = {
        "BertModel": lambda: transformers.BertConfig(**reads),
        "CLIPTextModel": lambda: transformers.CLIPTextConfig(**reads),
        "CLIPModel": lambda: transformers.CLIPConfig(
            text_config=reads, vision_config={**SMALL, "image_size": 8, "patch_size": 4}
        ),
        "GPT2Model": lambda: transformers.GPT2Config(
            n_embd=8, n_layer=2, n_head=2, n_positions=20, initializer_range=0.5, bos_token_id=0, eos_token_id=0, **size
        ),
        "RobertaModel": lambda: transformers.RobertaConfig(
            **{**reads, "max_position_embeddings": special["pad_token"] + 1 + READ_BY_ROBERTA}
        ),
        "T5Model": lambda: transformers.T5Config(d_model=8, d_kv=4, d_ff=16, num_layers=2, num_heads=2, **size),
        "XLNetModel": lambda: transformers.XLNetConfig(
            d_model=8, d_inner=16, n_layer=2, n_head=2, initializer_range=0.5, **size
        ),
    }
    torch.manual_seed(0)
    getattr(transformers, model)(configs[model]()).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    models = {
        "BertModel": "bert",
        "CLIPTextModel": "clip",
        "CLIPModel": "clip",
        "GPT2Model": "gpt2",
        "RobertaModel": "roberta",
        "T5Model": "t5",
        "XLNetModel": "t5",
    }
    return {model: save(root / model, sort, model) for model, sort in models.items()}


class Contract(TextEncoderContract):
    model: ClassVar[str]
    pooling: ClassVar[Any] = "mean"

    @pytest.fixture(autouse=True)
    def _folders(self, folders: dict[str, Path]) -> None:
        self.folder = folders[self.model]

    def make(self, **injected: Any) -> TextEncoder:
        return HuggingFace(self.folder, pooling=self.pooling, max_length=20)


class TestBert(Contract):
    model = "BertModel"
    idle = ("pooler",)


class TestClip(Contract):
    model = "CLIPModel"
    pooling = "last"


class TestGpt2(Contract):
    model = "GPT2Model"


@pytest.mark.parametrize(
    ("model", "pooling"),
    [
        ("BertModel", "mean"),
        ("BertModel", "cls"),
        ("BertModel", "last"),
        ("CLIPTextModel", "mean"),
        ("CLIPModel", "mean"),
        ("CLIPModel", "last"),
        ("RobertaModel", "mean"),
        ("T5Model", "mean"),
        ("XLNetModel", "mean"),
    ],
)
def test_equals_the_package_with_its_own_padding(model: str, pooling: Any, folders: dict[str, Path]) -> None:
    longest = READ_BY_ROBERTA if model == "RobertaModel" else 20
    encoder = HuggingFace(folders[model], pooling=pooling, max_length=longest).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folders[model])
    theirs = transformers.AutoModel.from_pretrained(folders[model])
    theirs = theirs.encoder if model == "T5Model" else getattr(theirs, "text_model", theirs)
    given = tokenizer(list(CAPTIONS), padding=True, return_tensors="pt")
    states = theirs(input_ids=given["input_ids"], attention_mask=given["attention_mask"]).last_hidden_state
    found = encoder(torch.from_numpy(encoder.tokens(CAPTIONS)))
    for row, there in enumerate(given["attention_mask"].bool()):
        of_caption = states[row][there]
        expected = {"mean": of_caption.mean(0), "cls": of_caption[0], "last": of_caption[-1]}[pooling]
        torch.testing.assert_close(found[row], expected, rtol=1e-4, atol=1e-5)


def test_the_last_token_of_clip_is_what_it_pools(folders: dict[str, Path]) -> None:
    encoder = HuggingFace(folders["CLIPTextModel"], pooling="last", max_length=20).eval()
    tokens = torch.from_numpy(encoder.tokens(CAPTIONS))
    pooled = transformers.AutoModel.from_pretrained(folders["CLIPTextModel"])(
        input_ids=(tokens - 1).clamp_min(0), attention_mask=(tokens > 0).long()
    ).pooler_output
    torch.testing.assert_close(encoder(tokens), pooled, rtol=1e-4, atol=1e-5)


def test_a_cut_caption_keeps_its_end_mark_and_padding_is_zero_whatever_the_models_is(folders: dict[str, Path]) -> None:
    encoder = HuggingFace(folders["CLIPModel"], max_length=5)
    end = encoder.tokenizer.eos_token_id + 1
    assert encoder.tokenizer.pad_token_id == encoder.tokenizer.eos_token_id
    long, short = encoder.tokens(["a red dress with long sleeves", "dress"])
    assert len(long) == 5
    assert long[-1] == end
    assert short.tolist()[2:] == [end, 0, 0]


def test_half_precision_weights_learn_in_float32(tmp_path: Path, folders: dict[str, Path]) -> None:
    shutil.copytree(folders["BertModel"], tmp_path / "half")
    transformers.AutoModel.from_pretrained(folders["BertModel"]).bfloat16().save_pretrained(tmp_path / "half")
    encoder = HuggingFace(tmp_path / "half", max_length=20)
    assert {weights.dtype for weights in encoder.parameters()} == {torch.float32}


def test_a_model_of_the_hub_is_taken_from_the_packages_cache(
    tmp_path: Path, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    cached = tmp_path / "models--owner--tiny"
    shutil.copytree(folders["BertModel"], cached / "snapshots" / "0123")
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("0123", encoding="utf-8")
    encoder, same = HuggingFace(hub="owner/tiny", max_length=20), HuggingFace(folders["BertModel"], max_length=20)
    np.testing.assert_array_equal(encoder.tokens(CAPTIONS), same.tokens(CAPTIONS))
    for name, weights in same.state_dict().items():
        assert torch.equal(encoder.state_dict()[name], weights)


@pytest.mark.parametrize("name", ["nobody/nothing", "no/such/folder", "./nothing", "/nothing", "~/nothing", ""])
def test_a_model_that_the_hub_has_not_says_what_to_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    told = rf"cannot get '{name}' from the hub .*hf download {name} .* set model.text_encoder.folder=DIR"
    with pytest.raises(FsimError, match=told):
        HuggingFace(hub=name)


def test_a_folder_that_is_missing_is_not_looked_for_at_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FsimError, match=rf"no folder {tmp_path}/models/bert; set model.text_encoder.folder to"):
        HuggingFace(Path("models/bert"))


@pytest.mark.parametrize("given", [{}, {"folder": Path("models/bert"), "hub": "owner/bert"}])
def test_a_model_is_of_a_folder_or_of_the_hub(given: dict[str, Any]) -> None:
    with pytest.raises(FsimError, match=r"set model.text_encoder.folder .*model.text_encoder.hub .* and not both"):
        HuggingFace(**given)


def spoiled(folder: Path, how: str) -> None:
    if how == "no weights":
        (folder / "model.safetensors").unlink()
    elif how == "pickle":
        weights = transformers.AutoModel.from_pretrained(folder).state_dict()
        torch.save(weights, folder / "pytorch_model.bin")
        (folder / "model.safetensors").unlink()
    elif how == "cut weights":
        (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:100])
    elif how == "no tokenizer":
        for file in folder.glob("tokenizer*"):
            file.unlink()
    elif how == "more words":
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        tokenizer.add_tokens(["culottes"])
        tokenizer.save_pretrained(folder)
    else:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        config |= {
            "code": {"auto_map": {"AutoModel": "evil.Evil"}, "model_type": "evil"},
            "more layers": {"num_hidden_layers": 3},
            "more features": {"hidden_size": 16},
        }[how]
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        (folder / "evil.py").write_text(f"open({str(folder / 'ran')!r}, 'w')\nclass Evil: pass\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("no weights", "can run code.*save_pretrained.*set model.text_encoder.folder=DIR"),
        ("pickle", "can run code"),
        ("cut weights", "cannot read .* as a text model"),
        ("no tokenizer", "put the files of the model's own tokenizer there"),
        ("more words", "has 22 tokens, 18 of them words, and the model has 21: put the files"),
        ("code", "cannot read .* as a text model"),
        ("more layers", "lack 16 tensors of its config.json .first: encoder.layer.2"),
        ("more features", "cannot read .* as a text model"),
    ],
)
def test_a_folder_that_cannot_be_read_says_what_to_do(
    how: str, words: str, tmp_path: Path, folders: dict[str, Path]
) -> None:
    folder = shutil.copytree(folders["BertModel"], tmp_path / "model")
    spoiled(folder, how)
    with pytest.raises(FsimError, match=words):
        HuggingFace(folder, max_length=20)
    assert not (folder / "ran").exists()


def test_what_a_model_cannot_do_says_what_to_set(folders: dict[str, Path]) -> None:
    with pytest.raises(FsimError, match=r"20 tokens at most: set model.text_encoder.max_length=20"):
        HuggingFace(folders["BertModel"])
    with pytest.raises(FsimError, match=r"set model.text_encoder.pooling to last or mean"):
        HuggingFace(folders["CLIPModel"], pooling="cls", max_length=20)


@pytest.mark.parametrize("max_length", [READ_BY_ROBERTA + 1, 20, 64])
def test_a_model_that_reads_less_than_its_config_says_tells_how_much(max_length: int, folders: dict[str, Path]) -> None:
    most = f"reads {READ_BY_ROBERTA} tokens at most: set model.text_encoder.max_length={READ_BY_ROBERTA}$"
    with pytest.raises(FsimError, match=most):
        HuggingFace(folders["RobertaModel"], max_length=max_length)


def test_of_a_long_caption_a_model_reads_as_much_as_it_can(folders: dict[str, Path]) -> None:
    encoder = HuggingFace(folders["RobertaModel"], max_length=READ_BY_ROBERTA)
    tokens = torch.from_numpy(encoder.tokens(["a red dress " * 20, "dress"]))
    assert tokens.shape == (2, READ_BY_ROBERTA)
    assert encoder(tokens).isfinite().all()


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(FsimError, match=r"pip install 'fsim\[transformers\]'$"):
        HuggingFace(hub="owner/tiny")
