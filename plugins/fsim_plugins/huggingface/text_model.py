"""Opens a text model with the package `transformers`; nothing in it is run as code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from torch import nn

from fsim.errors import FsimError
from fsim_plugins.torchvision_import import import_torchvision

# Weights of other formats are pickles, which can run code; folders hold weights for other programs.
FILES, NOT_FILES = ["*.json", "*.txt", "*.model", "*.safetensors"], ["*/*"]
WEIGHTS = "*.safetensors"
UNUSED = "pooler"  # in names of weights that make no state of a token


class TextModel(NamedTuple):
    """A tokenizer of the package, and a network that has a state for each token."""

    tokenizer: Any
    network: nn.Module


def from_folder(folder: Path) -> TextModel:
    """The text model that `save_pretrained` wrote, with its tokenizer.

    Raises:
        FsimError: the package is missing, there is no such folder, or it has no weights that can be loaded safely.
    """
    folder = folder.expanduser().absolute()
    if not folder.is_dir():
        raise FsimError(
            f"there is no folder {folder}; set model.text_encoder.folder to one that save_pretrained wrote, or "
            f"model.text_encoder.hub to owner/name on the hub"
        )
    return _read(_import_transformers(), folder, str(folder))


def from_hub(name: str) -> TextModel:
    """The text model of owner/name on the hub. What was downloaded once is not asked for again.

    Raises:
        FsimError: the package is missing, there is none, it may not be read, the hub cannot be reached, or it has no
            weights that can be loaded safely.
    """
    return _read(_import_transformers(), _downloaded(name), name)


def _read(transformers: ModuleType, folder: Path, source: str) -> TextModel:
    """Of a model of texts and pictures (CLIP) the part that reads, of an encoder and decoder (T5) the encoder."""
    if not any(folder.glob(WEIGHTS)):
        raise FsimError(
            f"{source} has no {WEIGHTS}, and weights of other formats can run code; where you trust them, write them "
            f"anew by transformers.AutoModel.from_pretrained('{source}').save_pretrained('DIR'), its tokenizer by "
            f"transformers.AutoTokenizer, and set model.text_encoder.folder=DIR"
        )
    try:
        safely = {"trust_remote_code": False, "local_files_only": True}
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **safely)
        network, report = transformers.AutoModel.from_pretrained(
            folder, use_safetensors=True, output_loading_info=True, **safely
        )
    except Exception as error:  # the package and those below it fail in many ways on what they cannot read
        raise FsimError(
            f"cannot read {folder} as a text model ({_first_line(error)}); it must hold what save_pretrained of a "
            f"model and of its tokenizer wrote"
        ) from error
    missing = sorted(weights for weights in report["missing_keys"] if UNUSED not in weights)
    if missing:
        raise FsimError(
            f"the weights in {folder} lack {len(missing)} tensors of its config.json (first: {missing[0]}); take a "
            f"folder whose files belong together"
        )
    network = getattr(network, "text_model", network)
    words = set(tokenizer.get_vocab()) - set(tokenizer.all_special_tokens)  # none where it was made of no files
    if not words or len(tokenizer) > network.config.vocab_size:
        raise FsimError(
            f"the tokenizer in {folder} has {len(tokenizer)} tokens, {len(words)} of them words, and the model has "
            f"{network.config.vocab_size}: put the files of the model's own tokenizer there"
        )
    return TextModel(tokenizer, (network.get_encoder() if network.config.is_encoder_decoder else network).float())


def _downloaded(name: str) -> Path:
    from huggingface_hub import snapshot_download

    for only_local in (True, False):
        try:
            folder = Path(
                snapshot_download(name, allow_patterns=FILES, ignore_patterns=NOT_FILES, local_files_only=only_local)
            )
        except Exception as error:  # its client and the network fail in many ways
            failed = error
        else:
            if not only_local or any(folder.glob(WEIGHTS)):
                return folder
    raise FsimError(
        f"cannot get '{name}' from the hub ({_first_line(failed)}); check the name (a folder is set by "
        f"model.text_encoder.folder) and the network (a model that asks for consent needs HF_TOKEN), or, where there "
        f"is a network, `hf download {name} --local-dir DIR`, bring DIR here, and set model.text_encoder.folder=DIR"
    ) from failed


def _import_transformers() -> ModuleType:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # where it is not set, each fork of a loader warns
    import_torchvision("torchvision")  # which transformers imports
    try:
        import huggingface_hub
        import transformers
    except ImportError as error:
        raise FsimError(
            f"the text_encoder huggingface needs the package transformers ({error}): pip install 'fsim[transformers]'"
        ) from error
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    if not sys.stderr.isatty():
        huggingface_hub.utils.disable_progress_bars()
    module: ModuleType = transformers
    return module


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().split(os.linesep)[0][:300]}"
